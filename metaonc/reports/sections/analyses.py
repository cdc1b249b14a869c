"""The page of one analysis, the page that lists them, and their part of the front page."""

from __future__ import annotations

from collections.abc import Sequence

from metaonc.effects import Registry
from metaonc.pooling import PooledResult, SubgroupResult
from metaonc.pooling.policies import POLICIES
from metaonc.pooling.words import tau2_text
from metaonc.registry.audit import Audit
from metaonc.reports.analyses import Analysis
from metaonc.reports.document import (
    Block,
    Bullets,
    Cell,
    Code,
    Link,
    Page,
    Paragraph,
    Table,
    blocks,
    capital,
    listed,
    section,
    strong,
)
from metaonc.reports.sections.answers import (
    STUDIES,
    awaiting,
    confirmation,
    heterogeneity,
    pooled_table,
    shown,
    subgroup_section,
    verdict,
)
from metaonc.reports.sections.asked import left_out, question_facts
from metaonc.reports.sections.audit import audit_section
from metaonc.reports.sections.bias import bias_of_studies
from metaonc.reports.sections.figures import forest_figure
from metaonc.reports.sections.sensitivity import sensitivity_section
from metaonc.reports.sections.small_study import small_study_section
from metaonc.reports.sections.studies import study_table
from metaonc.reports.sections.words import ANALYSES, analysis_key, level_text

_DEFAULT = (
    "Random effects by the default policy unless the page of an analysis says otherwise; see "
)


def front(analysis: Analysis) -> tuple[Block, ...]:
    """The part of a front page that comes from the data: one forest plot and what it says."""
    result = analysis.pooled
    link = Link(analysis.question.title, page=analysis_key(analysis.key))
    if result is None:
        return (Paragraph((link, f": {analysis.reason}")),)
    said = f": {verdict(result)} {confirmation(result.effects)}"
    return (Paragraph((link, said)), forest_figure(analysis))


def analyses_index(registry: Registry, analyses: Sequence[Analysis]) -> Page:
    """The page that lists every analysis."""
    plan = registry.plan
    head = ("Analysis", "Measure", "Studies", "Pooled", "Interval", "Prediction interval", "tau²",
            "I²", "Awaiting confirmation")  # fmt: skip
    return Page(
        ANALYSES,
        "Analyses",
        blocks(
            Paragraph(plan.summary, "lead") if plan else None,
            Paragraph((_DEFAULT, Link("policies", manual="methods/policy"), ".")),
            Table(
                head,
                tuple(map(_analysis_row, analyses)),
                caption="Every analysis with its pooled result",
                numeric=(2, 6, 7),
                stub=True,
            ),
        ),
    )


def _analysis_row(analysis: Analysis) -> tuple[Cell, ...]:
    question = analysis.question
    link = Link(question.title, page=analysis_key(question.key))
    result = analysis.pooled
    if result is None:
        return (link, question.measure, "0", analysis.reason, *[""] * 5)
    scale = result.effects.scale
    estimate, low, high = result.display()
    interval = result.prediction_interval()
    predicted = shown(scale, *result.effects.display(interval)) if interval.applies else "none"
    several = result.k > 1
    return (
        link,
        scale.name,
        str(result.k),
        strong(shown(scale, estimate)),
        f"{level_text(result.choices.level)} CI {shown(scale, low, high)}",
        predicted,
        tau2_text(result.tau2) if several else "",
        f"{result.i2:.0%}" if several else "",
        listed(awaiting(result.effects) or ["none"]),
    )


def analysis_page(registry: Registry, analysis: Analysis, audit: Audit | None = None) -> Page:
    """The page of one analysis; with what the audit found in its studies, where that is known."""
    question, result = analysis.question, analysis.pooled
    asked = section("Question", question_facts(registry, question), anchor="question")
    others = section("Left out", left_out(registry, analysis), anchor="left-out")
    key = analysis_key(question.key)
    if result is None:
        said = Paragraph(f"Not pooled: {analysis.reason}.", "lead")
        return Page(key, question.title, blocks(said, asked, others))
    grouped = analysis.result if isinstance(analysis.result, SubgroupResult) else None
    answer = blocks(pooled_table(question.key, result), heterogeneity(result))
    return Page(
        key,
        question.title,
        blocks(
            Paragraph(f"{verdict(result)} {confirmation(result.effects)}", "lead"),
            forest_figure(analysis),
            asked,
            section("Pooled results", answer, anchor="pooled"),
            subgroup_section(grouped) if grouped else None,
            sensitivity_section(result),
            small_study_section(analysis),
            section("Studies", study_table(registry, result), anchor=STUDIES),
            section("Risk of bias", bias_of_studies(registry, analysis), anchor="risk-of-bias"),
            audit_section(registry, result, audit) if audit else None,
            others,
            section("Notes", _notes(analysis, result), anchor="notes"),
            section("Methods", _methods(result), anchor="methods"),
            section("Make it again", _again(analysis), anchor="again"),
        ),
    )


def _notes(analysis: Analysis, result: PooledResult) -> Bullets | None:
    said = [*filter(None, (analysis.question.note, capital(analysis.reason))), *result.notes]
    return Bullets(tuple(said)) if said else None


def _methods(result: PooledResult) -> tuple[Block, ...]:
    policy = POLICIES[result.choices.policy]
    link = Link("policies", manual="methods/policy")
    said = Paragraph((f"Policy {policy.name}: {policy.source} See ", link, "."))
    return (Paragraph(result.methods()), said)


def _again(analysis: Analysis) -> tuple[Block, ...]:
    """Two lines of Python, run when the documentation is tested, and one command."""
    key, result = analysis.key, analysis.result
    effects = f'mo.load_registry().effects("{key}")'
    call, by = f"mo.pool({effects})", ""
    if isinstance(result, SubgroupResult):
        call, by = f'mo.subgroups({effects}, by="{result.by}")', f" --by {result.by}"
    return (
        Code(f">>> import metaonc as mo\n>>> {call}\n{result!r}", "pycon"),
        Code(f"$ metaonc pool {key}{by}", "console"),
    )
