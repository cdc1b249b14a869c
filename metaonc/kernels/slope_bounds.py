r"""Bounds on the slope of a profile likelihood between points at which it is known.

Twice the slope of the log-likelihood is :math:`f - g` (:class:`metaonc.kernels.likelihood.Score`).
With orthonormal error contrasts K, :math:`P = K'(KVK')^{-1}K`, so in the eigenvalues
:math:`m_j > 0` of :math:`K\,\text{diag}(v_i)K'` and with :math:`c = U'Ky`

.. math:: f(\tau^2) = \sum_j \frac{c_j^2}{(m_j + \tau^2)^2}, \qquad
          g(\tau^2) = \sum_j \frac{1}{m_j + \tau^2}

(for ML, g has the :math:`v_i` in the place of the :math:`m_j`). Then :math:`\alpha = f^{-1/2}` and
:math:`\gamma = 1/g` are power means of the :math:`m_j + \tau^2` with exponents below 1 but for a
factor, hence concave (Hardy, Littlewood & Pólya, Inequalities, 1934, section 2.9 and theorem 24):
their tangents lie above and their chords below them. The likelihood falls where
:math:`\alpha^2 > \gamma`. So a few points bound its slope everywhere between them, and a maximum is
proved to be the only one, or the others are found.
"""

from __future__ import annotations

import numpy as np

from metaonc.kernels.arrays import BoolArray, FloatArray
from metaonc.kernels.likelihood import Score

# Two tangents whose slopes differ by no more than this are one line.
_STRAIGHT = 1e-12


def falls_for_ever(at: Score, spread: FloatArray) -> BoolArray:
    r"""Whether the likelihood certainly falls from here on, where it falls already or is highest.

    :math:`\alpha` rises at least as fast as at infinity, where its slope is one over the root of
    the residual sum of squares of the unweighted fit; :math:`\gamma` stays below its tangent.
    """
    alpha, slope = at.form**-0.5, spread**-0.5
    gamma, tangent = 1 / at.trace, at.trace_fall / at.trace**2
    lowest = (tangent / (2 * slope) - alpha) / slope
    # A bound that is lowest here needs no look at its value, which at a maximum is 0.
    proved: BoolArray = (lowest <= 0) | ((alpha + slope * lowest) ** 2 > gamma + tangent * lowest)
    return proved


def rises_until(low: Score, top: FloatArray, high: Score) -> BoolArray:
    r"""Whether the likelihood certainly rises between two points at which it does.

    :math:`\alpha` stays below its tangents at both ends, :math:`\gamma` above its chord. The
    difference of the chord and the square of a tangent is concave, so it is lowest where the
    tangents cross.
    """
    alpha, alpha_high = low.form**-0.5, high.form**-0.5
    slope, slope_high = alpha * low.form_fall / low.form, alpha_high * high.form_fall / high.form
    gamma, gamma_high = 1 / low.trace, 1 / high.trace
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = (alpha_high - alpha - slope_high * top) / (slope - slope_high)
        share = np.clip(crossing / top, 0.0, 1.0)
    straight = slope - slope_high <= _STRAIGHT * slope  # nothing above the chord but rounding
    tangent = alpha + slope * np.where(straight, 0.0, share) * top
    proved: BoolArray = straight | (gamma + (gamma_high - gamma) * share > tangent**2)
    return proved


def falls_between(width: FloatArray, low: Score, high: Score) -> BoolArray:
    r"""Whether the likelihood certainly falls between two points, the first perhaps a maximum.

    :math:`\alpha` stays above its chord, :math:`\gamma` below its tangents at both ends.
    """
    alpha, chord = low.form**-0.5, (high.form**-0.5 - low.form**-0.5) / width
    gamma, gamma_high = 1 / low.trace, 1 / high.trace
    slope, slope_high = low.trace_fall * gamma**2, high.trace_fall * gamma_high**2
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = (gamma_high - gamma - slope_high * width) / (slope - slope_high)
    crossing = np.clip(np.where(np.isnan(crossing), width, crossing), 0.0, width)

    lowest = (slope / (2 * chord) - alpha) / chord
    first = np.minimum(lowest, crossing)
    # As above: a bound that is lowest at the first point needs no look at its value there.
    proved = (lowest <= 0) | ((alpha + chord * first) ** 2 > gamma + slope * first)
    second = np.clip((slope_high / (2 * chord) - alpha) / chord, crossing, width)
    proved &= (alpha + chord * second) ** 2 > gamma_high - slope_high * (width - second)
    return proved
