"""Every local maximum of a profile likelihood in tau²: intervals are divided till all are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from metaonc.kernels.arrays import BoolArray, FloatArray, IntArray, Studies, total
from metaonc.kernels.likelihood import Score, score
from metaonc.kernels.peaks import last_tau2, toward_peak
from metaonc.kernels.roots import falling_root_by_rows, smallest_variance
from metaonc.kernels.slope_bounds import falls_between, rises_until
from metaonc.kernels.weighting import weigh

# An interval shorter than this, relative to its place, is not divided further.
_SHORTEST = 1e-9
# Intervals that a search starts from.
_FIRST_PIECES = 40


class Pieces(NamedTuple):
    """Intervals of tau², each of one row, with the slopes at their ends."""

    row: IntArray
    low: FloatArray
    high: FloatArray
    at_low: Score
    at_high: Score

    def rows(self, chosen: BoolArray) -> Pieces:
        """Some of the intervals."""
        low, high = self.at_low.rows(chosen), self.at_high.rows(chosen)
        return Pieces(self.row[chosen], self.low[chosen], self.high[chosen], low, high)

    @classmethod
    def together(cls, every: Sequence[Pieces]) -> Pieces:
        """Several sets of intervals as one."""
        row, low, high = (np.concatenate([part[i] for part in every]) for i in range(3))
        at_low = Score.together([part.at_low for part in every])
        at_high = Score.together([part.at_high for part in every])
        return cls(row, low, high, at_low, at_high)

    def divided(self, place: FloatArray, at: Score) -> Pieces:
        """Each interval cut in two."""
        left = self._replace(high=place, at_high=at)
        return Pieces.together([left, self._replace(low=place, at_low=at)])


class Maxima(NamedTuple):
    """All local maxima of some rows: where the maximum is 0, and intervals that hold one each."""

    at_zero: IntArray
    inside: Pieces

    def counts(self, n: int) -> IntArray:
        """Number of maxima of each of `n` rows."""
        return np.bincount(np.concatenate([self.at_zero, self.inside.row]), minlength=n)

    def among(self, rows: BoolArray) -> Maxima:
        """Those of some rows."""
        inside = self.inside.rows(rows[self.inside.row])
        return Maxima(self.at_zero[rows[self.at_zero]], inside)

    def peaks(self, data: Studies, restricted: bool) -> tuple[IntArray, FloatArray]:
        """Row and tau² of every maximum."""
        inside = self.inside
        places = [np.zeros(len(self.at_zero))]
        if len(inside.row):
            step = partial(toward_peak, restricted=restricted)
            start = 0.5 * (inside.low + inside.high)
            part = data.rows(inside.row)
            places.append(falling_root_by_rows(part, step, inside.low, inside.high, start))
        return np.concatenate([self.at_zero, inside.row]), np.concatenate(places)


def search(data: Studies, restricted: bool) -> Maxima:
    """Every local maximum, by dividing intervals until the bounds tell what is in each.

    Where the slope changes from rising to falling and the likelihood is concave there is one
    maximum; where it changes the other way and is convex there is none.
    """
    spread, floor = total(weigh(data).residuals ** 2), smallest_variance(data)

    def at(rows: IntArray, tau2: FloatArray) -> Score:
        return score(weigh(data.rows(rows), tau2), restricted=restricted)

    left = _first_pieces(floor, last_tau2(data, floor, spread, restricted), at)
    falls_at_zero = (left.low == 0) & (left.at_low.slope <= 0)
    at_zero, inside = left.row[falls_at_zero], []
    while len(left.row):
        one, none = _contents(left, floor)
        inside.append(left.rows(one))
        left = left.rows(~(one | none))
        scale = floor[left.row]
        middle = np.sqrt((left.low + scale) * (left.high + scale)) - scale
        left = left.divided(middle, at(left.row, middle))
    return Maxima(at_zero, Pieces.together(inside))


def _first_pieces(
    floor: FloatArray, end: FloatArray, at: Callable[[IntArray, FloatArray], Score]
) -> Pieces:
    """Intervals from 0 to the end, evenly spaced in the logarithm of tau² + smallest vi."""
    shares = np.linspace(0.0, 1.0, _FIRST_PIECES + 1)
    points = floor[:, None] * np.expm1(np.log1p(end / floor)[:, None] * shares)
    rows = np.repeat(np.arange(len(floor)), len(shares))
    slopes = at(rows, points.ravel())
    not_last, not_first = (np.tile(shares != share, len(floor)) for share in (1.0, 0.0))
    return Pieces(
        rows[not_last],
        points.ravel()[not_last],
        points.ravel()[not_first],
        slopes.rows(not_last),
        slopes.rows(not_first),
    )


def _contents(pieces: Pieces, floor: FloatArray) -> tuple[BoolArray, BoolArray]:
    """Which intervals hold exactly one maximum inside, and which none."""
    low, high = pieces.at_low, pieces.at_high
    up, still_up = low.slope > 0, high.slope > 0
    width = pieces.high - pieces.low
    short = width <= _SHORTEST * (pieces.low + floor[pieces.row])
    concave = 0.5 * low.trace_fall < high.form_fall
    convex = 0.5 * high.trace_fall > low.form_fall
    one = up & ~still_up & (concave | short)
    rises, falls = up & still_up, ~up & ~still_up
    none = ~up & still_up & convex
    none[rises] = rises_until(low.rows(rises), width[rises], high.rows(rises))
    none[falls] = falls_between(width[falls], low.rows(falls), high.rows(falls))
    return one, none | (short & ~one)
