"""Tetrachoric correlation: two normal variables seen only as above or below their cuts."""

from __future__ import annotations

from functools import cache

import numpy as np

from metaonc.effects.scales.transforms import FloatArray

_NODES = 64  # of Gauss-Legendre; the integrand is smooth, and falls to nothing at the ends
_STEPS = 100  # a bracket that is halved at worst is at rounding before
_NEAR = 1e-14  # radians; Newton's method has then converged


def tetrachoric(a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray) -> FloatArray:
    r"""Correlation of the two normal variables behind a 2x2 table.

    Parameters
    ----------
    a, b, c, d : ndarray of float, shape (k,)
        Cells, > 0: rows are the categories of one variable, columns those of the other.

    Returns
    -------
    ndarray of float, shape (k,)
        In (-1, 1); NaN where a cell is not > 0.

    Notes
    -----
    With the cuts :math:`h, k` at the normal quantiles of the margins, the correlation is the
    :math:`\rho` at which the bivariate normal distribution gives the cell its share (Pearson,
    Philos Trans R Soc A 1900;195:1-47), which is maximum likelihood, the table being fitted
    exactly (Hamdan, Biometrika 1970;57:212-215). From
    :math:`\Phi_2(h,k;\rho) = \Phi(h)\Phi(k) + \int_0^{\arcsin\rho}
    \frac{1}{2\pi}\exp\{-\frac{h^2 - 2hk\sin\theta + k^2}{2\cos^2\theta}\}\,d\theta`
    (Drezner & Wesolowsky, J Stat Comput Simul 1990;35:101-107) the equation in
    :math:`\theta = \arcsin\rho` is solved by Newton's method inside a bracket.

    Examples
    --------
    >>> cells = [np.array([x]) for x in (20.0, 10.0, 10.0, 20.0)]
    >>> float(tetrachoric(*cells)[0].round(6)), round(float(np.sin(np.pi / 6)), 6)
    (0.5, 0.5)
    """
    h, k, share = _cuts(a, b, c, d)
    target = share[0] - (share[0] + share[1]) * (share[0] + share[2])
    low, high = np.full_like(h, -np.pi / 2), np.full_like(h, np.pi / 2)
    theta, done = np.zeros_like(h), ~(np.isfinite(h) & np.isfinite(k))
    for _ in range(_STEPS):
        error = _integral(h, k, theta) - target
        low, high = np.where(error < 0, theta, low), np.where(error < 0, high, theta)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            step = theta - error / _density(h, k, theta)
        inside = (step > low) & (step < high)
        following = np.where(inside, step, (low + high) / 2)
        near = np.abs(following - theta) <= _NEAR
        theta = np.where(done, theta, following)  # a table is not moved by the others
        done |= near
        if done.all():
            break
    return np.where(np.isfinite(h) & np.isfinite(k), np.sin(theta), np.nan)


def tetrachoric_variance(
    a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray, rho: FloatArray
) -> FloatArray:
    r"""Large-sample variance of `tetrachoric`, shape (k,).

    Notes
    -----
    By the delta method from the four shares, cuts estimated as well (Pearson, Biometrika
    1913;9:22-27; Hamdan 1970): with :math:`\Phi_h = \Phi\{(k-\rho h)/\sqrt{1-\rho^2}\}` and
    :math:`\Phi_k` likewise, the slopes of :math:`\rho` in the cells are
    :math:`(1-\Phi_h-\Phi_k, -\Phi_h, -\Phi_k, 0)` over the bivariate density at the cuts.
    """
    from scipy.special import ndtr

    h, k, share = _cuts(a, b, c, d)
    root = np.sqrt(1 - rho**2)
    along_h, along_k = ndtr((k - rho * h) / root), ndtr((h - rho * k) / root)
    slopes = np.stack([1 - along_h - along_k, -along_h, -along_k, np.zeros_like(h)])
    density = np.exp(-(h**2 - 2 * rho * h * k + k**2) / (2 * root**2)) / (2 * np.pi * root)
    mean = np.sum(slopes * share, axis=0)
    spread = np.sum(slopes**2 * share, axis=0) - mean**2
    return np.asarray(spread / (density**2 * (a + b + c + d)))


def _cuts(
    a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Normal quantiles of the margins, and the shares of the cells; NaN with an empty cell."""
    from scipy.special import ndtri

    cells = np.stack([a, b, c, d])
    share = np.where((cells > 0).all(axis=0), cells, np.nan) / cells.sum(axis=0)
    return ndtri(share[0] + share[1]), ndtri(share[0] + share[2]), share


def _density(h: FloatArray, k: FloatArray, theta: FloatArray) -> FloatArray:
    """The integrand in theta."""
    square = h**2 - 2 * h * k * np.sin(theta) + k**2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.exp(-square / (2 * np.cos(theta) ** 2)) / (2 * np.pi))


@cache
def _rule() -> tuple[FloatArray, FloatArray]:
    return np.polynomial.legendre.leggauss(_NODES)


def _integral(h: FloatArray, k: FloatArray, theta: FloatArray) -> FloatArray:
    """The integrand from 0 to theta."""
    nodes, weights = _rule()
    at = theta[..., None] * (nodes + 1) / 2
    return np.asarray(theta / 2 * np.sum(weights * _density(h[..., None], k[..., None], at), -1))
