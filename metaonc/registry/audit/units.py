"""Rules on the unit of a median."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from metaonc.registry.audit.facts import (
    MONTHS_PER_WEEK,
    RegistryFacts,
    medians_in_months,
)
from metaonc.registry.audit.numbers import exp, shown
from metaonc.registry.audit.rule import Found, RegistryRule

_OUTLYING = 1.25  # times the longest median of the other trials
_FEW = 4  # trials to compare with


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
    for (outcome, _), rows in _by_outcome(facts).items():
        lines: dict[str, list[_Median]] = {}
        for row in rows:
            lines.setdefault(row.line, []).append(row)
        every = {line: _Group(members) for line, members in lines.items()} | {None: _Group(rows)}
        for row in rows:
            group = next((g for g in (every[row.line], every[None]) if g.enough), None)
            other = group.slipped(row) if group else None
            if group is not None and other is not None:
                unit = "months" if row.unit == "weeks" else "weeks"
                others = group.others(row.trial)
                yield Found(
                    row.at,
                    f"arms.{row.arm}.median",
                    f"a median {outcome} of {shown(exp(row.log))} months is beyond those of "
                    f"the other trials; printed in {unit} it would be {shown(exp(other))}",
                    f"the others: {shown(exp(others[0]))} to {shown(exp(others[-1]))} months",
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


def _by_outcome(facts: RegistryFacts) -> dict[tuple[str, str], list[_Median]]:
    """Medians of all patients, by outcome and setting."""
    groups: dict[tuple[str, str], list[_Median]] = {}
    for trial in facts:
        design, line = trial.trial.design, trial.trial.attributes.get("line", "")
        for index, result in trial.medians:
            if result.subgroup is None:
                for arm, median in medians_in_months(result).items():
                    row = _Median(
                        trial.trial.key, line, index, arm, math.log(median.value), result.unit
                    )
                    groups.setdefault((result.outcome, design.setting), []).append(row)
    return groups


class _Group:
    """Medians that can be compared with each other."""

    def __init__(self, rows: list[_Median]) -> None:
        self.rows = sorted(rows, key=lambda row: row.log)
        self.enough = len({row.trial for row in rows}) > _FEW

    def others(self, trial: str) -> list[float]:
        """Logs of the other trials' medians, the shortest first."""
        return [row.log for row in self.rows if row.trial != trial]

    def slipped(self, row: _Median) -> float | None:
        """The log of the median in months, had the record named the other unit; None if it fits."""
        margin, per_week = math.log(_OUTLYING), math.log(MONTHS_PER_WEEK)
        other = row.log + (per_week if row.unit == "months" else -per_week)
        ends = self.rows[::-1] if row.unit == "months" else self.rows
        furthest = next(each.log for each in ends if each.trial != row.trial)
        beyond = row.log - furthest if row.unit == "months" else furthest - row.log
        if beyond <= margin:
            return None
        logs = self.others(row.trial)
        typical = logs[len(logs) // 2]
        return other if abs(other - typical) < abs(row.log - typical) else None


REGISTRY_RULES: tuple[RegistryRule, ...] = (
    RegistryRule("MD504", "unit-slip", "warning", unit_slip,
                 'look up the unit; enter weeks with unit = "weeks"'),
)  # fmt: skip
