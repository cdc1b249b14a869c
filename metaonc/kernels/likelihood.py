"""Profile likelihoods in tau², the coefficients profiled out, and their slopes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from metaonc.kernels.arrays import FloatArray, Studies, total
from metaonc.kernels.weighting import Weighted, weigh


class Score(NamedTuple):
    r"""The two sides of the estimating equation of tau², and how fast they fall.

    Twice the slope of the log-likelihood is :math:`f - g` with :math:`f = y'PPy` and, for REML,
    :math:`g = \text{tr} P`; for ML :math:`g = \text{tr} V^{-1}`.

    Attributes
    ----------
    form, trace : ndarray, shape (...)
        f and g.
    form_fall, trace_fall : ndarray, shape (...)
        :math:`y'PPPy = -\tfrac12 f'` and, for REML, :math:`\text{tr} PP = -g'`; for ML
        :math:`\text{tr} V^{-2}`.
    """

    form: FloatArray
    trace: FloatArray
    form_fall: FloatArray
    trace_fall: FloatArray

    @property
    def slope(self) -> FloatArray:
        """Slope of the log-likelihood."""
        return 0.5 * (self.form - self.trace)

    @property
    def curvature(self) -> FloatArray:
        """Second derivative of the log-likelihood."""
        return 0.5 * self.trace_fall - self.form_fall

    def rows(self, chosen: NDArray[np.bool_] | NDArray[np.int_]) -> Score:
        """Some rows, by mask or by number."""
        return Score(*(part[chosen] for part in self))

    @classmethod
    def together(cls, every: Sequence[Score]) -> Score:
        """The rows of several as one."""
        return cls(*(np.concatenate(parts) for parts in zip(*every, strict=True)))


def score(at: Weighted, *, restricted: bool) -> Score:
    r"""Slope of the (restricted) log-likelihood at a weighted fit, in its parts.

    Notes
    -----
    With P as in :class:`metaonc.kernels.weighting.Weighted` the slopes are
    :math:`\tfrac12(y'PPy - \text{tr}\,V^{-1})` for ML and
    :math:`\tfrac12(y'PPy - \text{tr}\,P)` for REML, the curvatures
    :math:`\tfrac12\text{tr}\,V^{-2} - y'PPPy` and :math:`\tfrac12\text{tr}\,PP - y'PPPy`:
    Viechtbauer, J Educ Behav Stat 2005;30:261-293. doi:10.3102/10769986030003261
    """
    if restricted:
        return Score(at.form_2(), at.trace(), at.form_3(), at.trace_of_square())
    return Score(at.form_2(), at.total, at.form_3(), total(at.weights * at.weights))


class Profile(NamedTuple):
    """A log-likelihood as a function of tau², up to a constant, with its slope and curvature."""

    value: FloatArray
    slope: FloatArray
    curvature: FloatArray


def profile(data: Studies, tau2: FloatArray, *, restricted: bool) -> Profile:
    """(Restricted) log-likelihood with its derivatives in tau²; see :func:`likelihood`."""
    at = weigh(data, tau2)
    found = score(at, restricted=restricted)
    value = likelihood(data, at, tau2, restricted=restricted)
    return Profile(value, found.slope, found.curvature)


def likelihood(data: Studies, at: Weighted, tau2: FloatArray, *, restricted: bool) -> FloatArray:
    r"""(Restricted) log-likelihood up to a constant, at the fit with this tau².

    Notes
    -----
    With :math:`V = \text{diag}(v_i + \tau^2)`: ML :math:`-\tfrac12(\log|V| + y'Py)`, REML
    :math:`-\tfrac12(\log|V| + \log|X'V^{-1}X| + y'Py)` with X orthonormal: Patterson & Thompson,
    Biometrika 1971;58:545-554. doi:10.1093/biomet/58.3.545
    """
    log_v = total(np.log(data.vi + tau2[..., None]) * data.present)
    whole = log_v + at.q
    return -0.5 * (whole + at.log_determinant(data.k) if restricted else whole)


def log_likelihood(data: Studies, tau2: FloatArray, *, restricted: bool) -> FloatArray:
    """(Restricted) log-likelihood with its constant, for effects in their own units.

    Notes
    -----
    The constant of the restricted likelihood is that of error contrasts, independent of the units
    of the moderators: Harville, J Am Stat Assoc 1977;72:320-338, section 4.
    """
    free = data.k - data.p if restricted else data.k
    value = likelihood(data, weigh(data, tau2), tau2, restricted=restricted)
    return np.asarray(value - free * (0.5 * np.log(2 * np.pi) + np.log(data.unit)))
