"""Kaplan-Meier curves read at intervals -> a log hazard ratio."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from metaonc.effects.scales.transforms import FloatArray
from metaonc.errors import EffectsError


class CurveReading(NamedTuple):
    """One arm, interval by interval."""

    events: FloatArray
    censored: FloatArray
    at_risk: FloatArray  # during the interval, less half of those censored in it


def curve_events(survival: ArrayLike, at_risk: ArrayLike) -> CurveReading:
    r"""Events and censorings of one arm between the times its curve was read at.

    Parameters
    ----------
    survival : array_like of float, shape (t,)
        Event-free fractions at the times, the first 1 (at time 0), never rising.
    at_risk : array_like of float, shape (t,)
        Numbers at risk printed under the curve at the same times.

    Returns
    -------
    CurveReading
        Arrays of shape (t - 1,), one value per interval.

    Raises
    ------
    EffectsError
        If a fraction rises, lies outside 0 to 1, or the numbers at risk rise.

    Notes
    -----
    Williamson 2002, and Tierney 2007 for curves with numbers at risk: with patients censored
    evenly over an interval, those at risk during it are :math:`R_j - c_j/2`, events
    :math:`d_j = (R_j - c_j/2) (S_{j-1}-S_j)/S_{j-1}`, and :math:`R_{j+1} = R_j - c_j - d_j`.

    Examples
    --------
    >>> curve_events([1, 0.78, 0.62], [100, 74, 55]).events.round(1)
    array([21.5, 14.7])
    """
    s, r = np.asarray(survival, dtype=float), np.asarray(at_risk, dtype=float)
    if s.shape != r.shape or s.ndim != 1 or len(s) < 2:
        raise EffectsError(
            "survival and at_risk must have one value per time, at least two times; read the curve "
            "at the times whose numbers at risk are printed."
        )
    for name, values in (("survival", s), ("at_risk", r)):
        if not (np.isfinite(values).all() and (values >= 0).all() and (np.diff(values) <= 0).all()):
            raise EffectsError(
                f"{name} = {values.tolist()} must fall from time to time; read it again."
            )
    if s[0] != 1 or s[-2] <= 0:
        raise EffectsError("survival must start at 1 and stay above 0 until the last time.")
    fall = 1 - s[1:] / s[:-1]
    leave = r[:-1] - r[1:]
    # leave = c + (R - c/2) fall, solved for the censored; fewer than none are taken as none
    censored = np.clip((leave - r[:-1] * fall) / (1 - fall / 2), 0, None)
    risk = r[:-1] - censored / 2
    return CurveReading(risk * fall, censored, risk)


def numbers_at_risk(
    survival: ArrayLike, times: ArrayLike, n: float, minimum: float, maximum: float
) -> FloatArray:
    r"""Numbers at risk under a curve that prints none, from the shortest and longest follow-up.

    Parameters
    ----------
    survival : array_like of float, shape (t,)
        Event-free fractions at the times, the first 1.
    times : array_like of float, shape (t,)
        The times the curve was read at, rising from 0, none beyond `maximum`.
    n : float
        Patients of the arm.
    minimum, maximum : float
        Follow-up of the patient who entered last, and of the one who entered first, in the unit of
        the times. With accrual from one date to another and an analysis at a third, these are the
        analysis less the end and less the start of accrual.

    Returns
    -------
    ndarray of float, shape (t,)
        What :func:`curve_events` and :func:`hazard_ratio_from_curves` take.

    Raises
    ------
    EffectsError
        If the times do not rise from 0 or exceed the longest follow-up, or the follow-up is none.

    Notes
    -----
    Parmar 1998, section 4, and Tierney 2007, for curves with follow-up only, take patients as
    entering evenly, so that a share :math:`G(t) = (F_{\max}-t)/(F_{\max}-F_{\min})`, 1 before
    :math:`F_{\min}`, is followed beyond t; :math:`n\,S(t)\,G(t)` of them are at risk. Patients
    lost earlier are not in it.

    Examples
    --------
    >>> numbers_at_risk([1, 0.8, 0.6, 0.5], [0, 12, 24, 36], 100, 12, 36)
    array([100.,  80.,  30.,   0.])
    """
    s, t = np.asarray(survival, dtype=float), np.asarray(times, dtype=float)
    if s.shape != t.shape or s.ndim != 1 or len(t) < 2 or t[0] != 0 or not (np.diff(t) > 0).all():
        raise EffectsError("survival needs one value per time, and the times must rise from 0.")
    if not (n > 0 and 0 <= minimum <= maximum and 0 < maximum < np.inf):
        raise EffectsError(
            f"n = {n:g} and a follow-up of {minimum:g} to {maximum:g} are none; the longest must "
            "be > 0 and not below the shortest."
        )
    if t[-1] > maximum:
        raise EffectsError(
            f"the curve was read at {t[-1]:g}, and nobody was followed beyond {maximum:g}; leave "
            "out later times."
        )
    if maximum == minimum:
        return n * s
    return np.asarray(n * s * np.clip((maximum - t) / (maximum - minimum), 0, 1))


def hazard_ratio_from_curves(
    survival_1: ArrayLike, at_risk_1: ArrayLike, survival_2: ArrayLike, at_risk_2: ArrayLike
) -> tuple[float, float]:
    r"""Log hazard ratio and variance from two curves read at the same times.

    Parameters
    ----------
    survival_1, at_risk_1, survival_2, at_risk_2 : array_like of float, shape (t,)
        As in :func:`curve_events`, for the experimental (1) and the control arm. Where no numbers
        at risk are printed, :func:`numbers_at_risk` gives them from the follow-up.

    Returns
    -------
    yi, vi : float

    Raises
    ------
    EffectsError
        If a curve is none, or no interval has events in both arms.

    Notes
    -----
    Eq. (16)-(19) of Parmar 1998: in each interval the log of the ratio of :math:`d/R`, with
    variance :math:`1/d_1-1/R_1+1/d_2-1/R_2`, pooled by inverse variance. Intervals without events
    in one of the arms carry no such ratio and are passed over.

    Examples
    --------
    >>> yi, vi = hazard_ratio_from_curves(
    ...     [1, 0.78, 0.62], [100, 74, 55], [1, 0.70, 0.50], [100, 67, 44]
    ... )
    >>> round(float(np.exp(yi)), 2), round(vi**0.5, 2)
    (0.73, 0.19)
    """
    first, second = curve_events(survival_1, at_risk_1), curve_events(survival_2, at_risk_2)
    if len(first.events) != len(second.events):
        raise EffectsError("the two curves must be read at the same times.")
    with np.errstate(divide="ignore", invalid="ignore"):
        yi = np.log(first.events / first.at_risk) - np.log(second.events / second.at_risk)
        vi = 1 / first.events - 1 / first.at_risk + 1 / second.events - 1 / second.at_risk
    there = np.isfinite(yi) & np.isfinite(vi) & (vi > 0)
    if not there.any():
        raise EffectsError("no interval has events in both arms; read the curves further apart.")
    weights = 1 / vi[there]
    return float(np.average(yi[there], weights=weights)), float(1 / weights.sum())
