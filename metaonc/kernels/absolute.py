"""From a relative effect and a baseline risk to the risk with treatment and the difference.

A relative effect is added on the scale where it is constant: a log hazard ratio to
log(-log(1 - p)), a log odds ratio to the logit, a log risk ratio to the log of the risk p.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit, ndtr, ndtri, stdtr, stdtrit

from metaonc.kernels.arrays import FloatArray

_NODES = np.linspace(-8.5, 8.5, 2001)
_WEIGHTS = np.exp(-0.5 * _NODES**2) / np.exp(-0.5 * _NODES**2).sum()
_SMALLEST, _LARGEST = 1e-300, 1 - 1e-16


class Link(NamedTuple):
    """A scale for a risk: there, back, and the derivative of the way back by the risk."""

    forward: Callable[[ArrayLike], FloatArray]
    back: Callable[[ArrayLike], FloatArray]
    slope: Callable[[FloatArray], FloatArray]


def _cloglog(p: ArrayLike) -> FloatArray:
    return np.asarray(np.log(-np.log1p(-np.asarray(p, dtype=float))))


def _cloglog_back(x: ArrayLike) -> FloatArray:
    return np.asarray(-np.expm1(-np.exp(np.asarray(x, dtype=float))))


def _exp(x: ArrayLike) -> FloatArray:
    return np.asarray(np.exp(np.asarray(x, dtype=float)))


def _log(p: ArrayLike) -> FloatArray:
    return np.asarray(np.log(np.asarray(p, dtype=float)))


def _as_it_is(x: ArrayLike) -> FloatArray:
    return np.asarray(x, dtype=float)


def _expit(x: ArrayLike) -> FloatArray:
    return np.asarray(expit(np.asarray(x, dtype=float)))


def _logit(p: ArrayLike) -> FloatArray:
    return np.asarray(logit(np.asarray(p, dtype=float)))


CLOGLOG = Link(_cloglog, _cloglog_back, lambda p: -(1 - p) * np.log1p(-p))
LOGIT = Link(_logit, _expit, lambda p: p * (1 - p))
# The scale on which each relative effect is constant.
LINKS = {
    "HR": CLOGLOG,
    "OR": LOGIT,
    "PETO": LOGIT,
    "RR": Link(_log, _exp, lambda p: p),
    "RD": Link(_as_it_is, _as_it_is, np.ones_like),
}


class SplitT(NamedTuple):
    """An uncertain relative effect: t on either side of its estimate, as wide as its limits say.

    Attributes
    ----------
    centre : float
        The estimate, its median.
    below, above : float
        Scales of the two halves.
    df : float
        Degrees of freedom; normal where infinite.
    """

    centre: float
    below: float
    above: float
    df: float

    @classmethod
    def of_interval(
        cls, estimate: float, low: float, high: float, df: float, level: float
    ) -> SplitT:
        """The distribution with this median whose central `level` lies between the limits."""
        t = _quantile(0.5 + level / 2, df)
        return cls(estimate, (estimate - low) / t, (high - estimate) / t, df)

    def cdf(self, x: FloatArray) -> FloatArray:
        """Probability of an effect of at most `x`; may be infinite."""
        away = x - self.centre
        with np.errstate(divide="ignore", invalid="ignore"):
            z = away / np.where(away < 0, self.below, self.above)
        z = np.where(away == 0, 0.0, z)
        return np.asarray(ndtr(z) if math.isinf(self.df) else stdtr(self.df, z))

    def quantile(self, q: float) -> float:
        """The effect that is not exceeded with probability `q`."""
        return self.centre + (self.below if q < 0.5 else self.above) * _quantile(q, self.df)

    @property
    def se(self) -> float:
        """Standard error of a symmetric effect with the same distance between its limits."""
        return (self.below + self.above) / 2


def _quantile(q: float, df: float) -> float:
    return float(ndtri(q) if math.isinf(df) else stdtrit(df, q))


class Risk(NamedTuple):
    """An uncertain baseline risk: normal with standard error `se` on the scale `link`; 0: known."""

    value: float
    se: float
    link: Link

    def nodes(self) -> FloatArray:
        """Risks with the probabilities `_WEIGHTS`."""
        at = float(self.link.forward(self.value)) + self.se * _NODES
        with np.errstate(over="ignore"):
            return np.clip(self.link.back(at), _SMALLEST, _LARGEST)

    def limits(self, level: float) -> tuple[float, float]:
        """Its interval."""
        half = float(ndtri(0.5 + level / 2)) * self.se
        at = float(self.link.forward(self.value))
        return float(self.link.back(at - half)), float(self.link.back(at + half))


class Estimated(NamedTuple):
    """A quantity with its limits."""

    estimate: float
    low: float
    high: float


def risk_with(link: Link, baseline: float, effect: float) -> float:
    """The risk that a relative effect makes of a baseline risk; may exceed 1 for a risk ratio."""
    with np.errstate(over="ignore"):
        return float(link.back(link.forward(baseline) + effect))


def propagated(
    link: Link, baseline: Risk, effect: SplitT, level: float
) -> tuple[Estimated, Estimated]:
    r"""Risk with treatment and risk difference, limits from both distributions.

    Parameters
    ----------
    link : Link
        Scale on which the effect is added.
    baseline : Risk
    effect : SplitT
        Independent of the baseline.
    level : float
        Of the limits.

    Returns
    -------
    risk, difference : Estimated
        Of the treated, and treated less baseline. The estimates put the estimates into the formula.

    Notes
    -----
    With :math:`g` the link, :math:`P(D \le d) = E\{F(g(p_0 + d) - g(p_0))\}` over the distribution
    of the baseline :math:`p_0`, :math:`F` being that of the relative effect; its quantiles are the
    limits. The expectation is a sum over 2001 equidistant points, which is exact to rounding for a
    smooth :math:`F`. With a known baseline the limits are those of the effect, transformed; with
    any baseline the interval of the difference holds 0 if and only if that of the effect does.
    """
    at = risk_with(link, baseline.value, effect.centre)
    tails = (0.5 - level / 2, 0.5 + level / 2)
    if baseline.se == 0:
        ends = [
            min(max(risk_with(link, baseline.value, effect.quantile(q)), 0.0), 1.0) for q in tails
        ]
        return Estimated(at, *ends), Estimated(
            at - baseline.value, *(end - baseline.value for end in ends)
        )
    nodes = baseline.nodes()
    start = link.forward(nodes)

    def chance(risk: FloatArray) -> float:
        """Probability that the risk with treatment is at most `risk`, beside each baseline."""
        with np.errstate(divide="ignore", invalid="ignore"):
            scaled = link.forward(np.clip(risk, 0.0, 1.0))
        share = np.where(risk <= 0, 0.0, np.where(risk >= 1, 1.0, effect.cdf(scaled - start)))
        return float(_WEIGHTS @ share)

    risks = [_root(lambda x: chance(np.full_like(nodes, x)), q, 0.0, 1.0) for q in tails]
    gaps = [_root(lambda x: chance(nodes + x), q, -1.0, 1.0) for q in tails]
    return Estimated(at, *risks), Estimated(at - baseline.value, *gaps)


def _root(chance: Callable[[float], float], q: float, low: float, high: float) -> float:
    from scipy.optimize import brentq

    if chance(low) >= q:  # the whole tail is at the end
        return low
    return float(brentq(lambda x: chance(x) - q, low, high, xtol=1e-15, rtol=1e-14))


def by_delta(
    link: Link, baseline: Risk, effect: SplitT, level: float
) -> tuple[Estimated, Estimated]:
    r"""Risk with treatment and risk difference, limits by the delta method.

    Notes
    -----
    With :math:`s` the derivative of the way back from the scale of the effect,
    :math:`\mathrm{var}(D) = s_1^2 v_b + (s_1 / s_0 - 1)^2 v_0` for the variances :math:`v_b` of the
    effect and :math:`v_0` of the baseline risk. The interval of the difference is symmetric; that
    of the risk is taken on the scale of the effect.
    """
    at = risk_with(link, baseline.value, effect.centre)
    value, t = np.asarray(baseline.value), _quantile(0.5 + level / 2, effect.df)
    error = baseline.se * float(baseline.link.slope(value))  # of the baseline risk itself
    ratio = float(link.slope(np.asarray(at)) / link.slope(value))
    spread = t * math.hypot(float(link.slope(np.asarray(at))) * effect.se, (ratio - 1) * error)
    scaled = t * math.hypot(effect.se, error / float(link.slope(value)))
    start = float(link.forward(baseline.value)) + effect.centre
    with np.errstate(over="ignore"):
        risks = [min(max(float(link.back(start + x)), 0.0), 1.0) for x in (-scaled, scaled)]
    gap = at - baseline.value
    return Estimated(at, *risks), Estimated(gap, gap - spread, gap + spread)
