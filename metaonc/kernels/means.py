"""The weighted mean, of independent effects or of correlated ones made independent."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from metaonc.kernels.arrays import FloatArray, Studies
from metaonc.kernels.weighting import weigh


class Mean(NamedTuple):
    r"""A weighted mean and its parts.

    Attributes
    ----------
    weights : ndarray, shape (..., k)
        :math:`1/(v_i + \tau^2)`; 0 for a missing study.
    precision : ndarray, shape (...)
        Inverse of the variance of the mean.
    mean : ndarray, shape (...)
    residuals : ndarray, shape (..., k)
        Effects minus what the mean lets expect, 0 for a missing study.
    q : ndarray, shape (...)
        Weighted sum of their squares.
    """

    weights: FloatArray
    precision: FloatArray
    mean: FloatArray
    residuals: FloatArray
    q: FloatArray


def mean_at(
    data: Studies, tau2: FloatArray | float = 0.0, column: FloatArray | None = None
) -> Mean:
    r"""Weighted mean of the effects.

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k).
    tau2 : array_like, shape (...), default 0
        Between-study variance in the units of `data`.
    column : ndarray, shape (..., k), optional
        What a mean of 1 lets expect of each effect, 0 for a missing one: the column of ones after
        the rotation of :func:`metaonc.kernels.covariance.decorrelate`. Default: 1 for all.

    Notes
    -----
    :math:`\hat\mu = \sum w_i c_i y_i / \sum w_i c_i^2`: generalised least squares.
    """
    if column is None:
        at = weigh(data, tau2)
        return Mean(at.weights, at.total, at.mean, at.residuals, at.q)
    weights = data.present / (data.vi + np.asarray(tau2)[..., None])
    along = weights * column
    precision = (along * column).sum(axis=-1)
    mean = (along * data.yi).sum(axis=-1) / precision
    residuals = (data.yi - column * mean[..., None]) * data.present
    return Mean(weights, precision, mean, residuals, (weights * residuals**2).sum(axis=-1))
