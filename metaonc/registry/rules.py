"""Rules that compare the values of a record with each other.

Each rule is a function from a trial to the breaches it finds; `RULES` is the list of them all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import NamedTuple

from metaonc.registry.printed import counts_printed_as
from metaonc.registry.records import ArmCount, ArmMedian, Counts, HazardRatio, Result, Trial


class Breach(NamedTuple):
    """A rule broken: the field, its value, what must hold, and the way out."""

    field: str
    value: str
    rule: str
    remedy: str


Rule = Callable[[Trial], Iterator[Breach]]


def describe(index: int, result: Result | dict[str, object]) -> str:
    """Name a result as a person would look for it: its place in the file and what it reports."""
    if isinstance(result, Result):
        kind, outcome = getattr(result, "kind", "?"), result.outcome
    else:
        kind, outcome = str(result.get("kind", "?")), str(result.get("outcome", "?"))
    return f"result {index + 1} ({outcome} {kind.replace('_', ' ')})"


def _keys_are_unique(trial: Trial) -> Iterator[Breach]:
    for field, things in (
        ("arms", trial.arms),
        ("cuts", trial.cuts),
        ("references", trial.references),
    ):
        for key, times in Counter(thing.key for thing in things).items():
            if times > 1:
                yield Breach(
                    f"{field}.key", repr(key), f"is used {times} times", "give each its own key"
                )


def _references_exist(trial: Trial) -> Iterator[Breach]:
    known = [ref.key for ref in trial.references]
    cited = [("design.source", trial.design.source)]
    cited += [(f"arm {arm.key}.source", arm.source) for arm in trial.arms]
    cited += [
        (f"{describe(i, result)}.source", result.source) for i, result in enumerate(trial.results)
    ]
    for field, source in cited:
        if source.reference not in known:
            yield Breach(
                f"{field}.reference",
                repr(source.reference),
                "is not among the record's references",
                f"add it to [[references]] or use one of: {', '.join(known)}",
            )


def _cuts_exist(trial: Trial) -> Iterator[Breach]:
    known = [cut.key for cut in trial.cuts]
    used = [(describe(i, result), result.cut) for i, result in enumerate(trial.results)]
    used += [(f"primary.{outcome}", choice.cut) for outcome, choice in trial.primary.items()]
    for field, cut in used:
        if cut not in known:
            yield Breach(
                f"{field}.cut",
                repr(cut),
                "is not among the record's data cuts",
                f"add it to [[cuts]] or use one of: {', '.join(known)}",
            )


def _arms_exist(trial: Trial) -> Iterator[Breach]:
    known = [arm.key for arm in trial.arms]
    for i, result in enumerate(trial.results):
        if isinstance(result, HazardRatio):
            named = {"experimental": result.experimental, "control": result.control}
        else:
            named = {f"arms.{key}": key for key in result.arms}
        for field, key in named.items():
            if key not in known:
                yield Breach(
                    f"{describe(i, result)}.{field}",
                    repr(key),
                    "is not an arm of the trial",
                    f"use one of: {', '.join(known)}",
                )


def _contrast_has_two_arms(trial: Trial) -> Iterator[Breach]:
    for i, result in enumerate(trial.results):
        if isinstance(result, HazardRatio) and result.experimental == result.control:
            yield Breach(
                f"{describe(i, result)}.control",
                repr(result.control),
                "is the same arm as experimental",
                "name the two arms that the hazard ratio compares",
            )


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


def _intervals_are_complete(trial: Trial) -> Iterator[Breach]:
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


def _intervals_contain_their_estimate(trial: Trial) -> Iterator[Breach]:
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


def _events_within_n(trial: Trial) -> Iterator[Breach]:
    for field, _, count in _counts(trial):
        if count.events is not None and count.events > count.n:
            yield Breach(
                f"{field}.events",
                str(count.events),
                f"must not exceed n = {count.n}",
                "look up the count and its denominator",
            )


def _n_within_arm(trial: Trial) -> Iterator[Breach]:
    sizes = {arm.key: arm.n for arm in trial.arms}
    for field, key, count in _counts(trial):
        if count.n > sizes.get(key, count.n):
            yield Breach(
                f"{field}.n",
                str(count.n),
                f"must not exceed the {sizes[key]} patients of the arm",
                "look up the denominator and the size of the arm",
            )


def _something_was_counted(trial: Trial) -> Iterator[Breach]:
    for field, _, count in _counts(trial):
        if count.events is None and count.percent is None:
            yield Breach(
                f"{field}.events", "", "is missing, and so is percent", "give at least one of them"
            )
        if count.events_from == "percent" and (count.events is None or count.percent is None):
            yield Breach(
                f"{field}.events_from",
                "'percent'",
                "needs both events and percent",
                "give the printed percent and the count worked out from it",
            )


def _events_print_as_percent(trial: Trial) -> Iterator[Breach]:
    for field, _, count in _counts(trial):
        if count.events is None or count.percent is None or count.events > count.n:
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


def _p_values_say_their_sides(trial: Trial) -> Iterator[Breach]:
    for i, result in enumerate(trial.results):
        if isinstance(result, HazardRatio | Counts) and (result.p is None) != (
            result.p_sides is None
        ):
            yield Breach(
                f"{describe(i, result)}.p_sides",
                "" if result.p_sides is None else str(result.p_sides),
                "and p go together",
                "say whether the printed p value is one- or two-sided (p_sides = 1 or 2)",
            )


def _unconfirmed_fields_exist(trial: Trial) -> Iterator[Breach]:
    for i, result in enumerate(trial.results):
        if result.unconfirmed and result.status == "unconfirmed":
            yield Breach(
                f"{describe(i, result)}.unconfirmed",
                str(list(result.unconfirmed)),
                "repeats the status of the whole result",
                "leave the list out, or set status to confirmed",
            )
        for name in result.unconfirmed:
            if name not in type(result).model_fields:
                yield Breach(
                    f"{describe(i, result)}.unconfirmed",
                    repr(name),
                    "is not a field of the result",
                    f"use one of: {', '.join(type(result).model_fields)}",
                )


def _one_primary_per_outcome(trial: Trial) -> Iterator[Breach]:
    for outcome in sorted({result.outcome for result in trial.results}):
        seen = {
            (result.cut, result.assessment): None
            for result in trial.results
            if result.outcome == outcome and result.subgroup is None
        }
        choice = trial.primary.get(outcome)
        if choice is None and len(seen) > 1:
            options = "; ".join(f"{cut}, {assessment}" for cut, assessment in seen)
            yield Breach(
                f"primary.{outcome}",
                "",
                f"is needed: the outcome is reported {len(seen)} times",
                f"say which cut and assessment an analysis takes: {options}",
            )
        if choice is not None and (choice.cut, choice.assessment) not in seen:
            yield Breach(
                f"primary.{outcome}",
                f"{choice.cut}, {choice.assessment}",
                "is not among the outcome's results",
                "name the cut and assessment of one of them",
            )
    for outcome in trial.primary:
        if all(result.outcome != outcome for result in trial.results):
            yield Breach(f"primary.{outcome}", "", "names an outcome without results", "remove it")


def _results_are_reported_once(trial: Trial) -> Iterator[Breach]:
    def identity(result: Result) -> tuple[object, ...]:
        compared = (
            (result.experimental, result.control)
            if isinstance(result, HazardRatio)
            else tuple(sorted(getattr(result, "arms", ())))
        )
        return (
            type(result),
            result.outcome,
            result.cut,
            result.assessment,
            result.subgroup,
            getattr(result, "grade", None),
            getattr(result, "months", None),
            compared,
        )

    first: dict[tuple[object, ...], int] = {}
    for i, result in enumerate(trial.results):
        earlier = first.setdefault(identity(result), i)
        if earlier != i:
            yield Breach(
                describe(i, result),
                "",
                f"says the same thing as result {earlier + 1}",
                "keep one of them, or tell them apart by cut, assessment, subgroup or grade",
            )


RULES: tuple[Rule, ...] = (
    _keys_are_unique,
    _references_exist,
    _cuts_exist,
    _arms_exist,
    _contrast_has_two_arms,
    _intervals_are_complete,
    _intervals_contain_their_estimate,
    _events_within_n,
    _n_within_arm,
    _something_was_counted,
    _events_print_as_percent,
    _p_values_say_their_sides,
    _unconfirmed_fields_exist,
    _one_primary_per_outcome,
    _results_are_reported_once,
)


def breaches(trial: Trial) -> list[Breach]:
    """Every breach of every rule, in the order of the rules."""
    return [breach for rule in RULES for breach in rule(trial)]
