"""`pool_many`: arrays of meta-analyses in, arrays of results out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike

from metaonc.batch.inputs import check, matrix
from metaonc.batch.intervals import MoreIntervals
from metaonc.batch.result import PooledMany
from metaonc.batch.tiles import Columns, blocks
from metaonc.errors import PoolingError
from metaonc.pooling.choices import choose
from metaonc.pooling.counts.count_models import COUNT_MODELS
from metaonc.pooling.pool import with_simulation

Progress = Callable[[int, int], object]


def pool_many(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    model: str | None = None,
    tau2: str | float | None = None,
    ci: str | None = None,
    level: float | None = None,
    policy: str | None = None,
    seed: int | None = None,
    draws: int | None = None,
    tau2_interval: str | None = None,
    prediction: str | None = None,
    weights: bool = False,
    progress: Progress | None = None,
    workers: int | None = None,
) -> PooledMany:
    """Pool every row of effects, each row a meta-analysis of its own.

    The same arithmetic as :func:`metaonc.pool`, for thousands to millions of rows. Rows are worked
    on in small tiles, on several threads; what comes out does not depend on either.

    Parameters
    ----------
    yi : array_like of float, shape (n, k)
        Effects on the analysis scale; NaN where a row has fewer than k studies. May be a
        `numpy.memmap` larger than memory.
    vi : array_like of float, shape (n, k)
        Their sampling variances, each > 0, in squared units of `yi`; NaN for a missing study.
    model, tau2, ci, level, policy
        As for :func:`metaonc.pool`.
    seed, draws : int, optional
        As there; every row starts from the same seed, so that it gives what it gives alone. A
        resampled interval fits thousands of samples of each row.
    tau2_interval : str, optional
        Also find confidence intervals of tau²: ``"QP"`` or another method of
        :meth:`metaonc.PooledResult.tau2_interval` that is not simulated.
    prediction : str, optional
        Also find prediction intervals, by a method of
        :meth:`metaonc.PooledResult.prediction_interval` that is not simulated.
    weights : bool, default False
        Keep the weight of every study, an array as large as `yi`.
    progress : callable, optional
        Called as ``progress(done, total)`` in rows, from this thread; `done` rises to `total`.
    workers : int, optional
        Threads. Default: one per processor, at most 8.

    Returns
    -------
    PooledMany
        A row without studies gives NaN and k = 0; a row of one study gives what `pool` gives, and
        NaN limits if the interval needs two studies.

    Raises
    ------
    EffectsError
        If `yi` and `vi` are not two arrays of one shape (n, k), or hold a study with an infinite
        effect or without a finite variance > 0.
    PoolingError
        If an argument is not one that `pool` takes, or `workers` is not a number >= 1.

    Examples
    --------
    >>> import metaonc as mo
    >>> yi = [[-0.62, -0.80, -0.51], [0.10, -0.04, float("nan")]]
    >>> vi = [[0.043, 0.008, 0.030], [0.020, 0.015, float("nan")]]
    >>> many = mo.pool_many(yi, vi)
    >>> many
    <PooledMany: 2 fits, k = 2 to 3, random effects, tau² REML, ci auto>
    >>> many.estimate.round(3)
    array([-0.693,  0.02 ])
    """
    if model in COUNT_MODELS:
        raise PoolingError(
            f"model = {model!r} pools counts, and pool_many takes yi and vi; pool one after the "
            "other with pool(), or many at once with the functions of metaonc.kernels "
            "(mantel_haenszel, peto)."
        )
    choices = choose(model=model, tau2=tau2, ci=ci, level=level, policy=policy)
    choices = with_simulation(choices, None, seed, draws)
    more = MoreIntervals(tau2_interval, prediction).checked(choices)
    threads = _threads(workers)
    yi, vi = matrix("yi", yi), matrix("vi", vi)
    ragged = check(yi, vi)
    columns = Columns(len(yi), yi.shape[1], choices, more, weights=weights)

    def work(block: slice) -> int:
        columns.fill(block, yi[block], vi[block])
        return int(block.stop)

    for done in _run(work, list(blocks(len(yi), yi.shape[1], ragged=ragged)), threads):
        if progress is not None:
            progress(done, len(yi))
    return PooledMany(choices=choices, **columns.frozen())


def _threads(workers: object) -> int:
    if workers is None:
        return min(os.cpu_count() or 1, 8)
    if isinstance(workers, bool) or not isinstance(workers, int | np.integer) or workers < 1:
        raise PoolingError(f"workers = {workers!r} must be a whole number >= 1.")
    return int(workers)


def _run(work: Callable[[slice], int], tiles: list[slice], threads: int) -> Iterator[int]:
    """Rows done after each tile, in the order of the tiles."""
    if min(threads, len(tiles)) < 2:
        yield from map(work, tiles)
        return
    with ThreadPoolExecutor(threads) as executor:
        try:
            yield from executor.map(work, tiles)
        finally:  # a failure, or an interruption while waiting: leave the rest undone
            executor.shutdown(wait=True, cancel_futures=True)
