"""What `pool_many` accepts: two arrays of one shape, a meta-analysis per row."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metaonc.errors import EffectsError

# Studies in one step of checking.
_CHUNK = 1 << 17
_EXTREMES = (np.minimum, np.maximum)
_PRESENT = (np.fmin, np.fmax)  # which ignore NaN


def matrix(name: str, values: ArrayLike) -> NDArray[Any]:
    """Numbers of any type, as they are: a tile is made of floats when its turn comes."""
    if isinstance(values, np.ma.MaskedArray):
        values = np.ma.filled(values.astype(float), np.nan)
    try:
        found = np.asarray(values)
        if found.dtype.kind not in "fiu":
            found = found.astype(float, casting="unsafe" if found.dtype == object else "same_kind")
    except (TypeError, ValueError) as error:
        raise EffectsError(f"{name} must be an array of numbers, shape (n, k): {error}.") from error
    if found.ndim != 2:
        raise EffectsError(
            f"{name} must have shape (n, k), a meta-analysis per row, got shape {found.shape}; "
            "use pool() for one meta-analysis."
        )
    return found


def check(yi: NDArray[Any], vi: NDArray[Any]) -> bool:
    """Refuse arrays of different shapes, and studies that are neither missing nor usable.

    Returns whether studies are missing.
    """
    if yi.shape != vi.shape:
        raise EffectsError(
            f"yi has shape {yi.shape} and vi has shape {vi.shape}; give one variance per effect."
        )
    missing = False
    step = max(_CHUNK // max(yi.shape[1], 1), 1)
    for start in range(0, len(yi) if yi.shape[1] else 0, step):
        rows = slice(start, start + step)
        # The extremes cost no working array; they are NaN where a study is missing.
        extremes = [find.reduce(a[rows], axis=None) for a in (yi, vi) for find in _EXTREMES]
        if np.isnan(extremes).any():
            missing = True
            extremes = [find.reduce(a[rows], axis=None) for a in (yi, vi) for find in _PRESENT]
        least, most, lowest, highest = extremes
        if lowest <= 0 or highest == np.inf or least == -np.inf or most == np.inf:
            _check_each(yi[rows], vi[rows], start)
    return missing


def _check_each(yi: NDArray[Any], vi: NDArray[Any], start: int) -> None:
    present = ~(np.isnan(yi) | np.isnan(vi))
    bad = present & ~((vi > 0) & (vi < np.inf) & np.isfinite(yi))
    if not bad.any():
        return
    row, study = (int(i) for i in np.argwhere(bad)[0])
    place = f"row {start + row}, study {study} (counted from 0)"
    effect, variance = float(yi[row, study]), float(vi[row, study])
    if not np.isfinite(effect):
        raise EffectsError(f"{place}: yi = {effect} must be finite, or NaN for a missing study.")
    raise EffectsError(
        f"{place}: vi = {variance} must be finite and > 0, or NaN for a missing study."
    )
