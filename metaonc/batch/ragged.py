"""Rows with different numbers of studies, brought together by their length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metaonc.batch.result import IntArray

# Rows of a tile below which the calls cost more than the padding that longer rows bring.
_ENOUGH_ROWS = 400


def count_studies(yi: NDArray[Any], vi: NDArray[Any]) -> IntArray:
    """Number of studies of each row."""
    return np.asarray(yi.shape[1] - _missing(yi, vi).sum(axis=1), dtype=np.int64)


def rows_by_length(k: IntArray, places: int) -> Iterator[tuple[IntArray, int]]:
    """Rows of each tile, from the shortest, and the tile's width.

    Parameters
    ----------
    k : ndarray of int, shape (n,)
        Number of studies of each row.
    places : int
        Places for studies in a tile.
    """
    order = np.argsort(k, kind="stable")
    lengths = np.maximum(k[order], 1)
    start = 0
    while start < len(order):
        # Rows of one length need no padding; too few of them are joined by the next.
        same = int(np.searchsorted(lengths, lengths[start], side="right"))
        stop = max(same, min(start + _ENOUGH_ROWS, len(order)))
        stop = min(stop, start + max(places // int(lengths[stop - 1]), 1))
        yield order[start:stop], int(lengths[stop - 1])
        start = stop


def packed(yi: NDArray[Any], vi: NDArray[Any], width: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """The studies that are there, side by side in their order; NaN after them."""
    missing = _missing(yi, vi)
    if not missing[:, :width].any() or not (missing[:, :-1] & ~missing[:, 1:]).any():
        return yi[:, :width], vi[:, :width]
    row, place = np.nonzero(~missing)
    to = (np.cumsum(~missing, axis=1) - 1)[row, place]
    together = np.full((2, len(yi), width), np.nan)
    together[0, row, to], together[1, row, to] = yi[row, place], vi[row, place]
    return together[0], together[1]


def _missing(yi: NDArray[Any], vi: NDArray[Any]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = np.isnan(yi) | np.isnan(vi)
    return found
