"""The ways from an analysis scale to the scale people read, and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def expit(x: FloatArray) -> FloatArray:
    """Log odds to probability."""
    from scipy.special import expit

    return np.asarray(expit(x))


def logit(x: FloatArray) -> FloatArray:
    """Probability to log odds."""
    from scipy.special import logit

    return np.asarray(logit(x))


def normal_probability(x: FloatArray) -> FloatArray:
    """Normal quantile (probit) to probability."""
    from scipy.special import ndtr

    return np.asarray(ndtr(x))


def normal_quantile(x: FloatArray) -> FloatArray:
    """Probability to normal quantile (probit)."""
    from scipy.special import ndtri

    return np.asarray(ndtri(x))


def arcsine(x: FloatArray) -> FloatArray:
    """Proportion to its arcsine square root, in radians."""
    return np.arcsin(np.sqrt(x))


def arcsine_inverse(x: FloatArray) -> FloatArray:
    """Arcsine square root to proportion; beyond its ends, 0 and 1."""
    return np.sin(np.clip(x, 0.0, np.pi / 2)) ** 2


def square(x: FloatArray) -> FloatArray:
    """Square root of a rate to the rate; below 0, 0."""
    return np.clip(x, 0.0, None) ** 2


def hakstian_whalen(x: FloatArray) -> FloatArray:
    """Cronbach's alpha to 1 - (1 - alpha)^(1/3)."""
    return np.asarray(1 - np.cbrt(1 - x))


def hakstian_whalen_inverse(x: FloatArray) -> FloatArray:
    """Hakstian and Whalen's cube root to Cronbach's alpha."""
    return np.asarray(1 - (1 - x) ** 3)


def bonett(x: FloatArray) -> FloatArray:
    """Cronbach's alpha to -log(1 - alpha)."""
    return np.asarray(-np.log1p(-x))


def bonett_inverse(x: FloatArray) -> FloatArray:
    """Bonett's logarithm to Cronbach's alpha."""
    return np.asarray(-np.expm1(-x))


def freeman_tukey(proportions: ArrayLike, n: ArrayLike) -> FloatArray:
    """Averaged double arcsine of proportions in samples of `n`; see `freeman_tukey_inverse`."""
    n = np.asarray(n, dtype=float)
    x = np.asarray(proportions, dtype=float) * n
    angles = np.arcsin(np.sqrt(x / (n + 1))) + np.arcsin(np.sqrt((x + 1) / (n + 1)))
    return np.asarray(0.5 * angles)


def freeman_tukey_inverse(values: ArrayLike, n: ArrayLike) -> FloatArray:
    r"""Proportion whose Freeman-Tukey double arcsine is `values` in a sample of `n`.

    Parameters
    ----------
    values : array_like
        Averaged double arcsines, :math:`\tfrac12(\arcsin\sqrt{x/(n+1)} +
        \arcsin\sqrt{(x+1)/(n+1)})`, in radians.
    n : array_like
        Sample sizes, > 0. For a pooled value, the harmonic mean of the studies' sizes.

    Returns
    -------
    ndarray of float
        Proportions in [0, 1]; values beyond those of 0/n and n/n become 0 and 1.

    Notes
    -----
    Eq. (3) of [1]_, with the double arcsine in its averaged form. The result of pooling depends on
    the `n` that is put in, and can mislead when study sizes differ widely [2]_.

    .. [1] Miller JJ. The inverse of the Freeman-Tukey double arcsine transformation.
       Am Stat 1978;32(4):138. doi:10.2307/2682942
    .. [2] Schwarzer G, et al. Seriously misleading results using inverse of Freeman-Tukey double
       arcsine transformation in meta-analysis of single proportions. Res Synth Methods
       2019;10:476-483. doi:10.1002/jrsm.1348

    Examples
    --------
    >>> x, n = 33, 54
    >>> t = 0.5 * (np.arcsin(np.sqrt(x / (n + 1))) + np.arcsin(np.sqrt((x + 1) / (n + 1))))
    >>> bool(np.isclose(freeman_tukey_inverse(t, n), x / n))
    True
    """
    n = np.asarray(n, dtype=float)
    lowest = 0.5 * np.arcsin(np.sqrt(1 / (n + 1)))
    t = 2 * np.clip(np.asarray(values, dtype=float), lowest, np.pi / 2 - lowest)
    sine = np.sin(t)
    inner = sine + (sine - 1 / sine) / n
    proportion = 0.5 * (1 - np.sign(np.cos(t)) * np.sqrt(np.clip(1 - inner**2, 0.0, None)))
    return np.asarray(proportion)


def freeman_tukey_rate(rates: ArrayLike, time: ArrayLike) -> FloatArray:
    """Averaged double square root of rates over `time`; see `freeman_tukey_rate_inverse`."""
    time = np.asarray(time, dtype=float)
    x = np.asarray(rates, dtype=float)
    return np.asarray(0.5 * (np.sqrt(x) + np.sqrt(x + 1 / time)))


def freeman_tukey_rate_inverse(values: ArrayLike, time: ArrayLike) -> FloatArray:
    r"""Rate whose Freeman-Tukey double square root is `values` over person-time `time`.

    Parameters
    ----------
    values : array_like
        Averaged double square roots, :math:`y = \tfrac12(\sqrt{x/t} + \sqrt{(x+1)/t})`.
    time : array_like
        Person-time, > 0. For a pooled value, the harmonic mean of the studies' times.

    Returns
    -------
    ndarray of float
        Rates >= 0; values below that of no event become 0.

    Notes
    -----
    With :math:`u = \sqrt{r}` the definition is :math:`2y - u = \sqrt{u^2 + 1/t}`; squaring gives
    :math:`u = (4y^2 - 1/t) / (4y)` (Freeman & Tukey, Ann Math Stat 1950;21:607-611).

    Examples
    --------
    >>> y = freeman_tukey_rate(8 / 120, 120)
    >>> bool(np.isclose(freeman_tukey_rate_inverse(y, 120), 8 / 120))
    True
    """
    time = np.asarray(time, dtype=float)
    y = np.clip(np.asarray(values, dtype=float), 0.5 / np.sqrt(time), None)
    return np.asarray(((4 * y**2 - 1 / time) / (4 * y)) ** 2)
