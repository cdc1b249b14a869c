"""`p_uniform_star`: a mean from studies given whether each is significant."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from metaonc.diagnostics.selection import uniform_words as words
from metaonc.diagnostics.selection.sides import (
    ONE_SIDED,
    Alternative,
    alternative_of,
    check_p_values,
)
from metaonc.errors import DiagnosticsError
from metaonc.kernels.counts.conditional_likelihood import ConditionalLikelihood
from metaonc.kernels.selection.p_uniform import (
    Ratio,
    UniformFit,
    conditional_likelihood,
    fit_uniform,
    uniform_limits,
)
from metaonc.kernels.selection.selection_fits import RISING
from metaonc.pooling import MetaRegression, PooledResult
from metaonc.pooling.finding import Finding
from metaonc.pooling.interval import Interval

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PUniformStar(Finding):
    """A mean by p-uniform*. Everything numeric is on the analysis scale.

    Made by :func:`metaonc.p_uniform_star`.

    Attributes
    ----------
    result : PooledResult
        What was estimated again.
    alternative : {"greater", "less"}
        Side on which studies are significant.
    alpha : float
        Two-sided level of the studies' tests.
    """

    kind: ClassVar[str] = "p_uniform_star"

    result: PooledResult
    alternative: Alternative
    alpha: float
    _likelihood: ConditionalLikelihood
    _found: UniformFit

    @property
    def significant(self) -> int:
        """Number of studies that are significant on the side of `alternative`."""
        return int(self._likelihood.significant.sum())

    @property
    def has_maximum(self) -> bool:
        """Whether the likelihood has a maximum that the data decide."""
        fit = self._found.fit
        return not fit.flat and RISING not in fit.states

    @property
    def estimate(self) -> float:
        """The mean; NaN without a maximum."""
        return self._sign * float(self._found.fit.point.beta[0]) if self.has_maximum else math.nan

    @property
    def tau2(self) -> float:
        """Between-study variance; NaN without a maximum."""
        return self._found.fit.point.tau2 if self.has_maximum else math.nan

    @cached_property
    def interval(self) -> Interval:
        """Profile-likelihood interval of the mean, at the result's level."""
        found = self._profile(0)
        if not found.applies or self._sign > 0:
            return found
        return found.with_limits(-found.high, -found.low)

    @cached_property
    def tau2_interval(self) -> Interval:
        """Profile-likelihood interval of `tau2`."""
        if self._fixed:
            reason = "the between-study variance was not estimated"
            return Interval.not_applicable(reason, method="profile", level=self._level)
        return self._profile(1)

    @property
    def effect_test(self) -> Ratio:
        """Likelihood-ratio test of a mean of 0."""
        return self._found.no_effect

    @property
    def heterogeneity_test(self) -> Ratio:
        """Likelihood-ratio test of no variance between studies; NaN where it was given."""
        return self._found.no_variance

    @property
    def bias_test(self) -> Ratio:
        """Likelihood-ratio test of the mean and variance that maximum likelihood finds unadjusted.

        Conservative, because these come from the same studies.
        """
        return self._found.no_selection

    @property
    def unadjusted(self) -> float:
        """The mean by maximum likelihood without selection."""
        return self._sign * float(self._found.plain.beta[0])

    @property
    def unadjusted_tau2(self) -> float:
        """The between-study variance by maximum likelihood without selection."""
        return self._found.plain.tau2

    def to_frame(self) -> pd.DataFrame:
        """Mean and variance.

        Returns
        -------
        pandas.DataFrame
            Columns ``parameter estimate ci_low ci_high statistic p_value unadjusted``, on the
            analysis scale; the tests are of 0.
        """
        import pandas as pd

        tests = (self.effect_test, self.heterogeneity_test)
        intervals = (self.interval, self.tau2_interval)
        return pd.DataFrame(
            {
                "parameter": ["mu", "tau2"],
                "estimate": [self.estimate, self.tau2],
                "ci_low": [interval.low for interval in intervals],
                "ci_high": [interval.high for interval in intervals],
                "statistic": [test.statistic for test in tests],
                "p_value": [test.p_value for test in tests],
                "unadjusted": [self.unadjusted, self.unadjusted_tau2],
            }
        )

    @property
    def title(self) -> str:
        """What was estimated again."""
        return f"p-uniform*: {self.result.effects.scale.name}, k = {self.result.k}"

    def cells(self) -> list[list[str]]:
        """Mean on the displayed scale, and tau²."""
        return words.cells(self)

    @property
    def sentences(self) -> tuple[str, ...]:
        """Counts, tests, what the likelihood does not decide."""
        return tuple(words.sentences(self))

    def numbers(self) -> dict[str, Any]:
        """Side, level, counts and the test of publication bias."""
        return {
            "alternative": self.alternative,
            "alpha": self.alpha,
            "significant": self.significant,
            "has_maximum": self.has_maximum,
            "bias_statistic": self.bias_test.statistic,
            "bias_df": self.bias_test.df,
            "bias_p": self.bias_test.p_value,
            "log_likelihood": self._found.fit.log_likelihood,
        }

    @property
    def _sign(self) -> float:
        return -1.0 if self.alternative == "less" else 1.0

    @property
    def _level(self) -> float:
        return self.result.choices.level

    @property
    def _fixed(self) -> bool:
        return _tau2(self.result) is not None

    def _profile(self, index: int) -> Interval:
        if not self.has_maximum:
            reason = "the likelihood has no maximum that the data decide"
            return Interval.not_applicable(reason, method="profile", level=self._level)
        limits = uniform_limits(
            self._likelihood, self._found.fit, index, self._level, fixed=self._fixed
        )
        return Interval(*limits, method="profile", level=self._level)


def p_uniform_star(
    result: PooledResult | MetaRegression,
    *,
    alternative: str | None = None,
    alpha: float = 0.05,
) -> PUniformStar:
    """Estimate a mean given which studies are significant: p-uniform* [1]_.

    Each effect counts with its density among effects on its side of its own critical value, so that
    significant and other studies may have been published with any two probabilities. By maximum
    likelihood, whatever estimator the result used.

    Parameters
    ----------
    result : PooledResult
        What to estimate again: random effects, or a fixed effect with tau² = 0; a tau² that was
        given stays as it is.
    alternative : {"greater", "less"}, optional
        Side on which studies are significant, on the analysis scale. Default: that of the pooled
        effect.
    alpha : float, default 0.05
        Two-sided level of the studies' tests.

    Returns
    -------
    PUniformStar

    Raises
    ------
    DiagnosticsError
        If an argument is not one of the above, there are fewer than two studies, or the result is
        of correlated studies, of single arms, a model of counts or a meta-regression.

    References
    ----------
    .. [1] van Aert RCM, van Assen MALM. Correcting for publication bias in a meta-analysis with the
       p-uniform* method. 2021. doi:10.31222/osf.io/zqjr9

    Examples
    --------
    >>> import metaonc as mo
    >>> effects = mo.Effects(
    ...     [-0.9, -0.7, -0.6, -0.5, -0.45, -0.4, -0.3, -0.2, -0.1, 0.05],
    ...     [0.09, 0.08, 0.06, 0.05, 0.04, 0.03, 0.05, 0.02, 0.03, 0.02],
    ...     measure="HR",
    ... )
    >>> found = mo.p_uniform_star(mo.pool(effects))
    >>> print(f"{found.unadjusted:.3f} becomes {found.estimate:.3f}")
    -0.339 becomes -0.153
    """
    if isinstance(result, MetaRegression):
        raise DiagnosticsError(
            "p-uniform* has no moderators; use selection_model, or pool without moderators."
        )
    check_p_values(result, "p-uniform*")
    side = alternative_of(result, alternative, ONE_SIDED)
    if not 0 < alpha < 1:
        raise DiagnosticsError(f"alpha = {alpha!r} must lie between 0 and 1.")
    if result.k < 2:
        raise DiagnosticsError("p-uniform* needs two studies at least, and there is one.")
    effects = result.effects
    yi = -effects.yi if side == "less" else effects.yi
    likelihood = conditional_likelihood(yi, np.asarray(effects.vi), alpha / 2)
    found = fit_uniform(likelihood, tau2=_tau2(result))
    return PUniformStar(
        result=result, alternative=side, alpha=float(alpha), _likelihood=likelihood, _found=found
    )


def _tau2(result: PooledResult) -> float | None:
    choices = result.choices
    if choices.model == "fixed":
        return 0.0
    return None if isinstance(choices.tau2, str) else float(choices.tau2)
