"""Mean weight of a study's p value under a normal distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import log_ndtr, ndtri

from metaonc.kernels.arrays import FloatArray
from metaonc.kernels.selection.selection_weights import LogWeights, PValues

_LOG_2PI = float(np.log(2 * np.pi))
_NODES = 8
_NEAR = 8.5  # statistics below have p values that differ from 0 and 1


class Regions(NamedTuple):
    """Where the weight of a test statistic is constant, and where it is integrated.

    Attributes
    ----------
    low, high : ndarray, shape (c,)
        Ends of the cells of constant weight, on the scale of the statistic z.
    nodes, log_widths : ndarray, shape (n,)
        Nodes of the quadrature between the cells, and logarithms of their weights.
    p : PValues
        One of each cell, then those of the nodes: shape (c + n,).
    """

    low: FloatArray
    high: FloatArray
    nodes: FloatArray
    log_widths: FloatArray
    p: PValues


class MeanWeights(NamedTuple):
    """Logarithm of each study's mean weight, with its slopes.

    Attributes
    ----------
    value : ndarray, shape (k,)
    by_mean, by_variance : ndarray, shape (k,)
        Slopes by mean and variance of the statistic.
    by_parameter : ndarray, shape (q, k)
    """

    value: FloatArray
    by_mean: FloatArray
    by_variance: FloatArray
    by_parameter: FloatArray


def p_values(z: FloatArray, two_sided: bool) -> PValues:
    """P values of statistics: of larger ones, or of ones farther from 0."""
    if not two_sided:
        return PValues(log_ndtr(-z), log_ndtr(z))
    log_p = np.minimum(np.log(2.0) + log_ndtr(-np.abs(z)), 0.0)
    with np.errstate(divide="ignore"):
        return PValues(log_p, np.log(-np.expm1(log_p)))


def step_regions(cuts: FloatArray, two_sided: bool) -> Regions:
    """Cells of a weight that is constant between p values; nothing to integrate."""
    edges = _edges(cuts, two_sided)
    low, high = np.concatenate([[-np.inf], edges]), np.concatenate([edges, [np.inf]])
    inside = np.concatenate([low[1:2] - 1, (low[1:-1] + high[1:-1]) / 2, high[-2:-1] + 1])
    inside = inside if len(edges) else np.zeros(1)
    none = np.empty(0)
    return Regions(low, high, none, none, p_values(inside, two_sided))


def smooth_regions(reach: tuple[float, float], two_sided: bool) -> Regions:
    """Regions of a weight that is smooth between two statistics and constant outside.

    Parameters
    ----------
    reach : tuple of float
        The statistics whose one-sided p values end what is smooth: the lower one, then the higher.
    two_sided : bool
        Whether p values are; then the same p values count, and the higher statistic is positive.
    """
    bottom, top = reach
    if two_sided:
        low_p, high_p = np.exp(log_ndtr(-top)), np.exp(log_ndtr(-bottom))
        top = float(_edges(np.array([low_p]), True)[-1])
        inner = float(_edges(np.array([high_p]), True)[-1]) if high_p < 1 else 0.0
        panels = _graded(inner, top)
        cells = [(-np.inf, -top), (-inner, inner), (top, np.inf)]
        nodes, widths = _nodes(np.concatenate([-panels[::-1], panels]))
        keep = np.abs(nodes) > inner
        nodes, widths, at = nodes[keep], widths[keep], np.array([-top, inner, top])
    else:
        cells = [(-np.inf, bottom), (top, np.inf)]
        nodes, widths = _nodes(_even(bottom, top))
        at = np.array([bottom, top])
    low, high = np.array(cells).T
    p = p_values(np.concatenate([at, nodes]), two_sided)
    return Regions(low, high, nodes, np.log(widths), p)


def _edges(cuts: FloatArray, two_sided: bool) -> FloatArray:
    """Statistics at which the p value is one of the cuts, in increasing order."""
    if not two_sided:
        return -ndtri(np.sort(cuts)[::-1])
    upper = -ndtri(np.sort(cuts)[::-1] / 2)
    return np.concatenate([-upper[::-1], upper])


def _even(low: float, high: float) -> FloatArray:
    """Ends of panels half as wide as a standard deviation, wider where p values are tiny."""
    near = min(high, _NEAR)
    edges = np.linspace(low, near, 1 + int(np.ceil((near - low) * 2)))
    far = np.linspace(near, high, 1 + int(np.ceil((high - near) / 2)))
    return np.concatenate([edges, far])


def _graded(inner: float, top: float) -> FloatArray:
    """Ends of panels that narrow towards 0, where a two-sided p value has its kink."""
    first = max(inner, 1e-9)
    near = np.geomspace(first, 0.5, 30) if first < 0.5 else np.array([first])
    start = [0.0] if inner == 0 else []
    return np.concatenate([start, near, _even(float(near[-1]), top)])


def _nodes(edges: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Gauss-Legendre nodes and weights in panels between edges; panels without width have none."""
    edges = np.unique(edges)
    at, weights = np.polynomial.legendre.leggauss(_NODES)
    middle, half = (edges[1:] + edges[:-1]) / 2, (edges[1:] - edges[:-1]) / 2
    return (middle[:, None] + half[:, None] * at).ravel(), (half[:, None] * weights).ravel()


@dataclass(frozen=True)
class _Normal:
    """Normal distributions of statistics, shape (k, 1) each."""

    mean: FloatArray
    deviation: FloatArray

    def standard(self, z: FloatArray) -> FloatArray:
        return (z - self.mean) / self.deviation

    def log_density(self, t: FloatArray) -> FloatArray:
        return -0.5 * t * t - 0.5 * _LOG_2PI - np.log(self.deviation)


def mean_weights(
    regions: Regions, weights: LogWeights, mean: FloatArray, variance: FloatArray
) -> MeanWeights:
    """Mean weight of statistics that are normal, by study.

    Parameters
    ----------
    regions : Regions
        Where weights are constant and where they are integrated.
    weights : LogWeights
        At `regions.p`, in that order.
    mean, variance : ndarray, shape (k,)
        Of each study's statistic.
    """
    normal = _Normal(mean[:, None], np.sqrt(variance)[:, None])
    c = len(regions.low)
    low, high = normal.standard(regions.low), normal.standard(regions.high)
    t = normal.standard(regions.nodes)
    log_w = np.atleast_2d(weights.value)
    cells = log_w[:, :c] + _log_between(low, high)
    nodes = log_w[:, c:] + normal.log_density(t) + regions.log_widths
    terms = np.concatenate([cells, nodes], axis=1)
    top = terms.max(axis=1, keepdims=True)
    shares = np.exp(terms - top)
    total = shares.sum(axis=1, keepdims=True)
    shares /= total
    value = (top + np.log(total))[:, 0]
    # Slopes of the probability of a cell are differences of densities at its ends.
    log_scale = log_w[:, :c] - value[:, None]
    below, above = _scaled_density(log_scale, low), _scaled_density(log_scale, high)
    by_t, by_t2 = below - above, _times(low, below) - _times(high, above)
    deviation = normal.deviation[:, 0]
    by_mean = (by_t.sum(axis=1) + (shares[:, c:] * t).sum(axis=1)) / deviation
    by_variance = (by_t2.sum(axis=1) + (shares[:, c:] * (t * t - 1)).sum(axis=1)) / (2 * variance)
    slopes = weights.slopes if weights.slopes.ndim == 3 else weights.slopes[:, None, :]
    by_parameter = (slopes * shares).sum(axis=-1)
    return MeanWeights(value, by_mean, by_variance, by_parameter)


def _log_between(low: FloatArray, high: FloatArray) -> FloatArray:
    """Logarithm of the probability of a standard normal between two values, in either tail."""
    flip = low > 0
    a, b = np.where(flip, -high, low), np.where(flip, -low, high)
    upper, lower = (np.asarray(log_ndtr(end)) for end in (b, a))
    with np.errstate(divide="ignore", invalid="ignore"):
        share: FloatArray = -np.exp(np.minimum(lower - upper, 0.0))
        return upper + np.log1p(share)


def _scaled_density(log_scale: FloatArray, t: FloatArray) -> FloatArray:
    """Standard normal density times a scale that alone might overflow; 0 at infinity."""
    return np.where(np.isfinite(t), np.exp(log_scale - 0.5 * t * t - 0.5 * _LOG_2PI), 0.0)


def _times(t: FloatArray, density: FloatArray) -> FloatArray:
    """Product that is 0 at infinity."""
    return np.where(np.isfinite(t), t, 0.0) * density
