"""The Copas selection model: effects seen if a correlated latent variable is positive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri

from metaonc.kernels.arrays import FloatArray
from metaonc.kernels.batch_climbs import climb_many, information_of

_LOG_2PI = float(np.log(2 * np.pi))
# Correlations nearer to 1 leave the likelihood no slope to climb.
LARGEST_RHO = 0.9999
_RHOS = (-0.97, -0.8, -0.4, 0.0, 0.4, 0.8, 0.97)
_CLIMBS = 2


class CopasFits(NamedTuple):
    """Maxima of the likelihood for given selection, shape (g,) each.

    Attributes
    ----------
    mean, se : ndarray
        Mean and its standard error from the observed information; of a correlation at its bound
        held there.
    slope : ndarray
        Slope of the effects by their standard error; 0 where it was not estimated.
    rho : ndarray
        Correlation of effect and selection within studies.
    tau2 : ndarray
    log_likelihood : ndarray
    """

    mean: FloatArray
    se: FloatArray
    slope: FloatArray
    rho: FloatArray
    tau2: FloatArray
    log_likelihood: FloatArray


@dataclass(frozen=True, eq=False)
class CopasLikelihood:
    r"""Log-likelihood of Copas and Shi 2000 (Biostatistics 1:247-262, section 2).

    A study with standard error :math:`s` is seen if
    :math:`\gamma_0 + \gamma_1 / s + \delta > 0`, with :math:`\delta` standard normal and
    correlated by :math:`\rho` with the study's sampling error.

    Attributes
    ----------
    yi, sei : ndarray, shape (k,)
        Effects and standard errors, in units of order one.
    u : ndarray, shape (g, k)
        :math:`\gamma_0 + \gamma_1 / s`.
    variance : float
        Unit of the coordinate :math:`\log(1 + \tau^2 / v)`.
    """

    yi: FloatArray
    sei: FloatArray
    u: FloatArray
    variance: float

    def __call__(self, at: FloatArray, rows: np.ndarray) -> tuple[FloatArray, FloatArray]:
        """Log-likelihood and slopes by mean, slope, correlation and log(1 + tau²/v).

        Parameters
        ----------
        at : ndarray, shape (n, 4)
        rows : ndarray of int, shape (n,)
            Which row of `u` each belongs to.
        """
        mean, slope, rho, log_tau2 = (at[:, [i]] for i in range(4))
        u = self.u[rows]
        tau2 = self.variance * np.expm1(log_tau2)
        mills = _mills(u)
        c2 = mills * (u + mills)
        sigma2 = self.sei**2 / (1 - c2 * rho**2)
        total = tau2 + sigma2
        e = self.yi - mean - slope * self.sei
        r = rho * np.sqrt(sigma2) * e / total
        q = 1 - rho**2 * sigma2 / total
        root = 1 / np.sqrt(q)
        v = (u + r) * root
        lam = _mills(v)
        value = -0.5 * (_LOG_2PI + np.log(total) + e**2 / total) - log_ndtr(u) + log_ndtr(v)
        # Slopes of v by e, total, rho and sigma², each with the others fixed.
        third = 0.5 * (u + r) * root**3
        by_e = -e / total + lam * rho * np.sqrt(sigma2) / total * root
        by_total = 0.5 * (e**2 / total - 1) / total - lam * (
            r / total * root + third * rho**2 * sigma2 / total**2
        )
        by_rho = lam * (np.sqrt(sigma2) * e / total * root + third * 2 * rho * sigma2 / total)
        by_sigma2 = lam * (0.5 * r / sigma2 * root + third * rho**2 / total)
        by_rho = by_rho + (by_total + by_sigma2) * sigma2 * 2 * c2 * rho / (1 - c2 * rho**2)
        slopes = [-by_e, -by_e * self.sei, by_rho, by_total * self.variance * np.exp(log_tau2)]
        return value.sum(axis=1), np.stack([part.sum(axis=1) for part in slopes], axis=1)


def _mills(x: FloatArray) -> FloatArray:
    """Density over distribution function of a standard normal."""
    return np.asarray(np.exp(-0.5 * x * x - 0.5 * _LOG_2PI - log_ndtr(x)))


def gammas(sei: FloatArray, least: FloatArray, most: FloatArray) -> tuple[FloatArray, FloatArray]:
    r""":math:`\gamma_0` and :math:`\gamma_1` from two probabilities of being seen.

    Parameters
    ----------
    sei : ndarray, shape (k,)
        Standard errors, not all the same.
    least, most : ndarray, shape (g,)
        Probabilities for the least and the most precise study.
    """
    far, near = 1 / sei.max(), 1 / sei.min()
    gamma1 = (ndtri(most) - ndtri(least)) / (near - far)
    return np.asarray(ndtri(least) - gamma1 * far), np.asarray(gamma1)


def unpublished(sei: FloatArray, gamma0: FloatArray, gamma1: FloatArray) -> FloatArray:
    """Expected number of studies that were not seen, shape (g,)."""
    seen = ndtr(gamma0[:, None] + gamma1[:, None] / sei)
    found: FloatArray = ((1 - seen) / seen).sum(axis=1)
    return found


def fit_copas(
    yi: FloatArray,
    sei: FloatArray,
    gamma0: FloatArray,
    gamma1: FloatArray,
    *,
    with_slope: bool = False,
    tau2: float | None = None,
) -> CopasFits:
    """Maximise the likelihood for each of many strengths of selection.

    Parameters
    ----------
    yi, sei : ndarray, shape (k,)
        Effects and standard errors.
    gamma0, gamma1 : ndarray, shape (g,)
        Selection.
    with_slope : bool, default False
        Whether effects may also rise with their standard error: what selection leaves.
    tau2 : float, optional
        Between-study variance, if it is not to be estimated.
    """
    unit = float(np.median(sei))
    spread = max(float(np.std(yi)), float(sei.min())) / unit
    y, s = yi / unit, sei / unit
    likelihood = CopasLikelihood(y, s, gamma0[:, None] + gamma1[:, None] / sei, 1.0)
    fixed = None if tau2 is None else float(np.log1p(tau2 / unit**2))
    bounds = _bounds(spread, with_slope, fixed)
    starts = _starts(likelihood, spread, bounds)
    if with_slope:
        without = _bounds(spread, False, fixed)
        starts.append(_highest(likelihood, _starts(likelihood, spread, without), without)[1])
    value, at = _highest(likelihood, starts, bounds)
    return _fits(likelihood, value, at, bounds, unit)


def _highest(
    likelihood: CopasLikelihood, starts: list[FloatArray], bounds: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Climb from every start, then from what the neighbours reached; the best of each row."""
    g = len(likelihood.u)
    value, best = np.full(g, -np.inf), np.zeros((g, 4))

    def keep(start: FloatArray) -> None:
        new_value, at = climb_many(likelihood, start, bounds)
        better = new_value > value
        value[better], best[better] = new_value[better], at[better]

    for start in starts:
        keep(start)
    for shift in (1, -1):
        keep(np.roll(best, shift, axis=0))
    return value, best


def _bounds(spread: float, with_slope: bool, fixed: float | None) -> FloatArray:
    far = 100 * spread
    slope = far if with_slope else 0.0
    log_tau2 = (0.0, 2 * np.log(10 * spread + 10)) if fixed is None else (fixed, fixed)
    return np.array([(-far, far), (-slope, slope), (-LARGEST_RHO, LARGEST_RHO), log_tau2])


def _starts(likelihood: CopasLikelihood, spread: float, bounds: FloatArray) -> list[FloatArray]:
    """For each row the most likely of many points; further ones with another correlation."""
    g = len(likelihood.u)
    rows = np.arange(g)
    looked, points = [], []
    for rho in _RHOS:
        values, ats = [], []
        for tau2 in (0.0, 0.3 * spread**2, spread**2):
            weights = 1 / (likelihood.sei**2 + tau2)
            mean = float(np.average(likelihood.yi, weights=weights))
            for shift in (0.0, -0.6 * spread, 0.6 * spread):
                at = np.clip([mean + shift, 0.0, rho, np.log1p(tau2)], *bounds.T)
                at = np.broadcast_to(at, (g, 4))
                values.append(likelihood(at, rows)[0])
                ats.append(at)
        top = np.argmax(values, axis=0)
        looked.append(np.array(values)[top, rows])
        points.append(np.array(ats)[top, rows])
    order = np.argsort(-np.array(looked), axis=0)
    return [np.array(points)[order[i], rows] for i in range(_CLIMBS)]


def _fits(
    likelihood: CopasLikelihood,
    value: FloatArray,
    at: FloatArray,
    bounds: FloatArray,
    unit: float,
) -> CopasFits:
    curved, vectors = np.linalg.eigh(information_of(likelihood, at, bounds))
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = np.sqrt((vectors[:, 0, :] ** 2 / curved).sum(axis=1))
    return CopasFits(
        unit * at[:, 0],
        np.where(curved[:, 0] > 0, unit * errors, np.nan),
        at[:, 1],
        at[:, 2],
        unit**2 * likelihood.variance * np.expm1(at[:, 3]),
        value - len(likelihood.yi) * np.log(unit),
    )
