"""A whole fit of correlated effects: known covariances in, what `fit` finds out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from metaonc.kernels.arrays import FloatArray, Studies, studies
from metaonc.kernels.covariance import decorrelate
from metaonc.kernels.estimators import estimate_tau2
from metaonc.kernels.fits import Fit, IntervalMethod, Model
from metaonc.kernels.heterogeneity import heterogeneity
from metaonc.kernels.intervals import Inference
from metaonc.kernels.mean_intervals import INDEPENDENT_ONLY, MEAN_INTERVALS
from metaonc.kernels.means import mean_at
from metaonc.kernels.prediction import Shrunken
from metaonc.kernels.weighting import weigh


class Correlated(NamedTuple):
    """Correlated effects made independent.

    Attributes
    ----------
    data : Studies
        The rotated effects; their design is that of a mean. Estimators and intervals of tau² apply
        as they are.
    column : ndarray, shape (..., k)
        The rotated column of ones, which intervals of the mean and of prediction need.
    rotation, inverse : ndarray, shape (..., k, k)
        What the effects were multiplied by, and what leads back; 0 for a missing effect.
    log_determinant : ndarray, shape (...)
        That of the correlation matrix of the true effects.
    """

    data: Studies
    column: FloatArray
    rotation: FloatArray
    inverse: FloatArray
    log_determinant: FloatArray

    def shares(self, tau2: FloatArray) -> FloatArray:
        """Share of each effect in the mean, in their own order, shape (..., k), sum 1.

        A share is below 0 where a covariance exceeds a variance: generalised least squares then
        takes the better of two effects and corrects it by the other.
        """
        at = mean_at(self.data, tau2, self.column)
        along = at.weights * self.column / at.precision[..., None]
        return np.asarray((along[..., None, :] @ self.rotation)[..., 0, :])

    def log_constant(self, *, restricted: bool) -> FloatArray:
        """What the (restricted) log-likelihood of the effects has beyond that of `data`."""
        constant = -0.5 * self.log_determinant
        if restricted:  # the error contrasts of a mean, not of a rotated one
            constant = constant + 0.5 * np.log(self.data.k / (self.column**2).sum(axis=-1))
        return np.asarray(constant)

    def shrink(self, tau2: FloatArray, level: float) -> Shrunken:
        r"""Best linear unbiased predictions of the true effects; NaN where missing.

        Parameters
        ----------
        tau2 : ndarray, shape (...)
            Between-study variance in the units of `data`.
        level : float
            Level of the intervals.

        Notes
        -----
        :math:`\hat\mu 1 + \tau^2 T (V + \tau^2 T)^{-1} (y - \hat\mu 1)` with its prediction error
        variance, the uncertainty of the mean included: Robinson, Stat Sci 1991;6:15-32. In the
        units of `data`.
        """
        data, column = self.data, self.column
        at = mean_at(data, tau2, column)
        share, rest = tau2[..., None] * at.weights, data.vi * at.weights
        deviation = self._back(share * at.residuals)
        both = []
        for along in (rest * column, share * column):  # of the mean in the effect, the deviation
            of_mean = self._back(along) ** 2 / at.precision[..., None]
            own = (self.inverse**2 * (share * data.vi)[..., None, :]).sum(axis=-1)
            both.append(np.sqrt(own + of_mean))
        se, deviation_se = both
        mean = at.mean[..., None] + deviation
        half = ndtri(0.5 + level / 2) * se
        there = (self.rotation != 0).any(axis=-2)
        found = (mean, se, mean - half, mean + half, deviation, deviation_se)
        return Shrunken(*(np.where(there, part, np.nan) for part in found))

    def _back(self, values: FloatArray) -> FloatArray:
        return np.asarray((self.inverse @ values[..., None])[..., 0])


def correlated(
    yi: ArrayLike, covariance: ArrayLike, between: ArrayLike | None = None
) -> Correlated:
    """Bring correlated effects into the kernels' form.

    Parameters
    ----------
    yi : array_like, shape (..., k)
        Effects; NaN for a missing one.
    covariance : array_like, shape (..., k, k)
        Known sampling covariance, positive definite; NaN for a missing effect.
    between : array_like, shape (..., k, k), optional
        Correlation matrix of the true effects. Default: identity.

    Raises
    ------
    numpy.linalg.LinAlgError
        If a matrix is not positive definite.
    """
    found = decorrelate(yi, covariance, between=between)
    data = studies(found.yi, found.vi, found.moderators)
    there = (found.rotation != 0).any(axis=-2)
    size = there.shape[-1]
    t = np.eye(size) if between is None else np.asarray(between, dtype=float)
    t = np.where(there[..., None] & there[..., None, :], t, np.eye(size))
    return Correlated(
        data=data,
        column=found.moderators[..., 0] * data.present,
        rotation=found.rotation,
        inverse=t @ np.swapaxes(found.rotation, -1, -2),
        log_determinant=np.asarray(np.linalg.slogdet(t)[1]),
    )


def fit_correlated(
    yi: ArrayLike,
    covariance: ArrayLike,
    *,
    between: ArrayLike | None = None,
    model: Model,
    tau2: str | float = "REML",
    ci: IntervalMethod = "auto",
    level: float = 0.95,
) -> Fit:
    r"""Pool every row of correlated effects.

    Parameters
    ----------
    yi, covariance, between
        As for :func:`correlated`.
    model, tau2, ci, level
        As for :func:`metaonc.kernels.fits.fit`; not the intervals in `INDEPENDENT_ONLY`.

    Returns
    -------
    Fit
        Weights are shares of the effects in the mean.

    Raises
    ------
    ValueError
        If the interval is for independent effects only.

    Notes
    -----
    Generalised least squares with :math:`V + \hat\tau^2 T`. Q is
    :math:`(y - \hat\mu 1)' V^{-1} (y - \hat\mu 1)` with k - 1 degrees of freedom, and the typical
    variance behind I² from tau² is :math:`(k-1) / \text{tr}\,PT`, so that I² from DerSimonian and
    Laird's tau² is that from Q, as it is for independent effects.
    """
    if ci in INDEPENDENT_ONLY:
        raise ValueError(f"the interval {ci!r} is for independent effects only")
    found = correlated(yi, covariance, between)
    data, column = found.data, found.column
    between_variance = (
        np.zeros_like(data.k) if model == "fixed" else np.asarray(estimate_tau2(data, tau2))
    )
    mean, between_variance, inference = MEAN_INTERVALS["wald" if ci == "auto" else ci](
        data, between_variance, level, column
    )
    knapp = np.full(data.k.shape, ci.startswith("hksj"))
    if ci == "auto":
        knapp = (between_variance > 0) & (data.k > 2)
        other = MEAN_INTERVALS["hksj"](data, between_variance, level, column).inference
        inference = Inference(
            *(
                np.where(knapp, first, second)
                for first, second in zip(other, inference, strict=True)
            )
        )
    unit = data.unit
    return Fit(
        k=data.k,
        estimate=mean * unit,
        tau2=between_variance * unit * unit,
        wald_se=unit / np.sqrt(mean_at(data, between_variance, column).precision),
        se=inference.se * unit,
        df=inference.df,
        low=inference.low * unit,
        high=inference.high * unit,
        hartung_knapp=knapp,
        heterogeneity=heterogeneity(data, weigh(data), between_variance),
        unit=unit,
        _weights=found.shares(between_variance),
        _test=(inference.statistic, inference.p_value),
    )
