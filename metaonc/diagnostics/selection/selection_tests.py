"""Tests of selection, and intervals from the profile likelihood."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from scipy.special import chdtrc

from metaonc.diagnostics.selection.selection_estimates import SelectionEstimates
from metaonc.effects import checked_level
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray
from metaonc.kernels.selection.selection_profiles import profile_limits
from metaonc.pooling.interval import Interval


class SelectionTests(SelectionEstimates):
    """Tests of a selection model; see :class:`metaonc.diagnostics.SelectionModel`."""

    @property
    def log_likelihood(self) -> float:
        """Maximised log-likelihood."""
        return self._fit.log_likelihood

    @property
    def null_log_likelihood(self) -> float:
        """Maximised log-likelihood without selection."""
        return self._null.log_likelihood

    @property
    def lr_df(self) -> int:
        """Weight parameters that are tested; 0 where all were given."""
        return int(np.isnan(self.selection.given).sum())

    @property
    def lr_statistic(self) -> float:
        """Likelihood-ratio statistic of no selection; NaN where all weights were given."""
        if self.lr_df == 0 or not self._null_is_inside:
            return math.nan
        return max(0.0, 2 * (self.log_likelihood - self.null_log_likelihood))

    @property
    def lr_p(self) -> float:
        """P value of `lr_statistic`, chi-square on `lr_df` degrees of freedom."""
        return float(chdtrc(self.lr_df, self.lr_statistic)) if self.lr_df else math.nan

    @property
    def wald_statistic(self) -> float:
        """Wald statistic of no selection; NaN where a weight parameter has no standard error."""
        free = np.isnan(self._given)
        if self.lr_df == 0 or self.lr_df > free.sum() or not self._null_is_inside:
            return math.nan
        off = (self.delta - self._testable_null)[free]
        part = self._fit.covariance[self._p + 1 :, self._p + 1 :][np.ix_(free, free)]
        if not (np.isfinite(part).all() and np.isfinite(off).all()):
            return math.nan
        return float(off @ np.linalg.solve(part, off))

    @property
    def wald_p(self) -> float:
        """P value of `wald_statistic`, chi-square on `lr_df` degrees of freedom."""
        statistic = self.wald_statistic
        return math.nan if math.isnan(statistic) else float(chdtrc(self.lr_df, statistic))

    def profile_interval(self, parameter: str = "mu", level: float | None = None) -> Interval:
        """Interval from the profile likelihood, which need not be symmetric.

        Parameters
        ----------
        parameter : str, default "mu"
            Name in `to_frame`: ``"mu"`` or that of a coefficient, ``"tau2"``, ``"delta_2"``, ...
        level : float, optional
            Default: the result's.

        Returns
        -------
        Interval
            On the analysis scale. A limit is infinite, or 0 for what may not be negative, where
            the likelihood does not fall far enough.

        Raises
        ------
        DiagnosticsError
            If there is no such parameter.
        """
        level = checked_level(
            self.result.choices.level if level is None else level, DiagnosticsError
        )
        names = [*self._coefficient_names, "tau2", *self.selection.names]
        if parameter not in names:
            raise DiagnosticsError(
                f"parameter = {parameter!r} must be one of {', '.join(map(repr, names))}."
            )
        index = names.index(parameter)
        reason = self._without_profile(index)
        if reason:
            return Interval.not_applicable(reason, method="profile", level=level)
        low, high = profile_limits(self._likelihood, self._fit, self._free, index, level)
        if index < self._p and self.selection.alternative == "less":
            low, high = -high, -low
        return Interval(low, high, method="profile", level=level)

    def _without_profile(self, index: int) -> str:
        """Why a parameter has no profile interval."""
        if not self.has_maximum:
            return "the likelihood has no maximum that the data decide"
        if self.states[index] in ("given", "empty"):
            return f"the parameter is not estimated ({self.states[index]})"
        return ""

    @property
    def _free(self) -> np.ndarray:
        tau2 = np.array([self._tau2_given is None])
        return np.concatenate([np.full(self._p, True), tau2, np.isnan(self._given)])

    @cached_property
    def profile_of_mean(self) -> Interval:
        """Profile interval of the mean, or of the first coefficient."""
        return self.profile_interval(self._coefficient_names[0])

    @property
    def _testable_null(self) -> FloatArray:
        """Parameters without selection; NaN for one that then has no meaning."""
        null = self.selection.null.copy()
        if self.selection.type == "negexppow":
            null[1] = np.nan
        return null

    @property
    def _null_is_inside(self) -> bool:
        """Whether no selection is a special case of the parameters that are estimated."""
        asked = self.selection.given
        return bool((np.isnan(asked) | (asked == self.selection.null)).all())
