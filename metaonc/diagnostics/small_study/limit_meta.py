"""`limit_meta_analysis`: what the studies would show if each were infinitely large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy.special import chdtrc

from metaonc.diagnostics.small_study.guards import pooled
from metaonc.diagnostics.small_study.precision import chosen
from metaonc.diagnostics.small_study.repooled import mean_fit
from metaonc.diagnostics.words import effect_cell, p_cell
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray
from metaonc.kernels.intervals import infer
from metaonc.kernels.limit_effects import limit_effects
from metaonc.kernels.moderators import aliased
from metaonc.pooling import PooledResult, p_text
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd

_WORDS = {
    "beta0": "the expectation of an infinitely large study",
    "betalim": "the end of the line through the limit studies",
    "mulim": "the common effect of the limit studies",
}
METHODS = tuple(_WORDS)


@dataclass(frozen=True, eq=False, repr=False)
class LimitMetaAnalysis(Finding):
    """A meta-analysis adjusted for small-study effects. Made by `limit_meta_analysis`.

    Attributes
    ----------
    result : PooledResult
        The result that is adjusted.
    method : str
        As in :func:`metaonc.limit_meta_analysis`.
    estimate, se, ci_low, ci_high, p_value : float
        The adjusted effect, on the analysis scale.
    alpha, beta : float
        Intercept and slope of the line in the radial plot: small-study effect and effect.
    tau2 : float
        Between-study variance of the result.
    limits : ndarray, shape (k,)
        Effects of the studies if each were infinitely large.
    q, q_small, q_residual : float
        Cochran's Q, what the small-study effect explains of it, and what is left, with k - 1, 1
        and k - 2 degrees of freedom.
    g2 : float
        Share of the variation of the limit studies that the line leaves unexplained.
    """

    result: PooledResult
    method: str
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p_value: float
    alpha: float
    beta: float
    tau2: float
    limits: FloatArray
    q: float
    q_small: float
    q_residual: float
    g2: float
    kind: ClassVar[str] = "limit meta-analysis"

    @property
    def small_study_p(self) -> float:
        """P value of the small-study effect, from `q_small`."""
        return float(chdtrc(1, self.q_small))

    def curve(self, se: Any) -> FloatArray:
        """Mean effect of studies with these standard errors, shape of `se`, analysis scale."""
        spread = np.sqrt(np.asarray(se, dtype=float) ** 2 + self.tau2)
        return np.asarray(self.beta + self.alpha * spread)

    def to_frame(self) -> pd.DataFrame:
        """One row per study: ``label yi sei limit``."""
        import pandas as pd

        effects = self.result.effects
        return pd.DataFrame(
            {"label": effects.labels, "yi": effects.yi, "sei": effects.sei, "limit": self.limits}
        )

    def numbers(self) -> dict[str, Any]:
        """The adjusted effect and what it comes from."""
        names = (
            *("method", "estimate", "se", "ci_low", "ci_high", "p_value", "alpha", "beta", "tau2"),
            *("q", "q_small", "q_residual", "small_study_p", "g2"),
        )
        return {name: getattr(self, name) for name in names}

    @property
    def title(self) -> str:
        """The adjusted effect."""
        effects = self.result.effects
        shown = effect_cell(effects, self.estimate, self.ci_low, self.ci_high)
        return f"Limit meta-analysis: {effects.scale.name} {shown}"

    def cells(self) -> list[list[str]]:
        """The result as it is, and adjusted."""
        effects = self.result.effects
        return [
            ["", f"{effects.scale.name} (interval)", "p"],
            *(
                [name, effect_cell(effects, at.estimate, at.ci_low, at.ci_high), p_cell(at.p_value)]
                for name, at in (("observed", self.result), ("adjusted", self))
            ),
        ]

    @property
    def sentences(self) -> Sequence[str]:
        """How it was made, what heterogeneity is left, and what limits it."""
        k = self.result.k
        left = p_text(float(chdtrc(k - 2, self.q_residual)))
        said = [
            (
                f"Adjusted effect: {_WORDS[self.method]} (Rücker et al., Biostatistics "
                "2011;12:122-142)."
            ),
            (
                f"Small-study effect: Q = {self.q_small:.2f}, df = 1, "
                f"{p_text(self.small_study_p)}; what it leaves: Q = {self.q_residual:.2f}, "
                f"df = {k - 2}, {left}; G² = {self.g2:.0%}."
            ),
        ]
        if self.tau2 == 0:
            said.append(
                "The between-study variance is 0, so that every limit study is at the same effect "
                "and the adjusted one is where the line ends."
            )
        return tuple(said)


def limit_meta_analysis(result: PooledResult, method: str = "beta0") -> LimitMetaAnalysis:
    r"""Adjust a result for small-study effects by a limit meta-analysis.

    Parameters
    ----------
    result : PooledResult
        At least 3 independent effects whose standard errors differ. Its between-study variance is
        used.
    method : {"beta0", "betalim", "mulim"}, default "beta0"
        The adjusted effect: what is expected of an infinitely large study; where the line through
        the limit studies in the radial plot ends; their common effect.

    Returns
    -------
    LimitMetaAnalysis

    Raises
    ------
    DiagnosticsError
        If there are fewer studies, their standard errors are all the same, or the result is a
        model of counts, which has no such line.

    Notes
    -----
    In :math:`y_i = \beta + \sqrt{v_i + \tau^2} (\alpha + \varepsilon_i)` a study grows without
    bound when :math:`v_i \to 0`: its effect is then :math:`\hat\beta + \{\tau / \sqrt{v_i +
    \tau^2}\} (y_i - \hat\beta)`, and the expectation is :math:`\hat\beta + \tau\hat\alpha` [1]_.
    The interval is normal; that of ``"beta0"`` has the variance of this combination at unit
    residual variance, those of the others take the limit studies with the variances :math:`v_i`.

    .. [1] Rücker G, Schwarzer G, Carpenter JR, Binder H, Schumacher M. Biostatistics
       2011;12:122-142. doi:10.1093/biostatistics/kxq046

    Examples
    --------
    >>> import metaonc as mo
    >>> mo.limit_meta_analysis(mo.pool(mo.load_registry().effects("pfs")))
    <LimitMetaAnalysis: Limit meta-analysis: hazard ratio 0.66 (0.42 to 1.05)>
    """
    effects = pooled(result, "limit_meta_analysis()").effects
    chosen("method", method, METHODS)
    if result.choices.count_model is not None:
        raise DiagnosticsError(
            f"model = {result.choices.count_model!r} pools tables; a limit meta-analysis needs the "
            "effects with their variances (model='random')."
        )
    if effects.k < 3 or aliased(np.column_stack([np.ones(effects.k), effects.sei])):
        raise DiagnosticsError(
            "limit_meta_analysis() needs at least 3 studies whose standard errors are not all the "
            "same."
        )
    tau2 = float(mean_fit(effects, result.choices).tau2)
    found = limit_effects(effects.yi, effects.vi, tau2)
    estimate, se = found.adjusted[method]
    about = infer(np.asarray(estimate), np.asarray(se), np.asarray(np.inf), result.choices.level)
    return LimitMetaAnalysis(
        result=result,
        method=method,
        estimate=estimate,
        se=se,
        ci_low=float(about.low),
        ci_high=float(about.high),
        p_value=float(about.p_value),
        alpha=found.alpha,
        beta=found.beta,
        tau2=tau2,
        limits=found.limits,
        q=found.q,
        q_small=max(0.0, found.q - found.q_residual),
        q_residual=found.q_residual,
        g2=found.g2,
    )
