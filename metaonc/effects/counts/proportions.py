"""Single proportions: six analysis scales."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from metaonc.effects.scales.transforms import FloatArray, freeman_tukey


def proportion_effects(
    measure: str, events: FloatArray, n: FloatArray, vtype: str = "LS"
) -> tuple[FloatArray, FloatArray]:
    r"""Effects and variances of single proportions.

    Parameters
    ----------
    measure : {"PRAW", "PLN", "PLOGIT", "PRZ", "PAS", "PFT"}
        Raw, log, logit, probit, arcsine or Freeman-Tukey scale.
    events, n : ndarray of float, shape (k,)
        Events and patients after any continuity correction.
    vtype : {"LS", "AV", "UB"}, default "LS"
        Variance from the study's own proportion; from that of all studies together (PRAW, PLN,
        PLOGIT); without bias (PRAW).

    Returns
    -------
    yi, vi : ndarray of float, shape (k,)
        Not finite, or a variance of zero, where the scale has no value.

    Notes
    -----
    With :math:`p = x/n`: raw :math:`p`, :math:`p(1-p)/n`, without bias :math:`p(1-p)/(n-1)`;
    log :math:`\log p`, :math:`1/x-1/n`; logit :math:`\log(x/(n-x))`, :math:`1/x + 1/(n-x)`;
    probit :math:`z = \Phi^{-1}(p)`, :math:`2\pi p(1-p)e^{z^2}/n` (delta method); arcsine
    :math:`\arcsin\sqrt p`, :math:`1/(4n)`; double arcsine
    (Freeman & Tukey, Ann Math Stat 1950;21:607-611)
    :math:`\tfrac12(\arcsin\sqrt{x/(n+1)} + \arcsin\sqrt{(x+1)/(n+1)})`, :math:`1/(4n+2)`.
    """
    p = events / n
    if measure == "PAS":
        return np.arcsin(np.sqrt(p)), 1 / (4 * n)
    if measure == "PFT":
        return freeman_tukey(p, n), 1 / (4 * n + 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        if vtype == "LS":
            return _SCALES[measure](p, events, n)
        yi = _SCALES[measure](p, events, n)[0]
        if vtype == "UB":
            return yi, p * (1 - p) / (n - 1)
        there = np.isfinite(p)
        mean = np.full_like(p, events[there].sum() / n[there].sum())
        spread = mean * (1 - mean)
        return yi, {"PRAW": spread, "PLN": (1 - mean) / mean, "PLOGIT": 1 / spread}[measure] / n


def _probit(p: FloatArray, _: FloatArray, n: FloatArray) -> tuple[FloatArray, FloatArray]:
    from scipy.special import ndtri

    z = ndtri(p)
    return z, 2 * np.pi * p * (1 - p) * np.exp(z**2) / n


_SCALES: dict[str, Callable[..., tuple[FloatArray, FloatArray]]] = {
    "PRAW": lambda p, x, n: (p, p * (1 - p) / n),
    "PLN": lambda p, x, n: (np.log(p), 1 / x - 1 / n),
    "PLOGIT": lambda p, x, n: (np.log(x / (n - x)), 1 / x + 1 / (n - x)),
    "PRZ": _probit,
}
