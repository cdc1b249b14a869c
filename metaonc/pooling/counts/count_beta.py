"""Counts of studies -> the beta-binomial model of a result."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from metaonc.effects import Effects
from metaonc.errors import PoolingError
from metaonc.kernels import FloatArray
from metaonc.kernels.counts.beta_binomial import LARGEST_RHO, BetaBinomialFit, fit_beta_binomial
from metaonc.kernels.counts.mantel_haenszel import CountMean
from metaonc.pooling.counts.count_columns import counts_of

MODEL = "beta-binomial"


class _Scale(NamedTuple):
    """A function of a proportion, and its slope."""

    value: Callable[[float], float]
    slope: Callable[[float], float]


_LOGIT = _Scale(lambda p: math.log(p / (1 - p)), lambda p: 1 / p / (1 - p))
_LOG = _Scale(math.log, lambda p: 1 / p)
_PLAIN = _Scale(lambda p: p, lambda p: 1.0)
_SCALES = {
    "OR": _LOGIT,
    "RR": _LOG,
    "RD": _PLAIN,
    "PLOGIT": _LOGIT,
    "PLN": _LOG,
    "PRAW": _PLAIN,
}


def beta_binomial(effects: Effects) -> tuple[CountMean, BetaBinomialFit]:
    """Fit the beta-binomial model to the counts of the effects.

    Raises
    ------
    PoolingError
        If the counts are not whole numbers, or leave no finite maximum.
    """
    counts = counts_of(effects, MODEL)
    arms = list(zip(counts[::2], counts[1::2], strict=True))
    _check(effects, counts, arms)
    fit = fit_beta_binomial([*arms])
    if fit.rho >= LARGEST_RHO:
        raise PoolingError(
            f"model = {MODEL!r}: the likelihood still rises at an intra-class correlation of "
            f"{LARGEST_RHO:g}, as where every study has events in none or all of its patients; use "
            "model='firth' or 'mh', or one arm with model='random'."
        )
    scale = _SCALES[effects.measure]
    signs = np.array([1.0, -1.0][: len(arms)])
    found = np.array([scale.value(p) for p in fit.proportions])
    gradient = signs * np.array([scale.slope(p) for p in fit.proportions])
    se = math.sqrt(gradient @ fit.covariance @ gradient)
    mean = CountMean(
        np.asarray(float(signs @ found)), np.asarray(se), _weights(arms, fit, gradient)
    )
    return mean, fit


def _weights(
    arms: list[tuple[FloatArray, FloatArray]], fit: BetaBinomialFit, gradient: FloatArray
) -> FloatArray:
    """Share of each study in the variance of the mean, by the effective sizes of its arms.

    n patients of one arm count as n / (1 + (n - 1) rho) independent ones: Kish, Survey Sampling
    (1965), section 5.4.
    """
    shares = np.zeros(len(arms[0][1]))
    for (_, n), p, by in zip(arms, fit.proportions, gradient, strict=True):
        effective = n / (1 + (n - 1) * fit.rho)
        shares += by**2 * p * (1 - p) * effective / effective.sum() ** 2
    return np.asarray(shares / shares.sum())


def _check(
    effects: Effects, counts: list[FloatArray], arms: list[tuple[FloatArray, FloatArray]]
) -> None:
    """Refuse counts that are not whole, or an arm whose proportion would be 0 or 1."""
    for values in counts:
        if (values % 1 != 0).any():
            i = int(np.argmax(values % 1 != 0))
            raise PoolingError(
                f"{effects.labels[i]}: {values[i]:g} is not a whole number, and model = {MODEL!r} "
                "counts patients; correct it or leave the study out."
            )
    for number, (events, n) in enumerate(arms, start=1):
        if events.sum() in (0.0, n.sum()):
            which = f"in arm {number}" if len(arms) == 2 else "in the studies"
            raise PoolingError(
                f"model = {MODEL!r} has no finite maximum for these counts: {which} "
                f"{'no patient has' if events.sum() == 0 else 'all patients have'} an event; use "
                "model='firth' for odds ratios, or risk differences with model='mh'."
            )
