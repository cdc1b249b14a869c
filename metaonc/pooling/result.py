"""`PooledResult`: what pooling found. Tables, figures and reports read only this."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from metaonc.effects import Effects, checked_level
from metaonc.errors import PoolingError
from metaonc.kernels import (
    Fit,
    FloatArray,
    fit,
    prediction_hts,
    studies,
)
from metaonc.kernels.prediction import PREDICTION_INTERVALS
from metaonc.kernels.tau2_intervals import TAU2_INTERVALS
from metaonc.pooling.choices import Choices
from metaonc.pooling.interval import Interval
from metaonc.pooling.plain import plain
from metaonc.pooling.policies import Policy, policy_named

if TYPE_CHECKING:
    import pandas as pd

TAU2_INTERVAL_NAMES = ("QP", "BJ", "J", "PL", "BT", "SJ")
# Fewest studies that leave a prediction interval its degrees of freedom; two for the others.
_THREE_STUDIES = ("HTS", "HK-PR", "KR-PR")


@dataclass(frozen=True, eq=False, repr=False)
class PooledResult:
    """A pooled effect. Everything numeric is on the analysis scale unless it says otherwise.

    Made by :func:`metaonc.pool`.

    Attributes
    ----------
    effects : Effects
        The studies that were pooled.
    choices : Choices
        Policy, model, tau² estimator, interval and level.
    """

    effects: Effects
    choices: Choices
    _fit: Fit

    # The mean --------------------------------------------------------------------------------

    @property
    def estimate(self) -> float:
        """Pooled mean, on the analysis scale."""
        return float(self._fit.estimate)

    @property
    def se(self) -> float:
        """Standard error behind the interval and the test."""
        return float(self._fit.inference.se)

    @property
    def wald_se(self) -> float:
        """Standard error from the weights alone."""
        return float(self._fit.wald_se)

    @property
    def ci_low(self) -> float:
        """Lower confidence limit, on the analysis scale."""
        return float(self._fit.inference.low)

    @property
    def ci_high(self) -> float:
        """Upper confidence limit, on the analysis scale."""
        return float(self._fit.inference.high)

    @property
    def statistic(self) -> float:
        """Estimate over standard error: z, or t with `df` degrees of freedom."""
        return float(self._fit.inference.statistic)

    @property
    def df(self) -> float:
        """Degrees of freedom of the test; infinite for a z test."""
        return float(self._fit.inference.df)

    @property
    def p_value(self) -> float:
        """Two-sided p value of "the mean is 0 on the analysis scale"; no meaning for one arm."""
        return float(self._fit.inference.p_value)

    @property
    def ci_method(self) -> str:
        """The interval that was used: ``"wald"``, ``"t"``, ``"hksj"`` and its variants."""
        if self.choices.ci != "auto":
            return self.choices.ci
        return "hksj" if self._fit.hartung_knapp else "wald"

    # The studies -----------------------------------------------------------------------------

    @property
    def k(self) -> int:
        """Number of studies."""
        return int(self._fit.k)

    @property
    def weights(self) -> FloatArray:
        """Share of each study in the mean, shape (k,), sum 1; read-only."""
        shares = self._fit.weights.view()
        shares.flags.writeable = False
        return shares

    # Heterogeneity ---------------------------------------------------------------------------

    @property
    def tau2(self) -> float:
        """Between-study variance, in squared units of `yi`; 0 for a fixed effect."""
        return float(self._fit.tau2)

    @property
    def q(self) -> float:
        """Cochran's Q."""
        return float(self._fit.heterogeneity.q)

    @property
    def q_df(self) -> int:
        """Degrees of freedom of Q: k - 1."""
        return int(self._fit.heterogeneity.q_df)

    @property
    def q_p(self) -> float:
        """P value of Q; 1 for one study."""
        return float(self._fit.heterogeneity.q_p)

    @property
    def i2_from_q(self) -> float:
        """I² from Q, a fraction: max(0, (Q - df) / Q)."""
        return float(self._fit.heterogeneity.i2_from_q)

    @property
    def i2_from_tau2(self) -> float:
        """I² from tau², a fraction: tau² / (tau² + typical sampling variance)."""
        return float(self._fit.heterogeneity.i2_from_tau2)

    @property
    def i2(self) -> float:
        """I², a fraction: from Q for a fixed effect, else from tau² or Q as the policy says."""
        return self.i2_from_q if self.heterogeneity_from == "q" else self.i2_from_tau2

    @property
    def h2(self) -> float:
        """H², in the same way as `i2`; from Q it is Q / df and may be below 1."""
        found = self._fit.heterogeneity
        return float(found.h2_from_q if self.heterogeneity_from == "q" else found.h2_from_tau2)

    @property
    def heterogeneity_from(self) -> str:
        """What `i2` and `h2` come from: ``"tau2"`` or ``"q"``."""
        return self.choices.heterogeneity_from

    @property
    def _policy(self) -> Policy:
        return policy_named(self.choices.policy)

    def tau2_interval(self, method: str = "QP", level: float | None = None) -> Interval:
        """Confidence interval of tau².

        Parameters
        ----------
        method : {"QP", "BJ", "J", "PL", "BT", "SJ"}, default "QP"
            Q-profile; generalised Q of Biggerstaff and Jackson (weights 1/vi) and of Jackson
            (weights 1/sqrt(vi)); profile likelihood (ML if tau² is, else REML); Biggerstaff and
            Tweedie; Sidik and Jonkman.
        level : float, optional
            Confidence level. Default: the result's.

        Returns
        -------
        Interval
            ``(low, high)`` in squared units of `yi`; ``(0, 0)`` where the effects agree too well
            for any tau²; not applicable for one study.

        Raises
        ------
        PoolingError
            If there is no such method.

        Examples
        --------
        >>> import metaonc as mo
        >>> low, high = mo.pool(mo.load_registry().effects("pfs")).tau2_interval()
        >>> round(low, 4), round(high, 4)
        (0.0126, 0.3292)
        """
        level = checked_level(self.choices.level if level is None else level, PoolingError)
        if method not in TAU2_INTERVAL_NAMES:
            names = ", ".join(map(repr, TAU2_INTERVAL_NAMES))
            raise PoolingError(f"no interval of tau² called {method!r}; use one of {names}.")
        if self.k < 2:
            return Interval.not_applicable(
                "one study cannot show heterogeneity", method=method, level=level
            )
        by_ml = method == "PL" and self.choices.tau2 == "ML"
        data = studies(self.effects.yi, self.effects.vi)
        limits = TAU2_INTERVALS["PL-ML" if by_ml else method](data, level)
        low, high = (float(limit * data.unit * data.unit) for limit in limits)
        return Interval(low, high, method=method, level=level)

    def prediction_interval(
        self, method: str | None = None, level: float | None = None
    ) -> Interval:
        """Interval for the effect in a new study, on the analysis scale.

        Parameters
        ----------
        method : {"HTS", "V", "S", "HK", "HK-se", "HK-PR", "KR", "KR-PR"}, optional
            Standard error of the mean and distribution. ``"HTS"``: Wald's, t with k - 2 degrees of
            freedom (Higgins, Thompson and Spiegelhalter, J R Stat Soc A 2009;172:137-159).
            ``"V"``: Wald's, k - 1. ``"S"``: Wald's, normal. ``"HK"``: Hartung-Knapp's, k - 1;
            ``"HK-se"``: the same, never below Wald's; ``"HK-PR"``: k - 2. ``"KR"``: Kenward and
            Roger's; ``"KR-PR"``: one degree of freedom less (both for REML only). Default: the
            policy's.
        level : float, optional
            Level. Default: the result's.

        Returns
        -------
        Interval
            ``(low, high)``; not applicable to a fixed effect, to fewer studies than the policy or
            the method asks for, and if the policy has none.

        Raises
        ------
        PoolingError
            If there is no such method, or it is one for REML only and tau² is another's.
        """
        level = checked_level(self.choices.level if level is None else level, PoolingError)
        chosen = self._prediction_method(method)
        missing = self._why_no_prediction(chosen, by_policy=method is None)
        if missing:
            return Interval.not_applicable(missing, method=chosen, level=level)
        if chosen == "HTS":
            low, high = prediction_hts(
                self._fit.estimate, self._fit.wald_se, self._fit.tau2, self._fit.k, level
            )
        else:
            data = studies(self.effects.yi, self.effects.vi)
            tau2 = self._fit.tau2 / data.unit / data.unit
            found = PREDICTION_INTERVALS[chosen](data, tau2, level)
            low, high = found.low * data.unit, found.high * data.unit
        if math.isnan(low):
            return Interval.not_applicable(
                f"{chosen} has no degrees of freedom left", method=chosen, level=level
            )
        return Interval(float(low), float(high), method=chosen, level=level)

    def _prediction_method(self, method: str | None) -> str:
        """The method that is asked for, else the policy's; "none" where that has none."""
        if method is None:
            return self._policy.prediction or "none"
        if method not in PREDICTION_INTERVALS:
            names = ", ".join(map(repr, PREDICTION_INTERVALS))
            raise PoolingError(f"no prediction interval called {method!r}; use one of {names}.")
        if method.startswith("KR") and self.choices.tau2 != "REML":
            raise PoolingError(f"the prediction interval {method!r} needs tau2='REML'.")
        return method

    def _why_no_prediction(self, method: str, by_policy: bool) -> str:
        if self.choices.model == "fixed":
            return "a fixed effect is the same in every study"
        if method == "none":
            return f"policy {self._policy.name} has no prediction interval; name a method"
        own = 3 if method in _THREE_STUDIES else 2
        needed = self._policy.min_k_prediction if by_policy else own
        if self.k < needed:
            return f"a prediction interval needs at least {needed} studies, got {self.k}"
        return ""

    # Beside it -------------------------------------------------------------------------------

    @cached_property
    def fixed(self) -> PooledResult:
        """The common-effect result of the same studies, with its Wald interval."""
        if self.choices.model == "fixed":
            return self
        level = self.choices.level
        beside = Choices(
            policy=self.choices.policy, model="fixed", tau2=0.0, ci="wald", level=level
        )
        found = fit(self.effects.yi, self.effects.vi, model="fixed", ci="wald", level=level)
        return PooledResult(self.effects, beside, found)

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know: about the inputs, then about the choices."""
        return (*self.effects.notes, *self._method_notes())

    def _method_notes(self) -> list[str]:
        notes = []
        wald = self._wald_half_width()
        if self.ci_method in ("hksj", "hksj-iqwig") and self.ci_high - self.estimate < wald:
            notes.append(
                "The Hartung-Knapp interval is narrower than the Wald interval "
                f"({self._wald_text(wald)})."
            )
        estimated = isinstance(self.choices.tau2, str)
        if self.k == 1 and self.choices.model == "random" and estimated:
            notes.append("One study: heterogeneity cannot be estimated, and tau² is taken as 0.")
        return notes

    def _wald_half_width(self) -> float:
        from scipy.special import ndtri

        return float(ndtri(0.5 + self.choices.level / 2)) * self.wald_se

    def _wald_text(self, half_width: float) -> str:
        limits = self.effects.display([self.estimate - half_width, self.estimate + half_width])
        return self.effects.scale.interval_text(*map(float, limits))

    # Output ----------------------------------------------------------------------------------

    def display(self) -> tuple[float, float, float]:
        """Pooled estimate and confidence limits on the displayed scale (ratios, proportions)."""
        estimate, low, high = self.effects.display([self.estimate, self.ci_low, self.ci_high])
        return float(estimate), float(low), float(high)

    def methods(self) -> str:
        """One sentence that names every choice behind the result."""
        from metaonc.pooling.words import methods_sentence

        return methods_sentence(self)

    def to_frame(self) -> pd.DataFrame:
        """One row per study, then the pooled rows: displayed scale, with weights as fractions.

        Returns
        -------
        pandas.DataFrame
            Columns ``label estimate low high weight_fixed weight_random``; the pooled rows are
            labelled "Common effect" and "Random effects", and "Prediction interval" where it
            applies.
        """
        from metaonc.pooling.words import result_frame

        return result_frame(self)

    def to_dict(self) -> dict[str, Any]:
        """Everything in the result as plain values, ready for JSON; NaN and inf become None."""
        prediction = self.prediction_interval()
        tau2_interval = self.tau2_interval()
        estimate, low, high = self.display()
        return {
            "title": self.effects.title,
            "measure": self.effects.measure,
            "choices": asdict(self.choices),
            "k": self.k,
            "estimate": self.estimate,
            "se": self.se,
            "ci_low": self.ci_low,
            "ci_high": self.ci_high,
            "ci_method": self.ci_method,
            "statistic": plain(self.statistic),
            "df": plain(self.df),
            "p_value": self.p_value,
            "displayed": {"estimate": estimate, "low": low, "high": high},
            "tau2": self.tau2,
            "tau2_interval": [plain(limit) for limit in tau2_interval],
            "q": self.q,
            "q_df": self.q_df,
            "q_p": self.q_p,
            "i2": self.i2,
            "i2_from_q": self.i2_from_q,
            "i2_from_tau2": self.i2_from_tau2,
            "h2": self.h2,
            "prediction_interval": [plain(limit) for limit in prediction],
            "studies": self._studies(),
            "left_out": [asdict(out) for out in self.effects.left_out],
            "notes": list(self.notes),
            "methods": self.methods(),
        }

    def _studies(self) -> list[dict[str, Any]]:
        weights = np.asarray(self.weights).tolist()
        rows = self.effects.to_frame(self.choices.level).to_dict("records")
        return [
            {str(name): plain(value) for name, value in row.items()} | {"weight": weight}
            for row, weight in zip(rows, weights, strict=True)
        ]

    def summary(self) -> str:
        """Text a person wants to read: studies, pooled results, heterogeneity, methods, notes.

        Examples
        --------
        >>> import metaonc as mo
        >>> text = mo.pool(mo.load_registry().effects("pfs")).summary()
        >>> print(text.splitlines()[0])
        Progression-free survival or time to progression: hazard ratio, k = 6
        """
        from metaonc.pooling.words import summary_text

        return summary_text(self)

    def __repr__(self) -> str:
        from metaonc.pooling.words import effect_text

        fixed = self.choices.model == "fixed"
        model = "fixed effect" if fixed else f"random effects, tau² = {self.tau2:.3g}"
        return f"<PooledResult: {effect_text(self)}, k = {self.k}, {model}>"
