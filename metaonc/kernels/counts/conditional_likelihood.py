"""Likelihood of studies given whether each is significant: what p-uniform* maximises."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from metaonc.kernels.arrays import FloatArray
from metaonc.kernels.selection.selection_likelihood import Point, Value
from metaonc.kernels.selection.selection_means import Regions, mean_weights, p_values, step_regions
from metaonc.kernels.selection.selection_weights import LogWeights, WeightFunction, step_function

_LOG_2PI = float(np.log(2 * np.pi))


def _none(delta: FloatArray, p: object, imprecision: FloatArray) -> LogWeights:
    raise AssertionError("a conditional likelihood has no weight function")


_NONE = WeightFunction(_none, (), (), ((),))


@dataclass(frozen=True, eq=False)
class ConditionalLikelihood:
    r"""Log-likelihood of effects given on which side of its critical value each lies.

    .. math:: \sum_i \log\phi(y_i; x_i\beta, v_i + \tau^2) - \log P(Y_i \text{ on the side of } y_i)

    Significant and other studies may be published with any two probabilities: neither counts
    (van Aert and van Assen 2021).

    Attributes
    ----------
    yi, vi : ndarray, shape (k,)
        Effects, turned so that larger ones are significant; and variances.
    x : ndarray, shape (k, p)
        Design.
    alpha : float
        One-sided level at which a study is significant.
    """

    yi: FloatArray
    vi: FloatArray
    x: FloatArray
    alpha: float
    weight: WeightFunction = _NONE

    @cached_property
    def significant(self) -> np.ndarray:
        """Whether each study is, shape (k,)."""
        marks = step_function(np.array([self.alpha]))
        p = p_values(self.yi / np.sqrt(self.vi), False)
        found: np.ndarray = marks.log_weights(np.array([0.5]), p, np.ones(1)).value == 0
        return found

    @cached_property
    def _regions(self) -> Regions:
        return step_regions(np.array([self.alpha]), False)

    @cached_property
    def _own_side(self) -> LogWeights:
        """Weight one on the side of the study's effect, nothing on the other."""
        other = np.stack([self.significant, ~self.significant], axis=1)  # cells by rising z
        value = np.where(other, -np.inf, 0.0)
        return LogWeights(value, np.empty((0, *value.shape)))

    def __call__(self, at: Point) -> Value:
        """Log-likelihood and slopes at a point."""
        root, total = np.sqrt(self.vi), self.vi + at.tau2
        fitted = self.x @ at.beta
        residual = self.yi - fitted
        side = mean_weights(self._regions, self._own_side, fitted / root, total / self.vi)
        standard2 = residual**2 / total
        value = -side.value - 0.5 * (_LOG_2PI + np.log(total) + standard2)
        by_mean = residual / total - side.by_mean / root
        by_tau2 = 0.5 * (standard2 - 1) / total - side.by_variance / self.vi
        return Value(float(value.sum()), self.x.T @ by_mean, float(by_tau2.sum()), np.empty(0))
