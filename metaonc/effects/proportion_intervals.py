"""Intervals of single proportions from their counts, by the names R's meta gives them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from metaonc.effects.transforms import FloatArray
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
    if method not in _LIMITS:
        raise EffectsError(
            f"method = {method!r} has no limits from counts alone; use one of {', '.join(_LIMITS)}."
        )
    from scipy.special import ndtri

    x, size = np.asarray(events, dtype=float), np.asarray(n, dtype=float)
    low, high = _LIMITS[method](x, size, float(ndtri(0.5 + level / 2)), level)
    return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)


def _exact(x: FloatArray, n: FloatArray, _: float, level: float) -> Pair:
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    with np.errstate(invalid="ignore"):  # a shape of 0 at the end of the scale
        low = np.where(x > 0, betaincinv(np.where(x > 0, x, 1.0), n - x + 1, tail), 0.0)
        high = np.where(x < n, betaincinv(x + 1, np.where(x < n, n - x, 1.0), 1 - tail), 1.0)
    return np.asarray(low), np.asarray(high)


def _wilson(x: FloatArray, n: FloatArray, z: float, _: float) -> Pair:
    half = z * np.sqrt(z**2 + 4 * x * (1 - x / n))
    low, high = (2 * x + z**2 - half) / (2 * (n + z**2)), (2 * x + z**2 + half) / (2 * (n + z**2))
    return np.where(x == 0, 0.0, low), np.where(x == n, 1.0, high)


def _wilson_corrected(x: FloatArray, n: FloatArray, z: float, _: float) -> Pair:
    p, q, middle, width = x / n, 1 - x / n, 2 * x + z**2, 2 * (n + z**2)
    down = z**2 - 2 - 1 / n + 4 * p * (n * q + 1)
    up = z**2 + 2 - 1 / n + 4 * p * (n * q - 1)
    low = (middle - 1 - z * np.sqrt(np.clip(down, 0.0, None))) / width
    high = (middle + 1 + z * np.sqrt(np.clip(up, 0.0, None))) / width
    return np.where(x == 0, 0.0, low), np.where(x == n, 1.0, high)


def _agresti_coull(x: FloatArray, n: FloatArray, z: float, level: float) -> Pair:
    return _simple(x + z**2 / 2, n + z**2, z, level)


def _simple(x: FloatArray, n: FloatArray, z: float, _: float) -> Pair:
    half = z * np.sqrt(x / n * (1 - x / n) / n)
    return x / n - half, x / n + half


def _simple_corrected(x: FloatArray, n: FloatArray, z: float, level: float) -> Pair:
    low, high = _simple(x, n, z, level)
    return low - 1 / (2 * n), high + 1 / (2 * n)


_LIMITS: dict[str, Callable[[FloatArray, FloatArray, float, float], Pair]] = {
    "CP": _exact,
    "WS": _wilson,
    "WSCC": _wilson_corrected,
    "AC": _agresti_coull,
    "SA": _simple,
    "SACC": _simple_corrected,
}
