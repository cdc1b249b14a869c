"""Ranges of a pooled result's numbers over all values that round to the printed figures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from metaonc.diagnostics.alternatives.extremes import find_extremes
from metaonc.diagnostics.alternatives.printed_figures import StudyBox
from metaonc.kernels import FloatArray, fit
from metaonc.kernels.intervals import quantile, two_sided_p
from metaonc.kernels.weight_bounds import Box, limit_range, statistic_range
from metaonc.pooling import PooledResult

# Intervals that take a search of their own for each fit.
_SLOW = ("profile", "skovgaard", "hc")
QUANTITIES = ("estimate", "ci_low", "ci_high", "p_value", "tau2", "i2")


class Range(NamedTuple):
    """Smallest and largest value, and whether they are exact or the best that was found."""

    low: float
    high: float
    exact: bool


class PrintedSpace:
    """All values of the figures as a unit box, and the result at any point of it.

    Parameters
    ----------
    result : PooledResult
        What is fitted, with its choices.
    boxes : sequence of StudyBox
        One per study.
    """

    def __init__(self, result: PooledResult, boxes: Sequence[StudyBox]) -> None:
        self.result, self.boxes = result, boxes
        sizes = [len(box.at) for box in boxes]
        self._ends = np.cumsum([0, *sizes])
        self._low, high, at = (
            np.concatenate([getattr(box, name) for box in boxes]) for name in ("low", "high", "at")
        )
        self._width = high - self._low  # 0 for a variance that follows from counts
        self.at = (at - self._low) / np.where(self._width > 0, self._width, 1.0)
        self._from_tau2 = result.heterogeneity_from == "tau2"

    @property
    def d(self) -> int:
        """Number of coordinates: figures that are free."""
        return len(self.at)

    def effects(self, unit: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Effects and variances, shape (n, k), at points of the unit box."""
        points = self._low + unit * self._width
        pairs = [
            box.effects(points[:, start:stop])
            for box, start, stop in zip(self.boxes, self._ends, self._ends[1:], strict=False)
        ]
        yi, vi = (np.stack([pair[j] for pair in pairs], axis=1) for j in (0, 1))
        return yi, vi

    def values(self, unit: FloatArray, *, wald: bool = False) -> FloatArray:
        """The quantities, shape (n, 6), at points of the unit box; NaN where there is no effect.

        With `wald` the limits are Wald's.
        """
        choices = self.result.choices
        yi, vi = self.effects(unit)
        good = (np.isfinite(yi) & np.isfinite(vi) & (vi > 0)).all(axis=1)
        found = np.full((len(unit), len(QUANTITIES)), np.nan)
        if good.any():
            fitted = fit(
                yi[good],
                vi[good],
                model=choices.model,
                tau2=choices.tau2,
                ci="wald" if wald else choices.ci,
                level=choices.level,
            )
            spread = fitted.heterogeneity
            i2 = spread.i2_from_tau2 if self._from_tau2 else spread.i2_from_q
            found[good] = np.stack(
                [fitted.estimate, fitted.low, fitted.high, fitted.p_value, fitted.tau2, i2], axis=1
            )
        return found

    def study_ranges(self) -> FloatArray:
        """Ranges with one study's figures free at a time, shape (k, 6, 2)."""
        found = np.empty((len(self.boxes), len(QUANTITIES), 2))
        middle = self.values(self.at[None])[0]
        for i, (start, stop) in enumerate(zip(self._ends, self._ends[1:], strict=False)):
            steps = 9 if stop - start <= 2 and self.result.choices.ci not in _SLOW else 3
            grid = np.array(list(product(np.linspace(0, 1, steps), repeat=stop - start)))
            points = np.repeat(self.at[None], len(grid), axis=0)
            points[:, start:stop] = grid
            values = np.concatenate([self.values(points), middle[None]])
            found[i, :, 0], found[i, :, 1] = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
        return found


def ranges(space: PrintedSpace, seed: int) -> tuple[dict[str, Range], int]:
    """The range of each quantity, and how many fits the search took."""
    values = space.values(space.at[None] if space.d else np.empty((1, 0)))[0]
    if not space.d:
        return {
            name: Range(float(v), float(v), True)
            for name, v in zip(QUANTITIES, values, strict=True)
        }, 0
    starts = None
    if space.result.choices.ci in _SLOW:  # Wald's limits are most extreme in about the same places
        near = find_extremes(lambda unit: space.values(unit, wald=True), space.at, seed=seed)
        starts = np.concatenate([near.lowest_at, near.highest_at])
    found = find_extremes(space.values, space.at, seed=seed, starts=starts)
    searched = {
        name: Range(float(low), float(high), False)
        for name, low, high in zip(QUANTITIES, found.low, found.high, strict=True)
    }
    return searched | _exact(space), found.evaluations


def _exact(space: PrintedSpace) -> dict[str, Range]:
    """What is exact: tau² known, and each study's effect and variance on different figures."""
    result, choices = space.result, space.result.choices
    if isinstance(choices.tau2, str) or not all(box.separate for box in space.boxes):
        return {}
    known = float(choices.tau2)
    box = _box_of(space, known)
    found = {
        "estimate": Range(*limit_range(box), True),
        "tau2": Range(known, known, True),
    }
    if result.ci_method not in ("wald", "t"):
        return found
    df = np.asarray(np.inf if result.ci_method == "wald" else result.k - 1.0)
    z = float(quantile(choices.level, df))
    least, most = statistic_range(box)
    ends = [float(two_sided_p(np.asarray(x), df)) for x in (least, most)]
    crosses = least <= 0 <= most
    return found | {
        "ci_low": Range(*limit_range(box, -z), True),
        "ci_high": Range(*limit_range(box, z), True),
        "p_value": Range(min(ends), 1.0 if crosses else max(ends), True),
    }


def _box_of(space: PrintedSpace, tau2: float) -> Box:
    """Ranges of effects and weights of each study."""
    low = np.array([box.low if len(box.low) else box.effect for box in space.boxes])
    high = np.array([box.high if len(box.high) else box.effect for box in space.boxes])
    return Box(low[:, 0], high[:, 0], 1 / (high[:, 1] + tau2), 1 / (low[:, 1] + tau2))
