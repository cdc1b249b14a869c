"""Skovgaard's second-order likelihood test and interval of a random-effects mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from metaonc.kernels.arrays import FloatArray, Studies
from metaonc.kernels.intervals import Inference
from metaonc.kernels.likelihood_intervals import (
    highest_tau2_at,
    log_density,
    means_to_look_at,
    repeated,
)
from metaonc.kernels.means import mean_at
from metaonc.kernels.roots import falling_root, secant
from metaonc.kernels.tau2 import tau2_ml

# Closer to the estimate than this, in standard errors, the correction is 0/0 and is interpolated.
_NEAR = 0.2
# Points between the estimate and the outermost study on each side of it, beside the studies.
_MEANS = 9
# A limit is sought to this many units of rounding of the standard error.
_RESOLUTION = 1e3


class _Best(NamedTuple):
    """The maximum of the likelihood, the effects measured from the mean there."""

    data: Studies
    column: FloatArray
    tau2: FloatArray
    height: FloatArray
    precision: FloatArray
    square: FloatArray  # sum of the squared weights, twice the expected information of tau²
    determinant: FloatArray  # of the observed information


def skovgaard(
    data: Studies, level: float, column: FloatArray | None = None
) -> tuple[FloatArray, FloatArray, Inference]:
    r"""Test and interval of the mean by Skovgaard's corrected signed root of the likelihood ratio.

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k), without moderators.
    level : float
        Confidence level.
    column : ndarray, shape (..., k), optional
        For correlated effects made independent, the rotated column of ones.

    Returns
    -------
    mean, tau2 : ndarray, shape (...)
        Maximum likelihood estimates, in the units of `data`.
    inference : Inference
        Wald's standard error at them; the corrected root for mean = 0 and its normal p value; the
        outermost means that it does not reject. All NaN for one study.

    Notes
    -----
    :math:`\bar r = r + \log(u/r)/r` with the signed root r of the profile likelihood ratio and
    Skovgaard's u, whose covariances are exact in this model [1]_ [2]_: with
    :math:`\tilde w_i = 1/(v_i + \tilde\tau^2)` at the mean :math:`\mu` in question and
    :math:`\hat w_i` at the estimates,

    .. math::

        u = (\hat\mu - \mu)\, \frac{\sum \tilde w_i^2}{\sum \hat w_i^2}
            \sqrt{\frac{|\hat\jmath|}{\tilde\jmath}} , \qquad
        \tilde\jmath = \sum \tilde w_i^3 (y_i - \mu)^2 - \tfrac12 \sum \tilde w_i^2 ,

    :math:`\hat\jmath` the observed information of :math:`(\mu, \tau^2)`. Where a tau² lies at its
    boundary of 0 or an information is not positive, the expansion does not hold and :math:`r`
    itself is used; with tau² = 0 throughout it is Wald's z and exact. Within a fifth of a standard
    error of the estimate :math:`\log(u/r)/r` is 0/0 and is interpolated.

    .. [1] Guolo A. Higher-order likelihood inference in meta-analysis and meta-regression. Stat Med
       2012;31:313-327. doi:10.1002/sim.4451
    .. [2] Skovgaard IM. An explicit large-deviation approximation to one-parameter tests. Bernoulli
       1996;2:145-165. doi:10.2307/3318548

    Examples
    --------
    >>> from metaonc.kernels import studies
    >>> data = studies([-0.62, -0.80, -0.21, -0.43], [0.04, 0.03, 0.05, 0.02])
    >>> mean, tau2, found = skovgaard(data, 0.95)
    >>> round(float((found.high - found.low) * data.unit), 2)
    0.8
    """
    best, center = _best(data, column)
    se = 1 / np.sqrt(best.precision)
    several = data.k > 1
    root = _root(best, _NEAR * se)
    z = float(ndtri(0.5 + level / 2))
    high = _limit(best, root, z, se)
    mirrored = best._replace(data=best.data._replace(yi=-best.data.yi))
    low = -_limit(mirrored, _root(mirrored, _NEAR * se), z, se)
    statistic = root(-center)
    inference = Inference(
        se=se,
        df=np.full_like(se, np.inf),
        statistic=statistic,
        p_value=2 * ndtr(-np.abs(statistic)),
        low=center + low,
        high=center + high,
    )
    inference = Inference(*(np.where(several, part, np.nan) for part in inference))
    return center, best.tau2, inference


def corrected_root(
    data: Studies, mean: FloatArray | float = 0.0, column: FloatArray | None = None
) -> FloatArray:
    """Skovgaard's statistic for a given mean, nearly standard normal; shape (...).

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k), at least two in each row.
    mean : array_like, shape (...), default 0
        The mean in question, in the units of `data`.
    column : ndarray, shape (..., k), optional
        As for :func:`skovgaard`.
    """
    best, center = _best(data, column)
    return _root(best, _NEAR / np.sqrt(best.precision))(np.asarray(mean) - center)


def corrected_roots(
    data: Studies, means: FloatArray, column: FloatArray | None = None
) -> FloatArray:
    """The same for many means of one meta-analysis: `data` of shape (k,), `means` (n,)."""
    best, center = _best(data, column)
    near = (_NEAR / np.sqrt(best.precision))[..., None]
    return _root(_along(best, len(means)), near)(means - center)


def _best(data: Studies, column: FloatArray | None) -> tuple[_Best, FloatArray]:
    """The maximum of the likelihood and the mean there."""
    tau2 = tau2_ml(data)
    at = mean_at(data, tau2, column)
    along = data.present if column is None else column
    return _best_at(data, at.residuals, tau2, along), at.mean


def _best_at(data: Studies, residuals: FloatArray, tau2: FloatArray, column: FloatArray) -> _Best:
    w = data.present / (data.vi + tau2[..., None])
    precision, square = (w * column**2).sum(axis=-1), (w**2).sum(axis=-1)
    cross = (w**2 * column * residuals).sum(axis=-1)
    of_tau2 = (w**3 * residuals**2).sum(axis=-1) - 0.5 * square
    return _Best(
        data=data._replace(yi=residuals),
        column=column,
        tau2=tau2,
        height=log_density(data, residuals**2, tau2),
        precision=precision,
        square=square,
        determinant=precision * of_tau2 - cross**2,
    )


def _along(best: _Best, count: int) -> _Best:
    """The same maximum for `count` means beside each other."""
    return best._replace(
        data=repeated(best.data, count),
        column=best.column[..., None, :],
        **{
            name: getattr(best, name)[..., None]
            for name in ("tau2", "height", "precision", "square", "determinant")
        },
    )


class _At(NamedTuple):
    """The likelihood ratio at a mean: its signed root and how far that is to be corrected."""

    root: FloatArray
    correction: FloatArray


def _at(best: _Best, mean: FloatArray) -> _At:
    """At a mean measured from the estimate, not within rounding of 0, shape (...)."""
    data, column = best.data, best.column
    squares = (data.yi * data.present - column * mean[..., None]) ** 2
    tau2 = highest_tau2_at(data, squares)
    drop = np.maximum(best.height - log_density(data, squares, tau2), 0.0)
    root = -np.sign(mean) * np.sqrt(2 * drop)
    w = data.present / (data.vi + tau2[..., None])
    square = (w**2).sum(axis=-1)
    information = (w**3 * squares).sum(axis=-1) - 0.5 * square
    shift = _shift(best, w, square)
    regular = (best.tau2 > 0) & (tau2 > 0) & (best.determinant > 0) & (information > 0)
    regular &= (root != 0) & (shift > 0)
    spread = np.where(regular, best.determinant, 1.0) / np.where(regular, information, 1.0)
    u = -mean * shift * square / best.square * np.sqrt(spread)
    ratio = np.where(regular, u / np.where(regular, root, 1.0), 1.0)
    return _At(root, np.log(ratio) / np.where(regular, root, 1.0))


def _shift(best: _Best, w: FloatArray, square: FloatArray) -> FloatArray:
    """1 for independent effects; for a column, what its powers leave of that."""
    share = best.column**2
    total, along = (w * share).sum(axis=-1), (w**2 * share).sum(axis=-1)
    before = (best.data.present / (best.data.vi + best.tau2[..., None])).sum(axis=-1)
    fall = (w.sum(axis=-1) - before) / square
    return np.asarray((total - along * fall) / best.precision)


def _root(best: _Best, near: FloatArray) -> Callable[[FloatArray], FloatArray]:
    """The corrected root as a function of the mean, measured from the estimate."""
    left, right = (_at(best, side * near).correction for side in (-1.0, 1.0))

    def root(mean: FloatArray) -> FloatArray:
        close = np.abs(mean) < near
        found = _at(best, mean)
        between = left + (right - left) * (mean + near) / (2 * near)
        return found.root + np.where(close, between, found.correction)

    return root


def _limit(
    best: _Best, root: Callable[[FloatArray], FloatArray], z: float, se: FloatArray
) -> FloatArray:
    """Largest mean > 0 with a corrected root of -z; the root falls without end far out."""
    data = best.data
    plain = np.array_equal(best.column, data.present)
    column = None if plain else best.column
    means = means_to_look_at(data, best.height - 0.5 * z**2, column, _MEANS)
    count = means.shape[-1]
    excess = _root(_along(best, count), (_NEAR * se)[..., None])(means) + z
    inside = excess > 0
    inside[..., 0] = True
    last = count - 1 - np.argmax(inside[..., ::-1], axis=-1)
    low = np.take_along_axis(means, last[..., None], axis=-1)[..., 0]
    high = np.take_along_axis(means, np.minimum(last + 1, count - 1)[..., None], axis=-1)[..., 0]
    for _ in range(1000):  # r itself may be past its quantile there, but not the corrected root
        short = root(high) + z > 0
        if not short.any():
            break
        low, high = np.where(short, high, low), np.where(short, 2 * high, high)

    def value(mean: FloatArray) -> FloatArray:
        return root(mean) + z

    return falling_root(secant(value, low, value(low)), low, high, low, _RESOLUTION * se)
