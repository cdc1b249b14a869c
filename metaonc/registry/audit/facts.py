"""What the rules look at: each record's figures, turned into floats once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from metaonc.registry.audit.numbers import Span, span, whole_numbers
from metaonc.registry.audit.ratio import Place, Ratio, place
from metaonc.registry.records import (
    ArmCount,
    Counts,
    HazardRatio,
    Medians,
    Survival,
    Trial,
)

if TYPE_CHECKING:
    from metaonc.registry.plan import Plan

MONTHS_PER_WEEK = 7 / 30.4375


@dataclass(frozen=True)
class Counted:
    """One arm's count."""

    index: int
    result: Counts
    place: Place
    arm: str
    count: ArmCount

    @cached_property
    def events(self) -> range | None:
        """The numbers of events it can stand for; None where nothing fixes them."""
        count = self.count
        if count.events is not None and count.events_from == "print":
            return range(count.events, count.events + 1)
        if count.percent is None or count.n is None:
            known = count.events
            return None if known is None else range(known, known + 1)
        return whole_numbers(span(count.percent), count.n)

    @cached_property
    def one(self) -> int | None:
        """The number of events where it is known."""
        if self.count.events is not None:
            return self.count.events
        possible = self.events
        return possible[0] if possible is not None and len(possible) == 1 else None

    @property
    def field(self) -> str:
        """Where the count stands in the record."""
        return f"arms.{self.arm}"


@dataclass
class TrialFacts:
    """One record's figures, by kind."""

    trial: Trial
    ratios: list[Ratio] = field(default_factory=list)
    counts: list[tuple[int, Counts]] = field(default_factory=list)
    medians: list[tuple[int, Medians]] = field(default_factory=list)
    survival: list[tuple[int, Survival]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for index, result in enumerate(self.trial.results):
            if isinstance(result, HazardRatio):
                self.ratios.append(Ratio(index, result))
            elif isinstance(result, Counts):
                self.counts.append((index, result))
            elif isinstance(result, Medians):
                self.medians.append((index, result))
            else:
                self.survival.append((index, result))

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Arm -> patients allocated, where known."""
        return {arm.key: arm.n for arm in self.trial.arms if arm.n is not None}

    @cached_property
    def cut_order(self) -> dict[str, int]:
        """Cut -> its place in time."""
        return {cut.key: at for at, cut in enumerate(self.trial.cuts)}

    @cached_property
    def assessed(self) -> set[str]:
        """Outcomes that the record says who judged, among all patients."""
        return {
            result.outcome
            for result in self.trial.results
            if result.assessment != "not stated" and result.subgroup is None
        }

    @cached_property
    def counted(self) -> list[Counted]:
        """Every arm's count."""
        return [
            Counted(index, result, where, arm, count)
            for index, result in self.counts
            for where in (place(result),)
            for arm, count in result.arms.items()
        ]

    @cached_property
    def by_outcome(self) -> list[list[Counted]]:
        """Counts of one arm, cut, assessment, grade and population, several each."""
        groups: dict[tuple[object, ...], list[Counted]] = {}
        for row in self.counted:
            what = (*row.place[1:], row.result.grade, row.arm)
            groups.setdefault(what, []).append(row)
        return [group for group in groups.values() if len(group) > 1]

    @cached_property
    def by_grade(self) -> list[list[Counted]]:
        """Counts of one arm, outcome, cut, assessment and population, several each."""
        groups: dict[tuple[object, ...], list[Counted]] = {}
        for row in self.counted:
            if row.result.grade is not None:
                groups.setdefault((*row.place, row.arm), []).append(row)
        return [group for group in groups.values() if len(group) > 1]

    @cached_property
    def known(self) -> dict[int, dict[str, int]]:
        """Position of a result -> arm -> events, where one number of them is known."""
        found: dict[int, dict[str, int]] = {}
        for row in self.counted:
            if row.one is not None:
                found.setdefault(row.index, {})[row.arm] = row.one
        return found

    @cached_property
    def events_at(self) -> dict[Place, dict[str, int]]:
        """Events without a grade, by what they are about and arm."""
        found: dict[Place, dict[str, int]] = {}
        for index, result in self.counts:
            if result.grade is None:
                found.setdefault(place(result), {}).update(self.known.get(index, {}))
        return found

    @cached_property
    def medians_at(self) -> dict[Place, dict[str, Span]]:
        """Medians in months, by what they are about and arm."""
        found: dict[Place, dict[str, Span]] = {}
        for _, result in self.medians:
            found.setdefault(place(result), {}).update(medians_in_months(result))
        return found

    def events(self, ratio: Ratio) -> dict[str, int]:
        """Events per arm behind a hazard ratio: its own, or the counts of the same outcome."""
        if ratio.result.events:
            return {arm: n for arm, n in ratio.result.events.items() if arm in ratio.arms}
        counted = self.events_at.get(ratio.place, {})
        return {arm: counted[arm] for arm in ratio.arms if arm in counted}

    def events_in_all(self, ratio: Ratio) -> int | None:
        """Events in both arms of a hazard ratio together, where known."""
        if ratio.result.events_total is not None:
            return ratio.result.events_total
        each = self.events(ratio)
        return sum(each.values()) if len(each) == 2 else None

    def patients(self, ratio: Ratio) -> int | None:
        """Patients in both arms of a hazard ratio together: an upper bound in subgroups."""
        sizes = [self.sizes.get(arm) for arm in ratio.arms]
        return None if None in sizes else sum(n for n in sizes if n is not None)


def medians_in_months(result: Medians) -> dict[str, Span]:
    """Arm -> median in months."""
    factor = MONTHS_PER_WEEK if result.unit == "weeks" else 1.0
    return {
        arm: span(found.median).times(factor)
        for arm, found in result.arms.items()
        if Decimal("1e-6") < found.median < 10**6
    }


@dataclass
class RegistryFacts:
    """All records together."""

    trials: tuple[TrialFacts, ...]
    plan: Plan | None = None

    def __iter__(self) -> Iterator[TrialFacts]:
        return iter(self.trials)

    @cached_property
    def overlaps(self) -> set[frozenset[str]]:
        """Pairs of records that say how their patients overlap."""
        return {
            frozenset((facts.trial.key, overlap.trial))
            for facts in self.trials
            for overlap in facts.trial.overlaps
        }

    def repeated(self, things: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
        """Things that a record shares with an earlier one: thing, earlier record, record.

        The earlier record is the first of which neither says how their patients overlap.
        """
        owners: dict[str, list[str]] = {}
        for thing, trial in things:
            earlier = owners.setdefault(thing, [])
            if trial in earlier[-1:]:
                continue
            first = next((k for k in earlier if frozenset((k, trial)) not in self.overlaps), None)
            if first is not None and first != trial:
                yield thing, first, trial
            earlier.append(trial)


def listed(values: Iterable[object]) -> str:
    """Words for a list: `a, b or c`."""
    words = [str(value) for value in values]
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
