"""What a regression expects at given moderators, and how far moderators overlap."""

from __future__ import annotations

import numpy as np

from metaonc.kernels.arrays import FloatArray
from metaonc.kernels.intervals import Inference, infer, quantile
from metaonc.kernels.moderators.regression import Regression


def predict(found: Regression, rows: FloatArray, level: float) -> Inference:
    r"""Mean effect at given moderators, shape (..., rows).

    Parameters
    ----------
    found : Regression
        A fit, or a batch of them.
    rows : ndarray, shape (rows, p)
        Values of the columns of the design; or weights of the coefficients in a contrast.
    level : float
        Confidence level.
    """
    spread = rows @ found.root
    mean = np.einsum("mp,...p->...m", rows, found.coefficients)
    se = np.sqrt((spread**2).sum(axis=-1) * found.factor[..., None])
    return infer(mean, se, np.broadcast_to(found.df[..., None], se.shape), level)


def predict_new(found: Regression, rows: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    r"""Prediction interval for the effect of a new study with given moderators.

    Notes
    -----
    Higgins, Thompson & Spiegelhalter, J R Stat Soc A 2009;172:137-159, eq. (12), with p
    coefficients for one: :math:`x\hat\beta \pm t_{k-p-1}\sqrt{\hat\tau^2 + \text{SE}^2}`, SE from
    the weights alone. NaN where k - p < 2.
    """
    free = (found.k - rows.shape[-1] - 1)[..., None]
    enough = free > 0
    variance = ((rows @ found.root) ** 2).sum(axis=-1)
    half = quantile(level, np.where(enough, free, 1.0)) * np.sqrt(found.tau2[..., None] + variance)
    half = np.where(enough, half, np.nan)
    mean = np.einsum("mp,...p->...m", rows, found.coefficients)
    return mean - half, mean + half


def variance_inflation(root: FloatArray) -> FloatArray:
    r"""Variance inflation factor of each coefficient, shape (..., m).

    Parameters
    ----------
    root : ndarray, shape (..., m, p)
        Rows of the covariance's root for the moderators, the intercept's left out.

    Notes
    -----
    Diagonal of the inverse of the coefficients' correlation matrix,
    :math:`\Sigma_{jj} (\Sigma^{-1})_{jj}`: Fox & Monette, J Am Stat Assoc 1992;87:178-183, for one
    coefficient. doi:10.1080/01621459.1992.10475190
    """
    size = np.sqrt((root**2).sum(axis=-1, keepdims=True))
    triangle = np.linalg.qr(np.swapaxes(root / size, -1, -2)).R
    inverse = np.linalg.solve(triangle, np.eye(root.shape[-2]))
    return np.asarray((inverse**2).sum(axis=-1))
