"""Group-sequential boundaries: alpha spending, and the recursion that turns it into limits of z."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from metaonc.kernels.arrays import FloatArray

# A standard normal beyond this has no mass that a sum in double precision would notice.
_REACH = 9.0
# Nothing that can be told from 0 is spent at such a look: its boundary is infinite.
_NOTHING = 1e-13
# Gauss-Legendre points in each panel; a panel is as wide as the step between two looks spreads z.
_POINTS = 10
_MOST_PANELS = 200


class _Density(NamedTuple):
    """Where z lies at one look, of those that crossed no boundary before."""

    z: FloatArray
    mass: FloatArray  # density times the weight of quadrature
    information: float


def obrien_fleming_spending(fraction: ArrayLike, alpha: float = 0.05) -> FloatArray:
    r"""Two-sided type I error that may be spent by an information fraction.

    Parameters
    ----------
    fraction : array_like of float
        Accrued over required information, > 0; beyond 1 all is spent.
    alpha : float, default 0.05
        Two-sided error in all.

    Returns
    -------
    ndarray of float
        :math:`4 - 4\Phi(z_{1-\alpha/4} / \sqrt t)`: :math:`\alpha/2` spent on either side.

    Notes
    -----
    Lan & DeMets, Biometrika 1983;70:659-663, the function that comes close to O'Brien and
    Fleming's boundaries, at :math:`\alpha/2` for each side.

    Examples
    --------
    >>> obrien_fleming_spending([0.2, 0.5, 1.0]).round(6)
    array([1.000e-06, 3.051e-03, 5.000e-02])
    """
    t = np.minimum(np.asarray(fraction, dtype=float), 1.0)
    return np.asarray(4 * ndtr(ndtri(alpha / 4) / np.sqrt(t)))


def two_sided_boundaries(fraction: ArrayLike, spent: ArrayLike) -> FloatArray:
    r"""Limits of \|z\| that spend a two-sided error look by look.

    Parameters
    ----------
    fraction : array_like of float, shape (looks,)
        Information at each look, > 0 and rising; only ratios matter.
    spent : array_like of float, shape (looks,)
        Error spent by each look in all, not falling.

    Returns
    -------
    ndarray, shape (looks,)
        Infinite where (next to) nothing is spent.

    Notes
    -----
    Armitage, McPherson & Rowe, J R Stat Soc A 1969;132:235-244: the density of z among those that
    went on is carried from look to look by numerical integration (Jennison & Turnbull, Group
    Sequential Methods 2000, chapter 19), here by Gauss-Legendre quadrature in panels.

    Examples
    --------
    >>> looks = np.array([0.2, 0.4, 0.6, 0.8, 1.0])
    >>> two_sided_boundaries(looks, obrien_fleming_spending(looks)).round(4)
    array([4.8769, 3.357 , 2.6803, 2.2898, 2.031 ])
    """
    information = np.asarray(fraction, dtype=float)
    step = np.diff(np.asarray(spent, dtype=float), prepend=0.0)
    found = np.empty(len(information))
    density = None
    for i, (info, error) in enumerate(zip(information, step, strict=True)):
        found[i] = _boundary(density, float(info), float(error))
        following = information[i + 1] if i + 1 < len(information) else None
        density = _go_on(density, float(info), found[i], _spread(info, following), 0.0)
    return found


def crossing_probabilities(
    fraction: ArrayLike, boundaries: ArrayLike, drift: float = 0.0
) -> FloatArray:
    r"""Probability that \|z\| reaches a boundary for the first time, look by look.

    Parameters
    ----------
    fraction : array_like of float, shape (looks,)
        Information at each look, > 0 and rising.
    boundaries : array_like of float, shape (looks,)
        Limits of \|z\|.
    drift : float, default 0
        Mean of z at information 1.

    Returns
    -------
    ndarray, shape (looks,)

    Examples
    --------
    >>> looks = np.arange(1, 6) / 5
    >>> pocock = crossing_probabilities(looks, np.full(5, 2.413))  # J & T, table 2.1
    >>> round(float(pocock.sum()), 4)
    0.05
    """
    information = np.asarray(fraction, dtype=float)
    bounds = np.asarray(boundaries, dtype=float)
    found = np.empty(len(information))
    density = None
    for i, (info, bound) in enumerate(zip(information, bounds, strict=True)):
        found[i] = _beyond(density, float(info), float(bound), drift)
        following = information[i + 1] if i + 1 < len(information) else None
        density = _go_on(density, float(info), float(bound), _spread(info, following), drift)
    return found


def _boundary(density: _Density | None, information: float, error: float) -> float:
    if error < _NOTHING:
        return np.inf
    if density is None:
        return float(-ndtri(error / 2))

    def excess(bound: float) -> float:
        return _beyond(density, information, bound, 0.0) - error

    if excess(0.0) <= 0:  # more is to be spent than is left
        return 0.0
    return float(brentq(excess, 0.0, 2 * _REACH, xtol=1e-12))


def _beyond(density: _Density | None, information: float, bound: float, drift: float) -> float:
    if density is None:
        mean = drift * np.sqrt(information)
        return float(ndtr(mean - bound) + ndtr(-mean - bound))
    step = np.sqrt(information - density.information)
    mean = density.z * np.sqrt(density.information) + drift * step**2
    edge = bound * np.sqrt(information)
    tails = ndtr((mean - edge) / step) + ndtr((-mean - edge) / step)
    return float(density.mass @ tails)


def _spread(information: float, following: float | None) -> float:
    """Width of the panels: how much the next look smooths, in units of z."""
    if following is None:
        return np.inf
    return float(np.sqrt((following - information) / information))


def _go_on(
    density: _Density | None, information: float, bound: float, spread: float, drift: float
) -> _Density:
    """The density of z inside the boundary."""
    mean = drift * np.sqrt(information)
    low, high = max(-bound, mean - _REACH), min(bound, mean + _REACH)
    z, weight = _quadrature(low, max(high, low), spread)
    if density is None:
        return _Density(z, weight * _normal(z - mean), information)
    step = np.sqrt(information - density.information)
    found = np.zeros(len(z))
    start = density.z * np.sqrt(density.information) + drift * step**2
    for part in _parts(len(z)):
        moved = (z[part, None] * np.sqrt(information) - start) / step
        found[part] = _normal(moved) @ density.mass
    return _Density(z, weight * found * np.sqrt(information) / step, information)


def _quadrature(low: float, high: float, spread: float) -> tuple[FloatArray, FloatArray]:
    panels = int(np.clip(np.ceil((high - low) / min(spread, 1.0)), 4, _MOST_PANELS))
    nodes, weights = np.polynomial.legendre.leggauss(_POINTS)
    edges = np.linspace(low, high, panels + 1)
    half = np.diff(edges)[:, None] / 2
    middle = (edges[:-1] + edges[1:])[:, None] / 2
    return (middle + half * nodes).ravel(), (half * weights).ravel()


def _normal(x: FloatArray) -> FloatArray:
    return np.asarray(np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi))


def _parts(n: int, size: int = 256) -> Iterator[slice]:
    """Few rows at a time, so that the matrix between two looks stays small."""
    return (slice(start, start + size) for start in range(0, n, size))
