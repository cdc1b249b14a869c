"""Generalised linear mixed models of counts: a normal distribution of true effects, integrated."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from metaonc.kernels.arrays import FloatArray
from metaonc.kernels.counts.count_likelihoods import Counts

NODES = 21
# Standard deviations between studies at which the slope of the profile likelihood is looked at:
# odds ratios that differ by a factor of 1.0001 to one of e^16.
_LADDER = np.concatenate([[1e-4, 0.02], np.geomspace(0.05, 8.0, 14)])
LARGEST_TAU = float(_LADDER[-1])
_STEPS = 100
_HALVINGS = 8


class MixedFit(NamedTuple):
    """A maximum of the marginal likelihood.

    Attributes
    ----------
    estimate, se : float
        Mean of the true effects and its standard error from the observed information.
    tau, tau_se : float
        Standard deviation between studies; the error is NaN where it is 0 or given.
    log_likelihood : float
        Marginal log-likelihood with all its constants.
    nuisance : ndarray, shape (k,)
        Each study's own level, where it has one; else zeros.
    information : ndarray, shape (k,)
        What each study says about its own effect, per squared unit, at its predicted effect.
    maxima : tuple of float
        The standard deviations of all local maxima that were found.
    own_parameters : int
        Parameters of the likelihood beside the mean and the standard deviation between studies.
    level_sd : float
        Standard deviation of the studies' levels, where these are random; else NaN.
    """

    estimate: float
    se: float
    tau: float
    tau_se: float
    log_likelihood: float
    nuisance: FloatArray
    information: FloatArray
    maxima: tuple[float, ...]
    own_parameters: int = 0
    level_sd: float = float("nan")


class _Parts(NamedTuple):
    """A study's log-likelihood and derivatives by effect and own level, shape (..., k) each."""

    value: FloatArray
    effect: FloatArray
    effect2: FloatArray
    level: FloatArray
    cross: FloatArray
    level2: FloatArray


@dataclass(frozen=True)
class OneParameter:
    """Studies whose counts depend on their effect only (one arm, or two given the total)."""

    counts: Counts
    has_level = False

    def parts(self, effect: FloatArray, level: FloatArray) -> _Parts:
        """Log-likelihood and derivatives."""
        found = self.counts.terms(effect)
        zero = np.zeros_like(found.value)
        return _Parts(*found, zero, zero, zero)

    def highest(self) -> FloatArray:
        """Log-likelihood of each study with an effect of its own."""
        return self.counts.highest()


@dataclass(frozen=True)
class TwoArms:
    """Two arms whose linear predictors are level + share * effect, and level - rest * effect.

    Parameters
    ----------
    arm_1, arm_2 : Counts
        The arms.
    share : float, default 0.5
        Part of the effect in arm 1: 1/2 splits it between the arms, 1 leaves arm 2 alone.
    """

    arm_1: Counts
    arm_2: Counts
    share: float = 0.5
    has_level = True

    def parts(self, effect: FloatArray, level: FloatArray) -> _Parts:
        """Log-likelihood and derivatives."""
        one, two = self.share, self.share - 1
        first = self.arm_1.terms(level + one * effect)
        second = self.arm_2.terms(level + two * effect)
        return _Parts(
            first.value + second.value,
            one * first.slope + two * second.slope,
            one**2 * first.curvature + two**2 * second.curvature,
            first.slope + second.slope,
            one * first.curvature + two * second.curvature,
            first.curvature + second.curvature,
        )

    def highest(self) -> FloatArray:
        """Log-likelihood of each study with an effect of its own."""
        return self.arm_1.highest() + self.arm_2.highest()


Studies = OneParameter | TwoArms
Height = Callable[[float], float]


class _Marginal(NamedTuple):
    """Marginal log-likelihoods, shape (k,), and derivatives by effect, level and tau."""

    value: FloatArray
    effect: FloatArray
    level: FloatArray
    tau: FloatArray
    effect2: FloatArray
    level2: FloatArray
    cross: FloatArray
    tau2: FloatArray
    effect_tau: FloatArray
    level_tau: FloatArray
    mode: FloatArray


def _modes(studies: Studies, mean: float, level: FloatArray, tau: float) -> FloatArray:
    """Each study's most likely standardised deviation: u where u = tau * slope(mean + tau u).

    The slope falls as u rises, so the distance to the root is no more than the difference of the
    two sides. Newton's steps stay inside that bracket, which shrinks with each of them.
    """
    at = np.zeros_like(level)
    low, high = np.full_like(at, -np.inf), np.full_like(at, np.inf)
    for _ in range(_STEPS):
        found = studies.parts(mean + tau * at, level)
        gap = at - tau * found.effect
        low = np.where(gap > 0, np.maximum(low, at - gap), np.maximum(low, at))
        high = np.where(gap > 0, np.minimum(high, at), np.minimum(high, at - gap))
        new = at - gap / (1 - tau**2 * found.effect2)
        new = np.where((new >= low) & (new <= high), new, (low + high) / 2)
        done = np.abs(new - at).max() <= 1e-12 * (1 + np.abs(at).max())
        at = new
        if done:
            break
    return at


def _marginal(
    studies: Studies, mean: float, level: FloatArray, tau: float, nodes: int
) -> _Marginal:
    """Integrate over the true effects by adaptive Gauss-Hermite quadrature."""
    x, w = np.polynomial.hermite_e.hermegauss(nodes)
    mode = _modes(studies, mean, level, tau)
    curvature = 1 - tau**2 * studies.parts(mean + tau * mode, level).effect2
    u = mode + x[:, None] / np.sqrt(curvature)
    found = studies.parts(mean + tau * u, level)
    logs = found.value - u**2 / 2 + x[:, None] ** 2 / 2 + np.log(w)[:, None]
    highest = logs.max(axis=0)
    shares = np.exp(logs - highest)
    whole = shares.sum(axis=0)
    shares /= whole
    value = np.log(whole) + highest - np.log(curvature) / 2 - np.log(2 * np.pi) / 2

    def expected(values: FloatArray) -> FloatArray:
        return np.asarray((shares * values).sum(axis=0))

    slopes = (found.effect, found.level, u * found.effect)
    means = [expected(slope) for slope in slopes]

    def second(i: int, j: int, curve: FloatArray) -> FloatArray:
        # Louis, J R Stat Soc B 1982;44:226-233: mean curvature plus covariance of the slopes.
        return expected(curve + (slopes[i] - means[i]) * (slopes[j] - means[j]))

    return _Marginal(
        value,
        means[0],
        means[1],
        means[2],
        second(0, 0, found.effect2),
        second(1, 1, found.level2),
        second(0, 1, found.cross),
        second(2, 2, u**2 * found.effect2),
        second(0, 2, u * found.effect2),
        second(1, 2, u * found.cross),
        mode,
    )


@dataclass
class _Profile:
    """Highest mean and levels for a given tau; each search starts from the last one's end."""

    studies: Studies
    nodes: int
    mean: float
    level: FloatArray

    def at(self, tau: float) -> _Marginal:
        """Newton's method; the marginal likelihood is concave in mean and levels together.

        A density that is log-concave in all its arguments keeps that when some are integrated
        out: Prékopa, Acta Sci Math 1973;34:335-343.
        """
        found = self._marginal(self.mean, self.level, tau)
        for _ in range(_STEPS):
            step, steps = self._newton(found)
            gain = step * found.effect.sum() + (steps * found.level).sum()
            close = gain <= 1e-10  # the next step is its square: below the last digits
            before = found.value.sum()
            found = self._moved(before, step, steps, tau, close)
            # No way up: for a very large tau the nodes know the slope less well than the height.
            if close or found.value.sum() < before:
                break
        return found

    def slope(self, tau: float) -> float:
        """Slope of the profile log-likelihood by the standard deviation."""
        return float(self.at(tau).tau.sum())

    def _moved(
        self, old: float, step: float, steps: FloatArray, tau: float, whole: bool
    ) -> _Marginal:
        """Take a step, or the half, quarter ... of it that leads up."""
        for halved in range(_HALVINGS):
            found = self._marginal(self.mean + step, self.level + steps, tau)
            if whole or found.value.sum() >= old or halved == _HALVINGS - 1:
                break
            step, steps = step / 2, steps / 2
        self.mean, self.level = self.mean + step, self.level + steps
        return found

    def _marginal(self, mean: float, level: FloatArray, tau: float) -> _Marginal:
        return _marginal(self.studies, mean, level, tau, self.nodes)

    def _newton(self, found: _Marginal) -> tuple[float, FloatArray]:
        if not self.studies.has_level:
            step = -found.effect.sum() / found.effect2.sum()
            return float(np.clip(step, -3.0, 3.0)), np.zeros_like(self.level)
        ratio = found.cross / found.level2
        slope = (found.effect - ratio * found.level).sum()
        curve = (found.effect2 - ratio * found.cross).sum()
        step = float(np.clip(-slope / curve, -3.0, 3.0))
        return step, np.clip(-(found.level + found.cross * step) / found.level2, -3.0, 3.0)


def fit_mixed(
    studies: Studies,
    start: float,
    level: FloatArray,
    *,
    tau: float | None = None,
    nodes: int = NODES,
) -> MixedFit:
    r"""Maximum likelihood of a model of counts with normal true effects.

    Parameters
    ----------
    studies : OneParameter or TwoArms
        The counts.
    start : float
        Where the search for the mean starts, on the analysis scale.
    level : ndarray, shape (k,)
        The same for the studies' own levels; zeros where they have none.
    tau : float, optional
        Standard deviation between studies, >= 0, to take as known. Default: estimated.
    nodes : int, default 21
        Nodes of the quadrature.

    Returns
    -------
    MixedFit
        The highest maximum.

    Notes
    -----
    The models are those of Stijnen, Hamza & Özdemir, Stat Med 2010;29:3046-3067, and, with a level
    of each study's own, of Jackson, Law, Stijnen, Viechtbauer & White, Stat Med 2018;37:1059-1085
    (their models 4 and, for the exact conditional likelihood, 7). The integrals are by adaptive
    Gauss-Hermite quadrature: Pinheiro & Bates, J Comput Graph Stat 1995;4:12-35. For a given
    standard deviation there is one maximum in everything else, so that what is searched is a
    curve: its slope is followed along a ladder from 0.0001 to 8, every change of sign is a
    maximum solved for, and the highest of these (with 0) is taken.
    """
    profile = _Profile(studies, nodes, start, level)
    if tau is not None:
        return _finish(profile, tau, (tau,), given=True)
    places = local_maxima(profile.slope)
    heights = [float(profile.at(place).value.sum()) for place in places]
    return _finish(profile, places[int(np.argmax(heights))], tuple(places), given=False)


def local_maxima(slope: Height) -> list[float]:
    """Where a likelihood has its local maxima along the ladder of standard deviations.

    Parameters
    ----------
    slope : callable
        Slope of the profile likelihood by the standard deviation.
    """
    from scipy.optimize import brentq  # slow to load, and for these models only

    slopes = [slope(float(step)) for step in _LADDER]
    places = [0.0] if slopes[0] <= 0 else []
    for low, high in itertools.pairwise(range(len(_LADDER))):
        if slopes[low] > 0 >= slopes[high]:
            between = float(_LADDER[low]), float(_LADDER[high])
            places.append(float(brentq(slope, *between, xtol=1e-10, rtol=1e-10)))
    return places if slopes[-1] <= 0 else [*places, LARGEST_TAU]


def mixed_profile(studies: Studies, start: float, level: FloatArray) -> Height:
    """The profile log-likelihood by the standard deviation between studies.

    Parameters
    ----------
    studies, start, level
        As in :func:`fit_mixed`.
    """
    profile = _Profile(studies, NODES, start, level)
    return lambda tau: float(profile.at(tau).value.sum())


def tau_limits(height: Height, tau: float, level: float) -> tuple[float, float]:
    r"""Confidence interval of the standard deviation between studies by profile likelihood.

    Parameters
    ----------
    height : callable
        The profile log-likelihood.
    tau : float
        Where it is highest.
    level : float
        Confidence level.

    Returns
    -------
    low, high : float
        The outermost of those for which :math:`2\{\ell(\hat\tau) - \ell(\tau)\} \le \chi^2_1`,
        by a ladder from 0 to 8 and solving between its steps; infinite where the last step is
        among them.

    Notes
    -----
    Hardy & Thompson, Stat Med 1996;15:619-629, with the likelihood of the counts.
    """
    from scipy.optimize import brentq  # slow to load, and for these models only

    allowed = height(tau) - float(ndtri(0.5 + level / 2)) ** 2 / 2

    def spare(at: float) -> float:
        return height(at) - allowed

    steps = sorted({0.0, tau, *map(float, _LADDER)})
    inside = [spare(step) >= 0 for step in steps]
    first, last = inside.index(True), len(steps) - 1 - inside[::-1].index(True)
    low = float(brentq(spare, steps[first - 1], steps[first], rtol=1e-10)) if first else 0.0
    if last == len(steps) - 1:
        return low, float("inf")
    return low, float(brentq(spare, steps[last], steps[last + 1], rtol=1e-10))


def _finish(profile: _Profile, tau: float, maxima: tuple[float, ...], *, given: bool) -> MixedFit:
    """Everything about the fit at this standard deviation."""
    found = profile.at(tau)
    effect2, tau2, cross = found.effect2.copy(), found.tau2.copy(), found.effect_tau.copy()
    if profile.studies.has_level:
        effect2 -= found.cross**2 / found.level2
        tau2 -= found.level_tau**2 / found.level2
        cross -= found.cross * found.level_tau / found.level2
    of_mean, of_tau, both = -effect2.sum(), -tau2.sum(), -cross.sum()
    tau_se = float("nan")
    if tau > 0 and not given:
        tau_se = float(np.sqrt(1 / (of_tau - both**2 / of_mean)))
        of_mean = of_mean - both**2 / of_tau
    own = profile.studies.parts(profile.mean + tau * found.mode, profile.level)
    information = -own.effect2
    if profile.studies.has_level:
        information = information + own.cross**2 / own.level2
    return MixedFit(
        estimate=profile.mean,
        se=float(1 / np.sqrt(of_mean)),
        tau=tau,
        tau_se=tau_se,
        log_likelihood=float(found.value.sum()),
        nuisance=profile.level,
        information=np.maximum(information, 0.0),
        maxima=maxima,
        own_parameters=len(profile.level) if profile.studies.has_level else 0,
    )
