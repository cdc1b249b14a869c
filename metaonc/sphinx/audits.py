"""``.. metaonc-audit::``: what the audit found in all records, or in one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from docutils.parsers.rst import directives

from metaonc.errors import AuditError
from metaonc.registry.audit.rule import SEVERITIES
from metaonc.reports.document import (
    Block,
    Cell,
    Line,
    Lines,
    Link,
    Marked,
    Paragraph,
    Table,
    capital,
)
from metaonc.sphinx.directives import ReviewDirective
from metaonc.sphinx.options import Options, names

if TYPE_CHECKING:
    from metaonc.registry.audit import Finding
    from metaonc.sphinx.reviews import Review

_HEAD = ("Trial", "Severity", "Rule", "What was found", "What becomes of it")


class AuditDirective(ReviewDirective):
    """A table of findings, waived ones with their reason, and a sentence that counts them."""

    optional_arguments = 1
    option_spec: ClassVar[Options] = {
        "studies": directives.path,
        "severity": names,
        "rules": names,
        "no-waived": directives.flag,
    }

    def blocks(self, review: Review) -> Sequence[Block]:
        """The sentence and the table."""
        found = self.findings(review)
        if not found:
            return (Paragraph("The audit found nothing that a reader would have to know."),)
        waived = sum(finding.waived for finding in found)
        said = "1 finding" if len(found) == 1 else f"{len(found)} findings"
        counted = f"{said}, of which the records explain {waived}." if waived else f"{said}."
        rows = tuple(tuple(_row(finding, review)) for finding in found)
        head = _HEAD[1:] if self.arguments else _HEAD
        table = Table(head, tuple(row[-len(head) :] for row in rows), caption="Audit")
        return (Paragraph(counted), table)

    def findings(self, review: Review) -> list[Finding]:
        """Findings about the trial, of the severities and by the rules that are asked for."""
        wanted = self.options.get("severity", SEVERITIES)
        unknown = [name for name in wanted if name not in SEVERITIES]
        if unknown:
            raise AuditError(
                f":severity: {unknown[0]}: a finding is one of {', '.join(SEVERITIES)}; name some "
                "of these."
            )
        trial = review.trial(self.arguments[0]).key if self.arguments else None
        return [
            finding
            for finding in review.audit.only(self.options.get("rules", ()))
            if finding.severity in wanted
            and trial in (None, finding.trial)
            and not (finding.waived and "no-waived" in self.options)
        ]


def _row(finding: Finding, review: Review) -> Iterator[Cell]:
    known = {trial.key: trial.name for trial in review.registry}
    name = known.get(finding.trial)
    yield Link(name, page=f"trials/{finding.trial}") if name else finding.trial or "review plan"
    yield finding.severity
    yield Link(finding.code, manual=f"audit/{finding.code}")
    yield _lines(finding)
    yield f"Stands: {finding.reason}" if finding.waived else f"{capital(finding.remedy)}."


def _lines(finding: Finding) -> Lines:
    said: list[Line] = [f"{finding.place}: {finding.message}" if finding.place else finding.message]
    if finding.arithmetic:
        said.append(Marked(finding.arithmetic, "aside"))
    return Lines(tuple(said))
