"""Intervals from approximate distributions of Q and of H."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtri, gammainc, gammaincc

from metaonc.kernels.arrays import FloatArray, Studies
from metaonc.kernels.quadratic_forms import Tails
from metaonc.kernels.tau2 import tau2_sj
from metaonc.kernels.tau2_intervals.likelihoods import normal_quantile
from metaonc.kernels.tau2_intervals.tails import Interval, TailsAt, tau2_at_tail
from metaonc.kernels.weighting import weigh


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
        found = tau2_at_tail(data, tails, tail, upper, highest)
        return np.where(enough, found, np.nan)

    return limit(True), limit(False)


def _past(tails: TailsAt, tail: float, upper: bool, start: FloatArray) -> FloatArray:
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
    factor = np.exp(2 * normal_quantile(level) * se)
    limits = (typical * np.maximum(limit - 1, 0.0) for limit in (h2 / factor, h2 * factor))
    low, high = (np.where(enough, limit, np.nan) for limit in limits)
    return low, high
