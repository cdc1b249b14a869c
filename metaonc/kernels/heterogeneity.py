"""Cochran's Q, I², H² and the Q-profile interval of tau²."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, chdtri

from metaonc.kernels.arrays import FloatArray, Studies
from metaonc.kernels.tau2 import tau2_where_q_is
from metaonc.kernels.weighting import Weighted


@dataclass(frozen=True)
class Heterogeneity:
    r"""Q with its test, and I² and H² both ways; shape (...) each.

    Attributes
    ----------
    q, q_df : ndarray
        Cochran's Q around the fixed-effect fit, and its degrees of freedom k - p.
    trace : ndarray
        tr(P) of that fit: :math:`\sum w_i - \sum w_i^2 / \sum w_i` for a mean.
    between : ndarray
        Between-study variance, in the units of the weights.

    Notes
    -----
    Higgins & Thompson, Stat Med 2002;21:1539-1558: from Q, :math:`I^2 = \max(0, (Q - (k-1))/Q)`
    and :math:`H^2 = Q/(k-1)`; from tau², :math:`I^2 = \tau^2/(\tau^2 + s^2)` and
    :math:`H^2 = 1 + \tau^2/s^2` with the typical variance of their eq. (9),
    :math:`s^2 = (k-1)\sum w_i / \{(\sum w_i)^2 - \sum w_i^2\}`. With moderators k - p stands for
    k - 1.
    """

    q: FloatArray
    q_df: FloatArray
    trace: FloatArray
    between: FloatArray

    @property
    def q_p(self) -> FloatArray:
        """P value of Q; 1 where there are no degrees of freedom."""
        several = self.q_df > 0
        return np.where(several, chdtrc(np.where(several, self.q_df, 1.0), self.q), 1.0)

    @property
    def i2_from_q(self) -> FloatArray:
        """I² from Q, a fraction in [0, 1)."""
        more = self.q > self.q_df
        return np.where(more, (self.q - self.q_df) / np.where(more, self.q, 1.0), 0.0)

    @property
    def h2_from_q(self) -> FloatArray:
        """H² from Q, not truncated; 1 where there are no degrees of freedom."""
        several = self.q_df > 0
        return np.where(several, self.q / np.where(several, self.q_df, 1.0), 1.0)

    @property
    def typical_variance(self) -> FloatArray:
        """Typical sampling variance s²; infinite where there are no degrees of freedom."""
        several = self.q_df > 0
        return np.where(several, self.q_df / np.where(several, self.trace, 1.0), np.inf)

    @property
    def i2_from_tau2(self) -> FloatArray:
        """I² from tau² and the typical sampling variance, a fraction in [0, 1); 0 for one study."""
        return self.between / (self.between + self.typical_variance)

    @property
    def h2_from_tau2(self) -> FloatArray:
        """H² from tau² and the typical sampling variance; 1 for one study."""
        return 1 + self.between / self.typical_variance


def heterogeneity(data: Studies, common: Weighted, tau2: FloatArray) -> Heterogeneity:
    """Measure heterogeneity.

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k), with or without moderators.
    common : Weighted
        Their fit with tau² = 0.
    tau2 : ndarray, shape (...)
        Between-study variance in the units of `data`.
    """
    free = np.maximum(data.k - data.p, 0)
    return Heterogeneity(np.where(free > 0, common.q, 0.0), free, common.trace(), tau2)


def q_profile(data: Studies, level: float) -> tuple[FloatArray, FloatArray]:
    r"""Q-profile interval of tau²: the values whose Q lies between chi-square quantiles.

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k), more than coefficients.
    level : float
        Confidence level.

    Returns
    -------
    low, high : ndarray, shape (...)
        Limits in the units of `data`; (0, 0) where even Q(0) is below the lower quantile.

    Notes
    -----
    Eq. (5) of Viechtbauer, Stat Med 2007;26:37-52, with k - p degrees of freedom.
    doi:10.1002/sim.2514
    """
    tail = (1 - level) / 2
    upper, lower = (np.asarray(chdtri(data.k - data.p, p), dtype=float) for p in (tail, 1 - tail))
    return tau2_where_q_is(data, upper), tau2_where_q_is(data, lower)
