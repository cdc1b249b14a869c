"""Effects with known covariances, e.g. contrasts that share a control arm."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from metaonc.kernels.arrays import FloatArray


class Decorrelated(NamedTuple):
    """An equivalent problem with independent effects: rows of `yi`, `vi` and `moderators`.

    Attributes
    ----------
    yi, vi : ndarray, shape (..., k)
        Rotated effects and their variances.
    moderators : ndarray, shape (..., k, p)
        Rotated design; even a mean alone has one now, since its column is no longer constant.
    """

    yi: FloatArray
    vi: FloatArray
    moderators: FloatArray


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
        Effects.
    covariance : array_like, shape (..., k, k)
        Known sampling covariance V, positive definite.
    moderators : array_like, shape (..., k, p), optional
        Design matrix. Default: a column of ones, for a mean.
    between : array_like, shape (..., k, k), optional
        Correlation matrix T of the true effects, positive definite. Default: identity; see
        :func:`trial_correlation` for contrasts of the same trial.

    Returns
    -------
    Decorrelated
        For :func:`metaonc.kernels.arrays.studies`; every kernel then applies as it is.

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
    4th ed., section 8.7.2). Likelihoods, Q and the moment estimators do not change.

    Examples
    --------
    >>> found = decorrelate([0.1, 0.4], [[0.2, 0.1], [0.1, 0.2]])
    >>> found.vi.round(12)
    array([0.1, 0.3])
    """
    y = np.asarray(yi, dtype=float)
    v = np.asarray(covariance, dtype=float)
    x = np.ones((*y.shape, 1)) if moderators is None else np.asarray(moderators, dtype=float)
    if between is not None:
        lower = np.linalg.cholesky(np.asarray(between, dtype=float))
        v = np.linalg.solve(lower, np.swapaxes(np.linalg.solve(lower, v), -1, -2))
        y = np.linalg.solve(lower, y[..., None])[..., 0]
        x = np.linalg.solve(lower, x)
    np.linalg.cholesky(v)  # refuses what is not positive definite
    variances, rotation = np.linalg.eigh(v)
    back = np.swapaxes(rotation, -1, -2)
    return Decorrelated((back @ y[..., None])[..., 0], variances, back @ x)


def trial_correlation(trial: ArrayLike, within: float = 0.5) -> FloatArray:
    """Correlation of the true effects of contrasts: `within` inside a trial, 0 between trials.

    Parameters
    ----------
    trial : array_like, shape (k,)
        The trial of each contrast.
    within : float, default 0.5
        Correlation of two contrasts with the same control arm. 0.5 follows from one between-trial
        variance for every pair of treatments.

    Returns
    -------
    ndarray, shape (k, k)

    Notes
    -----
    Higgins & Whitehead, Stat Med 1996;15:2733-2749, section 4 (multi-arm trials).

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
