"""`reconstruct_patients`: a printed Kaplan-Meier curve -> times of patients that draw it again."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from metaonc.effects.scales.transforms import FloatArray
from metaonc.effects.survival.curve_sources import by_arm, check_readings
from metaonc.effects.tables.column_rules import numbers
from metaonc.errors import EffectsError

if TYPE_CHECKING:
    import pandas as pd


def reconstruct_patients(
    frame: pd.DataFrame, *, events: float | Mapping[str, float] | None = None
) -> pd.DataFrame:
    r"""Times of patients from a curve that was read at many times, with its numbers at risk.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row per reading: ``time``, rising from 0; ``survival``, a fraction, missing in a row that
        only has a number at risk; ``at_risk``, the printed number, missing where none is printed.
        The first row is time 0 with the patients of the arm. A column ``arm`` names the arms.
    events : float or mapping of arm to float, optional
        Printed number of events; the censoring after the last number at risk is chosen to come near
        it. Without it, patients leave as fast there as before.

    Returns
    -------
    pandas.DataFrame
        A row per patient: ``arm`` (where there was one), ``time``, ``event`` (1 or 0).

    Raises
    ------
    EffectsError
        If readings rise or miss, numbers at risk rise, or an arm has none at time 0.

    Notes
    -----
    The algorithm of Guyot, Ades, Ouwens & Welton, BMC Med Res Methodol 2012;12:9. Between two
    printed numbers at risk, patients are censored evenly; at every reading as many have the event
    as bring the product-limit estimate to the curve, rounded to whole patients; and the number
    censored is the one whose patients at the end come nearest to the number printed. A
    reconstruction is no individual data: it knows nothing of covariates, and its events are those
    of the curve to within its reading and its rounding.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {
    ...         "time": [0, 3, 6, 9, 12],
    ...         "survival": [1, 0.8, 0.65, 0.5, 0.45],
    ...         "at_risk": [40, None, 24, None, 11],
    ...     }
    ... )
    >>> patients = reconstruct_patients(frame)
    >>> len(patients), int(patients["event"].sum()), int((patients["time"] >= 6).sum())
    (40, 17, 24)
    """
    import pandas as pd

    missing = [name for name in ("time", "survival", "at_risk") if name not in frame]
    if missing:
        raise EffectsError(
            f"a reconstruction needs the columns time, survival and at_risk; {missing[0]} is "
            "missing."
        )
    arms = dict(by_arm(frame))
    if isinstance(events, Mapping) and (unknown := set(events) - set(arms)):
        raise EffectsError(
            f"events: there is no arm {min(unknown)!r}; the arms are {', '.join(map(repr, arms))}."
        )
    parts = []
    for label, part in arms.items():
        wanted = events.get(label) if isinstance(events, Mapping) else events
        time, event = _rebuilt(_arm_of(part, label), wanted)
        arm = {"arm": label} if "arm" in frame else {}
        parts.append(pd.DataFrame({**arm, "time": time, "event": event}))
    return pd.concat(parts, ignore_index=True)


@dataclass(frozen=True)
class _Arm:
    """Readings of one arm, and which of them have a number at risk."""

    time: FloatArray
    survival: FloatArray
    marks: list[int]
    at_risk: list[int]


def _arm_of(part: pd.DataFrame, label: str) -> _Arm:
    time, survival, printed = (
        numbers(part, name).copy() for name in ("time", "survival", "at_risk")
    )
    if len(time) and math.isnan(survival[0]):
        survival[0] = 1.0
    for i in np.flatnonzero(np.isnan(survival)):  # a step function: as it was before
        survival[i] = survival[i - 1]
    check_readings(label, time, survival)
    marks = [int(i) for i in np.flatnonzero(~np.isnan(printed))]
    if time[0] != 0 or not marks or marks[0] != 0:
        raise EffectsError(f"{label}: the first row must be time 0 with the number at risk.")
    values = printed[marks]
    bad = np.flatnonzero(np.diff(values) > 0)
    if len(bad) or (values < 0).any() or (values != np.rint(values)).any():
        raise EffectsError(
            f"{label}: at_risk = {values.tolist()} must be whole numbers that fall from time to "
            "time; look them up again."
        )
    return _Arm(time, survival, marks, [int(value) for value in values])


@dataclass(frozen=True)
class _Walk:
    """What happens from one reading on: events at readings, times of censoring, who is left."""

    events: list[tuple[int, int]]  # reading, patients
    censored: FloatArray
    left: int
    height: float  # the product-limit estimate at the end

    @property
    def total(self) -> int:
        """Patients with the event."""
        return sum(count for _, count in self.events)


def _rebuilt(arm: _Arm, wanted: float | None) -> tuple[list[float], list[int]]:
    """Times and events of the patients of an arm."""
    walks = list(_walks(arm, wanted))
    times, events = [], []
    for walk in walks:
        for reading, count in walk.events:
            times += [float(arm.time[reading])] * count
            events += [1] * count
        times += walk.censored.tolist()
        events += [0] * len(walk.censored)
    left = walks[-1].left
    order = np.argsort(times, kind="stable")
    last = float(arm.time[-1])
    return [times[i] for i in order] + [last] * left, [events[i] for i in order] + [0] * left


def _walks(arm: _Arm, wanted: float | None) -> Iterator[_Walk]:
    """From each number at risk to the next, then to the end of the curve."""
    left, height, found, gone = arm.at_risk[0], 1.0, 0, 0
    for first, last, target in zip(arm.marks, arm.marks[1:], arm.at_risk[1:], strict=False):

        def distance(walk: _Walk, target: int = target) -> float:
            return walk.left - target

        walk = _nearest(arm, first, last, left, height, distance)
        left, height, found = walk.left, walk.height, found + walk.total
        gone += len(walk.censored)
        yield walk
    first, end = arm.marks[-1], len(arm.time)
    if wanted is None:
        rate = gone / arm.time[first] if first else 0.0
        count = round(rate * (arm.time[-1] - arm.time[first]))
        yield _walk(arm, first, end, left, height, min(count, left))
    else:
        rest = wanted - found
        yield _nearest(arm, first, end, left, height, lambda walk: walk.total - rest)


def _nearest(
    arm: _Arm,
    first: int,
    last: int,
    left: int,
    height: float,
    distance: Callable[[_Walk], float],
) -> _Walk:
    """The walk whose censoring brings `distance` nearest to 0; it falls with more censored."""
    low, high = 0, left
    while low < high:
        middle = (low + high) // 2
        if distance(_walk(arm, first, last, left, height, middle)) > 0:
            low = middle + 1
        else:
            high = middle
    walks = [_walk(arm, first, last, left, height, n) for n in (low, max(low - 1, 0))]
    return min(walks, key=lambda walk: abs(distance(walk)))


def _walk(arm: _Arm, first: int, last: int, left: int, height: float, censored: int) -> _Walk:
    """Go from reading to reading, up to but without the last, with so many censored evenly."""
    start, end = float(arm.time[first]), float(arm.time[min(last, len(arm.time) - 1)])
    out = start + (end - start) * np.arange(1, censored + 1) / (censored + 1)
    events: list[tuple[int, int]] = []
    kept = 0
    for reading in range(first, last):
        if left and height > 0:
            count = min(left, round(left * (1 - arm.survival[reading] / height)))
            if count > 0:
                events.append((reading, count))
                height *= 1 - count / left
                left -= count
        until = arm.time[reading + 1] if reading + 1 < len(arm.time) else math.inf
        gone = min(int(np.searchsorted(out, until, side="left")) - kept, left)
        kept, left = kept + gone, left - gone
    return _Walk(events, out[:kept], left, height)
