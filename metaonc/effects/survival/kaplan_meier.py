"""Times of patients with and without the event -> a Kaplan-Meier curve."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from metaonc.effects.survival.curves import ArmCurve
from metaonc.errors import EffectsError


def kaplan_meier(time: ArrayLike, event: ArrayLike, *, label: str, level: float) -> ArmCurve:
    r"""Product-limit estimate of one arm with limits at each time.

    Parameters
    ----------
    time : array_like, shape (n,)
        Time to the event, or to when the patient was seen last; >= 0.
    event : array_like, shape (n,)
        1 for the event, 0 for none yet.
    label : str
        Name of the arm.
    level : float
        Level of the limits.

    Returns
    -------
    ArmCurve
        Steps at the times of events, and a last point where follow-up ends.

    Raises
    ------
    EffectsError
        If there is nobody, a time is below 0 or missing, or an event is neither 0 nor 1.

    Notes
    -----
    :math:`\hat S(t) = \prod_{t_j \le t} (1 - d_j / r_j)` [1]_, with Greenwood's variance on the
    scale of :math:`\log(-\log S)` [2]_; where the curve is 0 there are no limits.

    .. [1] Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-481.
    .. [2] Kalbfleisch JD, Prentice RL. The statistical analysis of failure time data, 2nd ed. 2002,
       eq. (1.13).

    Examples
    --------
    >>> curve = kaplan_meier([2, 4, 4, 7], [1, 1, 0, 1], label="A", level=0.95)
    >>> curve.time, curve.survival
    (array([0., 2., 4., 7.]), array([1.  , 0.75, 0.5 , 0.  ]))
    """
    times, events = _checked(time, event, label)
    exits = np.sort(times)
    when, d = np.unique(times[events], return_counts=True)
    r = len(exits) - np.searchsorted(exits, when, side="left")
    survival = np.cumprod(1 - d / r)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(np.cumsum(d / (r * (r - d)))) / np.abs(np.log(survival))
        step = np.exp(float(ndtri(0.5 + level / 2)) * spread)
        low, high = survival**step, survival ** (1 / step)
    there = survival > 0
    low, high = np.where(there, low, np.nan), np.where(there, high, np.nan)
    followed = exits[-1:][exits[-1:] > when.max(initial=0.0)]  # the last one left without it

    def whole(values: np.ndarray) -> np.ndarray:
        return np.concatenate([[1.0], values, values[-1:] if len(values) else [1.0]])[
            : 1 + len(when) + len(followed)
        ]

    return ArmCurve(
        label=label,
        time=np.concatenate([[0.0], when, followed]),
        survival=whole(survival),
        low=whole(low),
        high=whole(high),
        steps=True,
        exits=exits,
        censored=np.sort(times[~events]),
    )


def _checked(time: ArrayLike, event: ArrayLike, label: str) -> tuple[np.ndarray, np.ndarray]:
    times, events = np.asarray(time, dtype=float), np.asarray(event, dtype=float)
    if times.ndim != 1 or times.shape != events.shape or len(times) == 0:
        raise EffectsError(f"{label}: one time and one event per patient are needed, at least one.")
    bad = ~(np.isfinite(times) & (times >= 0))
    if bad.any():
        raise EffectsError(f"{label}: time = {times[bad][0]:g} must be a number >= 0; correct it.")
    bad = ~np.isin(events, (0.0, 1.0))
    if bad.any():
        raise EffectsError(
            f"{label}: event = {events[bad][0]:g} must be 1 for the event or 0 for none yet."
        )
    return times, events == 1
