"""`Certificate`: evidence, computed apart from the search, that tau² is what it claims to be."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from metaonc.kernels import FloatArray, Studies
from metaonc.kernels.certificates import certify
from metaonc.kernels.maxima import local_maxima
from metaonc.kernels.roots import smallest_variance
from metaonc.pooling.words import tau2_text

# Two tau² this close, relative to tau² + the smallest vi, are the same maximum.
_SAME = 1e-6
_ROUNDING = 1e-9  # of a log-likelihood


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What can be verified of an estimate of tau². Made by ``certificate()`` of a result.

    Attributes
    ----------
    method : str
        The estimator.
    tau2 : float
        The estimate, in squared units of `yi`.
    holds : bool
        Whether everything below is as it should be.
    low, high : float
        A bracket of relative width 2e-7: the estimating function is positive at `low` (or `low` is
        0) and negative at `high`. Squared units of `yi`; NaN where the estimator is a closed form.
    residual : float
        The estimating equation at tau², relative to its own scale; 0 where tau² is 0 because the
        function is negative from there on.
    maxima : tuple of float
        Where the profile likelihood has local maxima (ML, REML), squared units of `yi`: all of
        them, by bounds on its slope (:mod:`metaonc.kernels.maxima`). Empty for the other
        estimators.
    log_likelihoods : tuple of float
        The profile at the maxima, relative to the highest: 0 for that one, < 0 for the others.
    taken : int or None
        Which of the maxima tau² is, counted from 0.
    reason : str
        Why there is nothing to verify; empty where there is.

    Examples
    --------
    >>> import metaonc as mo
    >>> print(mo.pool(mo.load_registry().effects("pfs")).certificate())
    REML tau² = 0.0593 holds: the estimating equation changes sign between tau² - 7e-09 and \
tau² + 7e-09, relative residual ...; the likelihood has one maximum.
    """

    method: str
    tau2: float
    holds: bool
    low: float = math.nan
    high: float = math.nan
    residual: float = 0.0
    maxima: tuple[float, ...] = ()
    log_likelihoods: tuple[float, ...] = ()
    taken: int | None = None
    reason: str = ""

    @property
    def closed_form(self) -> bool:
        """Whether the estimator is a closed form, so that nothing was searched for."""
        return not self.reason and math.isnan(self.low)

    def to_dict(self) -> dict[str, Any]:
        """As plain values, ready for JSON; None for a bracket that does not apply."""
        found = asdict(self)
        for name in ("low", "high"):
            found[name] = None if math.isnan(found[name]) else found[name]
        return found | {"maxima": list(self.maxima), "log_likelihoods": list(self.log_likelihoods)}

    def __str__(self) -> str:
        if self.reason:
            return f"Nothing to verify of tau² = {tau2_text(self.tau2)}: {self.reason}."
        verdict = "holds" if self.holds else "DOES NOT HOLD"
        start = f"{self.method} tau² = {tau2_text(self.tau2)} {verdict}: "
        if self.closed_form:
            return f"{start}a closed form, nothing was searched for."
        if self.tau2 == 0:
            found = "the estimating function falls from tau² = 0 on"
        else:
            below, above = self.tau2 - self.low, self.high - self.tau2
            found = (
                f"the estimating equation changes sign between tau² - {below:.1g} and tau² + "
                f"{above:.1g}, relative residual {self.residual:.1g}"
            )
        return f"{start}{found}{self._maxima_text()}."

    def _maxima_text(self) -> str:
        if not self.maxima:
            return ""
        if len(self.maxima) == 1:
            return "; the likelihood has one maximum"
        listed = ", ".join(tau2_text(tau2) for tau2 in self.maxima)
        which = "none of them" if self.taken is None else f"number {self.taken + 1}"
        best = int(np.argmax(self.log_likelihoods)) + 1
        return (
            f"; the likelihood has {len(self.maxima)} maxima, at {listed}: {which} was taken, "
            f"number {best} is the highest"
        )


def certificate_of(
    method: str | float,
    data: Studies,
    tau2: FloatArray,
    weights: FloatArray | str | None = None,
) -> Certificate:
    """Verify the estimate of one meta-analysis.

    Parameters
    ----------
    method : str or float
        The estimator; a number where tau² was not estimated.
    data : Studies
        Studies, shape (k,).
    tau2 : ndarray, shape ()
        The estimate, in the units of `data`.
    weights : ndarray, shape (k,), or str, optional
        Those of a generalised Q. Default: 1/sei.
    """
    square = float(data.unit) ** 2
    value = float(tau2) * square
    if not isinstance(method, str):
        return Certificate(
            method="given", tau2=value, holds=True, reason="it was given, not estimated"
        )
    if float(data.k) <= data.p:
        few = "one study shows no heterogeneity" if data.p == 1 else "too few studies"
        return Certificate(method=method, tau2=value, holds=True, reason=few)
    found = certify(method, data, tau2, "1/sei" if weights is None else weights)
    holds = bool(found.holds)
    maxima: FloatArray = np.empty(0)
    heights: FloatArray = np.empty(0)
    taken = None
    if method in ("ML", "REML"):
        maxima, heights = local_maxima(data, restricted=method == "REML")
        taken = _taken(maxima, tau2, data)
        holds &= taken is not None and bool(heights[taken] >= heights.max() - _ROUNDING)
        heights = heights - heights.max()
    return Certificate(
        method=method,
        tau2=value,
        holds=holds,
        low=float(found.low) * square,
        high=float(found.high) * square,
        residual=float(found.residual),
        maxima=tuple(float(place) * square for place in maxima),
        log_likelihoods=tuple(map(float, heights)),
        taken=taken,
    )


def _taken(maxima: FloatArray, tau2: FloatArray, data: Studies) -> int | None:
    """Which maximum an estimate is."""
    if not len(maxima):
        return None
    nearest = int(np.argmin(np.abs(maxima - tau2)))
    scale = float(tau2) + float(smallest_variance(data))
    return nearest if abs(maxima[nearest] - tau2) <= _SAME * scale else None
