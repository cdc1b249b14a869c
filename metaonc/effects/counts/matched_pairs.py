"""Matched pairs or two outcomes of the same patients: marginal and conditional measures."""

from __future__ import annotations

import numpy as np

from metaonc.effects.scales.transforms import FloatArray


def matched_pair_effects(
    measure: str, both: FloatArray, only_1: FloatArray, only_2: FloatArray, neither: FloatArray
) -> tuple[FloatArray, FloatArray]:
    r"""Effects and variances of matched pairs, from the four kinds of pair.

    Parameters
    ----------
    measure : {"MPOR", "MPORC", "MPRR", "MPRD", "MPPETO"}
        Log marginal and log conditional odds ratio, log risk ratio, risk difference, log
        conditional odds ratio by Peto's method.
    both, only_1, only_2, neither : ndarray of float, shape (k,)
        Pairs with an event in both members, in the first only, in the second only, in neither;
        after any continuity correction.

    Returns
    -------
    yi, vi : ndarray of float, shape (k,)
        Not finite, or a variance of zero, where the measure has no value.

    Notes
    -----
    With pairs :math:`a, b, c, d` in that order, :math:`N` in all. MPRR
    :math:`\log\frac{a+b}{a+c}`, :math:`\frac{b+c}{(a+b)(a+c)}`; MPRD :math:`(b-c)/N`,
    :math:`(b+c)/N^2-(b-c)^2/N^3`; MPORC :math:`\log(b/c)`, :math:`1/b+1/c`. MPOR
    :math:`\log\frac{(a+b)(b+d)}{(c+d)(a+c)}` with the covariance of the two margins taken off
    (delta method; Elbourne et al., Int J Epidemiol 2002;31:140-149, "Becker-Balagtas"). MPPETO
    :math:`2(b-c)/(b+c)`, :math:`4/(b+c)`: Peto's one step with each pair a stratum, where a
    discordant one has the expectation 1/2 and the variance 1/4 (Yusuf et al., Prog Cardiovasc Dis
    1985;27:335-371).
    """
    a, b, c, d = both, only_1, only_2, neither
    n = a + b + c + d
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "MPRR":
            return np.log((a + b) / (a + c)), (b + c) / ((a + b) * (a + c))
        if measure == "MPORC":
            return np.log(b / c), 1 / b + 1 / c
        if measure == "MPPETO":
            return 2 * (b - c) / (b + c), 4 / (b + c)
        if measure == "MPOR":
            margins = (a + b) * (c + d) * (a + c) * (b + d)
            own = 1 / (a + b) + 1 / (c + d) + 1 / (a + c) + 1 / (b + d)
            yi = np.log((a + b) / (c + d)) - np.log((a + c) / (b + d))
            return yi, own - 2 * n * (a * d - b * c) / margins
    return (b - c) / n, (b + c) / n**2 - (b - c) ** 2 / n**3


def marginal_pair_effects(
    _: str, events_1: FloatArray, events_2: FloatArray, n: FloatArray, r: FloatArray
) -> tuple[FloatArray, FloatArray]:
    r"""Marginal odds ratios of matched pairs of which only the margins are printed.

    Parameters
    ----------
    events_1, events_2 : ndarray of float, shape (k,)
        Events of the first and of the second members, after any continuity correction.
    n : ndarray of float, shape (k,)
        Pairs.
    r : ndarray of float, shape (k,)
        Phi correlation of the two members' events, guessed or from elsewhere, -1 <= r <= 1.

    Returns
    -------
    yi, vi : ndarray of float, shape (k,)
        NaN where such a correlation is impossible with these margins.

    Notes
    -----
    The pairs with an event in both members number :math:`n(p_1p_2+r\sqrt{p_1q_1p_2q_2})`, and the
    rest is ``MPOR`` (Elbourne et al., Int J Epidemiol 2002;31:140-149).
    """
    p_1, p_2 = events_1 / n, events_2 / n
    with np.errstate(divide="ignore", invalid="ignore"):
        share = p_1 * p_2 + r * np.sqrt(p_1 * (1 - p_1) * p_2 * (1 - p_2))
        both, slack = n * share, 1e-9 * n
        only_1, only_2 = events_1 - both, events_2 - both
        neither = n - both - only_1 - only_2
        cells = both, only_1, only_2, neither
        possible = np.logical_and.reduce([cell >= -slack for cell in cells])
        yi, vi = matched_pair_effects("MPOR", *cells)
    return np.where(possible, yi, np.nan), np.where(possible, vi, np.nan)
