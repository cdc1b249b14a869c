"""Tests and intervals by resampling: permutation and parametric bootstrap.

Each is a batch of the same fit. Randomness comes from a generator that is passed in, so the same
state gives the same answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from scipy.special import ndtri

from metaonc.kernels.arrays import FloatArray, Studies
from metaonc.kernels.intervals import Inference
from metaonc.kernels.means import mean_at

Estimator = Callable[[Studies], FloatArray]

# Statistics this close count as equal: tau² of two samples that are mirror images differs by
# rounding, and by where its iteration stops.
_TIE = 1e-8


# Steps on the way to a rejected mean, the precision of a limit in half-widths of Wald's interval,
# and how close a p value counts as equal to a tail.
_STEPS = 8
_RESOLUTION = 1e-8
_ROUNDING = 1e-12


class Permutation(NamedTuple):
    """A permutation test.

    Attributes
    ----------
    statistic, p_value : ndarray, shape (...)
        Wald's z of the data; share of the flips with a statistic as large or larger.
    flips : int
        Number of sign flips, the data themselves included.
    exact : bool
        Whether these are all there are.
    """

    statistic: FloatArray
    p_value: FloatArray
    flips: int
    exact: bool


def permutation_test(
    data: Studies, estimator: Estimator, rng: Generator, most: int = 2**12
) -> Permutation:
    r"""Permutation test of mean = 0: under it, every effect could have had the other sign.

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k), without moderators.
    estimator : callable
        Estimator of tau², computed anew for every flip.
    rng : Generator
        Source of the flips where there are too many to take all.
    most : int, default 4096
        Largest number of flips; all of them are taken if :math:`2^{k-1}` (one sign may be kept, the
        statistic being symmetric) is no more than that, 13 studies by default.

    Notes
    -----
    Follmann & Proschan, Biometrics 1999;55:732-737. doi:10.1111/j.0006-341X.1999.00732.x. A sample
    of flips counts the data themselves as one of them: Phipson & Smyth, Stat Appl Genet Mol Biol
    2010;9:39.
    """
    k = data.yi.shape[-1]
    exact = 2 ** (k - 1) <= most
    signs = _all_signs(k) if exact else _some_signs(k, most, rng)
    statistic = np.abs(_z(_resampled(data, data.yi[..., None, :] * signs), estimator))
    observed = _z(data, estimator)
    as_large = statistic >= np.abs(observed)[..., None] * (1 - _TIE)
    return Permutation(observed, as_large.mean(axis=-1), len(signs), exact)


def permutation_interval(
    data: Studies,
    tau2: FloatArray,
    level: float,
    estimator: Estimator,
    rng: Generator,
    most: int = 2**12,
) -> Inference:
    r"""Test and interval of the mean by permutation.

    Parameters
    ----------
    data : Studies
        Studies of one meta-analysis, shape (k,), without moderators and without missing ones.
    tau2 : ndarray, shape ()
        Between-study variance of the data, in their units.
    level : float
        Confidence level.
    estimator : callable
        Estimator of tau², computed anew for every flip.
    rng : Generator
        Source of the flips where there are too many to take all; the same flips serve every mean.
    most : int, default 4096
        Largest number of flips; see :func:`permutation_test`.

    Returns
    -------
    Inference
        Wald's standard error and z; the p value of :func:`permutation_test`; the outermost means
        that the test of the effects minus that mean does not reject, as a search outward in steps
        of an eighth of the way to one that it does reject finds them. Infinite limits where even
        the smallest p value there can be, 1 over the number of flips, is above 1 - level (k < 6 at
        95%). `df` is NaN.

    Notes
    -----
    Inverts the test of Follmann & Proschan, Biometrics 1999;55:732-737. The p value is a step
    function of the mean; it reaches its smallest value far out, where the statistic of the data
    grows without bound and those of the other flips do not.
    """
    k = data.yi.shape[-1]
    exact = 2 ** (k - 1) <= most
    signs = _all_signs(k) if exact else _some_signs(k, most, rng)
    at = mean_at(data, tau2)
    se = 1 / np.sqrt(at.precision)

    def p_value(mean: float) -> float:
        shifted = data._replace(yi=data.yi - mean)
        sizes = np.abs(_z(_resampled(shifted, shifted.yi * signs), estimator))
        return float((sizes >= np.abs(_z(shifted, estimator)) * (1 - _TIE)).mean())

    center, step = float(at.mean), float(ndtri(0.5 + level / 2) * se)
    tail = 1 - level + _ROUNDING

    def limit(side: float) -> float:
        if 1 / len(signs) > tail:
            return side * np.inf
        return center + side * _farthest(lambda away: p_value(center + side * away) > tail, step)

    return Inference(
        se=np.asarray(se),
        df=np.asarray(np.nan),
        statistic=np.asarray(at.mean / se),
        p_value=np.asarray(p_value(0.0)),
        low=np.asarray(limit(-1.0)),
        high=np.asarray(limit(1.0)),
    )


def _farthest(inside: Callable[[float], bool], step: float) -> float:
    """Farthest distance > 0 that is inside: 0 is, and far out nothing is."""
    end = step
    while inside(end):
        end *= 2
    points = end * np.linspace(0.0, 1.0, _STEPS + 1)
    last = max(i for i in range(_STEPS) if i == 0 or inside(points[i]))
    low, high = float(points[last]), float(points[last + 1])
    while high - low > _RESOLUTION * step:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if inside(middle) else (low, middle)
    return 0.5 * (low + high)


def _all_signs(k: int) -> FloatArray:
    """Every pattern of k signs that starts with +, shape (2^(k-1), k)."""
    bits = (np.arange(2 ** (k - 1))[:, None] >> np.arange(k)) & 1
    return np.roll(1.0 - 2.0 * bits, 1, axis=-1)


def _some_signs(k: int, count: int, rng: Generator) -> FloatArray:
    """The signs as they are, then `count` - 1 patterns at random, shape (count, k)."""
    signs = 1.0 - 2.0 * rng.integers(0, 2, size=(count, k))
    signs[0] = 1.0
    return np.asarray(signs, dtype=float)


def parametric_bootstrap(
    data: Studies,
    tau2: FloatArray,
    level: float,
    estimator: Estimator,
    rng: Generator,
    draws: int = 1999,
    column: FloatArray | None = None,
) -> Inference:
    r"""Test and interval of the mean by the parametric bootstrap of its Wald statistic.

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k), without moderators.
    tau2 : ndarray, shape (...)
        Between-study variance of the samples, in the units of `data`.
    level : float
        Confidence level.
    estimator : callable
        Estimator of tau², computed anew for every sample.
    rng : Generator
        Source of the samples.
    draws : int, default 1999
        Number of samples.
    column : ndarray, shape (..., k), optional
        For correlated effects made independent, the rotated column of ones.

    Returns
    -------
    Inference
        Symmetric interval :math:`\hat\mu \pm c\,SE`, c the :math:`\lceil(1-\alpha)(B+1)\rceil`-th
        smallest of the B samples' :math:`|z|`; infinite if B is too small for the level. `df` is
        NaN.

    Notes
    -----
    Samples are normal with mean 0 and variances :math:`v_i + \hat\tau^2`: the statistic does not
    depend on the mean. Davison & Hinkley, Bootstrap Methods and their Application, 1997, sections
    4.2 (p value) and 5.2 (studentised interval); van den Noortgate & Onghena, Behav Res Methods
    2005;37:11-22, for meta-analysis.
    """
    at = mean_at(data, tau2, column)
    spread = np.sqrt(data.vi + tau2[..., None]) * data.present
    noise = rng.standard_normal((*data.yi.shape[:-1], draws, data.yi.shape[-1]))
    along = None if column is None else column[..., None, :]
    z = _z(_resampled(data, noise * spread[..., None, :]), estimator, along)
    sizes = np.sort(np.abs(z), axis=-1)
    se = 1 / np.sqrt(at.precision)
    statistic = at.mean / se
    as_large = (sizes >= np.abs(statistic)[..., None]).sum(axis=-1)
    rank = int(np.ceil(level * (draws + 1) * (1 - np.finfo(float).eps)))
    half = sizes[..., rank - 1] * se if rank <= draws else np.full_like(se, np.inf)
    p_value = (1 + as_large) / (draws + 1)
    df = np.full_like(se, np.nan)
    return Inference(se, df, statistic, p_value, at.mean - half, at.mean + half)


def bootstrap_tau2(
    data: Studies,
    tau2: FloatArray,
    level: float,
    estimator: Estimator,
    rng: Generator,
    draws: int = 1999,
) -> tuple[FloatArray, FloatArray]:
    r"""Percentile interval of tau² by the parametric bootstrap.

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k), with or without moderators.
    tau2 : ndarray, shape (...)
        The estimate, in the units of `data`.
    level : float
        Confidence level.
    estimator : callable
        Estimator of tau², computed anew for every sample.
    rng : Generator
        Source of the samples.
    draws : int, default 1999
        Number of samples.

    Returns
    -------
    low, high : ndarray, shape (...)
        Quantiles of the samples' tau²; NaN where there are no more studies than coefficients.

    Notes
    -----
    Samples are normal with variances :math:`v_i + \hat\tau^2`; tau² does not depend on the
    coefficients, so they are 0. Turner, Omar, Yang, Goldstein & Thompson, Stat Med
    2000;19:3417-3432, section 4; it covers too rarely for few studies: Viechtbauer, Stat Med
    2007;26:37-52.
    """
    spread = np.sqrt(data.vi + tau2[..., None]) * data.present
    noise = rng.standard_normal((*data.yi.shape[:-1], draws, data.yi.shape[-1]))
    found = estimator(_resampled(data, noise * spread[..., None, :]))
    tails = [0.5 - 0.5 * level, 0.5 + 0.5 * level]
    low, high = np.quantile(found, tails, axis=-1)
    enough = data.k > data.p
    return np.where(enough, low, np.nan), np.where(enough, high, np.nan)


def _resampled(data: Studies, yi: FloatArray) -> Studies:
    """The same studies with other effects, shape (..., samples, k)."""
    vi, present = (
        np.broadcast_to(part[..., None, :], yi.shape) for part in (data.vi, data.present)
    )
    unit = np.broadcast_to(data.unit[..., None], yi.shape[:-1])
    design = None if data.design is None else data.design[..., None, :, :]
    return data._replace(yi=yi, vi=vi, present=present, unit=unit, design=design)


def _z(data: Studies, estimator: Estimator, column: FloatArray | None = None) -> FloatArray:
    """Wald's statistic of mean = 0."""
    at = mean_at(data, estimator(data), column)
    return at.mean * np.sqrt(at.precision)
