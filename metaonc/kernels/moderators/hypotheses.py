"""Tests of linear hypotheses about the coefficients of a regression."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, fdtrc

from metaonc.kernels.arrays import FloatArray


class Hypothesis(NamedTuple):
    """Test of a linear hypothesis, shape (...) each.

    Attributes
    ----------
    statistic : ndarray
        Chi-square, or F where `df_residual` is finite.
    df, df_residual : ndarray
        Number of tested combinations; k - p for F, infinite for chi-square.
    p_value : ndarray
        Upper tail.
    """

    statistic: FloatArray
    df: FloatArray
    df_residual: FloatArray
    p_value: FloatArray


def hypothesis(
    coefficients: FloatArray,
    root: FloatArray,
    factor: FloatArray,
    df: FloatArray,
    combinations: FloatArray,
) -> Hypothesis:
    r"""Test that linear combinations of the coefficients are all 0.

    Parameters
    ----------
    coefficients, root, factor, df : ndarray
        Parts of a `Regression`.
    combinations : ndarray, shape (m, p)
        One combination per row, linearly independent.

    Notes
    -----
    Wald's :math:`Q_M = (L\hat\beta)' (L \hat\Sigma L')^{-1} L\hat\beta` with m df, or
    :math:`F = Q_M / m` with m and k - p: Knapp & Hartung, Stat Med 2003;22:2693-2710. With
    :math:`\hat\Sigma = s^2 RR'` the statistic is the squared length of the solution z of
    :math:`T'z = L\hat\beta`, T the triangle of :math:`R'L'`.
    """
    m = combinations.shape[-2]
    triangle = np.linalg.qr(np.swapaxes(combinations @ root, -1, -2)).R
    solved = np.isfinite(triangle).all(axis=(-1, -2))
    safe = np.where(solved[..., None, None], np.swapaxes(triangle, -1, -2), np.eye(m))
    value = np.einsum(
        "...mp,...p->...m", np.broadcast_to(combinations, (m, root.shape[-1])), coefficients
    )
    z = np.linalg.solve(safe, np.where(solved[..., None], value, 0.0)[..., None])[..., 0]
    with np.errstate(divide="ignore", invalid="ignore"):  # effects on the line exactly: factor 0
        statistic = (z**2).sum(axis=-1) / factor
    finite = np.isfinite(df)
    statistic = np.where(solved & ~np.isnan(df), np.where(finite, statistic / m, statistic), np.nan)
    with np.errstate(invalid="ignore"):
        p_value = np.where(
            finite, fdtrc(m, np.where(finite, df, 1.0), statistic), chdtrc(m, statistic)
        )
    return Hypothesis(statistic, np.full_like(statistic, m), df, p_value)


def moderators_of(x: FloatArray, present: FloatArray) -> FloatArray:
    """Rows of the identity for the moderators: columns that are not constant, or all."""
    moving = _moderators(x, present)
    chosen: FloatArray = np.eye(x.shape[-1])[moving if moving.any() and not moving.all() else ...]
    return chosen


def _moderators(x: FloatArray, present: FloatArray) -> NDArray[np.bool_]:
    """Which columns are not the intercept, shape (p,): 1 in every study."""
    ones = (x == 1) | (present[..., None] == 0)
    return np.asarray(~ones.all(axis=-2).reshape(-1, x.shape[-1]).all(axis=0))
