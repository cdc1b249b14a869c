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

from typing import NamedTuple

import numpy as np

from metaonc.kernels.arrays import BoolArray, FloatArray, IntArray, Studies, total
from metaonc.kernels.likelihood import Score, likelihood, score
from metaonc.kernels.roots import falling_root_by_rows, smallest_variance
from metaonc.kernels.weighting import Weighted, weigh

# An interval shorter than this, relative to its place, is not divided further.
_SHORTEST = 1e-9
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
    if data.yi.ndim != 2:
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
        doubtful = data.rows(unproved)
        tau2[unproved] = _search(doubtful, restricted).highest(doubtful, restricted)
    return tau2


def count_maxima(data: Studies, *, restricted: bool) -> IntArray:
    """Number of local maxima of the profile likelihood in tau² >= 0, shape (...)."""
    flat = data.flat()
    counts = np.ones(len(flat.unit), dtype=int)
    matters = (flat.k > flat.p) & (score(weigh(flat), restricted=restricted).form > 0)
    if matters.any():
        found = _search(flat.rows(matters), restricted)
        counts[matters] = np.bincount(found.row, minlength=int(matters.sum()))
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
    tau2 = np.zeros(1) if agree else np.sort(_search(flat, restricted).tau2)
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

    def step(part: Studies, tau2: FloatArray) -> tuple[FloatArray, FloatArray]:
        found = score(weigh(part, tau2), restricted=restricted)
        return found.form - found.trace, _step(found)

    top = falling_root_by_rows(data, step, zero, end, start)
    at_top = score(weigh(data, top), restricted=restricted)
    proved = _rises_until(at_zero, top, at_top)
    proved &= _only_falls(data, top, at_top, spread, restricted)
    return top, ~proved


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
    """Whether the likelihood certainly falls beyond 0 or a maximum, perhaps after another look."""
    proved = _falls_for_ever(at, spread)
    unsure = np.flatnonzero(~proved)
    if len(unsure):
        part, here = data.rows(unsure), tau2[unsure]
        away = here + smallest_variance(part)  # twice as far on the scale of the likelihood
        further = score(weigh(part, here + away), restricted=restricted)
        proved[unsure] = (
            (further.form < further.trace)
            & _falls_between(away, at.rows(unsure), further)
            & _falls_for_ever(further, spread[unsure])
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


class _Maxima(NamedTuple):
    """All local maxima of some rows: the row of each, and tau² there."""

    row: IntArray
    tau2: FloatArray

    def highest(self, data: Studies, restricted: bool) -> FloatArray:
        """tau² at the highest maximum of each row of `data`."""
        part = data.rows(self.row)
        at = weigh(part, self.tau2)
        height = likelihood(part, at, self.tau2, restricted=restricted)
        order = np.lexsort((-self.tau2, height, self.row))  # ties: the smallest tau² comes last
        last = np.append(self.row[order][1:] != self.row[order][:-1], True)
        highest: FloatArray = self.tau2[order][last]
        return highest


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

    def joined(self, other: _Pieces) -> _Pieces:
        """These intervals and others."""
        row, low, high = (np.concatenate(pair) for pair in zip(self[:3], other[:3], strict=True))
        ends = (self.at_low.joined(other.at_low), self.at_high.joined(other.at_high))
        return _Pieces(row, low, high, *ends)

    def divided(self, place: FloatArray, at: Score) -> _Pieces:
        """Each interval cut in two."""
        left = self._replace(high=place, at_high=at)
        return left.joined(self._replace(low=place, at_low=at))


def _search(data: Studies, restricted: bool) -> _Maxima:
    """Every local maximum, by dividing intervals until the bounds tell what is in each.

    Where the slope changes from rising to falling and the likelihood is concave there is one
    maximum; where it changes the other way and is convex there is none.
    """
    n = len(data.unit)
    spread = total(weigh(data).residuals ** 2)
    zero, end = np.zeros(n), _end(data, spread, restricted)

    def at(rows: IntArray, tau2: FloatArray) -> Score:
        return score(weigh(data.rows(rows), tau2), restricted=restricted)

    everyone = np.arange(n)
    left = _Pieces(everyone, zero, end, at(everyone, zero), at(everyone, end))
    at_zero = np.flatnonzero(left.at_low.slope <= 0)
    rows, brackets = [at_zero], []
    floor = smallest_variance(data)
    while len(left.row):
        one, none = _contents(left, floor)
        if one.any():
            brackets.append(left.rows(one))
        left = left.rows(~(one | none))
        scale = floor[left.row]
        middle = np.sqrt((left.low + scale) * (left.high + scale)) - scale
        left = left.divided(middle, at(left.row, middle))
    places = [np.zeros(len(at_zero))]
    for found in brackets:
        rows.append(found.row)
        places.append(_peak(data.rows(found.row), found, restricted))
    return _Maxima(np.concatenate(rows), np.concatenate(places))


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


def _peak(data: Studies, pieces: _Pieces, restricted: bool) -> FloatArray:
    """The maximum inside each interval."""

    def step(part: Studies, tau2: FloatArray) -> tuple[FloatArray, FloatArray]:
        found = score(weigh(part, tau2), restricted=restricted)
        return found.form - found.trace, _step(found)

    start = 0.5 * (pieces.low + pieces.high)
    return falling_root_by_rows(data, step, pieces.low, pieces.high, start)
