"""The information a meta-analysis needs before its test deserves trust, and what it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from metaonc.diagnostics.arguments import fraction, wanted_effect
from metaonc.diagnostics.conclusions.study_information import (
    StudyInformation,
    pooled_control_risk,
    required,
    study_information,
)
from metaonc.diagnostics.deletion.members import pooled
from metaonc.effects import level_text
from metaonc.errors import DiagnosticsError
from metaonc.kernels.information import diversity as diversity_of
from metaonc.pooling import PooledResult
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class RequiredInformation(Finding):
    """Required and accrued information; made by :func:`metaonc.required_information_size`.

    Attributes
    ----------
    result : PooledResult
        What was diagnosed.
    effect : float
        The effect to be shown, on the analysis scale.
    alpha, power, share : float
        Two-sided type I error, power, and share of the patients in arm 1.
    diversity : float
        D², a fraction, by which the size is adjusted.
    control_risk : float or None
        Risk in the control arm, for tables of counts.
    information : StudyInformation
        What each study adds, and its unit: events, patients, or one over the variance.
    unadjusted : float
        Required information if the effect is the same in all studies.
    """

    kind: ClassVar[str] = "metaonc required information size"
    result: PooledResult
    effect: float
    alpha: float
    power: float
    share: float
    diversity: float
    control_risk: float | None
    information: StudyInformation
    unadjusted: float

    @property
    def required(self) -> float:
        """Required information, adjusted for diversity."""
        return self.unadjusted / (1 - self.diversity)

    @property
    def accrued(self) -> float:
        """Information of all studies."""
        return float(self.information.amounts.sum())

    @property
    def fraction(self) -> float:
        """Accrued over required information."""
        return self.accrued / self.required

    def to_frame(self) -> pd.DataFrame:
        """One row: ``unit required_unadjusted diversity required accrued fraction``."""
        import pandas as pd

        row = {
            "unit": self.information.unit,
            "required_unadjusted": self.unadjusted,
            "diversity": self.diversity,
            "required": self.required,
            "accrued": self.accrued,
            "fraction": self.fraction,
        }
        return pd.DataFrame([row])

    def numbers(self) -> dict[str, Any]:
        """Under which assumptions."""
        names = ("effect", "alpha", "power", "share", "control_risk")
        return {name: getattr(self, name) for name in names}

    @property
    def title(self) -> str:
        """What was asked."""
        effects = self.result.effects
        shown = effects.scale.number(float(effects.display([self.effect])[0]))
        return (
            f"Required information size for a {effects.scale.name} of {shown} "
            f"(alpha {level_text(self.alpha)} two-sided, power {level_text(self.power)})"
        )

    def cells(self) -> list[list[str]]:
        """Required and accrued, in the unit."""
        unit = self.information.unit
        return [
            ["", unit],
            ["Required, same effect in all studies", _shown(self.unadjusted)],
            [f"Required, diversity D² = {self.diversity:.0%}", _shown(self.required)],
            ["Accrued", _shown(self.accrued)],
            ["Accrued / required", f"{self.fraction:.0%}"],
        ]

    @property
    def sentences(self) -> Sequence[str]:
        """What follows, and what the size rests on."""
        reached = self.fraction >= 1
        said = [
            "The required information size is reached."
            if reached
            else "The required information size is not reached: an unadjusted test may err more "
            "often than it says.",
            f"Accrued: {self.information.source}. {_SOURCES[self.information.unit]}",
            (
                "Adjusted by 1 / (1 - D²), D² the share of the random-effects mean's variance that "
                "heterogeneity accounts for (Wetterslev et al. 2009)."
            ),
        ]
        if self.control_risk is not None:
            said.insert(2, f"Risk in the control arm: {self.control_risk:.1%}.")
        return tuple(said)


_SOURCES = {
    "events": "Required: Schoenfeld 1981.",
    "patients": "Required: two risks and their mean's variance (Wetterslev et al. 2008).",
    "information": "Required: squared sum of the two quantiles over the squared effect.",
}


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def required_information_size(
    result: PooledResult,
    *,
    effect: float,
    alpha: float = 0.05,
    power: float = 0.8,
    share: float = 0.5,
    diversity: float | None = None,
    control_risk: float | None = None,
) -> RequiredInformation:
    r"""Information a meta-analysis needs to show an effect, as a single trial's size is planned.

    Parameters
    ----------
    result : PooledResult
        The meta-analysis.
    effect : float
        The effect worth showing, on the scale people read, e.g. a hazard ratio of 0.8.
    alpha : float, default 0.05
        Two-sided type I error.
    power : float, default 0.8
        Power.
    share : float, default 0.5
        Share of the patients in arm 1.
    diversity : float, optional
        D² to adjust by, a fraction from 0 to below 1. Default: the result's own; 0 for a fixed
        effect.
    control_risk : float, optional
        For tables of counts: risk in the control arm. Default: that of all control arms together.

    Returns
    -------
    RequiredInformation
        In events for hazard ratios (:math:`(z_{1-\alpha/2} + z_{1-\beta})^2 / \{p(1-p)\log^2
        \text{HR}\}`), patients for OR, RR and RD of counts, and otherwise one over the variance.

    Raises
    ------
    DiagnosticsError
        If an argument is out of its range, or the measure has no null value.

    Notes
    -----
    Schoenfeld, Biometrika 1981;68:316-319; Wetterslev, Thorlund, Brok & Gluud, J Clin Epidemiol
    2008;61:64-75, and BMC Med Res Methodol 2009;9:86 for the diversity D².

    Examples
    --------
    >>> import metaonc as mo
    >>> result = mo.pool(mo.load_registry().effects("pfs"))
    >>> needed = mo.required_information_size(result, effect=0.8, diversity=0)
    >>> round(needed.required)
    631
    """
    effects = pooled(result).effects
    wanted = wanted_effect(effects, effect)
    alpha, power = fraction("alpha", alpha), fraction("power", power)
    share = fraction("share", share)
    if power <= alpha:
        raise DiagnosticsError(f"power = {power!r} must exceed alpha = {alpha!r}.")
    if diversity is None:
        diversity = _own_diversity(result)
    elif diversity != 0:
        diversity = fraction("diversity", diversity)
    information = study_information(effects)
    if information.unit != "patients" and control_risk is not None:
        raise DiagnosticsError(
            f"control_risk = {control_risk!r} is for odds ratios, risk ratios and risk "
            "differences of counts; leave it out."
        )
    if information.unit == "patients":
        control_risk = (
            pooled_control_risk(effects)
            if control_risk is None
            else fraction("control_risk", control_risk)
        )
    unadjusted = required(
        effects,
        information.unit,
        wanted,
        alpha=alpha,
        power=power,
        share=share,
        control_risk=control_risk,
    )
    return RequiredInformation(
        result=result,
        effect=wanted,
        alpha=alpha,
        power=power,
        share=share,
        diversity=float(diversity),
        control_risk=control_risk,
        information=information,
        unadjusted=unadjusted,
    )


def _own_diversity(result: PooledResult) -> float:
    if result.choices.model == "fixed":
        return 0.0
    return diversity_of(result.fixed.wald_se, result.wald_se)
