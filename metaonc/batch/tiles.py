"""One tile of rows at a time: small enough that its working arrays stay in a core's own cache.

Rows of different lengths are taken by their length, so that little of a tile is padding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metaonc.batch.intervals import MoreIntervals
from metaonc.batch.ragged import count_studies, packed, rows_by_length
from metaonc.batch.result import IntArray, frozen
from metaonc.kernels import Fit, FloatArray, studies
from metaonc.kernels.arrays import SHORT_ROW
from metaonc.kernels.fits import fit_studies
from metaonc.kernels.resampled_fits import fit_resampled
from metaonc.pooling.choices import NEEDS_TWO_STUDIES, SIMULATED_INTERVALS, Choices

# Places for studies in a tile: its working arrays (some ten of 800 KiB) stay in a core's own cache.
_TILE_STUDIES = 100_000
# Tiles in a block, which one thread works through at a time; more where rows are brought together
# by their length, so that there are enough of each.
_BLOCK_TILES = 4
_RAGGED_BLOCK_TILES = 32
# Intervals whose tests do not follow from the standard error.
_OWN_TESTS = ("profile", "skovgaard", "hc", *SIMULATED_INTERVALS)
# What a fit is told of the choices.
_HOW = ("model", "tau2", "ci", "level")
# Arrays that every fit fills.
_FLOATS = (
    *("estimate", "se", "wald_se", "ci_low", "ci_high", "df"),
    *("tau2", "q", "typical_variance"),
)


def blocks(n: int, width: int, *, ragged: bool) -> Iterator[slice]:
    """Rows of each block."""
    count = _RAGGED_BLOCK_TILES if ragged else _BLOCK_TILES
    rows = max(count * _TILE_STUDIES // max(width, 1), 1)
    return (slice(start, min(start + rows, n)) for start in range(0, n, rows))


class Columns:
    """The arrays of a `PooledMany` while tiles fill them; tiles do not overlap, so threads may."""

    def __init__(
        self, n: int, width: int, choices: Choices, more: MoreIntervals, *, weights: bool
    ) -> None:
        self._choices, self._more = choices, more
        self._arrays: dict[str, NDArray[Any]] = {name: np.empty(n) for name in _FLOATS}
        self._arrays["k"] = np.empty(n, dtype=np.int64)
        self._arrays["hartung_knapp"] = np.empty(n, dtype=bool)
        if weights:
            self._arrays["weights"] = np.empty((n, width))
        self._arrays |= {name: np.empty(n) for name in more.names()}
        if choices.ci in _OWN_TESTS:
            self._arrays |= {"_statistic": np.empty(n), "_p_value": np.empty(n)}

    def frozen(self) -> dict[str, NDArray[Any]]:
        """All arrays by name, read-only from now on."""
        return {name: frozen(values) for name, values in self._arrays.items()}

    def fill(self, block: slice, yi: NDArray[Any], vi: NDArray[Any]) -> None:
        """Pool the rows of a block, tile by tile, and write the results to their place."""
        k = count_studies(yi, vi)
        if "weights" in self._arrays or (k == yi.shape[1]).all():
            size = max(_TILE_STUDIES // max(yi.shape[1], 1), 1)
            for start in range(0, len(yi), size):
                stop = min(start + size, len(yi))
                rows = slice(block.start + start, block.start + stop)
                self._fill_tile(rows, yi[start:stop], vi[start:stop])
            return
        for chosen, width in rows_by_length(k, _TILE_STUDIES):
            self._fill_tile(block.start + chosen, *packed(yi[chosen], vi[chosen], width))

    def _fill_tile(self, rows: slice | IntArray, yi: NDArray[Any], vi: NDArray[Any]) -> None:
        choices = self._choices
        yi, vi = _ready(yi), _ready(vi)
        data = studies(yi, vi)
        k = data.k.astype(np.int64)
        empty = k == 0
        how: dict[str, Any] = {name: getattr(choices, name) for name in _HOW}
        if choices.ci in SIMULATED_INTERVALS:
            yi[empty, 0], vi[empty, 0] = 0.0, 1.0
            found = fit_resampled(yi, vi, **how, seed=choices.seed, draws=choices.draws)
        else:
            if empty.any():  # stand-ins, so that no kernel meets a row without studies
                data.present[empty, 0] = 1.0
            found = fit_studies(data, **how)
        self._store(rows, found, k, self._more.limits(data, found, choices.level))

    def _store(
        self, rows: slice | IntArray, found: Fit, k: IntArray, limits: dict[str, FloatArray]
    ) -> None:
        results = limits | {
            "estimate": found.estimate,
            "se": found.se,
            "wald_se": found.wald_se,
            "ci_low": found.low,
            "ci_high": found.high,
            "df": found.df,
            "tau2": found.tau2,
            "q": found.heterogeneity.q,
            "typical_variance": found.heterogeneity.typical_variance * found.unit**2,
            "hartung_knapp": found.hartung_knapp,
            "k": k,
        }
        if "_p_value" in self._arrays:
            results |= {"_statistic": found.statistic, "_p_value": found.p_value}
        if "weights" in self._arrays:
            results["weights"] = found.weights[:, : self._arrays["weights"].shape[1]]
        for name, values in results.items():
            self._arrays[name][rows] = values
        few = k < (2 if self._choices.ci in NEEDS_TWO_STUDIES else 1)
        if few.any():
            numbers = np.arange(len(self._arrays["k"]))[rows]
            self._blank(numbers[few], numbers[k == 0])

    def _blank(self, few: IntArray, empty: IntArray) -> None:
        """NaN for what too few studies cannot tell."""
        for name in ("ci_low", "ci_high", "df"):
            self._arrays[name][few] = np.nan
        for name in self._arrays.keys() - {"k", "hartung_knapp", "weights"}:
            self._arrays[name][empty] = np.nan
        self._arrays["hartung_knapp"][empty] = False
        if "weights" in self._arrays:
            self._arrays["weights"][empty] = 0.0


def _ready(values: NDArray[Any]) -> FloatArray:
    """A tile of floats of its own, in the order in memory that suits the length of its rows.

    An empty row gets a place for its stand-in.
    """
    rows, width = values.shape
    tile = np.empty((rows, max(width, 1)), order="F" if width <= SHORT_ROW else "C")
    tile[:, :width] = values
    tile[:, width:] = np.nan
    return tile
