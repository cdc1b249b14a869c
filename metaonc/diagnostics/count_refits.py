"""A result of two-arm counts fitted again to other counts, many tables at once."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from metaonc.diagnostics.refits import in_one_batch
from metaonc.effects import Effects
from metaonc.effects.counts.continuity import Added, Correction, corrected_counts, tables_to_correct
from metaonc.effects.tables.recipes import RECIPES
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray, fit
from metaonc.kernels.counts.mantel_haenszel import mantel_haenszel
from metaonc.kernels.counts.peto import peto
from metaonc.kernels.intervals import quantile
from metaonc.pooling import PooledResult
from metaonc.pooling.data import fit_of

TABLE = ("events_1", "n_1", "events_2", "n_2")
_CLOSE = 1e-9  # of a standard error: the counts lead to the effects


class Limits(NamedTuple):
    """Means with their intervals, shape (n,), on the analysis scale."""

    estimate: FloatArray
    low: FloatArray
    high: FloatArray


class CountRefits:
    """Fits a result's model, with its choices, to other events of the same arms.

    Parameters
    ----------
    result : PooledResult
        Of OR, RR, RD, AS or another measure of two arms' counts.
    add, to
        The continuity correction behind the effects, as in :func:`metaonc.effect_sizes`.

    Raises
    ------
    DiagnosticsError
        If the effects carry no counts, are correlated, or do not follow from the counts they carry.
    """

    def __init__(self, result: PooledResult, *, add: Added = 0.5, to: Correction = "only0") -> None:
        self._result, self._add, self._to = result, add, to
        effects = result.effects
        self._recipe = RECIPES.get(effects.measure)
        if self._recipe is None or self._recipe.columns != TABLE:
            raise DiagnosticsError(
                f"event status can be changed in tables of two arms, and the effects are "
                f"{effects.scale.name}s; pool OR, RR or RD."
            )
        missing = [name for name in TABLE if name not in effects.columns]
        if missing or effects.covariance is not None:
            why = f"have no {', '.join(missing)}" if missing else "have a known covariance"
            raise DiagnosticsError(
                f"the effects {why}; make them with effect_sizes() from independent tables."
            )
        self.events_1, self.n_1, self.events_2, self.n_2 = (
            np.asarray(effects.columns[name], dtype=float) for name in TABLE
        )
        self._check_follow()

    def _check_follow(self) -> None:
        effects = self._result.effects
        yi, vi = self._effects(self.events_1[None], self.events_2[None])
        far = np.abs(yi[0] - effects.yi) > _CLOSE * effects.sei
        far |= np.abs(vi[0] - effects.vi) > _CLOSE * effects.vi
        if far.any():
            raise DiagnosticsError(
                f"{effects.labels[int(np.argmax(far))]}: the effect does not follow from its "
                f"counts with add = {self._add!r}, to = {self._to!r}; name the continuity "
                "correction that effect_sizes() was given."
            )

    def __call__(self, events_1: FloatArray, events_2: FloatArray) -> Limits:
        """Means and limits for events of shape (n, k); NaN where the counts leave none."""
        choices = self._result.choices
        if choices.count_model in ("mh", "peto"):
            return self._sums(events_1, events_2)
        if not in_one_batch(self._result):
            return self._one_by_one(events_1, events_2)
        yi, vi = self._effects(events_1, events_2)
        found = fit(
            yi, vi, model=choices.model, tau2=choices.tau2, ci=choices.ci, level=choices.level
        )
        return Limits(found.estimate, found.low, found.high)

    def _effects(self, events_1: FloatArray, events_2: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Effects and variances, shape (n, k); NaN for a table without."""
        assert self._recipe is not None
        shape = events_1.shape
        sizes = [np.broadcast_to(n, shape) for n in (self.n_1, self.n_2)]
        arrays = (events_1, sizes[0], events_2, sizes[1])
        columns = {name: array.ravel() for name, array in zip(TABLE, arrays, strict=True)}
        which = self._corrected(columns, shape) & self._recipe.corrected
        table = corrected_counts(columns, which, self._add)
        with np.errstate(divide="ignore", invalid="ignore"):
            yi, vi = self._recipe.compute(self._result.effects.measure, *table)
        good = np.isfinite(yi) & np.isfinite(vi) & (vi > 0)
        return (
            np.where(good, yi, np.nan).reshape(shape),
            np.where(good, vi, np.nan).reshape(shape),
        )

    def _corrected(self, columns: dict[str, FloatArray], shape: tuple[int, ...]) -> np.ndarray:
        if self._to != "if0all":
            return tables_to_correct(columns, self._add, self._to)
        empty = tables_to_correct(columns, self._add, "only0").reshape(shape)
        return np.broadcast_to(empty.any(axis=-1, keepdims=True), shape).ravel()

    def _sums(self, events_1: FloatArray, events_2: FloatArray) -> Limits:
        effects, choices = self._result.effects, self._result.choices
        counts = (events_1, self.n_1, events_2, self.n_2)
        if choices.count_model == "peto":
            mean, _, _ = peto(*counts)
        else:
            mean = mantel_haenszel(effects.measure, *counts)
        half = quantile(choices.level, np.full_like(mean.se, np.inf)) * mean.se
        with np.errstate(invalid="ignore"):
            return Limits(mean.estimate, mean.estimate - half, mean.estimate + half)

    def _one_by_one(self, events_1: FloatArray, events_2: FloatArray) -> Limits:
        yi, vi = self._effects(events_1, events_2)
        found = [
            fit_of(self._with(*row), self._result.choices)
            for row in zip(events_1, events_2, yi, vi, strict=True)
        ]
        return Limits(
            *(np.array([float(getattr(f, name)) for f in found]) for name in Limits._fields)
        )

    def _with(
        self, events_1: FloatArray, events_2: FloatArray, yi: FloatArray, vi: FloatArray
    ) -> Effects:
        effects = self._result.effects
        columns = dict(effects.columns) | {"events_1": tuple(events_1), "events_2": tuple(events_2)}
        return replace(effects, yi=yi, vi=vi, columns=columns)
