"""Estimators of the between-study variance tau², each a kernel over `(..., k)`.

Every estimator takes `Studies` and returns tau² in their units. To add one, write a function and
list it in `ESTIMATORS`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from metaonc.kernels.arrays import FloatArray, Studies
from metaonc.kernels.roots import falling_root
from metaonc.kernels.weighting import weigh

# Spacing of the scan for maxima of the likelihood, in log(tau² + smallest vi). Each log(tau² + vi)
# changes no faster than that logarithm, so features of the likelihood are several steps wide; tests
# compare with a search a hundred times finer.
_SCAN_SPACING = 0.25


def tau2_dl(data: Studies) -> FloatArray:
    r"""Between-study variance by DerSimonian and Laird's method of moments.

    Notes
    -----
    Eq. (8) of [1]_: :math:`\max\{0, (Q - (k-1)) / (\sum w_i - \sum w_i^2 / \sum w_i)\}`,
    :math:`w_i = 1/v_i`.

    .. [1] DerSimonian R, Laird N. Meta-analysis in clinical trials. Control Clin Trials
       1986;7:177-188. doi:10.1016/0197-2456(86)90046-2
    """
    fixed = weigh(data)
    spread = fixed.total - (fixed.weights**2).sum(axis=-1) / fixed.total
    excess = fixed.q - (data.k - 1)
    estimable = (data.k > 1) & (excess > 0)
    return np.where(estimable, excess / np.where(estimable, spread, 1.0), 0.0)


def tau2_pm(data: Studies) -> FloatArray:
    r"""Between-study variance by Paule and Mandel's moment equation.

    Notes
    -----
    The root of :math:`Q(\tau^2) = k - 1`, or 0 if :math:`Q(0) \le k - 1` [1]_. :math:`Q(\tau^2)`
    never rises, so there is one root, and it lies below :math:`\sum (y_i - \bar y)^2 / (k-1)`.

    .. [1] Paule RC, Mandel J. Consensus values and weighting factors. J Res Natl Bur Stand
       1982;87:377-385. doi:10.6028/jres.087.022
    """
    return tau2_where_q_is(data, data.k - 1)


def tau2_where_q_is(data: Studies, target: FloatArray) -> FloatArray:
    r"""tau² at which the generalised Q statistic takes a given value; 0 if Q(0) is not above it.

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k).
    target : ndarray, shape (...)
        Values > 0; where a target is 0 (one study), tau² is 0.

    Notes
    -----
    Newton's method on :math:`1/Q`, which is linear in tau² when all variances are equal.
    """
    known = target > 0
    safe_target = np.where(known, target, 1.0)
    deviations = (data.yi - data.yi.sum(axis=-1, keepdims=True) / data.k[..., None]) * data.present
    highest = (deviations**2).sum(axis=-1) / safe_target  # Q(t) <= sum of squares / t

    def step(tau2: FloatArray) -> tuple[FloatArray, FloatArray]:
        at = weigh(data, tau2)
        slope = (at.weights**2 * at.residuals**2).sum(axis=-1)  # -dQ/dtau²
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = at.q * (at.q / safe_target - 1) / slope
        return at.q - safe_target, newton

    above = known & (weigh(data).q > safe_target)
    high = np.where(above, highest, 0.0)
    root = falling_root(step, np.zeros_like(high), high, np.zeros_like(high), _smallest(data.vi))
    return np.where(above, root, 0.0)


class _Profile(NamedTuple):
    """Restricted log-likelihood in tau², its slope and curvature."""

    value: FloatArray
    slope: FloatArray
    curvature: FloatArray


def _reml_profile(data: Studies, tau2: FloatArray) -> _Profile:
    """Differentiate the restricted log-likelihood twice, the mean profiled out."""
    at = weigh(data, tau2)
    w, r, total = at.weights, at.residuals, at.total
    w2 = w**2
    sum_w2, sum_w3 = w2.sum(axis=-1), (w2 * w).sum(axis=-1)
    log_v = (np.log(data.vi + tau2[..., None]) * data.present).sum(axis=-1)
    value = -0.5 * (log_v + np.log(total) + at.q)
    slope = 0.5 * ((w2 * r**2).sum(axis=-1) - total + sum_w2 / total)
    curvature = (
        -(w2 * w * r**2).sum(axis=-1)
        + (w2 * r).sum(axis=-1) ** 2 / total
        + 0.5 * sum_w2
        - sum_w3 / total
        + 0.5 * (sum_w2 / total) ** 2
    )
    return _Profile(value, slope, curvature)


def tau2_reml(data: Studies) -> FloatArray:
    r"""Between-study variance by restricted maximum likelihood: the global maximum.

    Notes
    -----
    Maximises the restricted log-likelihood [1]_, eq. (5) of [2]_,
    :math:`-\tfrac12\{\sum\log(v_i+\tau^2) + \log\sum w_i + \sum w_i(y_i-\hat\mu)^2\}`. At any
    stationary point :math:`\tau^2 \le \tfrac{k}{k-1}(\text{range}(y)^2 + \max v_i / k)`, so the
    profile is scanned from 0 to there and every maximum of the scan is refined by Newton steps
    inside its own bracket; the highest is returned. The likelihood can have several maxima.

    .. [1] Patterson HD, Thompson R. Biometrika 1971;58:545-554. doi:10.1093/biomet/58.3.545
    .. [2] Viechtbauer W. J Educ Behav Stat 2005;30:261-293. doi:10.3102/10769986030003261
    """
    grid = _scan_points(data)
    on_grid = Studies(
        data.yi[..., None, :], data.vi[..., None, :], data.present[..., None, :], data.unit
    )
    height = _reml_profile(on_grid, grid).value
    padded = np.pad(height, [(0, 0)] * (height.ndim - 1) + [(1, 1)], constant_values=-np.inf)
    peaks = (height >= padded[..., :-2]) & (height >= padded[..., 2:])
    # Highest peak of each row first; rows with fewer peaks repeat their highest.
    order = np.argsort(np.where(peaks, -height, np.inf), axis=-1, kind="stable")
    best, best_height = np.zeros(height.shape[:-1]), np.full(height.shape[:-1], -np.inf)
    for rank in range(int(peaks.sum(axis=-1).max())):
        peak = np.take_along_axis(order, np.full((*order.shape[:-1], 1), rank), axis=-1)
        is_peak = np.take_along_axis(peaks, peak, axis=-1)[..., 0]
        found = _refine(data, grid, peak)
        found_height = _reml_profile(data, found).value
        better = is_peak & (found_height > best_height)
        best = np.where(better, found, best)
        best_height = np.where(better, found_height, best_height)
    return np.where(data.k > 1, best, 0.0)


def _scan_points(data: Studies) -> FloatArray:
    """tau² from 0 to beyond the last possible maximum, evenly spaced in log(tau² + min vi)."""
    low = np.where(data.present > 0, data.yi, np.inf).min(axis=-1)
    high = np.where(data.present > 0, data.yi, -np.inf).max(axis=-1)
    largest = (data.vi * data.present).max(axis=-1)
    k = np.maximum(data.k, 2)
    end = k / (k - 1) * (np.where(data.k > 0, high - low, 0.0) ** 2 + largest / k)
    smallest = _smallest(data.vi)
    length = np.log1p(end / smallest)
    points = int(np.ceil(np.max(length, initial=0.0) / _SCAN_SPACING)) + 2
    fractions = np.linspace(0.0, 1.0, points)
    return np.asarray(smallest[..., None] * np.expm1(length[..., None] * fractions))


def _smallest(vi: FloatArray) -> FloatArray:
    return np.asarray(vi.min(axis=-1))


def _refine(data: Studies, grid: FloatArray, peak: np.ndarray) -> FloatArray:
    """Maximum next to a peak of the scan, by Newton steps between the peak's neighbours."""

    def point(index: np.ndarray) -> FloatArray:
        return np.take_along_axis(grid, np.clip(index, 0, grid.shape[-1] - 1), axis=-1)[..., 0]

    def step(tau2: FloatArray) -> tuple[FloatArray, FloatArray]:
        profile = _reml_profile(data, tau2)
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = -profile.slope / profile.curvature
        uphill = np.sign(newton) == np.sign(profile.slope)
        return profile.slope, np.where(uphill, newton, np.nan)

    low, start, high = point(peak - 1), point(peak), point(peak + 1)
    found = falling_root(step, low, high, start, _smallest(data.vi))
    at_zero = (peak[..., 0] == 0) & (_reml_profile(data, np.zeros_like(start)).slope <= 0)
    return np.where(at_zero, 0.0, found)


ESTIMATORS: dict[str, Callable[[Studies], FloatArray]] = {
    "DL": tau2_dl,
    "REML": tau2_reml,
    "PM": tau2_pm,
}
