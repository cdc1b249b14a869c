"""What a trial prints about a hazard ratio -> log hazard ratios with variances."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from metaonc.effects.scales.measures import FloatArray


def log_hazard_ratios(
    estimate: ArrayLike, low: ArrayLike, high: ArrayLike, level: ArrayLike = 0.95
) -> tuple[FloatArray, FloatArray]:
    r"""Log hazard ratios and variances from printed ratios and intervals.

    Parameters
    ----------
    estimate, low, high : array_like of float, shape (k,)
        Printed hazard ratios and confidence limits, > 0.
    level : array_like of float, default 0.95
        Confidence level of each printed interval, as a fraction.

    Returns
    -------
    yi, vi : ndarray of float, shape (k,)
        Natural logs, and variances :math:`\{(\log U - \log L) / (2 z_{(1+\text{level})/2})\}^2`.

    Notes
    -----
    Eq. (7) of Parmar, Torri & Stewart, Stat Med 1998;17:2815-2834; a route of Tierney et al.,
    Trials 2007;8:16.

    Examples
    --------
    >>> yi, vi = log_hazard_ratios([0.54, 0.52], [0.36, 0.38], [0.81, 0.71], [0.95, 0.90])
    >>> yi.round(4), np.sqrt(vi).round(4)
    (array([-0.6162, -0.6539]), array([0.2069, 0.19  ]))
    """
    from scipy.special import ndtri

    width = np.log(np.asarray(high, dtype=float)) - np.log(np.asarray(low, dtype=float))
    z = ndtri(0.5 + np.asarray(level, dtype=float) / 2)
    return np.log(np.asarray(estimate, dtype=float)), (width / (2 * z)) ** 2


def log_hazard_ratios_from_p(estimate: ArrayLike, p: ArrayLike) -> tuple[FloatArray, FloatArray]:
    r"""Log hazard ratios and variances from printed ratios and two-sided p values.

    Parameters
    ----------
    estimate : array_like of float, shape (k,)
        Printed hazard ratios, > 0 and not 1 (at 1 the p value says nothing about the variance).
    p : array_like of float, shape (k,)
        Two-sided p values, 0 < p < 1.

    Returns
    -------
    yi, vi : ndarray of float, shape (k,)
        Natural logs, and variances :math:`(\log \text{HR} / z_{1-p/2})^2`.

    Notes
    -----
    Altman & Bland, BMJ 2011;343:d2090, turned round as in Parmar et al., Stat Med
    1998;17:2815-2834, eq. (8).
    """
    from scipy.special import ndtri

    yi = np.log(np.asarray(estimate, dtype=float))
    return yi, (yi / ndtri(np.asarray(p, dtype=float) / 2)) ** 2


def log_hazard_ratios_from_logrank(
    o_minus_e: ArrayLike, variance: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Peto's log hazard ratios and variances from log-rank totals.

    Parameters
    ----------
    o_minus_e : array_like of float, shape (k,)
        Observed minus expected events in the experimental arm.
    variance : array_like of float, shape (k,)
        Variance of that difference, events², > 0.

    Returns
    -------
    yi, vi : ndarray of float, shape (k,)
        ``o_minus_e / variance`` and ``1 / variance``.

    Notes
    -----
    Yusuf et al., Prog Cardiovasc Dis 1985;27:335-371; eq. (2) and (3) of Parmar et al., Stat Med
    1998;17:2815-2834.
    """
    v = np.asarray(variance, dtype=float)
    return np.asarray(o_minus_e, dtype=float) / v, 1 / v
