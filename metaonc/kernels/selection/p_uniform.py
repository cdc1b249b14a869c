"""p-uniform*: effects given whether each is significant, its maximum and its tests."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import chdtrc, ndtr

from metaonc.kernels.arrays import FloatArray
from metaonc.kernels.counts.conditional_likelihood import ConditionalLikelihood
from metaonc.kernels.selection.selection_fits import AT_ZERO, SelectionFit, maximise
from metaonc.kernels.selection.selection_likelihood import Point
from metaonc.kernels.selection.selection_models import fit_without_selection, selection_likelihood
from metaonc.kernels.selection.selection_profiles import profile_limits

_NONE = np.empty(0)
_NOTHING = np.zeros(0, dtype=bool)


class Ratio(NamedTuple):
    """A likelihood-ratio test.

    Attributes
    ----------
    statistic : float
    df : int
    p_value : float
    """

    statistic: float
    df: int
    p_value: float


class UniformFit(NamedTuple):
    """What p-uniform* finds.

    Attributes
    ----------
    fit : SelectionFit
        Mean and between-study variance.
    plain : Point
        Those of maximum likelihood without selection.
    no_effect, no_variance, no_selection : Ratio
        Tests of a mean of 0, of no variance between studies, and of the `plain` mean and variance.
    """

    fit: SelectionFit
    plain: Point
    no_effect: Ratio
    no_variance: Ratio
    no_selection: Ratio


def conditional_likelihood(
    yi: FloatArray, vi: FloatArray, alpha: float, *, centred: bool = False
) -> ConditionalLikelihood:
    """Likelihood of a common mean, or with `centred` of a mean of 0.

    Parameters
    ----------
    yi, vi : ndarray, shape (k,)
        Effects, turned so that larger ones are significant; and variances.
    alpha : float
        One-sided level at which a study is significant.
    centred : bool, default False
    """
    return ConditionalLikelihood(yi, vi, np.ones((len(yi), 0 if centred else 1)), alpha)


def fit_uniform(likelihood: ConditionalLikelihood, *, tau2: float | None) -> UniformFit:
    """Maximum of the conditional likelihood, with likelihood-ratio tests.

    Parameters
    ----------
    likelihood : ConditionalLikelihood
        Of a common mean.
    tau2 : float or None
        Between-study variance, or None to estimate it.
    """
    yi, vi, alpha = likelihood.yi, likelihood.vi, likelihood.alpha
    fit = maximise(likelihood, _NOTHING, _NONE, tau2)
    centred = conditional_likelihood(yi, vi, alpha, centred=True)
    at_zero = maximise(centred, _NOTHING, _NONE, tau2).log_likelihood
    homogeneous = maximise(likelihood, _NOTHING, _NONE, 0.0).log_likelihood
    normal = selection_likelihood(yi, vi, likelihood.x, kind="stepfun", cuts=_NONE)
    plain = fit_without_selection(normal, tau2=tau2).point
    top = fit.log_likelihood
    df = 1 if tau2 is not None else 2
    none = Ratio(np.nan, 1, np.nan)
    return UniformFit(
        fit,
        plain,
        _ratio(top - at_zero, 1),
        none if tau2 is not None else _at_the_edge(fit, top - homogeneous),
        _ratio(top - likelihood(plain).value, df),
    )


def _ratio(gain: float, df: int) -> Ratio:
    statistic = max(0.0, 2 * gain)
    return Ratio(statistic, df, float(chdtrc(df, statistic)))


def _at_the_edge(fit: SelectionFit, gain: float) -> Ratio:
    """A variance of 0 is the end of its range: half chi-square, half 0 (Self and Liang 1987)."""
    if AT_ZERO in fit.states:
        return Ratio(0.0, 1, 1.0)
    statistic = max(0.0, 2 * gain)
    return Ratio(statistic, 1, float(ndtr(-np.sqrt(statistic))))


def uniform_limits(
    likelihood: ConditionalLikelihood, fit: SelectionFit, index: int, level: float, *, fixed: bool
) -> tuple[float, float]:
    """Profile-likelihood limits of the mean (index 0) or the between-study variance (1).

    Parameters
    ----------
    likelihood : ConditionalLikelihood
    fit : SelectionFit
        Its maximum.
    index : int
    level : float
    fixed : bool
        Whether the variance was given.
    """
    return profile_limits(likelihood, fit, np.array([True, not fixed]), index, level)
