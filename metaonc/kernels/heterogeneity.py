"""Cochran's Q, I², H² and the Q-profile interval of tau²."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import chdtrc, chdtri

from metaonc.kernels.arrays import FloatArray, Studies
from metaonc.kernels.tau2 import tau2_where_q_is
from metaonc.kernels.weighting import Weighted


class Heterogeneity(NamedTuple):
    """Q with its test, and I² and H² both ways; shape (...) each.

    Attributes
    ----------
    q, q_df, q_p : ndarray
        Cochran's Q, its degrees of freedom and p value (1 for one study).
    i2_from_q, h2_from_q : ndarray
        From Q: fractions in [0, 1); H² = Q / df is not truncated.
    i2_from_tau2, h2_from_tau2 : ndarray
        From tau² and the typical sampling variance.
    """

    q: FloatArray
    q_df: FloatArray
    q_p: FloatArray
    i2_from_q: FloatArray
    h2_from_q: FloatArray
    i2_from_tau2: FloatArray
    h2_from_tau2: FloatArray


def heterogeneity(data: Studies, fixed: Weighted, tau2: FloatArray) -> Heterogeneity:
    r"""Measure heterogeneity.

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k).
    fixed : Weighted
        Their common-effect mean.
    tau2 : ndarray, shape (...)
        Between-study variance in the units of `data`.

    Notes
    -----
    Higgins & Thompson, Stat Med 2002;21:1539-1558: from Q, :math:`I^2 = \max(0, (Q - (k-1))/Q)`
    and :math:`H^2 = Q/(k-1)`; from tau², :math:`I^2 = \tau^2/(\tau^2 + s^2)` and
    :math:`H^2 = 1 + \tau^2/s^2` with the typical variance of their eq. (9),
    :math:`s^2 = (k-1)\sum w_i / \{(\sum w_i)^2 - \sum w_i^2\}`.
    """
    df = data.k - 1
    several = df > 0
    safe_df = np.where(several, df, 1.0)
    q = np.where(several, fixed.q, 0.0)
    safe_q = np.where(q > 0, q, 1.0)
    spread = fixed.total - (fixed.weights**2).sum(axis=-1) / fixed.total
    typical = np.where(several, df / np.where(several, spread, 1.0), 1.0)
    return Heterogeneity(
        q=q,
        q_df=df,
        q_p=np.where(several, chdtrc(safe_df, q), 1.0),
        i2_from_q=np.where(q > df, (q - df) / safe_q, 0.0),
        h2_from_q=np.where(several, q / safe_df, 1.0),
        i2_from_tau2=tau2 / (tau2 + typical),
        h2_from_tau2=1 + tau2 / typical,
    )


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
