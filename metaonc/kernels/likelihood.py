"""Profile likelihoods in tau², the coefficients profiled out, and their global maxima."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from metaonc.kernels.arrays import FloatArray, Studies
from metaonc.kernels.roots import falling_root
from metaonc.kernels.weighting import weigh, weigh_by

# Spacing of the scan for maxima of the likelihood, in log(tau² + smallest vi). Each log(tau² + vi)
# changes no faster than that logarithm, so features of the likelihood are several steps wide; tests
# compare with a much finer search.
_SCAN_SPACING = 0.25


class Profile(NamedTuple):
    """A log-likelihood as a function of tau², up to a constant, with its slope and curvature."""

    value: FloatArray
    slope: FloatArray
    curvature: FloatArray


def profile(data: Studies, tau2: FloatArray, *, restricted: bool) -> Profile:
    r"""(Restricted) log-likelihood with its derivatives in tau².

    Notes
    -----
    With :math:`V = \text{diag}(v_i + \tau^2)` and P as in
    :class:`metaonc.kernels.weighting.Weighted`: ML
    :math:`-\tfrac12(\log|V| + y'Py)`, REML
    :math:`-\tfrac12(\log|V| + \log|X'V^{-1}X| + y'Py)` with X orthonormal [1]_. Slopes
    :math:`\tfrac12(y'PPy - \text{tr}\,V^{-1})` and :math:`\tfrac12(y'PPy - \text{tr}\,P)`;
    curvatures :math:`\tfrac12\text{tr}\,V^{-2} - y'PPPy` and
    :math:`\tfrac12\text{tr}\,PP - y'PPPy` [2]_.

    .. [1] Patterson HD, Thompson R. Biometrika 1971;58:545-554. doi:10.1093/biomet/58.3.545
    .. [2] Viechtbauer W. J Educ Behav Stat 2005;30:261-293. doi:10.3102/10769986030003261
    """
    at = weigh(data, tau2)
    log_v = (np.log(data.vi + tau2[..., None]) * data.present).sum(axis=-1)
    form_2, form_3 = at.form_2(), at.form_3()
    if restricted:
        value = -0.5 * (log_v + at.log_determinant(data.k) + at.q)
        trace, trace_of_square = at.trace(), at.trace_of_square()
    else:
        value = -0.5 * (log_v + at.q)
        trace, trace_of_square = at.total, (at.weights**2).sum(axis=-1)
    return Profile(value, 0.5 * (form_2 - trace), 0.5 * trace_of_square - form_3)


def log_likelihood(data: Studies, tau2: FloatArray, *, restricted: bool) -> FloatArray:
    """(Restricted) log-likelihood with its constant, for effects in their own units.

    Notes
    -----
    The constant of the restricted likelihood is that of error contrasts, independent of the units
    of the moderators: Harville, J Am Stat Assoc 1977;72:320-338, section 4.
    """
    free = data.k - data.p if restricted else data.k
    value = profile(data, tau2, restricted=restricted).value
    return np.asarray(value - free * (0.5 * np.log(2 * np.pi) + np.log(data.unit)))


def highest_tau2(data: Studies, *, restricted: bool) -> FloatArray:
    r"""tau² at the global maximum of the profile likelihood, >= 0.

    Notes
    -----
    Beyond :math:`\tfrac12\{s - 2 v_{min} + \sqrt{s^2 + 4 s (v_{max} - v_{min})}\}`, with s the
    residual variance of the unweighted fit, the likelihood only falls, since there
    :math:`y'PPy \le s (k-p) / (v_{min}+\tau^2)^2` is less than
    :math:`\text{tr}\,P \ge (k-p) / (v_{max}+\tau^2)`. The profile is scanned from 0 to there,
    every peak of the scan is refined by Newton steps inside its own bracket, and the highest is
    taken: the likelihood can have several maxima.
    """
    grid, height, peaks = _scan(data, restricted)
    # Highest peak of each row first; rows with fewer peaks repeat their highest.
    order = np.argsort(np.where(peaks, -height, np.inf), axis=-1, kind="stable")
    best, best_height = np.zeros(height.shape[:-1]), np.full(height.shape[:-1], -np.inf)
    for rank in range(int(peaks.sum(axis=-1).max(initial=0))):
        peak = np.take_along_axis(order, np.full((*order.shape[:-1], 1), rank), axis=-1)
        is_peak = np.take_along_axis(peaks, peak, axis=-1)[..., 0]
        found = _refine(data, grid, peak, restricted)
        found_height = profile(data, found, restricted=restricted).value
        better = is_peak & (found_height > best_height)
        best = np.where(better, found, best)
        best_height = np.where(better, found_height, best_height)
    return np.where(data.k > data.p, best, 0.0)


def peaks_of_scan(data: Studies, *, restricted: bool) -> NDArray[np.int_]:
    """Number of local maxima that the scan of the profile finds, shape (...)."""
    return np.asarray(_scan(data, restricted)[2].sum(axis=-1))


def _scan(data: Studies, restricted: bool) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """Points of the scan, the profile there, and which points are not below their neighbours."""
    grid = _scan_points(data)
    height = profile(data.along(-2), grid, restricted=restricted).value
    padded = np.pad(height, [(0, 0)] * (height.ndim - 1) + [(1, 1)], constant_values=-np.inf)
    return grid, height, (height >= padded[..., :-2]) & (height >= padded[..., 2:])


def _scan_points(data: Studies) -> FloatArray:
    """tau² from 0 to beyond the last possible maximum, evenly spaced in log(tau² + min vi)."""
    smallest = smallest_variance(data)
    largest = (data.vi * data.present).max(axis=-1)
    unweighted = weigh_by(data, data.present)
    s = unweighted.q / np.maximum(data.k - data.p, 1)
    root = np.sqrt(s**2 + 4 * s * np.maximum(largest - smallest, 0.0))
    end = np.maximum(0.5 * (s - 2 * smallest + root), smallest)
    length = np.log1p(end / smallest)
    points = int(np.ceil(np.max(length, initial=0.0) / _SCAN_SPACING)) + 2
    # The same steps for every row, so that a row's result does not depend on its neighbours.
    return np.asarray(smallest[..., None] * np.expm1(_SCAN_SPACING * np.arange(points)))


def smallest_variance(data: Studies) -> FloatArray:
    """Smallest sampling variance of each row, shape (...)."""
    return np.asarray(np.where(data.present > 0, data.vi, np.inf).min(axis=-1))


def _refine(
    data: Studies, grid: FloatArray, peak: NDArray[np.int_], restricted: bool
) -> FloatArray:
    """Maximum next to a peak of the scan, by Newton steps between the peak's neighbours."""

    def point(index: NDArray[np.int_]) -> FloatArray:
        return np.take_along_axis(grid, np.clip(index, 0, grid.shape[-1] - 1), axis=-1)[..., 0]

    def step(tau2: FloatArray) -> tuple[FloatArray, FloatArray]:
        at = profile(data, tau2, restricted=restricted)
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = -at.slope / at.curvature
        uphill = np.sign(newton) == np.sign(at.slope)
        return at.slope, np.where(uphill, newton, np.nan)

    low, start, high = point(peak - 1), point(peak), point(peak + 1)
    found = falling_root(step, low, high, start, smallest_variance(data))
    slope_at_zero = profile(data, np.zeros_like(start), restricted=restricted).slope
    return np.where((peak[..., 0] == 0) & (slope_at_zero <= 0), 0.0, found)
