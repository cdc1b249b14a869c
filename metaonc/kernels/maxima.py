r"""The global maximum of a profile likelihood in tau², with proof.

Twice the slope of the log-likelihood is :math:`f - g` (:class:`metaonc.kernels.likelihood.Score`).
With orthonormal error contrasts K, :math:`P = K'(KVK')^{-1}K`, so in the eigenvalues
:math:`m_j > 0` of :math:`K\,\text{diag}(v_i)K'` and with :math:`c = U'Ky`

.. math:: f(\tau^2) = \sum_j \frac{c_j^2}{(m_j + \tau^2)^2}, \qquad
          g(\tau^2) = \sum_j \frac{1}{m_j + \tau^2}

(for ML, g has the :math:`v_i` in the place of the :math:`m_j`). Then :math:`\alpha = f^{-1/2}` and
:math:`\gamma = 1/g` are power means of the :math:`m_j + \tau^2` with exponents below 1 but for a
factor, hence concave (Hardy, Littlewood & Pólya, Inequalities, 1934, section 2.9 and theorem 24):
their tangents lie above and their chords below them. The likelihood falls where
:math:`\alpha^2 > \gamma`. So a few points bound its slope everywhere between them, and a maximum is
proved to be the only one, or the others are found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from metaonc.kernels.arrays import BoolArray, FloatArray, IntArray, Studies, total
from metaonc.kernels.likelihood import Score, likelihood, score
from metaonc.kernels.roots import falling_root_by_rows, falling_root_of_one, smallest_variance
from metaonc.kernels.weighting import Weighted, weigh

# An interval shorter than this, relative to its place, is not divided further.
_SHORTEST = 1e-9
# Points beyond a maximum that are looked at for a proof that it is the only one.
_LOOKS = 3
# Intervals that a search starts from.
_FIRST_PIECES = 40
# Two tangents whose slopes differ by no more than this are one line.
_STRAIGHT = 1e-12


def highest_tau2(data: Studies, *, restricted: bool, common: Weighted | None = None) -> FloatArray:
    """tau² >= 0 at the global maximum of the profile likelihood.

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k).
    restricted : bool
        Restricted or full likelihood.
    common : Weighted, optional
        The fit with tau² = 0, if it is at hand.
    """
    if data.yi.ndim == 1:
        return _highest_of_one(data, restricted, weigh(data) if common is None else common)
    if data.yi.ndim > 2 or data.yi.shape != data.vi.shape:
        return highest_tau2(data.flat(), restricted=restricted).reshape(data.unit.shape)
    common = weigh(data) if common is None else common
    at_zero = score(common, restricted=restricted)
    # Without studies to spare, and where effects agree exactly, the likelihood only falls.
    matters = (data.k > data.p) & (at_zero.form > 0)
    rises = matters & (at_zero.form > at_zero.trace)
    tau2 = np.zeros(len(rises))
    spread = total(common.residuals**2)
    unproved = np.zeros_like(rises)
    falls = matters & ~rises
    if falls.any():
        unproved[falls] = ~_only_falls(
            data.rows(falls), tau2[falls], at_zero.rows(falls), spread[falls], restricted
        )
    if rises.any():
        tau2[rises], unproved[rises] = _climb(
            data.rows(rises), at_zero.rows(rises), spread[rises], restricted
        )
    if unproved.any():
        _look_for_more(data, tau2, np.flatnonzero(unproved), restricted)
    return tau2


def _highest_of_one(data: Studies, restricted: bool, common: Weighted) -> FloatArray:
    """The same for one meta-analysis, shape (k,), on scalars as far as the simple proof goes."""
    zero = np.zeros(())
    low = top = score(common, restricted=restricted)
    if data.k <= data.p or low.form == 0:
        return zero
    tau2, spread = zero, total(common.residuals**2)
    rises = low.form > low.trace
    if rises:
        step = partial(_toward_peak, data, restricted=restricted)
        end, floor = _end(data, spread, restricted), smallest_variance(data)
        start = _step(low)
        tau2 = falling_root_of_one(step, zero, end, start if 0 < start < end else end, floor)
        top = score(weigh(data, tau2), restricted=restricted)
    proved = _falls_for_ever(top, spread) and (not rises or _rises_until(low, tau2, top))
    if not proved:
        tau2 = highest_tau2(data.flat(), restricted=restricted)[0]
    return np.asarray(tau2)


def count_maxima(data: Studies, *, restricted: bool) -> IntArray:
    """Number of local maxima of the profile likelihood in tau² >= 0, shape (...)."""
    flat = data.flat()
    counts = np.ones(len(flat.unit), dtype=int)
    matters = (flat.k > flat.p) & (score(weigh(flat), restricted=restricted).form > 0)
    if matters.any():
        counts[matters] = _search(flat.rows(matters), restricted).counts(int(matters.sum()))
    return counts.reshape(data.unit.shape)


def local_maxima(data: Studies, *, restricted: bool) -> tuple[FloatArray, FloatArray]:
    """Every local maximum of the profile likelihood of one meta-analysis in tau² >= 0.

    Parameters
    ----------
    data : Studies
        Studies of one meta-analysis, shape (k,), more than coefficients.
    restricted : bool
        Restricted or full likelihood.

    Returns
    -------
    tau2, height : ndarray, shape (maxima,)
        Where they are, in the units of `data`, rising; and the profile there, up to a constant.
    """
    flat = data.flat()
    agree = bool(score(weigh(flat), restricted=restricted).form[0] == 0)  # then it only falls
    tau2 = np.zeros(1) if agree else np.sort(_search(flat, restricted).peaks(flat, restricted)[1])
    every = flat.rows(np.zeros(len(tau2), dtype=int))
    return tau2, likelihood(every, weigh(every, tau2), tau2, restricted=restricted)


# Up from zero -------------------------------------------------------------------------------------


def _climb(
    data: Studies, at_zero: Score, spread: FloatArray, restricted: bool
) -> tuple[FloatArray, BoolArray]:
    """The maximum reached from 0 for rows that rise there, and where it may not be the only one."""
    zero = np.zeros(len(spread))
    end = _end(data, spread, restricted)
    start = np.minimum(np.maximum(_step(at_zero), zero), end)
    start = np.where(np.isnan(start), end, start)

    step = partial(_toward_peak, restricted=restricted)
    top = falling_root_by_rows(data, step, zero, end, start)
    at_top = score(weigh(data, top), restricted=restricted)
    proved = _only_rises(data, at_zero, top, at_top, restricted)
    proved &= _only_falls(data, top, at_top, spread, restricted)
    return top, ~proved


def _toward_peak(
    data: Studies, tau2: FloatArray, *, restricted: bool
) -> tuple[FloatArray, FloatArray]:
    """Twice the slope of the likelihood, and a step to where it peaks."""
    found = score(weigh(data, tau2), restricted=restricted)
    return found.form - found.trace, _step(found)


def _step(at: Score) -> FloatArray:
    r"""Step to where the likelihood would peak if :math:`\alpha` and :math:`\gamma` were straight.

    They are when all variances are equal; otherwise this is a Newton step with a smaller error.
    NaN where there is none.
    """
    ratio, form, trace = at.form / at.trace, at.form_fall / at.form, at.trace_fall / at.trace
    # a x² + b x + c = 0, its larger root.
    a, b, c = form * form, 2 * form - ratio * trace, 1 - ratio
    with np.errstate(invalid="ignore"):
        root = np.sqrt(b * b - 4 * a * c)
    step: FloatArray = np.where(b >= 0, -2 * c / (b + root), (root - b) / (2 * a))
    return step


def _end(data: Studies, spread: FloatArray, restricted: bool) -> FloatArray:
    r"""tau² beyond which the likelihood only falls.

    Beyond :math:`\tfrac12\{s - 2 v_{min} + \sqrt{s^2 + 4 s (v_{max} - v_{min})}\}`, with s the
    `spread` (at least the residual sum of squares of the unweighted fit) per degree of freedom,
    :math:`f \le s\,(k-p) / (v_{min}+\tau^2)^2` is less than
    :math:`g \ge (k-p) / (v_{max}+\tau^2)`; for ML with k in the place of k - p.
    """
    smallest, largest = smallest_variance(data), (data.vi * data.present).max(axis=-1)
    s = spread / (data.k - data.p if restricted else data.k)
    root = np.sqrt(s * (s + 4 * (largest - smallest)))
    end: FloatArray = np.maximum(0.5 * (s - 2 * smallest + root), smallest)
    return 1.01 * end  # with equal variances the bound is the maximum itself


# Proof --------------------------------------------------------------------------------------------


def _only_falls(
    data: Studies, tau2: FloatArray, at: Score, spread: FloatArray, restricted: bool
) -> BoolArray:
    """Whether the likelihood certainly falls beyond 0 or a maximum, perhaps after more looks."""
    proved = _falls_for_ever(at, spread)
    unsure = np.flatnonzero(~proved)
    here, at_here = tau2[unsure], at.rows(unsure)
    for _ in range(_LOOKS):
        if not len(unsure):
            break
        part = data.rows(unsure)
        width = here + smallest_variance(part)  # twice as far on the scale of the likelihood
        there = score(weigh(part, here + width), restricted=restricted)
        falls = (there.form < there.trace) & _falls_between(width, at_here, there)
        done = falls & _falls_for_ever(there, spread[unsure])
        proved[unsure[done]] = True
        left = falls & ~done
        unsure, here, at_here = unsure[left], (here + width)[left], there.rows(left)
    return proved


def _only_rises(
    data: Studies, at_zero: Score, top: FloatArray, at_top: Score, restricted: bool
) -> BoolArray:
    """Whether the likelihood certainly rises from 0 to its maximum, perhaps after another look."""
    proved = _rises_until(at_zero, top, at_top)
    unsure = np.flatnonzero(~proved)
    if len(unsure):
        part, end = data.rows(unsure), top[unsure]
        floor = smallest_variance(part)
        middle = np.sqrt(floor * (end + floor)) - floor
        there = score(weigh(part, middle), restricted=restricted)
        proved[unsure] = (
            (there.form > there.trace)
            & _rises_until(at_zero.rows(unsure), middle, there)
            & _rises_until(there, end - middle, at_top.rows(unsure))
        )
    return proved


def _falls_for_ever(at: Score, spread: FloatArray) -> BoolArray:
    r"""Whether the likelihood certainly falls from here on, where it falls already or is highest.

    :math:`\alpha` rises at least as fast as at infinity, where its slope is one over the root of
    the residual sum of squares of the unweighted fit; :math:`\gamma` stays below its tangent.
    """
    alpha, slope = at.form**-0.5, spread**-0.5
    gamma, tangent = 1 / at.trace, at.trace_fall / at.trace**2
    lowest = (tangent / (2 * slope) - alpha) / slope
    # A bound that is lowest here needs no look at its value, which at a maximum is 0.
    proved: BoolArray = (lowest <= 0) | ((alpha + slope * lowest) ** 2 > gamma + tangent * lowest)
    return proved


def _rises_until(low: Score, top: FloatArray, high: Score) -> BoolArray:
    r"""Whether the likelihood certainly rises between two points at which it does.

    :math:`\alpha` stays below its tangents at both ends, :math:`\gamma` above its chord. The
    difference of the chord and the square of a tangent is concave, so it is lowest where the
    tangents cross.
    """
    alpha, alpha_high = low.form**-0.5, high.form**-0.5
    slope, slope_high = alpha * low.form_fall / low.form, alpha_high * high.form_fall / high.form
    gamma, gamma_high = 1 / low.trace, 1 / high.trace
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = (alpha_high - alpha - slope_high * top) / (slope - slope_high)
        share = np.clip(crossing / top, 0.0, 1.0)
    straight = slope - slope_high <= _STRAIGHT * slope  # nothing above the chord but rounding
    tangent = alpha + slope * np.where(straight, 0.0, share) * top
    proved: BoolArray = straight | (gamma + (gamma_high - gamma) * share > tangent**2)
    return proved


def _falls_between(width: FloatArray, low: Score, high: Score) -> BoolArray:
    r"""Whether the likelihood certainly falls between two points, the first perhaps a maximum.

    :math:`\alpha` stays above its chord, :math:`\gamma` below its tangents at both ends.
    """
    alpha, chord = low.form**-0.5, (high.form**-0.5 - low.form**-0.5) / width
    gamma, gamma_high = 1 / low.trace, 1 / high.trace
    slope, slope_high = low.trace_fall * gamma**2, high.trace_fall * gamma_high**2
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = (gamma_high - gamma - slope_high * width) / (slope - slope_high)
    crossing = np.clip(np.where(np.isnan(crossing), width, crossing), 0.0, width)

    lowest = (slope / (2 * chord) - alpha) / chord
    first = np.minimum(lowest, crossing)
    # As above: a bound that is lowest at the first point needs no look at its value there.
    proved = (lowest <= 0) | ((alpha + chord * first) ** 2 > gamma + slope * first)
    second = np.clip((slope_high / (2 * chord) - alpha) / chord, crossing, width)
    proved &= (alpha + chord * second) ** 2 > gamma_high - slope_high * (width - second)
    return proved


# Search -------------------------------------------------------------------------------------------


class _Pieces(NamedTuple):
    """Intervals of tau², each of one row, with the slopes at their ends."""

    row: IntArray
    low: FloatArray
    high: FloatArray
    at_low: Score
    at_high: Score

    def rows(self, chosen: BoolArray) -> _Pieces:
        """Some of the intervals."""
        low, high = self.at_low.rows(chosen), self.at_high.rows(chosen)
        return _Pieces(self.row[chosen], self.low[chosen], self.high[chosen], low, high)

    @classmethod
    def together(cls, every: Sequence[_Pieces]) -> _Pieces:
        """Several sets of intervals as one."""
        row, low, high = (np.concatenate([part[i] for part in every]) for i in range(3))
        at_low = Score.together([part.at_low for part in every])
        at_high = Score.together([part.at_high for part in every])
        return cls(row, low, high, at_low, at_high)

    def divided(self, place: FloatArray, at: Score) -> _Pieces:
        """Each interval cut in two."""
        left = self._replace(high=place, at_high=at)
        return _Pieces.together([left, self._replace(low=place, at_low=at)])


class _Maxima(NamedTuple):
    """All local maxima of some rows: where the maximum is 0, and intervals that hold one each."""

    at_zero: IntArray
    inside: _Pieces

    def counts(self, n: int) -> IntArray:
        """Number of maxima of each of `n` rows."""
        return np.bincount(np.concatenate([self.at_zero, self.inside.row]), minlength=n)

    def among(self, rows: BoolArray) -> _Maxima:
        """Those of some rows."""
        inside = self.inside.rows(rows[self.inside.row])
        return _Maxima(self.at_zero[rows[self.at_zero]], inside)

    def peaks(self, data: Studies, restricted: bool) -> tuple[IntArray, FloatArray]:
        """Row and tau² of every maximum."""
        inside = self.inside
        places = [np.zeros(len(self.at_zero))]
        if len(inside.row):
            step = partial(_toward_peak, restricted=restricted)
            start = 0.5 * (inside.low + inside.high)
            part = data.rows(inside.row)
            places.append(falling_root_by_rows(part, step, inside.low, inside.high, start))
        return np.concatenate([self.at_zero, inside.row]), np.concatenate(places)


def _look_for_more(data: Studies, tau2: FloatArray, rows: IntArray, restricted: bool) -> None:
    """Replace a maximum in `tau2` by a higher one, in rows that have several."""
    found = _search(data.rows(rows), restricted)
    several = found.counts(len(rows)) > 1
    if not several.any():
        return
    row, places = found.among(several).peaks(data.rows(rows), restricted)
    every = data.rows(rows[row])
    height = likelihood(every, weigh(every, places), places, restricted=restricted)
    order = np.lexsort((-places, height, row))  # the highest comes last; of equals, the smallest
    last = np.append(row[order][1:] != row[order][:-1], True)
    tau2[rows[several]] = places[order][last]


def _search(data: Studies, restricted: bool) -> _Maxima:
    """Every local maximum, by dividing intervals until the bounds tell what is in each.

    Where the slope changes from rising to falling and the likelihood is concave there is one
    maximum; where it changes the other way and is convex there is none.
    """
    spread, floor = total(weigh(data).residuals ** 2), smallest_variance(data)

    def at(rows: IntArray, tau2: FloatArray) -> Score:
        return score(weigh(data.rows(rows), tau2), restricted=restricted)

    left = _first_pieces(floor, _end(data, spread, restricted), at)
    falls_at_zero = (left.low == 0) & (left.at_low.slope <= 0)
    at_zero, inside = left.row[falls_at_zero], []
    while len(left.row):
        one, none = _contents(left, floor)
        inside.append(left.rows(one))
        left = left.rows(~(one | none))
        scale = floor[left.row]
        middle = np.sqrt((left.low + scale) * (left.high + scale)) - scale
        left = left.divided(middle, at(left.row, middle))
    return _Maxima(at_zero, _Pieces.together(inside))


def _first_pieces(
    floor: FloatArray, end: FloatArray, at: Callable[[IntArray, FloatArray], Score]
) -> _Pieces:
    """Intervals from 0 to the end, evenly spaced in the logarithm of tau² + smallest vi."""
    shares = np.linspace(0.0, 1.0, _FIRST_PIECES + 1)
    points = floor[:, None] * np.expm1(np.log1p(end / floor)[:, None] * shares)
    rows = np.repeat(np.arange(len(floor)), len(shares))
    slopes = at(rows, points.ravel())
    not_last, not_first = (np.tile(shares != share, len(floor)) for share in (1.0, 0.0))
    return _Pieces(
        rows[not_last],
        points.ravel()[not_last],
        points.ravel()[not_first],
        slopes.rows(not_last),
        slopes.rows(not_first),
    )


def _contents(pieces: _Pieces, floor: FloatArray) -> tuple[BoolArray, BoolArray]:
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
    none[rises] = _rises_until(low.rows(rises), width[rises], high.rows(rises))
    none[falls] = _falls_between(width[falls], low.rows(falls), high.rows(falls))
    return one, none | (short & ~one)
