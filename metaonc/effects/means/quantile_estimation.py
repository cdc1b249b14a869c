"""Mean and standard deviation of data that need not be normal, from the quantiles that are printed.

Quantile estimation by McGrath et al., Stat Methods Med Res 2020;29:2520-2537. Their other method,
by Box-Cox, is not here: data skewed to the right have negative powers, with which the mean it takes
back is infinite, and a simulated one depends on its draws.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from metaonc.effects.scales.transforms import FloatArray


class Moments(NamedTuple):
    """Mean and standard deviation, with the distribution they come from."""

    mean: float
    sd: float
    by: str


class _Fit(NamedTuple):
    distance: float  # sum of squares between printed and fitted quantiles
    moments: Moments


# The shape of a distribution with scale 1 is searched between these, on the log scale.
_FINE: Any = {"xatol": 1e-10}
_SHAPES = np.linspace(np.log(0.02), np.log(500.0), 120)


def quantile_estimation(quantiles: FloatArray, shares: FloatArray) -> Moments:
    r"""Moments of the distribution whose quantiles are nearest to those printed.

    Parameters
    ----------
    quantiles : ndarray of float, shape (3,) or (5,)
        Printed quantiles, rising.
    shares : ndarray of float
        Shares of the patients below them: 1/4, 1/2, 3/4; for the smallest and largest value of n
        patients 1/n and 1 - 1/n.

    Returns
    -------
    Moments

    Notes
    -----
    Of the normal and, for values above 0, the log-normal, gamma, Weibull and, for values inside 0
    to 1, beta distributions, each fitted by :math:`\min_\theta \sum_i \{F_\theta^{-1}(p_i) -
    q_i\}^2`, the one with the smallest minimum is taken. The scale of the middle three has a closed
    form, their shape is searched for.

    Examples
    --------
    >>> found = quantile_estimation(np.array([2.0, 4.0, 9.0]), np.array([0.01, 0.5, 0.99]))
    >>> round(found.mean, 2), round(found.sd, 2), found.by
    (4.35, 1.5, 'log-normal')
    """
    fits = [_normal(quantiles, shares)]
    if quantiles[0] > 0:
        fits += [_scaled(family, quantiles, shares) for family in _FAMILIES]
        if quantiles[-1] < 1:
            fits.append(_beta(quantiles, shares))
    return min(fits, key=lambda fit: fit.distance).moments


def _normal(q: FloatArray, p: FloatArray) -> _Fit:
    from scipy.special import ndtri

    z = ndtri(p)
    sd = float(((z - z.mean()) @ q) / ((z - z.mean()) @ z))
    mean = float(q.mean() - sd * z.mean())
    return _Fit(float(np.sum((mean + sd * z - q) ** 2)), Moments(mean, sd, "normal"))


class _Family(NamedTuple):
    """A distribution of scale 1: its quantiles and its moments, by the logarithm of its shape."""

    name: str
    quantiles: Callable[[FloatArray, float], FloatArray]
    moments: Callable[[float], tuple[float, float]]


def _lognormal_quantiles(p: FloatArray, log_shape: float) -> FloatArray:
    from scipy.special import ndtri

    return np.asarray(np.exp(np.exp(log_shape) * ndtri(p)))


def _lognormal_moments(log_shape: float) -> tuple[float, float]:
    variance = np.exp(2 * log_shape)
    mean = np.exp(variance / 2)
    return float(mean), float(mean * np.sqrt(np.expm1(variance)))


def _gamma_quantiles(p: FloatArray, log_shape: float) -> FloatArray:
    from scipy.special import gammaincinv

    return np.asarray(gammaincinv(np.exp(log_shape), p))


def _gamma_moments(log_shape: float) -> tuple[float, float]:
    shape = float(np.exp(log_shape))
    return shape, shape**0.5


def _weibull_quantiles(p: FloatArray, log_shape: float) -> FloatArray:
    return np.asarray((-np.log1p(-p)) ** np.exp(-log_shape))


def _weibull_moments(log_shape: float) -> tuple[float, float]:
    from scipy.special import gamma

    k = np.exp(log_shape)
    first, second = float(gamma(1 + 1 / k)), float(gamma(1 + 2 / k))
    return first, (second - first**2) ** 0.5


_FAMILIES = (
    _Family("log-normal", _lognormal_quantiles, _lognormal_moments),
    _Family("gamma", _gamma_quantiles, _gamma_moments),
    _Family("Weibull", _weibull_quantiles, _weibull_moments),
)


def _scaled(family: _Family, q: FloatArray, p: FloatArray) -> _Fit:
    """The best shape, with the scale that fits it best."""
    from scipy.optimize import minimize_scalar

    def scale(log_shape: float) -> float:
        unit = family.quantiles(p, log_shape)
        return float(unit @ q / (unit @ unit))

    def distance(log_shape: float) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            found = np.sum((scale(log_shape) * family.quantiles(p, log_shape) - q) ** 2)
        return float(found) if np.isfinite(found) else np.inf

    at = int(np.argmin([distance(x) for x in _SHAPES]))
    low, high = float(_SHAPES[max(at - 1, 0)]), float(_SHAPES[min(at + 1, len(_SHAPES) - 1)])
    found = minimize_scalar(distance, bounds=(low, high), method="bounded", options=_FINE)
    shape = float(found.x)
    mean, sd = family.moments(shape)
    unit = scale(shape)
    return _Fit(distance(shape), Moments(unit * mean, unit * sd, family.name))


def _beta(q: FloatArray, p: FloatArray) -> _Fit:
    from scipy.optimize import least_squares
    from scipy.special import betaincinv

    def residuals(logs: FloatArray) -> FloatArray:
        a, b = np.exp(logs)
        return np.asarray(betaincinv(a, b, p) - q)

    middle = float(q[len(q) // 2])
    spread = max(float(q[-1] - q[0]) / 2, 1e-6)
    size = max(middle * (1 - middle) / spread**2 - 1, 0.5)
    start = np.log([middle * size, (1 - middle) * size])
    found = least_squares(residuals, start, bounds=(-7.0, 12.0), xtol=1e-14, ftol=1e-14)
    a, b = np.exp(found.x)
    sd = float(np.sqrt(a * b / ((a + b) ** 2 * (a + b + 1))))
    return _Fit(float(np.sum(found.fun**2)), Moments(float(a / (a + b)), sd, "beta"))
