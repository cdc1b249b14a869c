"""`pool_many`: arrays of meta-analyses in, arrays of results out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from metaonc.effects import checked_level
from metaonc.errors import EffectsError, PoolingError
from metaonc.kernels import Fit, FloatArray, fit, prediction_hts
from metaonc.kernels.intervals import two_sided_p
from metaonc.pooling.choices import NEEDS_TWO_STUDIES, Choices, choose

if TYPE_CHECKING:
    import pandas as pd

IntArray = NDArray[np.int64]
Progress = Callable[[int, int], object]
Array = TypeVar("Array", bound=NDArray[Any])

# Studies in a tile: its working arrays (some twenty of 128 KiB) stay in a core's own cache.
_TILE_STUDIES = 16_000
# Up to here a tile is stored with the studies of a row far apart and the rows side by side, so that
# a sum over studies adds long vectors; beyond, a row is long enough to be summed on its own.
_LONGEST_SHORT_ROW = 256
# Rows of one step of checking and of finding p values.
_CHUNK = 1 << 17


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PooledMany:
    """Pooled effects of many meta-analyses: read-only arrays, shape (n,), a row each.

    Made by :func:`metaonc.pool_many`. Names and meanings are those of
    :class:`metaonc.PooledResult`; everything is on the analysis scale. A row
    without studies is NaN.

    Attributes
    ----------
    choices : Choices
        Policy, model, tau² estimator, interval and level of every row.
    k : ndarray of int
        Number of studies.
    estimate, se, wald_se, ci_low, ci_high, statistic, df : ndarray
        The mean, its standard error (by the chosen interval, and from the weights alone),
        confidence limits, and test statistic with its degrees of freedom (infinite for z). NaN
        limits where one study is not enough for the chosen interval.
    tau2 : ndarray
        Between-study variance; 0 for a fixed effect.
    q, i2_from_q, i2_from_tau2, h2 : ndarray
        Cochran's Q; I² (fractions) both ways; H² in the same way as `i2`.
    hartung_knapp : ndarray of bool
        Whether the interval is a Hartung-Knapp one.
    weights : ndarray, shape (n, k), or None
        Share of each study, 0 for a missing one; only where asked for.
    """

    choices: Choices
    k: IntArray
    estimate: FloatArray
    se: FloatArray
    wald_se: FloatArray
    ci_low: FloatArray
    ci_high: FloatArray
    statistic: FloatArray
    df: FloatArray
    tau2: FloatArray
    q: FloatArray
    i2_from_q: FloatArray
    i2_from_tau2: FloatArray
    h2: FloatArray
    hartung_knapp: NDArray[np.bool_]
    weights: FloatArray | None = field(default=None)

    def __len__(self) -> int:
        return len(self.estimate)

    @cached_property
    def p_value(self) -> FloatArray:
        """Two-sided p values of "the mean is 0 on the analysis scale"; found when first asked."""
        undefined = np.isnan(self.df)

        def find(rows: slice) -> FloatArray:
            found = two_sided_p(self.statistic[rows], self.df[rows])
            return np.where(undefined[rows], np.nan, found)

        return _by_chunks(len(self), find)

    @cached_property
    def q_p(self) -> FloatArray:
        """P values of Q; 1 for one study. Found when first asked for."""

        def find(rows: slice) -> FloatArray:
            several = self.q_df[rows] > 0
            found = chdtrc(np.where(several, self.q_df[rows], 1), self.q[rows])
            return np.where(several | (self.k[rows] == 0), found, 1.0)

        return _by_chunks(len(self), find)

    @cached_property
    def q_df(self) -> IntArray:
        """Degrees of freedom of Q: k - 1; 0 also where there is no study."""
        return _frozen(np.maximum(self.k - 1, 0))

    @property
    def i2(self) -> FloatArray:
        """I², fractions: from Q for a fixed effect, else from tau² or Q as the policy says."""
        from_q = self.choices.heterogeneity_from == "q"
        return self.i2_from_q if from_q else self.i2_from_tau2

    def prediction_interval(self, level: float | None = None) -> tuple[FloatArray, FloatArray]:
        """Intervals for the effect in a new study, by Higgins, Thompson and Spiegelhalter.

        Parameters
        ----------
        level : float, optional
            Level. Default: the result's.

        Returns
        -------
        low, high : ndarray, shape (n,)
            NaN for a fixed effect and where there are fewer than three studies.
        """
        level = checked_level(self.choices.level if level is None else level, PoolingError)
        enough = self.k > 2 if self.choices.model == "random" else np.zeros(len(self), dtype=bool)
        k = np.where(enough, self.k, 0).astype(float)
        low, high = prediction_hts(self.estimate, self.wald_se, self.tau2, k, level)
        return _frozen(low), _frozen(high)

    def row(self, i: int) -> dict[str, float | int]:
        """Everything about one meta-analysis as plain numbers, by the names of the arrays."""
        return {name: values[i].item() for name, values in self._columns().items()}

    def to_frame(self) -> pd.DataFrame:
        """One row per meta-analysis, a column per array (without the weights)."""
        import pandas as pd

        return pd.DataFrame(self._columns())

    def _columns(self) -> dict[str, NDArray[Any]]:
        return {name: getattr(self, name) for name in _COLUMNS}

    def __repr__(self) -> str:
        model = "fixed effect" if self.choices.model == "fixed" else "random effects"
        if self.choices.model == "random":
            model += f", tau² {self.choices.tau2}"
        low, high = (self.k.min(), self.k.max()) if len(self) else (0, 0)
        k = f"k = {low}" if low == high else f"k = {low} to {high}"
        fits = "fit" if len(self) == 1 else "fits"
        return f"<PooledMany: {len(self):,} {fits}, {k}, {model}, ci {self.choices.ci}>"


# Arrays of floats that the kernels fill, and all that a row or a table shows.
_FLOATS = (
    *("estimate", "se", "wald_se", "ci_low", "ci_high", "statistic", "df"),
    *("tau2", "q", "i2_from_q", "i2_from_tau2", "h2"),
)
_COLUMNS = (
    *("k", "estimate", "se", "ci_low", "ci_high", "p_value", "statistic", "df", "wald_se"),
    *("tau2", "q", "q_df", "q_p", "i2", "i2_from_q", "i2_from_tau2", "h2"),
)


def pool_many(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    model: str | None = None,
    tau2: str | float | None = None,
    ci: str | None = None,
    level: float | None = None,
    policy: str | None = None,
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
    choices = choose(model=model, tau2=tau2, ci=ci, level=level, policy=policy)
    threads = _threads(workers)
    yi, vi = _matrix("yi", yi), _matrix("vi", vi)
    _check(yi, vi)
    n, width = yi.shape
    columns = _empty_columns(n)
    shares = np.empty((n, width)) if weights else None

    def work(rows: slice) -> int:
        found, k = _fit_tile(yi[rows], vi[rows], choices)
        _store(columns, rows, found, k, choices)
        if shares is not None:
            shares[rows] = np.where((k > 0)[:, None], found.weights[: len(k), :width], 0.0)
        return int(rows.stop)

    for done in _run(work, list(_tiles(n, width)), threads):
        if progress is not None:
            progress(done, n)
    for values in columns.values():
        _frozen(values)
    return PooledMany(
        choices=choices, weights=None if shares is None else _frozen(shares), **columns
    )


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


def _tiles(n: int, width: int) -> Iterator[slice]:
    rows = max(_TILE_STUDIES // max(width, 1), 1)
    return (slice(start, min(start + rows, n)) for start in range(0, n, rows))


# Input -------------------------------------------------------------------------------------------


def _matrix(name: str, values: ArrayLike) -> NDArray[Any]:
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


def _check(yi: NDArray[Any], vi: NDArray[Any]) -> None:
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


# One tile ----------------------------------------------------------------------------------------


def _fit_tile(yi: NDArray[Any], vi: NDArray[Any], choices: Choices) -> tuple[Fit, IntArray]:
    """Fit of a tile, perhaps with a stand-in row at the end, and its numbers of studies."""
    rows = len(yi)
    yi, vi = _ready(yi), _ready(vi)
    k = (~(np.isnan(yi) | np.isnan(vi))).sum(axis=-1)
    empty = k == 0
    if empty.any():  # stand-ins, so that no kernel meets a row without studies
        yi[empty, 0], vi[empty, 0] = 0.0, 1.0
    found = fit(yi, vi, model=choices.model, tau2=choices.tau2, ci=choices.ci, level=choices.level)
    return found, k[:rows]


def _ready(values: NDArray[Any]) -> FloatArray:
    """A tile of floats of its own, in the order in memory that suits the length of its rows.

    A row on its own gets company and an empty row a place for its stand-in: two rows or more are
    summed study by study, one would be summed in another order, with other rounding.
    """
    rows, width = values.shape
    order: Literal["C", "F"] = "F" if width <= _LONGEST_SHORT_ROW else "C"
    tile = np.full((max(rows, 2), max(width, 1)), np.nan, order=order)
    tile[:rows, :width] = values
    return tile


def _empty_columns(n: int) -> dict[str, NDArray[Any]]:
    columns: dict[str, NDArray[Any]] = {name: np.empty(n) for name in _FLOATS}
    columns["k"] = np.empty(n, dtype=np.int64)
    columns["hartung_knapp"] = np.empty(n, dtype=bool)
    return columns


def _store(
    columns: dict[str, NDArray[Any]], rows: slice, found: Fit, k: IntArray, choices: Choices
) -> None:
    """Write the results of a tile to their place."""
    inference, spread = found.inference, found.heterogeneity
    results = {
        "estimate": found.estimate,
        "se": inference.se,
        "wald_se": found.wald_se,
        "ci_low": inference.low,
        "ci_high": inference.high,
        "statistic": inference.statistic,
        "df": inference.df,
        "tau2": found.tau2,
        "q": spread.q,
        "i2_from_q": spread.i2_from_q,
        "i2_from_tau2": spread.i2_from_tau2,
        "h2": spread.h2_from_q if choices.heterogeneity_from == "q" else spread.h2_from_tau2,
    }
    too_few = k < (2 if choices.ci in NEEDS_TWO_STUDIES else 1)
    for name, values in results.items():
        column = columns[name][rows]
        column[:] = values[: len(k)]
        column[k == 0] = np.nan
    for name in ("ci_low", "ci_high", "df"):
        columns[name][rows][too_few] = np.nan
    columns["k"][rows] = k
    columns["hartung_knapp"][rows] = found.hartung_knapp[: len(k)] & (k > 0)


# Output ------------------------------------------------------------------------------------------


def _frozen(values: Array) -> Array:
    values.flags.writeable = False
    return values


def _by_chunks(n: int, find: Callable[[slice], FloatArray]) -> FloatArray:
    """An array of n values, found without working arrays of that length."""
    values = np.empty(n)
    for start in range(0, n, _CHUNK):
        rows = slice(start, min(start + _CHUNK, n))
        values[rows] = find(rows)
    return _frozen(values)
