"""Intervals from the exact distribution of a generalised Q statistic."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtri

from metaonc.kernels.arrays import FloatArray, Studies
from metaonc.kernels.quadratic_forms import Tails, form_tails
from metaonc.kernels.tau2_intervals.tails import Interval, tau2_at_tail
from metaonc.kernels.weighting import Weighted, weigh_by

# Tails are known to about this many units of rounding, and as many for every study.
_TAIL_ROUNDING = 4 * np.finfo(float).eps


def inverse_variances(data: Studies) -> FloatArray:
    """Weights 1/vi, 0 for a missing study."""
    return data.present / data.vi


def inverse_standard_errors(data: Studies) -> FloatArray:
    """Weights 1/sqrt(vi), 0 for a missing study."""
    return data.present / np.sqrt(data.vi)


def biggerstaff_jackson(data: Studies, level: float) -> Interval:
    """Interval from the exact distribution of Cochran's Q, weights 1/vi.

    Notes
    -----
    Biggerstaff & Jackson, Stat Med 2008;27:6093-6110. doi:10.1002/sim.3428
    """
    return generalised_q(data, inverse_variances(data), level)


def jackson(data: Studies, level: float) -> Interval:
    """Interval from the exact distribution of the generalised Q with weights 1/sqrt(vi).

    Notes
    -----
    Jackson, Res Synth Methods 2013;4:220-229. doi:10.1002/jrsm.1081
    """
    return generalised_q(data, inverse_standard_errors(data), level)


def generalised_q(data: Studies, weights: FloatArray, level: float) -> Interval:
    r"""Interval of tau² from the exact distribution of a generalised Q statistic.

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k).
    weights : ndarray, shape (..., k)
        Weights :math:`a_i` that do not depend on tau², 0 for a missing study.
    level : float
        Confidence level.

    Notes
    -----
    :math:`Q_a = y'Py` is distributed as :math:`\sum \lambda_i \chi^2_1` with the eigenvalues of
    :math:`S^{1/2} P S^{1/2}`, :math:`S = \text{diag}(v_i + \tau^2)`, and grows stochastically with
    tau² [1]_. The limits are the values of tau² at which the observed :math:`Q_a` is the upper and
    the lower quantile.

    .. [1] Jackson D. Confidence intervals for the between-study variance in random effects
       meta-analysis using generalised Cochran heterogeneity statistics. Res Synth Methods
       2013;4:220-229. doi:10.1002/jrsm.1081
    """
    at = weigh_by(data, weights)
    tail = 0.5 * (1 - level)
    low = _tau2_where_tail_is(data, at, tail, upper=True)
    return low, _tau2_where_tail_is(data, at, tail, upper=False)


def tau2_where_q_is_median(data: Studies, weights: FloatArray) -> FloatArray:
    """Between-study variance at which a generalised Q is the median of its distribution.

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k).
    weights : ndarray, shape (..., k)
        Weights that do not depend on tau², 0 for a missing study.

    Notes
    -----
    The median-unbiased counterpart of :func:`metaonc.kernels.tau2.tau2_moment`: Viechtbauer,
    European Congress of Methodology, Valencia 2021. 0 where the observed Q is below its median even
    at tau² = 0.
    """
    found = _tau2_where_tail_is(data, weigh_by(data, weights), 0.5, upper=False)
    return np.where(data.k > data.p, found, 0.0)


def q_weights(data: Studies, at: Weighted, tau2: FloatArray) -> FloatArray:
    r"""Weights of the squared normals a generalised Q is made of, shape (..., k).

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k).
    at : Weighted
        Their fit by the weights of the statistic.
    tau2 : ndarray, shape (...)
        Between-study variance.

    Notes
    -----
    With :math:`P = W^{1/2}(I - BB')W^{1/2}`, the nonzero eigenvalues of :math:`S^{1/2}PS^{1/2}` are
    those of :math:`(I - BB') W S (I - BB')`. The others, as many as coefficients and missing
    studies, are 0 exactly.
    """
    return _projected_eigenvalues(data, at, at.weights * (data.vi + tau2[..., None]))


def q_tails(data: Studies, at: Weighted, tau2: FloatArray) -> Tails:
    """Both tails of the distribution of a generalised Q at what is observed, for a given tau²."""
    weights = q_weights(data, at, tau2)
    enough = data.k > data.p
    weights[..., -1] = np.where(enough, weights[..., -1], 1.0)  # no form is without weights
    return form_tails(np.maximum(at.q, 0.0), weights)


def _projected_eigenvalues(data: Studies, at: Weighted, diagonal: FloatArray) -> FloatArray:
    """Eigenvalues > 0 of a diagonal matrix seen among the residuals of a fit, the largest last."""
    basis = at.basis
    if basis is None:
        basis = np.sqrt(at.weights / at.total[..., None])[..., None]
    size = diagonal.shape[-1]
    residual = np.eye(size) - basis @ np.swapaxes(basis, -1, -2)
    matrix = residual @ (diagonal[..., None] * residual)
    values = np.linalg.eigvalsh(0.5 * (matrix + np.swapaxes(matrix, -1, -2)))
    rank = np.arange(size) >= size - (data.k - data.p)[..., None]
    return np.where(rank & (values > 0), values, 0.0)


def _tau2_where_tail_is(data: Studies, at: Weighted, tail: float, *, upper: bool) -> FloatArray:
    """tau² at which the observed statistic cuts off an upper or a lower tail; 0 if at 0 already."""
    enough = data.k > data.p

    def tails(tau2: FloatArray) -> Tails:
        return q_tails(data, at, tau2)

    # Beyond this the largest squared normal alone would move the quantile past what is observed.
    spread = _projected_eigenvalues(data, at, at.weights)[..., -1]
    quantile = float(chdtri(1, tail if upper else 1 - tail))
    highest = 2 * at.q / (quantile * np.where(enough, spread, 1.0))
    found = tau2_at_tail(data, tails, tail, upper, highest)
    return np.where(enough, found, np.nan)
