"""`effect_sizes`: a raw table, one study per row -> Effects."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from metaonc.effects.continuity import (
    Columns,
    Correction,
    both_arms_empty,
    corrected_counts,
    tables_to_correct,
)
from metaonc.effects.effects import RESERVED, Effects
from metaonc.effects.hazard_ratios import (
    log_hazard_ratios,
    log_hazard_ratios_from_logrank,
    log_hazard_ratios_from_p,
)
from metaonc.effects.measures import FloatArray, measure_named
from metaonc.effects.proportions import proportion_effects
from metaonc.effects.two_arms import two_arm_effects
from metaonc.errors import EffectsError
from metaonc.registry.selection import LeftOut

if TYPE_CHECKING:
    import pandas as pd

Labels = tuple[str, ...]

# Columns a measure can be computed from; the first set that the table has is used.
_TWO_ARM = (("events_1", "n_1", "events_2", "n_2"),)
_ONE_ARM = (("events", "n"),)
ROUTES: dict[str, tuple[tuple[str, ...], ...]] = {
    "HR": (("estimate", "low", "high"), ("o_minus_e", "variance"), ("estimate", "p")),
    **dict.fromkeys(("OR", "RR", "RD"), _TWO_ARM),
    **dict.fromkeys(("PRAW", "PLOGIT", "PAS", "PFT"), _ONE_ARM),
}
# Variance-stabilised scales have a value at 0/n and n/n: nothing to correct.
_NEVER_CORRECTED = ("PAS", "PFT")
_PRINTED = ("level", "p")


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
        Columns by measure. HR: ``estimate low high`` with, optionally, the ``level`` of each
        interval (a fraction, default 0.95), or log-rank totals ``o_minus_e variance``, or
        ``estimate p`` with two-sided p values. Two arms: ``events_1 n_1 events_2 n_2`` (1 =
        experimental). One arm: ``events n``. Optional: ``label``. Every other column is kept
        beside the effects.
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
        In the frame's order. A study with a missing number, or without a finite effect and a
        positive variance, is listed in `left_out` with the reason; a correction in `notes`.

    Raises
    ------
    EffectsError
        If a column is missing, a value breaks a rule (events above n, limits out of order), the
        measure cannot be computed from a table, or no study is left.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {"label": ["TAMRAD"], "events_1": [33], "n_1": [54], "events_2": [24], "n_2": [57]}
    ... )
    >>> effects = effect_sizes("RR", frame)
    >>> float(effects.yi[0].round(4)), float(effects.vi[0].round(4))
    (0.3725, 0.0359)
    """
    measure_named(measure)
    labels = _labels(frame)
    columns = {name: _numbers(frame, name) for name in _route(measure, frame)}
    if "low" in columns and "level" in frame:
        columns["level"] = _numbers(frame, "level")
    reasons = [_missing(columns, i) for i in range(len(labels))]
    corrected = np.zeros(len(labels), dtype=bool)
    if measure == "HR":
        yi, vi = _hazard_ratios(columns, labels)
    else:
        _check_counts(columns, labels)
        corrected = tables_to_correct(columns, add, to) & (measure not in _NEVER_CORRECTED)
        compute: Callable[..., tuple[FloatArray, FloatArray]] = (
            two_arm_effects if measure in ("OR", "RR", "RD") else proportion_effects
        )
        yi, vi = compute(measure, *corrected_counts(columns, corrected, add))
        for i in np.flatnonzero(both_arms_empty(columns) & drop00):
            reasons[i] = reasons[i] or "no events, or only events, in both arms"
    for i in np.flatnonzero(~(np.isfinite(yi) & np.isfinite(vi) & (vi > 0))):
        reasons[i] = reasons[i] or _no_effect(measure)
    return _assemble(measure, frame, labels, (yi, vi), reasons, corrected, add)


def _route(measure: str, frame: pd.DataFrame) -> tuple[str, ...]:
    """Columns to compute from: the first route of the measure that the table offers."""
    if measure not in ROUTES:
        raise EffectsError(
            f"{measure} is not computed from a table; give yi and vi to Effects(), or use one of "
            f"{', '.join(ROUTES)}."
        )
    for route in ROUTES[measure]:
        if set(route) <= set(frame.columns):
            return route
    wanted = " or ".join(", ".join(route) for route in ROUTES[measure])
    raise EffectsError(
        f"{measure} needs the columns {wanted}; the table has {', '.join(map(str, frame.columns))}."
    )


def _labels(frame: pd.DataFrame) -> Labels:
    if "label" in frame:
        return tuple(map(str, frame["label"]))
    return tuple(f"Study {i + 1}" for i in range(len(frame)))


def _numbers(frame: pd.DataFrame, name: str) -> FloatArray:
    """Read one column as floats; a missing value is NaN."""
    try:
        return frame[name].to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise EffectsError(f"column {name!r} must hold numbers: {error}.") from error


def _missing(columns: Columns, i: int) -> str:
    names = [name for name, values in columns.items() if np.isnan(values[i])]
    return f"{' and '.join(names)} missing" if names else ""


def _no_effect(measure: str) -> str:
    if measure == "HR":
        return "the numbers leave no variance for the hazard ratio"
    return "an empty cell leaves no effect or no variance (no continuity correction)"


def _refuse(labels: Labels, bad: np.ndarray, name: str, values: FloatArray, rule: str) -> None:
    if bad.any():
        i = int(np.argmax(bad))
        raise EffectsError(
            f"{labels[i]}: {name} = {values[i]:g} {rule}; look the numbers up again."
        )


def _check_counts(columns: Columns, labels: Labels) -> None:
    for events_name, n_name in (("events_1", "n_1"), ("events_2", "n_2"), ("events", "n")):
        if events_name in columns:
            events, n = columns[events_name], columns[n_name]
            _refuse(labels, n <= 0, n_name, n, "must be > 0")
            _refuse(labels, events < 0, events_name, events, "must be >= 0")
            _refuse(labels, events > n, events_name, events, f"must not exceed {n_name}")


def _hazard_ratios(columns: Columns, labels: Labels) -> tuple[FloatArray, FloatArray]:
    if "variance" in columns:
        variance = columns["variance"]
        _refuse(labels, variance <= 0, "variance", variance, "must be > 0 events²")
        return log_hazard_ratios_from_logrank(columns["o_minus_e"], variance)
    estimate = columns["estimate"]
    _refuse(labels, estimate <= 0, "estimate", estimate, "must be > 0 for a hazard ratio")
    if "p" in columns:
        p = columns["p"]
        _refuse(labels, (p <= 0) | (p >= 1), "p", p, "must lie between 0 and 1")
        return log_hazard_ratios_from_p(estimate, p)
    low, high = columns["low"], columns["high"]
    level = columns.get("level", np.full(len(labels), 0.95))
    _refuse(labels, (level <= 0) | (level >= 1), "level", level, "must be a fraction such as 0.95")
    _refuse(labels, low <= 0, "low", low, "must be > 0 for a hazard ratio")
    _refuse(labels, low > estimate, "low", low, "must not exceed the estimate")
    _refuse(labels, high < estimate, "high", high, "must not be below the estimate")
    return log_hazard_ratios(estimate, low, high, level)


def _assemble(
    measure: str,
    frame: pd.DataFrame,
    labels: Labels,
    effects: tuple[FloatArray, FloatArray],
    reasons: list[str],
    corrected: np.ndarray,
    add: float,
) -> Effects:
    """Keep the studies that have an effect; list the others with the reason."""
    keep = np.array([not reason for reason in reasons], dtype=bool)
    left_out = [
        LeftOut(label, reason) for label, reason in zip(labels, reasons, strict=True) if reason
    ]
    if not keep.any():
        first = f" ({left_out[0].label}: {left_out[0].reason})" if left_out else ""
        raise EffectsError(f"no study of the table has a {measure}{first}; give at least one.")
    kept = frame.loc[keep]
    named = [labels[i] for i in np.flatnonzero(corrected & keep)]
    note = f"{add:g} was added to every cell of {', '.join(named)} (continuity correction)."
    return Effects(
        effects[0][keep],
        effects[1][keep],
        measure,
        [labels[i] for i in np.flatnonzero(keep)],
        columns={
            _kept_as(str(name), measure): tuple(kept[name].tolist())
            for name in kept.columns
            if name != "label"
        },
        left_out=left_out,
        notes=[note] if named else [],
    )


def _kept_as(name: str, measure: str) -> str:
    """Column name beside the effects: printed figures keep clear of the computed ones."""
    printed = name in RESERVED or (measure == "HR" and name in _PRINTED)
    return f"printed_{name}" if printed else name
