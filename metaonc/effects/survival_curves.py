"""Kaplan-Meier curves read at intervals -> a log hazard ratio."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from metaonc.effects.transforms import FloatArray
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
    Williamson 2002 and route 11 of Tierney 2007: with patients censored evenly over an interval,
    those at risk during it are :math:`R_j - c_j/2`, events :math:`d_j = (R_j - c_j/2)
    (S_{j-1}-S_j)/S_{j-1}`, and :math:`R_{j+1} = R_j - c_j - d_j`.

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


def hazard_ratio_from_curves(
    survival_1: ArrayLike, at_risk_1: ArrayLike, survival_2: ArrayLike, at_risk_2: ArrayLike
) -> tuple[float, float]:
    r"""Log hazard ratio and variance from two curves read at the same times.

    Parameters
    ----------
    survival_1, at_risk_1, survival_2, at_risk_2 : array_like of float, shape (t,)
        As in :func:`curve_events`, for the experimental (1) and the control arm.

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
