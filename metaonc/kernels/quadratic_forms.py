"""Distribution of a weighted sum of squared normals, exact to rounding in both tails."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtr, chdtrc

from metaonc.kernels.arrays import FloatArray
from metaonc.kernels.roots import falling_root

# The nodes of the trapezoidal rule are doubled until two sums agree to _AGREEMENT. Its error is
# geometric in the number of nodes, so the error of the finer sum is about the difference squared.
_AGREEMENT = 1e-10
_MOST_DOUBLINGS = 8
# Rows are taken in blocks of about this many (row, weight) pairs: the arrays below then have some
# 64 nodes times as many elements, which bounds the memory.
_BLOCK = 20_000
# A point of the path this near, relative to its angle to the real axis, is one Newton step from
# full accuracy.
_CLOSE = 1e-8
# The integrand is cut off where it is below e^-40 = 4e-18 of its peak.
_CUT_OFF = 40.0
_TINY = np.finfo(float).tiny


class Tails(NamedTuple):
    """Both tails of a distribution, each with its own relative accuracy."""

    cdf: FloatArray
    sf: FloatArray


class _Form(NamedTuple):
    """One integral per row: `x` where the form is asked, its weights divided by the largest.

    `upper` tells which tail is integrated: the one on the side of the mean where `x` lies.
    """

    x: FloatArray
    weights: FloatArray
    offsets: FloatArray  # where the branch points lie, counted from the nearest: >= 0
    positive: FloatArray  # number of weights > 0
    upper: np.ndarray


def form_cdf(x: ArrayLike, weights: ArrayLike) -> FloatArray:
    """P(Q <= x) of a weighted sum of squared normals; see :func:`form_tails`."""
    return form_tails(x, weights).cdf


def form_sf(x: ArrayLike, weights: ArrayLike) -> FloatArray:
    """P(Q > x) of a weighted sum of squared normals; see :func:`form_tails`."""
    return form_tails(x, weights).sf


def form_tails(x: ArrayLike, weights: ArrayLike) -> Tails:
    r"""Tails of :math:`Q = \sum \lambda_i \chi^2_{1,i}`, for a whole batch.

    Parameters
    ----------
    x : array_like, shape (...)
        Where the distribution is asked; 0 and below give (0, 1), infinity gives (1, 0).
    weights : array_like, shape (..., m)
        :math:`\lambda_i \ge 0`, at least one of them > 0; zeros do not count.

    Returns
    -------
    Tails
        P(Q <= x) and P(Q > x), shape (...). Each is accurate relative to itself on its own side of
        the mean, however far out: the error is near 1e-14 for weights of one size, below 1e-11
        however far they are apart, and grows like rounding does for m in the thousands.

    Notes
    -----
    With :math:`K(s) = -\tfrac12 \sum \log(1 + 2 \lambda_i s)`, both tails are Bromwich integrals of
    :math:`e^{g(s)}`, :math:`g(s) = K(s) + s x - \log |s|`: P(Q <= x) to the right of the pole at 0,
    P(Q > x) between it and the branch point :math:`-1/(2 \max \lambda_i)`. In each of the two
    places g has one saddle point on the real axis, and through it goes the path of steepest
    descent [1]_ :math:`s = \xi(y) + i y` on which g is real, so that

    .. math:: P = \frac1\pi \int_0^{Y} e^{g(\xi(y) + i y)} \, dy.

    All singularities are real and lie left of the path, so that :math:`\operatorname{Im} g`
    rises with :math:`\xi` from :math:`y x - \pi (m/2 + 1)` (one less for the upper tail) to a
    positive value: the path exists, is found by bracketing, and ends at
    :math:`Y = \pi (m/2 + 1) / x`. The integrand is positive and falls smoothly to 0: no
    cancellation, and the trapezoidal rule converges geometrically. Where all weights are equal the
    tails are those of chi-square. The tests compare with the integral along the real axis of [2]_.

    .. [1] Rice SO. Distribution of quadratic forms in normal random variables - evaluation by
       numerical integration. SIAM J Sci Stat Comput 1980;1:438-448.
    .. [2] Imhof JP. Computing the distribution of quadratic forms in normal variables. Biometrika
       1961;48:419-426. doi:10.1093/biomet/48.3-4.419

    Examples
    --------
    >>> tails = form_tails([1.0, 50.0], [2.0, 1.0])
    >>> [float(f"{p:.6g}") for p in (tails.cdf[0], tails.sf[1])]
    [0.295175, 8.2744e-07]
    """
    lam = np.asarray(weights, dtype=float)
    shape = np.broadcast_shapes(np.shape(x), lam.shape[:-1])
    flat_x = np.broadcast_to(np.asarray(x, dtype=float), shape).reshape(-1)
    flat = np.broadcast_to(lam, (*shape, lam.shape[-1])).reshape(-1, lam.shape[-1])
    largest = flat.max(axis=-1)
    scaled_x, scaled = flat_x / largest, flat / largest[:, None]
    cdf, sf = _chi_square(scaled_x, scaled)
    unequal = ((scaled > 0) & (scaled < 1)).any(axis=-1)
    rows = np.flatnonzero(unequal & (scaled_x > _TINY) & np.isfinite(scaled_x))
    length = max(1, _BLOCK // lam.shape[-1])
    for block in (rows[i : i + length] for i in range(0, rows.size, length)):
        form = _form(scaled_x[block], scaled[block])
        smaller = _integrate(form)
        cdf[block] = np.where(form.upper, 1 - smaller, smaller)
        sf[block] = np.where(form.upper, smaller, 1 - smaller)
    return Tails(cdf.reshape(shape), sf.reshape(shape))


def _chi_square(x: FloatArray, weights: FloatArray) -> Tails:
    """Tails where all weights are 1 or 0, and at the ends of the range."""
    df, positive = (weights > 0).sum(axis=-1), np.maximum(x, 0.0)
    return Tails(np.array(chdtr(df, positive)), np.array(chdtrc(df, positive)))


def _form(x: FloatArray, weights: FloatArray) -> _Form:
    there = weights > 0
    with np.errstate(over="ignore"):
        offsets = 0.5 * (1 / np.where(there, weights, 1.0) - 1)
    offsets = np.where(there, offsets, np.inf)
    count = there.sum(axis=-1).astype(float)
    return _Form(x, weights, offsets, count, x >= weights.sum(axis=-1))


def _take(form: _Form, rows: np.ndarray) -> _Form:
    return _Form(*(part[rows] for part in form))


# Saddle points -----------------------------------------------------------------------------------


def _saddle_right(form: _Form) -> FloatArray:
    """Saddle point s > 0: the root of s x = 1 + sum of (lambda s) / (1 + 2 lambda s)."""
    ratio = 2 * form.weights / form.x[:, None]

    def step(sx: FloatArray) -> tuple[FloatArray, FloatArray]:
        a = ratio * sx[:, None]
        value = 1 + 0.5 * (a / (1 + a)).sum(axis=-1) - sx
        return value, value / (1 - 0.5 * (ratio / (1 + a) / (1 + a)).sum(axis=-1))

    low, high = np.ones_like(form.x), 1 + 0.5 * form.positive
    return falling_root(step, low, high, high, low) / form.x


def _saddle_left(form: _Form) -> FloatArray:
    """Saddle point between the branch point -1/2 and 0, counted from the branch point."""
    x, offsets = form.x, form.offsets

    def step(z: FloatArray) -> tuple[FloatArray, FloatArray]:
        gap, to_pole = z[:, None] + offsets, 0.5 - z
        share = z[:, None] / gap
        value = 0.5 * share.sum(axis=-1) - z / to_pole - x * z
        slope = 0.5 * ((1 - share) / gap).sum(axis=-1) - 0.5 / to_pole**2 - x
        return value, -value / slope

    low = 0.5 / (x + 4)  # at the root x + 1/(1/2 - z) >= 1/(2z)
    high = np.minimum(0.5 * form.positive / x, 0.5 * (1 - np.finfo(float).eps))
    return falling_root(step, low, high, low, np.zeros_like(x))


# The path of steepest descent --------------------------------------------------------------------


def _path(form: _Form, y: FloatArray, start: FloatArray) -> FloatArray:
    """Angles, seen from the nearest branch point, at which the path has heights y > 0.

    `y` and `start` (another point of the same height, as a real part) have shape (rows, nodes).
    """
    x, offsets = form.x[:, None], form.offsets[:, None, :]
    turn = np.where(form.upper, np.pi, 0.0)[:, None]

    def newton(angle: FloatArray) -> tuple[FloatArray, FloatArray]:
        real = y / np.tan(angle)
        gap = real[..., None] + offsets
        height = y[..., None]
        phase = y * x + turn - np.arctan2(y, real - 0.5)
        phase = phase - 0.5 * np.arctan2(height, gap).sum(axis=-1)
        distance = np.hypot(gap, height)
        from_pole = np.hypot(real - 0.5, y)
        slope = y / from_pole / from_pole  # of the phase along the real axis
        slope = slope + 0.5 * (height / distance / distance).sum(axis=-1)
        return phase, phase / slope * np.sin(angle) ** 2 / y

    def step(angle: FloatArray) -> tuple[FloatArray, FloatArray]:
        phase, move = newton(angle)
        return np.where(close(move, angle), 0.0, phase), move

    def close(move: FloatArray, angle: FloatArray) -> np.ndarray:
        return np.abs(move) <= _CLOSE * np.sin(angle)

    low, high = np.zeros_like(y), np.full_like(y, np.pi)
    near = falling_root(step, low, high, np.arctan2(y, start), low)
    move = newton(near)[1]
    return np.where(close(move, near), near + move, near)


def _exponent(form: _Form, real: FloatArray, y: FloatArray) -> FloatArray:
    """Real part of g at -1/2 + real + iy, shape (rows, nodes)."""
    along = real - 0.5
    twice = 2 * form.weights[:, None, :]
    factors = np.hypot(1 + twice * along[..., None], twice * y[..., None])
    log_factors = np.log(factors).sum(axis=-1)
    return np.asarray(along * form.x[:, None] - 0.5 * log_factors - np.log(np.hypot(along, y)))


# Integration -------------------------------------------------------------------------------------


def _integrate(form: _Form) -> FloatArray:
    """Integral along the path of steepest descent, nodes doubled until the sum settles."""
    saddle = np.where(form.upper, _saddle_left(form), 0.5 + _saddle_right(form))
    peak = _exponent(form, saddle[:, None], np.zeros_like(saddle)[:, None])[:, 0]
    end = _cut_off(form, saddle, peak)
    nodes = 16
    middle = _sum(form, saddle, peak, end, np.arange(1, nodes) / nodes)
    total = (0.5 + middle) / nodes
    open_rows = np.arange(saddle.size)
    for _ in range(_MOST_DOUBLINGS):
        part = _take(form, open_rows)
        odd = (np.arange(nodes) + 0.5) / nodes
        between = _sum(part, saddle[open_rows], peak[open_rows], end[open_rows], odd) / nodes
        before = total[open_rows]
        total[open_rows] = 0.5 * (before + between)
        nodes *= 2
        open_rows = open_rows[np.abs(between - before) > _AGREEMENT * between]
        if not open_rows.size:
            break
    with np.errstate(under="ignore"):
        return np.asarray(np.exp(peak + np.log(end)) * total / np.pi)


def _sum(
    form: _Form, saddle: FloatArray, peak: FloatArray, end: FloatArray, at: FloatArray
) -> FloatArray:
    """Sum of the integrand, relative to its peak, at fractions of the range."""
    y = end[:, None] * at
    real = y / np.tan(_path(form, y, np.broadcast_to(saddle[:, None], y.shape)))
    return np.asarray(np.exp(_exponent(form, real, y) - peak[:, None]).sum(axis=-1))


def _cut_off(form: _Form, saddle: FloatArray, peak: FloatArray) -> FloatArray:
    """Height beyond which the integrand no longer counts."""
    last = np.pi * (0.5 * form.positive + np.where(form.upper, 0.0, 1.0)) / form.x
    fractions = np.exp2(-0.5 * np.arange(1, 2 + int(np.ceil(np.log2(form.positive.max() + 2)))))
    y = last[:, None] * fractions
    real = y / np.tan(_path(form, y, np.broadcast_to(saddle[:, None], y.shape)))
    gone = _exponent(form, real, y) < peak[:, None] - _CUT_OFF
    return np.asarray(last * np.where(gone, fractions, 1.0).min(axis=-1))
