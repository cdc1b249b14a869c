"""Pooled results in sentences and tables."""

from __future__ import annotations

from metaonc.effects import Effects, Measure, Registry, patients
from metaonc.pooling import (
    PooledResult,
    SubgroupResult,
    difference_text,
    effect_text,
    heterogeneity_text,
    p_text,
)
from metaonc.pooling.words import tau2_interval_text, tau2_text
from metaonc.registry import Trial
from metaonc.registry.plan import Plan
from metaonc.registry.records import Source
from metaonc.reports.pages.rst import escape, facts, lines, listed, table
from metaonc.reports.pages.words import (
    assessment_text,
    level_text,
    outcome_label,
    source_text,
    status_word,
)

_INTERVALS = {
    "wald": "Wald",
    "t": "t",
    "hksj": "Hartung-Knapp",
    "hksj-adhoc": "Hartung-Knapp, never narrower than Wald",
}


def shown(scale: Measure, *values: float) -> str:
    """Values of the displayed scale with their unit: one, or the limits of an interval.

    Examples
    --------
    >>> from metaonc.effects import measure_named
    >>> shown(measure_named("HR"), 0.6), shown(measure_named("PLOGIT"), 0.38, 0.75)
    ('0.60', '38.0% to 75.0%')
    """
    unit = scale.unit
    return " to ".join(f"{scale.number(value)}{unit}" for value in values)


def verdict(result: PooledResult) -> str:
    """The pooled result in one sentence."""
    effects = result.effects
    studies = "One study" if result.k == 1 else f"{result.k} studies"
    counted = patients(effects)
    among = f" with {counted:,} patients" if counted else ""
    model = "random effects" if result.choices.model == "random" else "common effect"
    interval = result.prediction_interval()
    predicted = ""
    if interval.applies:
        low, high = effects.display(interval)
        limits = shown(effects.scale, low, high)
        predicted = f"; {level_text(interval.level)} prediction interval for a new study {limits}"
    return f"{studies}{among}: {effect_text(result)}, {model}{predicted}."


def awaiting(effects: Effects) -> list[str]:
    """Studies whose figures are not all confirmed."""
    statuses = effects.columns.get("status", ())
    return [
        label
        for label, status in zip(effects.labels, statuses, strict=False)
        if status != "confirmed"
    ]


def confirmation(effects: Effects) -> str:
    """Which studies await confirmation, in one sentence."""
    names = awaiting(effects)
    if not names:
        return "Every figure in it is confirmed in its source."
    return f"Awaiting confirmation: {listed(names)}."


def _test(result: PooledResult) -> str:
    """Test of no effect; a single proportion has none."""
    if result.effects.scale.null is None:
        return ""
    name, df = ("z", "") if result.df == float("inf") else ("t", f", {result.df:g} df")
    statistic = f"{result.statistic:.2f}".replace("-", "−")
    return f"{name} = {statistic}{df}, {p_text(result.p_value)}"


def pooled_table(result: PooledResult) -> str:
    """Common effect, random effects and prediction interval."""
    scale = result.effects.scale
    rows = [_pooled_row("Common effect", result.fixed)]
    if result.choices.model == "random":
        rows.append(_pooled_row("Random effects", result))
        interval = result.prediction_interval()
        said = (
            shown(scale, *result.effects.display(interval))
            if interval.applies
            else f"none: {interval.reason}"
        )
        rows.append(["Prediction interval", "", escape(said), "HTS", ""])
    head = [
        "Model",
        scale.label,
        f"{level_text(result.choices.level)} interval",
        "Interval by",
        "Test",
    ]
    return table(head, rows, css="wide pooled")


def _pooled_row(name: str, result: PooledResult) -> list[str]:
    scale = result.effects.scale
    estimate, low, high = result.display()
    return [
        name,
        f"**{shown(scale, estimate)}**",
        shown(scale, low, high),
        _INTERVALS[result.ci_method],
        _test(result),
    ]


def heterogeneity_table(result: PooledResult) -> str:
    """Everything a result knows about heterogeneity."""
    if result.k < 2:
        return f"{escape(heterogeneity_text(result))}."
    interval = result.tau2_interval()
    limits = f"{tau2_text(interval.low)} to {tau2_text(interval.high)}" if interval.applies else ""
    rows = [
        ("tau²", f"{tau2_text(result.tau2)}; tau {result.tau2**0.5:.3f}"),
        (
            f"{level_text(interval.level)} interval of tau²",
            f"{limits} ({tau2_interval_text(interval.method)})" if limits else "",
        ),
        ("Q", f"{result.q:.2f}, {result.q_df} df, {p_text(result.q_p)}"),
        ("I²", f"{result.i2_from_tau2:.0%} from tau²; {result.i2_from_q:.0%} from Q"),
        ("H²", f"{result.h2:.2f}"),
    ]
    return facts(rows)


def subgroup_section(result: SubgroupResult) -> tuple[str, str, str]:
    """Heading, table of the groups, and the test between them."""
    scale = result.overall.effects.scale
    rows = []
    for name, group in result.groups.items():
        _, *rest = _pooled_row(name, group)
        several = group.k > 1
        spread = f"tau² {tau2_text(group.tau2)}, I² {group.i2:.0%}" if several else "one study"
        rows.append([escape(name), str(group.k), *rest, spread])
    level = level_text(result.overall.choices.level)
    head = ["Group", "Studies", scale.label, f"{level} interval", "Interval by", "Test"]
    between = (
        f"Test between the groups: {difference_text(result)}. Each group has its own tau²."
        if result.q_between_df
        else "One group only: there is nothing to compare."
    )
    heading = f"Subgroups by {result.by.replace('-', ' ')}"
    return heading, table([*head, "Heterogeneity"], rows), escape(between)


def study_table(registry: Registry, result: PooledResult) -> str:
    """One row per study: the printed figure, what became of it, and where it stands."""
    effects, scale = result.effects, result.effects.scale
    estimate, low, high = effects.intervals(result.choices.level)
    random = result.choices.model == "random"
    weights = [result.fixed.weights, *([result.weights] if random else [])]
    rows = []
    for i, label in enumerate(effects.labels):
        trial = registry[str(effects.columns["trial"][i])]
        rows.append(
            [
                lines([f":doc:`{escape(label)} <../trials/{trial.key}>`", *_arms(effects, i)]),
                lines([f"**{escape(str(effects.columns['printed'][i]))}**", *_derived(effects, i)]),
                f"{shown(scale, estimate[i])} ({scale.interval_text(low[i], high[i])})",
                *(f"{share[i]:.1%}" for share in weights),
                lines(_reported(registry.plan, effects, i)),
                _origin(trial, str(effects.columns["source"][i])),
                status_word(str(effects.columns["status"][i])),
            ]
        )
    level = level_text(result.choices.level)
    shares = ["Weight, common", *(["Weight, random"] if random else [])]
    head = ["Study and arms", "As printed", f"{scale.label} ({level} interval)", *shares]
    return table([*head, "Outcome, data cut, assessment", "Source", "Status"], rows)


def _derived(effects: Effects, i: int) -> list[str]:
    """How the study's figures follow from what is printed, where they are not printed."""
    told = str(effects.columns["derivation"][i])
    return [f":aside:`derived: {escape(told)}`"] if told else []


def _arms(effects: Effects, i: int) -> list[str]:
    """Labels of the arms that study `i` compares."""
    arms = [effects.columns[name][i] for name in ("arm_1", "arm_2") if name in effects.columns]
    return [escape(f"v {arm}" if at else str(arm)) for at, arm in enumerate(arms)]


def _reported(plan: Plan | None, effects: Effects, i: int) -> list[str]:
    """Outcome, data cut and assessment of study `i`."""
    outcome, cut, assessment = (
        str(effects.columns[name][i]) for name in ("outcome", "cut", "assessment")
    )
    return [escape(outcome_label(plan, outcome)), escape(cut), assessment_text(assessment)]


def _origin(trial: Trial, printed: str) -> str:
    """The source of a study's figure, short where it is one of the record's references."""
    for reference in trial.references:
        where = printed.removeprefix(f"{reference.citation} (")
        if where != printed:
            return source_text(trial, Source(reference=reference.key, where=where[:-1]))
    return escape(printed)
