"""Extremes of several functions over one box, searched for in batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from metaonc.kernels import FloatArray

Evaluate = Callable[[FloatArray], FloatArray]

_RANDOM = 256  # corners, and as many points inside, to start from
_STEPS: tuple[float, ...] = (0.25, 0.1, 0.03, 0.01)  # of the box, around the best point so far
_MOST_ROUNDS = 60
_FEW = 16  # random points of each kind, and one step, where each evaluation takes its time
_GAIN = 1e-9  # relative to the range: less is no gain


class Extremes(NamedTuple):
    """Smallest and largest value of each function, shape (m,), and the points, shape (m, d)."""

    low: FloatArray
    high: FloatArray
    lowest_at: FloatArray
    highest_at: FloatArray
    evaluations: int


def find_extremes(
    evaluate: Evaluate,
    at: FloatArray,
    *,
    seed: int = 0,
    starts: FloatArray | None = None,
) -> Extremes:
    """Search a unit box for the extremes of several functions at once.

    Parameters
    ----------
    evaluate : callable
        Points of shape (n, d), each coordinate in 0..1, to values of shape (n, m); NaN where a
        function has none.
    at : ndarray, shape (d,)
        A point to start from.
    seed : int, default 0
        Of the random starting points.
    starts : ndarray, shape (n, d), optional
        Points near the extremes, where they are known and evaluations are slow: few others are
        tried then, and few rounds made.

    Notes
    -----
    From the best of corners and inner points, each extreme is improved by moving one coordinate at
    a time to an end or by a step, and by all such moves that help together; steps shrink once
    nothing helps. The values are attained, so the true extremes lie at or beyond them.
    """
    number, steps, rounds = _RANDOM, _STEPS, _MOST_ROUNDS
    if starts is not None:
        number, steps, rounds = _FEW, _STEPS[:1], 2
    begin = at[None] if starts is None else np.concatenate([at[None], starts])
    search = _Search(evaluate, begin, number, np.random.default_rng(seed))
    for step in steps:
        for _ in range(rounds):
            if not search.improve(step):
                break
    return search.extremes()


class _Search:
    def __init__(
        self, evaluate: Evaluate, begin: FloatArray, number: int, random: np.random.Generator
    ) -> None:
        d = begin.shape[1]
        self._evaluate, self.evaluations = evaluate, 0
        corners = random.integers(0, 2, (number, d)).astype(float)
        ends = np.stack([np.zeros(d), np.ones(d)])
        points = np.concatenate([begin, ends, corners, random.random((number, d))])
        values = self._signed(points)
        best = np.argmax(values, axis=0)
        self._points, self._values = points[best], values[best, np.arange(values.shape[1])]

    def _signed(self, points: FloatArray) -> FloatArray:
        """Values, then their negatives: 2m functions to maximise."""
        self.evaluations += len(points)
        values = self._evaluate(points)
        both = np.concatenate([values, -values], axis=1)
        return np.where(np.isnan(both), -np.inf, both)

    def improve(self, step: float) -> bool:
        """One round of moves for every function; whether any gained."""
        targets, d = self._points.shape
        moved = np.repeat(self._points[:, None], 4 * d, axis=1)
        coordinate = np.tile(np.arange(d), 4)
        own = self._points[:, coordinate]
        ends = np.repeat([0.0, 1.0], d)
        to = np.concatenate([np.broadcast_to(ends, (targets, 2 * d)), own[:, 2 * d :]], axis=1)
        to[:, 2 * d : 3 * d] -= step
        to[:, 3 * d :] += step
        moved[:, np.arange(4 * d), coordinate] = np.clip(to, 0, 1)
        values = self._signed(moved.reshape(-1, d)).reshape(targets, 4 * d, targets)
        each = values[np.arange(targets), :, np.arange(targets)]  # each function at its own moves
        together = self._together(each, to, d)
        joint = self._signed(together)
        # A move made for one function may serve another.
        points = np.concatenate([moved.reshape(-1, d), together])
        every = np.concatenate([values.reshape(-1, targets), joint])
        best = np.argmax(every, axis=0)
        found = every[best, np.arange(targets)]
        scale = np.abs(self._values[: targets // 2] + self._values[targets // 2 :])
        enough = _GAIN * np.tile(scale, 2)
        with np.errstate(invalid="ignore"):
            gains = (found > self._values) & ~(found - self._values <= enough)
        better = found > self._values
        self._points = np.where(better[:, None], points[best], self._points)
        self._values = np.where(better, found, self._values)
        return bool(gains.any())

    def _together(self, each: FloatArray, to: FloatArray, d: int) -> FloatArray:
        """Every coordinate moved as is best for it alone."""
        by_coordinate = each.reshape(len(each), 4, d)
        choice = np.argmax(by_coordinate, axis=1)
        gain = np.take_along_axis(by_coordinate, choice[:, None], axis=1)[:, 0]
        moves = np.take_along_axis(to.reshape(len(each), 4, d), choice[:, None], axis=1)[:, 0]
        helps = gain > self._values[:, None]
        return np.where(helps, np.clip(moves, 0, 1), self._points)

    def extremes(self) -> Extremes:
        m = len(self._values) // 2
        return Extremes(
            -self._values[m:],
            self._values[:m],
            self._points[m:],
            self._points[:m],
            self.evaluations,
        )
