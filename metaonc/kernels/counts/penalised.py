"""Logistic regression of two-arm counts with Firth's penalty: finite whatever the counts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, xlogy

from metaonc.kernels.arrays import FloatArray

_STEPS = 200


class PenalisedFit(NamedTuple):
    """A log odds ratio by penalised likelihood.

    Attributes
    ----------
    estimate, se : float
        Log odds ratio and its standard error from the information at the estimates.
    weights : ndarray, shape (k,)
        Share of each study in the information about the odds ratio.
    deviance : float
        Twice the log-likelihood between an odds ratio of each study's own and the fit.
    """

    estimate: float
    se: float
    weights: FloatArray
    deviance: float


def penalised_odds_ratio(
    events_1: ArrayLike, n_1: ArrayLike, events_2: ArrayLike, n_2: ArrayLike
) -> PenalisedFit:
    r"""Common log odds ratio with a level of each study's own, by Firth's penalised likelihood.

    Parameters
    ----------
    events_1, n_1, events_2, n_2 : array_like, shape (k,)
        Events and patients of the two arms.

    Returns
    -------
    PenalisedFit

    Notes
    -----
    The likelihood times the square root of the determinant of its information, Jeffreys' prior:
    Firth, Biometrika 1993;80:27-38; Heinze & Schemper, Stat Med 2002;21:2409-2419. The scores are
    those of counts with half of each arm's leverage added to events and to non-events, so no
    estimate is infinite, and studies without events in either arm stay in.

    Examples
    --------
    >>> found = penalised_odds_ratio([6, 3], [60, 55], [0, 0], [58, 54])
    >>> round(found.estimate, 3), round(found.se, 3)
    (2.996, 1.428)
    """
    x1, n1, x2, n2 = (np.asarray(a, dtype=float) for a in (events_1, n_1, events_2, n_2))
    level = np.log((x1 + x2 + 0.5) / (n1 + n2 - x1 - x2 + 0.5))
    mean = 0.0
    for _ in range(_STEPS):
        p1, p2, w1, w2, both, information = _weights(level, mean, n1, n2)
        # Leverages: weights times the variances of the linear predictors level and level + mean.
        pull = w1 / both
        leverage_2 = w2 * (1 / both + pull**2 / information)
        leverage_1 = w1 * (1 / both + (1 - pull) ** 2 / information)
        slope_1 = x1 - n1 * p1 + leverage_1 * (0.5 - p1)
        slope_2 = x2 - n2 * p2 + leverage_2 * (0.5 - p2)
        step = (slope_1 - pull * (slope_1 + slope_2)).sum() / information
        steps = (slope_1 + slope_2) / both - pull * step
        largest = max(abs(step), float(np.abs(steps).max()))
        shorter = min(1.0, 2.0 / largest) if largest > 0 else 1.0
        mean, level = mean + shorter * step, level + shorter * steps
        if largest <= 1e-12 * (1 + abs(mean)):
            break
    p1, p2, w1, w2, both, information = _weights(level, mean, n1, n2)
    deviance = 2 * (_above(x1, n1, p1) + _above(x2, n2, p2)).sum()
    return PenalisedFit(
        float(mean), float(1 / np.sqrt(information)), w1 * w2 / both / information, float(deviance)
    )


def _weights(
    level: FloatArray, mean: float, n1: FloatArray, n2: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, float]:
    """Proportions, binomial variances, their sum, and the information about the odds ratio."""
    p1, p2 = expit(level + mean), expit(level)
    w1, w2 = n1 * p1 * (1 - p1), n2 * p2 * (1 - p2)
    return p1, p2, w1, w2, w1 + w2, float((w1 * w2 / (w1 + w2)).sum())


def _above(x: FloatArray, n: FloatArray, p: FloatArray) -> FloatArray:
    """Log-likelihood of the observed proportions above that of p."""
    return np.asarray(xlogy(x, x / n / p) + xlogy(n - x, (1 - x / n) / (1 - p)))
