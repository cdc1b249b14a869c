r"""Weighted least squares: a mean, or a regression on moderators.

The estimators of tau² need four scalars of the projection
:math:`P = W - W X (X'WX)^{-1} X'W`, :math:`W = \text{diag}(w)`: its trace, the trace of its
square, and :math:`y'PPy`, :math:`y'PPPy`. They are computed from an orthonormal basis of
:math:`W^{1/2}X`, never from :math:`X'WX`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from metaonc.kernels.arrays import BoolArray, FloatArray, Studies, total

# One study has so large a share of the squared weights that 1 minus its leverage loses digits.
HEAVY = 0.999


@dataclass(frozen=True, eq=False)
class Weighted:
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
    pulls : ndarray, shape (..., k)
        Weights times residuals: the vector Py.
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
    pulls: FloatArray
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
        if self.basis is not None:
            return total(self.weights * (1 - self.leverages))
        trace: FloatArray = self.total - self._share
        if self._any_heavy:
            others = total(self.weights * sum_of_others(self.weights)) / self.total
            trace = np.where(self._heavy, others, trace)
        return trace

    def trace_of_square(self) -> FloatArray:
        """tr(PP), shape (...)."""
        w = self.weights
        if self.basis is not None:
            inner = np.einsum("...ki,...k,...kj->...ij", self.basis, w, self.basis)
            square = total(w**2 * (1 - 2 * self.leverages)) + (inner**2).sum((-2, -1))
            # Never below what tr(P) allows, where one weight is all and rounding takes the rest.
            free = np.maximum((w > 0).sum(axis=-1) - self.basis.shape[-1], 1)
            least: FloatArray = np.maximum(square, self.trace() ** 2 / free)
            return least
        share = self._share
        square = share * (self.total + share) - 2 * total(w * w * w) / self.total
        if self._any_heavy:
            return np.where(self._heavy, squared_projection(w), square)
        return square

    @cached_property
    def _share(self) -> FloatArray:
        """What the mean takes from the sum of the weights."""
        share: FloatArray = total(self.weights * self.weights) / self.total
        return share

    @property
    def _heavy(self) -> BoolArray:
        """Where one study has nearly all the weight."""
        return np.asarray(self._share > HEAVY * self.total)

    @cached_property
    def _any_heavy(self) -> bool:
        """Whether there is such a row: asked twice and hardly ever so."""
        return bool(self._heavy.any())

    def form_2(self) -> FloatArray:
        """y'PPy, shape (...)."""
        return total(self.pulls * self.pulls)

    def form_3(self) -> FloatArray:
        """y'PPPy, shape (...)."""
        if self.basis is None:
            center = total(self.weights * self.pulls) / self.total
            apart = self.pulls - center[..., None]
            return total(self.weights * apart * apart)
        along = np.sqrt(self.weights) * self.pulls
        fitted = np.einsum("...ki,...k->...i", self.basis, along)
        return total((along - np.einsum("...ki,...i->...k", self.basis, fitted)) ** 2)

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
    if data.yi.ndim > 1:
        tau2 = np.asarray(tau2)[..., None]
    return weigh_by(data, data.present / (data.vi + tau2))


def weigh_by(data: Studies, weights: FloatArray) -> Weighted:
    """Weighted fit with given weights, shape (..., k), 0 for a missing study."""
    sum_of_weights = total(weights)
    if data.design is not None:
        return _regress(data, weights, sum_of_weights)
    mean = total(weights * data.yi) / sum_of_weights
    residuals = data.yi - mean[..., None]
    # The mean of the residuals is what rounding took from the mean: not nothing beside the
    # residual of a study that has nearly all the weight, or where effects lie far from 0.
    rest = total(weights * residuals) / sum_of_weights
    residuals -= rest[..., None]
    residuals *= data.present
    pulls = weights * residuals
    q = total(pulls * residuals)
    return Weighted(weights, sum_of_weights, mean + rest, residuals, pulls, q)


def _regress(data: Studies, weights: FloatArray, sum_of_weights: FloatArray) -> Weighted:
    assert data.design is not None
    root = np.sqrt(weights)
    basis, factor = np.linalg.qr(root[..., None] * data.design)
    weighted = root * data.yi
    along = np.einsum("...ki,...k->...i", basis, weighted)
    left = weighted - np.einsum("...ki,...i->...k", basis, along)
    residuals = np.where(root > 0, left / np.where(root > 0, root, 1.0), 0.0)
    mean = total(weights * data.yi) / sum_of_weights
    pulls = weights * residuals
    q = total(pulls * residuals)
    return Weighted(weights, sum_of_weights, mean, residuals, pulls, q, basis, factor)


# Without differences ------------------------------------------------------------------------------


def squared_projection(weights: FloatArray, share: FloatArray | float = 1.0) -> FloatArray:
    r"""Sum of squares of :math:`P = W - ww'/\sum w_i`; weights of shape (..., k), 0 if missing.

    With a column c of which `share` is the square, P is that of
    :math:`W - Wcc'W/\sum w_i c_i^2`.

    Notes
    -----
    :math:`\sum w_i^2 - 2 \sum w_i^3 / \sum w_i + (\sum w_i^2 / \sum w_i)^2`, summed element by
    element, :math:`\sum_i w_i^2 \{(\sum_{j \ne i} w_j)^2 + \sum_{j \ne i} w_j^2\} / (\sum w_i)^2`:
    that has no differences, so one dominant study costs no digits.
    """
    along = share * weights
    rest = sum_of_others(along) ** 2 + share * sum_of_others(share * weights**2)
    return total(weights**2 * rest) / total(along) ** 2


def sum_of_others(values: FloatArray) -> FloatArray:
    """Sum of all other elements of the last axis, without subtracting; values >= 0."""
    return _sum_before(values) + _sum_before(values[..., ::-1])[..., ::-1]


def _sum_before(values: FloatArray) -> FloatArray:
    """Sum of the elements before each."""
    sums = np.zeros_like(values)
    np.cumsum(values[..., :-1], axis=-1, out=sums[..., 1:])
    return sums
