"""One tile of rows at a time: small enough that its working arrays stay in a core's own cache."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metaonc.batch.result import IntArray, frozen
from metaonc.kernels import Fit, FloatArray, studies
from metaonc.kernels.arrays import SHORT_ROW
from metaonc.kernels.fits import fit_studies
from metaonc.pooling.choices import NEEDS_TWO_STUDIES, Choices

# Studies in a tile: its working arrays (some ten of 800 KiB) stay in a core's own cache.
_TILE_STUDIES = 100_000
# Arrays that every fit fills.
_FLOATS = (
    *("estimate", "se", "wald_se", "ci_low", "ci_high", "df"),
    *("tau2", "q", "typical_variance"),
)


def tiles(n: int, width: int) -> Iterator[slice]:
    """Rows of each tile."""
    rows = max(_TILE_STUDIES // max(width, 1), 1)
    return (slice(start, min(start + rows, n)) for start in range(0, n, rows))


class Columns:
    """The arrays of a `PooledMany` while tiles fill them; tiles do not overlap, so threads may."""

    def __init__(self, n: int, width: int, choices: Choices, *, weights: bool) -> None:
        self._choices = choices
        self._arrays: dict[str, NDArray[Any]] = {name: np.empty(n) for name in _FLOATS}
        self._arrays["k"] = np.empty(n, dtype=np.int64)
        self._arrays["hartung_knapp"] = np.empty(n, dtype=bool)
        if weights:
            self._arrays["weights"] = np.empty((n, width))
        if choices.ci in ("profile", "hc"):  # tests that do not follow from the standard error
            self._arrays |= {"_statistic": np.empty(n), "_p_value": np.empty(n)}

    def frozen(self) -> dict[str, NDArray[Any]]:
        """All arrays by name, read-only from now on."""
        return {name: frozen(values) for name, values in self._arrays.items()}

    def fill(self, rows: slice, yi: NDArray[Any], vi: NDArray[Any]) -> None:
        """Pool the rows of a tile and write the results to their place."""
        choices = self._choices
        data = studies(_ready(yi), _ready(vi))
        k = data.k.astype(np.int64)
        empty = k == 0
        if empty.any():  # stand-ins, so that no kernel meets a row without studies
            data.present[empty, 0] = 1.0
        found = fit_studies(
            data, model=choices.model, tau2=choices.tau2, ci=choices.ci, level=choices.level
        )
        self._store(rows, found, k)

    def _store(self, rows: slice, found: Fit, k: IntArray) -> None:
        results = {
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
            self._blank(rows, few, k == 0)

    def _blank(self, rows: slice, few: NDArray[np.bool_], empty: NDArray[np.bool_]) -> None:
        """NaN for what too few studies cannot tell."""
        for name in ("ci_low", "ci_high", "df"):
            self._arrays[name][rows][few] = np.nan
        for name in self._arrays.keys() - {"k", "hartung_knapp", "weights"}:
            self._arrays[name][rows][empty] = np.nan
        self._arrays["hartung_knapp"][rows][empty] = False
        if "weights" in self._arrays:
            self._arrays["weights"][rows][empty] = 0.0


def _ready(values: NDArray[Any]) -> FloatArray:
    """A tile of floats of its own, in the order in memory that suits the length of its rows.

    An empty row gets a place for its stand-in.
    """
    rows, width = values.shape
    tile = np.empty((rows, max(width, 1)), order="F" if width <= SHORT_ROW else "C")
    tile[:, :width] = values
    tile[:, width:] = np.nan
    return tile
