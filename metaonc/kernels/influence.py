r"""How much one study, or one group of studies, moves a fit: from the fit with it and without it.

The model is :math:`y \sim N(X\beta, M)`, M the sampling variances plus :math:`\hat\tau^2`; for a
mean X is a column of ones. Covariances of coefficients come as a root: ``root @ root.T``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from metaonc.kernels.arrays import FloatArray, IntArray

# A study with more of the fit than this decides some coefficient alone: its residual is 0 by
# construction, and what is left of 1 minus its leverage is rounding.
_ALL_OF_IT = 1 - 1e-12


class Coefficients(NamedTuple):
    """Coefficients of a fit, (..., p), the root of their covariance, (..., p, p), and tau²."""

    value: FloatArray
    root: FloatArray
    tau2: FloatArray


class Moved(NamedTuple):
    """How the coefficients move without a study or a group, one row each.

    Attributes
    ----------
    cooks_distance, covariance_ratio : ndarray, shape (n,)
        In the units of the covariance with all studies.
    dfbetas : ndarray, shape (n, p)
        In standard errors of all studies at the tau² without it.
    """

    cooks_distance: FloatArray
    covariance_ratio: FloatArray
    dfbetas: FloatArray


class Residuals(NamedTuple):
    """What belongs to each study, shape (k,) each.

    Attributes
    ----------
    hat : ndarray
        Diagonal of the hat matrix.
    pearson, rstandard : ndarray
        Residuals over the standard deviation of the effect, and over their own.
    rstudent : ndarray
        Residuals from the fit without the study, over their standard deviation.
    dffits, shift : ndarray
        How far the study's own fitted value moves without it, in standard errors: of all studies
        at the tau² without it, and of the fit without it.
    """

    hat: FloatArray
    pearson: FloatArray
    rstandard: FloatArray
    rstudent: FloatArray
    dffits: FloatArray
    shift: FloatArray


def moved(whole: Coefficients, without: Coefficients, full_variance: FloatArray) -> Moved:
    r"""How the coefficients move.

    Parameters
    ----------
    whole : Coefficients
        The fit of all studies, p coefficients.
    without : Coefficients
        Fits without something, shape (n, ...).
    full_variance : ndarray, shape (n, p)
        Variances of the coefficients of all studies at the tau² of `without`.

    Notes
    -----
    Viechtbauer & Cheung, Res Synth Methods 2010;1:112-125, section 3: Cook's distance
    :math:`(\hat\beta - \hat\beta_{(-i)})' \hat\Sigma^{-1} (\hat\beta - \hat\beta_{(-i)})`, COVRATIO
    :math:`\det\hat\Sigma_{(-i)} / \det\hat\Sigma`, and DFBETAS
    :math:`(\hat\beta_j - \hat\beta_{j(-i)}) / [(X'W_{(-i)}X)^{-1}]_{jj}^{1/2}` with W of all
    studies at :math:`\hat\tau^2_{(-i)}`. doi:10.1002/jrsm.11
    """
    shift = whole.value - without.value
    steps = np.linalg.solve(whole.root, shift.T).T
    sizes = _log_determinant(without.root) - _log_determinant(whole.root)
    return Moved((steps**2).sum(axis=-1), np.exp(2 * sizes), shift / np.sqrt(full_variance))


def _log_determinant(root: FloatArray) -> FloatArray:
    """Logarithm of the size of the determinant of a triangle; NaN where it is NaN."""
    diagonal = np.diagonal(root, axis1=-2, axis2=-1)
    return np.asarray(np.log(np.abs(diagonal)).sum(axis=-1))


def study_residuals(
    yi: FloatArray, vi: FloatArray, x: FloatArray, whole: Coefficients, without: Coefficients
) -> Residuals:
    r"""What belongs to each of k independent studies, from the fits without each.

    Parameters
    ----------
    yi, vi : ndarray, shape (k,)
        Effects and variances.
    x : ndarray, shape (k, p)
        Design.
    whole, without : Coefficients
        The fit of all studies, and the k fits without each.

    Notes
    -----
    Viechtbauer & Cheung (2010), section 3, with :math:`h_i` of the hat matrix
    :math:`X(X'WX)^{-1}X'W`: internally studentised residuals
    :math:`e_i / \{(1-h_i)(v_i+\hat\tau^2)\}^{1/2}`, deleted ones
    :math:`(y_i - x_i\hat\beta_{(-i)}) / \{v_i + \hat\tau^2_{(-i)} +
    x_i\hat\Sigma_{(-i)}x_i'\}^{1/2}`, and DFFITS
    :math:`x_i(\hat\beta - \hat\beta_{(-i)}) / \{h_i(v_i + \hat\tau^2_{(-i)})\}^{1/2}`.
    """
    variance = vi + whole.tau2
    hat = ((x @ whole.root) ** 2).sum(axis=-1) / variance
    fitted = x @ whole.value
    deleted = np.einsum("kp,kp->k", x, without.value)
    spread = (np.einsum("kp,kpq->kq", x, without.root) ** 2).sum(axis=-1)
    residual = yi - fitted
    free = np.where(hat < _ALL_OF_IT, 1 - hat, np.nan)
    pearson = residual / np.sqrt(variance)
    return Residuals(
        hat=hat,
        pearson=pearson,
        rstandard=pearson / np.sqrt(free),
        rstudent=(yi - deleted) / np.sqrt(vi + without.tau2 + spread),
        dffits=(fitted - deleted) / np.sqrt(hat * (vi + without.tau2)),
        shift=(fitted - deleted) / np.sqrt(spread),
    )


def standardised(yi: FloatArray, variance: FloatArray, x: FloatArray) -> FloatArray:
    r"""Internally studentised residuals of many sets of effects with the same variances.

    Parameters
    ----------
    yi : ndarray, shape (n, k)
        Effects.
    variance : ndarray, shape (k,)
        Sampling variances plus :math:`\hat\tau^2`.
    x : ndarray, shape (k, p)
        Design.

    Returns
    -------
    ndarray, shape (n, k)
        NaN for a study that decides a coefficient alone.
    """
    root_weights = 1 / np.sqrt(variance)
    size = np.abs(x).max(axis=0)
    basis = np.linalg.qr(root_weights[:, None] * x / np.where(size > 0, size, 1.0)).Q
    pearson = yi * root_weights
    left = pearson - (pearson @ basis) @ basis.T
    hat = (basis**2).sum(axis=-1)
    return np.asarray(left / np.sqrt(np.where(hat < _ALL_OF_IT, 1 - hat, np.nan)))


def variances(vi: FloatArray, x: FloatArray, tau2: FloatArray) -> FloatArray:
    """Variances of the coefficients of all independent studies at each tau², shape (n, p)."""
    root_weights = 1 / np.sqrt(vi + tau2[:, None])
    if x.shape[-1] == 1:
        return np.asarray(1 / ((root_weights * x[:, 0]) ** 2).sum(axis=-1)[:, None])
    return _variances_of(root_weights[..., None] * x)


def _variances_of(weighted: FloatArray) -> FloatArray:
    """Diagonal of the inverse of X'WX from its weighted columns; NaN where tau² is NaN."""
    size = np.sqrt((weighted**2).sum(axis=-2))
    good = np.isfinite(size).all(axis=-1)
    columns = np.where(good[:, None, None], weighted / size[:, None, :], 0.0)
    upper = np.linalg.qr(columns).R
    eye = np.eye(upper.shape[-1])
    inverse = np.linalg.solve(np.where(good[:, None, None], upper, eye), eye)
    return np.where(good[:, None], (inverse**2).sum(axis=-1) / size**2, np.nan)


# Groups, and effects that are not independent -----------------------------------------------------


def group_variances(
    sampling: FloatArray, between: FloatArray, x: FloatArray, tau2: FloatArray
) -> FloatArray:
    """Variances of the coefficients of all studies at each tau², shape (n, p).

    Parameters
    ----------
    sampling, between : ndarray, shape (k, k)
        Covariance of the effects, and the correlation of the true effects that tau² multiplies.
    x : ndarray, shape (k, p)
        Design.
    tau2 : ndarray, shape (n,)
        Between-study variances; NaN gives NaN.
    """
    good = np.isfinite(tau2)
    matrix = sampling + np.where(good, tau2, 0.0)[:, None, None] * between
    root = np.linalg.cholesky(matrix)
    found = _variances_of(np.linalg.solve(root, np.broadcast_to(x, (len(tau2), *x.shape))))
    return np.where(good[:, None], found, np.nan)


def group_residuals(
    yi: FloatArray,
    sampling: FloatArray,
    between: FloatArray,
    x: FloatArray,
    groups: list[IntArray],
    without: Coefficients,
) -> FloatArray:
    r"""Squared distance of each group from what the fit without it predicts, shape (n,).

    Parameters
    ----------
    yi, x : ndarray, shape (k,) and (k, p)
        Effects and design.
    sampling, between : ndarray, shape (k, k)
        Covariance of the effects, and the correlation of the true effects that tau² multiplies.
    groups : list of ndarray of int
        Positions of the studies of each group.
    without : Coefficients
        The fits without each group.

    Notes
    -----
    :math:`d'D^{-1}d` with :math:`d = y_c - X_c\hat\beta_{(-c)}` and, for a group that does not
    covary with the others, :math:`D = M_{cc} + X_c\hat\Sigma_{(-c)}X_c'`: the square of the
    externally studentised residual for one study, chi-square with as many degrees of freedom as
    the group has studies. Cook & Weisberg, Residuals and Influence in Regression, 1982, section
    3.6, for the deletion of several cases.
    """
    found = np.full(len(groups), np.nan)
    for i, group in enumerate(groups):
        if not np.isfinite(without.value[i]).all():
            continue
        rest = np.setdiff1d(np.arange(len(yi)), group)
        matrix = sampling + without.tau2[i] * between
        spread = x[group] @ without.root[i]
        # What the group shares with the others, and so with the coefficients without it.
        pull = np.linalg.solve(matrix[np.ix_(rest, rest)], x[rest] @ without.root[i])
        shared = matrix[np.ix_(group, rest)] @ pull @ spread.T
        around = matrix[np.ix_(group, group)] + spread @ spread.T - shared - shared.T
        away = yi[group] - x[group] @ without.value[i]
        found[i] = away @ np.linalg.solve(around, away)
    return found
