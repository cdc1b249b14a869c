r"""Meta-regression: mixed-effects models with moderators, a whole fit as one kernel.

The model is :math:`y \sim N(X\beta, \text{diag}(v_i + \tau^2))`. Coefficients come from an
orthonormal basis of :math:`W^{1/2}X` with its columns scaled by powers of two, so neither the units
of the moderators nor :math:`X'WX` cost digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, fdtrc

from metaonc.kernels.arrays import FloatArray, Studies, studies
from metaonc.kernels.estimators import ESTIMATORS, estimate_tau2
from metaonc.kernels.fits import IntervalMethod, Model
from metaonc.kernels.heterogeneity import Heterogeneity, heterogeneity
from metaonc.kernels.intervals import Inference, infer, quantile
from metaonc.kernels.likelihood import log_likelihood
from metaonc.kernels.tau2 import tau2_ml
from metaonc.kernels.tau2_errors import tau2_standard_error
from metaonc.kernels.weighting import Weighted, weigh

# A column counts as a combination of others when less than this much of it is left without them,
# in units of rounding times the number of studies: computed columns carry a few such units.
_RANK_UNITS = 1e3
# A permutation's statistic counts as equal to the observed one within this relative distance:
# permutations that exchange like with like differ by rounding only.
_TIE = 1e-8
_CHUNK = 2_000_000  # numbers in the widest array of a batch of permutations


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
    root, along, solved = _solve(data, at, x)
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
        omnibus=hypothesis(coefficients, root, factor, df, _tested(x, data.present)),
        heterogeneity=spread,
        r2=_explained(yi, vi, data, between, spread, source),
        log_likelihood=log_likelihood(data, between, restricted=source == "REML"),
        hartung_knapp=knapp,
    )


def _beside(x: FloatArray, *arrays: ArrayLike) -> list[FloatArray]:
    """Effects and variances with the batch axes of the design."""
    shape = np.broadcast_shapes(x.shape[:-1], *map(np.shape, arrays))
    return [np.broadcast_to(np.asarray(values, dtype=float), shape) for values in arrays]


def _solve(
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
        (data.k >= data.p) & (left > rank_tolerance(x.shape[-2]) * whole).all(axis=-1)
    )
    eye = np.eye(x.shape[-1])
    inverse = np.linalg.solve(np.where(solved[..., None, None], upper, eye), eye)
    root = np.where(solved[..., None, None], inverse / scale[..., :, None], np.nan)
    return root, np.einsum("...kp,...k->...p", basis, effects), solved


def _powers_of_two(x: FloatArray) -> FloatArray:
    """A power of two near the largest number of each column, 1 for a column of zeros."""
    largest = np.abs(x).max(axis=-2)
    return np.asarray(np.exp2(np.rint(np.log2(np.where(largest > 0, largest, 1.0)))))


def rank_tolerance(k: int) -> float:
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
        if size <= rank_tolerance(len(x)) * float(np.sqrt(column @ column)):
            found.append(j)
        else:
            basis.append(left / size)
    return found


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


# Hypotheses and predictions ----------------------------------------------------------------------


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


def _tested(x: FloatArray, present: FloatArray) -> FloatArray:
    """Rows of the identity for the moderators: columns that are not constant, or all."""
    moving = _moderators(x, present)
    chosen: FloatArray = np.eye(x.shape[-1])[moving if moving.any() and not moving.all() else ...]
    return chosen


def _moderators(x: FloatArray, present: FloatArray) -> NDArray[np.bool_]:
    """Which columns are not the intercept, shape (p,): 1 in every study."""
    ones = (x == 1) | (present[..., None] == 0)
    return np.asarray(~ones.all(axis=-2).reshape(-1, x.shape[-1]).all(axis=0))


def predict(found: Regression, rows: FloatArray, level: float) -> Inference:
    r"""Mean effect at given moderators, shape (..., rows).

    Parameters
    ----------
    found : Regression
        A fit, or a batch of them.
    rows : ndarray, shape (rows, p)
        Values of the columns of the design; or weights of the coefficients in a contrast.
    level : float
        Confidence level.
    """
    spread = rows @ found.root
    mean = np.einsum("mp,...p->...m", rows, found.coefficients)
    se = np.sqrt((spread**2).sum(axis=-1) * found.factor[..., None])
    return infer(mean, se, np.broadcast_to(found.df[..., None], se.shape), level)


def predict_new(found: Regression, rows: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    r"""Prediction interval for the effect of a new study with given moderators.

    Notes
    -----
    Higgins, Thompson & Spiegelhalter, J R Stat Soc A 2009;172:137-159, eq. (12), with p
    coefficients for one: :math:`x\hat\beta \pm t_{k-p-1}\sqrt{\hat\tau^2 + \text{SE}^2}`, SE from
    the weights alone. NaN where k - p < 2.
    """
    free = (found.k - rows.shape[-1] - 1)[..., None]
    enough = free > 0
    variance = ((rows @ found.root) ** 2).sum(axis=-1)
    half = quantile(level, np.where(enough, free, 1.0)) * np.sqrt(found.tau2[..., None] + variance)
    half = np.where(enough, half, np.nan)
    mean = np.einsum("mp,...p->...m", rows, found.coefficients)
    return mean - half, mean + half


def variance_inflation(root: FloatArray) -> FloatArray:
    r"""Variance inflation factor of each coefficient, shape (..., m).

    Parameters
    ----------
    root : ndarray, shape (..., m, p)
        Rows of the covariance's root for the moderators, the intercept's left out.

    Notes
    -----
    Diagonal of the inverse of the coefficients' correlation matrix,
    :math:`\Sigma_{jj} (\Sigma^{-1})_{jj}`: Fox & Monette, J Am Stat Assoc 1992;87:178-183, for one
    coefficient. doi:10.1080/01621459.1992.10475190
    """
    size = np.sqrt((root**2).sum(axis=-1, keepdims=True))
    triangle = np.linalg.qr(np.swapaxes(root / size, -1, -2)).R
    inverse = np.linalg.solve(triangle, np.eye(root.shape[-2]))
    return np.asarray((inverse**2).sum(axis=-1))


# Heterogeneity -----------------------------------------------------------------------------------


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


# Comparison and permutation ----------------------------------------------------------------------


def maximum_likelihood(data: Studies, model: Model) -> tuple[FloatArray, FloatArray]:
    """Highest log-likelihood and the tau² there (0 for the fixed model, in units of `data`)."""
    tau2 = np.zeros_like(data.k) if model == "fixed" else tau2_ml(data)
    return log_likelihood(data, tau2, restricted=False), tau2


def permuted(
    yi: FloatArray,
    vi: FloatArray,
    x: FloatArray,
    orders: NDArray[np.int_],
    *,
    model: Model,
    tau2: str | float,
    ci: IntervalMethod,
) -> tuple[FloatArray, FloatArray]:
    """Share of permutations whose statistics are at least as extreme as those observed.

    Parameters
    ----------
    yi, vi : ndarray, shape (k,)
        Effects and variances; a study keeps both.
    x : ndarray, shape (k, p)
        Design, whose rows are given to the studies in every order of `orders`.
    orders : ndarray of int, shape (n, k)
        Permutations; the observed order should be one of them.

    Returns
    -------
    coefficients, omnibus : ndarray, shape (p,) and ()
        Two-sided p values of the coefficients and the p value of the test of all moderators.

    Notes
    -----
    Higgins & Thompson, Stat Med 2004;23:1663-1682, section 4. doi:10.1002/sim.1752
    """
    observed = regression(yi, vi, x, model=model, tau2=tau2, ci=ci)
    least = np.abs(observed.inference.statistic) * (1 - _TIE)
    least_omnibus = observed.omnibus.statistic * (1 - _TIE)
    step = max(1, _CHUNK // (32 * x.size))
    extreme, extreme_omnibus = np.zeros(x.shape[-1]), np.zeros(())
    for start in range(0, len(orders), step):
        at = regression(yi, vi, x[orders[start : start + step]], model=model, tau2=tau2, ci=ci)
        extreme += (np.abs(at.inference.statistic) >= least).sum(axis=0)
        extreme_omnibus += (at.omnibus.statistic >= least_omnibus).sum(axis=0)
    return extreme / len(orders), extreme_omnibus / len(orders)
