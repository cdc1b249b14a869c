"""Beta-binomial regression: proportions that vary between studies, one mean for each arm."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, xlogy

from metaonc.kernels.arrays import FloatArray

# Overdispersions rho / (1 - rho) at which the slope of the profile likelihood is looked at, after
# 0: intra-class correlations from 1e-8 to 0.9999.
_LADDER = np.geomspace(1e-8, 1e4, 61)
LARGEST_RHO = float(_LADDER[-1] / (1 + _LADDER[-1]))
_STEPS = 200
_TERM_BY_TERM = 40
_POINTS = 20


class BetaBinomialFit(NamedTuple):
    """A maximum of the likelihood.

    Attributes
    ----------
    proportions : ndarray, shape (g,)
        Mean proportion of each arm.
    covariance : ndarray, shape (g, g)
        Its covariance from the observed information, the correlation being estimated too.
    rho : float
        Intra-class correlation, from 0 (binomial) to below 1.
    rho_se : float
        Its standard error; NaN where it is 0.
    log_likelihood : float
        With all constants.
    binomial : float
        Log-likelihood without overdispersion, at its own best proportions.
    highest : float
        Log-likelihood with a proportion of each study's and arm's own.
    maxima : tuple of float
        The intra-class correlations of all local maxima that were found.
    """

    proportions: FloatArray
    covariance: FloatArray
    rho: float
    rho_se: float
    log_likelihood: float
    binomial: float
    highest: float
    maxima: tuple[float, ...]


@dataclass(frozen=True)
class _Slopes:
    """First and second derivatives of an arm by proportion p and overdispersion v."""

    v: float
    pp: float
    pv: float
    vv: float


class _Sum:
    """The sum of a function over r = 0, 1, ... below each of some counts.

    Written once over r with the number of counts above it. Stretches where that number stays the
    same are not summed term by term: between r and 2 r the functions here are smooth, and twenty
    Chebyshev points give the sum to the last digits.
    """

    def __init__(self, counts: FloatArray) -> None:
        above = np.sort(counts.astype(int))
        edges = [0, *np.unique(above[above > 0]).tolist()]
        parts = [
            _stretch(low, high, float(np.count_nonzero(above >= high)))
            for start, end in itertools.pairwise(edges)
            for low, high in _doublings(start, end)
        ]
        self.r = np.concatenate([np.empty(0), *(r for r, _ in parts)])
        self.weight = np.concatenate([np.empty(0), *(weight for _, weight in parts)])

    def of(self, values: FloatArray) -> float:
        """The sum of the values at `r`."""
        return float(self.weight @ values)


def _doublings(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a stretch where r has doubled."""
    while start < end:
        stop = min(end, max(2 * start, start + _TERM_BY_TERM))
        yield start, stop
        start = stop


def _stretch(low: int, high: int, number: float) -> tuple[FloatArray, FloatArray]:
    """Points and weights for the sum over low <= r < high of something that counts `number`."""
    r = np.arange(low, high, dtype=float)
    if len(r) <= _TERM_BY_TERM:
        return r, np.full(len(r), number)
    middle, half = (r[0] + r[-1]) / 2, (r[-1] - r[0]) / 2
    points = np.polynomial.chebyshev.chebpts1(_POINTS)
    sums = np.polynomial.chebyshev.chebvander((r - middle) / half, _POINTS - 1).sum(axis=0)
    sums[0] /= 2  # the polynomials are orthogonal over the points
    weights = 2 / _POINTS * np.polynomial.chebyshev.chebvander(points, _POINTS - 1) @ sums
    return middle + half * points, number * weights


class _Arm:
    """The studies of one arm.

    The likelihood is a product of p + r v over the events, 1 - p + r v over the non-events and
    1 / (1 + r v) over the patients, r = 0, 1, ..., with v = rho / (1 - rho): nothing cancels for
    small v, where the distribution is the binomial.
    """

    def __init__(self, events: FloatArray, n: FloatArray) -> None:
        self.events, self.n = events, n
        ways = gammaln(n + 1) - gammaln(events + 1) - gammaln(n - events + 1)
        self.constant = float(ways.sum())
        self.x, self.y, self.m = _Sum(events), _Sum(n - events), _Sum(n)

    def value(self, p: float, v: float) -> float:
        """Log-likelihood."""
        found = self.x.of(np.log(p + self.x.r * v)) + self.y.of(np.log(1 - p + self.y.r * v))
        return self.constant + found - self.m.of(np.log1p(self.m.r * v))

    def best(self, v: float, p: float) -> float:
        """The most likely proportion, by Newton's steps inside a bracket.

        A sum of logarithms of lines in p is concave: there is one maximum.
        """
        low, high = 0.0, 1.0
        for _ in range(_STEPS):
            of_x, of_y = p + self.x.r * v, 1 - p + self.y.r * v
            slope = self.x.of(1 / of_x) - self.y.of(1 / of_y)
            low, high = (p, high) if slope > 0 else (low, p)
            new = p + slope / (self.x.of(1 / of_x**2) + self.y.of(1 / of_y**2))
            new = new if low < new < high else (low + high) / 2
            done = abs(new - p) <= 1e-14 * min(new, 1 - new)
            p = new
            if done:
                break
        return p

    def slopes(self, p: float, v: float) -> _Slopes:
        """Derivatives at a proportion and an overdispersion."""
        x, y, m = self.x, self.y, self.m
        of_x, of_y, of_m = p + x.r * v, 1 - p + y.r * v, 1 + m.r * v
        return _Slopes(
            x.of(x.r / of_x) + y.of(y.r / of_y) - m.of(m.r / of_m),
            -x.of(1 / of_x**2) - y.of(1 / of_y**2),
            y.of(y.r / of_y**2) - x.of(x.r / of_x**2),
            m.of((m.r / of_m) ** 2) - x.of((x.r / of_x) ** 2) - y.of((y.r / of_y) ** 2),
        )

    def highest(self) -> float:
        """Log-likelihood with a proportion of each study's own."""
        x, n = self.events, self.n
        return self.constant + float((xlogy(x, x / n) + xlogy(n - x, 1 - x / n)).sum())


class _Profile:
    """Best proportions for a given overdispersion; each search starts from the last one's end."""

    def __init__(self, arms: list[_Arm]) -> None:
        self.arms = arms
        self.p = [float(arm.events.sum() / arm.n.sum()) for arm in arms]

    def slope(self, v: float) -> float:
        """Slope of the profile log-likelihood by the overdispersion."""
        self.p = [arm.best(v, p) for arm, p in zip(self.arms, self.p, strict=True)]
        return sum(arm.slopes(p, v).v for arm, p in zip(self.arms, self.p, strict=True))

    def height(self, v: float) -> float:
        """The profile log-likelihood."""
        self.p = [arm.best(v, p) for arm, p in zip(self.arms, self.p, strict=True)]
        return sum(arm.value(p, v) for arm, p in zip(self.arms, self.p, strict=True))

    def maxima(self) -> list[float]:
        """Every local maximum between the steps of the ladder, and its ends where they are one."""
        from scipy.optimize import brentq  # slow to load, and for these models only

        steps = [0.0, *map(float, _LADDER)]
        slopes = [self.slope(v) for v in steps]
        places = [0.0] if slopes[0] <= 0 else []
        for (low, up), (high, down) in itertools.pairwise(zip(steps, slopes, strict=True)):
            if up > 0 >= down:
                places.append(float(brentq(self.slope, low, high, xtol=1e-16, rtol=1e-13)))
        return places if slopes[-1] <= 0 else [*places, steps[-1]]


def fit_beta_binomial(arms: list[tuple[ArrayLike, ArrayLike]]) -> BetaBinomialFit:
    r"""Maximum likelihood of one mean proportion for each arm and a common overdispersion.

    Parameters
    ----------
    arms : list of (events, n)
        Whole numbers, array_like of shape (k,) each; in no arm none or all of the patients have
        events. Every study counts, also one without events in any arm.

    Returns
    -------
    BetaBinomialFit
        The highest maximum; ``rho`` is `LARGEST_RHO` where the likelihood still rises there.

    Notes
    -----
    Griffiths, Biometrics 1973;29:637-648; for two arms, Kuss, Stat Med 2015;34:1097-1116: the
    proportions of an arm have a beta distribution with mean :math:`p` and intra-class correlation
    :math:`\rho = v / (1 + v)`, the same in both arms. Given :math:`v` each :math:`p` has one
    maximum, so that what is searched is a curve in :math:`v`, whose slope is followed along a
    ladder from 0 on: every change of sign is a maximum solved for.

    Examples
    --------
    >>> found = fit_beta_binomial([([6, 3, 0, 25], [60, 55, 40, 120])])
    >>> round(float(found.proportions[0]), 4), round(found.rho, 4)
    (0.0945, 0.0722)
    """
    made = [_Arm(np.asarray(x, dtype=float), np.asarray(n, dtype=float)) for x, n in arms]
    profile = _Profile(made)
    places = profile.maxima()
    heights = [profile.height(v) for v in places]
    v = places[int(np.argmax(heights))]
    value = profile.height(v)
    proportions = np.array(profile.p)
    covariance, v_se = _errors(
        [arm.slopes(p, v) for arm, p in zip(made, profile.p, strict=True)], v
    )
    return BetaBinomialFit(
        proportions,
        covariance,
        v / (1 + v),
        v_se / (1 + v) ** 2,
        value,
        profile.height(0.0),
        sum(arm.highest() for arm in made),
        tuple(place / (1 + place) for place in places),
    )


def _errors(slopes: list[_Slopes], v: float) -> tuple[FloatArray, float]:
    """Covariance of the proportions, and the standard error of the overdispersion."""
    g = len(slopes)
    if v == 0:
        return np.diag([-1 / arm.pp for arm in slopes]), float("nan")
    information = np.diag([*(-arm.pp for arm in slopes), -sum(arm.vv for arm in slopes)])
    information[g, :g] = information[:g, g] = [-arm.pv for arm in slopes]
    inverse = np.linalg.inv(information)
    return inverse[:g, :g], float(np.sqrt(inverse[g, g]))
