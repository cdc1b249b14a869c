"""Mixed models of two arms' counts in which the studies' levels are random as well."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from metaonc.kernels.arrays import FloatArray
from metaonc.kernels.counts.count_likelihoods import Counts, Terms
from metaonc.kernels.counts.mixed_counts import LARGEST_TAU, Height, MixedFit, local_maxima

LEVEL_NODES = 21
# Standard deviations of the levels at which the likelihood is looked at first.
_LEVELS = np.array([0.0, 0.1, 0.3, 0.6, 1.0, 1.7, 3.0, 6.0])
_GRID_NODES = 7
_STEPS = 100
_HALVINGS = 30
_NOTHING = 1e-3  # a standard deviation of the levels below this is 0
# Arms by mean level and mean effect: level + effect / 2, and level - effect / 2.
_HALF = np.array([0.5, -0.5])


class _Found(NamedTuple):
    """Marginal log-likelihood, slope (4,) and curvature (4, 4); most likely deviations (2, k).

    The parameters are the mean level, the mean effect and the two standard deviations.
    """

    value: float
    slope: FloatArray
    curve: FloatArray
    mode: FloatArray


@dataclass
class _Model:
    """Both arms; each search starts from the last one's end."""

    arm_1: Counts
    arm_2: Counts
    mode: FloatArray  # standardised deviations of levels and of effects, shape (2, k)

    def arms(self, at: FloatArray, z: FloatArray, u: FloatArray) -> list[Terms]:
        """Both arms' likelihoods at standardised deviations of level and effect."""
        level, effect = at[0] + at[2] * z, at[1] + at[3] * u
        return [
            arm.terms(level + half * effect)
            for arm, half in zip((self.arm_1, self.arm_2), _HALF, strict=True)
        ]

    def find_modes(self, at: FloatArray) -> FloatArray:
        """The most likely deviations of each study, and the curvature there, shape (2, 2, k).

        The integrand is strictly log-concave: Newton's steps, halved until they lead up.
        """
        spread, tau = at[2], at[3]
        for _ in range(_STEPS):
            found = self.arms(at, *self.mode)
            height = self._height(found, self.mode)
            slope = np.stack([
                self.mode[0] - spread * (found[0].slope + found[1].slope),
                self.mode[1] - tau * (found[0].slope - found[1].slope) / 2,
            ])  # fmt: skip
            step = -_solved(self._curvature(found, spread, tau), slope)
            size = np.ones(step.shape[1])
            for _ in range(_HALVINGS):
                new = self.mode + size * step
                worse = self._height(self.arms(at, *new), new) < height - 1e-12 * (1 + abs(height))
                if not worse.any():
                    break
                size = np.where(worse, size / 2, size)
            self.mode = self.mode + size * step
            if np.abs(step).max() <= 1e-10:
                break
        return self._curvature(self.arms(at, *self.mode), spread, tau)

    @staticmethod
    def _height(found: list[Terms], mode: FloatArray) -> FloatArray:
        return np.asarray(found[0].value + found[1].value - (mode**2).sum(axis=0) / 2)

    @staticmethod
    def _curvature(found: list[Terms], spread: float, tau: float) -> FloatArray:
        both = -(found[0].curvature + found[1].curvature)
        apart = -(found[0].curvature - found[1].curvature) / 2
        cross = spread * tau * apart
        return np.array([[1 + spread**2 * both, cross], [cross, 1 + tau**2 * both / 4]])

    def marginal(self, at: FloatArray, nodes: int) -> _Found:
        """Integrate over levels and effects by adaptive Gauss-Hermite quadrature."""
        x, w = _rule(nodes)
        first, second = (grid.ravel()[:, None] for grid in np.meshgrid(x, x, indexing="ij"))
        weights = np.log(np.outer(w, w)).ravel()[:, None]
        curvature = self.find_modes(at)
        # (z, u) = mode + L x with L L' the inverse of the curvature.
        l11 = 1 / np.sqrt(curvature[0, 0] - curvature[0, 1] ** 2 / curvature[1, 1])
        l22 = 1 / np.sqrt(curvature[1, 1])
        l21 = -curvature[0, 1] / curvature[1, 1] * l11
        z = self.mode[0] + l11 * first
        u = self.mode[1] + l21 * first + l22 * second
        arms = self.arms(at, z, u)
        logs = arms[0].value + arms[1].value - (z**2 + u**2) / 2
        logs = logs + (first**2 + second**2) / 2 + weights
        highest = logs.max(axis=0)
        shares = np.exp(logs - highest)
        whole = shares.sum(axis=0)
        shares /= whole
        value = np.log(whole) + highest + np.log(l11 * l22) - np.log(2 * np.pi)
        return self._derivatives(float(value.sum()), shares, arms, z, u)

    def _derivatives(
        self, value: float, shares: FloatArray, arms: list[Terms], z: FloatArray, u: FloatArray
    ) -> _Found:
        """Louis, J R Stat Soc B 1982;44:226-233: mean curvature plus covariance of the slopes."""
        one = np.ones_like(z)
        lines = [np.stack([one, half * one, z, half * u]) for half in _HALF]
        slopes = sum(arm.slope * line for arm, line in zip(arms, lines, strict=True))
        slopes = np.asarray(slopes)
        means = (shares * slopes).sum(axis=1)
        curve = np.einsum("nk,ink,jnk->ij", shares, slopes, slopes) - means @ means.T
        for arm, line in zip(arms, lines, strict=True):
            curve += np.einsum("nk,ink,jnk->ij", shares * arm.curvature, line, line)
        return _Found(value, means.sum(axis=1), curve, self.mode)

    def best(self, at: FloatArray, nodes: int) -> tuple[FloatArray, _Found]:
        """Highest mean level and effect for given standard deviations; there is one maximum."""
        found = self.marginal(at, nodes)
        for _ in range(_STEPS):
            step = np.zeros(4)
            step[:2] = -np.linalg.solve(found.curve[:2, :2], found.slope[:2])
            step /= max(1.0, float(np.abs(step).max()) / 3)
            close = step @ found.slope <= 1e-10  # the next step is its square
            new = self.marginal(at + step, nodes)
            while new.value < found.value and not close and np.abs(step).max() > 1e-6:
                step = step / 2
                new = self.marginal(at + step, nodes)
            if new.value < found.value and not close:  # the nodes know no way up
                break
            at, found = at + step, new
            if close:
                break
        return at, found


@functools.cache
def _rule(nodes: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights for a standard normal weight."""
    x, w = np.polynomial.hermite_e.hermegauss(nodes)
    return np.asarray(x), np.asarray(w)


def _solved(matrix: FloatArray, right: FloatArray) -> FloatArray:
    """Solve k systems of two equations, shape (2, 2, k) and (2, k)."""
    (a, b), (_, d) = matrix
    determinant = a * d - b * b
    return np.asarray(
        np.stack([d * right[0] - b * right[1], a * right[1] - b * right[0]]) / determinant
    )


def random_levels_likelihood(
    arm_1: Counts, arm_2: Counts, at: ArrayLike, k: int, *, nodes: int = LEVEL_NODES
) -> float:
    """Marginal log-likelihood of given parameters.

    Parameters
    ----------
    arm_1, arm_2, k, nodes
        As in :func:`fit_random_levels`; one node is Laplace's approximation.
    at : array_like, shape (4,)
        Mean level, mean effect, and their standard deviations >= 0.
    """
    model = _Model(arm_1, arm_2, np.zeros((2, k)))
    return model.marginal(np.asarray(at, dtype=float), nodes).value


def fit_random_levels(
    arm_1: Counts,
    arm_2: Counts,
    start: tuple[float, float],
    k: int,
    *,
    tau: float | None = None,
    nodes: int = LEVEL_NODES,
) -> MixedFit:
    r"""Maximum likelihood with normal effects and, independent of them, normal study levels.

    Parameters
    ----------
    arm_1, arm_2 : Counts
        The arms: level + effect / 2 and level - effect / 2 are their parameters.
    start : tuple of float
        Where the search for the mean level and the mean effect starts.
    k : int
        Number of studies.
    tau : float, optional
        Standard deviation of the effects, >= 0, to take as known. Default: estimated.
    nodes : int, default 21
        Nodes of the quadrature in each of its two dimensions.

    Returns
    -------
    MixedFit
        The highest maximum that was found; ``level_sd`` is the standard deviation of the levels.

    Notes
    -----
    Model 5 of Jackson, Law, Stijnen, Viechtbauer & White, Stat Med 2018;37:1059-1085. Given both
    standard deviations there is one maximum in the means. The standard deviation of the levels is
    looked for on a grid for tau = 0 and at every maximum, and followed along the ladder of
    :func:`metaonc.kernels.counts.mixed_counts.fit_mixed` in between.
    """
    surface = _Surface(_Model(arm_1, arm_2, np.zeros((2, k))), nodes, np.array([*start, 0.0, 0.0]))
    if tau is not None:
        surface.look_around(tau)
        return _finish(surface, (tau,), given=True)
    surface.look_around(0.0)
    places = local_maxima(surface.slope)
    heights = [surface.height_from_the_grid(place) for place in places]
    surface.look_around(places[int(np.argmax(heights))])
    surface.climb_to(places[int(np.argmax(heights))])
    return _finish(surface, tuple(places), given=False)


def random_levels_profile(
    arm_1: Counts, arm_2: Counts, start: tuple[float, float], k: int
) -> Height:
    """The profile log-likelihood by the standard deviation of the effects.

    Parameters
    ----------
    arm_1, arm_2, start, k
        As in :func:`fit_random_levels`.
    """
    model = _Model(arm_1, arm_2, np.zeros((2, k)))
    surface = _Surface(model, LEVEL_NODES, np.array([*start, 0.0, 0.0]))
    surface.look_around(0.0)
    return lambda tau: surface.climb_to(tau).value


@dataclass
class _Surface:
    """Highest means and spread of the levels for a given tau; each search starts from the last."""

    model: _Model
    nodes: int
    at: FloatArray

    def look_around(self, tau: float) -> None:
        """Start the next search where the likelihood is highest on a grid of spreads."""
        start, best = np.array([*self.at[:2], 0.0, tau]), -np.inf
        for spread in _LEVELS:
            start[2:] = spread, tau
            start, found = self.model.best(start, _GRID_NODES)
            if found.value > best:
                self.at, best = start, found.value

    def climb_to(self, tau: float) -> _Found:
        """The highest point for this tau above the last one."""
        at = np.array([*self.at[:3], tau])
        climbed = self._newton(at) or self._newton(self._by_variance(at))
        self.at, found = climbed or self.model.best(at, self.nodes)
        return found

    def _newton(self, at: FloatArray) -> tuple[FloatArray, _Found] | None:
        """Newton's steps in the means and the spread of the levels; None where they lead down."""
        found = self.model.marginal(at, self.nodes)
        for _ in range(_STEPS):
            free = [0, 1] if at[2] == 0 else [0, 1, 2]
            curve = -found.curve[np.ix_(free, free)]
            if np.linalg.eigvalsh(curve)[0] <= 0:
                return None
            step = np.zeros(4)
            step[free] = np.linalg.solve(curve, found.slope[free])
            close = step @ found.slope <= 1e-12
            step /= max(1.0, float(np.abs(step).max()))
            new = at + step
            new[2] = max(new[2], at[2] / 4) if at[2] / 4 > _NOTHING else max(new[2], 0.0)
            there = self.model.marginal(new, self.nodes)
            if there.value < found.value and not close:
                return None
            at, found = new, there
            if close:
                break
        rises = at[2] == 0 and found.curve[2, 2] > 0  # the slope by the variance, doubled
        return None if rises else (at, found)

    def _by_variance(self, start: FloatArray) -> FloatArray:
        """Where a general search for the variance of the levels ends.

        By a standard deviation the likelihood is level at 0; by the variance it is not.
        """
        from scipy.optimize import minimize  # slow to load, and for these models only

        at = start.copy()

        def lower(variance: FloatArray) -> tuple[float, FloatArray]:
            nonlocal at
            at[2] = float(np.sqrt(variance[0]))
            at, found = self.model.best(at, self.nodes)
            small = at[2] <= 1e-4
            slope = found.curve[2, 2] / 2 if small else found.slope[2] / (2 * at[2])
            return -found.value, np.array([-slope])

        best = minimize(
            lower,
            [at[2] ** 2],
            jac=True,
            bounds=[(0.0, LARGEST_TAU**2)],
            method="L-BFGS-B",
            options={"ftol": 1e-14, "gtol": 1e-6},
        )
        at[2] = 0.0 if best.x[0] < _NOTHING**2 else float(np.sqrt(best.x[0]))
        return at

    def slope(self, tau: float) -> float:
        """Slope of the profile log-likelihood by the standard deviation of the effects."""
        return float(self.climb_to(tau).slope[3])

    def height_from_the_grid(self, tau: float) -> float:
        """The profile log-likelihood, whatever the last search was."""
        self.look_around(tau)
        return self.climb_to(tau).value


def _finish(surface: _Surface, maxima: tuple[float, ...], *, given: bool) -> MixedFit:
    """Everything about the fit, with tau as the last of the maxima taken or as given."""
    tau = float(surface.at[3])
    found, model = surface.climb_to(tau), surface.model
    at = surface.at
    free = [0, 1, *(i for i in (2, 3) if at[i] > 0 and (i == 2 or not given))]
    errors = np.full(4, np.nan)
    errors[free] = np.sqrt(np.diag(np.linalg.inv(-found.curve[np.ix_(free, free)])))
    c1, c2 = (-arm.curvature for arm in model.arms(at, *model.mode))
    # What both arms say of the effect, less what goes to the level, which is known to at[2]**2.
    level = (c1 - c2) ** 2 / 4 * at[2] ** 2 / (1 + at[2] ** 2 * (c1 + c2))
    return MixedFit(
        estimate=float(at[1]),
        se=float(errors[1]),
        tau=tau,
        tau_se=float(errors[3]),
        log_likelihood=found.value,
        nuisance=at[0] + at[2] * model.mode[0],
        information=np.maximum((c1 + c2) / 4 - level, 0.0),
        maxima=maxima,
        own_parameters=2,
        level_sd=float(at[2]),
    )
