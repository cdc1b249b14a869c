"""What a trial may report: hazard ratios, counts, medians, survival at a time point."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from metaonc.registry.parts import Assessment, Key, Part, Source, Status, Text
from metaonc.registry.printed import (
    Count,
    Level,
    Patients,
    Percent,
    Positive,
    Probability,
    Sides,
    Signed,
)


class Result(Part):
    """What every printed result says about itself."""

    outcome: Key
    """What was observed, e.g. `pfs`, `orr`, `stomatitis`."""
    cut: Key
    """Key of the data cut."""
    assessment: Assessment
    """Who judged it: the investigator, or central review."""
    subgroup: Text | None = None
    """Patients it is about; everyone randomised (or treated) when absent."""
    population: Text | None = None
    """Who was analysed when not everyone, e.g. `measurable disease`, `safety population`."""
    source: Source
    """Where the numbers stand in print."""
    status: Status
    """`unconfirmed` = awaiting a look at the paper."""
    unconfirmed: tuple[Text, ...] = ()
    """Fields still awaiting confirmation in a result that is otherwise confirmed."""
    note: Text | None = None
    """What a reader should know about the numbers."""

    def awaits_confirmation(self, *fields: str) -> bool:
        """Whether any of `fields` (all of the result when none is named) is not yet confirmed."""
        if self.status == "unconfirmed":
            return True
        wanted = fields or self.unconfirmed
        return any(field in self.unconfirmed for field in wanted)


class HazardRatio(Result):
    """A hazard ratio, experimental over control, or the figures from which it follows.

    What is not printed (limits from a standard error, a hazard ratio from log-rank totals) is
    worked out when the record is loaded; see :mod:`metaonc.registry.derived`.
    """

    kind: Literal["hazard_ratio"]
    experimental: Key
    """Key of the arm in the numerator."""
    control: Key
    """Key of the arm in the denominator."""
    estimate: Positive | None = None
    """The printed hazard ratio; needed unless log-rank totals, a reduction or p, events and
    favours are given."""
    low: Positive | None = None
    """Lower limit."""
    high: Positive | None = None
    """Upper limit."""
    level: Level | None = None
    """Confidence level of the limits; never assumed."""
    p: Probability | None = None
    """The printed p value."""
    p_sides: Sides | None = None
    """Whether that is one- or two-sided; goes with `p`."""
    se: Positive | None = None
    """The printed standard error of the log hazard ratio."""
    o_minus_e: Signed | None = None
    """Log-rank total: observed minus expected events in the experimental arm."""
    variance: Positive | None = None
    """Log-rank total: variance of `o_minus_e`; goes with it."""
    events: dict[Key, Count] = {}
    """Arm key -> patients with the event."""
    events_total: Count | None = None
    """Patients with the event in both arms together."""
    reduction: Annotated[Signed, Field(lt=100)] | None = None
    """The printed reduction of the hazard, in percent; negative for an increase."""
    favours: Literal["experimental", "control"] | None = None
    """Which arm did better, where the direction is printed and the hazard ratio is not."""
    adjusted: Text | None = None
    """Covariates the estimate is adjusted for; left out where none are stated."""

    def figures(self) -> tuple[tuple[str, str], ...]:
        """What is printed besides the estimate, its limits and p, in words: name, figure."""
        reduction = None if self.reduction is None else f"{self.reduction}%"
        parts = {
            "standard error": self.se,
            "observed minus expected": self.o_minus_e,
            "variance of that": self.variance,
            **{f"events, {arm}": count for arm, count in self.events.items()},
            "events in all": self.events_total,
            "printed reduction": reduction,
            "favours": self.favours,
            "adjusted for": self.adjusted,
        }
        return tuple((name, str(value)) for name, value in parts.items() if value is not None)


class ArmCount(Part):
    """Events among the patients of one arm."""

    events: Count | None = None
    """Patients with the event."""
    n: Patients | None = None
    """Patients counted: the denominator; left out where the source does not state it."""
    percent: Percent | None = None
    """The printed percentage, with its printed digits."""
    events_from: Literal["print", "percent"] = "print"
    """`percent`: the count is worked out from the printed percentage. With `events` left out it is
    the only count that prints so, or unknown where several do; one that is typed is checked."""
    low: Percent | None = None
    """Lower limit of the percentage."""
    high: Percent | None = None
    """Upper limit of the percentage."""
    level: Level | None = None
    """Confidence level of the limits."""


class Counts(Result):
    """Patients with an event, per arm: response, benefit, an adverse event, a death."""

    kind: Literal["counts"]
    arms: Annotated[dict[Key, ArmCount], Field(min_length=1)]
    """Arm key -> its count."""
    grade: Literal["any", "1", "2", "3", "4", "5", "3-4", ">=2", ">=3"] | None = None
    """Severity of an adverse event."""
    p: Probability | None = None
    """The printed p value of the comparison."""
    p_sides: Sides | None = None
    """Whether that is one- or two-sided; goes with `p`."""


class ArmMedian(Part):
    """Median time to an event in one arm, in the unit of its result."""

    median: Positive
    """The printed median."""
    low: Positive | None = None
    """Lower limit."""
    high: Positive | None = None
    """Upper limit."""
    level: Level | None = None
    """Confidence level of the limits."""


class Medians(Result):
    """Median times, per arm."""

    kind: Literal["medians"]
    unit: Literal["months", "weeks"] = "months"
    """The printed unit; weeks become months (times 7 / 30.4375) when the record is loaded."""
    arms: Annotated[dict[Key, ArmMedian], Field(min_length=1)]
    """Arm key -> its median."""
    p: Probability | None = None
    """The printed p value of the comparison."""
    p_sides: Sides | None = None
    """Whether that is one- or two-sided; goes with `p`."""


class ArmSurvival(Part):
    """Share of one arm free of the event at a time point."""

    percent: Percent
    """Patients free of the event, in percent."""
    low: Percent | None = None
    """Lower limit."""
    high: Percent | None = None
    """Upper limit."""
    level: Level | None = None
    """Confidence level of the limits."""


class Survival(Result):
    """Survival (freedom from the event) at a time point, per arm."""

    kind: Literal["survival"]
    months: Positive | None = None
    """The time point, where it is printed in months."""
    weeks: Positive | None = None
    """The time point, where it is printed in weeks."""
    arms: Annotated[dict[Key, ArmSurvival], Field(min_length=1)]
    """Arm key -> its survival."""
    p: Probability | None = None
    """The printed p value of the comparison."""
    p_sides: Sides | None = None
    """Whether that is one- or two-sided; goes with `p`."""

    @property
    def time_point(self) -> str:
        """The time point in its printed unit, e.g. `12 months`."""
        return f"{self.months} months" if self.weeks is None else f"{self.weeks} weeks"


AnyResult = Annotated[
    HazardRatio | Counts | Medians | Survival,
    Field(discriminator="kind"),
]


class Sum(Part):
    """Counts that add up from others: e.g. benefit from response and stable disease.

    They are not printed but worked out per arm when the record is loaded, from the results of the
    same cut, assessment, subgroup and population, and carry the status of these.
    """

    outcome: Key
    """What the sum counts, e.g. `cbr`."""
    sum_of: Annotated[tuple[Key, ...], Field(min_length=2)]
    """The outcomes that are added, e.g. `["orr", "stable-disease"]`; no patient is in two."""
    cut: Key
    """Key of the data cut."""
    assessment: Assessment
    """Who judged the outcomes."""
    subgroup: Text | None = None
    """Patients it is about; everyone randomised (or treated) when absent."""
    population: Text | None = None
    """Who was analysed when not everyone."""
    note: Text | None = None
    """What a reader should know about the sum."""
