"""Columns of raw tables: read as numbers, and held to the rules of what they say they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from metaonc.effects.counts.continuity import Columns
from metaonc.effects.later import Numbered
from metaonc.effects.scales.transforms import FloatArray
from metaonc.errors import EffectsError

if TYPE_CHECKING:
    import pandas as pd

Labels = Sequence[str]
Bad = Callable[[FloatArray], NDArray[np.bool_]]

_POSITIVE: tuple[Bad, str] = (lambda x: x <= 0, "must be > 0")
_NOT_NEGATIVE: tuple[Bad, str] = (lambda x: x < 0, "must be >= 0")
_RULES: dict[str, tuple[Bad, str]] = {
    **dict.fromkeys(("n", "n_1", "n_2", "time", "time_1", "time_2"), _POSITIVE),
    **dict.fromkeys(("events", "events_1", "events_2", "controls"), _NOT_NEGATIVE),
    **dict.fromkeys(("both", "only_1", "only_2", "neither"), _NOT_NEGATIVE),
    **dict.fromkeys(("sd", "sd_1", "sd_2", "sd_pre", "sd_post"), _NOT_NEGATIVE),
    "r": (lambda x: np.abs(x) > 1, "must lie between -1 and 1"),
    "area": (lambda x: (x < 0) | (x > 1), "must lie between 0 and 1"),
    "alpha": (lambda x: x > 1, "must not exceed 1"),
    "items": (lambda x: x < 2, "must be >= 2"),
}


def study_labels(frame: pd.DataFrame) -> Labels:
    """The column ``label``, or numbers."""
    if "label" in frame:
        return tuple(map(str, frame["label"]))
    return Numbered(len(frame))


def numbers(frame: pd.DataFrame, name: str) -> FloatArray:
    """Read one column as floats; a missing value is NaN."""
    try:
        return frame[name].to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise EffectsError(f"column {name!r} must hold numbers: {error}.") from error


def refuse(
    labels: Labels, bad: NDArray[np.bool_], name: str, values: FloatArray, rule: str
) -> None:
    """Raise for the first value that breaks a rule."""
    if bad.any():
        i = int(np.argmax(bad))
        raise EffectsError(
            f"{labels[i]}: {name} = {values[i]:g} {rule}; look the numbers up again."
        )


def check(columns: Columns, labels: Labels) -> None:
    """Hold every column to its rule; events to the number of patients."""
    for name, values in columns.items():
        if name in _RULES:
            bad, rule = _RULES[name]
            refuse(labels, bad(values), name, values, rule)
    for events, n in (
        ("events_1", "n_1"),
        ("events_2", "n_2"),
        ("events", "n"),
        ("events_1", "n"),
        ("events_2", "n"),
    ):
        if events in columns and n in columns:
            above = columns[events] > columns[n]
            refuse(labels, above, events, columns[events], f"must not exceed {n}")


def missing_values(columns: Columns) -> dict[int, str]:
    """Which rows lack a number, and which."""
    gaps = {name: np.isnan(values) for name, values in columns.items()}
    rows = np.flatnonzero(np.any(list(gaps.values()), axis=0))
    return {
        int(i): f"{' and '.join(name for name, gap in gaps.items() if gap[i])} missing"
        for i in rows
    }
