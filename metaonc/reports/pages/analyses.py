"""The page of one analysis, the page that lists them, and their part of the front page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from metaonc.effects import Registry, measure_named
from metaonc.pooling import PooledResult, SubgroupResult
from metaonc.pooling.policies import POLICIES
from metaonc.pooling.words import tau2_text
from metaonc.registry import Question
from metaonc.registry.plan import Plan
from metaonc.registry.records import Role
from metaonc.reports.analyses import Analysis
from metaonc.reports.pages.answers import (
    awaiting,
    confirmation,
    heterogeneity_table,
    pooled_table,
    shown,
    study_table,
    subgroup_section,
    verdict,
)
from metaonc.reports.pages.rst import (
    bullets,
    capital,
    code,
    escape,
    facts,
    listed,
    page,
    section,
    table,
    toctree,
)
from metaonc.reports.pages.sensitivity import sensitivity_section
from metaonc.reports.pages.words import (
    assessment_text,
    grade_text,
    level_text,
    names_of,
    outcome_label,
)

FIGURES = "figures"


def figure_files(analysis: Analysis) -> tuple[str, ...]:
    """Names of the figures that an analysis page shows and links; none without a result."""
    if analysis.result is None:
        return ()
    return tuple(f"{FIGURES}/{analysis.question.key}.{suffix}" for suffix in ("svg", "pdf", "html"))


def alt_text(analysis: Analysis) -> str:
    """What the forest plot shows, in words."""
    said = verdict(analysis.pooled) if analysis.pooled else analysis.reason
    return f"Forest plot of {analysis.question.title}. {said}"


def forest_figure(analysis: Analysis, folder: str) -> str:
    """The forest plot, its caption, and other forms of it; `folder` is that of the figures."""
    svg, pdf, html = (f"{folder}/{name.rpartition('/')[2]}" for name in figure_files(analysis))
    alt = escape(alt_text(analysis))
    return (
        f".. figure:: {svg}\n   :alt: {alt}\n   :class: forest dark-light\n   :figclass: forest\n\n"
        f"   {escape(analysis.question.title)}: forest plot. "
        f":download:`PDF for print <{pdf}>`; "
        f":download:`page to sort, with the source of each number <{html}>`"
    )


def front(analysis: Analysis, folder: str = "generated") -> str:
    """The part of the front page that comes from the data: one forest plot and what it says."""
    result = analysis.pooled
    link = f":doc:`{escape(analysis.question.title)} <{folder}/analyses/{analysis.key}>`"
    if result is None:
        return f"{link}: {escape(analysis.reason)}"
    return "\n\n".join(
        [
            f"{link}: {escape(verdict(result))} {escape(confirmation(result.effects))}",
            forest_figure(analysis, f"{folder}/{FIGURES}"),
        ]
    )


def analyses_index(registry: Registry, analyses: Sequence[Analysis]) -> str:
    """The page that lists every analysis."""
    plan = registry.plan
    rows = [_analysis_row(analysis) for analysis in analyses]
    head = ["Analysis", "Measure", "Studies", "Pooled", "Interval", "Prediction interval", "tau²"]
    return page(
        "Analyses",
        escape(plan.summary) if plan else "",
        "Random effects by the default policy unless the page of an analysis says otherwise; "
        "see :doc:`/methods/policy`.",
        table([*head, "I²", "Awaiting confirmation"], rows),
        toctree(analysis.question.key for analysis in analyses),
    )


def _analysis_row(analysis: Analysis) -> list[str]:
    question = analysis.question
    link = f":doc:`{escape(question.title)} <{question.key}>`"
    result = analysis.pooled
    if result is None:
        return [link, question.measure, "0", escape(analysis.reason), *[""] * 5]
    scale = result.effects.scale
    estimate, low, high = result.display()
    interval = result.prediction_interval()
    predicted = shown(scale, *result.effects.display(interval)) if interval.applies else "none"
    several = result.k > 1
    return [
        link,
        scale.name,
        str(result.k),
        f"**{shown(scale, estimate)}**",
        f"{level_text(result.choices.level)} CI {shown(scale, low, high)}",
        predicted,
        tau2_text(result.tau2) if several else "",
        f"{result.i2:.0%}" if several else "",
        escape(listed(awaiting(result.effects) or ["none"])),
    ]


def analysis_page(registry: Registry, analysis: Analysis) -> str:
    """The page of one analysis."""
    question = analysis.question
    asked = section("Question", _asked(registry, question))
    left_out = section("Left out", _left_out(registry, analysis))
    result = analysis.pooled
    if result is None:
        said = f"Not pooled: {escape(analysis.reason)}."
        return page(question.title, said, asked, left_out)
    return page(
        question.title,
        f"{escape(verdict(result))} {escape(confirmation(result.effects))}",
        forest_figure(analysis, f"../{FIGURES}"),
        asked,
        section("Pooled results", pooled_table(result), heterogeneity_table(result)),
        section(*subgroup_section(analysis.result))
        if isinstance(analysis.result, SubgroupResult)
        else "",
        section(*sensitivity_section(result)),
        section("Studies", study_table(registry, result)),
        left_out,
        section("Notes", bullets(map(escape, _notes(analysis, result)))),
        section("Methods", escape(result.methods()), _policy(result)),
        section("Make it again", *_again(analysis)),
    )


def _asked(registry: Registry, question: Question) -> str:
    """Eligibility and the choice among several reports, in words."""
    plan = registry.plan
    traits = [
        f"whose {trait.replace('-', ' ')} is {listed(values, 'or')}"
        for trait, values in question.eligible.items()
    ]
    names = {trial.key: trial.name for trial in registry}
    words = [
        f"{name} = {wanted}"
        for name, wanted in question.filters().items()
        if name in question.where
    ]
    rows = [
        ("Trials", f"those {listed(traits)}" if traits else "all in the registry"),
        (
            "Excluded",
            "; ".join(f"{names.get(x.trial, x.trial)}: {x.reason}" for x in question.exclude),
        ),
        ("Outcome", "; failing that ".join(_defined(plan, key) for key in question.outcomes)),
        ("Grade", grade_text(question.grade) if question.grade else ""),
        ("Arm", _arm(plan, question.arm) if question.arm else ""),
        ("Measure", f"{_overview(question.measure)} ({question.measure})"),
        ("Data cut", _CUTS[question.cut]),
        ("Assessment", _assessment(question.assessment)),
        ("Where", "; ".join(words)),
        ("Shared arms", "" if question.shared_control == "covariance" else question.shared_control),
        ("Subgroups by", (question.subgroup or "").replace("-", " ")),
    ]
    return facts((name, escape(value)) for name, value in rows)


_CUTS = {
    "primary": "the one that each trial's record names as primary for the outcome",
    "first": "the first with the outcome",
    "latest": "the latest with the outcome",
}


def _assessment(assessment: str) -> str:
    if assessment == "primary":
        return "the one that each trial's record names as primary for the outcome"
    return assessment_text(assessment)


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


def _page_of(label: str, pages_of: Mapping[str, str]) -> str:
    """Page of the trial, or of the trial one of whose contrasts the label names."""
    named = (page for name, page in pages_of.items() if f"{label}, ".startswith(f"{name}, "))
    return next(named, "")


def _left_out(registry: Registry, analysis: Analysis) -> str:
    pages_of = {name: trial.key for trial in registry for name in names_of(trial)}
    rows = [
        [
            f":doc:`{escape(out.label)} <../trials/{page}>`"
            if (page := _page_of(out.label, pages_of))
            else escape(out.label),
            escape(out.reason),
        ]
        for out in analysis.left_out
    ]
    return table(["Study", "Reason"], rows, css="plain") if rows else "No trial of the registry."


def _notes(analysis: Analysis, result: PooledResult) -> list[str]:
    return [*filter(None, (analysis.question.note, capital(analysis.reason))), *result.notes]


def _policy(result: PooledResult) -> str:
    policy = POLICIES[result.choices.policy]
    return f"Policy ``{policy.name}``: {escape(policy.source)} See :doc:`/methods/policy`."


def _again(analysis: Analysis) -> tuple[str, str]:
    """Two lines of Python, run when the documentation is tested, and one command."""
    key, result = analysis.key, analysis.result
    effects = f'mo.load_registry().effects("{key}")'
    call = (
        f'mo.subgroups({effects}, by="{result.by}")'
        if isinstance(result, SubgroupResult)
        else f"mo.pool({effects})"
    )
    by = f" --by {result.by}" if isinstance(result, SubgroupResult) else ""
    return (
        f">>> import metaonc as mo\n>>> {call}\n{result!r}",
        code("console", f"$ metaonc pool {key}{by}"),
    )
