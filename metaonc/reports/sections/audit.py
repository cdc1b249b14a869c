"""What the audit found: in the studies of one analysis, and in all records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from metaonc.effects import Registry
from metaonc.pooling import PooledResult
from metaonc.registry.audit import Audit, Finding
from metaonc.reports.document import (
    Cell,
    Line,
    Lines,
    Link,
    Marked,
    Page,
    Paragraph,
    Section,
    Table,
    section,
)
from metaonc.reports.sections.uses import places
from metaonc.reports.sections.words import place_anchor, trial_key

AUDIT = "audit"
_HEAD = ("Study", "About", "Severity", "Rule", "Finding", "Stands because")


def audit_section(registry: Registry, result: PooledResult, audit: Audit) -> Section | None:
    """The findings on the figures that an analysis rests on, and on their records as a whole."""
    effects = result.effects
    found: dict[Finding, None] = {}
    for i, trial in enumerate(effects.columns.get("trial", ())):
        used = [None, *(int(p.split()[1]) for p in places(effects, i) if p.startswith("result"))]
        found |= {f: None for f in audit.of(str(trial)) if f.result in used}
    if not found:
        said = Paragraph("The audit found nothing against the figures that this analysis uses.")
        return section("Audit of these figures", said, anchor="audit")
    return section("Audit of these figures", _table(registry, found), anchor="audit")


def audit_page(registry: Registry, audit: Audit) -> Page:
    """Every finding in every record, waived ones included."""
    counts = [(audit.errors, "errors"), (audit.warnings, "warnings"), (audit.notes, "notes")]
    counted = ", ".join(f"{len(found)} {name}" for found, name in counts)
    said = Paragraph(
        f"{audit.trials} records with {audit.results} results were checked for figures that cannot "
        f"be right together: {counted}, and {len(audit.waived)} findings that the records waive "
        "with a reason.",
        "lead",
    )
    return Page(AUDIT, "Audit of the records", (said, _table(registry, audit, filtered=True)))


def _table(registry: Registry, findings: Iterable[Finding], *, filtered: bool = False) -> Table:
    names = {trial.key: trial.name for trial in registry}
    return Table(
        _HEAD,
        tuple(_rows(findings, names)),
        caption="Findings of the audit",
        choices=("Study", "Severity", "Rule") if filtered else (),
        searched="Find in the findings" if filtered else "",
        stub=True,
    )


def _rows(findings: Iterable[Finding], names: dict[str, str]) -> Iterator[tuple[Cell, ...]]:
    for found in findings:
        page = trial_key(found.trial)
        words = found.place or "the record"
        about: Line = words
        if found.trial in names and found.result is not None:
            about = Link(words, page=page, anchor=place_anchor(f"result {found.result}"))
        yield (
            Link(names[found.trial], page=page) if found.trial in names else "review plan",
            about,
            found.severity,
            Link(found.code, manual="audit/index", anchor=f"audit-{found.code}"),
            _said(found),
            found.reason,
        )


def _said(found: Finding) -> Cell:
    if not found.arithmetic:
        return found.message
    return Lines((found.message, Marked(found.arithmetic, "aside")))
