"""Hardy and Thompson's profile-likelihood test and interval of a random-effects mean."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import chdtrc, ndtri

from metaonc.kernels.arrays import FloatArray, Studies
from metaonc.kernels.intervals import Inference
from metaonc.kernels.means import mean_at
from metaonc.kernels.roots import falling_root, smallest_variance
from metaonc.kernels.tau2 import tau2_ml

# Spacing of the scan for maxima of the likelihood, in log(tau² + smallest vi).
_SCAN_SPACING = 0.25
# Points between the estimate and the outermost study on each side of it.
_MEANS = 65
# An effect that hangs this little on the mean, relative to the others, does not steer the search.
_LOOSE = 1e-6
# A limit is sought to this many units of rounding of the standard error.
_RESOLUTION = 1e3


def profile_likelihood(
    data: Studies, level: float, column: FloatArray | None = None
) -> tuple[FloatArray, FloatArray, Inference]:
    r"""Test and interval of the mean by profile likelihood.

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k), without moderators.
    level : float
        Confidence level.
    column : ndarray, shape (..., k), optional
        For correlated effects made independent, the rotated column of ones.

    Returns
    -------
    mean, tau2 : ndarray, shape (...)
        Maximum likelihood estimates, in the units of `data`.
    inference : Inference
        Wald's standard error at them; the signed root of the likelihood ratio of mean = 0 and its
        p value; the outermost means that the likelihood ratio does not reject. All NaN for one
        study.

    Notes
    -----
    With :math:`\ell_p(\mu) = \max_{\tau^2} \ell(\mu, \tau^2)`, the means for which
    :math:`2\{\ell_p(\hat\mu) - \ell_p(\mu)\} \le \chi^2_1` [1]_. For each mean tau² is the global
    maximum: the likelihood is scanned from 0 to :math:`\max (y_i-\mu)^2`, beyond which it falls,
    and every peak is refined. Beyond the outermost study :math:`\ell_p` falls as well; when all
    studies are at least d away, :math:`d^2 \ge \max v_i`, it is at most
    :math:`-\tfrac k2 (1 + \log d^2)`, which ends the bracket.

    .. [1] Hardy RJ, Thompson SG. A likelihood approach to meta-analysis with random effects. Stat
       Med 1996;15:619-629.
    """
    tau2 = tau2_ml(data)
    at = mean_at(data, tau2, column)
    several = data.k > 1
    # Around 0 a limit can be found to the precision of the data, however far off they lie.
    centred = data._replace(yi=at.residuals)
    best = _profile(centred, np.zeros_like(at.mean), column)
    drop = float(ndtri(0.5 + level / 2)) ** 2 / 2
    se = 1 / np.sqrt(at.precision)
    high = _limit(centred, best.height, drop, se, column)
    low = -_limit(centred._replace(yi=-centred.yi), best.height, drop, se, column)
    ratio = 2 * np.maximum(best.height - _profile(centred, -at.mean, column).height, 0.0)
    inference = Inference(
        se=se,
        df=np.full_like(se, np.inf),
        statistic=np.sign(at.mean) * np.sqrt(ratio),
        p_value=np.asarray(chdtrc(1, ratio)),
        low=at.mean + low,
        high=at.mean + high,
    )
    inference = Inference(*(np.where(several, part, np.nan) for part in inference))
    return at.mean, tau2, inference


def likelihood_ratios(
    data: Studies, means: FloatArray, column: FloatArray | None = None
) -> FloatArray:
    """Twice how far the profile likelihood of each mean lies below its maximum, shape (n,).

    Parameters
    ----------
    data : Studies
        Studies of one meta-analysis, shape (k,), at least two.
    means : ndarray, shape (n,)
        The means in question, in the units of `data`.
    column : ndarray, shape (k,), optional
        As for :func:`profile_likelihood`.
    """
    at = mean_at(data, tau2_ml(data), column)
    centred = data._replace(yi=at.residuals)
    best = _profile(centred, np.zeros_like(at.mean), column).height
    along = None if column is None else column[None, :]
    height = _profile(repeated(centred, len(means)), means - at.mean, along).height
    return 2 * np.maximum(best - height, 0.0)


class _Profile(NamedTuple):
    """The likelihood at a mean, tau² profiled out, and its slope."""

    height: FloatArray
    slope: FloatArray


def _profile(data: Studies, mean: FloatArray, column: FloatArray | None) -> _Profile:
    """Profile log-likelihood of the mean, shape (...)."""
    along = data.present if column is None else column
    deviations = data.yi * data.present - along * mean[..., None]
    tau2 = highest_tau2_at(data, deviations**2)
    slope = (along * deviations / (data.vi + tau2[..., None])).sum(axis=-1)
    return _Profile(log_density(data, deviations**2, tau2), slope)


def log_density(data: Studies, squares: FloatArray, tau2: FloatArray) -> FloatArray:
    """Log-likelihood but for its constant, from squared deviations, shape (...)."""
    variances = data.vi + tau2[..., None]
    terms = data.present * (np.log(variances) + squares / variances)
    return np.asarray(-0.5 * terms.sum(axis=-1))


def highest_tau2_at(data: Studies, squares: FloatArray) -> FloatArray:
    """tau² >= 0 at the global maximum of the likelihood, from squared deviations of a mean."""
    grid = _scan_points(data, squares)
    on_grid = data.along(-2)
    height = log_density(on_grid, squares[..., None, :], grid)
    padded = np.pad(height, [(0, 0)] * (height.ndim - 1) + [(1, 1)], constant_values=-np.inf)
    peaks = (height >= padded[..., :-2]) & (height >= padded[..., 2:])
    # Highest peak of each row first; rows with fewer peaks refine some other point.
    order = np.argsort(np.where(peaks, -height, np.inf), axis=-1, kind="stable")
    best, best_height = np.zeros(height.shape[:-1]), np.full(height.shape[:-1], -np.inf)
    for rank in range(int(peaks.sum(axis=-1).max(initial=0))):
        found = _refine(data, squares, grid, order[..., rank : rank + 1])
        found_height = log_density(data, squares, found)
        better = found_height > best_height
        best = np.where(better, found, best)
        best_height = np.where(better, found_height, best_height)
    return best


def _scan_points(data: Studies, squares: FloatArray) -> FloatArray:
    """tau² from 0 to the last possible maximum, evenly spaced in log(tau² + min vi)."""
    smallest = smallest_variance(data)
    length = np.log1p(squares.max(axis=-1) / smallest)
    points = int(np.ceil(np.max(length, initial=0.0) / _SCAN_SPACING)) + 2
    fractions = np.linspace(0.0, 1.0, points)
    return np.asarray(smallest[..., None] * np.expm1(length[..., None] * fractions))


def _refine(data: Studies, squares: FloatArray, grid: FloatArray, peak: np.ndarray) -> FloatArray:
    """Maximum next to a peak of the scan, by Newton steps between the peak's neighbours."""

    def point(index: np.ndarray) -> FloatArray:
        return np.take_along_axis(grid, np.clip(index, 0, grid.shape[-1] - 1), axis=-1)[..., 0]

    def step(tau2: FloatArray) -> tuple[FloatArray, FloatArray]:
        w = data.present / (data.vi + tau2[..., None])
        slope = (w**2 * squares - w).sum(axis=-1)
        curvature = (w**2 - 2 * w**3 * squares).sum(axis=-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = -slope / curvature
        return slope, np.where(curvature < 0, newton, np.nan)

    low, start, high = point(peak - 1), point(peak), point(peak + 1)
    found = falling_root(step, low, high, start, smallest_variance(data))
    return np.where((peak[..., 0] == 0) & (step(np.zeros_like(start))[0] <= 0), 0.0, found)


def _limit(
    data: Studies, best: FloatArray, drop: float, se: FloatArray, column: FloatArray | None
) -> FloatArray:
    """Largest mean > 0 whose likelihood is `drop` below the best, which is at 0."""
    target = best - drop
    means = means_to_look_at(data, target, column)
    along = None if column is None else column[..., None, :]
    height = _profile(repeated(data, means.shape[-1]), means, along).height
    inside = height >= target[..., None]
    inside[..., 0], inside[..., -1] = True, False
    last = (means.shape[-1] - 1 - np.argmax(inside[..., ::-1], axis=-1))[..., None]
    low = np.take_along_axis(means, last, axis=-1)[..., 0]
    high = np.take_along_axis(means, last + 1, axis=-1)[..., 0]

    def step(mean: FloatArray) -> tuple[FloatArray, FloatArray]:
        # Newton's method on the signed root of the likelihood ratio, nearly linear in the mean.
        at = _profile(data, mean, column)
        root = np.sqrt(2 * np.maximum(best - at.height, 0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = (np.sqrt(2 * drop) - root) * root / -at.slope
        return at.height - target, newton

    return falling_root(step, low, high, low, _RESOLUTION * se)


def means_to_look_at(
    data: Studies, target: FloatArray, column: FloatArray | None, count: int = _MEANS
) -> FloatArray:
    """Means at which to look, rising from 0: up to the largest effect, each effect, the end."""
    effects = data.yi * data.present
    if column is not None:  # the means that would fit each effect alone
        size = np.abs(column)
        steers = size > _LOOSE * size.max(axis=-1, keepdims=True)
        effects = np.where(steers, effects / np.where(steers, column, 1.0), 0.0)
    largest = np.maximum(effects.max(axis=-1, keepdims=True), 0.0)
    widest = np.sqrt((data.vi * data.present).max(axis=-1))
    away = 1.01 * np.maximum(widest, np.exp(-target / data.k - 0.5))[..., None]
    while column is not None:  # the bound on how far to look is for independent effects
        inside = _profile(data, (largest + away)[..., 0], column).height >= target
        if not inside.any():
            break
        away = np.where(inside[..., None], 2 * away, away)
    end = largest + away  # a little beyond, whatever is lost to rounding
    even = largest * np.linspace(0.0, 1.0, count)
    return np.sort(np.concatenate([even, np.clip(effects, 0.0, largest), end], axis=-1), axis=-1)


def repeated(data: Studies, count: int) -> Studies:
    """The studies of each row `count` times over, shape (..., count, k)."""
    shape = (*data.yi.shape[:-1], count, data.yi.shape[-1])
    yi, vi, present = (
        np.broadcast_to(part[..., None, :], shape) for part in (data.yi, data.vi, data.present)
    )
    return data._replace(yi=yi, vi=vi, present=present)
