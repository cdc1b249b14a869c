"""The section of an analysis' page that says how far to trust it."""

from __future__ import annotations

from metaonc.pooling import PooledResult
from metaonc.reports.document import Bullets, Link, Paragraph, Section, Table, section, strong
from metaonc.reports.sensitivity import asked

_MEANING = (
    'The conclusion "depends" where the answer puts the confidence interval on another side of the '
    "value of no effect; see "
)


def sensitivity_section(result: PooledResult) -> Section | None:
    """Table of verdicts and answers, what the verdicts mean, and what was not asked."""
    checks = asked(result).checks
    done = [check for check in checks if check.verdict != "not done"]
    left = [check for check in checks if check.verdict == "not done"]
    rows = tuple((c.question, strong(c.verdict), c.answer) for c in done)
    meaning = Paragraph((_MEANING, Link("sensitivity analysis", manual="methods/sensitivity"), "."))
    return section(
        "How far to trust it",
        Table(("Question", "Conclusion", "Answer"), rows),
        meaning,
        Paragraph("Not answered:") if left else None,
        Bullets(tuple(f"{c.question} {c.answer}" for c in left)) if left else None,
        anchor="sensitivity",
    )
