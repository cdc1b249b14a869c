"""Confidence intervals of the between-study variance tau², each a kernel over `(..., k)`.

Every interval is a function of `Studies`, with or without moderators, and a confidence level, and
returns its limits in their units: both 0 where every tau² > 0 is excluded, NaN where there are no
more studies than coefficients. To add one, write a function and list it in `TAU2_INTERVALS`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import chdtri, gammainc, gammaincc, ndtri

from metaonc.kernels.arrays import FloatArray, Studies
from metaonc.kernels.heterogeneity import q_profile
from metaonc.kernels.likelihood import profile
from metaonc.kernels.maxima import highest_tau2
from metaonc.kernels.quadratic_forms import Tails, form_tails
from metaonc.kernels.roots import falling_root, secant, smallest_variance
from metaonc.kernels.tau2 import tau2_moment, tau2_sj
from metaonc.kernels.tau2_errors import tau2_standard_error
from metaonc.kernels.weighting import Weighted, weigh, weigh_by

Interval = tuple[FloatArray, FloatArray]
# tau² -> both tails of the distribution of the observed statistic.
_TailsAt = Callable[[FloatArray], Tails]

# Tails are known to about this many units of rounding, and as many for every study.
_TAIL_ROUNDING = 4 * np.finfo(float).eps

# Spacing of the scan for where the likelihood crosses its cut, in log(tau² + smallest vi); as in
# the search for its maxima, its features are several steps wide.
_SCAN_SPACING = 0.25


# Generalised Q -----------------------------------------------------------------------------------


def inverse_variances(data: Studies) -> FloatArray:
    """Weights 1/vi, 0 for a missing study."""
    return data.present / data.vi


def inverse_standard_errors(data: Studies) -> FloatArray:
    """Weights 1/sqrt(vi), 0 for a missing study."""
    return data.present / np.sqrt(data.vi)


def biggerstaff_jackson(data: Studies, level: float) -> Interval:
    """Interval from the exact distribution of Cochran's Q, weights 1/vi.

    Notes
    -----
    Biggerstaff & Jackson, Stat Med 2008;27:6093-6110. doi:10.1002/sim.3428
    """
    return generalised_q(data, inverse_variances(data), level)


def jackson(data: Studies, level: float) -> Interval:
    """Interval from the exact distribution of the generalised Q with weights 1/sqrt(vi).

    Notes
    -----
    Jackson, Res Synth Methods 2013;4:220-229. doi:10.1002/jrsm.1081
    """
    return generalised_q(data, inverse_standard_errors(data), level)


def generalised_q(data: Studies, weights: FloatArray, level: float) -> Interval:
    r"""Interval of tau² from the exact distribution of a generalised Q statistic.

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k).
    weights : ndarray, shape (..., k)
        Weights :math:`a_i` that do not depend on tau², 0 for a missing study.
    level : float
        Confidence level.

    Notes
    -----
    :math:`Q_a = y'Py` is distributed as :math:`\sum \lambda_i \chi^2_1` with the eigenvalues of
    :math:`S^{1/2} P S^{1/2}`, :math:`S = \text{diag}(v_i + \tau^2)`, and grows stochastically with
    tau² [1]_. The limits are the values of tau² at which the observed :math:`Q_a` is the upper and
    the lower quantile.

    .. [1] Jackson D. Confidence intervals for the between-study variance in random effects
       meta-analysis using generalised Cochran heterogeneity statistics. Res Synth Methods
       2013;4:220-229. doi:10.1002/jrsm.1081
    """
    at = weigh_by(data, weights)
    tail = 0.5 * (1 - level)
    low = _tau2_where_tail_is(data, at, tail, upper=True)
    return low, _tau2_where_tail_is(data, at, tail, upper=False)


def tau2_where_q_is_median(data: Studies, weights: FloatArray) -> FloatArray:
    """Between-study variance at which a generalised Q is the median of its distribution.

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k).
    weights : ndarray, shape (..., k)
        Weights that do not depend on tau², 0 for a missing study.

    Notes
    -----
    The median-unbiased counterpart of :func:`metaonc.kernels.tau2.tau2_moment`: Viechtbauer,
    European Congress of Methodology, Valencia 2021. 0 where the observed Q is below its median even
    at tau² = 0.
    """
    found = _tau2_where_tail_is(data, weigh_by(data, weights), 0.5, upper=False)
    return np.where(data.k > data.p, found, 0.0)


def q_weights(data: Studies, at: Weighted, tau2: FloatArray) -> FloatArray:
    r"""Weights of the squared normals a generalised Q is made of, shape (..., k).

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k).
    at : Weighted
        Their fit by the weights of the statistic.
    tau2 : ndarray, shape (...)
        Between-study variance.

    Notes
    -----
    With :math:`P = W^{1/2}(I - BB')W^{1/2}`, the nonzero eigenvalues of :math:`S^{1/2}PS^{1/2}` are
    those of :math:`(I - BB') W S (I - BB')`. The others, as many as coefficients and missing
    studies, are 0 exactly.
    """
    return _projected_eigenvalues(data, at, at.weights * (data.vi + tau2[..., None]))


def q_tails(data: Studies, at: Weighted, tau2: FloatArray) -> Tails:
    """Both tails of the distribution of a generalised Q at what is observed, for a given tau²."""
    weights = q_weights(data, at, tau2)
    enough = data.k > data.p
    weights[..., -1] = np.where(enough, weights[..., -1], 1.0)  # no form is without weights
    return form_tails(np.maximum(at.q, 0.0), weights)


def _projected_eigenvalues(data: Studies, at: Weighted, diagonal: FloatArray) -> FloatArray:
    """Eigenvalues > 0 of a diagonal matrix seen among the residuals of a fit, the largest last."""
    basis = at.basis
    if basis is None:
        basis = np.sqrt(at.weights / at.total[..., None])[..., None]
    size = diagonal.shape[-1]
    residual = np.eye(size) - basis @ np.swapaxes(basis, -1, -2)
    matrix = residual @ (diagonal[..., None] * residual)
    values = np.linalg.eigvalsh(0.5 * (matrix + np.swapaxes(matrix, -1, -2)))
    rank = np.arange(size) >= size - (data.k - data.p)[..., None]
    return np.where(rank & (values > 0), values, 0.0)


def _tau2_where_tail_is(data: Studies, at: Weighted, tail: float, *, upper: bool) -> FloatArray:
    """tau² at which the observed statistic cuts off an upper or a lower tail; 0 if at 0 already."""
    enough = data.k > data.p

    def tails(tau2: FloatArray) -> Tails:
        return q_tails(data, at, tau2)

    # Beyond this the largest squared normal alone would move the quantile past what is observed.
    spread = _projected_eigenvalues(data, at, at.weights)[..., -1]
    quantile = float(chdtri(1, tail if upper else 1 - tail))
    highest = 2 * at.q / (quantile * np.where(enough, spread, 1.0))
    found = _tau2_at_tail(data, tails, tail, upper, highest)
    return np.where(enough, found, np.nan)


def _tau2_at_tail(
    data: Studies, tails: _TailsAt, tail: float, upper: bool, highest: FloatArray
) -> FloatArray:
    """Root of a tail in tau² between 0 and `highest`; 0 where the tail at 0 is past it already.

    The logarithms of the tail and of tau² + the smallest variance are nearly proportional for large
    tau², so there secant steps land close.
    """
    scale = smallest_variance(data)

    def excess(place: FloatArray) -> FloatArray:
        found = tails(scale * np.expm1(place))
        with np.errstate(divide="ignore"):  # a tail may be 0: the root lies farther out
            return np.asarray(
                np.log(tail) - np.log(found.sf) if upper else np.log(found.cdf / tail)
            )

    nowhere = np.zeros_like(highest)
    start_value = excess(nowhere)
    end = np.where(start_value > 0, np.log1p(highest / scale), 0.0)
    start = np.minimum(np.log1p(tau2_moment(data, data.present / data.vi) / scale), 0.5 * end)
    step = secant(excess, nowhere, start_value)
    root = falling_root(step, nowhere, end, start, np.ones_like(end))
    return np.where(end > 0, scale * np.expm1(root), 0.0)


# Likelihood --------------------------------------------------------------------------------------


def profile_reml(data: Studies, level: float) -> Interval:
    """Profile likelihood interval of REML; see :func:`profile_likelihood`."""
    return profile_likelihood(data, level, restricted=True)


def profile_ml(data: Studies, level: float) -> Interval:
    """Profile likelihood interval of ML; see :func:`profile_likelihood`."""
    return profile_likelihood(data, level, restricted=False)


def profile_likelihood(data: Studies, level: float, *, restricted: bool) -> Interval:
    r"""Profile likelihood interval of tau².

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k).
    level : float
        Confidence level.
    restricted : bool
        Restricted or full likelihood.

    Notes
    -----
    All tau² from which the log-likelihood does not fall below its maximum by more than half the
    chi-square quantile with 1 degree of freedom: section 3.2 of [1]_, for REML [2]_. Where the
    likelihood has several maxima, that set can have gaps; the interval is its connected part around
    the global maximum, as the scan sees it. From
    :math:`l(\tau^2) \le -\tfrac12 (k-p) \log(v_{min} + \tau^2)` (k for ML) follows a bound beyond
    which nothing is left to scan.

    .. [1] Hardy RJ, Thompson SG. A likelihood approach to meta-analysis with random effects. Stat
       Med 1996;15:619-629.
    .. [2] Viechtbauer W. Confidence intervals for the amount of heterogeneity in meta-analysis.
       Stat Med 2007;26:37-52. doi:10.1002/sim.2514
    """
    top = highest_tau2(data, restricted=restricted)
    cut = profile(data, top, restricted=restricted).value - 0.5 * float(chdtri(1, 1 - level))
    enough, scale = data.k > data.p, smallest_variance(data)
    free = np.maximum(data.k - data.p if restricted else data.k, 1)
    length = np.maximum(-2 * cut / free - np.log(scale), 0.0) + _SCAN_SPACING
    length = np.maximum(length, np.log1p(top / scale) + _SCAN_SPACING)
    points = int(np.ceil(np.max(length, initial=0.0) / _SCAN_SPACING)) + 1
    grid = scale[..., None] * np.expm1(length[..., None] * np.linspace(0.0, 1.0, points))
    outside = profile(data.along(-2), grid, restricted=restricted).value < cut[..., None]
    left, right = grid <= top[..., None], grid >= top[..., None]
    # The last point outside below the top, and the first one above it.
    before = np.where(outside & left, grid, -1.0).max(axis=-1)
    after = np.where(outside & right, grid, np.inf).min(axis=-1)
    inner_low = np.where(left & (grid > before[..., None]), grid, top[..., None]).min(axis=-1)
    inner_high = np.where(right & (grid < after[..., None]), grid, top[..., None]).max(axis=-1)

    def crossing(near: FloatArray, far: FloatArray) -> FloatArray:
        return _crossing(data, cut, near, far, restricted)

    # The highest point of the scan is outside but for rounding.
    high = crossing(inner_high, np.where(np.isfinite(after), after, grid[..., -1]))
    low = np.where(before < 0, 0.0, crossing(inner_low, np.where(before < 0, inner_low, before)))
    return np.where(enough, low, np.nan), np.where(enough, high, np.nan)


def _crossing(
    data: Studies, cut: FloatArray, inside: FloatArray, outside: FloatArray, restricted: bool
) -> FloatArray:
    """tau² at which the likelihood passes its cut, between a point inside and one outside."""
    sign = np.where(outside < inside, -1.0, 1.0)

    def step(tau2: FloatArray) -> tuple[FloatArray, FloatArray]:
        at = profile(data, tau2, restricted=restricted)
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = (cut - at.value) / at.slope
        return sign * (at.value - cut), newton

    low, high = np.minimum(inside, outside), np.maximum(inside, outside)
    return falling_root(step, low, high, 0.5 * (low + high), smallest_variance(data))


def wald_reml(data: Studies, level: float) -> Interval:
    """Wald interval of the REML estimate; see `tau2_standard_error`."""
    tau2, se = _reml_with_error(data)
    half = _normal_quantile(level) * se
    return np.maximum(tau2 - half, 0.0), tau2 + half


def wald_log_reml(data: Studies, level: float) -> Interval:
    """Wald interval of the REML estimate on the scale of log tau²; (0, NaN) where tau² is 0."""
    tau2, se = _reml_with_error(data)
    there = tau2 > 0
    with np.errstate(over="ignore"):
        factor = np.exp(_normal_quantile(level) * se / np.where(there, tau2, np.inf))
        high = np.where(there, tau2 * factor, np.nan)
    return np.where(data.k > data.p, tau2 / factor, np.nan), high


def wald_sqrt_reml(data: Studies, level: float) -> Interval:
    """Wald interval of the REML estimate on the scale of tau; (0, inf) where tau² is 0."""
    tau2, se = _reml_with_error(data)
    tau = np.sqrt(tau2)
    with np.errstate(divide="ignore", over="ignore"):
        half = _normal_quantile(level) * se / (2 * tau)
        return np.maximum(tau - half, 0.0) ** 2, (tau + half) ** 2


def _reml_with_error(data: Studies) -> tuple[FloatArray, FloatArray]:
    tau2 = highest_tau2(data, restricted=True)
    with np.errstate(divide="ignore"):  # no studies to spare
        error = tau2_standard_error("REML", data, tau2)
    return tau2, np.where(data.k > data.p, error, np.nan)


def _normal_quantile(level: float) -> float:
    return float(ndtri(0.5 + 0.5 * level))


# Approximations ----------------------------------------------------------------------------------


def biggerstaff_tweedie(data: Studies, level: float) -> Interval:
    r"""Interval from a gamma approximation of the distribution of Cochran's Q.

    Notes
    -----
    Biggerstaff & Tweedie, Stat Med 1997;16:753-768: Q is taken as gamma distributed with its exact
    mean and variance, :math:`(k-p) + \tau^2 \text{tr}\,P` and
    :math:`2\{(k-p) + 2\tau^2\text{tr}\,P + \tau^4\text{tr}\,PP\}`, P at :math:`w_i = 1/v_i`. The
    limits are the values of tau² at which the observed Q is a quantile. (The tails of the
    approximation need not be monotone in tau² where Q is far below k - p and weights are very
    unequal; the limit is then one of the crossings, and 0 if the tail at tau² = 0 is past it.)
    """
    at = weigh(data)
    enough = data.k > data.p
    free = np.where(enough, data.k - data.p, 1.0)
    trace = np.where(enough, at.trace(), 1.0)
    trace_of_square = np.where(enough, at.trace_of_square(), 1.0)

    def tails(tau2: FloatArray) -> Tails:
        mean = free + tau2 * trace
        variance = 2 * (free + 2 * tau2 * trace + tau2**2 * trace_of_square)
        shape, x = mean / variance * mean, at.q * mean / variance
        return Tails(np.asarray(gammainc(shape, x)), np.asarray(gammaincc(shape, x)))

    def limit(upper: bool) -> FloatArray:
        tail = 0.5 * (1 - level)
        highest = _past(tails, tail, upper, (at.q + free) / trace)
        found = _tau2_at_tail(data, tails, tail, upper, highest)
        return np.where(enough, found, np.nan)

    return limit(True), limit(False)


def _past(tails: _TailsAt, tail: float, upper: bool, start: FloatArray) -> FloatArray:
    """tau² large enough that the tail has been passed, by doubling."""
    highest = start
    for _ in range(1000):
        found = tails(highest)
        short = found.sf < tail if upper else found.cdf > tail
        if not short.any():
            break
        highest = np.where(short, 2 * highest, highest)
    return highest


def sidik_jonkman(data: Studies, level: float) -> Interval:
    r"""Interval of Sidik and Jonkman.

    Notes
    -----
    Section 3 of Sidik & Jonkman, J R Stat Soc C 2005;54:367-384:
    :math:`(k-p)\hat\tau^2_{SJ}` over the chi-square quantiles with k - p degrees of freedom. Its
    coverage is poor where tau² is small: Viechtbauer, Stat Med 2007;26:37-52.
    """
    enough = data.k > data.p
    free = np.where(enough, data.k - data.p, 1.0)
    tail = 0.5 * (1 - level)
    scaled = np.where(enough, free * tau2_sj(data), np.nan)
    return scaled / chdtri(free, tail), scaled / chdtri(free, 1 - tail)


def h_based(data: Studies, level: float) -> Interval:
    r"""Interval from the test-based interval of H of Higgins and Thompson.

    Notes
    -----
    Appendix A2 of Higgins & Thompson, Stat Med 2002;21:1539-1558. doi:10.1002/sim.1186:
    :math:`\log H \pm z\,\text{SE}(\log H)`, with
    :math:`\text{SE} = \tfrac12 (\log Q - \log(k-1)) / (\sqrt{2Q} - \sqrt{2k-3})` where Q > k and
    :math:`\sqrt{\tfrac{1}{2(k-2)}(1 - \tfrac{1}{3(k-2)^2})}` otherwise; tau² is
    :math:`s^2 (H^2 - 1)` with the typical variance :math:`s^2 = (k-1)/\text{tr}\,P`. With p
    coefficients, k - p stands for k - 1. NaN where the error does not exist (two studies).
    """
    at = weigh(data)
    free = data.k - data.p
    enough = free > 0
    safe_free = np.where(enough, free, 1.0)
    typical = safe_free / np.where(enough, at.trace(), 1.0)
    q = np.where(enough, at.q, 1.0)
    large, small = enough & (q > free + 1), free > 1
    safe_q = np.where(large, q, 2 * safe_free + 2)
    from_q = np.log(safe_q / safe_free) / (np.sqrt(2 * safe_q) - np.sqrt(2 * safe_free - 1)) / 2
    less = np.where(small, free - 1, np.nan)
    se = np.where(large, from_q, np.sqrt((1 - 1 / (3 * less**2)) / (2 * less)))
    h2 = np.maximum(q / safe_free, 1.0)
    factor = np.exp(2 * _normal_quantile(level) * se)
    limits = (typical * np.maximum(limit - 1, 0.0) for limit in (h2 / factor, h2 * factor))
    low, high = (np.where(enough, limit, np.nan) for limit in limits)
    return low, high


TAU2_INTERVALS: dict[str, Callable[[Studies, float], Interval]] = {
    "QP": q_profile,
    "BJ": biggerstaff_jackson,
    "J": jackson,
    "PL": profile_reml,
    "PL-ML": profile_ml,
    "BT": biggerstaff_tweedie,
    "SJ": sidik_jonkman,
    "Wald": wald_reml,
    "Wald-log": wald_log_reml,
    "Wald-sqrt": wald_sqrt_reml,
    "HT": h_based,
}
