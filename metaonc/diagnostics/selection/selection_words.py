"""A selection model in words: its table, its tests, and what the data leave open."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from metaonc.diagnostics.selection.sides import side_text
from metaonc.effects import level_text
from metaonc.kernels.selection.selection_fits import AT_ZERO, RISING
from metaonc.pooling import MetaRegression
from metaonc.pooling.words import p_text, tau2_text

if TYPE_CHECKING:
    from metaonc.diagnostics.selection.selection_result import SelectionModel

TYPES = {
    "stepfun": "step function",
    "trunc": "truncated distribution",
    "beta": "beta",
    "halfnormal": "half-normal",
    "negexp": "negative exponential",
    "logistic": "logistic",
    "power": "power",
    "negexppow": "negative exponential power",
}
_PRECISION = {"sei": "the standard error", "vi": "the variance"}
# Below this many studies simulations of selection models hardly converge or cover.
FEW = 20


def title(found: SelectionModel) -> str:
    """What was estimated again, and how."""
    kind = TYPES[found.selection.type]
    return f"Selection model ({kind}): {found.result.effects.scale.name}, k = {found.result.k}"


def cells(found: SelectionModel) -> list[list[str]]:
    """Coefficients on the displayed scale, tau², and the weights."""
    level = level_text(found.result.choices.level)
    rows = [["", "Adjusted", f"{level} CI", "Without selection"]]
    frame = found.to_frame()
    numbers = frame[["estimate", "ci_low", "ci_high", "unadjusted"]].to_numpy(dtype=float)
    p = len(found.coefficients)
    for at, (name, state, values) in enumerate(
        zip(frame["parameter"], found.states, numbers.tolist(), strict=True)
    ):
        if at < p:
            rows.append(_coefficient(found, str(name), *values))
        elif at == p:
            rows.append(_variance(*values, state=state))
        else:
            rows.append([weight_name(found, at - p - 1), *_weight(*values, state=state)])
    return rows


def _coefficient(
    found: SelectionModel, name: str, estimate: float, low: float, high: float, null: float
) -> list[str]:
    scale, result = found.result.effects.scale, found.result
    shown = [estimate, low, high, null]
    if isinstance(result, MetaRegression):
        shown = list(np.exp(shown)) if scale.log_axis else shown
    else:
        shown, name = list(map(float, result.effects.display(shown))), scale.label
    interval = scale.interval_text(*shown[1:3]) if math.isfinite(low) else "–"
    return [name, scale.number(shown[0]), interval, scale.number(shown[3])]


def _variance(estimate: float, low: float, high: float, null: float, *, state: str) -> list[str]:
    if state == "given":
        return ["tau² (given)", tau2_text(estimate), "", tau2_text(null)]
    interval = f"{tau2_text(low)} to {tau2_text(high)}" if math.isfinite(high) else "–"
    shown = tau2_text(estimate) if math.isfinite(estimate) else "–"
    return ["tau²", shown, interval, tau2_text(null)]


def _weight(estimate: float, low: float, high: float, null: float, *, state: str) -> list[str]:
    shown = "–" if math.isnan(estimate) else _number(estimate)
    interval = f"{_number(low)} to {_number(high)}" if math.isfinite(high) else "–"
    return [shown, state if state in ("given", "empty") else interval, _number(null)]


def _number(value: float) -> str:
    if math.isinf(value):
        return "∞"
    return f"{value:.2f}" if value == 0 or abs(value) >= 0.01 else f"{value:.1g}"


def weight_name(found: SelectionModel, at: int) -> str:
    """A parameter of the weight function, or the interval whose weight it is."""
    choices = found.selection
    if choices.type == "stepfun":
        low, high = choices.intervals[at + 1]
        return f"weight, p {low:g} to {high:g} (k = {found.counts[at + 1]})"
    if choices.type == "trunc":
        return f"weight, other side of 0 (k = {found.counts[1]})"
    return choices.names[at].replace("_", " ") if len(choices.names) > 1 else "delta"


def sentences(found: SelectionModel) -> list[str]:
    """How it was made, the tests, what the likelihood does not decide, how to read it."""
    return [
        how(found),
        *_profile(found),
        *_tests(found),
        *_limits(found),
        *_few(found),
    ]


def how(found: SelectionModel) -> str:
    """Selection for what, and the intervals with their studies."""
    choices = found.selection
    side = side_text(found.result, choices.alternative)
    p = "two-sided" if choices.alternative == "two-sided" else "one-sided"
    said = f"Selection of small {p} p values {side} (alternative {choices.alternative!r})"
    if choices.type == "stepfun":
        first = f"weights relative to p up to {choices.steps[0]:g} (k = {found.counts[0]})"
        named = f", fixed as {choices.said} by Vevea and Woods" if choices.said else ""
        said += f"; {first}{named}"
    elif choices.type == "trunc":
        said += f"; weights relative to the selected side of 0 (k = {found.counts[0]})"
    elif choices.steps:
        said += f"; all studies with p up to {choices.steps[0]:g} are seen (k = {found.counts[0]})"
    if choices.prec:
        said += f"; delta multiplied by {_PRECISION[choices.prec]} relative to the largest"
    return f"{said}. Maximum likelihood, Wald intervals."


def _tests(found: SelectionModel) -> list[str]:
    if math.isnan(found.lr_statistic):
        return ["No test of selection: its strength was given."]
    lr = f"X² = {found.lr_statistic:.2f}, df = {found.lr_df}, {p_text(found.lr_p)}"
    if math.isnan(found.wald_p):
        wald = "no Wald test, because a weight parameter has no standard error"
        if found.selection.type == "negexppow":
            wald = "without selection delta 2 has no meaning, so that p is approximate"
    else:
        wald = f"Wald X² = {found.wald_statistic:.2f}, {p_text(found.wald_p)}"
    return [f"Test of no selection: likelihood ratio {lr}; {wald}."]


def _limits(found: SelectionModel) -> list[str]:
    """What the likelihood does not decide."""
    p, states = len(found.coefficients), found.states
    said = []
    if found.flat:
        said.append(
            "The likelihood is flat: very different means and weights fit these studies equally "
            "well, and no adjusted estimate is given."
        )
    elif not found.has_maximum:
        said.append(
            "The likelihood has no maximum: it still rises where the mean or tau² is far beyond "
            "the studies, and no adjusted estimate is given."
        )
    if states[p] == AT_ZERO and found.has_maximum:
        said.append("The likelihood is highest at tau² = 0; a standard error has no meaning there.")
    for at, state in enumerate(states[p + 1 :]):
        name = weight_name(found, at).split(" (k")[0]
        name = name.replace("weight, ", "weight for ")
        if state == "empty":
            said.append(
                f"{_begun(name)}: no study, so that the likelihood is highest at 0 and there is no "
                "standard error."
            )
        elif state == AT_ZERO:
            said.append(f"The likelihood is highest at {name} = 0, no selection.")
        elif state == RISING and found.has_maximum:
            end = "grows without end" if found.delta[at] > 0 else "falls to 0"
            said.append(f"{_begun(name)}: no estimate, the likelihood rises as it {end}.")
    if {"empty", AT_ZERO, RISING} & set(states[p:]) and found.has_maximum:
        said.append("Standard errors are given with the parameters that have none held fixed.")
    return said


def _begun(name: str) -> str:
    return name[:1].upper() + name[1:]


def _profile(found: SelectionModel) -> list[str]:
    """The interval of the mean that need not be symmetric."""
    interval = found.profile_of_mean
    if isinstance(found.result, MetaRegression) or not interval.applies:
        return []
    scale = found.result.effects.scale
    limits = scale.interval_text(*map(float, found.result.effects.display(interval)))
    return [f"Profile-likelihood {level_text(interval.level)} interval of the mean: {limits}."]


def _few(found: SelectionModel) -> list[str]:
    if found.selection.all_given or found.result.k >= FEW:
        return []
    few = f"With k = {found.result.k}, fewer than {FEW} studies, the data hardly tell selection"
    return [
        f"{few} from a small effect or heterogeneity: a sensitivity analysis, not a correction."
    ]
