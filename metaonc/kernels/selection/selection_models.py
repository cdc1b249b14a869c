"""Selection models by name: studies and a kind of selection -> their likelihood and its maximum."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import ndtri

from metaonc.kernels.arrays import FloatArray
from metaonc.kernels.selection.selection_fits import SelectionFit, maximise
from metaonc.kernels.selection.selection_likelihood import SelectionLikelihood
from metaonc.kernels.selection.selection_means import smooth_regions, step_regions
from metaonc.kernels.selection.selection_weights import SMOOTH, step_function

STEPPED = ("stepfun", "trunc")
SELECTION_TYPES = (*STEPPED, *SMOOTH)


def selection_likelihood(
    yi: FloatArray,
    vi: FloatArray,
    x: FloatArray,
    *,
    kind: str,
    cuts: FloatArray,
    two_sided: bool = False,
    imprecision: FloatArray | None = None,
) -> SelectionLikelihood:
    """Likelihood of a selection model.

    Parameters
    ----------
    yi, vi : ndarray, shape (k,)
        Effects, turned so that larger ones have smaller one-sided p values; and variances.
    x : ndarray, shape (k, p)
        Design.
    kind : str
        One of `SELECTION_TYPES`.
    cuts : ndarray
        P values between which a step function is constant; ``[0.5]`` for ``"trunc"``; for the
        other kinds empty, or one p value up to which every study is seen.
    two_sided : bool, default False
    imprecision : ndarray, shape (k,), optional
        What multiplies a weight's parameter, by study; scaled to a maximum of one.
    """
    if kind in STEPPED:
        weight = step_function(cuts, closed=kind == "stepfun")
        regions = step_regions(cuts, two_sided)
    else:
        weight = SMOOTH[kind]
        if len(cuts):
            top = min(weight.reach[1], _statistic(float(cuts[0])))
            weight = replace(weight, reach=(weight.reach[0], top))
        regions = smooth_regions(weight.reach, two_sided)
    scaled = np.ones(1) if imprecision is None else imprecision / imprecision.max()
    full = float(cuts[0]) if kind not in STEPPED and len(cuts) else 0.0
    return SelectionLikelihood(yi, vi, x, weight, regions, two_sided, scaled[:, None], full)


def _statistic(p: float) -> float:
    """The statistic whose one-sided p value is `p`; reaches are given by these."""
    return -float(ndtri(p))


def interval_counts(likelihood: SelectionLikelihood) -> np.ndarray:
    """Number of studies in each interval of a step function, shape (q + 1,)."""
    q = len(likelihood.weight.null)
    marks = likelihood.weight.log_weights(np.arange(2.0, q + 2), likelihood.p, np.ones(1)).value
    return np.bincount(np.rint(np.exp(marks)).astype(int) - 1, minlength=q + 1)


def fit_selection(
    likelihood: SelectionLikelihood, *, given: FloatArray, tau2: float | None
) -> SelectionFit:
    """Highest maximum of the likelihood.

    Parameters
    ----------
    likelihood : SelectionLikelihood
    given : ndarray, shape (q,)
        Weight parameters that are fixed; NaN for those to be estimated. The weight of an interval
        without a study has its maximum at 0: fix it there.
    tau2 : float or None
        Between-study variance, or None to estimate it.
    """
    free = np.isnan(given)
    return maximise(likelihood, free, np.where(free, 1.0, given), tau2)


def fit_without_selection(likelihood: SelectionLikelihood, *, tau2: float | None) -> SelectionFit:
    """Highest maximum with every study as likely to be seen; it has no weight parameters."""
    none = np.empty(0)
    yi, vi, x = likelihood.yi, likelihood.vi, likelihood.x
    plain = selection_likelihood(yi, vi, x, kind="stepfun", cuts=none)
    return maximise(plain, np.zeros(0, dtype=bool), none, tau2)
