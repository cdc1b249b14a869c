"""p-uniform* in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from metaonc.diagnostics.selection.selection_words import FEW
from metaonc.diagnostics.selection.sides import side_text
from metaonc.effects import level_text
from metaonc.kernels.selection.p_uniform import Ratio
from metaonc.kernels.selection.selection_fits import AT_ZERO
from metaonc.pooling.interval import Interval
from metaonc.pooling.words import p_text, tau2_text

if TYPE_CHECKING:
    from metaonc.diagnostics.selection.p_uniform_star import PUniformStar


def cells(found: PUniformStar) -> list[list[str]]:
    """Mean on the displayed scale, and tau²."""
    effects = found.result.effects
    scale = effects.scale
    estimate, low, high, plain = map(
        float, effects.display([found.estimate, *found.interval, found.unadjusted])
    )
    interval = scale.interval_text(low, high) if found.interval.applies else "–"
    return [
        ["", "p-uniform*", f"{level_text(found.interval.level)} CI", "Without selection"],
        [scale.label, scale.number(estimate), interval, scale.number(plain)],
        [
            "tau²",
            tau2_text(found.tau2) if math.isfinite(found.tau2) else "–",
            _tau2_interval(found.tau2_interval),
            tau2_text(found.unadjusted_tau2),
        ],
    ]


def _tau2_interval(interval: Interval) -> str:
    if not interval.applies:
        return "–"
    high = tau2_text(interval.high) if math.isfinite(interval.high) else "∞"
    return f"{tau2_text(interval.low)} to {high}"


def sentences(found: PUniformStar) -> list[str]:
    """Counts, tests, what the likelihood does not decide, how to read it."""
    return [*_how(found), *_tests(found), *_limits(found), *_few(found)]


def _how(found: PUniformStar) -> list[str]:
    side = side_text(found.result, found.alternative)
    share = f"{found.significant} of {found.result.k} studies are significant {side}"
    how = "Maximum likelihood given which, profile-likelihood intervals."
    said = f"(alternative {found.alternative!r}, two-sided level {found.alpha:g})"
    return [f"{share} {said}. {how}"]


def _tests(found: PUniformStar) -> list[str]:
    if not found.has_maximum:
        return []
    said = [f"Test of no effect: {_ratio(found.effect_test)}."]
    if not math.isnan(found.heterogeneity_test.p_value):
        said.append(f"Test of no heterogeneity: {_ratio(found.heterogeneity_test)}.")
    bias = _ratio(found.bias_test)
    return [*said, f"Test of publication bias, against the fit without selection: {bias}."]


def _ratio(test: Ratio) -> str:
    return f"X² = {test.statistic:.2f}, df = {test.df}, {p_text(test.p_value)}"


def _limits(found: PUniformStar) -> list[str]:
    """What the likelihood does not decide."""
    said = []
    if not found.has_maximum:
        said.append(
            "The likelihood has no maximum that these studies decide, and no estimate is given."
        )
    elif AT_ZERO in found._found.fit.states:
        said.append("The likelihood is highest at tau² = 0.")
    if found.significant in (0, found.result.k):
        which = "no study is" if found.significant == 0 else "all studies are"
        said.append(
            f"As {which} significant, the mean and tau² rest on the shape of one side of a "
            "distribution alone."
        )
    return said


def _few(found: PUniformStar) -> list[str]:
    if found.result.k >= FEW:
        return []
    few = f"With k = {found.result.k}, fewer than {FEW} studies, the data hardly tell selection"
    return [
        f"{few} from a small effect or heterogeneity: a sensitivity analysis, not a correction."
    ]
