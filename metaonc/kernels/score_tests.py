"""Effects of two-arm counts that tests of funnel plot asymmetry work on, without log odds ratios.

The standard error of a log odds ratio depends on the odds ratio itself, so an ordinary test of the
one on the other finds asymmetry where there is none.
"""

from __future__ import annotations

import numpy as np

from metaonc.kernels.arrays import FloatArray, studies
from metaonc.kernels.counts.count_likelihoods import Hypergeometric
from metaonc.kernels.counts.mantel_haenszel import mantel_haenszel
from metaonc.kernels.weighting import HEAVY, sum_of_others, weigh

Pair = tuple[FloatArray, FloatArray]


def odds_scores(a: FloatArray, n1: FloatArray, c: FloatArray, n2: FloatArray) -> Pair:
    r"""Score and information of each table at an odds ratio of 1.

    Parameters
    ----------
    a, n1, c, n2 : ndarray, shape (k,)
        Events and patients of arm 1, and of arm 2.

    Notes
    -----
    :math:`Z = a - n_1 m / N` and :math:`V = n_1 n_2 m (N - m) / (N^2 (N - 1))` with m events among
    N patients: Harbord, Egger & Sterne, Stat Med 2006;25:3443-3457.
    """
    m, n = a + c, n1 + n2
    return a - n1 * m / n, n1 * n2 * m * (n - m) / (n**2 * (n - 1))


def risk_scores(a: FloatArray, n1: FloatArray, c: FloatArray, n2: FloatArray) -> Pair:
    r"""Efficient score and information of each table at a risk ratio of 1.

    Notes
    -----
    Of two binomial counts with the common risk m/N estimated: :math:`Z = (aN - m n_1)/(N - m)`,
    :math:`V = n_1 n_2 m / (N (N - m))`; Harbord, Harris & Sterne, Stata J 2009;9:197-210. Where
    every patient has the event the information is infinite.
    """
    m, n = a + c, n1 + n2
    with np.errstate(divide="ignore", invalid="ignore"):
        return (a * n - m * n1) / (n - m), n1 * n2 * m / (n * (n - m))


def counts_given_margins(
    a: FloatArray,
    n1: FloatArray,
    c: FloatArray,
    n2: FloatArray,
    log_odds_ratio: float | None = None,
) -> Pair:
    """Events of arm 1 less what is expected of them, and their variance, given all margins.

    Parameters
    ----------
    a, n1, c, n2 : ndarray, shape (k,)
        Events and patients of arm 1, and of arm 2.
    log_odds_ratio : float, optional
        Common to all tables. Default: Mantel and Haenszel's, without a continuity correction.

    Notes
    -----
    Schwarzer, Antes & Schumacher, Stat Med 2007;26:721-733. An infinite or zero odds ratio leaves
    nothing to vary: the variances are 0.
    """
    if log_odds_ratio is None:
        log_odds_ratio = float(mantel_haenszel("OR", a, n1, c, n2).estimate)
    if not np.isfinite(log_odds_ratio):
        return np.zeros_like(a), np.zeros_like(a)
    found = Hypergeometric(a, n1, c, n2).terms(np.asarray(log_odds_ratio))
    return found.slope, -found.curvature


def effective_size(n1: FloatArray, n2: FloatArray) -> FloatArray:
    r"""Effective sample size :math:`4 n_1 n_2 / (n_1 + n_2)`.

    Deeks, Macaskill & Irwig, J Clin Epidemiol 2005;58:882-893.
    """
    return 4 * n1 * n2 / (n1 + n2)


def standardised(yi: FloatArray, vi: FloatArray) -> FloatArray:
    r"""Effects around their common mean over their standard errors, shape (k,).

    Notes
    -----
    :math:`(y_i - \hat\mu) / \sqrt{v_i - 1/\sum 1/v_j}`: Begg & Mazumdar, Biometrics
    1994;50:1088-1101.
    """
    data = studies(yi, vi)
    at = weigh(data)
    # 1 less a leverage has no digits left where one study is nearly all of the weight.
    others = sum_of_others(at.weights) / at.total
    free = np.where(at.leverages > HEAVY, others, 1 - at.leverages)
    return np.asarray(at.residuals / np.sqrt(data.vi * free))
