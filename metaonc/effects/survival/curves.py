"""`SurvivalCurves`: the share of each arm without the event, time by time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from metaonc.effects import stored
from metaonc.effects.scales.measures import level_text
from metaonc.effects.scales.transforms import FloatArray

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, kw_only=True)
class ArmCurve:
    """The curve of one arm.

    Attributes
    ----------
    label : str
        Name of the arm.
    time, survival : ndarray, shape (t,)
        Times from 0 on, and the share without the event, from 1 on: of a Kaplan-Meier curve from
        each time until the next, of others at these times.
    low, high : ndarray, shape (t,)
        Limits at each time; NaN where there are none.
    steps : bool
        Whether it is a Kaplan-Meier curve, constant between its times.
    exits : ndarray, shape (n,), or None
        Last time of every patient, rising; None where patients are not known one by one.
    censored : ndarray
        Times at which somebody without the event was seen last.
    known_at_risk : mapping of float to float
        Printed numbers at risk by time, where patients are not known.
    """

    label: str
    time: FloatArray
    survival: FloatArray
    low: FloatArray
    high: FloatArray
    steps: bool
    exits: FloatArray | None = None
    censored: FloatArray = field(default_factory=lambda: np.array([]))
    known_at_risk: dict[float, float] = field(default_factory=dict)

    def at_risk(self, times: ArrayLike) -> FloatArray:
        """Patients still followed without the event just before each time; NaN where unknown."""
        asked = np.asarray(times, dtype=float)
        if self.exits is not None:
            later = len(self.exits) - np.searchsorted(self.exits, asked, side="left")
            return later.astype(float)
        return np.array([self.known_at_risk.get(float(t), math.nan) for t in asked.ravel()])

    @property
    def n(self) -> float:
        """Patients at time 0; NaN where unknown."""
        return float(self.at_risk([0.0])[0])

    @property
    def events(self) -> float:
        """Patients with the event; NaN where they are not known one by one."""
        return math.nan if self.exits is None else float(len(self.exits) - len(self.censored))

    @property
    def median(self) -> tuple[float, float, float]:
        """Median time and its limits: where curve and limits fall to one half.

        NaN where they do not within follow-up, and for curves that are known at some times only.

        Notes
        -----
        Brookmeyer & Crowley, Biometrics 1982;38:29-41, from the limits at each time.
        """
        if not self.steps:
            return math.nan, math.nan, math.nan
        low, middle, high = (
            _first_at_half(self.time, y) for y in (self.low, self.survival, self.high)
        )
        return middle, low, high

    def to_frame(self) -> pd.DataFrame:
        """One row per time: ``arm time survival low high at_risk``."""
        import pandas as pd

        return pd.DataFrame(
            {
                "arm": self.label,
                "time": self.time,
                "survival": self.survival,
                "low": self.low,
                "high": self.high,
                "at_risk": self.at_risk(self.time),
            }
        )


def _first_at_half(time: FloatArray, curve: FloatArray) -> float:
    """First time at which a falling curve is at one half or below."""
    below = np.flatnonzero(curve <= 0.5)
    return float(time[below[0]]) if len(below) else math.nan


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SurvivalCurves:
    """Survival curves of the arms of one trial; made by :func:`metaonc.survival_curves`.

    Attributes
    ----------
    title : str
        What the curves are about.
    unit : str
        Unit of time, e.g. ``"months"``.
    level : float
        Level of the limits.
    arms : tuple of ArmCurve
        A curve per arm.
    notes : tuple of str
        How they were made.
    """

    title: str
    unit: str
    level: float
    arms: tuple[ArmCurve, ...]
    notes: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """One row per arm and time: ``arm time survival low high at_risk``."""
        import pandas as pd

        return pd.concat([arm.to_frame() for arm in self.arms], ignore_index=True)

    @property
    def sentences(self) -> Sequence[str]:
        """Patients, events and median of each arm, and how the curves were made."""
        return (*(self._said(arm) for arm in self.arms), *self.notes)

    def _said(self, arm: ArmCurve) -> str:
        parts = [f"n = {arm.n:.0f}" if math.isfinite(arm.n) else ""]
        parts.append(f"{arm.events:.0f} with the event" if math.isfinite(arm.events) else "")
        if arm.steps:
            parts.append(self._median_text(arm))
        else:
            last = f"{arm.survival[-1]:.0%} at {arm.time[-1]:g} {self.unit}".strip()
            parts.append(last + self._limits_text(arm.low[-1], arm.high[-1]))
        return f"{arm.label}: {', '.join(filter(None, parts))}."

    def _median_text(self, arm: ArmCurve) -> str:
        middle, low, high = arm.median
        if math.isnan(middle):
            return "median not reached"
        ends = [f"{x:.3g}" if math.isfinite(x) else "not reached" for x in (low, high)]
        level = level_text(self.level)
        return f"median {middle:.3g} {self.unit} ({level} CI {ends[0]} to {ends[1]})"

    def _limits_text(self, low: float, high: float) -> str:
        if math.isnan(low) or math.isnan(high):
            return ""
        return f" ({level_text(self.level)} CI {low:.0%} to {high:.0%})"

    def summary(self) -> str:
        """What the curves say, as text."""
        return "\n".join([self.title or "Survival", "", *self.sentences])

    def __repr__(self) -> str:
        names = ", ".join(arm.label for arm in self.arms)
        return f"<SurvivalCurves: {self.title or 'survival'}, {names}>"

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, ready for JSON; None where something is not known."""
        rows = self.to_frame().astype(object)
        rows = rows.where(rows.notna(), None)
        return stored.sealed(
            "survival curves",
            {
                "title": self.title,
                "unit": self.unit,
                "level": self.level,
                "rows": rows.to_dict("records"),
                "notes": list(self.sentences),
            },
        )

    def to_json(self) -> str:
        """`to_dict` as JSON text; the same curves give the same bytes."""
        return stored.text_of(self.to_dict())
