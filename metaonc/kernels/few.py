"""The slope of a likelihood for one meta-analysis of few studies, in plain floats.

The same formulas as :func:`metaonc.kernels.likelihood.score`: below some thirty studies the calls
of numpy cost more than the arithmetic, and most meta-analyses have fewer.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import mul

from metaonc.kernels.arrays import Studies
from metaonc.kernels.likelihood import Score, score
from metaonc.kernels.weighting import HEAVY, weigh

# Studies up to which this is quicker.
FEW = 32


def score_of_one(data: Studies, *, restricted: bool) -> Callable[[float], Score]:
    """The slope as a function of tau², for studies of shape (k,)."""

    def by_arrays(tau2: float) -> Score:
        return score(weigh(data, tau2), restricted=restricted)

    if data.design is not None or len(data.yi) > FEW or not data.present.all():
        return by_arrays
    yi, vi = data.yi.tolist(), data.vi.tolist()

    def by_floats(tau2: float) -> Score:
        w = [1 / (v + tau2) for v in vi]
        whole = sum(w)
        mean = sum(map(mul, w, yi)) / whole
        residuals = [y - mean for y in yi]
        rest = sum(map(mul, w, residuals)) / whole
        pulls = [a * (b - rest) for a, b in zip(w, residuals, strict=True)]
        center = sum(map(mul, w, pulls)) / whole
        form_fall = sum([a * (b - center) ** 2 for a, b in zip(w, pulls, strict=True)])
        squares = list(map(mul, w, w))
        second = sum(squares)
        trace, square = whole, second
        if restricted:
            share = second / whole
            if share > HEAVY * whole:
                return by_arrays(tau2)  # which takes care of the digits
            trace = whole - share
            square = share * (whole + share) - 2 * sum(map(mul, squares, w)) / whole
        return Score(sum(map(mul, pulls, pulls)), trace, form_fall, square)

    return by_floats
