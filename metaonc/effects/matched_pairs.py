"""Matched pairs or two outcomes of the same patients: marginal and conditional measures."""

from __future__ import annotations

import numpy as np

from metaonc.effects.transforms import FloatArray


def matched_pair_effects(
    measure: str, both: FloatArray, only_1: FloatArray, only_2: FloatArray, neither: FloatArray
) -> tuple[FloatArray, FloatArray]:
    r"""Effects and variances of matched pairs, from the four kinds of pair.

    Parameters
    ----------
    measure : {"MPOR", "MPORC", "MPRR", "MPRD"}
        Log marginal and log conditional odds ratio, log risk ratio, risk difference.
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
    (delta method; Elbourne et al., Int J Epidemiol 2002;31:140-149, "Becker-Balagtas").
    """
    a, b, c, d = both, only_1, only_2, neither
    n = a + b + c + d
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "MPRR":
            return np.log((a + b) / (a + c)), (b + c) / ((a + b) * (a + c))
        if measure == "MPORC":
            return np.log(b / c), 1 / b + 1 / c
        if measure == "MPOR":
            margins = (a + b) * (c + d) * (a + c) * (b + d)
            own = 1 / (a + b) + 1 / (c + d) + 1 / (a + c) + 1 / (b + d)
            yi = np.log((a + b) / (c + d)) - np.log((a + c) / (b + d))
            return yi, own - 2 * n * (a * d - b * c) / margins
    return (b - c) / n, (b + c) / n**2 - (b - c) ** 2 / n**3
