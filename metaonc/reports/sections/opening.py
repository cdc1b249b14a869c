"""The front page of a report: the question, who belongs to it, and the answer in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from metaonc.effects import Registry
from metaonc.registry.audit import Audit
from metaonc.reports.analyses import Analysis
from metaonc.reports.document import (
    Block,
    Bullets,
    Cell,
    Facts,
    Line,
    Link,
    Page,
    Paragraph,
    blocks,
    section,
    status,
)
from metaonc.reports.sections.analyses import front
from metaonc.reports.sections.answers import verdict
from metaonc.reports.sections.audit import AUDIT
from metaonc.reports.sections.characteristics import CHARACTERISTICS
from metaonc.reports.sections.flow import FLOW_PAGE
from metaonc.reports.sections.trials import confirmed_results
from metaonc.reports.sections.words import ANALYSES, TRIALS, analysis_key, facts

FRONT = "index"


def front_page(
    registry: Registry,
    analyses: Sequence[Analysis],
    audit: Audit,
    findings: Sequence[Block] = (),
    *,
    confirmed_only: bool = False,
) -> Page:
    """What the review asks, what it found, and how far the records can be trusted.

    Parameters
    ----------
    registry : Registry
        Trials and the review plan.
    analyses : sequence of Analysis
        The answers; the first one is shown with its forest plot.
    audit : Audit
        What the audit found in the records.
    findings : sequence of Block
        The summary of findings, if there is one.
    confirmed_only : bool
        Whether figures that await confirmation were left out.
    """
    plan = registry.plan
    return Page(
        FRONT,
        plan.title if plan else "Report",
        blocks(
            Paragraph(plan.summary, "lead") if plan else None,
            Paragraph(_ONLY, "note") if confirmed_only else None,
            section("Question and eligibility", _question(registry), anchor="question"),
            section("The answer", _answers(analyses), anchor="answer"),
            section("Summary of findings", findings, anchor="summary-of-findings"),
            section("How far to trust the figures", _trust(registry, audit), anchor="trust"),
        ),
    )


_ONLY = "Figures that await a look at the paper were left out of every analysis."


def _question(registry: Registry) -> Iterator[Block]:
    """Eligibility in words, where the plan has it, and how the studies were found."""
    plan = registry.plan
    if plan and plan.protocol and plan.protocol.objectives:
        yield Paragraph(plan.protocol.objectives)
    told = facts(_eligibility(registry))
    if told:
        yield told
    yield Paragraph(
        (
            Link("How the studies were found", page=FLOW_PAGE),
            "; ",
            Link(f"the {len(registry)} studies", page=TRIALS),
            "; ",
            Link("their characteristics", page=CHARACTERISTICS),
            ".",
        )
    )


def _eligibility(registry: Registry) -> Iterator[tuple[str, Cell]]:
    plan = registry.plan
    if plan is None or plan.eligibility is None:
        return
    said = plan.eligibility
    yield "Population", said.population
    yield "Intervention", said.intervention
    yield "Comparison", said.comparison or ""
    yield "Setting", said.setting or ""
    yield "Designs", said.designs or ""
    yield "Reports", said.reports or ""
    yield "Excluded", said.excluded or ""
    yield "Groups", said.grouping or ""


def _answers(analyses: Sequence[Analysis]) -> Iterator[Block]:
    """The first analysis with its plot; the others in a sentence each."""
    first, *others = analyses
    yield from front(first)
    if others:
        yield Bullets(tuple(map(_answer, others)))
    yield Paragraph(("All of them side by side: ", Link("analyses", page=ANALYSES), "."))


def _answer(analysis: Analysis) -> Line:
    link = Link(analysis.question.title, page=analysis_key(analysis.key))
    said = verdict(analysis.pooled) if analysis.pooled else f"not pooled: {analysis.reason}."
    return (link, f": {said}")


def _trust(registry: Registry, audit: Audit) -> Facts:
    """How much of it was seen in its source, and what the audit has against it."""
    total = sum(len(trial.results) for trial in registry)
    confirmed = sum(map(confirmed_results, registry))
    seen: Line = (f"{confirmed} of {total} are ", status("confirmed"), " in the source they name")
    standing = f"{len(audit.errors)} errors, {len(audit.warnings)} warnings, {len(audit.notes)} "
    checked: Line = (f"{standing}notes stand; ", Link("all findings", page=AUDIT))
    return Facts((("Printed results", seen), ("Audit", checked)))
