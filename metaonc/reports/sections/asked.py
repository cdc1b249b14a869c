"""What a question asks, in words, and which studies do not answer it."""

from __future__ import annotations

from collections.abc import Mapping

from metaonc.effects import Registry, measure_named
from metaonc.registry import Question
from metaonc.registry.plan import Plan
from metaonc.registry.records import Role
from metaonc.reports.analyses import Analysis
from metaonc.reports.document import Cell, Facts, Line, Link, Paragraph, Table, listed
from metaonc.reports.sections.words import (
    assessment_text,
    facts,
    grade_text,
    names_of,
    outcome_label,
    trial_key,
)

_PRIMARY = "the one that each trial's record names as primary for the outcome"
_CUTS = {
    "primary": _PRIMARY,
    "first": "the first with the outcome",
    "latest": "the latest with the outcome",
}


def question_facts(registry: Registry, question: Question) -> Facts | None:
    """Eligibility and the choice among several reports, in words."""
    plan = registry.plan
    traits = [
        f"whose {trait.replace('-', ' ')} is {listed(values, 'or')}"
        for trait, values in question.eligible.items()
    ]
    names = {trial.key: trial.name for trial in registry}
    excluded = [f"{names.get(x.trial, x.trial)}: {x.reason}" for x in question.exclude]
    words = [
        f"{name} = {wanted}"
        for name, wanted in question.filters().items()
        if name in question.where
    ]
    said = question.assessment
    rows: list[tuple[str, Cell]] = [
        ("Trials", f"those {listed(traits)}" if traits else "all in the registry"),
        ("Excluded", "; ".join(excluded)),
        ("Outcome", "; failing that ".join(_defined(plan, key) for key in question.outcomes)),
        ("Grade", grade_text(question.grade) if question.grade else ""),
        ("Arm", _arm(plan, question.arm) if question.arm else ""),
        ("Measure", f"{_overview(question.measure)} ({question.measure})"),
        ("Data cut", _CUTS[question.cut]),
        ("Assessment", _PRIMARY if said == "primary" else assessment_text(said)),
        ("Where", "; ".join(words)),
        ("Shared arms", "" if question.shared_control == "covariance" else question.shared_control),
        ("Subgroups by", (question.subgroup or "").replace("-", " ")),
    ]
    return facts(rows)


def _defined(plan: Plan | None, key: str) -> str:
    outcome = plan.outcomes.get(key) if plan else None
    definition = f" ({outcome.definition.rstrip('.')})" if outcome and outcome.definition else ""
    return f"{outcome_label(plan, key)}{definition}"


def _arm(plan: Plan | None, role: Role) -> str:
    return f"{getattr(plan.arms, role)} ({role})" if plan else role


def _overview(code: str) -> str:
    measure = measure_named(code)
    same = measure.analysis_scale == measure.name
    return measure.name if same else f"{measure.name}, analysed as {measure.analysis_scale}"


def left_out(registry: Registry, analysis: Analysis) -> Table | Paragraph:
    """Every study without an effect in the analysis, and the reason."""
    if not analysis.left_out:
        return Paragraph("No trial of the registry.")
    pages_of = {name: trial.key for trial in registry for name in names_of(trial)}
    rows = tuple((_study(out.label, pages_of), out.reason) for out in analysis.left_out)
    return Table(("Study", "Reason"), rows, stub=True)


def _study(label: str, pages_of: Mapping[str, str]) -> Line:
    """The name of a study as a link to its trial, or to that of which it is a contrast."""
    named = (key for name, key in pages_of.items() if f"{label}, ".startswith(f"{name}, "))
    key = next(named, "")
    return Link(label, page=trial_key(key)) if key else label
