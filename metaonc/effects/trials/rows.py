"""A trial's chosen result as a row: its numbers, with arms, traits and origin beside them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from metaonc.effects.scales.measures import level_text
from metaonc.registry import Chosen, Counts, HazardRatio
from metaonc.registry.candidates import arm_counts
from metaonc.registry.derived import log_hazard_ratio
from metaonc.registry.printed import counts_printed_as
from metaonc.registry.records import Sum


def study_row(chosen: Chosen) -> dict[str, Any]:
    """One trial's result as a row of a raw table, with its arms, traits and origin beside it."""
    trial, result = chosen.trial, chosen.result
    reference = trial.reference(result.source.reference)
    arms = [trial.arm(key) for key in (chosen.experimental, chosen.control) if key]
    return {
        "label": f"{trial.name} {trial.year}",
        **(_ratio_cells(chosen) if isinstance(result, HazardRatio) else _count_cells(chosen)),
        **{f"arm_{i}": arm.label for i, arm in enumerate(arms, start=1)},
        "trial": trial.key,
        "year": trial.year,
        **trial.traits(),
        "outcome": result.outcome,
        "grade": getattr(result, "grade", None),
        "population": result.subgroup or result.population,
        "cut": trial.cut(result.cut).label,
        "assessment": result.assessment,
        "printed": printed_as(chosen),
        "derived": bool(chosen.derivation),
        "derivation": chosen.derivation,
        "result": place_in_record(chosen),
        "source": f"{reference.citation} ({result.source.where})",
        "status": chosen.status,
    }


def place_in_record(chosen: Chosen) -> str:
    """Which of the record's results it is, counted from 1; or which of its sums.

    Examples
    --------
    >>> import metaonc as mo
    >>> from metaonc.registry import select
    >>> registry = mo.load_registry()
    >>> chosen = select([registry["tamrad"]], registry.question("os"))
    >>> place_in_record(chosen.chosen[0])
    'result 8'
    """
    trial, result = chosen.trial, chosen.result
    for number, printed in enumerate(trial.results, start=1):
        if printed is result:
            return f"result {number}"
    wanted = _where(result)
    number = next(n for n, total in enumerate(trial.derived, start=1) if _where(total) == wanted)
    return f"sum {number}"


def _where(result: HazardRatio | Counts | Sum) -> tuple[str | None, ...]:
    return (result.outcome, result.cut, result.assessment, result.subgroup, result.population)


def _ratio_cells(chosen: Chosen) -> dict[str, Any]:
    """Printed figures only; the effect itself is worked out beside them."""
    result, trial = chosen.result, chosen.trial
    assert isinstance(result, HazardRatio)
    sizes = {arm.key: arm.n for arm in trial.arms}
    printed: dict[str, Any] = {
        f"printed_{name}": None if value is None else float(value)
        for name, value in (
            ("estimate", result.estimate),
            ("low", result.low),
            ("high", result.high),
            ("level", result.level),
        )
    }
    printed["printed_figures"] = _figures(chosen)
    return printed | {"n_1": sizes[chosen.experimental], "n_2": sizes[chosen.control]}


def _figures(chosen: Chosen) -> str:
    """The printed figures the effect rests on, digits and all: ``estimate=0.70 se=0.110``."""
    named = {name: getattr(chosen.result, name) for name in chosen.fields}
    return " ".join(
        f"{name}={value}" for name, value in named.items() if isinstance(value, Decimal | int)
    )


def log_ratio(chosen: Chosen) -> tuple[float, float]:
    """The hazard ratio and the standard error of its logarithm."""
    assert isinstance(chosen.result, HazardRatio)
    found = log_hazard_ratio(chosen.result, {arm.key: arm.n for arm in chosen.trial.arms})
    assert not isinstance(found, str)  # a result without them is never chosen
    return found.estimate, found.se


def _count_cells(chosen: Chosen) -> dict[str, Any]:
    first = arm_counts(chosen.result, chosen.experimental)
    if not chosen.control:
        ranges = _ranges(chosen.result, {"events": chosen.experimental})
        return {"events": first[0], "n": first[1], "printed_figures": ranges}
    second = arm_counts(chosen.result, chosen.control)
    arms = {"events_1": chosen.experimental, "events_2": chosen.control}
    return {
        "events_1": first[0],
        "n_1": first[1],
        "events_2": second[0],
        "n_2": second[1],
        "printed_figures": _ranges(chosen.result, arms),
    }


def _ranges(result: HazardRatio | Counts, arms: dict[str, str]) -> str:
    """Counts taken from a percentage that others print as, too: ``events_1=282..286``."""
    assert isinstance(result, Counts)
    found = []
    for name, key in arms.items():
        arm = result.arms[key]
        if arm.events_from == "percent" and arm.percent is not None and arm.n is not None:
            possible = counts_printed_as(arm.percent, arm.n)
            if len(possible) > 1:
                found.append(f"{name}={possible[0]}..{possible[-1]}")
    return " ".join(found)


def printed_as(chosen: Chosen) -> str:
    """The result in the digits of its source.

    Examples
    --------
    >>> import metaonc as mo
    >>> from metaonc.registry import select
    >>> registry = mo.load_registry()
    >>> chosen = select([registry["bolero-5"]], registry.question("pfs"))
    >>> printed_as(chosen.chosen[0])
    'HR 0.52 (90% CI 0.38 to 0.71)'
    """
    result = chosen.result
    if isinstance(result, HazardRatio):
        return _ratio_as_printed(result)
    keys = [key for key in (chosen.experimental, chosen.control) if key]
    return " v ".join(_count_as_printed(result, key) for key in keys)


def _ratio_as_printed(result: HazardRatio) -> str:
    if result.level is not None:
        level = level_text(float(result.level))
        return f"HR {result.estimate} ({level} CI {result.low} to {result.high})"
    beside = (
        ("SE", result.se),
        ("O - E", result.o_minus_e),
        ("V", result.variance),
        ("reduction %", None if result.estimate is not None else result.reduction),
        ("one-sided p" if result.p_sides == 1 else "p", result.p),
    )
    said = ", ".join(f"{name} = {value}" for name, value in beside if value is not None)
    return f"HR {result.estimate} ({said})" if result.estimate is not None else said


def _count_as_printed(result: Counts, key: str) -> str:
    events, n = arm_counts(result, key)
    percent = result.arms[key].percent if result.arms[key].events is None else None
    return f"{events}/{n}" if percent is None else f"{percent}% of {n}"


def notes_on(rows: list[dict[str, Any]]) -> list[str]:
    """What a reader of the pooled result should know about its inputs."""
    said = (_levels(rows), _derived(rows), _grades(rows), _awaiting(rows))
    return [note for note in said if note]


def _levels(rows: list[dict[str, Any]]) -> str:
    other = [
        f"{row['label']} ({level_text(row['printed_level'])})"
        for row in rows
        if row.get("printed_level") not in (None, 0.95)
    ]
    if not other:
        return ""
    return (
        f"Printed with an interval of another level than 95%: {', '.join(other)}; "
        "its variance follows from that level."
    )


def _derived(rows: list[dict[str, Any]]) -> str:
    told = [
        f"{row['label']}{_how(row['derivation'])}"
        for row in rows
        if row["derivation"] and row.get("printed_level") is None
    ]
    return f"Worked out from what is printed: {'; '.join(told)}." if told else ""


def _how(derivation: str) -> str:
    """The arithmetic in brackets; that of counts which leave no choice goes without saying."""
    parts = [part for part in derivation.split("; ") if "is the only count of" not in part]
    return f" ({'; '.join(parts)})" if parts else ""


def _grades(rows: list[dict[str, Any]]) -> str:
    if len({row["grade"] for row in rows}) < 2:
        return ""
    listed = ", ".join(f"{row['label']} ({row['grade'] or 'not stated'})" for row in rows)
    return f"The grades differ: {listed}."


def _awaiting(rows: list[dict[str, Any]]) -> str:
    awaiting = [row["label"] for row in rows if row["status"] == "unconfirmed"]
    return f"Awaiting confirmation in the paper: {', '.join(awaiting)}." if awaiting else ""
