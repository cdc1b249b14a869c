"""Inverse-variance weighting."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from metaonc.kernels.arrays import FloatArray, Studies


class Weighted(NamedTuple):
    """An inverse-variance weighted mean and its parts.

    Attributes
    ----------
    weights : ndarray, shape (..., k)
        1 / (vi + tau2), 0 for a missing study.
    total : ndarray, shape (...)
        Sum of the weights; its inverse is the variance of the mean.
    mean : ndarray, shape (...)
        The weighted mean.
    residuals : ndarray, shape (..., k)
        yi - mean, 0 for a missing study.
    q : ndarray, shape (...)
        Weighted sum of squared residuals.
    """

    weights: FloatArray
    total: FloatArray
    mean: FloatArray
    residuals: FloatArray
    q: FloatArray


def weigh(data: Studies, tau2: FloatArray | float = 0.0) -> Weighted:
    r"""Weighted mean with weights :math:`1/(v_i + \tau^2)`.

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k).
    tau2 : array_like, shape (...), default 0
        Between-study variance in the units of `data`.

    Notes
    -----
    DerSimonian & Laird, Control Clin Trials 1986;7:177-188. The sums run over data of order 1,
    see :func:`metaonc.kernels.arrays.studies`.
    """
    weights = data.present / (data.vi + np.asarray(tau2)[..., None])
    total = weights.sum(axis=-1)
    mean = (weights * data.yi).sum(axis=-1) / total
    residuals = (data.yi - mean[..., None]) * data.present
    q = (weights * residuals**2).sum(axis=-1)
    return Weighted(weights, total, mean, residuals, q)
