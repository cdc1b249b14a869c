"""Weight functions of selection models: how likely a study is seen, given its p value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from scipy.special import log_ndtr, ndtri

from metaonc.kernels.arrays import FloatArray

# Weights that are 0 or infinite at an end stop changing this far from it: one result in the wrong
# direction must not rule a weight out, nor a tail that nobody sees decide a mean.
SMALLEST_P = 1e-5
CLIPPED = (float(ndtri(SMALLEST_P)), -float(ndtri(SMALLEST_P)))


class PValues(NamedTuple):
    """P values by their logarithms, so that none of them rounds to 0 or 1.

    Attributes
    ----------
    log_p, log_q : ndarray, shape (n,)
        Logarithms of p and of 1 - p.
    """

    log_p: FloatArray
    log_q: FloatArray


class LogWeights(NamedTuple):
    """Logarithms of weights and their slopes by parameter.

    Attributes
    ----------
    value : ndarray, shape (n,) or (k, n)
        By p value; by study too where precision counts.
    slopes : ndarray, shape (q, n) or (q, k, n)
    """

    value: FloatArray
    slopes: FloatArray


# Parameters, p values and imprecision (k, 1) or 1 -> the weights.
Weigher = Callable[[FloatArray, PValues, FloatArray], LogWeights]


@dataclass(frozen=True)
class WeightFunction:
    r"""A family of weight functions :math:`w(p; \delta)`.

    Attributes
    ----------
    log_weights : callable
        Logarithms of the weights with their slopes.
    null : tuple of float
        Parameters at which every study is as likely to be seen.
    from_zero : tuple of bool
        Whether a parameter may be 0 (else it is positive).
    starts : tuple of tuple of float
        Parameters from which to look for a maximum.
    reach : tuple of float
        Statistics beyond which the weight stays as it is there, given as those whose one-sided p
        values are the ends: the lower one, then the higher.
    """

    log_weights: Weigher
    null: tuple[float, ...]
    from_zero: tuple[bool, ...]
    starts: tuple[tuple[float, ...], ...]
    reach: tuple[float, float] = (-8.5, 8.5)  # where p rounds to 1, and changes no exp(-p)


def _falling(values: FloatArray, slopes: FloatArray, delta: FloatArray) -> LogWeights:
    """Weights whose logarithm is proportional to the parameter."""
    return LogWeights(delta[0] * values, slopes[None])


def half_normal(delta: FloatArray, p: PValues, imprecision: FloatArray) -> LogWeights:
    r""":math:`\exp(-\delta p^2)`, Preston et al. 2004."""
    part = -imprecision * np.exp(2 * p.log_p)
    return _falling(part, part, delta)


def negative_exponential(delta: FloatArray, p: PValues, imprecision: FloatArray) -> LogWeights:
    r""":math:`\exp(-\delta p)`, Preston et al. 2004."""
    part = -imprecision * np.exp(p.log_p)
    return _falling(part, part, delta)


def logistic(delta: FloatArray, p: PValues, imprecision: FloatArray) -> LogWeights:
    r""":math:`2 e^{-\delta p} / (1 + e^{-\delta p})`, Preston et al. 2004."""
    part = imprecision * np.exp(p.log_p)
    x = delta[0] * part
    value = np.log(2.0) - x - np.log1p(np.exp(-x))
    return LogWeights(value, (-part / (1 + np.exp(-x)))[None])


def power(delta: FloatArray, p: PValues, imprecision: FloatArray) -> LogWeights:
    r""":math:`(1 - p)^\delta`."""
    part = imprecision * p.log_q
    return _falling(part, part, delta)


def exponential_power(delta: FloatArray, p: PValues, imprecision: FloatArray) -> LogWeights:
    r""":math:`\exp(-\delta_1 p^{1/\delta_2})`, after Begg and Mazumdar 1994."""
    part = -imprecision * np.exp(p.log_p / delta[1])
    slopes = np.stack([part, -delta[0] * part * p.log_p / delta[1] ** 2])
    return LogWeights(delta[0] * part, slopes)


def beta(delta: FloatArray, p: PValues, imprecision: FloatArray) -> LogWeights:
    r""":math:`p^{\delta_1 - 1} (1 - p)^{\delta_2 - 1}`, Citkowicz and Vevea 2017."""
    value = (delta[0] - 1) * p.log_p + (delta[1] - 1) * p.log_q
    return LogWeights(value, np.stack([p.log_p, p.log_q]))


def step_function(cuts: FloatArray, *, closed: bool = True) -> WeightFunction:
    r"""Weights constant between cuts: 1 up to the first, then :math:`\delta_2, \delta_3, \dots`.

    Parameters
    ----------
    cuts : ndarray, shape (q,)
        Increasing p values strictly between 0 and 1.
    closed : bool, default True
        Whether a p value equal to a cut belongs below it.
    """
    # In the same arithmetic as the p values: an effect of 0 has a p value of exactly a half.
    log_cuts, q = log_ndtr(ndtri(cuts)), len(cuts)
    side: Literal["left", "right"] = "left" if closed else "right"

    def log_weights(delta: FloatArray, p: PValues, imprecision: FloatArray) -> LogWeights:
        at = np.searchsorted(log_cuts, p.log_p, side=side)
        with np.errstate(divide="ignore"):
            logs = np.log(np.concatenate([[1.0], delta]))
            inverse = np.where(delta > 0, 1 / delta, 0.0)
        inside = at == np.arange(1, q + 1)[:, None]
        return LogWeights(logs[at], inside * inverse[:, None])

    powers = np.arange(1, q + 1) / max(q, 1)
    if q == 0:
        return WeightFunction(log_weights, (), (), ((),))
    starts = tuple(
        tuple(float(last) ** powers) if last != 1 else (1.0,) * q
        for last in (0.003, 0.05, 0.3, 1.0, 5.0, 30.0)
    ) + tuple((level,) * q for level in (0.1, 5.0) if q > 1)
    return WeightFunction(log_weights, (1.0,) * q, (False,) * q, starts)


_ONE = tuple((level,) for level in (0.0, 0.3, 1.0, 4.0, 20.0))
SMOOTH = {
    "beta": WeightFunction(
        beta,
        (1.0, 1.0),
        (False, False),
        tuple((a, b) for a in (0.4, 0.8, 1.3) for b in (0.4, 1.0, 2.5)),
        CLIPPED,
    ),
    "halfnormal": WeightFunction(half_normal, (0.0,), (True,), _ONE),
    "negexp": WeightFunction(negative_exponential, (0.0,), (True,), _ONE),
    "logistic": WeightFunction(logistic, (0.0,), (True,), _ONE),
    "power": WeightFunction(power, (0.0,), (True,), _ONE, CLIPPED),
    "negexppow": WeightFunction(
        exponential_power,
        (0.0, 1.0),
        (True, False),
        tuple((a, b) for a in (0.3, 3.0, 20.0) for b in (0.05, 0.3, 1.0, 4.0, 20.0)),
        (-8.5, 38.0),  # small powers of p change far out
    ),
}
