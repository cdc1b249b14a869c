"""Empty cells of count tables: what is added to them, and which tables carry no information."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from metaonc.effects.scales.transforms import FloatArray
from metaonc.errors import EffectsError

Correction = Literal["only0", "all", "if0all", "none"]
Added = float | Literal["TACC"]
Columns = dict[str, FloatArray]
BoolArray = NDArray[np.bool_]

_PAIRS = ("both", "only_1", "only_2", "neither")


def cells(columns: Columns) -> list[FloatArray]:
    """The cells of each table that count something.

    Events and non-events where patients were counted; events where person-time was; the four kinds
    of matched pairs.
    """
    if "both" in columns:
        return [columns[name] for name in _PAIRS]
    found = []
    for name, events in columns.items():
        if name.startswith("events"):
            found.append(events)
            size = name.replace("events", "n", 1)
            found += [columns[size] - events] if size in columns else []
    return found


def both_arms_empty(columns: Columns) -> BoolArray:
    """Two-arm tables with no event at all, or nothing but events."""
    table = cells(columns)
    if "events_1" not in columns:
        return np.zeros(len(table[0]), dtype=bool)
    if len(table) == 2:  # rates
        return np.asarray((table[0] == 0) & (table[1] == 0))
    events_1, none_1, events_2, none_2 = table
    return np.asarray(((events_1 == 0) & (events_2 == 0)) | ((none_1 == 0) & (none_2 == 0)))


def tables_to_correct(columns: Columns, add: Added, to: Correction) -> BoolArray:
    """Which tables a correction rule adds to.

    Parameters
    ----------
    columns : dict of str to ndarray, shape (k,)
        Counts and denominators.
    add : float or "TACC"
        Amount added to every cell, >= 0, or the treatment-arm correction.
    to : {"only0", "all", "if0all", "none"}
        Tables with an empty cell; all; all if any has an empty cell; none.

    Raises
    ------
    EffectsError
        If `add` is not a number >= 0 or "TACC" for two arms, or `to` is not one of the rules.
    """
    empty = np.any([cell == 0 for cell in cells(columns)], axis=0)
    rules = {
        "only0": empty,
        "all": np.ones_like(empty),
        "if0all": np.full_like(empty, empty.any()),
        "none": np.zeros_like(empty),
    }
    if to not in rules:
        raise EffectsError(f"to = {to!r} is not a correction rule; use one of {', '.join(rules)}.")
    return np.asarray(rules[to] & _adds_something(columns, add))


def _adds_something(columns: Columns, add: Added) -> bool:
    if add == "TACC":
        if "events_1" not in columns:
            raise EffectsError('add = "TACC" needs two arms; give an amount, e.g. 0.5.')
        return True
    if not (np.isfinite(add) and add >= 0):
        raise EffectsError(f"add = {add} must be a number >= 0, e.g. 0.5.")
    return bool(add > 0)


def corrected_counts(columns: Columns, which: BoolArray, add: Added) -> list[FloatArray]:
    """Counts and denominators with the correction in every cell of the chosen tables.

    A number of patients grows by twice as much as its events: once for events, once for
    non-events. Person-time does not grow.
    """
    return [column + which * _amount(name, columns, add) for name, column in columns.items()]


def _amount(name: str, columns: Columns, add: Added) -> FloatArray | float:
    """What is added to one column of a corrected table.

    The treatment-arm correction adds to each arm in proportion to its size, 1 event in all
    (Sweeting, Sutton & Lambert, Stat Med 2004;23:1351-1375, section 3.3).
    """
    if name.startswith("time"):
        return 0.0
    times = 2 if name.startswith("n_") or name == "n" else 1
    if add != "TACC":
        return times * add
    size_1, size_2 = (columns[f"n_{i}" if "n_1" in columns else f"time_{i}"] for i in (1, 2))
    return times * (size_1 if name.endswith("_1") else size_2) / (size_1 + size_2)


def correction_note(labels: list[str], add: Added) -> str:
    """Say which tables were corrected, and how."""
    named = ", ".join(labels)
    if add == "TACC":
        return (
            f"One event in all was added to the arms of {named}, in proportion to their size "
            "(treatment-arm correction)."
        )
    return f"{add:g} was added to every cell of {named} (continuity correction)."
