"""Correlations, partial correlations and reliabilities of single samples."""

from __future__ import annotations

import numpy as np

from metaonc.effects.scales.transforms import FloatArray

Pair = tuple[FloatArray, FloatArray]


def correlation_effects(measure: str, r: FloatArray, n: FloatArray, vtype: str = "LS") -> Pair:
    r"""Effects and variances of correlations.

    Parameters
    ----------
    measure : {"COR", "UCOR", "ZCOR"}
        The correlation, the correlation without its bias, Fisher's z.
    r : ndarray of float, shape (k,)
        Correlations, -1 <= r <= 1.
    n : ndarray of float, shape (k,)
        Sample sizes, > 3 for ZCOR and UCOR.
    vtype : {"LS", "AV", "H0", "UB"}, default "LS"
        COR and UCOR: large-sample variance at the study's own value or at the average of all
        studies weighted by n, or that of the test of no correlation (COR); UCOR: unbiased.

    Returns
    -------
    yi, vi : ndarray of float, shape (k,)

    Notes
    -----
    :math:`(1-y^2)^2/(n-1)` for COR and UCOR, H0 :math:`(1-r^2)/(n-2)`; Fisher's z
    has :math:`1/(n-3)`. UCOR is
    :math:`r\,{}_2F_1(\tfrac12,\tfrac12;\tfrac{n-2}{2};1-r^2)`, and its unbiased variance
    :math:`y^2-1+\frac{n-3}{n-2}(1-r^2)\,{}_2F_1(1,1;\tfrac n2;1-r^2)` (Olkin & Pratt, Ann Math
    Stat 1958;29:201-211; Hedges, Psychol Methods 1989).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "ZCOR":
            return np.arctanh(r), 1 / (n - 3)
        yi = r
        if measure == "UCOR":
            yi = np.where(n > 4, r * _gauss(0.5, (n - 2) / 2, 1 - r**2), np.nan)
        if vtype == "UB":
            square = 1 - (n - 3) / (n - 2) * (1 - r**2) * _gauss(1.0, n / 2, 1 - r**2)
            return yi, yi**2 - square
        if vtype == "H0":
            return yi, (1 - yi**2) / (n - 2)
        at = np.full_like(yi, _weighted(yi, n)) if vtype == "AV" else yi
        return yi, (1 - at**2) ** 2 / (n - 1)


def _gauss(a: float, c: FloatArray, x: FloatArray) -> FloatArray:
    """Hypergeometric 2F1(a, a; c; x), 0 <= x <= 1; by its series where scipy's is NaN (large c)."""
    from scipy.special import hyp2f1

    large = np.where(c > 25, c, 50.0)
    term = total = np.ones_like(large)
    for k in range(200):  # falls like k**-25 at the slowest
        term = term * (a + k) ** 2 * x / ((large + k) * (k + 1))
        total = total + term
    return np.where(c > 25, total, hyp2f1(a, a, np.minimum(c, 25.0), x))


def _weighted(yi: FloatArray, n: FloatArray) -> float:
    there = np.isfinite(yi) & np.isfinite(n)
    return float(np.average(yi[there], weights=n[there])) if there.any() else np.nan


def partial_correlation_effects(
    measure: str, r: FloatArray, n: FloatArray, controls: FloatArray
) -> Pair:
    """Effects and variances of partial correlations.

    Parameters
    ----------
    measure : {"PCOR", "ZPCOR"}
        The partial correlation, or Fisher's z of it.
    r : ndarray of float, shape (k,)
        Partial correlations, -1 <= r <= 1; from a regression, ``t / sqrt(t² + df)``.
    n : ndarray of float, shape (k,)
        Sample sizes.
    controls : ndarray of float, shape (k,)
        Number of variables held constant, >= 0.

    Returns
    -------
    yi, vi : ndarray of float, shape (k,)

    Notes
    -----
    A partial correlation behaves as a correlation in a sample smaller by the number of variables
    held constant (Fisher, Metron 1924;3:329-332).
    """
    return correlation_effects("ZCOR" if measure == "ZPCOR" else "COR", r, n - controls)


def reliability_effects(measure: str, alpha: FloatArray, items: FloatArray, n: FloatArray) -> Pair:
    r"""Effects and variances of Cronbach's alpha, e.g. of a quality-of-life scale.

    Parameters
    ----------
    measure : {"ARAW", "AHW", "ABT"}
        Raw, with Hakstian and Whalen's, or with Bonett's transformation.
    alpha : ndarray of float, shape (k,)
        Reliabilities, < 1.
    items : ndarray of float, shape (k,)
        Items of the scale, >= 2.
    n : ndarray of float, shape (k,)
        Patients, > 2.

    Returns
    -------
    yi, vi : ndarray of float, shape (k,)

    Notes
    -----
    :math:`\alpha`, :math:`\frac{2m(1-\alpha)^2}{(m-1)(n-2)}`; :math:`1-(1-\alpha)^{1/3}`,
    :math:`\frac{18m(n-1)(1-\alpha)^{2/3}}{(m-1)(9n-11)^2}` (Hakstian & Whalen, Psychometrika
    1976;41:219-231); :math:`-\log(1-\alpha)`, :math:`\frac{2m}{(m-1)(n-2)}` (Bonett, J Educ
    Behav Stat 2002;27:335-340).
    """
    share = items / (items - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "ARAW":
            return alpha, 2 * share * (1 - alpha) ** 2 / (n - 2)
        if measure == "AHW":
            power = (1 - alpha) ** (2 / 3)
            return 1 - np.cbrt(1 - alpha), 18 * share * (n - 1) * power / (9 * n - 11) ** 2
        return -np.log1p(-alpha), 2 * share / (n - 2)
