"""Where the tail of a statistic's distribution, as a function of tau², is what it has to be."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from metaonc.kernels.arrays import FloatArray, Studies
from metaonc.kernels.quadratic_forms import Tails
from metaonc.kernels.roots import falling_root, secant, smallest_variance
from metaonc.kernels.tau2 import tau2_moment

Interval = tuple[FloatArray, FloatArray]
# tau² -> both tails of the distribution of the observed statistic.
TailsAt = Callable[[FloatArray], Tails]


def tau2_at_tail(
    data: Studies, tails: TailsAt, tail: float, upper: bool, highest: FloatArray
) -> FloatArray:
    """Root of a tail in tau² between 0 and `highest`; 0 where the tail at 0 is past it already.

    The logarithms of the tail and of tau² + the smallest variance are nearly proportional for large
    tau², so there secant steps land close.
    """
    scale = smallest_variance(data)

    def excess(place: FloatArray) -> FloatArray:
        found = tails(scale * np.expm1(place))
        with np.errstate(divide="ignore"):  # a tail may be 0: the root lies farther out
            return np.asarray(
                np.log(tail) - np.log(found.sf) if upper else np.log(found.cdf / tail)
            )

    nowhere = np.zeros_like(highest)
    start_value = excess(nowhere)
    end = np.where(start_value > 0, np.log1p(highest / scale), 0.0)
    start = np.minimum(np.log1p(tau2_moment(data, data.present / data.vi) / scale), 0.5 * end)
    step = secant(excess, nowhere, start_value)
    root = falling_root(step, nowhere, end, start, np.ones_like(end))
    return np.where(end > 0, scale * np.expm1(root), 0.0)
