"""Estimators of the between-study variance tau², each a kernel over `(..., k)`.

Every estimator takes `Studies`, with or without moderators, and returns tau² in their units, 0
where there are no more studies than coefficients. To add one, write a function and list it in
:mod:`metaonc.kernels.estimators`.
"""

from __future__ import annotations

import numpy as np
from scipy.special import chdtri

from metaonc.kernels.arrays import FloatArray, Studies, total
from metaonc.kernels.maxima import highest_tau2
from metaonc.kernels.roots import (
    falling_root_by_rows,
    falling_root_of_one,
    smallest_variance,
)
from metaonc.kernels.weighting import Weighted, weigh, weigh_by

# Moments -----------------------------------------------------------------------------------------


def tau2_moment(data: Studies, weights: FloatArray) -> FloatArray:
    r"""Between-study variance by the method of moments with any weights.

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k).
    weights : ndarray, shape (..., k)
        Weights :math:`a_i`, 0 for a missing study.

    Notes
    -----
    Eq. (6) of DerSimonian & Kacker, Contemp Clin Trials 2007;28:105-114, for any design:
    :math:`\max\{0, (Q_a - \sum v_i P_{ii}) / \text{tr} P\}` with P made from the weights
    :math:`a_i`.
    """
    at = weigh_by(data, weights)
    diagonal = at.weights * (1 - at.leverages)
    excess = at.q - (diagonal * data.vi).sum(axis=-1)
    estimable = (data.k > data.p) & (excess > 0)
    return np.where(estimable, excess / np.where(estimable, diagonal.sum(axis=-1), 1.0), 0.0)


def tau2_dl(data: Studies, common: Weighted | None = None) -> FloatArray:
    r"""Between-study variance by DerSimonian and Laird's method of moments.

    Notes
    -----
    Eq. (8) of [1]_: :math:`\max\{0, (Q - (k-1)) / (\sum w_i - \sum w_i^2 / \sum w_i)\}`,
    :math:`w_i = 1/v_i`; with p coefficients :math:`(Q - (k-p)) / \text{tr} P`.

    .. [1] DerSimonian R, Laird N. Meta-analysis in clinical trials. Control Clin Trials
       1986;7:177-188. doi:10.1016/0197-2456(86)90046-2
    """
    common = weigh(data) if common is None else common
    free = data.k - data.p
    excess = common.q - free
    estimable = (free > 0) & (excess > 0)
    return np.where(estimable, excess / np.where(estimable, common.trace(), 1.0), 0.0)


def tau2_dl2(data: Studies, common: Weighted | None = None) -> FloatArray:
    """Between-study variance by the two-step DerSimonian-Laird method.

    Notes
    -----
    The moment estimator with weights 1/(vi + tau²) at the one-step tau²: section 2.5 of DerSimonian
    & Kacker, Contemp Clin Trials 2007;28:105-114. doi:10.1016/j.cct.2006.04.004
    """
    return tau2_moment(data, data.present / (data.vi + tau2_dl(data, common)[..., None]))


def tau2_he(data: Studies) -> FloatArray:
    """Between-study variance by Hedges' unweighted method of moments.

    Notes
    -----
    Hedges, Psychol Bull 1983;93:388-395; also called the variance component or Cochran's ANOVA
    estimator: eq. (8) of DerSimonian & Kacker (2007).
    """
    return tau2_moment(data, data.present)


def tau2_hs(data: Studies, common: Weighted | None = None) -> FloatArray:
    r"""Between-study variance by Hunter and Schmidt.

    Notes
    -----
    :math:`\max\{0, (Q - k) / \sum w_i\}`: eq. (14) of Viechtbauer, J Educ Behav Stat
    2005;30:261-293. doi:10.3102/10769986030003261
    """
    return _hunter_schmidt(data, common, np.ones_like(data.k))


def tau2_hsk(data: Studies, common: Weighted | None = None) -> FloatArray:
    r"""Between-study variance by Hunter and Schmidt, corrected for the number of studies.

    Notes
    -----
    :math:`\max\{0, (\tfrac{k}{k-p} Q - k) / \sum w_i\}`: Brannick et al., Organ Res
    Methods 2019;22:490-514. doi:10.1177/1094428117741966
    """
    return _hunter_schmidt(data, common, data.k / np.maximum(data.k - data.p, 1))


def _hunter_schmidt(data: Studies, common: Weighted | None, factor: FloatArray) -> FloatArray:
    common = weigh(data) if common is None else common
    excess = factor * common.q - data.k
    estimable = (data.k > data.p) & (excess > 0)
    return np.where(estimable, excess / common.total, 0.0)


def tau2_sj(data: Studies) -> FloatArray:
    r"""Between-study variance by Sidik and Jonkman; positive unless all effects agree.

    Notes
    -----
    Eq. (8) of Sidik & Jonkman, J R Stat Soc C 2005;54:367-384: from the crude
    :math:`\tau_0^2 = \sum (y_i - \bar y)^2 / k`,
    :math:`\tau_0^2\, Q(\tau_0^2) / (k - p)`.
    """
    crude = crude_variance(data)
    free = np.maximum(data.k - data.p, 1)
    return np.where(data.k > data.p, crude * weigh(data, crude).q / free, 0.0)


def crude_variance(data: Studies) -> FloatArray:
    """Variance of the effects around their own mean, with denominator k."""
    # Measured from the first of the effects, so that effects which agree leave exactly 0.
    first = data.present.argmax(axis=-1)[..., None]
    shifted = (data.yi - np.take_along_axis(data.yi, first, axis=-1)) * data.present
    deviations = (shifted - (shifted.sum(axis=-1) / data.k)[..., None]) * data.present
    return np.asarray((deviations**2).sum(axis=-1) / data.k)


# Estimating equations ----------------------------------------------------------------------------


def tau2_pm(data: Studies, common: Weighted | None = None) -> FloatArray:
    r"""Between-study variance by Paule and Mandel's moment equation.

    Notes
    -----
    The root of :math:`Q(\tau^2) = k - p`, or 0 if :math:`Q(0) \le k - p` [1]_. :math:`Q(\tau^2)`
    never rises, so there is one root. The empirical Bayes estimator of Morris (1983) solves the
    same equation [2]_, and so do the iterated DerSimonian-Laird and Sidik-Jonkman estimators.

    .. [1] Paule RC, Mandel J. Consensus values and weighting factors. J Res Natl Bur Stand
       1982;87:377-385. doi:10.6028/jres.087.022
    .. [2] Viechtbauer W, et al. Psychol Methods 2015;20:360-374. doi:10.1037/met0000023
    """
    return tau2_where_q_is(data, data.k - data.p, common)


def tau2_pmm(data: Studies, common: Weighted | None = None) -> FloatArray:
    """Between-study variance at which Q equals the median of its chi-square distribution.

    Notes
    -----
    Median-unbiased counterpart of Paule-Mandel: Viechtbauer, European Congress of Methodology,
    Valencia 2021.
    """
    free = data.k - data.p
    median = np.asarray(chdtri(np.maximum(free, 1), 0.5), dtype=float)
    return tau2_where_q_is(data, np.where(free > 0, median, 0.0), common)


def tau2_where_q_is(
    data: Studies, target: FloatArray, common: Weighted | None = None
) -> FloatArray:
    r"""tau² at which the generalised Q statistic takes a given value; 0 if Q(0) is not above it.

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k).
    target : ndarray, shape (...)
        Values > 0; where a target is 0 (no studies to spare), tau² is 0.
    common : Weighted, optional
        The fit with tau² = 0, if it is at hand.

    Notes
    -----
    Newton's method on :math:`1/Q`, which is linear in tau² when all variances are equal and concave
    otherwise, so that it comes up to the root from below. The root lies below the residual sum of
    squares of the common-effect fit over the target.
    """
    if data.yi.ndim == 1:
        return _where_q_of_one_is(data, target, weigh(data) if common is None else common)
    if data.yi.ndim > 2:
        return tau2_where_q_is(data.flat(), np.ravel(target)).reshape(target.shape)
    common = weigh(data) if common is None else common
    tau2 = np.zeros(len(target))
    above = (target > 0) & (common.q > target)
    if not above.any():
        return tau2
    known, q = target[above], common.q[above]
    highest = total(common.residuals**2)[above] / known  # Q(t) <= sum of squares / t
    start = np.minimum((q / known - 1) * q / common.form_2()[above], highest)
    low = np.zeros_like(start)
    tau2[above] = falling_root_by_rows(data.rows(above), _toward_q, low, highest, start, known)
    return tau2


def _where_q_of_one_is(data: Studies, target: FloatArray, common: Weighted) -> FloatArray:
    """The same for one meta-analysis, shape (k,), on scalars."""
    if not 0 < target < common.q:
        return np.zeros(())

    def step(tau2: float) -> tuple[float, float]:
        value, newton = _toward_q(data, tau2, target)
        return float(value), float(newton)

    highest = float(total(common.residuals**2) / target)
    start = min(step(0.0)[1], highest)
    return np.asarray(
        falling_root_of_one(step, 0.0, highest, start, float(smallest_variance(data)))
    )


def _toward_q(
    data: Studies, tau2: FloatArray | float, target: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """How far Q lies above its target, and Newton's step in 1/Q."""
    at = weigh(data, tau2)
    value = at.q - target
    return value, value / target * at.q / at.form_2()


# Weights of one's own ----------------------------------------------------------------------------


# Likelihood --------------------------------------------------------------------------------------


def tau2_ml(data: Studies, common: Weighted | None = None) -> FloatArray:
    """Between-study variance by maximum likelihood: the global maximum.

    Notes
    -----
    Hardy & Thompson, Stat Med 1996;15:619-629; see
    :func:`metaonc.kernels.maxima.highest_tau2`.
    """
    return highest_tau2(data, restricted=False, common=common)


def tau2_reml(data: Studies, common: Weighted | None = None) -> FloatArray:
    """Between-study variance by restricted maximum likelihood: the global maximum.

    Notes
    -----
    Eq. (5) of Viechtbauer, J Educ Behav Stat 2005;30:261-293; see
    :mod:`metaonc.kernels.maxima` for how the maximum is found.
    """
    return highest_tau2(data, restricted=True, common=common)
