"""Certificates: evidence, computed apart from the search, that a tau² is what it claims to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtri

from metaonc.kernels.arrays import FloatArray, Studies
from metaonc.kernels.likelihood import peaks_of_scan, profile, smallest_variance
from metaonc.kernels.weighting import weigh, weigh_by

# Relative half-width of the bracket, on the scale tau² + smallest vi: well above rounding.
_HALF_WIDTH = 1e-7
# Steps of the look for local maxima, in log(tau² + smallest vi): much finer than the search's own.
_FINE_STEP = 0.02


class Certificate(NamedTuple):
    """What can be verified of an estimate of tau², shape (...) each.

    Attributes
    ----------
    low, high : ndarray
        A bracket of relative width 2e-7 around tau²: the estimating function is positive at `low`
        (or `low` is 0) and negative at `high`. NaN where the estimator has a closed form.
    holds : ndarray of bool
        Whether it is so.
    residual : ndarray
        The estimating equation at tau², relative to its own scale; 0 where tau² is 0 because the
        function is negative from there on.
    maxima : ndarray of int
        Local maxima of the profile likelihood (ML, REML); 1 for the other estimators.
    """

    low: FloatArray
    high: FloatArray
    holds: np.ndarray
    residual: FloatArray
    maxima: np.ndarray


def certify(method: str, data: Studies, tau2: FloatArray) -> Certificate:
    """Verify an estimate of tau².

    Parameters
    ----------
    method : str
        Name of the estimator, as in `ESTIMATORS`.
    data : Studies
        Studies, shape (..., k).
    tau2 : ndarray, shape (...)
        The estimate, in the units of `data`.
    """
    equation = _equation(method, data)
    maxima = np.ones(data.k.shape, dtype=int)
    if equation is None:
        nothing = np.full(data.k.shape, np.nan)
        return Certificate(nothing, nothing, np.isfinite(tau2), np.zeros(data.k.shape), maxima)
    if method in ("ML", "REML"):
        maxima = peaks_of_scan(data, restricted=method == "REML")
    step = _HALF_WIDTH * (tau2 + smallest_variance(data))
    low, high = np.maximum(tau2 - step, 0.0), tau2 + step
    value, below, above = equation(tau2), equation(low), equation(high)
    at_zero = (tau2 == 0) & (value <= 0)
    estimable = data.k > data.p
    holds = ~estimable | (((below > 0) | (low == 0)) & (above < 0))
    residual = np.where(at_zero | ~estimable, 0.0, np.abs(value))
    return Certificate(low, high, holds, residual, maxima)


def _equation(method: str, data: Studies) -> Callable[[FloatArray], FloatArray] | None:
    """Estimating function of tau², falling through 0 at the estimate, relative to its scale."""
    free = np.maximum(data.k - data.p, 1)
    if method in ("PM", "EB", "DLIT", "SJIT"):
        return lambda tau2: weigh(data, tau2).q / free - 1
    if method == "PMM":
        median = np.asarray(chdtri(free, 0.5), dtype=float)
        return lambda tau2: weigh(data, tau2).q / median - 1
    if method in ("ML", "REML"):
        restricted = method == "REML"

        def score(tau2: FloatArray) -> FloatArray:
            at = weigh(data, tau2)
            trace = at.trace() if restricted else at.total
            return profile(data, tau2, restricted=restricted).slope / (0.5 * trace)

        return score
    return None


def local_maxima(data: Studies, *, restricted: bool) -> tuple[FloatArray, FloatArray]:
    r"""Every local maximum of one profile likelihood, found apart from the search for the highest.

    Parameters
    ----------
    data : Studies
        Studies of one meta-analysis, shape (k,).
    restricted : bool
        Restricted or full likelihood.

    Returns
    -------
    tau2, height : ndarray, shape (maxima,)
        Where they are, in the units of `data`, rising; and the profile there, up to a constant.

    Notes
    -----
    The slope is looked at in small steps of :math:`\log(\tau^2 + v_{min})` from 0 to where the
    likelihood only falls (:func:`metaonc.kernels.likelihood.highest_tau2`), and each change from
    rising to falling is closed in on by Brent's method: Algorithms for Minimization Without
    Derivatives, Prentice-Hall 1973, chapter 4.
    """

    def slope(tau2: FloatArray | float) -> FloatArray:
        return profile(data.along(-2), np.atleast_1d(tau2), restricted=restricted).slope

    smallest = float(smallest_variance(data))
    grid = smallest * np.expm1(np.arange(0.0, _log_length(data) + 2 * _FINE_STEP, _FINE_STEP))
    slopes = slope(grid)
    turns = np.flatnonzero((slopes[:-1] > 0) & (slopes[1:] <= 0))
    found = [0.0] if slopes[0] <= 0 else []
    found += [
        float(brentq(lambda x: float(slope(x)[0]), grid[i], grid[i + 1], xtol=smallest * 1e-15))
        for i in turns
    ]
    tau2 = np.array(found)
    return tau2, profile(data.along(-2), tau2, restricted=restricted).value


def _log_length(data: Studies) -> float:
    """Where the likelihood only falls, as log(1 + tau² / smallest vi)."""
    smallest = float(smallest_variance(data))
    largest = float((data.vi * data.present).max())
    s = float(weigh_by(data, data.present).q / max(float(data.k) - data.p, 1.0))
    end = 0.5 * (s - 2 * smallest + np.sqrt(s**2 + 4 * s * max(largest - smallest, 0.0)))
    return float(np.log1p(max(end, smallest) / smallest))
