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


REGISTRY_RULES: tuple[RegistryRule, ...] = (
    RegistryRule("MD504", "unit-slip", "warning", unit_slip,
                 'look up the unit; enter weeks with unit = "weeks"'),
)  # fmt: skip
