"""Every way from what a trial prints about survival to a log hazard ratio and its variance.

The arithmetic of Parmar, Torri & Stewart (Stat Med 1998;17:2815-2834), Williamson et al. (Stat Med
2002;21:3337-3351) and Tierney et al. (Trials 2007;8:16), one function per group of routes; which
columns lead to which is in :mod:`metaonc.effects.time_to_event`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from metaonc.effects.scales.transforms import FloatArray

Pair = tuple[FloatArray, FloatArray]


def logrank_variance(events: ArrayLike, share_1: ArrayLike = 0.5) -> FloatArray:
    r"""Approximate variance of the log-rank O - E from the number of events.

    Parameters
    ----------
    events : array_like of float
        Events in both arms together.
    share_1 : array_like of float, default 0.5
        Arm 1's share: of the events, where they are known per arm; otherwise of the patients
        randomised (0.5 for 1:1).

    Returns
    -------
    ndarray of float
        :math:`V = d\,s\,(1-s)`, in events².

    Notes
    -----
    Tierney 2007, the routes through events: :math:`d_1 d_2/(d_1+d_2)`, :math:`d/4` and
    :math:`d\,n_1 n_2/(n_1+n_2)^2` are the cases of the events' share, 1/2 and the patients' share.

    Examples
    --------
    >>> logrank_variance([485, 485], [229 / 485, 0.5]).round(2)
    array([120.87, 121.25])
    """
    share = np.asarray(share_1, dtype=float)
    return np.asarray(np.asarray(events, dtype=float) * share * (1 - share))


def z_of(p: ArrayLike, sides: ArrayLike = 2) -> FloatArray:
    """Size of the normal deviate behind a p value.

    Parameters
    ----------
    p : array_like of float
        p values, 0 < p < 1.
    sides : array_like of int, default 2
        2, or 1 for a one-sided p (the tail in the direction of the effect).

    Examples
    --------
    >>> z_of([0.075, 0.0375], [2, 1]).round(4)
    array([1.7805, 1.7805])
    """
    from scipy.special import ndtri

    return np.asarray(np.abs(ndtri(np.asarray(p, dtype=float) / np.asarray(sides, dtype=float))))


def from_p_and_variance(z: FloatArray, variance: FloatArray, favours_1: FloatArray) -> Pair:
    """Log hazard ratios from the size of z, the log-rank variance and the arm favoured.

    Tierney 2007, the routes through a p value: O - E is z times the root of V, below 0 where arm
    1 is favoured.
    """
    sign = np.where(np.isnan(favours_1), np.nan, np.where(favours_1 > 0, -1.0, 1.0))
    return sign * z / np.sqrt(variance), 1 / variance


def from_events_and_patients(
    events_1: FloatArray, n_1: FloatArray, events_2: FloatArray, n_2: FloatArray
) -> Pair:
    r"""Log hazard ratios from events and patients alone.

    Proportional hazards over a follow-up common to both arms make :math:`1-p_1=(1-p_2)^{HR}`: the
    ratio of :math:`\log(1-p)`, its variance by the delta method. Crude: when patients were
    censored early is not in it.
    """
    return from_survival(1 - events_1 / n_1, n_1, 1 - events_2 / n_2, n_2)


def from_survival(
    survival_1: ArrayLike, n_1: ArrayLike, survival_2: ArrayLike, n_2: ArrayLike
) -> Pair:
    r"""Log hazard ratios from the survival of each arm at one time point.

    Parameters
    ----------
    survival_1, survival_2 : array_like of float
        Fractions event-free at the time, between 0 and 1.
    n_1, n_2 : array_like of float
        Patients; better their effective number there, see Parmar 1998, section 4.

    Returns
    -------
    yi, vi : ndarray of float
        :math:`\log\{\log S_1/\log S_2\}` and :math:`\sum_j (1-S_j)/(n_j S_j \log^2 S_j)`.

    Examples
    --------
    >>> yi, vi = from_survival(0.62, 491, 0.58, 485)
    >>> float(np.exp(yi).round(3)), float(np.sqrt(vi).round(3))
    (0.878, 0.102)
    """
    s1, n1, s2, n2 = (np.asarray(x, dtype=float) for x in (survival_1, n_1, survival_2, n_2))
    with np.errstate(divide="ignore", invalid="ignore"):
        log_1, log_2 = np.log(s1), np.log(s2)
        vi = (1 - s1) / (n1 * s1 * log_1**2) + (1 - s2) / (n2 * s2 * log_2**2)
        return np.log(log_1 / log_2), np.asarray(vi)


def from_medians(
    median_1: ArrayLike, events_1: ArrayLike, median_2: ArrayLike, events_2: ArrayLike
) -> Pair:
    """Log hazard ratios from median survival times, taking survival as exponential.

    Parameters
    ----------
    median_1, median_2 : array_like of float
        Median times, > 0, in one unit.
    events_1, events_2 : array_like of float
        Events per arm.

    Returns
    -------
    yi, vi : ndarray of float
        ``log(median_2 / median_1)`` and ``1 / events_1 + 1 / events_2``.

    Notes
    -----
    A hazard ratio of medians is only as good as the exponential: Michiels et al., Int J Technol
    Assess Health Care 2005;21:119-125 found it misleading. The last resort.

    Examples
    --------
    >>> yi, vi = from_medians(44.0, 229, 37.5, 256)
    >>> float(np.exp(yi).round(3)), float(np.sqrt(vi).round(3))
    (0.852, 0.091)
    """
    m1, d1, m2, d2 = (np.asarray(x, dtype=float) for x in (median_1, events_1, median_2, events_2))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(m2 / m1), 1 / d1 + 1 / d2
