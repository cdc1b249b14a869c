"""Intervals from the likelihood: its profile, and Wald's on three scales."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtri, ndtri

from metaonc.kernels.arrays import FloatArray, Studies
from metaonc.kernels.likelihood import profile
from metaonc.kernels.maxima import highest_tau2
from metaonc.kernels.roots import falling_root, smallest_variance
from metaonc.kernels.tau2_errors import tau2_standard_error
from metaonc.kernels.tau2_intervals.tails import Interval

# Spacing of the scan for where the likelihood crosses its cut, in log(tau² + smallest vi); as in
# the search for its maxima, its features are several steps wide.
_SCAN_SPACING = 0.25


def profile_reml(data: Studies, level: float) -> Interval:
    """Profile likelihood interval of REML; see :func:`profile_likelihood`."""
    return profile_likelihood(data, level, restricted=True)


def profile_ml(data: Studies, level: float) -> Interval:
    """Profile likelihood interval of ML; see :func:`profile_likelihood`."""
    return profile_likelihood(data, level, restricted=False)


def profile_likelihood(data: Studies, level: float, *, restricted: bool) -> Interval:
    r"""Profile likelihood interval of tau².

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k).
    level : float
        Confidence level.
    restricted : bool
        Restricted or full likelihood.

    Notes
    -----
    All tau² from which the log-likelihood does not fall below its maximum by more than half the
    chi-square quantile with 1 degree of freedom: section 3.2 of [1]_, for REML [2]_. Where the
    likelihood has several maxima, that set can have gaps; the interval is its connected part around
    the global maximum, as the scan sees it. From
    :math:`l(\tau^2) \le -\tfrac12 (k-p) \log(v_{min} + \tau^2)` (k for ML) follows a bound beyond
    which nothing is left to scan.

    .. [1] Hardy RJ, Thompson SG. A likelihood approach to meta-analysis with random effects. Stat
       Med 1996;15:619-629.
    .. [2] Viechtbauer W. Confidence intervals for the amount of heterogeneity in meta-analysis.
       Stat Med 2007;26:37-52. doi:10.1002/sim.2514
    """
    top = highest_tau2(data, restricted=restricted)
    cut = profile(data, top, restricted=restricted).value - 0.5 * float(chdtri(1, 1 - level))
    enough, scale = data.k > data.p, smallest_variance(data)
    free = np.maximum(data.k - data.p if restricted else data.k, 1)
    length = np.maximum(-2 * cut / free - np.log(scale), 0.0) + _SCAN_SPACING
    length = np.maximum(length, np.log1p(top / scale) + _SCAN_SPACING)
    points = int(np.ceil(np.max(length, initial=0.0) / _SCAN_SPACING)) + 1
    grid = scale[..., None] * np.expm1(length[..., None] * np.linspace(0.0, 1.0, points))
    outside = profile(data.along(-2), grid, restricted=restricted).value < cut[..., None]
    left, right = grid <= top[..., None], grid >= top[..., None]
    # The last point outside below the top, and the first one above it.
    before = np.where(outside & left, grid, -1.0).max(axis=-1)
    after = np.where(outside & right, grid, np.inf).min(axis=-1)
    inner_low = np.where(left & (grid > before[..., None]), grid, top[..., None]).min(axis=-1)
    inner_high = np.where(right & (grid < after[..., None]), grid, top[..., None]).max(axis=-1)

    def crossing(near: FloatArray, far: FloatArray) -> FloatArray:
        return _crossing(data, cut, near, far, restricted)

    # The highest point of the scan is outside but for rounding.
    high = crossing(inner_high, np.where(np.isfinite(after), after, grid[..., -1]))
    low = np.where(before < 0, 0.0, crossing(inner_low, np.where(before < 0, inner_low, before)))
    return np.where(enough, low, np.nan), np.where(enough, high, np.nan)


def _crossing(
    data: Studies, cut: FloatArray, inside: FloatArray, outside: FloatArray, restricted: bool
) -> FloatArray:
    """tau² at which the likelihood passes its cut, between a point inside and one outside."""
    sign = np.where(outside < inside, -1.0, 1.0)

    def step(tau2: FloatArray) -> tuple[FloatArray, FloatArray]:
        at = profile(data, tau2, restricted=restricted)
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = (cut - at.value) / at.slope
        return sign * (at.value - cut), newton

    low, high = np.minimum(inside, outside), np.maximum(inside, outside)
    return falling_root(step, low, high, 0.5 * (low + high), smallest_variance(data))


def wald_reml(data: Studies, level: float) -> Interval:
    """Wald interval of the REML estimate; see `tau2_standard_error`."""
    tau2, se = _reml_with_error(data)
    half = normal_quantile(level) * se
    return np.maximum(tau2 - half, 0.0), tau2 + half


def wald_log_reml(data: Studies, level: float) -> Interval:
    """Wald interval of the REML estimate on the scale of log tau²; (0, NaN) where tau² is 0."""
    tau2, se = _reml_with_error(data)
    there = tau2 > 0
    with np.errstate(over="ignore"):
        factor = np.exp(normal_quantile(level) * se / np.where(there, tau2, np.inf))
        high = np.where(there, tau2 * factor, np.nan)
    return np.where(data.k > data.p, tau2 / factor, np.nan), high


def wald_sqrt_reml(data: Studies, level: float) -> Interval:
    """Wald interval of the REML estimate on the scale of tau; (0, inf) where tau² is 0."""
    tau2, se = _reml_with_error(data)
    tau = np.sqrt(tau2)
    with np.errstate(divide="ignore", over="ignore"):
        half = normal_quantile(level) * se / (2 * tau)
        return np.maximum(tau - half, 0.0) ** 2, (tau + half) ** 2


def _reml_with_error(data: Studies) -> tuple[FloatArray, FloatArray]:
    tau2 = highest_tau2(data, restricted=True)
    with np.errstate(divide="ignore"):  # no studies to spare
        error = tau2_standard_error("REML", data, tau2)
    return tau2, np.where(data.k > data.p, error, np.nan)


def normal_quantile(level: float) -> float:
    """How many standard errors a normal interval of a level reaches to each side."""
    return float(ndtri(0.5 + 0.5 * level))
