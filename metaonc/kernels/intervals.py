"""Tests and intervals of a pooled mean, and prediction intervals."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import gammaln, ndtr, ndtri, stdtr, stdtrit

from metaonc.kernels.arrays import FloatArray

# Beyond this the quantile of t follows from its power-law tail to full precision, while iterations
# for it may stop short; Kenward and Roger's degrees of freedom can be as few as 0.002.
_FAR_OUT = 1e50


class Inference(NamedTuple):
    """Standard error, test and interval of a mean, shape (...) each; `df` is inf for a z test."""

    se: FloatArray
    df: FloatArray
    statistic: FloatArray
    p_value: FloatArray
    low: FloatArray
    high: FloatArray


def quantile(level: float, df: FloatArray) -> FloatArray:
    """Two-sided quantile of Student's t, or of the normal where df is infinite."""
    upper = 0.5 + level / 2
    finite = np.isfinite(df)
    if not finite.any():
        return np.full_like(df, ndtri(upper))
    numbers = np.where(finite, df, 0.0)
    most = numbers.max()
    if most < df.size and (numbers == np.rint(numbers)).all():
        # Many rows with few different degrees of freedom: one quantile for each.
        table = _t_quantile(upper, np.arange(1.0, most + 1))
        tabulated: FloatArray = np.append(ndtri(upper), table)[numbers.astype(int)]
        return tabulated
    return np.where(finite, _t_quantile(upper, np.where(finite, df, 1.0)), ndtri(upper))


def _t_quantile(p: float, df: FloatArray) -> FloatArray:
    """Quantile of Student's t, p >= 1/2; infinite where it is beyond the range of floats."""
    found = np.asarray(stdtrit(df, p), dtype=float)
    if not (found > _FAR_OUT).any():
        return found
    constant = gammaln((df + 1) / 2) - gammaln(df / 2) - 0.5 * np.log(np.pi)
    with np.errstate(over="ignore"):
        far = np.exp((constant + (df / 2 - 1) * np.log(df) - np.log1p(-p)) / df)
    return np.where(found > _FAR_OUT, far, found)


def two_sided_p(statistic: FloatArray, df: FloatArray) -> FloatArray:
    """Two-sided p value of a t (finite df) or z statistic."""
    tail = -np.abs(statistic)
    finite = np.isfinite(df)
    return np.where(finite, 2 * stdtr(np.where(finite, df, 1.0), tail), 2 * ndtr(tail))


def infer(mean: FloatArray, se: FloatArray, df: FloatArray, level: float) -> Inference:
    """Test of mean = 0 and interval of the mean, from its standard error."""
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(mean == 0, 0.0, mean / se)  # studies that agree exactly: se = 0
    half = quantile(level, df) * se
    return Inference(se, df, statistic, two_sided_p(statistic, df), mean - half, mean + half)


def hartung_knapp_factor(q: FloatArray, k: FloatArray) -> FloatArray:
    r"""Factor by which Hartung and Knapp multiply the variance of the mean.

    Parameters
    ----------
    q : ndarray, shape (...)
        :math:`\sum w_i (y_i - \hat\mu)^2` at the random-effects weights.
    k : ndarray, shape (...)
        Number of studies, > 1.

    Notes
    -----
    :math:`q/(k-1)`: Hartung & Knapp, Stat Med 2001;20:3875-3889; Sidik & Jonkman, Stat Med
    2002;21:3153-3159.
    """
    return np.where(k > 1, q / np.where(k > 1, k - 1, 1.0), np.nan)


def prediction_hts(
    mean: FloatArray, se: FloatArray, tau2: FloatArray, k: FloatArray, level: float
) -> tuple[FloatArray, FloatArray]:
    r"""Prediction interval of Higgins, Thompson and Spiegelhalter for the effect in a new study.

    Parameters
    ----------
    mean, se, tau2, k : ndarray, shape (...)
        Random-effects mean, its Wald standard error, between-study variance, studies (k > 2).
    level : float
        Level of the interval.

    Notes
    -----
    Eq. (12) of Higgins, Thompson & Spiegelhalter, J R Stat Soc A 2009;172:137-159:
    :math:`\hat\mu \pm t_{k-2} \sqrt{\hat\tau^2 + \text{SE}^2}`.
    """
    enough = k > 2
    half = quantile(level, np.where(enough, k - 2, 1.0)) * np.sqrt(tau2 + se**2)
    half = np.where(enough, half, np.nan)
    return mean - half, mean + half
