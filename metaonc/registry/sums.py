"""Counts that are not printed but add up from counts that are."""

from __future__ import annotations

from metaonc.registry.derived import event_count
from metaonc.registry.records import ArmCount, Counts, Key, Sum, Text, Trial


class SummedCounts(Counts):
    """Counts that were added up; `sums` holds the arithmetic, or why there is none, per arm."""

    sums: dict[Key, Text]


def summed_counts(trial: Trial, total: Sum) -> SummedCounts:
    """Add up the counts that `total` names, arm by arm.

    An arm that lacks a part, or whose parts have different denominators or no certain count, has
    no sum, and says why.
    """
    reported = {name: _reported(trial, total, name) for name in total.sum_of}
    keys = dict.fromkeys(
        key for results in reported.values() for part in results for key in part.arms
    )
    added = {key: _added(reported, key) for key in keys}
    parts = [part for results in reported.values() for part in results]
    certain = all(not part.awaits_confirmation("arms") for part in parts)
    return SummedCounts(
        kind="counts",
        outcome=total.outcome,
        cut=total.cut,
        assessment=total.assessment,
        subgroup=total.subgroup,
        population=total.population,
        source=parts[0].source,
        status="confirmed" if certain else "unconfirmed",
        note=total.note,
        arms={key: count for key, (count, _) in added.items()},
        sums={key: told for key, (_, told) in added.items()},
    )


def _reported(trial: Trial, total: Sum, outcome: str) -> list[Counts]:
    """The results that report one part where the sum is taken."""
    where = (total.cut, total.assessment, total.subgroup, total.population)
    return [
        result
        for result in trial.results
        if isinstance(result, Counts)
        and (result.outcome, result.grade) == (outcome, None)
        and (result.cut, result.assessment, result.subgroup, result.population) == where
    ]


def _added(reported: dict[str, list[Counts]], key: str) -> tuple[ArmCount, str]:
    names = " + ".join(reported)
    counts = [part.arms[key] for parts in reported.values() for part in parts if key in part.arms]
    if len(counts) != len(reported):
        return ArmCount(), f"{names} are not each reported once for that arm"
    denominators = {count.n for count in counts}
    if len(denominators) > 1 or None in denominators:
        shown = ", ".join(str(n) for n in (count.n for count in counts))
        return ArmCount(), f"{names} have no common denominator ({shown})"
    found = [event_count(count) for count in counts]
    n = counts[0].n
    unknown = [count.derivation for count in found if count.events is None]
    if unknown:
        percents = [count.percent for count in counts if count.percent is not None]
        if len(percents) == len(counts) and sum(percents) <= 100:
            names += f" = {' + '.join(f'{percent}%' for percent in percents)} = {sum(percents)}%"
        return ArmCount(n=n), f"{names}, which is no certain count: {'; '.join(unknown)}"
    events = [count.events for count in found if count.events is not None]
    if n is not None and sum(events) > n:
        return ArmCount(n=n), f"{names} = {sum(events)} exceeds the {n} patients"
    told = f"{names} = {' + '.join(map(str, events))} = {sum(events)} of {n}"
    told += "".join(f"; {count.derivation}" for count in found if count.derivation)
    return ArmCount(events=sum(events), n=n), told
