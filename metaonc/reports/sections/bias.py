"""The risk of bias of one trial: a table per assessed outcome."""

from __future__ import annotations

from collections.abc import Iterator

from metaonc.registry import Trial
from metaonc.registry.plan import Plan
from metaonc.registry.records import NonRandomisedBias, RandomisedBias
from metaonc.reports.document import Paragraph, Section, Table, status, strong
from metaonc.reports.sections.words import outcome_label, source_line


def bias_sections(trial: Trial, plan: Plan | None) -> Iterator[Section]:
    """Judgements with reason, source and status; a provisional one says so above its table."""
    for number, each in enumerate(trial.risk_of_bias, start=1):
        whose = f", {each.assessment}" if each.assessment else ""
        title = f"{outcome_label(plan, each.outcome)}{whose}"
        yield Section(title, tuple(_assessment(trial, each)), anchor=f"bias-{number}")


def _assessment(
    trial: Trial, each: RandomisedBias | NonRandomisedBias
) -> Iterator[Paragraph | Table]:
    tool = f"{each.tool}, effect of {each.effect}; overall: "
    awaiting = (" (", status("unconfirmed"), ")") if each.status == "unconfirmed" else ()
    yield Paragraph((tool, strong(each.overall), *awaiting, "."))
    yield Paragraph(f"Judged by: {each.judged_by.rstrip('.')}. {each.note or ''}".strip())
    said = each.said()
    rows = tuple(
        (
            each.domains[name],
            said[name],
            judgement.reason,
            source_line(trial, judgement.source),
            status(judgement.status),
        )
        for name, judgement in each.judgements().items()
    )
    yield Table(("Domain", "Judgement", "Reason", "Source", "Status"), rows, stub=True)
