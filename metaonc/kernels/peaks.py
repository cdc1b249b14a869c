"""Steps to where a profile likelihood in tau² peaks, and where no peak can be any more."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from metaonc.kernels.arrays import FloatArray, Studies
from metaonc.kernels.likelihood import Score, score
from metaonc.kernels.weighting import weigh


def toward_peak(
    data: Studies, tau2: FloatArray, *, restricted: bool
) -> tuple[FloatArray, FloatArray]:
    """Twice the slope of the likelihood, and a step to where it peaks."""
    found = score(weigh(data, tau2), restricted=restricted)
    return found.form - found.trace, step_to_peak(found)


def step_to_peak(at: Score) -> FloatArray:
    r"""Step to where the likelihood would peak if :math:`\alpha` and :math:`\gamma` were straight.

    They are when all variances are equal; otherwise this is a Newton step with a smaller error.
    NaN where there is none.
    """
    ratio, form, trace = at.form / at.trace, at.form_fall / at.form, at.trace_fall / at.trace
    # a x² + b x + c = 0, its larger root.
    a: Any = form * form
    b, c = 2 * form - ratio * trace, 1 - ratio
    if isinstance(a, float):  # one meta-analysis
        return _larger_root(a, b, c)
    with np.errstate(invalid="ignore"):
        root = np.sqrt(b * b - 4 * a * c)
    step: FloatArray = np.where(b >= 0, -2 * c / (b + root), (root - b) / (2 * a))
    return step


def _larger_root(a: Any, b: Any, c: Any) -> FloatArray:
    """Of a x² + b x + c with a > 0; NaN where there is none."""
    inside = b * b - 4 * a * c
    root = math.sqrt(inside) if inside >= 0 else math.nan
    found: Any = -2 * c / (b + root) if b > 0 else (root - b) / (2 * a)
    return found  # type: ignore[no-any-return]


def last_tau2(
    data: Studies, smallest: FloatArray, spread: FloatArray, restricted: bool
) -> FloatArray:
    r"""tau² beyond which the likelihood only falls.

    Beyond :math:`\tfrac12\{s - 2 v_{min} + \sqrt{s^2 + 4 s (v_{max} - v_{min})}\}`, with
    :math:`v_{min}` the `smallest` sampling variance of each row and s the
    `spread` (at least the residual sum of squares of the unweighted fit) per degree of freedom,
    :math:`f \le s\,(k-p) / (v_{min}+\tau^2)^2` is less than
    :math:`g \ge (k-p) / (v_{max}+\tau^2)`; for ML with k in the place of k - p.
    """
    largest = (data.vi * data.present).max(axis=-1)
    s = spread / (data.k - data.p if restricted else data.k)
    root = np.sqrt(s * (s + 4 * (largest - smallest)))
    end: FloatArray = np.maximum(0.5 * (s - 2 * smallest + root), smallest)
    return 1.01 * end  # with equal variances the bound is the maximum itself
