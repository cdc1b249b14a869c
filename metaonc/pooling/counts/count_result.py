"""`CountResult`: a pooled result whose mean comes from counts, not from `yi` and `vi`."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from metaonc.errors import PoolingError
from metaonc.kernels.counts.beta_binomial import BetaBinomialFit
from metaonc.kernels.counts.mixed_counts import MixedFit
from metaonc.kernels.intervals import quantile
from metaonc.kernels.prediction import Prediction
from metaonc.pooling.certificate import Certificate
from metaonc.pooling.counts.count_beta import beta_binomial
from metaonc.pooling.counts.count_columns import counts_of
from metaonc.pooling.counts.count_fits import count_fit
from metaonc.pooling.counts.count_mixed import mixed_fit, tau_interval
from metaonc.pooling.counts.count_models import COUNT_MODELS, CountModel
from metaonc.pooling.interval import Interval
from metaonc.pooling.result import PooledResult
from metaonc.pooling.words import count_methods_sentence, tau2_text

if TYPE_CHECKING:
    import pandas as pd

    from metaonc.kernels import FloatArray
    from metaonc.kernels.counts.table_tests import ChiSquareTest

# Prediction intervals of mixed models, by what is taken off k for the degrees of freedom.
_PREDICTED_DF = {"HTS": 2.0, "V": 1.0, "S": -math.inf}
_NORMAL = "it is about effects with normal errors, and this model is about counts"


@dataclass(frozen=True, eq=False, repr=False)
class CountResult(PooledResult):
    """A pooled effect from a model for counts; made by :func:`metaonc.pool`.

    What rests on `yi` and `vi` with normal errors does not apply and says so: predictions of the
    studies' effects, and intervals of tau² other than by profile likelihood. The log-likelihood is
    that of the counts, NaN for a method that maximises none.
    """

    @property
    def count_model(self) -> CountModel:
        """The model: what it is called, and what it is for."""
        return COUNT_MODELS[str(self.choices.count_model)]

    def association_test(self, *, correct: bool = True) -> ChiSquareTest:
        """Cochran-Mantel-Haenszel test that the arms agree in every study.

        Parameters
        ----------
        correct : bool, default True
            Whether to take half an event off the difference.

        Returns
        -------
        ChiSquareTest
            ``(statistic, df, p_value)``; see
            :func:`metaonc.kernels.counts.table_tests.cochran_mantel_haenszel`.

        Raises
        ------
        PoolingError
            If there is one arm only.
        """
        from metaonc.kernels.counts.table_tests import cochran_mantel_haenszel

        rates = any(name.startswith("time") for name in self._column_names)
        return cochran_mantel_haenszel(*self._two_arms(), correct=correct, rates=rates)

    def homogeneity_test(self, *, tarone: bool = True) -> ChiSquareTest:
        """Breslow-Day test that the odds ratio is the same in every study.

        Parameters
        ----------
        tarone : bool, default True
            Whether to take off Tarone's correction.

        Returns
        -------
        ChiSquareTest
            ``(statistic, df, p_value)``; see
            :func:`metaonc.kernels.counts.table_tests.breslow_day`.

        Raises
        ------
        PoolingError
            If the effects are not odds ratios.
        """
        from metaonc.kernels.counts.table_tests import breslow_day

        if self.effects.measure not in ("OR", "PETO"):
            raise PoolingError(
                f"the Breslow-Day test is about odds ratios, not {self.effects.measure}; read `q`."
            )
        return breslow_day(*self._two_arms(), tarone=tarone)

    @property
    def _column_names(self) -> tuple[str, ...]:
        return self.count_model.columns[self.effects.measure]

    def _two_arms(self) -> list[FloatArray]:
        counts = counts_of(self.effects, self.count_model.name)
        if len(counts) != 4:
            raise PoolingError("there is one arm only, and nothing to test; compare two arms.")
        return counts

    # What a result has beside its mean --------------------------------------------------------

    @cached_property
    def fixed(self) -> PooledResult:
        """The common-effect result of the same counts: itself, or the model with tau² = 0."""
        if self.choices.model == "fixed" or self.choices.tau2 == 0.0:
            return self
        beside = replace(self.choices, tau2=0.0, ci="wald")
        return CountResult(self.effects, beside, count_fit(self.effects, beside))

    @cached_property
    def _mixed(self) -> MixedFit | None:
        """The mixed model behind the result; None for a common effect."""
        if not self.count_model.random:
            return None
        return mixed_fit(self.effects, self.choices).fit

    @cached_property
    def _beta_binomial(self) -> BetaBinomialFit | None:
        if self.count_model.name != "beta-binomial":
            return None
        return beta_binomial(self.effects)[1]

    @property
    def rho(self) -> float:
        """Intra-class correlation of a beta-binomial model; NaN for other models."""
        return math.nan if self._beta_binomial is None else self._beta_binomial.rho

    @property
    def rho_se(self) -> float:
        """Standard error of `rho`, from the observed information; NaN where it is 0."""
        return math.nan if self._beta_binomial is None else self._beta_binomial.rho_se

    @property
    def sigma2(self) -> float:
        """Variance of the studies' levels, where these are random (UM.RS); NaN otherwise."""
        return math.nan if self._mixed is None else self._mixed.level_sd**2

    @cached_property
    def log_likelihood(self) -> float:
        """Log-likelihood of the counts; NaN for a method that maximises none."""
        found = self._mixed or self._beta_binomial
        return math.nan if found is None else found.log_likelihood

    @cached_property
    def tau2_se(self) -> float:
        """Standard error of `tau2`, from the observed information; NaN where it is 0 or given."""
        return math.nan if self._mixed is None else 2 * self._mixed.tau * self._mixed.tau_se

    @property
    def _parameters(self) -> int:
        """Mean, tau² where estimated, and what the likelihood has beside them."""
        if self._beta_binomial is not None:
            return len(self._beta_binomial.proportions) + 1
        own = 0 if self._mixed is None else self._mixed.own_parameters
        return super()._parameters + own

    def certificate(self) -> Certificate:
        """The maxima of the likelihood that were found, and which one was taken."""
        found = self._mixed
        if found is None:
            return self._without_tau2()
        if not self._estimated:
            return super().certificate()
        places = tuple(tau**2 for tau in found.maxima)
        taken = int(np.argmin(np.abs(np.array(found.maxima) - found.tau)))
        heights = [
            mixed_fit(self.effects, replace(self.choices, tau2=place)).fit.log_likelihood
            for place in places
        ]
        return Certificate(
            method="ML",
            tau2=self.tau2,
            holds=heights[taken] >= max(heights) - 1e-9 * (1 + abs(max(heights))),
            low=self.tau2,
            high=self.tau2,
            maxima=places,
            log_likelihoods=tuple(height - max(heights) for height in heights),
            taken=taken,
        )

    def _without_tau2(self) -> Certificate:
        """What there is to verify where the model has no tau²: one of the likelihood's maxima."""
        reason, holds, found = "the model has a common effect", True, self._beta_binomial
        if found is not None:
            reason = (
                f"the model has an intra-class correlation instead, {self.rho:.3g}, the highest "
                f"of the likelihood's maxima ({', '.join(f'{rho:.3g}' for rho in found.maxima)})"
            )
            holds = found.rho in found.maxima and found.log_likelihood >= found.binomial - 1e-9
        return Certificate(method="ML", tau2=0.0, holds=holds, reason=reason)

    def _prediction_method(self, method: str | None) -> str:
        found = super()._prediction_method(method)
        if self.count_model.random and found not in (*_PREDICTED_DF, "none"):
            raise PoolingError(
                f"the prediction interval {found!r} is about effects with normal errors; use one "
                f"of {', '.join(map(repr, _PREDICTED_DF))}."
            )
        return found

    def _predicted(self, method: str, level: float) -> Prediction:
        unit, df = float(self._data.unit), self.k - _PREDICTED_DF[method]
        free = np.asarray(float(df) if df > 0 else math.nan)
        se = np.asarray(math.hypot(self.tau, self.wald_se) / unit)
        half = quantile(level, free) * se if df > 0 else free
        mean = np.asarray(self.estimate / unit)
        return Prediction(mean, se, free, mean - half, mean + half)

    @property
    def _tau2_method(self) -> str:
        return "PL"

    def tau2_interval(
        self,
        method: str | None = None,
        level: float | None = None,
        *,
        seed: int | None = None,
        draws: int | None = None,
    ) -> Interval:
        """Confidence interval of tau² of a mixed model by profile likelihood (``"PL"``).

        The outermost standard deviations that the likelihood ratio does not reject; the upper limit
        is infinite where none is rejected up to 8. The other methods are about effects with
        normal errors and do not apply; nor does any to a common effect. See
        :func:`metaonc.kernels.counts.mixed_counts.tau_limits`.

        Examples
        --------
        >>> import pandas as pd, metaonc as mo
        >>> frame = pd.DataFrame({"events": [3, 9, 4, 21], "n": [30, 40, 50, 60]})
        >>> fit = mo.pool(mo.effect_sizes("PLOGIT", frame), model="glmm")
        >>> low, high = fit.tau2_interval()
        >>> round(fit.tau2, 3), round(low, 3), round(high, 3)
        (0.42, 0.036, 3.508)
        """
        level, method = self._checked_level(level), self._checked_tau2_method(method)
        reason = _NORMAL if method != "PL" else ""
        if not self.count_model.random:
            reason = "the model has a common effect"
        elif self.q_df == 0:
            reason = "one study cannot show heterogeneity"
        if reason:
            return Interval.not_applicable(reason, method=method, level=level)
        low, high = tau_interval(self.effects, replace(self.choices, tau2="ML"), level)
        return Interval(low**2, high**2, method=method, level=level)

    def study_effects(self, level: float | None = None, *, display: bool = False) -> pd.DataFrame:
        """Not offered for counts.

        Raises
        ------
        PoolingError
            Always.
        """
        raise PoolingError(
            f"model = {self.count_model.name!r} makes no predictions of the studies' effects; "
            "use model='random'."
        )

    def methods(self) -> str:
        """One sentence that names every choice behind the result."""
        return count_methods_sentence(self)

    def _method_notes(self) -> list[str]:
        notes = super()._method_notes()
        if self._beta_binomial is not None:
            error = "" if self.rho == 0 else f" (standard error {self.rho_se:.2g})"
            notes.append(
                f"Intra-class correlation {self.rho:.3g}{error}: how much the proportions of an "
                "arm differ between studies beyond chance."
            )
        if math.isfinite(self.sigma2):
            notes.append(f"Variance of the studies' levels: {tau2_text(self.sigma2)}.")
        if any("continuity correction" in note for note in self.effects.notes):
            notes.append(
                "The pooled result takes the counts as they are; the continuity correction is in "
                "the studies' own effects only."
            )
        return notes
