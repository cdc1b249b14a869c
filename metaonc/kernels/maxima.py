"""The global maximum of a profile likelihood in tau², with proof.

From 0 up to the first maximum in a few steps; bounds on the slope
(:mod:`metaonc.kernels.slope_bounds`) prove that there is no other, or a search
(:mod:`metaonc.kernels.search`) finds them all.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from metaonc.kernels.arrays import BoolArray, FloatArray, IntArray, Studies, total
from metaonc.kernels.few import score_of_one
from metaonc.kernels.likelihood import Score, likelihood, score
from metaonc.kernels.peaks import last_tau2, step_to_peak, toward_peak
from metaonc.kernels.roots import falling_root_by_rows, falling_root_of_one, smallest_variance
from metaonc.kernels.search import search
from metaonc.kernels.slope_bounds import falls_between, falls_for_ever, rises_until
from metaonc.kernels.weighting import Weighted, weigh

# Points beyond a maximum that are looked at for a proof that it is the only one.
_LOOKS = 3


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
    slope_at = score_of_one(data, restricted=restricted)
    low = top = slope_at(0.0)
    if data.k <= data.p or low.form == 0:
        return np.zeros(())
    tau2, spread = np.zeros(()), total(common.residuals**2)
    rises = low.form > low.trace
    if rises:

        def step(place: float) -> tuple[float, float]:
            nonlocal top
            top = slope_at(place)
            return float(top.form - top.trace), float(step_to_peak(top))

        smallest = smallest_variance(data)
        end, floor = float(last_tau2(data, smallest, spread, restricted)), float(smallest)
        start = float(step_to_peak(low))
        start = start if 0 < start < end else end
        tau2 = np.asarray(falling_root_of_one(step, 0.0, end, start, floor))
    proved = falls_for_ever(top, spread) and (not rises or rises_until(low, tau2, top))
    return tau2 if proved else highest_tau2(data.flat(), restricted=restricted)[0]


def count_maxima(data: Studies, *, restricted: bool) -> IntArray:
    """Number of local maxima of the profile likelihood in tau² >= 0, shape (...)."""
    flat = data.flat()
    counts = np.ones(len(flat.unit), dtype=int)
    matters = (flat.k > flat.p) & (score(weigh(flat), restricted=restricted).form > 0)
    if matters.any():
        counts[matters] = search(flat.rows(matters), restricted).counts(int(matters.sum()))
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
    tau2 = np.zeros(1) if agree else np.sort(search(flat, restricted).peaks(flat, restricted)[1])
    every = flat.rows(np.zeros(len(tau2), dtype=int))
    return tau2, likelihood(every, weigh(every, tau2), tau2, restricted=restricted)


def _look_for_more(data: Studies, tau2: FloatArray, rows: IntArray, restricted: bool) -> None:
    """Replace a maximum in `tau2` by a higher one, in rows that have several."""
    found = search(data.rows(rows), restricted)
    several = found.counts(len(rows)) > 1
    if not several.any():
        return
    row, places = found.among(several).peaks(data.rows(rows), restricted)
    every = data.rows(rows[row])
    height = likelihood(every, weigh(every, places), places, restricted=restricted)
    order = np.lexsort((-places, height, row))  # the highest comes last; of equals, the smallest
    last = np.append(row[order][1:] != row[order][:-1], True)
    tau2[rows[several]] = places[order][last]


# Up from zero -------------------------------------------------------------------------------------


def _climb(
    data: Studies, at_zero: Score, spread: FloatArray, restricted: bool
) -> tuple[FloatArray, BoolArray]:
    """The maximum reached from 0 for rows that rise there, and where it may not be the only one."""
    zero = np.zeros(len(spread))
    end = last_tau2(data, smallest_variance(data), spread, restricted)
    start = np.minimum(np.maximum(step_to_peak(at_zero), zero), end)
    start = np.where(np.isnan(start), end, start)

    step = partial(toward_peak, restricted=restricted)
    top = falling_root_by_rows(data, step, zero, end, start)
    at_top = score(weigh(data, top), restricted=restricted)
    proved = _only_rises(data, at_zero, top, at_top, restricted)
    proved &= _only_falls(data, top, at_top, spread, restricted)
    return top, ~proved


# Proof --------------------------------------------------------------------------------------------


def _only_falls(
    data: Studies, tau2: FloatArray, at: Score, spread: FloatArray, restricted: bool
) -> BoolArray:
    """Whether the likelihood certainly falls beyond 0 or a maximum, perhaps after more looks."""
    proved = falls_for_ever(at, spread)
    unsure = np.flatnonzero(~proved)
    here, at_here = tau2[unsure], at.rows(unsure)
    for _ in range(_LOOKS):
        if not len(unsure):
            break
        part = data.rows(unsure)
        width = here + smallest_variance(part)  # twice as far on the scale of the likelihood
        there = score(weigh(part, here + width), restricted=restricted)
        falls = (there.form < there.trace) & falls_between(width, at_here, there)
        done = falls & falls_for_ever(there, spread[unsure])
        proved[unsure[done]] = True
        left = falls & ~done
        unsure, here, at_here = unsure[left], (here + width)[left], there.rows(left)
    return proved


def _only_rises(
    data: Studies, at_zero: Score, top: FloatArray, at_top: Score, restricted: bool
) -> BoolArray:
    """Whether the likelihood certainly rises from 0 to its maximum, perhaps after another look."""
    proved = rises_until(at_zero, top, at_top)
    unsure = np.flatnonzero(~proved)
    if len(unsure):
        part, end = data.rows(unsure), top[unsure]
        floor = smallest_variance(part)
        middle = np.sqrt(floor * (end + floor)) - floor
        there = score(weigh(part, middle), restricted=restricted)
        proved[unsure] = (
            (there.form > there.trace)
            & rises_until(at_zero.rows(unsure), middle, there)
            & rises_until(there, end - middle, at_top.rows(unsure))
        )
    return proved
