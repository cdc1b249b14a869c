"""Subsets of the studies of one meta-analysis as rows of a batch, in tiles that fit a cache."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metaonc.kernels.arrays import SHORT_ROW, FloatArray, Studies
from metaonc.kernels.estimators import estimate_tau2
from metaonc.kernels.fits import Model
from metaonc.kernels.heterogeneity import heterogeneity
from metaonc.kernels.weighting import weigh

# Places for studies in a tile: its working arrays stay in a core's own cache.
TILE_STUDIES = 30_000


def tiles(n: int, k: int) -> Iterator[slice]:
    """Rows of each tile of n subsets of k studies."""
    rows = max(TILE_STUDIES // max(k, 1), 1)
    return (slice(start, min(start + rows, n)) for start in range(0, n, rows))


class SubsetFits(NamedTuple):
    """What is found of each subset, shape (n,) each: mean, tau², Q, I² from tau² and from Q."""

    estimate: FloatArray
    tau2: FloatArray
    q: FloatArray
    i2_from_tau2: FloatArray
    i2_from_q: FloatArray


def fit_subsets(
    whole: Studies, keep: NDArray[np.bool_], *, model: Model, tau2: str | float
) -> SubsetFits:
    """Pool subsets of the studies of one meta-analysis.

    Parameters
    ----------
    whole : Studies
        All studies, shape (k,), without moderators.
    keep : ndarray of bool, shape (n, k)
        The studies of each subset, one at least.
    model : {"fixed", "random"}
        Common effect, or random effects.
    tau2 : str or float
        Estimator (a key of `ESTIMATORS`) or a given value >= 0, in the effects' own units.
    """
    several = np.count_nonzero(keep, axis=1) > 1
    found = np.zeros((len(SubsetFits._fields), len(keep)))
    unit = float(whole.unit)
    if not several.all():  # a single study is itself, and as one of many it costs the most
        found[0, ~several] = whole.yi[keep[~several].argmax(axis=1)] * unit
        if model == "random" and not isinstance(tau2, str):
            found[1, ~several] = tau2
    if several.any():
        found[:, several] = _fit_several(_rows(whole, keep[several]), model, tau2)
    return SubsetFits(*found)


def _fit_several(data: Studies, model: Model, tau2: str | float) -> FloatArray:
    common = weigh(data)
    between, at = np.zeros_like(common.total), common
    if model == "random":
        between = estimate_tau2(data, tau2, common)
        at = weigh(data, between)
    spread = heterogeneity(data, common, between)
    parts = (
        at.mean * data.unit,
        between * data.unit * data.unit,
        spread.q,
        spread.i2_from_tau2,
        spread.i2_from_q,
    )
    return np.stack(parts)


def _rows(whole: Studies, keep: NDArray[np.bool_]) -> Studies:
    """A row for each subset, all in the unit of all studies; a missing study is 0 with variance 1.

    Short rows lie study by study in memory, as everywhere in the kernels.
    """
    order: Literal["F", "C"] = "F" if keep.shape[1] <= SHORT_ROW else "C"
    present = np.asarray(keep, dtype=float, order=order)
    unit = np.broadcast_to(whole.unit, len(keep))
    return Studies(whole.yi * present, 1 + (whole.vi - 1) * present, present, unit)


def all_subsets(k: int, rows: slice) -> NDArray[np.bool_]:
    """Some of the 2^k - 1 subsets of k studies in binary order, shape (rows, k); none is empty."""
    numbers = np.arange(rows.start + 1, rows.stop + 1, dtype=np.uint64)
    places = np.arange(k, dtype=np.uint64)[:, None]
    found: NDArray[np.bool_] = ((numbers >> places) & np.uint64(1)).astype(bool).T
    return found


def random_subsets(k: int, count: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Subsets drawn from all that are not empty, each as likely as any other, shape (count, k)."""
    found = rng.integers(0, 2, size=(count, k), dtype=np.uint8).astype(bool)
    while not (some := found.any(axis=1)).all():
        again = np.flatnonzero(~some)
        found[again] = rng.integers(0, 2, size=(len(again), k), dtype=np.uint8).astype(bool)
    return found
