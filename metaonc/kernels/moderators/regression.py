r"""Meta-regression: mixed-effects models with moderators, a whole fit as one kernel.

The model is :math:`y \sim N(X\beta, \text{diag}(v_i + \tau^2))`. Coefficients come from an
orthonormal basis of :math:`W^{1/2}X` with its columns scaled by powers of two, so neither the units
of the moderators nor :math:`X'WX` cost digits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metaonc.kernels.arrays import FloatArray, Studies, studies
from metaonc.kernels.estimators import ESTIMATORS, estimate_tau2
from metaonc.kernels.fits import IntervalMethod, Model
from metaonc.kernels.heterogeneity import Heterogeneity, heterogeneity
from metaonc.kernels.intervals import Inference, infer
from metaonc.kernels.likelihood import log_likelihood
from metaonc.kernels.moderators.hypotheses import Hypothesis, hypothesis, moderators_of
from metaonc.kernels.moderators.least_squares import least_squares
from metaonc.kernels.tau2 import tau2_ml
from metaonc.kernels.tau2_errors import tau2_standard_error
from metaonc.kernels.weighting import Weighted, weigh


@dataclass(frozen=True)
class Regression:
    """Results of a batch of meta-regressions, shape (...) each unless it says otherwise.

    Attributes
    ----------
    k, tau2, tau2_se : ndarray
        Studies; residual between-study variance and its standard error (NaN where tau² is given
        or fixed).
    coefficients : ndarray, shape (..., p)
        In the units of the effects over those of the moderators. NaN, with all that follows from
        them, where there are fewer studies than coefficients or the design lacks full rank.
    root : ndarray, shape (..., p, p)
        The Wald covariance of the coefficients is ``root @ root.T``.
    factor : ndarray
        What multiplies that covariance: 1, or Hartung and Knapp's factor.
    inference : Inference, shape (..., p)
        Standard errors, tests and intervals of the coefficients.
    df : ndarray
        Degrees of freedom of the tests: k - p, or infinite.
    fitted : ndarray, shape (..., k)
        Fitted values, NaN for a missing study.
    omnibus : Hypothesis
        Test of all moderators (of all coefficients where there is no intercept).
    heterogeneity : Heterogeneity
        Residual Q with k - p degrees of freedom, I², H².
    r2 : ndarray
        Share of the between-study variance that the moderators explain; of Q / df if fixed.
    log_likelihood : ndarray
        Restricted for REML, ML otherwise.
    hartung_knapp : ndarray of bool
        Whether the inference is Hartung and Knapp's.
    """

    k: FloatArray
    tau2: FloatArray
    tau2_se: FloatArray
    coefficients: FloatArray
    root: FloatArray
    factor: FloatArray
    inference: Inference
    df: FloatArray
    fitted: FloatArray
    omnibus: Hypothesis
    heterogeneity: Heterogeneity
    r2: FloatArray
    log_likelihood: FloatArray
    hartung_knapp: NDArray[np.bool_]

    @property
    def covariance(self) -> FloatArray:
        """Covariance matrix of the coefficients, shape (..., p, p)."""
        wald = self.root @ np.swapaxes(self.root, -1, -2)
        return np.asarray(self.factor[..., None, None] * wald)


def regression(
    yi: ArrayLike,
    vi: ArrayLike,
    moderators: ArrayLike,
    *,
    model: Model = "random",
    tau2: str | float = "REML",
    ci: IntervalMethod = "auto",
    level: float = 0.95,
) -> Regression:
    r"""Regress the effects of every row of studies on moderators.

    Parameters
    ----------
    yi, vi : array_like, shape (..., k)
        Effects and variances > 0; NaN for a missing study.
    moderators : array_like, shape (..., k, p) or (k, p)
        Design matrix, with its intercept if there is to be one; a study with a NaN is missing.
    model : {"fixed", "random"}, default "random"
        Without or with a residual between-study variance.
    tau2 : str or float, default "REML"
        Estimator (a key of `ESTIMATORS`) or a given value >= 0.
    ci : {"auto", "wald", "t", "hksj", "hksj-adhoc"}, default "auto"
        Tests and intervals. `auto`: Hartung-Knapp where tau² > 0 and k - p > 1, Wald otherwise.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    Regression

    Notes
    -----
    Weighted least squares with weights :math:`w_i = 1/(v_i + \hat\tau^2)` [1]_; with p coefficients
    the Hartung-Knapp factor is :math:`\sum w_i (y_i - x_i\hat\beta)^2 / (k-p)`, and tests are t and
    F with k - p degrees of freedom [2]_.

    .. [1] Berkey CS, Hoaglin DC, Mosteller F, Colditz GA. Stat Med 1995;14:395-411.
       doi:10.1002/sim.4780140406
    .. [2] Knapp G, Hartung J. Stat Med 2003;22:2693-2710. doi:10.1002/sim.1482
    """
    x = np.asarray(moderators, dtype=float)
    yi, vi = _beside(x, yi, vi)
    data = studies(yi, vi, x)
    x = np.where(data.present[..., None] > 0, x, 0.0)
    between = np.zeros_like(data.k) if model == "fixed" else estimate_tau2(data, tau2)
    at = weigh(data, between)
    root, along, solved = least_squares(data, at, x)
    factor, df, knapp = _small_sample(data, at, between, ci)
    unit = data.unit[..., None]
    coefficients = np.einsum("...ij,...j->...i", root, along)
    se = np.sqrt((root**2).sum(axis=-1) * factor[..., None])
    inference = infer(coefficients, se, np.broadcast_to(df[..., None], se.shape), level)
    root = root * unit[..., None]
    coefficients = coefficients * unit
    fitted = np.where(data.present > 0, np.einsum("...kp,...p->...k", x, coefficients), np.nan)
    source = None if model == "fixed" else tau2
    spread = heterogeneity(data, weigh(data), between)
    found = np.full_like(between, np.nan)
    if isinstance(source, str):
        with np.errstate(divide="ignore", invalid="ignore"):  # no studies to spare
            found = tau2_standard_error(source, data, between) * data.unit * data.unit
    return Regression(
        k=data.k,
        tau2=between * data.unit * data.unit,
        tau2_se=np.where(solved & (data.k > data.p), found, np.nan),
        coefficients=coefficients,
        root=root,
        factor=factor,
        inference=inference._replace(
            se=inference.se * unit, low=inference.low * unit, high=inference.high * unit
        ),
        df=df,
        fitted=fitted,
        omnibus=hypothesis(coefficients, root, factor, df, moderators_of(x, data.present)),
        heterogeneity=spread,
        r2=_explained(yi, vi, data, between, spread, source),
        log_likelihood=log_likelihood(data, between, restricted=source == "REML"),
        hartung_knapp=knapp,
    )


def _beside(x: FloatArray, *arrays: ArrayLike) -> list[FloatArray]:
    """Effects and variances with the batch axes of the design."""
    shape = np.broadcast_shapes(x.shape[:-1], *map(np.shape, arrays))
    return [np.broadcast_to(np.asarray(values, dtype=float), shape) for values in arrays]


def _small_sample(
    data: Studies, at: Weighted, between: FloatArray, ci: IntervalMethod
) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """Factor of the covariance, degrees of freedom, and whether Hartung-Knapp is used."""
    free = data.k - data.p
    if ci == "auto":
        knapp = (between > 0) & (free > 1)
    else:
        knapp = np.full(data.k.shape, ci.startswith("hksj"))
    factor = np.where(free > 0, at.q / np.where(free > 0, free, 1.0), np.nan)
    if ci == "hksj-adhoc":
        factor = np.maximum(factor, 1.0)  # never narrower than Wald; NaN stays
    factor = np.where(knapp, factor, 1.0)
    df = np.where(knapp | (ci == "t"), np.where(free > 0, free, np.nan), np.inf)
    return factor, df, knapp


def _explained(
    yi: FloatArray,
    vi: FloatArray,
    data: Studies,
    between: FloatArray,
    unexplained: Heterogeneity,
    tau2: str | float | None,
) -> FloatArray:
    r"""Share of the heterogeneity explained, by the same estimator on the same studies.

    Notes
    -----
    :math:`R^2 = \max\{0, (\tau_0^2 - \tau^2)/\tau_0^2\}`, :math:`\tau_0^2` without moderators;
    0 where :math:`\tau_0^2 = 0`, NaN where tau² is given [1]_. Without tau² (the fixed model) it is
    the adjusted :math:`R^2` of weighted least squares, :math:`Q/(k-p)` in the place of
    :math:`\tau^2`.

    .. [1] Raudenbush SW. Random effects models. In: Cooper H, Hedges LV, eds. The Handbook of
       Research Synthesis. Russell Sage 1994, chapter 20.
    """
    if isinstance(tau2, float | int):
        return np.full_like(between, np.nan)
    present = data.present > 0
    alone = studies(np.where(present, yi, np.nan), np.where(present, vi, np.nan))
    if tau2 is None:
        left = unexplained.h2_from_q
        whole = weigh(alone).q / np.maximum(alone.k - 1, 1)
    else:
        left, whole = between, ESTIMATORS[tau2](alone)
    explained = 1 - left / np.where(whole > 0, whole, 1.0)
    return np.where(whole > 0, np.maximum(explained, 0.0), 0.0)


def maximum_likelihood(data: Studies, model: Model) -> tuple[FloatArray, FloatArray]:
    """Highest log-likelihood and the tau² there (0 for the fixed model, in units of `data`)."""
    tau2 = np.zeros_like(data.k) if model == "fixed" else tau2_ml(data)
    return log_likelihood(data, tau2, restricted=False), tau2
