"""Risk of bias: of one trial, of the studies of an analysis, and of the whole review."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from metaonc.effects import Registry
from metaonc.registry import Trial
from metaonc.registry.plan import Plan
from metaonc.registry.records import NonRandomisedBias, RandomisedBias
from metaonc.reports.analyses import Analysis
from metaonc.reports.document import (
    Block,
    Cell,
    Line,
    Lines,
    Link,
    Page,
    Paragraph,
    Section,
    Table,
    blocks,
    section,
    status,
    strong,
)
from metaonc.reports.sections.figures import bias_figures, is_judged
from metaonc.reports.sections.words import (
    analysis_key,
    joined,
    lines,
    outcome_label,
    source_line,
    trial_key,
)

BIAS = "risk-of-bias"


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


def bias_of_studies(registry: Registry, analysis: Analysis) -> tuple[Block, ...]:
    """The judgements on the studies of an analysis, where somebody has judged one of them."""
    if not is_judged(analysis) or analysis.pooled is None:
        return ()
    effects = analysis.pooled.effects
    rows = []
    for i, label in enumerate(effects.labels):
        trial = registry[str(effects.columns["trial"][i])]
        overall = str(effects.columns["bias_overall"][i])
        rows.append((_to_judgements(trial, label), overall))
    more = Link("Reasons and sources of every judgement", page=BIAS)
    return (
        *bias_figures(analysis),
        Table(("Study", "Overall risk of bias"), tuple(rows), stub=True),
        Paragraph((more, ".")),
    )


def _to_judgements(trial: Trial, label: str) -> Link:
    return Link(
        label, page=trial_key(trial.key), anchor="risk-of-bias" if trial.risk_of_bias else ""
    )


def bias_page(registry: Registry, analyses: Sequence[Analysis]) -> Page:
    """Every judgement on every trial with its reason; or that nobody has judged any."""
    judged = [trial for trial in registry if trial.risk_of_bias]
    if not judged:
        said = Paragraph("No record has judgements of the risk of bias yet.", "warning")
        return Page(BIAS, "Risk of bias", (said,))
    others = len(registry) - len(judged)
    count = sum(len(trial.risk_of_bias) for trial in judged)
    said = Paragraph(
        f"{count} assessments of {len(judged)} studies; {others} studies have not been judged.",
        "lead",
    )
    shown = [analysis for analysis in analyses if is_judged(analysis)]
    pictures = bias_figures(shown[0]) if shown else ()
    elsewhere = joined(Link(a.question.title, page=analysis_key(a.key), anchor=BIAS) for a in shown)
    links = Paragraph(("For the studies of an analysis: ", *elsewhere, ".")) if shown else None
    table = _every_judgement(registry, judged)
    return Page(BIAS, "Risk of bias", blocks(said, pictures, links, section("Judgements", table)))


def _every_judgement(registry: Registry, judged: Sequence[Trial]) -> Table:
    rows = tuple(
        row
        for trial in judged
        for each in trial.risk_of_bias
        for row in _rows(registry, trial, each)
    )
    return Table(
        ("Study", "Outcome", "Domain", "Judgement", "Reason", "Source and status"),
        rows,
        caption="Judgements of the risk of bias",
        choices=("Study", "Outcome", "Domain", "Judgement"),
        searched="Find in the judgements",
        stub=True,
    )


def _rows(
    registry: Registry, trial: Trial, each: RandomisedBias | NonRandomisedBias
) -> Iterator[tuple[Cell, ...]]:
    study: Line = Link(trial.name, page=trial_key(trial.key), anchor="risk-of-bias")
    outcome = outcome_label(registry.plan, each.outcome)
    said = each.said()
    for name, judgement in each.judgements().items():
        origin = lines((source_line(trial, judgement.source), status(judgement.status)))
        yield (study, outcome, each.domains[name], said[name], judgement.reason, origin)
    judge = Lines((f"Judged by: {each.judged_by.rstrip('.')}.", each.note or ""))
    yield (study, outcome, strong("Overall"), strong(each.overall), judge, status(each.status))
