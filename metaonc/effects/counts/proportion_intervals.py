"""Intervals of single proportions from their counts, by the names R's meta gives them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from metaonc.effects.scales.transforms import FloatArray
from metaonc.errors import EffectsError

Pair = tuple[FloatArray, FloatArray]

# Code -> what a methods section calls it; the last one is made on the analysis scale.
PROPORTION_INTERVALS = {
    "CP": "exact (Clopper-Pearson)",
    "WS": "Wilson score",
    "WSCC": "Wilson score, with continuity correction,",
    "AC": "Agresti-Coull",
    "SA": "simple asymptotic (Wald)",
    "SACC": "simple asymptotic, with continuity correction,",
    "NAsm": "normal approximation (Wald, on the analysis scale)",
}
DEFAULT_INTERVAL = "CP"


def proportion_interval(
    events: ArrayLike, n: ArrayLike, level: float = 0.95, method: str = DEFAULT_INTERVAL
) -> Pair:
    r"""Confidence interval of a proportion from its counts.

    Parameters
    ----------
    events, n : array_like of int, shape (k,)
        Events and patients, 0 <= events <= n, n > 0.
    level : float, default 0.95
        Confidence level.
    method : {"CP", "WS", "WSCC", "AC", "SA", "SACC"}, default "CP"
        Exact (Clopper-Pearson); Wilson's score interval, without or with continuity correction;
        Agresti-Coull; simple asymptotic (Wald's), without or with continuity correction.

    Returns
    -------
    low, high : ndarray of float, shape (k,)
        Limits in [0, 1].

    Raises
    ------
    EffectsError
        If the method is not one of these.

    Notes
    -----
    With :math:`p = x/n` and the normal quantile :math:`z`: Wilson (J Am Stat Assoc 1927;22:209-212)
    :math:`\{2np + z^2 \pm z\sqrt{z^2 + 4np(1-p)}\}/\{2(n+z^2)\}`; its continuity correction, and
    those of the simple interval :math:`p \pm z\sqrt{p(1-p)/n}`, :math:`1/(2n)`, as methods 4 and 2
    of Newcombe (Stat Med 1998;17:857-872), whose limits beyond 0 and 1 are cut there. Agresti &
    Coull (Am Stat 1998;52:119-126): the simple interval of :math:`x + z^2/2` events among
    :math:`n + z^2`. Clopper & Pearson, Biometrika 1934;26:404-413, from quantiles of the beta
    distribution.

    The simple intervals have no width at 0/n and n/n, and cover too seldom near them; Newcombe
    and Agresti & Coull advise against them.

    Examples
    --------
    >>> low, high = proportion_interval([33, 24], [54, 57])
    >>> low.round(3), high.round(3)
    (array([0.469, 0.291]), array([0.741, 0.559]))
    >>> [limit.round(3) for limit in proportion_interval([0], [20], method="WS")]
    [array([0.]), array([0.161])]
    """
    known = {**_STATSMODELS, **_CORRECTED}
    if method not in known:
        raise EffectsError(
            f"method = {method!r} has no limits from counts alone; use one of {', '.join(known)}."
        )
    x, size = np.asarray(events, dtype=float), np.asarray(n, dtype=float)
    if method in _STATSMODELS:
        low, high = _by_statsmodels(_STATSMODELS[method], x, size, level)
    else:
        from scipy.special import ndtri

        low, high = _CORRECTED[method](x, size, float(ndtri(0.5 + level / 2)))
    return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)


def _by_statsmodels(name: str, x: FloatArray, n: FloatArray, level: float) -> Pair:
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(x, n, alpha=1 - level, method=name)
    return np.where(x == 0, 0.0, low), np.where(x == n, 1.0, high)


def _wilson_corrected(x: FloatArray, n: FloatArray, z: float) -> Pair:
    p, q, middle, width = x / n, 1 - x / n, 2 * x + z**2, 2 * (n + z**2)
    down = z**2 - 2 - 1 / n + 4 * p * (n * q + 1)
    up = z**2 + 2 - 1 / n + 4 * p * (n * q - 1)
    low = (middle - 1 - z * np.sqrt(np.clip(down, 0.0, None))) / width
    high = (middle + 1 + z * np.sqrt(np.clip(up, 0.0, None))) / width
    return np.where(x == 0, 0.0, low), np.where(x == n, 1.0, high)


def _simple_corrected(x: FloatArray, n: FloatArray, z: float) -> Pair:
    half = z * np.sqrt(x / n * (1 - x / n) / n) + 1 / (2 * n)
    return x / n - half, x / n + half


# Those that statsmodels has, by its names for them; the others are ours.
_STATSMODELS = {"CP": "beta", "WS": "wilson", "AC": "agresti_coull", "SA": "normal"}
_CORRECTED = {"WSCC": _wilson_corrected, "SACC": _simple_corrected}
