"""The table of effect measures: the one place that knows their names, scales and null values."""

from __future__ import annotations

from typing import Any

import numpy as np

from metaonc.effects.scales import transforms as ways
from metaonc.effects.scales.measure import Measure, checked_level, level_text
from metaonc.effects.scales.transforms import FloatArray, freeman_tukey, freeman_tukey_inverse
from metaonc.errors import EffectsError

__all__ = [
    "MEASURES",
    "FloatArray",
    "Measure",
    "checked_level",
    "freeman_tukey",
    "freeman_tukey_inverse",
    "level_text",
    "measure_named",
]


def _label(name: str) -> str:
    return name[0].upper() + name[1:]


def _ratio(code: str, name: str, more: str, **details: Any) -> Measure:
    """Two groups on a log axis: the analysis scale is the logarithm, no effect is 1."""
    values = {"analysis_scale": f"log {name}", "null": 1.0, "log_axis": True, "lowest": 0.0}
    scale = {"back": np.exp, "forward": np.log}
    return Measure(
        code=code, name=name, label=_label(name), more=more, **{**values, **scale, **details}
    )


def _difference(code: str, name: str, more: str, **details: Any) -> Measure:
    """Two groups: analysed as it is read, no effect is 0."""
    values = {"label": _label(name), "analysis_scale": name, "decimals": 3}
    return Measure(code=code, name=name, more=more, **{**values, **details})


def _correlation(code: str, name: str, scale: str, **details: Any) -> Measure:
    """An association between -1 and 1."""
    values = {"label": _label(name), "decimals": 3, "lowest": -1.0, "highest": 1.0, "more": name}
    return Measure(code=code, name=name, analysis_scale=scale, **{**values, **details})


def _fisher(code: str, name: str, **details: Any) -> Measure:
    scale: dict[str, Any] = {"back": np.tanh, "forward": np.arctanh, "decimals": 2}
    return _correlation(code, name, "Fisher's z", **{**scale, **details})


def _chance(code: str, name: str) -> Measure:
    """The chance of a higher value in one group; one half says nothing, and zero is no null."""
    return Measure(
        code=code,
        name=name,
        label=_label(name),
        analysis_scale=name,
        null=None,
        decimals=3,
        lowest=0.0,
        highest=1.0,
    )


def _proportion(code: str, scale: str, **details: Any) -> Measure:
    """One group, read in percent."""
    return Measure(
        code=code,
        name="proportion",
        label="Proportion (%)",
        analysis_scale=scale,
        null=None,
        share=True,
        per=100.0,
        scalable=True,
        decimals=1,
        lowest=0.0,
        highest=1.0,
        **details,
    )


def _single(code: str, name: str, scale: str, **details: Any) -> Measure:
    """One group, read in its own units: nothing to compare with."""
    return Measure(
        code=code, name=name, label=_label(name), analysis_scale=scale, null=None, **details
    )


_LOG = {"back": np.exp, "forward": np.log, "lowest": 0.0}
_ARCSINE = {"back": ways.arcsine_inverse, "forward": ways.arcsine}
_ROOT = {"back": ways.square, "forward": np.sqrt, "lowest": 0.0}

TIME_TO_EVENT = (_ratio("HR", "hazard ratio", "hazard"),)
TWO_ARM_COUNTS = (
    _ratio("OR", "odds ratio", "odds"),
    _ratio("RR", "risk ratio", "risk"),
    _difference("RD", "risk difference", "risk", scalable=True),
    _difference("AS", "arcsine difference", "risk"),
    _ratio("PETO", "Peto odds ratio", "odds"),
    _correlation("PHI", "phi coefficient", "phi coefficient", more="risk"),
    _fisher("ZPHI", "phi coefficient", more="risk"),
    _correlation("RTET", "tetrachoric correlation", "tetrachoric correlation", more="risk"),
    _fisher("ZTET", "tetrachoric correlation", more="risk"),
    _correlation("YUQ", "Yule's Q", "Yule's Q", more="risk"),
    _correlation("YUY", "Yule's Y", "Yule's Y", more="risk"),
    _difference("PBIT", "probit difference", "risk"),
    _difference("OR2DN", "standardised mean difference", "mean"),
    _difference("OR2DL", "standardised mean difference", "mean"),
)
MATCHED_PAIRS = (
    _ratio("MPOR", "marginal odds ratio", "odds"),
    _ratio("MPORC", "conditional odds ratio", "odds"),
    _ratio("MPPETO", "conditional odds ratio (Peto)", "odds"),
    _ratio("MPORM", "marginal odds ratio", "odds"),
    _ratio("MPRR", "matched-pairs risk ratio", "risk"),
    _difference("MPRD", "matched-pairs risk difference", "risk"),
)
PROPORTIONS = (
    _proportion("PRAW", "proportion"),
    _proportion("PLN", "log proportion", back=np.exp, forward=np.log),
    _proportion("PLOGIT", "log odds", back=ways.expit, forward=ways.logit),
    _proportion(
        "PRZ",
        "probit of the proportion",
        back=ways.normal_probability,
        forward=ways.normal_quantile,
    ),
    _proportion("PAS", "arcsine square root of the proportion", **_ARCSINE),
    _proportion(
        "PFT",
        "Freeman-Tukey double arcsine of the proportion",
        sized_back=freeman_tukey_inverse,
        sized_forward=freeman_tukey,
        **_ARCSINE,
    ),
)
RATES = (
    _ratio("IRR", "rate ratio", "rate"),
    _difference("IRD", "rate difference", "rate", scalable=True),
    _difference("IRSD", "square-root rate difference", "rate"),
    _single("IR", "incidence rate", "rate", lowest=0.0, decimals=3, scalable=True),
    _single("IRLN", "incidence rate", "log rate", decimals=3, scalable=True, **_LOG),
    _single("IRS", "incidence rate", "square root of the rate", decimals=3, scalable=True, **_ROOT),
    _single(
        "IRFT",
        "incidence rate",
        "Freeman-Tukey double square root of the rate",
        decimals=3,
        scalable=True,
        sized_back=ways.freeman_tukey_rate_inverse,
        sized_forward=ways.freeman_tukey_rate,
        **_ROOT,
    ),
)
MEANS = (
    _difference("MD", "mean difference", "mean"),
    _difference("SMD", "standardised mean difference", "mean"),
    _difference("SMDH", "standardised mean difference (unequal variances)", "mean"),
    _difference("SMD1", "standardised mean difference (Glass)", "mean"),
    _difference("SMD1H", "standardised mean difference (Glass, unequal variances)", "mean"),
    _ratio("ROM", "ratio of means", "mean"),
    _ratio("VR", "ratio of standard deviations", "standard deviation"),
    _ratio("CVR", "ratio of coefficients of variation", "coefficient of variation"),
    _ratio("D2ORN", "odds ratio", "odds"),
    _ratio("D2ORL", "odds ratio", "odds"),
    _correlation("RPB", "point-biserial correlation", "correlation", more="mean"),
    _fisher("ZPB", "point-biserial correlation", more="mean"),
    _correlation("RBIS", "biserial correlation", "correlation", more="mean"),
    _fisher("ZBIS", "biserial correlation", more="mean"),
    _chance("CLESN", "common-language effect size"),
    _chance("AUC", "area under the ROC curve"),
    _single("MN", "mean", "mean"),
    _single("MNLN", "mean", "log mean", **_LOG),
    _single("SDLN", "standard deviation", "log standard deviation", **_LOG),
    _single("CVLN", "coefficient of variation", "log coefficient of variation", **_LOG),
    _difference("MC", "mean change", "mean after than before"),
    _difference("SMCC", "standardised mean change (by the change)", "mean after than before"),
    _difference("SMCR", "standardised mean change (by the raw score)", "mean after than before"),
    _ratio("ROMC", "ratio of means, after to before", "mean after than before"),
    _ratio("VRC", "ratio of standard deviations, after to before", "spread after than before"),
    _ratio(
        "CVRC", "ratio of coefficients of variation, after to before", "spread after than before"
    ),
)
ASSOCIATIONS = (
    _correlation("COR", "correlation", "correlation"),
    _correlation("UCOR", "correlation", "correlation without its bias"),
    _fisher("ZCOR", "correlation"),
    _correlation("PCOR", "partial correlation", "partial correlation"),
    _fisher("ZPCOR", "partial correlation"),
    _single("ARAW", "Cronbach's alpha", "alpha", highest=1.0, decimals=3),
    _single(
        "AHW",
        "Cronbach's alpha",
        "Hakstian and Whalen's transformed alpha",
        back=ways.hakstian_whalen_inverse,
        forward=ways.hakstian_whalen,
        highest=1.0,
        decimals=3,
    ),
    _single(
        "ABT",
        "Cronbach's alpha",
        "Bonett's transformed alpha",
        back=ways.bonett_inverse,
        forward=ways.bonett,
        highest=1.0,
        decimals=3,
    ),
)
GENERIC = (
    Measure(code="GEN", name="effect", label="Effect", analysis_scale="effect", more="effect"),
)

MEASURES = {
    measure.code: measure
    for family in (
        TIME_TO_EVENT,
        TWO_ARM_COUNTS,
        MATCHED_PAIRS,
        PROPORTIONS,
        RATES,
        MEANS,
        ASSOCIATIONS,
        GENERIC,
    )
    for measure in family
}


# Other programs' codes -> ours.
ALIASES = {"PR": "PRAW", "PLO": "PLOGIT", "OR2D": "OR2DL", "D2OR": "D2ORL"}


def measure_named(code: str) -> Measure:
    """Return the measure with this code, or with another program's code for it.

    Raises
    ------
    EffectsError
        If there is none.

    Examples
    --------
    >>> measure_named("HR").analysis_scale
    'log hazard ratio'
    >>> measure_named("PLO").code  # metafor's code
    'PLOGIT'
    """
    code = ALIASES.get(code, code)
    if code not in MEASURES:
        raise EffectsError(f"no effect measure {code!r}; the measures are {', '.join(MEASURES)}.")
    return MEASURES[code]
