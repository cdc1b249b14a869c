"""`effect_sizes`: a raw table, one study per row -> Effects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from metaonc.effects.effects import Effects
from metaonc.effects.hazard_ratios import log_hazard_ratios
from metaonc.effects.measures import FloatArray, measure_named
from metaonc.effects.proportions import proportion_effects
from metaonc.effects.two_arms import two_arm_effects
from metaonc.errors import EffectsError
from metaonc.registry.selection import LeftOut

if TYPE_CHECKING:
    import pandas as pd

Correction = Literal["only0", "all", "if0all", "none"]
Columns = dict[str, FloatArray]

_HR_COLUMNS = ("estimate", "low", "high", "level")
_TWO_ARM = ("events_1", "n_1", "events_2", "n_2")
_ONE_ARM = ("events", "n")
# Variance-stabilised scales have a value at 0/n and n/n: nothing to correct.
_NEVER_CORRECTED = ("PAS", "PFT")
NEEDED_COLUMNS = {
    "HR": ("estimate", "low", "high"),
    **dict.fromkeys(("OR", "RR", "RD"), _TWO_ARM),
    **dict.fromkeys(("PRAW", "PLOGIT", "PAS", "PFT"), _ONE_ARM),
}


def effect_sizes(
    measure: str,
    frame: pd.DataFrame,
    *,
    add: float = 0.5,
    to: Correction = "only0",
    drop00: bool = False,
) -> Effects:
    """Compute effects and variances from a raw table with one study per row.

    Parameters
    ----------
    measure : str
        ``"HR"``; ``"OR"``, ``"RR"``, ``"RD"``; ``"PRAW"``, ``"PLOGIT"``, ``"PAS"``, ``"PFT"``.
    frame : pandas.DataFrame
        Columns by measure: ``estimate low high`` and optionally ``level`` (a fraction, default
        0.95) for HR; ``events_1 n_1 events_2 n_2`` (1 = experimental) for two arms;
        ``events n`` for one arm. Optional: ``label``. Every other column is kept beside the effects.
    add : float, default 0.5
        Continuity correction added to every cell of a table that is corrected.
    to : {"only0", "all", "if0all", "none"}, default "only0"
        Which tables are corrected: those with an empty cell, all of them, all of them if any has an
        empty cell, or none. The arcsine scales (PAS, PFT) are never corrected.
    drop00 : bool, default False
        Leave out two-arm studies with no event, or nothing but events, in both arms.

    Returns
    -------
    Effects
        In the frame's order. A study without a finite effect and a positive variance is listed in
        `left_out` with the reason, and a correction in `notes`.

    Raises
    ------
    EffectsError
        If a column is missing, a value breaks a rule (events above n, limits out of order), the
        measure cannot be computed from a table, or no study is left.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"label": ["TAMRAD"], "events_1": [33], "n_1": [54],
    ...                       "events_2": [24], "n_2": [57]})
    >>> effects = effect_sizes("RR", frame)
    >>> float(effects.yi[0].round(4)), float(effects.vi[0].round(4))
    (0.3726, 0.0359)
    """
    measure_named(measure)
    if measure not in NEEDED_COLUMNS:
        raise EffectsError(
            f"{measure} is not computed from a table; give yi and vi to Effects(), or use one of "
            f"{', '.join(NEEDED_COLUMNS)}."
        )
    labels = _labels(frame)
    columns = {name: _numbers(frame, name, labels) for name in NEEDED_COLUMNS[measure]}
    if measure == "HR":
        yi, vi = _hazard_ratios(frame, columns, labels)
        corrected = np.zeros(len(labels), dtype=bool)
        both_empty = corrected
    else:
        _check_counts(columns, labels)
        cells, corrected = _correct(measure, columns, add, to)
        compute: Callable[..., tuple[FloatArray, FloatArray]] = (
            two_arm_effects if measure in ("OR", "RR", "RD") else proportion_effects
        )
        yi, vi = compute(measure, *cells)
        both_empty = _both_arms_empty(columns) & drop00
    return _assemble(
        _Computed(measure, frame, labels, yi, vi, corrected, both_empty), add if to != "none" else 0.0
    )


@dataclass(frozen=True)
class _Computed:
    """Effects as computed, before studies without one are left out."""

    measure: str
    frame: pd.DataFrame
    labels: tuple[str, ...]
    yi: FloatArray
    vi: FloatArray
    corrected: np.ndarray
    dropped: np.ndarray


def _labels(frame: pd.DataFrame) -> tuple[str, ...]:
    if "label" in frame:
        return tuple(map(str, frame["label"]))
    return tuple(f"Study {i + 1}" for i in range(len(frame)))


def _numbers(frame: pd.DataFrame, name: str, labels: tuple[str, ...]) -> FloatArray:
    if name not in frame:
        raise EffectsError(
            f"the table has no column {name!r}; it has {', '.join(map(str, frame.columns))}."
        )
    try:
        values = frame[name].to_numpy(dtype=float)
    except (TypeError, ValueError) as error:
        raise EffectsError(f"column {name!r} must hold numbers: {error}.") from error
    if not np.isfinite(values).all():
        i = int(np.argmin(np.isfinite(values)))
        raise EffectsError(
            f"{labels[i]}: {name} = {values[i]} must be a number; fill it in or remove the row."
        )
    return values


def _refuse(labels: tuple[str, ...], good: np.ndarray, name: str, values: FloatArray, rule: str) -> None:
    if not good.all():
        i = int(np.argmin(good))
        raise EffectsError(f"{labels[i]}: {name} = {values[i]:g} {rule}; look the numbers up again.")


def _check_counts(columns: Columns, labels: tuple[str, ...]) -> None:
    for events_name, n_name in (("events_1", "n_1"), ("events_2", "n_2"), ("events", "n")):
        if events_name in columns:
            events, n = columns[events_name], columns[n_name]
            _refuse(labels, n > 0, n_name, n, "must be > 0")
            _refuse(labels, events >= 0, events_name, events, "must be >= 0")
            _refuse(labels, events <= n, events_name, events, f"must not exceed {n_name}")


def _hazard_ratios(
    frame: pd.DataFrame, columns: Columns, labels: tuple[str, ...]
) -> tuple[FloatArray, FloatArray]:
    estimate, low, high = columns["estimate"], columns["low"], columns["high"]
    level = _numbers(frame, "level", labels) if "level" in frame else np.full(len(labels), 0.95)
    _refuse(labels, (level > 0) & (level < 1), "level", level, "must be a fraction such as 0.95")
    _refuse(labels, low > 0, "low", low, "must be > 0 for a hazard ratio")
    _refuse(labels, low <= estimate, "low", low, "must not exceed the estimate")
    _refuse(labels, high >= estimate, "high", high, "must not be below the estimate")
    return log_hazard_ratios(estimate, low, high, level)


def _cells(columns: Columns) -> list[FloatArray]:
    """The four (or two) cells of each table: events and non-events."""
    pairs = [("events_1", "n_1"), ("events_2", "n_2")] if "n_1" in columns else [("events", "n")]
    return [
        cell
        for events, n in pairs
        for cell in (columns[events], columns[n] - columns[events])
    ]


def _both_arms_empty(columns: Columns) -> np.ndarray:
    cells = _cells(columns)
    if len(cells) == 2:
        return np.zeros(len(cells[0]), dtype=bool)
    events_1, none_1, events_2, none_2 = cells
    return ((events_1 == 0) & (events_2 == 0)) | ((none_1 == 0) & (none_2 == 0))


def _correct(
    measure: str, columns: Columns, add: float, to: Correction
) -> tuple[list[FloatArray], np.ndarray]:
    """Counts after the continuity correction, as events, n, ...; and which tables got one."""
    empty = np.any([cell == 0 for cell in _cells(columns)], axis=0)
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
    corrected = rules[to] & (add > 0) & (measure not in _NEVER_CORRECTED)
    amount = np.where(corrected, add, 0.0)
    # `add` goes to events and to non-events, so a denominator grows by twice as much.
    values = [
        column + amount * (2 if name.startswith("n") else 1) for name, column in columns.items()
    ]
    return values, corrected


def _kept_as(name: str, measure: str) -> str:
    """Column name beside the effects: printed figures keep clear of the computed ones."""
    return f"printed_{name}" if measure == "HR" and name in _HR_COLUMNS else name


def _assemble(computed: _Computed, add: float) -> Effects:
    """Keep the studies that have an effect; list the others with the reason."""
    usable = np.isfinite(computed.yi) & np.isfinite(computed.vi) & (computed.vi > 0)
    keep = usable & ~computed.dropped
    left_out = [
        LeftOut(
            label,
            "no events, or only events, in both arms"
            if computed.dropped[i]
            else "an empty cell leaves no effect or no variance (no continuity correction)",
        )
        for i, label in enumerate(computed.labels)
        if not keep[i]
    ]
    if not keep.any():
        raise EffectsError(
            f"no study of the table has a {computed.measure}: {left_out[0].label}: "
            f"{left_out[0].reason}."
            if left_out
            else "the table has no row; give one row per study."
        )
    frame = computed.frame.loc[keep]
    columns = {
        _kept_as(str(name), computed.measure): tuple(frame[name].tolist())
        for name in frame.columns
        if name != "label"
    }
    named = [label for label, c, k in zip(computed.labels, computed.corrected, keep, strict=True) if c and k]
    notes = (
        [f"{add:g} was added to every cell of {', '.join(named)} (continuity correction)."]
        if named
        else []
    )
    return Effects(
        computed.yi[keep],
        computed.vi[keep],
        computed.measure,
        [label for label, k in zip(computed.labels, keep, strict=True) if k],
        columns=columns,
        left_out=left_out,
        notes=notes,
    )
