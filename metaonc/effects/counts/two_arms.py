"""Two-arm counts: ratios, differences and measures of association of a 2x2 table."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from metaonc.effects.counts.tetrachoric import tetrachoric, tetrachoric_variance
from metaonc.effects.scales.transforms import FloatArray

Pair = tuple[FloatArray, FloatArray]


def two_arm_effects(
    measure: str,
    events_1: FloatArray,
    n_1: FloatArray,
    events_2: FloatArray,
    n_2: FloatArray,
    vtype: str = "LS",
) -> Pair:
    r"""Effects and large-sample variances of two-arm counts; arm 1 is experimental.

    Parameters
    ----------
    measure : str
        ``"OR"``, ``"RR"``, ``"PETO"`` (logs); ``"RD"``, ``"AS"``; ``"PHI"``, ``"YUQ"``, ``"YUY"``,
        ``"RTET"``, ``"ZPHI"``, ``"ZTET"``; ``"PBIT"``, ``"OR2DN"``, ``"OR2DL"``.
    events_1, n_1, events_2, n_2 : ndarray of float, shape (k,)
        Events and patients per arm after any continuity correction.
    vtype : str, default "LS"
        How the variance is estimated. OR, RR, RD: ``"LS"`` from the study's own proportions,
        ``"AV"`` from the average proportions of all studies in each arm, RD also ``"UB"``, without
        bias. PHI and ZPHI: ``"LS"`` and ``"CS"`` for one sample classified twice, ``"ST"`` for arms
        whose sizes were set by the design. The others: ``"LS"``.

    Returns
    -------
    yi, vi : ndarray of float, shape (k,)
        Not finite, or a variance of zero, where the measure has no value.

    Notes
    -----
    With cells :math:`a, b` and :math:`c, d`, :math:`p_1 = a/n_1`, :math:`p_2 = c/n_2`,
    :math:`S = 1/a+1/b+1/c+1/d`. OR, RR, RD and PETO as in the Cochrane Handbook, section 10.4:
    :math:`\log(ad/bc)`, :math:`S`; :math:`\log(p_1/p_2)`, :math:`1/a-1/n_1+1/c-1/n_2`;
    :math:`p_1-p_2`, :math:`ab/n_1^3 + cd/n_2^3`; Peto's :math:`(O-E)/V`, :math:`1/V`.
    AS: :math:`\arcsin\sqrt{p_1}-\arcsin\sqrt{p_2}`, :math:`1/(4n_1)+1/(4n_2)` (Rücker et al., Stat
    Med 2009;28:721-738). PHI by Yule (J R Stat Soc 1912;75:579-652; ST: by the delta method), whose
    Q and Y have variances :math:`(1-Q^2)^2 S/4` and :math:`(1-Y^2)^2 S/16`). RTET is the
    tetrachoric correlation, see `metaonc.effects.tetrachoric`; ZPHI and ZTET are Fisher's z
    of PHI and RTET, with :math:`v/(1-r^2)^2`. PBIT, OR2DN and
    OR2DL turn a dichotomised outcome into a standardised mean difference: difference of
    probits (Sánchez-Meca et al., Psychol Methods 2003;8:448-467), :math:`\log\mathrm{OR}/1.65`
    (Cox & Snell 1989) and :math:`\log\mathrm{OR}\,\sqrt3/\pi` (Chinn, Stat Med
    2000;19:3127-3131).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return _COMPUTED[measure](events_1, n_1, events_2, n_2, vtype)


def _average(events: FloatArray, n: FloatArray) -> FloatArray:
    """The proportion over all studies, in place of each study's own."""
    there = np.isfinite(events) & np.isfinite(n)
    return np.full_like(events, events[there].sum() / n[there].sum())


def _shares(a: FloatArray, n1: FloatArray, c: FloatArray, n2: FloatArray, vtype: str) -> Pair:
    """The proportions a variance is worked out from."""
    return (_average(a, n1), _average(c, n2)) if vtype == "AV" else (a / n1, c / n2)


def _odds_ratio(a: FloatArray, n1: FloatArray, c: FloatArray, n2: FloatArray, vtype: str) -> Pair:
    b, d = n1 - a, n2 - c
    yi = np.log(a / b) - np.log(c / d)
    if vtype == "AV":
        p1, p2 = _shares(a, n1, c, n2, vtype)
        return yi, 1 / (n1 * p1 * (1 - p1)) + 1 / (n2 * p2 * (1 - p2))
    return yi, 1 / a + 1 / b + 1 / c + 1 / d


def _risk_ratio(a: FloatArray, n1: FloatArray, c: FloatArray, n2: FloatArray, vtype: str) -> Pair:
    yi = np.log(a / n1) - np.log(c / n2)
    if vtype == "AV":
        p1, p2 = _shares(a, n1, c, n2, vtype)
        return yi, (1 - p1) / (n1 * p1) + (1 - p2) / (n2 * p2)
    return yi, 1 / a - 1 / n1 + 1 / c - 1 / n2


def _risk_difference(
    a: FloatArray, n1: FloatArray, c: FloatArray, n2: FloatArray, vtype: str
) -> Pair:
    yi = a / n1 - c / n2
    if vtype == "LS":
        return yi, a * (n1 - a) / n1**3 + c * (n2 - c) / n2**3
    p1, p2 = _shares(a, n1, c, n2, vtype)
    less = 1 if vtype == "UB" else 0
    return yi, p1 * (1 - p1) / (n1 - less) + p2 * (1 - p2) / (n2 - less)


def _arcsine_difference(
    a: FloatArray, n1: FloatArray, c: FloatArray, n2: FloatArray, _: str
) -> Pair:
    yi = np.arcsin(np.sqrt(a / n1)) - np.arcsin(np.sqrt(c / n2))
    return yi, 1 / (4 * n1) + 1 / (4 * n2)


def _peto(a: FloatArray, n1: FloatArray, c: FloatArray, n2: FloatArray, _: str) -> Pair:
    events, n = a + c, n1 + n2
    variance = n1 * n2 * events * (n - events) / (n**2 * (n - 1))
    return (a - events * n1 / n) / variance, 1 / variance


def _phi(a: FloatArray, n1: FloatArray, c: FloatArray, n2: FloatArray, vtype: str) -> Pair:
    p1, p2, n = a / n1, c / n2, n1 + n2
    share, pooled = n1 / n, (a + c) / n
    spread = np.sqrt(share * (1 - share) / (pooled * (1 - pooled)))
    yi = (p1 - p2) * spread
    if vtype != "ST":
        skew_1 = (2 * share - 1) / np.sqrt(share * (1 - share))
        skew_2 = (2 * pooled - 1) / np.sqrt(pooled * (1 - pooled))
        square = yi**2
        bracket = 1 - square + yi * (1 + square / 2) * skew_1 * skew_2
        return yi, (bracket - 0.75 * square * (skew_1**2 + skew_2**2)) / n
    # d phi / d p_j, with the sizes of the arms fixed
    pull = (p1 - p2) * (1 - 2 * pooled) / (2 * pooled * (1 - pooled))
    slope_1, slope_2 = spread * (1 - share * pull), spread * (1 + (1 - share) * pull)
    return yi, slope_1**2 * p1 * (1 - p1) / n1 + slope_2**2 * p2 * (1 - p2) / n2


def _fisher(correlation: Callable[..., Pair]) -> Callable[..., Pair]:
    """Fisher's z of a correlation, with its variance by the delta method."""

    def compute(a: FloatArray, n1: FloatArray, c: FloatArray, n2: FloatArray, vtype: str) -> Pair:
        r, variance = correlation(a, n1, c, n2, vtype)
        return np.arctanh(r), variance / (1 - r**2) ** 2

    return compute


def _tetrachoric(a: FloatArray, n1: FloatArray, c: FloatArray, n2: FloatArray, _: str) -> Pair:
    cells = a, n1 - a, c, n2 - c
    yi = tetrachoric(*cells)
    return yi, tetrachoric_variance(*cells, yi)


def _yule(power: float) -> Callable[..., Pair]:
    """(OR^power - 1) / (OR^power + 1): Q with power 1, Y with power 1/2."""

    def compute(a: FloatArray, n1: FloatArray, c: FloatArray, n2: FloatArray, vtype: str) -> Pair:
        log_odds_ratio, variance = _odds_ratio(a, n1, c, n2, vtype)
        yi = np.tanh(power * log_odds_ratio / 2)
        return yi, (power / 2) ** 2 * (1 - yi**2) ** 2 * variance

    return compute


def _probit_difference(
    a: FloatArray, n1: FloatArray, c: FloatArray, n2: FloatArray, _: str
) -> Pair:
    from scipy.special import ndtri

    z1, z2 = ndtri(a / n1), ndtri(c / n2)
    vi = [2 * np.pi * x * (n - x) / n**3 * np.exp(z**2) for x, n, z in ((a, n1, z1), (c, n2, z2))]
    return z1 - z2, vi[0] + vi[1]


def _standardised(divisor: float) -> Callable[..., Pair]:
    """Log odds ratio -> standardised mean difference."""

    def compute(a: FloatArray, n1: FloatArray, c: FloatArray, n2: FloatArray, vtype: str) -> Pair:
        yi, vi = _odds_ratio(a, n1, c, n2, vtype)
        return yi / divisor, vi / divisor**2

    return compute


_COMPUTED: dict[str, Callable[..., Pair]] = {
    "OR": _odds_ratio,
    "RR": _risk_ratio,
    "RD": _risk_difference,
    "AS": _arcsine_difference,
    "PETO": _peto,
    "PHI": _phi,
    "ZPHI": _fisher(_phi),
    "RTET": _tetrachoric,
    "ZTET": _fisher(_tetrachoric),
    "YUQ": _yule(1.0),
    "YUY": _yule(0.5),
    "PBIT": _probit_difference,
    "OR2DN": _standardised(1.65),
    "OR2DL": _standardised(np.pi / np.sqrt(3)),
}
