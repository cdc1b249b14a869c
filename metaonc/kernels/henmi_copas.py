"""Henmi and Copas: the common-effect mean with an interval that allows for heterogeneity."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import gammainc, ndtri

from metaonc.kernels.arrays import FloatArray, Studies
from metaonc.kernels.intervals import Inference
from metaonc.kernels.kenward_roger import spread_of_weights
from metaonc.kernels.roots import falling_root
from metaonc.kernels.tau2 import tau2_dl
from metaonc.kernels.weighting import squared_projection, weigh

_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(24)
_PANELS = 12
# The normal density falls by exp(-40) between the lower limit of the integral and this far beyond.
_RANGE = 80.0
# Below this U the tail is 1; the square of its inverse is still a number.
_SMALLEST = 1e-100
# The tail is known to about 1e-15 and the critical value to a thousand times that.
_RESOLUTION = 1e3


def henmi_copas(data: Studies, level: float) -> tuple[FloatArray, FloatArray, Inference]:
    r"""Test and interval of the mean by Henmi and Copas.

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k), without moderators.
    level : float
        Confidence level.

    Returns
    -------
    mean, tau2 : ndarray, shape (...)
        The common-effect mean, and DerSimonian and Laird's tau², in the units of `data`.
    inference : Inference
        `df` is NaN: the statistic is neither normal nor t. All NaN for one study.

    Notes
    -----
    With weights :math:`w_i = 1/v_i`, :math:`S_r = \sum w_i^r`, the mean
    :math:`\hat\theta = \sum w_i y_i / S_1` has variance :math:`V = h / S_1`,
    :math:`h = 1 + \tau^2 S_2/S_1`, under random effects, and the interval is
    :math:`\hat\theta \pm u \hat V^{1/2}`. The critical value u comes from the distribution of
    :math:`U = (\hat\theta - \theta) / \hat V^{1/2}` at :math:`\tau^2 = \hat\tau^2_{DL}`: given
    :math:`R = (\hat\theta - \theta)/V^{1/2}`, Q is taken as a gamma variable with its exact
    conditional mean and variance, and

    .. math:: P(|U| > u) = 2 \int_{u/\sqrt h}^\infty \phi(r)\,
       P\{Q < k - 1 + (r^2 h / u^2 - 1)(S_1 - S_2/S_1) S_1/S_2 \mid R = r\}\, dr .

    Since :math:`U \le R \sqrt h` in size, u lies between 0 and :math:`\sqrt h` times the normal
    quantile.

    References
    ----------
    Henmi M, Copas JB. Confidence intervals for random effects meta-analysis and robustness to
    publication bias. Stat Med 2010;29:2969-2983. doi:10.1002/sim.4029
    """
    common, tau2 = weigh(data), tau2_dl(data)
    several = data.k > 1
    pivot = _pivot(common.weights, data.k, tau2)
    se = np.sqrt(pivot.inflation / common.total)
    se = np.where(several, se, np.nan)
    critical = _critical_value(pivot, level)
    statistic = common.mean / se
    p_value = np.where(common.mean == 0, 1.0, pivot.tail(np.abs(statistic)))
    p_value = np.where(several, p_value, np.nan)
    half = critical * se
    df = np.full_like(se, np.nan)
    inference = Inference(se, df, statistic, p_value, common.mean - half, common.mean + half)
    return common.mean, tau2, inference


def henmi_copas_p(data: Studies, values: FloatArray) -> FloatArray:
    """P value of each mean by the same statistic, shape (n,).

    Parameters
    ----------
    data : Studies
        Studies of one meta-analysis, shape (k,), at least two.
    values : ndarray, shape (n,)
        The means in question, in the units of `data`.
    """
    common = weigh(data)
    pivot = _Pivot(*(part[None] for part in _pivot(common.weights, data.k, tau2_dl(data))))
    u = np.abs(common.mean - values) / np.sqrt(pivot.inflation / common.total)
    return np.where(u == 0, 1.0, pivot.tail(u))


class _Pivot(NamedTuple):
    """The distribution of U; shape (...) each.

    Attributes
    ----------
    df : ndarray
        k - 1.
    inflation : ndarray
        h, the variance of the mean over that at tau² = 0.
    per_inflation : ndarray
        By how much Q rises when the estimated h rises by 1.
    q_mean, q_mean_slope : ndarray
        Mean of Q given R = r: the first plus the second times r².
    q_variance, q_variance_slope : ndarray
        Its variance likewise.
    """

    df: FloatArray
    inflation: FloatArray
    per_inflation: FloatArray
    q_mean: FloatArray
    q_mean_slope: FloatArray
    q_variance: FloatArray
    q_variance_slope: FloatArray

    def tail(self, u: FloatArray) -> FloatArray:
        """P(|U| > u) for u >= 0, shape (...)."""
        start = np.maximum(u / np.sqrt(self.inflation), _SMALLEST)
        length = np.sqrt(start**2 + _RANGE) - start
        fractions, weights = _rule(_PANELS)
        r = start[..., None] + length[..., None] * fractions
        density = np.exp(-0.5 * r**2) * self._q_below(r, start) * weights
        return np.asarray(2 / np.sqrt(2 * np.pi) * length * density.sum(axis=-1))

    def _q_below(self, r: FloatArray, start: FloatArray) -> FloatArray:
        """P(Q < the value at which |U| = u | R = r), shape (..., nodes)."""
        df, per, mean, mean_slope, variance, variance_slope = (
            part[..., None] for part in (self.df, self.per_inflation, *self[3:])
        )
        first = start[..., None]
        limit = df + per * (r - first) * (r + first) / first**2
        mean, variance = mean + mean_slope * r**2, variance + variance_slope * r**2
        return np.asarray(gammainc(mean**2 / variance, limit * mean / variance))


def _rule(panels: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights on (0, 1): Gauss and Legendre's rule in panels, in the cube root.

    Near its lower limit the integrand can rise within a small part of the range.
    """
    x = ((2 * np.arange(panels)[:, None] + 1 + _NODES) / (2 * panels)).ravel()
    weights = np.tile(_NODE_WEIGHTS, panels) / (2 * panels)
    return x**3, weights * 3 * x**2


def _pivot(w: FloatArray, k: FloatArray, tau2: FloatArray) -> _Pivot:
    r"""Conditional moments of Q, from :math:`(y, \hat\theta)` being jointly normal.

    Notes
    -----
    With :math:`A = W - ww'/S_1`, :math:`\Sigma = \text{diag}(v_i + \tau^2)` and b the covariance of
    y with R, Q = y'Ay given R = r has mean :math:`\text{tr} A\Sigma + (r^2 - 1)\, b'Ab` and
    variance :math:`2\,\text{tr}(A\Sigma)^2 - 4 b'A\Sigma Ab + 2 (b'Ab)^2 +
    4 r^2 \{b'A\Sigma Ab - (b'Ab)^2\}`.
    """
    total, square = w.sum(axis=-1), (w**2).sum(axis=-1)
    several = k > 1
    trace = np.where(several, total - square / total, 1.0)
    inflation = 1 + tau2 * square / total
    scale = tau2**2 / (inflation * total)
    bab = scale * spread_of_weights(w)
    basab = scale * spread_of_weights(w, 1 + tau2[..., None] * w)
    df = np.where(several, k - 1, 1.0)
    trace_2 = df + 2 * tau2 * trace + tau2**2 * squared_projection(w)
    return _Pivot(
        df=df,
        inflation=inflation,
        per_inflation=trace * total / square,
        q_mean=df + tau2 * trace - bab,
        q_mean_slope=bab,
        q_variance=2 * trace_2 - 4 * basab + 2 * bab**2,
        q_variance_slope=4 * (basab - bab**2),
    )


def _critical_value(pivot: _Pivot, level: float) -> FloatArray:
    """The u with P(|U| > u) = 1 - level."""
    highest = np.sqrt(pivot.inflation) * ndtri(0.5 + level / 2)
    step = _newton(lambda u: pivot.tail(u) - (1 - level))
    floor = _RESOLUTION * highest
    return falling_root(step, np.zeros_like(highest), highest, highest, floor)


def _newton(
    value: Callable[[FloatArray], FloatArray],
) -> Callable[[FloatArray], tuple[FloatArray, FloatArray]]:
    """Newton steps with a slope from a small difference."""

    def step(u: FloatArray) -> tuple[FloatArray, FloatArray]:
        here, beside = value(u), value(u * (1 + 1e-5))
        with np.errstate(divide="ignore", invalid="ignore"):
            return here, -here * 1e-5 * u / (beside - here)

    return step
