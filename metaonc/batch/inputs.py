"""What `pool_many` accepts: two arrays of one shape, a meta-analysis per row."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metaonc.errors import EffectsError

# Studies in one step of checking.
_CHUNK = 1 << 17


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


def check(yi: NDArray[Any], vi: NDArray[Any]) -> None:
    """Refuse arrays of different shapes, and studies that are neither missing nor usable."""
    if yi.shape != vi.shape:
        raise EffectsError(
            f"yi has shape {yi.shape} and vi has shape {vi.shape}; give one variance per effect."
        )
    if yi.shape[1] == 0:
        return
    step = max(_CHUNK // yi.shape[1], 1)
    for start in range(0, len(yi), step):
        rows = slice(start, start + step)
        if _may_hold_a_bad_study(yi[rows], vi[rows]):
            _check_each(yi[rows], vi[rows], start)


def _may_hold_a_bad_study(yi: NDArray[Any], vi: NDArray[Any]) -> bool:
    """Look at the extremes, which cost no working array; they ignore NaN."""
    lowest, highest = np.fmin.reduce(vi, axis=None), np.fmax.reduce(vi, axis=None)
    least, most = np.fmin.reduce(yi, axis=None), np.fmax.reduce(yi, axis=None)
    return bool(lowest <= 0 or highest == np.inf or least == -np.inf or most == np.inf)


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
