"""What a selection model estimates: mean, tau² and weights, with what the data do not decide."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from metaonc.diagnostics.selection.selection_choices import SelectionChoices
from metaonc.kernels import FloatArray
from metaonc.kernels.selection.selection_fits import INTERIOR, RISING, SelectionFit
from metaonc.kernels.selection.selection_likelihood import SelectionLikelihood
from metaonc.pooling import MetaRegression, PooledResult


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SelectionEstimates:
    """Estimates of a selection model; see :class:`metaonc.diagnostics.SelectionModel`."""

    result: PooledResult | MetaRegression
    selection: SelectionChoices
    counts: tuple[int, ...]
    _likelihood: SelectionLikelihood
    _given: FloatArray
    _tau2_given: float | None
    _fit: SelectionFit
    _null: SelectionFit

    # The mean --------------------------------------------------------------------------------

    @property
    def has_maximum(self) -> bool:
        """Whether the likelihood has a maximum in the mean and tau² that the data decide."""
        return not self.flat and RISING not in self._fit.states[: self._p + 1]

    @property
    def p_values(self) -> FloatArray:
        """P values of the studies on the side of the alternative, shape (k,)."""
        return np.asarray(np.exp(self._likelihood.p.log_p))

    @property
    def flat(self) -> bool:
        """Whether the likelihood has a direction in which it hardly falls."""
        return self._fit.flat

    @property
    def coefficients(self) -> FloatArray:
        """Adjusted coefficients, shape (p,); one for a pooled result. NaN without a maximum."""
        sign = -1.0 if self.selection.alternative == "less" else 1.0
        return sign * self._fit.point.beta if self.has_maximum else np.full(self._p, np.nan)

    @property
    def estimate(self) -> float:
        """Adjusted mean; of a meta-regression its first coefficient."""
        return float(self.coefficients[0])

    @property
    def se(self) -> float:
        """Standard error of `estimate` from the observed information."""
        return float(self._errors[0])

    @property
    def ci_low(self) -> float:
        """Lower Wald limit of `estimate`, at the result's level."""
        return self.estimate - self._z * self.se

    @property
    def ci_high(self) -> float:
        """Upper Wald limit of `estimate`."""
        return self.estimate + self._z * self.se

    @property
    def p_value(self) -> float:
        """Two-sided p value of "the mean is 0"."""
        return float(two_sided(self.estimate / self.se))

    @property
    def unadjusted(self) -> float:
        """The mean by maximum likelihood without selection, to compare `estimate` with."""
        return float(self.unadjusted_coefficients[0])

    @property
    def unadjusted_coefficients(self) -> FloatArray:
        """Coefficients by maximum likelihood without selection, shape (p,)."""
        sign = -1.0 if self.selection.alternative == "less" else 1.0
        return sign * self._null.point.beta

    # The variance and the weights ------------------------------------------------------------

    @property
    def tau2(self) -> float:
        """Adjusted between-study variance; NaN without a maximum."""
        return self._fit.point.tau2 if self.has_maximum else math.nan

    @property
    def tau2_se(self) -> float:
        """Its standard error; NaN at 0, and where it was given."""
        return math.nan if self._tau2_given is not None else float(self._errors[self._p])

    @property
    def delta(self) -> FloatArray:
        """Parameters of the weight function, shape (q,); infinite or 0 where they have no estimate.

        Without the weight 1 of the first interval of a step function. NaN without a maximum.
        """
        if not self.has_maximum:
            return np.where(np.isnan(self._given), np.nan, self._given)
        delta = self._fit.point.delta
        rising = np.array(self.states[self._p + 1 :]) == RISING
        return np.where(rising, np.where(delta > 1, np.inf, 0.0), delta)

    @property
    def delta_se(self) -> FloatArray:
        """Standard errors of `delta`, shape (q,); NaN where there is none."""
        return np.where(np.isnan(self._given), self._errors[self._p + 1 :], np.nan)

    @property
    def states(self) -> tuple[str, ...]:
        """What each parameter is: ``"estimated"``, ``"given"``, ``"empty"``, ``"at zero"``, ...

        Coefficients, tau², weight parameters. ``"empty"``: no study in the interval, so that the
        likelihood is highest at 0; ``"at zero"``: highest at the end of what is allowed;
        ``"rising"``: the likelihood rises without end.
        """
        found = [
            "estimated" if state == INTERIOR else state for state in self._fit.states[: self._p]
        ]
        at_tau2 = self._fit.states[self._p]
        found.append(
            "given"
            if self._tau2_given is not None
            else "estimated"
            if at_tau2 == INTERIOR
            else at_tau2
        )
        for asked, given, state in zip(
            self.selection.given, self._given, self._fit.states[self._p + 1 :], strict=True
        ):
            if not math.isnan(asked):
                found.append("given")
            elif not math.isnan(given):
                found.append("empty")
            else:
                found.append("estimated" if state == INTERIOR else state)
        return tuple(found)

    # Behind it -------------------------------------------------------------------------------

    @property
    def _p(self) -> int:
        return int(self._likelihood.x.shape[1])

    @property
    def _z(self) -> float:
        return float(ndtri(0.5 + self.result.choices.level / 2))

    @cached_property
    def _errors(self) -> FloatArray:
        if not self.has_maximum:
            return np.full(len(self._fit.states), np.nan)
        return np.asarray(np.sqrt(np.diag(self._fit.covariance)))

    @property
    def _coefficient_names(self) -> tuple[str, ...]:
        names = getattr(getattr(self.result, "design", None), "names", ("mu",))
        return tuple(names)


def two_sided(z: Any) -> Any:
    """Two-sided p value of a standard normal statistic."""
    return 2 * ndtr(-np.abs(z))
