"""Likelihood of studies that were seen because of their p values, with its slopes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from metaonc.kernels.arrays import FloatArray
from metaonc.kernels.selection.selection_means import Regions, mean_weights, p_values
from metaonc.kernels.selection.selection_weights import LogWeights, PValues, WeightFunction

_LOG_2PI = float(np.log(2 * np.pi))


class Point(NamedTuple):
    """Parameters of a selection model.

    Attributes
    ----------
    beta : ndarray, shape (p,)
        Coefficients of the mean.
    tau2 : float
        Between-study variance.
    delta : ndarray, shape (q,)
        Parameters of the weight function.
    """

    beta: FloatArray
    tau2: float
    delta: FloatArray


class Value(NamedTuple):
    """Log-likelihood and its slopes by coefficient, variance and weight parameter."""

    value: float
    by_beta: FloatArray
    by_tau2: float
    by_delta: FloatArray


@dataclass(frozen=True, eq=False)
class SelectionLikelihood:
    r"""Log-likelihood of a selection model.

    .. math:: \sum_i \log w(p_i) - \log E\,w(p(Y_i)) + \log \phi(y_i; x_i\beta, v_i + \tau^2),

    where the mean weight is over :math:`Y_i \sim N(x_i\beta, v_i + \tau^2)`
    (Vevea and Hedges 1995, Eq. 7).

    Attributes
    ----------
    yi, vi : ndarray, shape (k,)
        Effects, turned so that larger ones have smaller one-sided p values; and variances.
    x : ndarray, shape (k, p)
        Design.
    weight : WeightFunction
    regions : Regions
        Of `weight`.
    two_sided : bool
    imprecision : ndarray, shape (k, 1) or (1, 1)
        What multiplies the weight's parameter, by study.
    full_up_to : float
        P value up to which all weights are one; 0 for none.
    """

    yi: FloatArray
    vi: FloatArray
    x: FloatArray
    weight: WeightFunction
    regions: Regions
    two_sided: bool
    imprecision: FloatArray
    full_up_to: float = 0.0

    @cached_property
    def p(self) -> PValues:
        """P values of the studies."""
        return p_values(self.yi / np.sqrt(self.vi), self.two_sided)

    @cached_property
    def _own(self) -> PValues:
        """P values as the weight function sees them: not beyond where it stops changing."""
        p, reach = self.p, np.array(self.weight.reach)
        ends = p_values(reach, False)  # p falls along the reach, 1 - p rises
        return PValues(np.clip(p.log_p, *ends.log_p[::-1]), np.clip(p.log_q, *ends.log_q))

    def weights(self, delta: FloatArray, p: PValues, imprecision: FloatArray) -> LogWeights:
        """Logarithms of the weights, 0 where all studies are seen."""
        found = self.weight.log_weights(delta, p, imprecision)
        if self.full_up_to == 0:
            return found
        full = p.log_p <= np.log(self.full_up_to) + 1e-12
        return LogWeights(np.where(full, 0.0, found.value), np.where(full, 0.0, found.slopes))

    def __call__(self, at: Point) -> Value:
        """Log-likelihood and slopes at a point."""
        total = self.vi + at.tau2
        residual = self.yi - self.x @ at.beta
        own = self.weights(at.delta, self._own, self.imprecision[:, 0])
        mean = mean_weights(
            self.regions,
            self.weights(at.delta, self.regions.p, self.imprecision),
            (self.x @ at.beta) / np.sqrt(self.vi),
            total / self.vi,
        )
        standard2 = residual**2 / total
        value = own.value - mean.value - 0.5 * (_LOG_2PI + np.log(total) + standard2)
        by_mean = residual / total - mean.by_mean / np.sqrt(self.vi)
        by_tau2 = 0.5 * (standard2 - 1) / total - mean.by_variance / self.vi
        by_delta = own.slopes - mean.by_parameter
        return Value(
            float(value.sum()),
            self.x.T @ by_mean,
            float(by_tau2.sum()),
            np.broadcast_to(by_delta, (len(at.delta), len(self.yi))).sum(axis=1),
        )
