"""Rules on medians and survival percentages, and on hazard ratios beside them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from metaonc.registry.audit.facts import (
    MONTHS_PER_WEEK,
    Ratio,
    RegistryFacts,
    TrialFacts,
    medians_in_months,
    place,
)
from metaonc.registry.audit.numbers import Span, exp, log, shown, span
from metaonc.registry.audit.rule import Found, RegistryRule, TrialRule

_BEFORE_DEATH = ("pfs", "ttp", "dfs", "idfs", "efs")  # none of these comes after death
_EXPONENTIAL = math.log(4 / 3)
_Z80 = 1.2816
_OUTLYING = 1.25  # times the longest median of the other trials
_FEW = 4  # trials to compare with


def direction_reversed(facts: TrialFacts) -> Iterator[Found]:
    r"""The hazard ratio favours one arm, the medians clearly the other.

    A ratio printed as "daily vistusertib versus everolimus" may be everolimus over vistusertib;
    arms may have been swapped when the record was written; or the ratio is one over the printed
    one. A study that enters a pool upside down does more harm than one that is left out.

    Notes
    -----
    The rule finds a hazard ratio whose interval, at its printed level, excludes 1, while the
    medians of the same outcome, cut, assessment and patients have the opposite order beyond their
    rounding. Under exponential survival the hazard ratio is the inverse ratio of the medians,
    :math:`h = m_C / m_E`; the finding shows that ratio, :math:`h` and :math:`1/h`. Curves that
    cross can do the same: then waive it.

    References
    ----------
    Michiels, Piedbois, Burdett et al., Int J Technol Assess Health Care 2005;21:119-125.
    """
    for ratio, medians in _with_medians(facts):
        if _significant(ratio) and _opposite(ratio, medians):
            yield Found(
                ratio.index,
                "estimate",
                f"the hazard ratio {ratio.result.estimate} ({ratio.interval()}) favours the other "
                f"arm than the medians do; 1/{ratio.result.estimate} = "
                f"{shown(exp(-_value(ratio)))}",
                _compared(ratio, medians),
            )


def medians_oppose(facts: TrialFacts) -> Iterator[Found]:
    r"""The medians are in the opposite order of the hazard ratio, which is not significant.

    Curves that lie close together cross by chance, so this is for the reader to know.

    Notes
    -----
    As MD501, for an interval that includes 1 or is not printed.
    """
    for ratio, medians in _with_medians(facts):
        if not _significant(ratio) and _opposite(ratio, medians):
            yield Found(
                ratio.index,
                "estimate",
                f"the medians run opposite to the hazard ratio {ratio.result.estimate}",
                _compared(ratio, medians),
            )


def medians_not_exponential(facts: TrialFacts) -> Iterator[Found]:
    r"""The ratio of the medians is no substitute for the hazard ratio in this trial.

    Reviews that lack a hazard ratio approximate it by the ratio of medians. Where the two are far
    apart, hazards are not constant: the median of a control arm may just be the time of the first
    scan.

    Notes
    -----
    The rule finds :math:`m_C/m_E` more than a third from :math:`h` and outside its 80% interval
    (where an interval is printed), with both on the same side of 1.

    References
    ----------
    Michiels, Piedbois, Burdett et al., Int J Technol Assess Health Care 2005;21:119-125.
    """
    for ratio, medians in _with_medians(facts):
        if _opposite(ratio, medians):
            continue
        apart = abs(medians.value - _value(ratio))
        if apart > _EXPONENTIAL and (ratio.se is None or apart > _Z80 * ratio.se.value):
            yield Found(
                ratio.index,
                "estimate",
                f"the ratio of the medians is far from the hazard ratio {ratio.result.estimate}",
                _compared(ratio, medians),
            )


def _with_medians(facts: TrialFacts) -> Iterator[tuple[Ratio, Span]]:
    """Hazard ratios with the log of the ratio of medians, control over experimental."""
    for ratio in facts.ratios:
        found = facts.medians_at.get(ratio.place, {})
        if ratio.log is not None and all(arm in found for arm in ratio.arms):
            above, below = (log(found[arm]) for arm in reversed(ratio.arms))
            yield (
                ratio,
                Span(above.value - below.value, above.low - below.high, above.high - below.low),
            )


def _value(ratio: Ratio) -> float:
    assert ratio.log is not None
    return ratio.log.value


def _significant(ratio: Ratio) -> bool:
    low, high = ratio.low, ratio.high
    return low is not None and high is not None and (low.low > 0 or high.high < 0)


def _opposite(ratio: Ratio, medians: Span) -> bool:
    assert ratio.log is not None
    return (ratio.log.high < 0 and medians.low >= -1e-12 and medians.value > 0) or (
        ratio.log.low > 0 and medians.high <= 1e-12 and medians.value < 0
    )


def _compared(ratio: Ratio, medians: Span) -> str:
    return (
        f"median {ratio.result.control} / median {ratio.result.experimental} = "
        f"{shown(exp(medians.value))}; hazard ratio {ratio.result.estimate}"
    )


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
        if death is None or ratio.place.outcome not in _BEFORE_DEATH or not _significant(ratio):
            continue
        assert death.log is not None
        here, there = _value(ratio), death.log
        if (here < 0 and there.low > 0) or (here > 0 and there.high < 0):
            yield Found(
                death.index,
                "estimate",
                f"the hazard ratio for death, {death.result.estimate}, and that for "
                f"{ratio.place.outcome}, {ratio.result.estimate}, lie on opposite sides of 1",
                f"ln {death.result.estimate} = {shown(there.value)}, "
                f"ln {ratio.result.estimate} = {shown(here)}",
            )


def unit_slip(facts: RegistryFacts) -> Iterator[Found]:
    r"""A median fits the other trials only in another unit.

    Papers that print weeks are rare in oncology, and easily read as months.

    Notes
    -----
    A median in months is compared with those of the other trials of the registry for the same
    outcome and setting (and line of treatment, where at least four other trials share it). The
    rule finds one that is more than 1.25 times the longest and that lies nearer to their median, on
    the log scale, if it is taken for weeks (times 7 / 30.4375); and one in weeks that is less than
    the shortest divided by 1.25 and lies nearer if it is taken for months. It needs at least four
    other trials.
    """
    known: dict[tuple[str, str], list[_Median]] = {}
    for trial in facts:
        design, line = trial.trial.design, trial.trial.attributes.get("line", "")
        for index, result in trial.medians:
            if result.subgroup is None:
                for arm, median in medians_in_months(result).items():
                    row = _Median(
                        trial.trial.key, line, index, arm, math.log(median.value), result.unit
                    )
                    known.setdefault((result.outcome, design.setting), []).append(row)
    for (outcome, _), rows in known.items():
        lines: dict[str, list[_Median]] = {}
        for row in rows:
            lines.setdefault(row.line, []).append(row)
        for row in rows:
            others = _others(lines[row.line], row.trial) or _others(rows, row.trial)
            other = _slipped(row, others)
            if other is not None:
                unit = "months" if row.unit == "weeks" else "weeks"
                yield Found(
                    row.at,
                    f"arms.{row.arm}.median",
                    f"a median {outcome} of {shown(exp(row.log))} months is beyond those of "
                    f"the other trials; printed in {unit} it would be {shown(exp(other))}",
                    f"the others: {shown(exp(min(others)))} to {shown(exp(max(others)))} months",
                    trial=row.trial,
                )


class _Median(NamedTuple):
    """One arm's median: where it stands, and its log in months."""

    trial: str
    line: str
    at: int
    arm: str
    log: float
    unit: str


def _others(rows: list[_Median], trial: str) -> list[float]:
    """Log medians of the other trials; none where these are too few."""
    others = [row for row in rows if row.trial != trial]
    return [row.log for row in others] if len({row.trial for row in others}) >= _FEW else []


def _slipped(row: _Median, others: list[float]) -> float | None:
    """The log of the median in months, had the record named the other unit; None if it fits."""
    if not others:
        return None
    margin, per_week = math.log(_OUTLYING), math.log(MONTHS_PER_WEEK)
    if row.unit == "months":
        outlying, other = row.log > max(others) + margin, row.log + per_week
    else:
        outlying, other = row.log < min(others) - margin, row.log - per_week
    typical = sorted(others)[len(others) // 2]
    return other if outlying and abs(other - typical) < abs(row.log - typical) else None


RULES: tuple[TrialRule, ...] = (
    TrialRule("MD501", "direction-reversed", "error", direction_reversed,
              "see which arm the source puts on top; swap the arms or invert the hazard ratio"),
    TrialRule("MD502", "medians-oppose", "note", medians_oppose,
              "look at the curves"),
    TrialRule("MD503", "medians-not-exponential", "note", medians_not_exponential,
              "do not derive a hazard ratio from these medians"),
    TrialRule("MD505", "progression-after-death", "error", progression_after_death,
              "look up both medians and their unit"),
    TrialRule("MD506", "survival-rises", "error", survival_rises,
              "look up both percentages and their time points"),
    TrialRule("MD507", "median-against-survival", "error", median_against_survival,
              "look up median and percentage, their arms and their unit"),
    TrialRule("MD508", "outcomes-opposed", "note", outcomes_opposed,
              "tell the reader; treatment after progression may explain it"),
)  # fmt: skip

REGISTRY_RULES: tuple[RegistryRule, ...] = (
    RegistryRule("MD504", "unit-slip", "warning", unit_slip,
                 "look up the unit; enter weeks with unit = \"weeks\""),
)  # fmt: skip
