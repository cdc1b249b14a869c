"""`survival_curves`: patients, or what was read off a printed curve -> `SurvivalCurves`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from metaonc.effects.scales.measures import checked_level, level_text
from metaonc.effects.survival.curves import ArmCurve, SurvivalCurves
from metaonc.effects.survival.kaplan_meier import kaplan_meier
from metaonc.effects.tables.column_rules import numbers
from metaonc.errors import EffectsError

if TYPE_CHECKING:
    import pandas as pd


def survival_curves(
    frame: pd.DataFrame, *, title: str = "", unit: str = "months", level: float = 0.95
) -> SurvivalCurves:
    """Survival curves of the arms of a trial.

    Parameters
    ----------
    frame : pandas.DataFrame
        Either a row per patient with ``time`` and ``event`` (1, or 0 for none yet), e.g. from
        :func:`metaonc.reconstruct_patients`: Kaplan-Meier curves. Or a row per time that a printed
        curve was read at, with ``time`` and ``survival`` (a fraction) and, where they are printed,
        ``low high at_risk``. A column ``arm`` names the arms, in their order.
    title : str, optional
        What the curves are about.
    unit : str, default "months"
        Unit of time.
    level : float, default 0.95
        Level of the limits: those of Kaplan-Meier curves, or the printed ones.

    Returns
    -------
    SurvivalCurves
        Curves with `to_frame` and `summary`; draw them with :func:`metaonc.survival_plot`.

    Raises
    ------
    EffectsError
        If columns are missing, or values are no times, events or survival.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {"arm": list("AAABBB"), "time": [5, 9, 12, 2, 4, 6], "event": [1, 1, 0, 1, 1, 0]}
    ... )
    >>> print(survival_curves(frame).sentences[0])
    A: n = 3, 2 with the event, median 9 months (95% CI 5 to not reached).
    """
    checked_level(level)
    if "time" not in frame or not {"event", "survival"} & set(frame.columns):
        raise EffectsError(
            "survival curves need the columns time and event (a row per patient) or time and "
            f"survival (a row per time); there are {', '.join(map(str, frame.columns))}."
        )
    patients = "event" in frame
    arms = tuple(
        kaplan_meier(numbers(part, "time"), numbers(part, "event"), label=label, level=level)
        if patients
        else _read(part, label)
        for label, part in by_arm(frame)
    )
    note = "Read off the printed curves at the marked times."
    if patients:
        note = f"Kaplan-Meier curves with {level_text(level)} limits on the log(−log) scale."
    return SurvivalCurves(title=title, unit=unit, level=level, arms=arms, notes=(note,))


def by_arm(frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """The rows of each arm, in the order in which the arms come."""
    if "arm" not in frame:
        yield "All patients", frame
        return
    missing = frame["arm"].isna()
    if missing.any():
        raise EffectsError(f"row {int(np.argmax(missing)) + 1}: no arm; name it.")
    for name, part in frame.groupby("arm", sort=False):
        yield str(name), part


def _read(part: pd.DataFrame, label: str) -> ArmCurve:
    """What was read off a printed curve, with the start where it was left out."""
    names = ("time", "survival", "low", "high", "at_risk")
    time, survival, low, high, at_risk = (
        numbers(part, name) if name in part else np.full(len(part), np.nan) for name in names
    )
    check_readings(label, time, survival)
    known = {float(t): float(n) for t, n in zip(time, at_risk, strict=True) if n == n}
    if time[0] > 0:
        time = np.concatenate([[0.0], time])
        survival, low, high = (np.concatenate([[1.0], y]) for y in (survival, low, high))
    return ArmCurve(
        label=label,
        time=time,
        survival=survival,
        low=low,
        high=high,
        steps=False,
        known_at_risk=known,
    )


def check_readings(label: str, time: np.ndarray, survival: np.ndarray) -> None:
    """Refuse times that do not rise from 0, and survival that rises or is no fraction.

    Raises
    ------
    EffectsError
        Naming the arm and the value.
    """
    if len(time) == 0 or not (np.isfinite(time).all() and (time >= 0).all()):
        raise EffectsError(f"{label}: every reading needs a time >= 0.")
    bad = np.flatnonzero(np.diff(time) <= 0)
    if len(bad):
        raise EffectsError(
            f"{label}: time = {time[bad[0] + 1]:g} follows {time[bad[0]]:g}; the times must rise."
        )
    bad = np.flatnonzero(~((survival >= 0) & (survival <= 1)))
    if len(bad):
        raise EffectsError(
            f"{label}: survival = {survival[bad[0]]:g} at {time[bad[0]]:g} must be a fraction from "
            "0 to 1; write 45% as 0.45."
        )
    bad = np.flatnonzero(np.diff(survival) > 0)
    if len(bad):
        raise EffectsError(
            f"{label}: survival rises from {survival[bad[0]]:g} to {survival[bad[0] + 1]:g} at "
            f"{time[bad[0] + 1]:g}; read it again."
        )
    if time[0] == 0 and survival[0] != 1:
        raise EffectsError(f"{label}: survival = {survival[0]:g} at time 0 must be 1.")
