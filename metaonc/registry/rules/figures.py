"""Rules on the figures of one result: intervals, counts, p values."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from metaonc.registry.printed import counts_printed_as
from metaonc.registry.records import ArmCount, ArmMedian, Counts, HazardRatio, Survival, Trial
from metaonc.registry.rules.breach import Breach, describe


def _intervals(
    trial: Trial,
) -> Iterator[tuple[str, Decimal | None, Decimal | None, Decimal | None, Decimal | None]]:
    """Every interval of the record: field, estimate, low, high, level."""
    for i, result in enumerate(trial.results):
        where = describe(i, result)
        if isinstance(result, HazardRatio):
            yield where, result.estimate, result.low, result.high, result.level
            continue
        for key, arm in result.arms.items():
            middle = arm.median if isinstance(arm, ArmMedian) else arm.percent
            yield f"{where}.arms.{key}", middle, arm.low, arm.high, arm.level


def hazard_ratios_have_a_figure(trial: Trial) -> Iterator[Breach]:
    """A hazard ratio is printed, or follows from other figures that are."""
    for i, result in enumerate(trial.results):
        if not isinstance(result, HazardRatio):
            continue
        totals = (result.o_minus_e, result.variance)
        if (totals[0] is None) != (totals[1] is None):
            missing = "o_minus_e" if totals[0] is None else "variance"
            yield Breach(
                f"{describe(i, result)}.{missing}",
                "",
                "is missing from the log-rank totals",
                "give o_minus_e and variance together, or neither",
            )
        deaths = result.events or result.events_total is not None
        from_p = result.p is not None and deaths and result.favours is not None
        if result.estimate is None and result.reduction is None and None in totals and not from_p:
            yield Breach(
                f"{describe(i, result)}.estimate",
                "",
                "is missing, and nothing printed leads to it",
                "give estimate; or o_minus_e and variance; or reduction; "
                "or p, p_sides, events and favours",
            )


def intervals_are_complete(trial: Trial) -> Iterator[Breach]:
    """An interval has both limits and its level."""
    for field, _, low, high, level in _intervals(trial):
        parts = {"low": low, "high": high, "level": level}
        missing = [name for name, value in parts.items() if value is None]
        if 0 < len(missing) < 3:
            yield Breach(
                f"{field}.{missing[0]}",
                "",
                "is missing from an interval",
                "give low, high and level together, or none of them",
            )


def intervals_contain_their_estimate(trial: Trial) -> Iterator[Breach]:
    """Limits are in order, with the estimate between them."""
    for field, estimate, low, high, _ in _intervals(trial):
        if low is None or high is None:
            continue
        if low >= high:
            yield Breach(
                f"{field}.low",
                str(low),
                f"must be below the upper limit {high}",
                "look the interval up again; the limits may be exchanged",
            )
        elif estimate is not None and low > estimate:
            yield Breach(
                f"{field}.low",
                str(low),
                f"must not exceed the estimate {estimate}",
                "look the estimate and its interval up again",
            )
        elif estimate is not None and high < estimate:
            yield Breach(
                f"{field}.high",
                str(high),
                f"must not be below the estimate {estimate}",
                "look the estimate and its interval up again",
            )


def _counts(trial: Trial) -> Iterator[tuple[str, str, ArmCount]]:
    """Every count of the record: field, arm key, count."""
    for i, result in enumerate(trial.results):
        if isinstance(result, Counts):
            for key, count in result.arms.items():
                yield f"{describe(i, result)}.arms.{key}", key, count


def events_within_n(trial: Trial) -> Iterator[Breach]:
    """Nobody is counted who is not there."""
    sizes = {arm.key: arm.n for arm in trial.arms}
    for i, result in enumerate(trial.results):
        if isinstance(result, HazardRatio):
            for key, events in result.events.items():
                n = sizes.get(key)
                if n is not None and events > n:
                    yield Breach(
                        f"{describe(i, result)}.events.{key}",
                        str(events),
                        f"must not exceed the {n} patients of the arm",
                        "look up the events and the size of the arm",
                    )
    for field, _, count in _counts(trial):
        if count.events is not None and count.n is not None and count.events > count.n:
            yield Breach(
                f"{field}.events",
                str(count.events),
                f"must not exceed n = {count.n}",
                "look up the count and its denominator",
            )


def n_within_arm(trial: Trial) -> Iterator[Breach]:
    """Patients counted were allocated to the arm."""
    sizes = {arm.key: arm.n for arm in trial.arms}
    for field, key, count in _counts(trial):
        size = sizes.get(key)
        if count.n is not None and size is not None and count.n > size:
            yield Breach(
                f"{field}.n",
                str(count.n),
                f"must not exceed the {size} patients of the arm",
                "look up the denominator and the size of the arm",
            )


def something_was_counted(trial: Trial) -> Iterator[Breach]:
    """A count gives events of n, a percentage, or both."""
    for field, _, count in _counts(trial):
        if count.events is None and count.percent is None:
            yield Breach(
                f"{field}.events", "", "is missing, and so is percent", "give at least one of them"
            )
        if count.n is None and (count.events is not None or count.percent is None):
            yield Breach(
                f"{field}.n",
                "",
                "is missing beside a count",
                "give the denominator, or the percentage alone where it is not stated",
            )
        if count.events_from == "percent" and (count.n is None or count.percent is None):
            yield Breach(
                f"{field}.events_from",
                "'percent'",
                "needs both n and percent",
                "give the printed percent and its denominator; the count follows from them",
            )


def events_print_as_percent(trial: Trial) -> Iterator[Breach]:
    """A count prints as the percentage beside it."""
    for field, _, count in _counts(trial):
        if count.events is None or count.percent is None or count.n is None:
            continue
        if count.events > count.n:
            continue
        possible = counts_printed_as(count.percent, count.n)
        if count.events not in possible:
            ways = f"{possible[0]} to {possible[-1]}" if possible else "no count"
            yield Breach(
                f"{field}.events",
                str(count.events),
                f"does not print as {count.percent}% of {count.n} ({ways} would)",
                "look up the count, the percentage and the denominator",
            )


def p_values_say_their_sides(trial: Trial) -> Iterator[Breach]:
    """A p value is one- or two-sided."""
    for i, result in enumerate(trial.results):
        if (result.p is None) != (result.p_sides is None):
            yield Breach(
                f"{describe(i, result)}.p_sides",
                "" if result.p_sides is None else str(result.p_sides),
                "and p go together",
                "say whether the printed p value is one- or two-sided (p_sides = 1 or 2)",
            )


def time_points_have_one_unit(trial: Trial) -> Iterator[Breach]:
    """A time point is printed in months or in weeks."""
    for i, result in enumerate(trial.results):
        if isinstance(result, Survival) and (result.months is None) == (result.weeks is None):
            yield Breach(
                f"{describe(i, result)}.months",
                "" if result.months is None else str(result.months),
                "is needed, or else weeks, but not both",
                "give the time point in the unit that is printed",
            )
