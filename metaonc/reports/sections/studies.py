"""The studies of an analysis: each with the way to the number it rests on."""

from __future__ import annotations

from collections.abc import Iterator

from metaonc.effects import Effects, Registry
from metaonc.pooling import PooledResult
from metaonc.registry import Trial
from metaonc.registry.plan import Plan
from metaonc.registry.records import Source
from metaonc.reports.document import Anchor, Cell, Line, Link, Marked, Table, status
from metaonc.reports.sections.answers import shown
from metaonc.reports.sections.uses import place_links
from metaonc.reports.sections.words import (
    assessment_text,
    level_text,
    lines,
    outcome_label,
    source_line,
    trial_key,
)


def study_table(registry: Registry, result: PooledResult) -> Table:
    """One row per study: the printed figure, what became of it, and where it stands.

    The name of a study leads to its trial and the printed figure to its place on that page.
    """
    scale = result.effects.scale
    weights = ["Weight, common"]
    weights += ["Weight, random"] if result.choices.model == "random" else []
    estimate = f"{scale.label} ({level_text(result.choices.level)} interval)"
    head = ("Study and arms", "As printed", estimate, *weights)
    return Table(
        (*head, "Outcome, data cut, assessment", "Source", "Status"),
        tuple(_rows(registry, result)),
        numeric=tuple(range(3, 3 + len(weights))),
        stub=True,
    )


def _rows(registry: Registry, result: PooledResult) -> Iterator[tuple[Cell, ...]]:
    effects, scale = result.effects, result.effects.scale
    estimate, low, high = effects.intervals(result.choices.level)
    weights = [result.fixed.weights]
    weights += [result.weights] if result.choices.model == "random" else []
    for i, label in enumerate(effects.labels):
        trial = registry[str(effects.columns["trial"][i])]
        name: Line = (Anchor(f"study-{i + 1}"), Link(label, page=trial_key(trial.key)))
        printed = place_links(effects, i, str(effects.columns["printed"][i]))
        interval = f"{shown(scale, estimate[i])} ({scale.interval_text(low[i], high[i])})"
        yield (
            lines([name, *_arms(effects, i)]),
            lines([printed, *_derived(effects, i)]),
            interval,
            *(f"{share[i]:.1%}" for share in weights),
            lines(_reported(registry.plan, effects, i)),
            _origin(trial, str(effects.columns["source"][i])),
            status(str(effects.columns["status"][i])),
        )


def _derived(effects: Effects, i: int) -> list[Line]:
    """How the study's figures follow from what is printed, where they are not printed."""
    told = str(effects.columns["derivation"][i])
    return [Marked(f"derived: {told}", "aside")] if told else []


def _arms(effects: Effects, i: int) -> list[str]:
    """Labels of the arms that study `i` compares."""
    arms = [effects.columns[name][i] for name in ("arm_1", "arm_2") if name in effects.columns]
    return [f"v {arm}" if at else str(arm) for at, arm in enumerate(arms)]


def _reported(plan: Plan | None, effects: Effects, i: int) -> list[str]:
    """Outcome, data cut and assessment of study `i`."""
    outcome, cut, assessment = (
        str(effects.columns[name][i]) for name in ("outcome", "cut", "assessment")
    )
    return [outcome_label(plan, outcome), cut, assessment_text(assessment)]


def _origin(trial: Trial, printed: str) -> Line:
    """The source of a study's figure, short where it is one of the record's references."""
    for reference in trial.references:
        where = printed.removeprefix(f"{reference.citation} (")
        if where != printed:
            return source_line(trial, Source(reference=reference.key, where=where[:-1]))
    return printed
