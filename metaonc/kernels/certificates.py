"""Certificates: evidence, computed apart from the search, that a tau² is what it claims to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import chdtri

from metaonc.kernels.arrays import FloatArray, Studies
from metaonc.kernels.generalised_q import q_weights_of
from metaonc.kernels.likelihood import score
from metaonc.kernels.maxima import count_maxima
from metaonc.kernels.roots import smallest_variance
from metaonc.kernels.tau2_intervals import q_tails
from metaonc.kernels.weighting import weigh, weigh_by

# Relative half-width of the bracket, on the scale tau² + smallest vi: well above rounding.
_HALF_WIDTH = 1e-7


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


def certify(
    method: str, data: Studies, tau2: FloatArray, weights: FloatArray | str = "1/sei"
) -> Certificate:
    """Verify an estimate of tau².

    Parameters
    ----------
    method : str
        Name of the estimator, as in `ESTIMATORS`.
    data : Studies
        Studies, shape (..., k).
    tau2 : ndarray, shape (...)
        The estimate, in the units of `data`.
    weights : ndarray, shape (..., k), or str, default "1/sei"
        Those of a generalised Q (GENQM).
    """
    equation = _equation(method, data, weights)
    maxima = np.ones(data.k.shape, dtype=int)
    if equation is None:
        nothing = np.full(data.k.shape, np.nan)
        return Certificate(nothing, nothing, np.isfinite(tau2), np.zeros(data.k.shape), maxima)
    if method in ("ML", "REML"):
        maxima = count_maxima(data, restricted=method == "REML")
    step = _HALF_WIDTH * (tau2 + smallest_variance(data))
    low, high = np.maximum(tau2 - step, 0.0), tau2 + step
    value, below, above = equation(tau2), equation(low), equation(high)
    at_zero = (tau2 == 0) & (value <= 0)
    estimable = data.k > data.p
    holds = ~estimable | (((below > 0) | (low == 0)) & (above < 0))
    residual = np.where(at_zero | ~estimable, 0.0, np.abs(value))
    return Certificate(low, high, holds, residual, maxima)


def _equation(
    method: str, data: Studies, weights: FloatArray | str
) -> Callable[[FloatArray], FloatArray] | None:
    """Estimating function of tau², falling through 0 at the estimate, relative to its scale."""
    free = np.maximum(data.k - data.p, 1)
    if method in ("PM", "EB", "DLIT", "SJIT"):
        return lambda tau2: weigh(data, tau2).q / free - 1
    if method == "PMM":
        median = np.asarray(chdtri(free, 0.5), dtype=float)
        return lambda tau2: weigh(data, tau2).q / median - 1
    if method == "GENQM":
        at = weigh_by(data, q_weights_of(data, weights))
        return lambda tau2: 2 * q_tails(data, at, tau2).cdf - 1
    if method in ("ML", "REML"):
        restricted = method == "REML"

        def relative_slope(tau2: FloatArray) -> FloatArray:
            found = score(weigh(data, tau2), restricted=restricted)
            return found.form / found.trace - 1

        return relative_slope
    return None
