"""Single proportions: four analysis scales and exact intervals."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from metaonc.effects.measures import FloatArray


def exact_interval(
    events: ArrayLike, n: ArrayLike, level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Exact (Clopper-Pearson) interval of a proportion.

    Parameters
    ----------
    events, n : array_like of int, shape (k,)
        Events and patients, 0 <= events <= n, n > 0.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    low, high : ndarray of float, shape (k,)
        Limits in [0, 1].

    Notes
    -----
    Clopper & Pearson, Biometrika 1934;26:404-413, as computed by statsmodels'
    ``proportion_confint(method="beta")``.

    Examples
    --------
    >>> low, high = exact_interval([33, 24], [54, 57])
    >>> low.round(3), high.round(3)
    (array([0.469, 0.291]), array([0.741, 0.559]))
    """
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(
        np.asarray(events), np.asarray(n), alpha=1 - level, method="beta"
    )
    return np.asarray(low, dtype=float), np.asarray(high, dtype=float)


def proportion_effects(
    measure: str, events: FloatArray, n: FloatArray
) -> tuple[FloatArray, FloatArray]:
    r"""Effects and variances of single proportions.

    Parameters
    ----------
    measure : {"PRAW", "PLOGIT", "PAS", "PFT"}
        Raw, logit, arcsine or Freeman-Tukey scale.
    events, n : ndarray of float, shape (k,)
        Events and patients after any continuity correction.

    Returns
    -------
    yi, vi : ndarray of float, shape (k,)
        Not finite, or a variance of zero, where the scale has no value.

    Notes
    -----
    With :math:`p = x/n`: raw :math:`p`, :math:`p(1-p)/n`; logit :math:`\log(x/(n-x))`,
    :math:`1/x + 1/(n-x)`; arcsine :math:`\arcsin\sqrt p`, :math:`1/(4n)`; double arcsine
    (Freeman & Tukey, Ann Math Stat 1950;21:607-611)
    :math:`\tfrac12(\arcsin\sqrt{x/(n+1)} + \arcsin\sqrt{(x+1)/(n+1)})`, :math:`1/(4n+2)`.
    """
    p = events / n
    if measure == "PRAW":
        return p, p * (1 - p) / n
    if measure == "PLOGIT":
        with np.errstate(divide="ignore"):
            return np.log(events / (n - events)), 1 / events + 1 / (n - events)
    if measure == "PAS":
        return np.arcsin(np.sqrt(p)), 1 / (4 * n)
    double = np.arcsin(np.sqrt(events / (n + 1))) + np.arcsin(np.sqrt((events + 1) / (n + 1)))
    return double / 2, 1 / (4 * n + 2)
