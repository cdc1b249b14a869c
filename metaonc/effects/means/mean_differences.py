"""Means and standard deviations of two groups: differences, ratios, standardised differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from metaonc.effects.scales.transforms import FloatArray

Pair = tuple[FloatArray, FloatArray]
Correct = bool | Literal["approximate"]


class Groups(NamedTuple):
    """Two groups: means, standard deviations, sizes; group 1 is experimental."""

    mean_1: FloatArray
    sd_1: FloatArray
    n_1: FloatArray
    mean_2: FloatArray
    sd_2: FloatArray
    n_2: FloatArray

    @property
    def pooled_sd(self) -> FloatArray:
        """Standard deviation within groups, weighted by degrees of freedom."""
        total = (self.n_1 - 1) * self.sd_1**2 + (self.n_2 - 1) * self.sd_2**2
        return np.asarray(np.sqrt(total / (self.n_1 + self.n_2 - 2)))


def bias_factor(df: ArrayLike, correct: Correct = True) -> FloatArray:
    r"""Hedges' factor that takes the small-sample bias from a standardised mean difference.

    Parameters
    ----------
    df : array_like of float
        Degrees of freedom of the standard deviation, > 1.
    correct : bool or "approximate", default True
        The exact factor, 1 (False), or Hedges' approximation.

    Returns
    -------
    ndarray of float

    Notes
    -----
    Eq. (6e) and (6f) of Hedges, J Educ Stat 1981;6:107-128:
    :math:`\Gamma(m/2) / \{\sqrt{m/2}\,\Gamma((m-1)/2)\}`, approximately :math:`1-3/(4m-1)`.

    Examples
    --------
    >>> bias_factor([10, 50]).round(6), bias_factor([10, 50], "approximate").round(6)
    (array([0.922746, 0.984912]), array([0.923077, 0.984925]))
    """
    from scipy.special import gammaln

    m = np.asarray(df, dtype=float)
    if correct is False:
        return np.ones_like(m)
    with np.errstate(divide="ignore", invalid="ignore"):
        if correct == "approximate":
            return np.asarray(1 - 3 / (4 * m - 1))
        exact = np.exp(gammaln(m / 2) - np.log(np.sqrt(m / 2)) - gammaln((m - 1) / 2))
    return np.where(m > 1, exact, np.nan)


def mean_effects(
    measure: str,
    mean_1: FloatArray,
    sd_1: FloatArray,
    n_1: FloatArray,
    mean_2: FloatArray,
    sd_2: FloatArray,
    n_2: FloatArray,
    vtype: str = "LS",
    correct: Correct = True,
) -> Pair:
    r"""Effects and variances of two groups' means and standard deviations.

    Parameters
    ----------
    measure : str
        ``"MD"``; ``"SMD"`` (standardised by the pooled standard deviation), ``"SMDH"`` (by the
        average variance), ``"SMD1"``, ``"SMD1H"`` (Glass, by that of group 2); the logs of
        ``"ROM"``, ``"VR"`` (ratio of standard deviations), ``"CVR"`` (of coefficients of
        variation); ``"D2ORN"``, ``"D2ORL"`` (log odds ratios).
    mean_1, sd_1, n_1, mean_2, sd_2, n_2 : ndarray of float, shape (k,)
        Means, standard deviations and sizes of the groups.
    vtype : str, default "LS"
        Large-sample variance. MD and ROM: ``"HO"`` with a common variance; ROM also ``"AV"`` and
        ``"AVHO"`` with the average coefficients of variation of all studies. SMD: ``"LS2"`` (the
        factor of the bias in the variance too; SMDH and SMD1 as well), ``"UB"`` (unbiased),
        ``"AV"`` (at the average effect).
    correct : bool or "approximate", default True
        Correction of the small-sample bias: Hedges' g of the standardised differences, exact or
        approximate; second-order terms of ROM, VR and CVR.

    Returns
    -------
    yi, vi : ndarray of float, shape (k,)
        Not finite where the measure has no value, e.g. a ratio of means of opposite sign.

    Notes
    -----
    MD and SMD: Cochrane Handbook, section 10.5; SMD with :math:`1/n_1+1/n_2+g^2/2(n_1+n_2)`
    (Hedges, J Educ Stat 1981;6:107-128). SMDH and SMD1H: Bonett, Psychol Methods 2008;13:99-109.
    ROM: Hedges, Gurevitch & Curtis, Ecology 1999;80:1150-1156. VR and CVR: Nakagawa et al.,
    Methods Ecol Evol 2015;6:143-152.

    Examples
    --------
    >>> cells = [np.array([x]) for x in (5.0, 2.0, 40.0, 6.0, 2.5, 38.0)]
    >>> yi, vi = mean_effects("SMD", *cells)
    >>> float(yi[0].round(4)), float(vi[0].round(4))
    (-0.4386, 0.0525)
    """
    groups = Groups(mean_1, sd_1, n_1, mean_2, sd_2, n_2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _COMPUTED[measure](groups, vtype, correct)


def _mean_difference(g: Groups, vtype: str, _: Correct) -> Pair:
    yi = g.mean_1 - g.mean_2
    if vtype == "HO":
        return yi, g.pooled_sd**2 * (1 / g.n_1 + 1 / g.n_2)
    return yi, g.sd_1**2 / g.n_1 + g.sd_2**2 / g.n_2


def _standardised(g: Groups, vtype: str, correct: Correct) -> Pair:
    m = g.n_1 + g.n_2 - 2
    factor = bias_factor(m, correct)
    d = (g.mean_1 - g.mean_2) / g.pooled_sd
    yi, sizes = factor * d, 1 / g.n_1 + 1 / g.n_2
    if vtype == "LS2":
        return yi, factor**2 * (sizes + d**2 / (2 * (g.n_1 + g.n_2)))
    if vtype == "UB":
        return yi, sizes + (1 - (m - 2) / (m * bias_factor(m) ** 2)) * yi**2
    at = yi
    if vtype == "AV":
        there = np.isfinite(yi)
        weights = (g.n_1 + g.n_2)[there]
        at = np.full_like(yi, np.average(yi[there], weights=weights) if there.any() else np.nan)
    return yi, sizes + at**2 / (2 * (g.n_1 + g.n_2))


def _unequal_variances(g: Groups, vtype: str, correct: Correct) -> Pair:
    """By the root of the average variance of the two groups."""
    v1, v2, f1, f2 = g.sd_1**2, g.sd_2**2, g.n_1 - 1, g.n_2 - 1
    mean = (v1 + v2) / 2
    factor = bias_factor(f1 + f2, correct)
    yi = factor * (g.mean_1 - g.mean_2) / np.sqrt(mean)
    if vtype == "LS2":
        f1, f2 = g.n_1, g.n_2
    return yi, yi**2 * (v1**2 / f1 + v2**2 / f2) / (8 * mean**2) + (v1 / f1 + v2 / f2) / mean


def _glass(g: Groups, vtype: str, correct: Correct) -> Pair:
    factor = bias_factor(g.n_2 - 1, correct)
    d = (g.mean_1 - g.mean_2) / g.sd_2
    yi, sizes = factor * d, 1 / g.n_1 + 1 / g.n_2
    if vtype == "LS2":
        return yi, factor**2 * (sizes + d**2 / (2 * g.n_2))
    return yi, sizes + yi**2 / (2 * g.n_2)


def _glass_unequal(g: Groups, _: str, correct: Correct) -> Pair:
    yi = bias_factor(g.n_2 - 1, correct) * (g.mean_1 - g.mean_2) / g.sd_2
    f1, f2 = g.n_1 - 1, g.n_2 - 1
    return yi, g.sd_1**2 / (g.sd_2**2 * f1) + 1 / f2 + yi**2 / (2 * f2)


def _ratio_of_means(g: Groups, vtype: str, correct: Correct) -> Pair:
    own_1, own_2 = g.sd_1 / g.mean_1, g.sd_2 / g.mean_2
    yi = np.log(g.mean_1 / g.mean_2)
    if correct:
        yi = yi + (own_1**2 / g.n_1 - own_2**2 / g.n_2) / 2
    cv_1, cv_2 = {
        "LS": lambda: (own_1, own_2),
        "HO": lambda: (g.pooled_sd / g.mean_1, g.pooled_sd / g.mean_2),
        "AV": lambda: (_average([own_1], [g.n_1]), _average([own_2], [g.n_2])),
        "AVHO": lambda: (_average([own_1, own_2], [g.n_1, g.n_2]),) * 2,
    }[vtype]()
    return yi, cv_1**2 / g.n_1 + cv_2**2 / g.n_2


def _average(values: list[FloatArray], sizes: list[FloatArray]) -> FloatArray:
    """Mean over all studies (and groups), weighted by their sizes."""
    value, n = np.concatenate(values), np.concatenate(sizes)
    there = np.isfinite(value)
    mean = np.average(value[there], weights=n[there]) if there.any() else np.nan
    return np.full_like(values[0], mean)


def _second_order(g: Groups, correct: Correct) -> FloatArray:
    """What makes the log of a standard deviation unbiased to second order, group by group."""
    return (1 / (g.n_1 - 1) - 1 / (g.n_2 - 1)) / 2 if correct else np.zeros_like(g.n_1)


def _spread(g: Groups, _: str, correct: Correct) -> Pair:
    vi = 1 / (2 * (g.n_1 - 1)) + 1 / (2 * (g.n_2 - 1))
    return np.log(g.sd_1 / g.sd_2) + _second_order(g, correct), vi


def _relative_spread(g: Groups, _: str, correct: Correct) -> Pair:
    cv_1, cv_2 = g.sd_1 / g.mean_1, g.sd_2 / g.mean_2
    vi = 1 / (2 * (g.n_1 - 1)) + 1 / (2 * (g.n_2 - 1)) + cv_1**2 / g.n_1 + cv_2**2 / g.n_2
    yi = np.log(cv_1 / cv_2) + _second_order(g, correct)
    if correct:
        yi = yi - (cv_1**2 / g.n_1 - cv_2**2 / g.n_2) / 2
    return yi, vi


def _as_odds_ratio(factor: float) -> Callable[..., Pair]:
    """From the standardised difference with its bias, which the odds ratio does not have."""

    def compute(g: Groups, vtype: str, _: Correct) -> Pair:
        yi, vi = _standardised(g, vtype, False)
        return factor * yi, factor**2 * vi

    return compute


_COMPUTED: dict[str, Callable[..., Pair]] = {
    "MD": _mean_difference,
    "SMD": _standardised,
    "SMDH": _unequal_variances,
    "SMD1": _glass,
    "SMD1H": _glass_unequal,
    "ROM": _ratio_of_means,
    "VR": _spread,
    "CVR": _relative_spread,
    "D2ORN": _as_odds_ratio(1.65),
    "D2ORL": _as_odds_ratio(np.pi / np.sqrt(3)),
}
