"""Coordinates in which the likelihood of a selection model is climbed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from metaonc.kernels.arrays import FloatArray
from metaonc.kernels.selection.selection_likelihood import Point, Value
from metaonc.kernels.selection.selection_weights import WeightFunction

# How far the search goes: a mean this many times the spread of the effects away, a weight
# parameter beyond e^±32. What is still rising there has no maximum that data of this size show.
_FARTHEST_MEAN = 100.0
_LARGEST_LOG = 32.0
_LARGEST_RATE = 12.0  # of log(1 + delta)


class Likelihood(Protocol):
    """A likelihood of studies with normal true effects and a weight function, and its slopes."""

    @property
    def yi(self) -> FloatArray:
        """Effects, shape (k,)."""

    @property
    def vi(self) -> FloatArray:
        """Sampling variances, shape (k,)."""

    @property
    def x(self) -> FloatArray:
        """Design, shape (k, p)."""

    @property
    def weight(self) -> WeightFunction:
        """The weight function."""

    def __call__(self, at: Point) -> Value:
        """Log-likelihood and slopes at a point."""


@dataclass(frozen=True, eq=False)
class Coordinates:
    r"""A map from numbers of order one to the parameters of a selection model.

    The mean in units of the studies' spread along orthogonal columns of the design;
    :math:`\log(1 + \tau^2 / v_0)`, which is straight near 0 and logarithmic far from it; weight
    parameters by their logarithm, or by :math:`\log(1 + \delta)` where they may be 0.

    Attributes
    ----------
    basis : ndarray, shape (p, p)
        Coefficients per unit of each coordinate.
    variance : float
        :math:`v_0`: a typical sampling variance.
    spread : float
        Standard deviation of the effects, no less than that of the best study.
    from_zero : tuple of bool
        Which weight parameters may be 0.
    free : ndarray of bool, shape (p + 1 + q,)
        Which coordinates are estimated.
    """

    basis: FloatArray
    variance: float
    spread: float
    from_zero: tuple[bool, ...]
    free: np.ndarray

    @classmethod
    def of(cls, likelihood: Likelihood, free: np.ndarray) -> Coordinates:
        """Coordinates for the studies of a likelihood."""
        x, vi = likelihood.x, likelihood.vi
        r = np.linalg.qr(x, mode="r")
        spread = float(np.sqrt(max(np.var(likelihood.yi), vi.min())))
        basis = np.linalg.inv(r) * np.sqrt(len(vi)) * spread
        return cls(basis, float(np.median(vi)), spread, likelihood.weight.from_zero, free)

    @property
    def p(self) -> int:
        """Number of coefficients."""
        return len(self.basis)

    def point(self, at: FloatArray) -> Point:
        """Parameters at coordinates."""
        p = self.p
        logs = at[p + 1 :]
        delta = np.where(self.from_zero, np.expm1(logs), np.exp(logs))
        return Point(self.basis @ at[:p], self.variance * float(np.expm1(at[p])), delta)

    def of_point(self, point: Point) -> FloatArray:
        """Coordinates of parameters."""
        beta = np.linalg.solve(self.basis, point.beta)
        with np.errstate(divide="ignore"):
            logs = np.where(self.from_zero, np.log1p(point.delta), np.log(point.delta))
        return np.concatenate([beta, [np.log1p(point.tau2 / self.variance)], logs])

    def slopes(self, at: FloatArray) -> FloatArray:
        """Slopes of tau² and of each weight parameter by its own coordinate."""
        return np.concatenate([[self.variance * np.exp(at[self.p])], np.exp(at[self.p + 1 :])])

    def bounds(self) -> FloatArray:
        """Where the search ends, shape (p + 1 + q, 2)."""
        widest = 2 * np.log(_FARTHEST_MEAN) + np.log1p(self.spread**2 / self.variance)
        rates = [
            (0.0, _LARGEST_RATE) if zero else (-_LARGEST_LOG, _LARGEST_LOG)
            for zero in self.from_zero
        ]
        mean = (-_FARTHEST_MEAN, _FARTHEST_MEAN)
        return np.array([*[mean] * self.p, (0.0, widest), *rates])

    def climb(self, likelihood: Likelihood, at: FloatArray) -> tuple[float, FloatArray]:
        """Log-likelihood and its slopes by coordinate; 0 for those that are not estimated."""
        found = likelihood(self.point(at))
        others = np.concatenate([[found.by_tau2], found.by_delta]) * self.slopes(at)
        slopes = np.concatenate([self.basis.T @ found.by_beta, others])
        return found.value, np.where(self.free, slopes, 0.0)
