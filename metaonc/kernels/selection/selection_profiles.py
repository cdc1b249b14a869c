"""Profile likelihood of one parameter of a selection model: its intervals and tests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtri

from metaonc.kernels.selection.selection_coordinates import Coordinates, Likelihood
from metaonc.kernels.selection.selection_fits import SelectionFit, climbed

_FIRST = 0.1  # how far the search for a limit goes at first, in coordinates
_WIDER = 1.6
_TOLERANCE = 1e-10


class _Profile:
    """Log-likelihood maximised over the other parameters, by one coordinate; warm at each call."""

    def __init__(
        self, likelihood: Likelihood, fit: SelectionFit, free: np.ndarray, index: int
    ) -> None:
        full = Coordinates.of(likelihood, free)
        scale = np.diag(np.linalg.norm(full.basis, axis=1))  # one coordinate for each coefficient
        self._room = replace(full, basis=scale, free=free & (np.arange(len(free)) != index))
        self._likelihood, self._index = likelihood, index
        self.bounds = self._room.bounds()
        self.at = self._room.of_point(fit.point)
        self.best = fit.log_likelihood
        # From another start the climb may reach another maximum: a value is found once.
        self._known = {float(self.at[index]): self.best}

    def __call__(self, value: float) -> float:
        if value not in self._known:
            self._known[value] = self._climb(value)
        return self._known[value]

    def _climb(self, value: float) -> float:
        start = self.at.copy()
        start[self._index] = value
        found, self.at = climbed(self._likelihood, self._room, start, self.bounds)
        return found

    def natural(self, value: float) -> float:
        """The parameter at a coordinate."""
        at = self.at.copy()
        at[self._index] = value
        point = self._room.point(at)
        return float([*point.beta, point.tau2, *point.delta][self._index])


def profile_limits(
    likelihood: Likelihood, fit: SelectionFit, free: np.ndarray, index: int, level: float
) -> tuple[float, float]:
    """Profile-likelihood limits of a parameter.

    Parameters
    ----------
    likelihood : Likelihood
    fit : SelectionFit
        Its maximum.
    free : ndarray of bool, shape (p + 1 + q,)
        Which parameters are estimated: coefficients, tau², weight parameters.
    index : int
        The parameter.
    level : float
        Of the interval.

    Returns
    -------
    low, high : float
        The end of what is allowed, or infinite, where the likelihood does not fall far enough.
    """
    drop = float(chdtri(1, 1 - level)) / 2
    return _limit(likelihood, fit, free, index, drop, -1), _limit(
        likelihood, fit, free, index, drop, 1
    )


def _limit(
    likelihood: Likelihood,
    fit: SelectionFit,
    free: np.ndarray,
    index: int,
    drop: float,
    sign: int,
) -> float:
    profile = _Profile(likelihood, fit, free, index)
    start = inner = float(profile.at[index])
    end = float(profile.bounds[index][(sign + 1) // 2])

    def above(value: float) -> float:
        return profile(value) - profile.best + drop

    step = _FIRST
    while True:
        outer = start + sign * step
        if (end - outer) * sign <= 0:
            outer = end
        if above(outer) < 0:
            break
        if outer == end:
            return _at_the_end(profile, index, sign)
        inner, step = outer, step * _WIDER
    low, high = sorted((inner, outer))
    return profile.natural(float(brentq(above, low, high, xtol=_TOLERANCE)))


def _at_the_end(profile: _Profile, index: int, sign: int) -> float:
    """0 for what may not be negative, else infinity."""
    p = int(np.flatnonzero(profile.bounds[:, 0] == 0.0)[0])  # tau²: the first that may be 0
    if sign > 0:
        return np.inf
    return -np.inf if index < p else 0.0
