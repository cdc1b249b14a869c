"""Everything a record's printed figures lead to, a sentence each: for pages and tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from metaonc.registry.derived import LogHazardRatio, event_count, in_months, log_hazard_ratio
from metaonc.registry.records import Counts, HazardRatio, Medians, Result, Survival, Trial
from metaonc.registry.sums import summed_counts


def derivations(trial: Trial, result: Result) -> tuple[str, ...]:
    """What follows from the figures of one result without being printed.

    Examples
    --------
    >>> import metaonc as mo
    >>> trial = mo.load_registry()["tamrad"]
    >>> derivations(trial, trial.results[0])[0]
    'Everolimus + tamoxifen: 33 is the only count of 54 that prints as 61%'
    """
    return tuple(_derivations(trial, result))


def _derivations(trial: Trial, result: Result) -> Iterator[str]:
    if isinstance(result, HazardRatio):
        found = log_hazard_ratio(result, {arm.key: arm.n for arm in trial.arms})
        if isinstance(found, LogHazardRatio) and found.derivation:
            yield found.derivation
    elif isinstance(result, Counts):
        for key, arm in result.arms.items():
            if arm.events_from == "percent":
                yield f"{trial.arm(key).label}: {event_count(arm).derivation}"
    elif isinstance(result, Medians) and result.unit == "weeks":
        for key, median in result.arms.items():
            months = in_months(median.median, "weeks")
            yield f"{trial.arm(key).label}: {median.median} × 7 / 30.4375 = {months} months"
    elif isinstance(result, Survival) and result.weeks is not None:
        months = in_months(result.weeks, "weeks")
        yield f"{result.weeks} × 7 / 30.4375 = {months} months"


class Summed(NamedTuple):
    """One of a record's sums: what is added, where and by whom, and the arithmetic per arm."""

    outcome: str
    where: str
    arithmetic: tuple[str, ...]


def sums(trial: Trial) -> tuple[Summed, ...]:
    """Every sum of the record, in its order.

    Examples
    --------
    >>> import metaonc as mo
    >>> sums(mo.load_registry()["carpenter-2005"])
    ()
    """
    found = []
    for total in trial.derived:
        counts = summed_counts(trial, total)
        where = ", ".join((trial.cut(total.cut).label, total.assessment, counts.status))
        told = tuple(f"{trial.arm(key).label}: {text}" for key, text in counts.sums.items())
        found.append(Summed(total.outcome, where, told))
    return tuple(found)
