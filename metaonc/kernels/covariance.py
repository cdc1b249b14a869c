"""Effects with known covariances, e.g. contrasts that share a control arm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.csgraph import connected_components

from metaonc.kernels.arrays import FloatArray


class Decorrelated(NamedTuple):
    """An equivalent problem with independent effects.

    Attributes
    ----------
    yi, vi : ndarray, shape (..., k)
        Rotated effects and their variances; NaN for a missing one.
    moderators : ndarray, shape (..., k, p)
        Rotated design; even a mean alone has one now, since its column is no longer constant.
    rotation : ndarray, shape (..., k, k)
        What the effects were multiplied by; rows and columns of a missing effect hold 0.
    """

    yi: FloatArray
    vi: FloatArray
    moderators: FloatArray
    rotation: FloatArray


def decorrelate(
    yi: ArrayLike,
    covariance: ArrayLike,
    *,
    moderators: ArrayLike | None = None,
    between: ArrayLike | None = None,
) -> Decorrelated:
    r"""Turn correlated effects into independent ones with the same coefficients and tau².

    Parameters
    ----------
    yi : array_like, shape (..., k)
        Effects; NaN for a missing one.
    covariance : array_like, shape (..., k, k)
        Known sampling covariance V, positive definite. An effect with a NaN on its diagonal is
        missing too; rows and columns of missing effects do not matter.
    moderators : array_like, shape (..., k, p), optional
        Design matrix; an effect with a NaN moderator is missing. Default: a column of ones, for a
        mean.
    between : array_like, shape (..., k, k), optional
        Correlation matrix T of the true effects, positive definite. Default: identity; see
        :func:`trial_correlation` for contrasts of the same trial.

    Returns
    -------
    Decorrelated
        Its first three parts are for :func:`metaonc.kernels.arrays.studies`; every estimator and
        interval of tau² then applies as it is.

    Raises
    ------
    numpy.linalg.LinAlgError
        If V or T is not positive definite.

    Notes
    -----
    The marginal covariance is :math:`V + \tau^2 T`. With :math:`T = LL'` and the eigenvectors U of
    :math:`L^{-1} V L^{-T}`, the effects :math:`U'L^{-1}y` have covariance
    :math:`\Lambda + \tau^2 I`, :math:`\Lambda` diagonal, and design :math:`U'L^{-1}X`: the
    simultaneous diagonalisation of two quadratic forms (Golub & Van Loan, Matrix Computations,
    4th ed., section 8.7.2). Likelihoods, Q and the moment estimators do not change. It is done
    group by group of effects that covary, so that an independent effect stays what it is, to the
    last digit.

    Examples
    --------
    >>> found = decorrelate([0.1, 0.4], [[0.2, 0.1], [0.1, 0.2]])
    >>> found.vi.round(12)
    array([0.1, 0.3])
    """
    v = np.asarray(covariance, dtype=float)
    y = np.broadcast_to(np.asarray(yi, dtype=float), v.shape[:-1])
    x = np.ones((*y.shape, 1)) if moderators is None else np.asarray(moderators, dtype=float)
    x = np.broadcast_to(x, (*y.shape, x.shape[-1]))
    present = ~(np.isnan(y) | np.isnan(np.diagonal(v, axis1=-2, axis2=-1)) | np.isnan(x).any(-1))
    both = present[..., :, None] & present[..., None, :]
    t = np.eye(y.shape[-1]) if between is None else np.asarray(between, dtype=float)
    v, t = np.where(both, v, 0.0), np.where(both, t, 0.0)
    rotation, variances = np.zeros(v.shape), np.zeros(y.shape)
    for group in _groups(v, t):
        block = (..., group[:, None], group)
        rotation[block], variances[..., group] = _diagonalise(
            v[block], t[block], present[..., group]
        )
    x = np.where(present[..., None], x, 0.0)
    y = (rotation @ np.where(present, y, 0.0)[..., None])[..., 0]
    there = variances > 0
    return Decorrelated(
        np.where(there, y, np.nan), np.where(there, variances, np.nan), rotation @ x, rotation
    )


def _groups(v: FloatArray, t: FloatArray) -> Iterator[NDArray[np.int_]]:
    """Effects that covary with each other and with no others, in any of the problems."""
    size = v.shape[-1]
    linked = ((v != 0) | (t != 0)).reshape(-1, size, size).any(axis=0)
    count, labels = connected_components(linked, directed=False)
    order = np.argsort(labels, kind="stable")
    return iter(np.split(order, np.cumsum(np.bincount(labels, minlength=count))[:-1]))


def _diagonalise(
    v: FloatArray, t: FloatArray, present: NDArray[np.bool_]
) -> tuple[FloatArray, FloatArray]:
    """Rotation of one group and its variances; 0 for missing effects, which come last."""
    if v.shape[-1] == 1:
        scale = np.where(present, t[..., 0], 1.0)
        if not (scale > 0).all():
            raise np.linalg.LinAlgError("the correlation matrix is not positive definite")
        return (present / np.sqrt(scale))[..., None], v[..., 0] / scale
    missing = np.eye(v.shape[-1]) * ~present[..., None]
    lower = np.linalg.cholesky(t + missing)
    v = np.linalg.solve(lower, np.swapaxes(np.linalg.solve(lower, v), -1, -2))
    v = 0.5 * (v + np.swapaxes(v, -1, -2))
    largest = np.trace(v, axis1=-2, axis2=-1)[..., None, None]
    v = v + missing * np.where(largest > 0, 4 * largest, 1.0)  # beyond all eigenvalues of the rest
    np.linalg.cholesky(v)  # refuses what is not positive definite
    variances, vectors = np.linalg.eigh(v)
    kept = np.arange(v.shape[-1]) < present.sum(axis=-1)[..., None]
    rotation = np.linalg.solve(np.swapaxes(lower, -1, -2), vectors)  # its transpose: L^-T U
    return np.where(kept[..., None], np.swapaxes(rotation, -1, -2), 0.0), np.where(
        kept, variances, 0.0
    )


def trial_correlation(trial: ArrayLike, within: float = 0.5) -> FloatArray:
    r"""Correlation of the true effects of contrasts: `within` inside a trial, 0 between trials.

    Parameters
    ----------
    trial : array_like, shape (k,)
        The trial of each contrast.
    within : float, default 0.5
        Correlation of two contrasts of a trial, less than 1. 0.5 follows from one between-trial
        variance for every pair of treatments.

    Returns
    -------
    ndarray, shape (k, k)

    Notes
    -----
    Two contrasts against one control, :math:`\theta_A - \theta_C` and :math:`\theta_B -
    \theta_C`: if all three pairs of arms have the same between-trial variance, the covariance is
    half of it. Higgins & Whitehead, Stat Med 1996;15:2733-2749, section 4 (multi-arm trials); Lu &
    Ades, Stat Med 2004;23:3105-3124; Salanti et al., Stat Methods Med Res 2008;17:279-301.

    Examples
    --------
    >>> trial_correlation(["MANTA", "MANTA", "TAMRAD"])
    array([[1. , 0.5, 0. ],
           [0.5, 1. , 0. ],
           [0. , 0. , 1. ]])
    """
    names = np.asarray(trial)
    same = names[:, None] == names[None, :]
    return np.where(same, within, 0.0) + (1 - within) * np.eye(len(names))


def covarying_groups(covariance: ArrayLike) -> NDArray[np.int_]:
    """Number of the group of effects that each belongs to, shape (k,): those that covary.

    Examples
    --------
    >>> covarying_groups([[0.2, 0.1, 0.0], [0.1, 0.3, 0.0], [0.0, 0.0, 0.4]])
    array([0, 0, 1], dtype=int32)
    """
    matrix = np.asarray(covariance)
    return np.asarray(connected_components(matrix != 0, directed=False)[1])
