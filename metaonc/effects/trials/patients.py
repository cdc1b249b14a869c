"""Patients and events behind effects, each arm counted once."""

from __future__ import annotations

from metaonc.effects.effects import Effects

Counted = tuple[float | None, float | None]


def arm_numbers(effects: Effects, i: int) -> list[Counted]:
    """Events and patients of arm `i` (1 or 2), one pair per study; None where not known."""
    one_arm = "n" in effects.columns
    events_name, n_name = ("events", "n") if one_arm else (f"events_{i}", f"n_{i}")
    nothing = [None] * effects.k
    events, n = effects.columns.get(events_name, nothing), effects.columns.get(n_name, nothing)
    return [(_number(x), _number(size)) for x, size in zip(events, n, strict=True)]


def _number(value: object) -> float | None:
    number = float("nan") if value is None else float(str(value))
    return None if number != number else number


def arm_totals(effects: Effects, i: int) -> Counted:
    """Events and patients of arm `i` over all studies; None where one of them is not known.

    An arm that several contrasts of a trial share is counted once.

    Examples
    --------
    >>> arms = {"trial": ["A", "A"], "arm_2": ["control", "control"], "n_2": [67, 67]}
    >>> effects = Effects([0.1, 0.2], [0.04, 0.05], columns=arms)
    >>> arm_totals(effects, 2)
    (None, 67.0)
    """
    nothing = [None] * effects.k
    trials = effects.columns.get("trial", nothing)
    arms = effects.columns.get(f"arm_{i}", nothing)
    counted = {}
    for position, numbers in enumerate(arm_numbers(effects, i)):
        trial, arm = trials[position], arms[position]
        known = trial is not None and arm is not None
        counted[(trial, arm) if known else position] = numbers
    events = [x for x, _ in counted.values()]
    n = [size for _, size in counted.values()]
    return (
        None if None in events else sum(x for x in events if x is not None),
        None if None in n else sum(size for size in n if size is not None),
    )


def patients(effects: Effects) -> int | None:
    """Patients behind the effects, where every study states its arms' sizes; each counted once."""
    arms = (1,) if "n" in effects.columns else (1, 2)
    sizes = [arm_totals(effects, i)[1] for i in arms]
    return None if None in sizes else round(sum(size for size in sizes if size is not None))
