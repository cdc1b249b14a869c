"""Weighted least squares over `(..., k, p)`, and which columns of a design say something new."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from metaonc.kernels.arrays import FloatArray, Studies
from metaonc.kernels.weighting import Weighted

# A column counts as a combination of others when less than this much of it is left without them,
# in units of rounding times the number of studies: computed columns carry a few such units.
_RANK_UNITS = 1e3


def least_squares(
    data: Studies, at: Weighted, x: FloatArray
) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """Weighted least squares in the caller's columns.

    Returns
    -------
    root : ndarray, shape (..., p, p)
        Root of the covariance, NaN where the coefficients cannot be told apart.
    along : ndarray, shape (..., p)
        Effects along the basis: the coefficients are ``root @ along``.
    solved : ndarray of bool, shape (...)
        Where root is a number.
    """
    x = np.broadcast_to(x, (*data.yi.shape, x.shape[-1]))
    scale = _powers_of_two(x)
    weighted = np.sqrt(at.weights)
    short = x.shape[-1] - x.shape[-2]
    columns = weighted[..., None] * (x / scale[..., None, :])
    effects = weighted * data.yi
    if short > 0:  # more coefficients than places: rows of zeros keep the shapes, no rank
        columns = np.concatenate(
            [columns, np.zeros((*columns.shape[:-2], short, x.shape[-1]))], axis=-2
        )
        effects = np.concatenate([effects, np.zeros((*effects.shape[:-1], short))], axis=-1)
    basis, upper = np.linalg.qr(columns)
    left = np.abs(np.diagonal(upper, axis1=-2, axis2=-1))
    whole = np.sqrt((columns**2).sum(axis=-2))
    solved = np.asarray(
        (data.k >= data.p) & (left > _rank_tolerance(x.shape[-2]) * whole).all(axis=-1)
    )
    eye = np.eye(x.shape[-1])
    inverse = np.linalg.solve(np.where(solved[..., None, None], upper, eye), eye)
    root = np.where(solved[..., None, None], inverse / scale[..., :, None], np.nan)
    return root, np.einsum("...kp,...k->...p", basis, effects), solved


def _powers_of_two(x: FloatArray) -> FloatArray:
    """A power of two near the largest number of each column, 1 for a column of zeros."""
    largest = np.abs(x).max(axis=-2)
    return np.asarray(np.exp2(np.rint(np.log2(np.where(largest > 0, largest, 1.0)))))


def _rank_tolerance(k: int) -> float:
    """Share of a column below which what is left of it without the others is rounding."""
    return _RANK_UNITS * max(k, 1) * float(np.finfo(float).eps)


def aliased(x: FloatArray) -> list[int]:
    """Columns of a design, shape (k, p), that are combinations of the columns before them."""
    basis: list[FloatArray] = []
    found = []
    columns = x / _powers_of_two(x)
    for j, column in enumerate(columns.T):
        left = column
        for _ in range(2):  # the second pass removes what rounding left of the first
            for direction in basis:
                left = left - (direction @ left) * direction
        size = float(np.sqrt(left @ left))
        if size <= _rank_tolerance(len(x)) * float(np.sqrt(column @ column)):
            found.append(j)
        else:
            basis.append(left / size)
    return found
