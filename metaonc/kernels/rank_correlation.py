"""Kendall's rank correlation: the score, its variance where values are tied, and p values."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from metaonc.kernels.arrays import FloatArray
from metaonc.kernels.intervals import two_sided_p


class RankCorrelation(NamedTuple):
    """Kendall's correlation of two series, and the test that there is none.

    Attributes
    ----------
    tau : float
        Tau-b, which allows for ties.
    score, score_se : float
        Concordant less discordant pairs, and its standard error if there is no correlation.
    statistic : float
        ``score / score_se``, without a continuity correction.
    p_value : float
        Two-sided.
    exact : bool
        Whether p comes from all orders; otherwise from the normal distribution.
    """

    tau: float
    score: float
    score_se: float
    statistic: float
    p_value: float
    exact: bool


def rank_correlation(x: FloatArray, y: FloatArray, *, exact: bool | None = None) -> RankCorrelation:
    r"""Kendall's rank correlation of two series.

    Parameters
    ----------
    x, y : ndarray, shape (k,)
        The series, k >= 2.
    exact : bool, optional
        Whether p comes from all orders of the ranks. Default: where no values are tied. With ties
        it is from the normal distribution in any case.

    Notes
    -----
    Kendall MG. Rank Correlation Methods. 4th ed. Griffin 1970, chapters 3 and 4: with t the sizes
    of the groups of ties in x and u those in y, the variance of the score S is :math:`(v_0 - v_t -
    v_u)/18 + \sum t(t-1)(t-2) \sum u(u-1)(u-2) / (9k(k-1)(k-2)) + \sum t(t-1) \sum u(u-1) /
    (2k(k-1))` with :math:`v_0 = k(k-1)(2k+5)`, :math:`v_t = \sum t(t-1)(2t+5)`.

    Examples
    --------
    >>> import numpy as np
    >>> found = rank_correlation(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 3.0, 2.0, 4.0]))
    >>> round(found.tau, 3), found.score, round(found.p_value, 3), found.exact
    (0.667, 4.0, 0.333, True)
    """
    k = len(x)
    first, second = np.triu_indices(k, 1)
    signs_x, signs_y = np.sign(x[first] - x[second]), np.sign(y[first] - y[second])
    score = float((signs_x * signs_y).sum())
    pairs = np.sqrt((signs_x**2).sum() * (signs_y**2).sum())
    variance = _variance(k, _ties(x), _ties(y))
    z = score / np.sqrt(variance) if variance > 0 else np.nan
    untied = bool(signs_x.all() and signs_y.all())
    by_orders = untied and exact is not False
    p = _exact_p(score, k) if by_orders else float(two_sided_p(np.asarray(z), np.asarray(np.inf)))
    tau = float(score / pairs) if pairs > 0 else np.nan
    return RankCorrelation(tau, score, float(np.sqrt(variance)), float(z), p, by_orders)


def _ties(values: FloatArray) -> FloatArray:
    _, counts = np.unique(values, return_counts=True)
    return np.asarray(counts, dtype=float)


def _variance(k: int, t: FloatArray, u: FloatArray) -> float:
    def twos(n: FloatArray) -> float:
        return float((n * (n - 1)).sum())

    def threes(n: FloatArray) -> float:
        return float((n * (n - 1) * (n - 2)).sum())

    tied = ((t * (t - 1) * (2 * t + 5)).sum() + (u * (u - 1) * (2 * u + 5)).sum()) / 18
    whole = k * (k - 1) * (2 * k + 5) / 18 - tied
    more = threes(t) * threes(u) / (9 * k * (k - 1) * (k - 2)) if k > 2 else 0.0
    return float(whole + more + twos(t) * twos(u) / (2 * k * (k - 1)))


def _exact_p(score: float, k: int) -> float:
    """Share of the k! orders whose score is at least as far from 0.

    The number of discordant pairs is a sum of independent uniform numbers 0 ... i, i < k, which
    is symmetric, so that the smaller tail is summed from its end and loses no digits.
    """
    pairs = k * (k - 1) // 2
    discordant = round((pairs - abs(score)) / 2)
    shares = np.ones(1)
    for i in range(1, k):
        shares = np.convolve(shares, np.full(i + 1, 1 / (i + 1)))[: discordant + 1]
    return min(1.0, 2 * float(shares.sum()))
