"""Means and standard deviations that a paper does not print, from what it prints instead."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

from metaonc.effects.means.quantile_estimation import quantile_estimation
from metaonc.effects.scales.transforms import FloatArray
from metaonc.errors import EffectsError

MeanMethod = Literal["luo", "wan", "qe"]
SpreadMethod = Literal["shi", "wan", "qe"]
_NAMES = {
    "luo": "Luo 2018",
    "shi": "Shi 2020",
    "wan": "Wan 2014",
    "qe": "McGrath 2020 by quantile estimation",
}


class Recovered(NamedTuple):
    """Estimated means and standard deviations, with the method in words."""

    mean: FloatArray
    sd: FloatArray
    derivation: str


def sd_from_se(se: ArrayLike, n: ArrayLike) -> FloatArray:
    """Standard deviation from the standard error of one group's mean: se times the root of n."""
    return np.asarray(np.asarray(se, dtype=float) * np.sqrt(np.asarray(n, dtype=float)))


def sd_from_interval(
    low: ArrayLike, high: ArrayLike, n: ArrayLike, level: float = 0.95
) -> FloatArray:
    """Standard deviation from the confidence interval of one group's mean, by Student's t.

    Parameters
    ----------
    low, high : array_like of float
        Confidence limits of the mean.
    n : array_like of float
        Patients, > 1.
    level : float, default 0.95
        Confidence level.

    Notes
    -----
    Cochrane Handbook, section 6.5.2.2.

    Examples
    --------
    >>> float(sd_from_interval(30.0, 34.2, 25).round(2))
    5.09
    """
    from scipy.special import stdtrit

    size = np.asarray(n, dtype=float)
    width = np.asarray(high, dtype=float) - np.asarray(low, dtype=float)
    return np.asarray(np.sqrt(size) * width / (2 * stdtrit(size - 1, 0.5 + level / 2)))


def pooled_sd_from_difference(se: ArrayLike, n_1: ArrayLike, n_2: ArrayLike) -> FloatArray:
    """Standard deviation within groups from the standard error of their mean difference.

    Notes
    -----
    Cochrane Handbook, section 6.5.2.3: se over the root of 1/n1 + 1/n2; se may come from an
    interval, t or p.
    """
    size = 1 / np.asarray(n_1, dtype=float) + 1 / np.asarray(n_2, dtype=float)
    return np.asarray(np.asarray(se, dtype=float) / np.sqrt(size))


def mean_and_sd(
    n: ArrayLike,
    median: ArrayLike,
    *,
    q1: ArrayLike | None = None,
    q3: ArrayLike | None = None,
    minimum: ArrayLike | None = None,
    maximum: ArrayLike | None = None,
    mean_method: MeanMethod = "luo",
    sd_method: SpreadMethod = "shi",
) -> Recovered:
    r"""Mean and standard deviation from a median with quartiles, range, or both.

    Parameters
    ----------
    n : array_like of float
        Patients, > 2.
    median : array_like of float
        Medians.
    q1, q3 : array_like of float, optional
        First and third quartiles.
    minimum, maximum : array_like of float, optional
        Smallest and largest values. Quartiles, range, or both are needed.
    mean_method : {"luo", "wan", "qe"}, default "luo"
        Luo's optimal weights, or the simple averages in Wan; ``"qe"``, quantile
        estimation, for data that are not normal.
    sd_method : {"shi", "wan", "qe"}, default "shi"
        With quartiles and range: Shi's optimal weights, or Wan's average. With one of them only,
        both are Wan's.

    Returns
    -------
    Recovered
        ``mean``, ``sd``, and ``derivation``, the words for the record.

    Raises
    ------
    EffectsError
        If neither pair is given, the values are out of order, or there is no such method.

    Notes
    -----
    ``"qe"`` fits normal, log-normal, gamma, Weibull and beta distributions to the printed quantiles
    and takes the nearest [4]_, see
    :func:`~metaonc.effects.means.quantile_estimation.quantile_estimation`. The other methods
    are for normal data. With :math:`\Phi^{-1}` the normal quantile: standard deviations
    :math:`(b-a)/\{2\Phi^{-1}(\frac{n-0.375}{n+0.25})\}` and
    :math:`(q_3-q_1)/\{2\Phi^{-1}(\frac{0.75n-0.125}{n+0.25})\}` (eq. 9 and 16 of [1]_), weighted by
    :math:`1/(1+0.07n^{0.6})` and the rest (eq. 12 of [3]_); means with the weights
    :math:`4/(4+n^{0.75})` on :math:`(a+b)/2`, :math:`0.7+0.39/n` on :math:`(q_1+q_3)/2`, and
    :math:`2.2/(2.2+n^{0.75})`, :math:`0.7-0.72/n^{0.55}` with both (eq. 7, 11, 15 of [2]_).

    .. [1] Wan X, et al. BMC Med Res Methodol 2014;14:135.
    .. [2] Luo D, et al. Stat Methods Med Res 2018;27:1785-1805.
    .. [3] Shi J, et al. Res Synth Methods 2020;11:641-654.
    .. [4] McGrath S, et al. Stat Methods Med Res 2020;29:2520-2537.

    Examples
    --------
    >>> found = mean_and_sd(100, 52.0, q1=44.0, q3=58.0)
    >>> float(found.mean.round(2)), float(found.sd.round(2)), found.derivation
    (51.3, 10.53, 'mean from median and quartiles (Luo 2018), SD from quartiles (Wan 2014)')
    """
    _check_methods(mean_method, sd_method)
    size, m = np.asarray(n, dtype=float), np.asarray(median, dtype=float)
    quartiles, ends = _pair("q1", q1, "q3", q3), _pair("minimum", minimum, "maximum", maximum)
    if quartiles is None and ends is None:
        raise EffectsError("give q1 and q3, minimum and maximum, or both, beside the median.")
    _check(size, m, quartiles, ends)
    given = " and ".join(
        word for word, pair in (("quartiles", quartiles), ("range", ends)) if pair is not None
    )
    both = quartiles is not None and ends is not None
    by = _NAMES[sd_method if both or sd_method == "qe" else "wan"]
    nearest = None
    if "qe" in (mean_method, sd_method):
        nearest = _nearest(size, m, quartiles, ends)
    return Recovered(
        nearest[0]
        if nearest and mean_method == "qe"
        else _mean(size, m, quartiles, ends, mean_method),
        nearest[1] if nearest and sd_method == "qe" else _sd(size, quartiles, ends, sd_method),
        f"mean from median and {given} ({_NAMES[mean_method]}), SD from {given} ({by})",
    )


_Pair = tuple[FloatArray, FloatArray]


def _pair(
    low_name: str, low: ArrayLike | None, high_name: str, high: ArrayLike | None
) -> _Pair | None:
    if low is None and high is None:
        return None
    if low is None or high is None:
        raise EffectsError(f"{low_name} and {high_name} belong together; give both or neither.")
    return np.asarray(low, dtype=float), np.asarray(high, dtype=float)


def _check_methods(mean_method: str, sd_method: str) -> None:
    for name, value, known in (
        ("mean_method", mean_method, get_args(MeanMethod)),
        ("sd_method", sd_method, get_args(SpreadMethod)),
    ):
        if value not in known:
            raise EffectsError(f"{name} = {value!r} is not one of {', '.join(known)}.")


def _nearest(n: FloatArray, m: FloatArray, quartiles: _Pair | None, ends: _Pair | None) -> _Pair:
    """Mean and SD by quantile estimation, study by study."""
    half, quarter = np.full_like(n, 0.5), np.full_like(n, 0.25)
    points = [(m, half)]
    if quartiles is not None:
        points = [(quartiles[0], quarter), *points, (quartiles[1], 1 - quarter)]
    if ends is not None:
        points = [(ends[0], 1 / n), *points, (ends[1], 1 - 1 / n)]
    shape = np.broadcast_shapes(*(np.shape(x) for point in points for x in point))
    quantiles, shares = (
        np.stack([np.broadcast_to(point[i], shape).ravel() for point in points], axis=-1)
        for i in (0, 1)
    )
    found = [quantile_estimation(q, p) for q, p in zip(quantiles, shares, strict=True)]
    mean, sd = (np.array([each[i] for each in found], dtype=float).reshape(shape) for i in (0, 1))
    return mean, sd


def _check(n: FloatArray, m: FloatArray, quartiles: _Pair | None, ends: _Pair | None) -> None:
    if (n <= 2).any():
        raise EffectsError(f"n = {n.min():g} is too few; a spread needs more than 2 patients.")
    inner = quartiles or (m, m)
    outer = ends or inner
    order = (outer[0], inner[0], m, inner[1], outer[1])
    if any((a > b).any() for a, b in pairwise(order)):
        raise EffectsError(
            "minimum, q1, median, q3 and maximum must rise in that order; look them up again."
        )


def _mean(
    n: FloatArray, m: FloatArray, quartiles: _Pair | None, ends: _Pair | None, method: str
) -> FloatArray:
    hinge = None if quartiles is None else (quartiles[0] + quartiles[1]) / 2
    middle = None if ends is None else (ends[0] + ends[1]) / 2
    if hinge is None:
        assert middle is not None  # one of the two pairs is there
        w = 4 / (4 + n**0.75) if method == "luo" else 0.5
        return np.asarray(w * middle + (1 - w) * m)
    if middle is None:
        w = 0.7 + 0.39 / n if method == "luo" else 2 / 3
        return np.asarray(w * hinge + (1 - w) * m)
    w1, w2 = 2.2 / (2.2 + n**0.75), 0.7 - 0.72 / n**0.55
    if method == "wan":
        w1, w2 = np.full_like(n, 0.25), np.full_like(n, 0.5)
    return np.asarray(w1 * middle + w2 * hinge + (1 - w1 - w2) * m)


def _sd(n: FloatArray, quartiles: _Pair | None, ends: _Pair | None, method: str) -> FloatArray:
    from scipy.special import ndtri

    inner = outer = None
    if quartiles is not None:
        inner = (quartiles[1] - quartiles[0]) / (2 * ndtri((0.75 * n - 0.125) / (n + 0.25)))
    if ends is not None:
        outer = (ends[1] - ends[0]) / (2 * ndtri((n - 0.375) / (n + 0.25)))
    if inner is None or outer is None:
        return np.asarray(outer if inner is None else inner)
    w = 1 / (1 + 0.07 * n**0.6) if method == "shi" else 0.5
    return np.asarray(w * outer + (1 - w) * inner)
