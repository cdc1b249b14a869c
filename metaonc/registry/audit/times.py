"""Rules on medians, survival percentages and outcomes that must come in order."""

from __future__ import annotations

from collections.abc import Iterator

from metaonc.registry.audit.facts import (
    MONTHS_PER_WEEK,
    TrialFacts,
    medians_in_months,
)
from metaonc.registry.audit.numbers import Span, shown, span
from metaonc.registry.audit.ratio import place
from metaonc.registry.audit.rule import Found, TrialRule

_BEFORE_DEATH = ("pfs", "ttp", "dfs", "idfs", "efs")  # none of these comes after death


def progression_after_death(facts: TrialFacts) -> Iterator[Found]:
    """The median time to progression is longer than the median survival.

    Progression-free survival ends with death at the latest. Weeks that were entered as months, or
    two figures that were swapped, break that order.

    Notes
    -----
    Compared are medians of pfs, ttp, dfs, idfs and efs with os of the same arm and patients, at any
    cut, beyond the rounding of their digits.
    """
    deaths: dict[tuple[str, str | None], float] = {}
    for _, result in facts.medians:
        if result.outcome == "os":
            for arm, median in medians_in_months(result).items():
                key = (arm, result.subgroup)
                deaths[key] = max(median.high, deaths.get(key, 0.0))
    for index, result in facts.medians:
        if result.outcome not in _BEFORE_DEATH:
            continue
        for arm, median in medians_in_months(result).items():
            death = deaths.get((arm, result.subgroup))
            if death is not None and median.low > death:
                yield Found(
                    index,
                    f"arms.{arm}.median",
                    f"the median of {result.outcome}, {shown(median.value)} months, is beyond the "
                    f"median survival of the arm, {shown(death)} months",
                )


def survival_rises(facts: TrialFacts) -> Iterator[Found]:
    """More patients are free of the event later than earlier.

    Free of an event once is free of it before: a percentage that rises is misread, or belongs to
    the other arm or to another time.

    Notes
    -----
    Survival percentages of one arm, outcome, cut, assessment and patients in the order of their
    time points, beyond the rounding of their digits.
    """
    before: dict[tuple[object, ...], tuple[float, Span, str]] = {}
    rows = sorted(_survival(facts), key=lambda row: row[2])
    for index, what, months, percent, printed in rows:
        earlier = before.get(what)
        if earlier and earlier[0] < months and percent.low > earlier[1].high:
            yield Found(
                index,
                f"arms.{what[-1]}.percent",
                f"{percent.value:g}% at {printed}, but {earlier[1].value:g}% at {earlier[2]}",
            )
        before[what] = (months, percent, printed)


def median_against_survival(facts: TrialFacts) -> Iterator[Found]:
    """The median and a survival percentage cannot be of one curve.

    Where more than half are free of the event at a time, the median comes later; where fewer are,
    it has passed.

    Notes
    -----
    Of one arm, outcome, cut, assessment and patients, beyond the rounding of the digits.
    """
    for index, what, months, percent, printed in _survival(facts):
        place, arm = what
        median = facts.medians_at.get(place, {}).get(str(arm))  # type: ignore[call-overload]
        if median is None:
            continue
        too_early = percent.low > 50 and median.high < months
        too_late = percent.high < 50 and median.low > months
        if too_early or too_late:
            yield Found(
                index,
                f"arms.{arm}.percent",
                f"{percent.value:g}% at {printed} does not go with a median of "
                f"{shown(median.value)} months",
            )


def _survival(
    facts: TrialFacts,
) -> Iterator[tuple[int, tuple[object, ...], float, Span, str]]:
    """Survival percentages: position, what and which arm, months, percentage, printed time."""
    for index, result in facts.survival:
        months = (
            float(result.weeks) * MONTHS_PER_WEEK
            if result.weeks is not None
            else float(result.months or 0)
        )
        for arm, found in result.arms.items():
            yield index, (place(result), arm), months, span(found.percent), result.time_point


def outcomes_opposed(facts: TrialFacts) -> Iterator[Found]:
    """Progression and death point in opposite directions.

    A treatment that delays progression and does not lengthen life deserves a sentence in every
    review. Treatment after progression, crossover or toxicity may explain it; so may a ratio that
    is upside down.

    Notes
    -----
    A hazard ratio for pfs, ttp, dfs, idfs or efs whose interval excludes 1, and one for os of the
    same arms and patients on the other side of 1 by more than its digits allow.
    """
    deaths = {
        (ratio.arms, ratio.place.subgroup): ratio
        for ratio in facts.ratios
        if ratio.place.outcome == "os" and ratio.log is not None
    }
    for ratio in facts.ratios:
        death = deaths.get((ratio.arms, ratio.place.subgroup))
        if death is None or ratio.place.outcome not in _BEFORE_DEATH or not ratio.significant:
            continue
        assert death.log is not None
        here, there = ratio.value, death.log
        if (here < 0 and there.low > 0) or (here > 0 and there.high < 0):
            yield Found(
                death.index,
                "estimate",
                f"the hazard ratio for death, {death.result.estimate}, and that for "
                f"{ratio.place.outcome}, {ratio.result.estimate}, lie on opposite sides of 1",
                f"ln {death.result.estimate} = {shown(there.value)}, "
                f"ln {ratio.result.estimate} = {shown(here)}",
            )


RULES: tuple[TrialRule, ...] = (
    TrialRule("MD505", "progression-after-death", "error", progression_after_death,
              "look up both medians and their unit"),
    TrialRule("MD506", "survival-rises", "error", survival_rises,
              "look up both percentages and their time points"),
    TrialRule("MD507", "median-against-survival", "error", median_against_survival,
              "look up median and percentage, their arms and their unit"),
    TrialRule("MD508", "outcomes-opposed", "note", outcomes_opposed,
              "tell the reader; treatment after progression may explain it"),
)  # fmt: skip
