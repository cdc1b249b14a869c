r"""Weighted least squares: a mean, or a regression on moderators.

The estimators of tau² need four scalars of the projection
:math:`P = W - W X (X'WX)^{-1} X'W`, :math:`W = \text{diag}(w)`: its trace, the trace of its
square, and :math:`y'PPy`, :math:`y'PPPy`. They are computed from an orthonormal basis of
:math:`W^{1/2}X`, never from :math:`X'WX`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from metaonc.kernels.arrays import FloatArray, Studies


class Weighted(NamedTuple):
    """A weighted fit and its parts.

    Attributes
    ----------
    weights : ndarray, shape (..., k)
        0 for a missing study.
    total : ndarray, shape (...)
        Sum of the weights; for a mean, its inverse is the variance.
    mean : ndarray, shape (...)
        The weighted mean of the effects, moderators or not.
    residuals : ndarray, shape (..., k)
        Effects minus fitted values, 0 for a missing study.
    q : ndarray, shape (...)
        Weighted sum of squared residuals, y'Py.
    basis : ndarray, shape (..., k, p), or None
        Orthonormal basis of the weighted design; None for a mean alone.
    factor : ndarray, shape (..., p, p), or None
        The weighted design is `basis` times this upper triangle.
    """

    weights: FloatArray
    total: FloatArray
    mean: FloatArray
    residuals: FloatArray
    q: FloatArray
    basis: FloatArray | None = None
    factor: FloatArray | None = None

    @property
    def leverages(self) -> FloatArray:
        """Diagonal of the hat matrix, shape (..., k)."""
        if self.basis is None:
            return self.weights / self.total[..., None]
        return np.asarray((self.basis**2).sum(axis=-1))

    def trace(self) -> FloatArray:
        """tr(P), shape (...)."""
        return np.asarray((self.weights * (1 - self.leverages)).sum(axis=-1))

    def trace_of_square(self) -> FloatArray:
        """tr(PP), shape (...)."""
        w = self.weights
        if self.basis is None:
            inner = ((w**2).sum(axis=-1) / self.total) ** 2
        else:
            inner = (np.einsum("...ki,...k,...kj->...ij", self.basis, w, self.basis) ** 2).sum(
                (-2, -1)
            )
        return np.asarray((w**2 * (1 - 2 * self.leverages)).sum(axis=-1) + inner)

    def form_2(self) -> FloatArray:
        """y'PPy, shape (...)."""
        return np.asarray(((self.weights * self.residuals) ** 2).sum(axis=-1))

    def form_3(self) -> FloatArray:
        """y'PPPy, shape (...)."""
        root = np.sqrt(self.weights)
        u = root * self.weights * self.residuals
        basis = (
            (root / np.sqrt(self.total)[..., None])[..., None] if self.basis is None else self.basis
        )
        along = np.einsum("...ki,...k->...i", basis, u)
        return np.asarray((u**2).sum(axis=-1) - (along**2).sum(axis=-1))

    def log_determinant(self, k: FloatArray) -> FloatArray:
        """Log-determinant of X'WX for orthonormal X; for a mean, X is a column of 1/sqrt(k)."""
        if self.factor is None:
            return np.asarray(np.log(self.total / k))
        diagonal = np.diagonal(self.factor, axis1=-2, axis2=-1)
        return np.asarray(2 * np.log(np.abs(diagonal)).sum(axis=-1))


def weigh(data: Studies, tau2: FloatArray | float = 0.0) -> Weighted:
    r"""Weighted fit with weights :math:`1/(v_i + \tau^2)`.

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k).
    tau2 : array_like, shape (...), default 0
        Between-study variance in the units of `data`.

    Notes
    -----
    DerSimonian & Laird, Control Clin Trials 1986;7:177-188; with moderators, Berkey et al., Stat
    Med 1995;14:395-411.
    """
    return weigh_by(data, data.present / (data.vi + np.asarray(tau2)[..., None]))


def weigh_by(data: Studies, weights: FloatArray) -> Weighted:
    """Weighted fit with given weights, shape (..., k), 0 for a missing study."""
    total = weights.sum(axis=-1)
    mean = (weights * data.yi).sum(axis=-1) / total
    if data.design is None:
        residuals = (data.yi - mean[..., None]) * data.present
        basis = factor = None
    else:
        root = np.sqrt(weights)
        basis, factor = np.linalg.qr(root[..., None] * data.design)
        weighted = root * data.yi
        along = np.einsum("...ki,...k->...i", basis, weighted)
        left = weighted - np.einsum("...ki,...i->...k", basis, along)
        residuals = np.where(root > 0, left / np.where(root > 0, root, 1.0), 0.0)
    return Weighted(
        weights, total, mean, residuals, (weights * residuals**2).sum(axis=-1), basis, factor
    )
