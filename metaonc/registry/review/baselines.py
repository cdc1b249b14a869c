"""Patients without the treatment: what the absolute effects of a question start from."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from metaonc.registry.parts import Key, Part, Text
from metaonc.registry.printed import ONLY_NUMBERS, Count, Level, Patients, Positive
from metaonc.registry.rules.breach import Breach

Fraction = Annotated[
    Decimal,
    ONLY_NUMBERS,
    Field(gt=0, lt=1),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}),
]
_FIGURES = ("survival", "event_probability", "median", "events")
_RECORDED = ("trial", "control_arms")


class Baseline(Part):
    """The risk of patients without the treatment, and where it comes from.

    It is taken from the records (`trial` or `control_arms`) or typed with its source.
    """

    label: Text | None = None
    """What tables call these patients, e.g. `low risk`."""
    trial: Key | None = None
    """The control arm of this trial: its counts, its survival at the time, or its median."""
    control_arms: Literal["all"] | None = None
    """The control arms of all trials that answer the question, together; for counts."""
    survival: Fraction | None = None
    """Fraction without the event at the time; for hazard ratios."""
    event_probability: Fraction | None = None
    """Fraction with the event."""
    median: Positive | None = None
    """Median time to the event in months; for hazard ratios."""
    events: Count | None = None
    """Patients with the event; goes with `n`."""
    n: Patients | None = None
    """All of these patients."""
    low: Positive | None = None
    """Lower limit of the figure."""
    high: Positive | None = None
    """Upper limit of the figure."""
    level: Level | None = None
    """Confidence level of the limits."""
    months: Positive | None = None
    """The time the risk is about; needed for hazard ratios."""
    source: Text | None = None
    """Where a typed figure is printed; needed with it."""

    def breaches(self, measure: str, where: str) -> Iterator[Breach]:
        """Everything that does not go together, for a question of this effect measure."""
        typed = [name for name in _FIGURES if getattr(self, name) is not None]
        recorded = [name for name in _RECORDED if getattr(self, name) is not None]
        if len(typed) + len(recorded) != 1:
            yield Breach(
                where,
                "",
                f"must say one of {', '.join((*_RECORDED, *_FIGURES))}, and says "
                f"{' and '.join((*recorded, *typed)) or 'none'}",
                "keep the one that the risk is taken from",
            )
            return
        if typed and self.source is None:
            yield Breach(
                f"{where}.source",
                "",
                f"is required with {typed[0]}, and missing",
                "say where the figure is printed, or name the trial of the registry",
            )
        yield from self._timed(measure, where, (*typed, *recorded)[0])
        yield from self._limits(where, typed)
        if (self.events is None) != (self.n is None):
            yield Breach(f"{where}.n", _shown(self.n), "goes with events", "give both or neither")
        elif self.events is not None and self.n is not None and self.events > self.n:
            yield Breach(f"{where}.events", _shown(self.events), f"exceeds n = {self.n}",
                         "look both up again")  # fmt: skip

    def _timed(self, measure: str, where: str, said: str) -> Iterator[Breach]:
        hazards = measure == "HR"
        if hazards and self.months is None:
            yield Breach(f"{where}.months", "", "is required for a hazard ratio, and missing",
                         "say at which time the risk is meant, e.g. months = 12")  # fmt: skip
        if not hazards and said in ("survival", "median"):
            yield Breach(f"{where}.{said}", _shown(getattr(self, said)),
                         f"belongs to hazard ratios, and the question's measure is {measure}",
                         "give event_probability, or events and n")  # fmt: skip
        if hazards and said == "control_arms":
            yield Breach(f"{where}.control_arms", "'all'",
                         "is for counts, and the question's measure is HR",
                         "name one trial: trial = \"...\", with months")  # fmt: skip

    def _limits(self, where: str, typed: list[str]) -> Iterator[Breach]:
        limits = {name: getattr(self, name) for name in ("low", "high", "level")}
        given = [name for name, value in limits.items() if value is not None]
        if given and (len(given) < 3 or not typed or typed == ["events"]):
            yield Breach(f"{where}.{given[0]}", _shown(limits[given[0]]),
                         "goes with a typed figure and with low, high and level",
                         "give all of them, or leave them out")  # fmt: skip
        elif given and self.low is not None and self.high is not None:
            value = getattr(self, typed[0])
            if not self.low < value < self.high:
                yield Breach(f"{where}.{typed[0]}", _shown(value),
                             f"must lie between its limits {self.low} and {self.high}",
                             "look the figures up again")  # fmt: skip


class Thresholds(Part):
    """Smallest differences that count as small, moderate and large: patients per 1000."""

    small: Positive
    """A smaller difference is trivial."""
    moderate: Positive | None = None
    """A smaller one is small."""
    large: Positive | None = None
    """A smaller one is moderate."""
    source: Text
    """Where the thresholds come from, or who chose them before the results were known."""

    def breaches(self) -> Iterator[Breach]:
        """Thresholds that do not rise."""
        said = [x for x in (self.small, self.moderate, self.large) if x is not None]
        if any(after <= before for before, after in pairwise(said)):
            shown = ", ".join(map(str, said))
            yield Breach("thresholds", shown, "must rise from small to large", "sort them")
        if self.large is not None and self.moderate is None:
            yield Breach("thresholds.moderate", "", "is required with large, and missing", "add it")

    def size(self, per_1000: float) -> str:
        """What a difference counts as: "trivial", "small", "moderate" or "large".

        "" where no threshold says so.
        """
        found = abs(per_1000)
        if found < float(self.small):
            return "trivial"
        if self.moderate is None:
            return ""
        if found < float(self.moderate):
            return "small"
        if self.large is None:
            return ""
        return "moderate" if found < float(self.large) else "large"


def _shown(value: object) -> str:
    return "" if value is None else str(value)
