"""Subsets of the studies of one meta-analysis as rows of a batch, in tiles that fit a cache."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

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
    """What is found of each subset, shape (n,) each.

    Mean, its standard error from the weights alone, tau², Q, I² from tau² and from Q.
    """

    estimate: FloatArray
    wald_se: FloatArray
    tau2: FloatArray
    q: FloatArray
    i2_from_tau2: FloatArray
    i2_from_q: FloatArray


def fit_subsets(
    whole: Studies, keep: NDArray[np.bool_], *, model: Model, tau2: str | float
) -> SubsetFits:
    """Pool subsets of the studies of one meta-analysis.

    Subsets of one size are rows without missing studies, so that nothing is computed of those.

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
    sizes = np.count_nonzero(keep, axis=1)
    found = np.empty((len(SubsetFits._fields), len(keep)))
    for size in np.unique(sizes):
        rows = np.flatnonzero(sizes == size)
        members = np.nonzero(keep[rows])[1].reshape(len(rows), size)
        for tile in tiles(len(rows), int(size)):
            found[:, rows[tile]] = _fit(_packed(whole, members[tile]), model, tau2)
    return SubsetFits(*found)


def _fit(data: Studies, model: Model, tau2: str | float) -> FloatArray:
    common = weigh(data)
    between, at = np.zeros_like(common.total), common
    if model == "random":
        between = estimate_tau2(data, tau2, common)
        at = weigh(data, between) if between.any() else common
    spread = heterogeneity(data, common, between)
    unit = data.unit
    parts = (
        at.mean * unit,
        unit / np.sqrt(at.total),
        between * unit * unit,
        spread.q,
        spread.i2_from_tau2,
        spread.i2_from_q,
    )
    return np.stack(parts)


def _packed(whole: Studies, members: NDArray[np.int_]) -> Studies:
    """A row for each subset, all in the unit of all studies.

    Short rows lie study by study in memory, as everywhere in the kernels.
    """
    short = members.shape[1] <= SHORT_ROW
    places = np.ascontiguousarray(members.T) if short else members
    yi, vi = whole.yi[places], whole.vi[places]
    if short:
        yi, vi = yi.T, vi.T
    return Studies(yi, vi, np.ones_like(yi), np.broadcast_to(whole.unit, len(members)))


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
