"""Intervals of a proportion by the methods that papers use, in percent."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

from metaonc.registry.audit.numbers import z_of_level

Limits = tuple[float, float]


def clopper_pearson(x: int, n: int, level: float) -> Limits:
    """Exact: Clopper & Pearson, Biometrika 1934;26:404-413."""
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    low = float(betaincinv(x, n - x + 1, tail)) if x > 0 else 0.0
    return low, float(betaincinv(x + 1, n - x, 1 - tail)) if x < n else 1.0


def jeffreys(x: int, n: int, level: float) -> Limits:
    """Equal tails of the Beta(x + 1/2, n - x + 1/2) distribution; Brown et al. 2001, section 4."""
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    low = float(betaincinv(x + 0.5, n - x + 0.5, tail)) if x > 0 else 0.0
    return low, float(betaincinv(x + 0.5, n - x + 0.5, 1 - tail)) if x < n else 1.0


def wilson(x: int, n: int, level: float) -> Limits:
    """Score: Wilson, J Am Stat Assoc 1927;22:209-212."""
    z, p = z_of_level(level), x / n
    centre, half = 2 * x + z * z, z * math.sqrt(z * z + 4 * n * p * (1 - p))
    return (centre - half) / (2 * (n + z * z)), (centre + half) / (2 * (n + z * z))


def wilson_corrected(x: int, n: int, level: float) -> Limits:
    """Score with continuity correction: Newcombe, Stat Med 1998;17:857-872, method 4."""
    z, p = z_of_level(level), x / n
    below = z * math.sqrt(max(0.0, z * z - 2 - 1 / n + 4 * p * (n * (1 - p) + 1)))
    above = z * math.sqrt(max(0.0, z * z + 2 - 1 / n + 4 * p * (n * (1 - p) - 1)))
    low = 0.0 if x == 0 else (2 * x + z * z - 1 - below) / (2 * (n + z * z))
    return low, 1.0 if x == n else (2 * x + z * z + 1 + above) / (2 * (n + z * z))


def wald(x: int, n: int, level: float) -> Limits:
    """Normal approximation; Newcombe 1998, method 1."""
    p = x / n
    half = z_of_level(level) * math.sqrt(p * (1 - p) / n)
    return p - half, p + half


def wald_corrected(x: int, n: int, level: float) -> Limits:
    """Normal approximation with continuity correction; Newcombe 1998, method 2."""
    low, high = wald(x, n, level)
    return low - 0.5 / n, high + 0.5 / n


def agresti_coull(x: int, n: int, level: float) -> Limits:
    """Agresti & Coull, Am Stat 1998;52:119-126."""
    z = z_of_level(level)
    more, p = n + z * z, (x + z * z / 2) / (n + z * z)
    half = z * math.sqrt(p * (1 - p) / more)
    return p - half, p + half


def mid_p(x: int, n: int, level: float) -> Limits:
    """Exact with half the probability of the observed count; Newcombe 1998, method 6."""
    from scipy.optimize import brentq
    from scipy.special import bdtr, bdtrc

    tail = (1 - level) / 2

    def half_point(p: float) -> float:
        return float(bdtr(x, n, p) - (bdtr(x - 1, n, p) if x > 0 else 0.0)) / 2

    def above(p: float) -> float:
        return float(bdtrc(x, n, p)) + half_point(p) - tail

    def below(p: float) -> float:
        return (float(bdtr(x - 1, n, p)) if x > 0 else 0.0) + half_point(p) - tail

    low = brentq(above, 1e-12, 1 - 1e-12) if x > 0 else 0.0
    return float(low), float(brentq(below, 1e-12, 1 - 1e-12)) if x < n else 1.0


def arcsine(x: int, n: int, level: float) -> Limits:
    """Normal on the arcsine of the root; Brown et al. 2001, section 4.2."""
    centre, half = math.asin(math.sqrt(x / n)), z_of_level(level) / (2 * math.sqrt(n))
    return math.sin(max(0.0, centre - half)) ** 2, math.sin(min(math.pi / 2, centre + half)) ** 2


def logit(x: int, n: int, level: float) -> Limits:
    """Normal on the log odds; Brown et al. 2001, section 4.2."""
    if not 0 < x < n:
        return math.nan, math.nan
    centre, half = math.log(x / (n - x)), z_of_level(level) * math.sqrt(n / (x * (n - x)))
    return 1 / (1 + math.exp(half - centre)), 1 / (1 + math.exp(-half - centre))


_METHODS: dict[str, Callable[[int, int, float], Limits]] = {
    "Clopper-Pearson": clopper_pearson,
    "Wilson": wilson,
    "Wald": wald,
    "Wilson with continuity correction": wilson_corrected,
    "Wald with continuity correction": wald_corrected,
    "Agresti-Coull": agresti_coull,
    "Jeffreys": jeffreys,
    "mid-p": mid_p,
    "arcsine": arcsine,
    "logit": logit,
}
METHODS = tuple(_METHODS)


@lru_cache(maxsize=16384)
def intervals_of(method: str, events: int, n: int, level: float) -> Limits:
    """Limits of a proportion in percent, cut off at 0 and 100.

    Parameters
    ----------
    method : str
        One of `METHODS`.
    events, n : int
        Events and patients, 0 <= events <= n, n > 0.
    level : float
        Confidence level.

    Returns
    -------
    low, high : float
        In percent; NaN where the method has no interval.

    Examples
    --------
    >>> ["%.1f" % limit for limit in intervals_of("Clopper-Pearson", 33, 54, 0.95)]
    ['46.9', '74.1']
    """
    low, high = _METHODS[method](events, n, level)
    return 100 * max(0.0, low), 100 * min(1.0, high)
