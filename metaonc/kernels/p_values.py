"""P values of any mean, not of 0 alone: the p-value functions behind tests and intervals."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtrc, ndtr

from metaonc.kernels.arrays import FloatArray, Studies
from metaonc.kernels.henmi_copas import henmi_copas_p
from metaonc.kernels.intervals import two_sided_p
from metaonc.kernels.likelihood_intervals import likelihood_ratios
from metaonc.kernels.skovgaard import corrected_roots

# Tests that are not an estimate over its standard error.
BY_LIKELIHOOD = ("profile", "skovgaard", "hc")


def p_of_distance(
    estimate: FloatArray | float, se: FloatArray | float, df: FloatArray | float, values: FloatArray
) -> FloatArray:
    """Two-sided p value of each value, from an estimate with its standard error.

    Parameters
    ----------
    estimate, se, df : array_like, shape (..., 1) or scalar
        Estimate, standard error and degrees of freedom (infinite for a z test).
    values : ndarray, shape (..., n)
        The means in question.

    Returns
    -------
    ndarray
        1 at the estimate, and 0 elsewhere where the standard error is 0.

    Examples
    --------
    >>> p_of_distance(0.0, 1.0, np.inf, np.array([0.0, 1.959963984540054])).round(3)
    array([1.  , 0.05])
    """
    away = np.asarray(values, dtype=float) - estimate
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(away == 0, 0.0, away / se)
    return two_sided_p(statistic, np.broadcast_to(np.asarray(df, dtype=float), statistic.shape))


def p_by_likelihood(
    ci: str, data: Studies, values: FloatArray, column: FloatArray | None = None
) -> FloatArray:
    """Two-sided p value of each mean by a test that is not an estimate over its standard error.

    Parameters
    ----------
    ci : str
        One of `BY_LIKELIHOOD`: the test whose means with p >= 1 - level are the interval.
    data : Studies
        Studies of one meta-analysis, shape (k,), at least two.
    values : ndarray, shape (n,)
        The means in question, in the units of `data`.
    column : ndarray, shape (k,), optional
        For correlated effects made independent, the rotated column of ones.
    """
    if ci == "hc":
        return henmi_copas_p(data, values)
    if ci == "skovgaard":
        return np.asarray(2 * ndtr(-np.abs(corrected_roots(data, values, column))))
    return np.asarray(chdtrc(1, likelihood_ratios(data, values, column)))
