"""Empty cells of count tables: what is added to them, and which tables carry no information."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from metaonc.effects.measures import FloatArray
from metaonc.errors import EffectsError

Correction = Literal["only0", "all", "if0all", "none"]
Columns = dict[str, FloatArray]
BoolArray = NDArray[np.bool_]


def cells(columns: Columns) -> list[FloatArray]:
    """The four (two arms) or two (one arm) cells of each table: events and non-events."""
    pairs = [("events_1", "n_1"), ("events_2", "n_2")] if "n_1" in columns else [("events", "n")]
    return [cell for x, n in pairs for cell in (columns[x], columns[n] - columns[x])]


def both_arms_empty(columns: Columns) -> BoolArray:
    """Two-arm tables with no event at all, or nothing but events."""
    table = cells(columns)
    if len(table) == 2:
        return np.zeros(len(table[0]), dtype=bool)
    events_1, none_1, events_2, none_2 = table
    return np.asarray(((events_1 == 0) & (events_2 == 0)) | ((none_1 == 0) & (none_2 == 0)))


def tables_to_correct(columns: Columns, add: float, to: Correction) -> BoolArray:
    """Which tables a correction rule adds to.

    Parameters
    ----------
    columns : dict of str to ndarray, shape (k,)
        Counts and denominators.
    add : float
        Amount added to every cell, >= 0.
    to : {"only0", "all", "if0all", "none"}
        Tables with an empty cell; all; all if any has an empty cell; none.

    Raises
    ------
    EffectsError
        If `add` is not a number >= 0 or `to` is not one of the rules.
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
    if not (np.isfinite(add) and add >= 0):
        raise EffectsError(f"add = {add} must be a number >= 0, e.g. 0.5.")
    return np.asarray(rules[to] & (add > 0))


def corrected_counts(columns: Columns, which: BoolArray, add: float) -> list[FloatArray]:
    """Counts and denominators with `add` in every cell of the chosen tables.

    A denominator grows by twice as much: once for events, once for non-events.
    """
    amount = np.where(which, add, 0.0)
    return [
        column + amount * (2 if name.startswith("n") else 1) for name, column in columns.items()
    ]
