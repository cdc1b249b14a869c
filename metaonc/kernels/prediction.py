"""Prediction: the effect in a new study, and the true effects of those that are there.

Every interval takes `Studies` without moderators, tau² in their units and the level (and, for
correlated effects made independent, the rotated column of ones), and returns a `Prediction`. To add
one, write a function and list it in `PREDICTION_INTERVALS`. The names are
those of R's meta.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from scipy.special import gammaln, ndtr, ndtri, stdtr

from metaonc.kernels.arrays import FloatArray, Studies
from metaonc.kernels.intervals import hartung_knapp_factor, quantile
from metaonc.kernels.kenward_roger import kenward_roger
from metaonc.kernels.means import mean_at
from metaonc.kernels.weighting import weigh

Column = FloatArray | None


class Prediction(NamedTuple):
    """Distribution of the effect in a new study and an interval for it; shape (...) each.

    Attributes
    ----------
    mean, se, df : ndarray
        Center, scale and degrees of freedom of a t distribution; normal where `df` is infinite,
        none where it is NaN.
    low, high : ndarray
        Limits; NaN where there are too few studies.
    """

    mean: FloatArray
    se: FloatArray
    df: FloatArray
    low: FloatArray
    high: FloatArray


def predict_v(data: Studies, tau2: FloatArray, level: float, column: Column = None) -> Prediction:
    """Standard error of the weights, t with k - 1 degrees of freedom.

    Notes
    -----
    Veroniki, Jackson, Bender et al., Res Synth Methods 2019;10:23-43. doi:10.1002/jrsm.1319
    """
    at = mean_at(data, tau2, column)
    return _predict(at.mean, 1 / at.precision, tau2, data.k - 1, level)


def predict_hts(data: Studies, tau2: FloatArray, level: float, column: Column = None) -> Prediction:
    """Higgins, Thompson and Spiegelhalter: t with k - 2 degrees of freedom.

    Notes
    -----
    Eq. (12) of J R Stat Soc A 2009;172:137-159. doi:10.1111/j.1467-985X.2008.00552.x
    """
    at = mean_at(data, tau2, column)
    return _predict(at.mean, 1 / at.precision, tau2, data.k - 2, level)


def predict_s(data: Studies, tau2: FloatArray, level: float, column: Column = None) -> Prediction:
    """Standard error of the weights, normal quantile.

    Notes
    -----
    Skipka, XIV Cochrane Colloquium, Dublin 2006, abstract book: 134; the mean's uncertainty counts,
    that of tau² does not.
    """
    at = mean_at(data, tau2, column)
    return _predict(at.mean, 1 / at.precision, tau2, np.full_like(data.k, np.inf), level)


def predict_hk(data: Studies, tau2: FloatArray, level: float, column: Column = None) -> Prediction:
    """Hartung-Knapp standard error, t with k - 1 degrees of freedom."""
    mean, variance = _hartung_knapp(data, tau2, 0.0, column)
    return _predict(mean, variance, tau2, data.k - 1, level)


def predict_hk_se(
    data: Studies, tau2: FloatArray, level: float, column: Column = None
) -> Prediction:
    """Hartung-Knapp standard error, never below Wald's; t with k - 1 degrees of freedom."""
    mean, variance = _hartung_knapp(data, tau2, 1.0, column)
    return _predict(mean, variance, tau2, data.k - 1, level)


def predict_hk_pr(
    data: Studies, tau2: FloatArray, level: float, column: Column = None
) -> Prediction:
    """Hartung-Knapp standard error, t with k - 2 degrees of freedom.

    Notes
    -----
    Partlett & Riley, Stat Med 2017;36:301-317. doi:10.1002/sim.7140
    """
    mean, variance = _hartung_knapp(data, tau2, 0.0, column)
    return _predict(mean, variance, tau2, data.k - 2, level)


def predict_kr(data: Studies, tau2: FloatArray, level: float, column: Column = None) -> Prediction:
    """Kenward and Roger's standard error and degrees of freedom; tau² by REML."""
    se, df = kenward_roger(data, tau2, column)
    return _predict(mean_at(data, tau2, column).mean, se**2, tau2, df, level)


def predict_kr_pr(
    data: Studies, tau2: FloatArray, level: float, column: Column = None
) -> Prediction:
    """Kenward and Roger's standard error, one degree of freedom less; tau² by REML.

    Notes
    -----
    Partlett & Riley, Stat Med 2017;36:301-317. doi:10.1002/sim.7140
    """
    se, df = kenward_roger(data, tau2, column)
    return _predict(mean_at(data, tau2, column).mean, se**2, tau2, df - 1, level)


def _hartung_knapp(
    data: Studies, tau2: FloatArray, least: float, column: Column
) -> tuple[FloatArray, FloatArray]:
    """Mean and its Hartung-Knapp variance, with a factor of `least` or more."""
    at = mean_at(data, tau2, column)
    return at.mean, np.maximum(hartung_knapp_factor(at.q, data.k), least) / at.precision


def _predict(
    mean: FloatArray, variance: FloatArray, tau2: FloatArray, df: FloatArray, level: float
) -> Prediction:
    """Interval from the variance of the mean, tau² and the degrees of freedom (NaN if <= 0)."""
    df = np.where(df > 0, df, np.nan)
    se = np.sqrt(variance + tau2)
    with np.errstate(over="ignore"):  # next to no degrees of freedom: infinite limits
        half = quantile(level, np.where(np.isnan(df), np.inf, df)) * se
    half = np.where(np.isnan(df), np.nan, half)
    return Prediction(mean, se, df, mean - half, mean + half)


PREDICTION_INTERVALS: dict[str, Callable[..., Prediction]] = {
    "V": predict_v,
    "HTS": predict_hts,
    "HK": predict_hk,
    "HK-se": predict_hk_se,
    "HK-PR": predict_hk_pr,
    "KR": predict_kr,
    "KR-PR": predict_kr_pr,
    "S": predict_s,
}


def probability_above(found: Prediction, threshold: FloatArray | float) -> FloatArray:
    r"""Probability that the effect in a new study exceeds a threshold, shape (...).

    Parameters
    ----------
    found : Prediction
        Predictive distribution.
    threshold : array_like, shape (...)
        In the units of `found`.

    Notes
    -----
    The tail of the same t (or normal) distribution as the interval: Higgins, Thompson &
    Spiegelhalter, J R Stat Soc A 2009;172:137-159.
    """
    distance = (found.mean - np.asarray(threshold, dtype=float)) / found.se
    finite = np.isfinite(found.df)
    student = stdtr(np.where(finite, found.df, 1.0), distance)
    probability = np.where(finite, student, ndtr(distance))
    return np.where(np.isnan(found.df), np.nan, probability)


def predictive_density(found: Prediction, values: FloatArray) -> FloatArray:
    r"""Density of the effect in a new study, shape of `values` with that of `found` before it.

    Parameters
    ----------
    found : Prediction
        Predictive distribution, t or normal.
    values : array_like
        In the units of `found`.

    Notes
    -----
    :math:`f(x) = g\left((x - m)/s\right)/s`, g the density of t with the distribution's degrees of
    freedom, or the normal one. NaN without degrees of freedom.
    """
    se, df = np.asarray(found.se)[..., None], np.asarray(found.df)[..., None]
    z = (np.asarray(values, dtype=float) - np.asarray(found.mean)[..., None]) / se
    with np.errstate(invalid="ignore"):
        log_scale = gammaln((df + 1) / 2) - gammaln(df / 2) - np.log(df * np.pi) / 2
        student = np.exp(log_scale - (df + 1) / 2 * np.log1p(z * z / df))
    normal = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    return np.where(np.isinf(df), normal, student) / se


# Bootstrap ---------------------------------------------------------------------------------------


def predict_nnf(
    data: Studies, level: float, rng: Generator, draws: int = 25_000
) -> tuple[FloatArray, FloatArray]:
    r"""Prediction interval of Nagashima, Noma and Furukawa from a confidence distribution of tau².

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k), without moderators.
    level : float
        Level of the interval.
    rng : Generator
        Source of the draws: the same state gives the same interval.
    draws : int, default 25000
        Number of draws, as many as in the paper.

    Returns
    -------
    low, high : ndarray, shape (...)
        Empirical quantiles; NaN for fewer than 2 studies.

    Notes
    -----
    Draws of the new effect are :math:`\tilde\mu + \tilde\tau z - t\,\widetilde{SE}`, with
    :math:`\tilde\tau^2` from its confidence distribution, z standard normal, t of k - 1 degrees of
    freedom, and mean and Hartung-Knapp standard error at the weights
    :math:`1/(v_i + \tilde\tau^2)` [1]_.

    .. [1] Nagashima K, Noma H, Furukawa TA. Prediction intervals for random-effects
       meta-analysis: a confidence distribution approach. Stat Methods Med Res 2019;28:1689-1702.
       doi:10.1177/0962280218773520
    """
    new = draw_new_effects(data, rng, draws)
    with np.errstate(invalid="ignore"):  # NaN for one study
        low, high = np.quantile(new, [0.5 - level / 2, 0.5 + level / 2], axis=-1)
    return np.asarray(low), np.asarray(high)


def draw_new_effects(data: Studies, rng: Generator, draws: int) -> FloatArray:
    """Draws of the effect in a new study as :func:`predict_nnf` takes them, shape (..., draws)."""
    tau2 = draw_tau2(data, rng, draws)
    at = weigh(data.along(-2), tau2)
    k = data.k[..., None]
    se = np.sqrt(hartung_knapp_factor(at.q, k) / at.total)
    student = rng.standard_t(np.broadcast_to(np.maximum(k - 1, 1), tau2.shape))
    return at.mean + np.sqrt(tau2) * rng.standard_normal(tau2.shape) - student * se


def draw_tau2(data: Studies, rng: Generator, draws: int) -> FloatArray:
    r"""Draws of tau² from its exact confidence distribution, shape (..., draws).

    Notes
    -----
    The distribution function is :math:`P\{Q(\tau^2) \ge q\}`, q the observed value of Cochran's
    statistic: Nagashima et al. (2019). With :math:`W = \text{diag}(1/v_i)`, P the
    projection off :math:`(v_i^{-1/2})` and z standard normal, :math:`Q(\tau^2)` is distributed as
    :math:`z'Pz + \tau^2 z'PWPz`. That rises with tau², so solving it for q draws from the
    distribution without ever computing it.
    """
    root = np.sqrt(data.present / data.vi)
    u = root / np.sqrt((root**2).sum(axis=-1, keepdims=True))
    z = rng.standard_normal((*data.yi.shape[:-1], draws, data.yi.shape[-1]))
    u, root = u[..., None, :], root[..., None, :]
    z = (z * data.present[..., None, :]) - u * (z * u).sum(axis=-1, keepdims=True)
    sampling = (z**2).sum(axis=-1)
    between = ((root * z) ** 2).sum(axis=-1)
    excess = weigh(data).q[..., None] - sampling
    positive = (excess > 0) & (data.k[..., None] > 1)
    return np.where(positive, excess / np.where(positive, between, 1.0), 0.0)


# Studies -----------------------------------------------------------------------------------------


class Shrunken(NamedTuple):
    """Best linear unbiased predictions of the studies' true effects, shape (..., k) each.

    Attributes
    ----------
    mean, se, low, high : ndarray
        Prediction of each true effect, its standard error and interval.
    deviation, deviation_se : ndarray
        The same for the true effect minus the mean.
    """

    mean: FloatArray
    se: FloatArray
    low: FloatArray
    high: FloatArray
    deviation: FloatArray
    deviation_se: FloatArray


def shrink(data: Studies, tau2: FloatArray, level: float) -> Shrunken:
    r"""Best linear unbiased predictions (empirical Bayes) of the true effects; NaN where missing.

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k), without moderators.
    tau2 : ndarray, shape (...)
        Between-study variance in the units of `data`.
    level : float
        Level of the intervals.

    Notes
    -----
    With :math:`\lambda_i = \tau^2 / (\tau^2 + v_i)`: :math:`\lambda_i y_i + (1-\lambda_i)\hat\mu`,
    variance :math:`\lambda_i v_i + (1-\lambda_i)^2 / \sum w_j`, normal quantiles; the deviation is
    :math:`\lambda_i (y_i - \hat\mu)`, variance :math:`\lambda_i v_i + \lambda_i^2 / \sum w_j`.
    Raudenbush & Bryk, J Educ Stat 1985;10:75-98; Robinson, Stat Sci 1991;6:15-32.
    """
    at = weigh(data, tau2)
    share = tau2[..., None] * at.weights
    own = data.vi * at.weights
    of_mean = 1 / at.total[..., None]
    mean = at.mean[..., None] + share * at.residuals
    se = np.sqrt(share * data.vi + own**2 * of_mean)
    deviation_se = np.sqrt(share * data.vi + share**2 * of_mean)
    half = ndtri(0.5 + level / 2) * se
    found = (mean, se, mean - half, mean + half, share * at.residuals, deviation_se)
    return Shrunken(*(np.where(data.present > 0, part, np.nan) for part in found))
