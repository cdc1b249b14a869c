"""The summary of findings as a section, and the certainty of one answer for its own page."""

from __future__ import annotations

from collections.abc import Iterable

from metaonc.reports.certainty import FoundRow, Rating, SummaryOfFindings
from metaonc.reports.certainty.summary_words import (
    absolute_cells,
    counted,
    headings,
    sentences,
)
from metaonc.reports.document import (
    Bullets,
    Cell,
    Line,
    Lines,
    Link,
    Paragraph,
    Section,
    Table,
    capital,
    section,
    strong,
)
from metaonc.reports.sections.words import analysis_key

_GROUPS = (("", 3), ("Anticipated absolute effects", 3), ("", 2))
_MANUAL = Link("How certainty is judged", manual="certainty")


def summary_of_findings_section(found: SummaryOfFindings) -> Section | None:
    """The table with its footnotes, sources and what limits it.

    Outcomes link to the pages of their analyses (``analyses/<key>``).
    """
    provisional = (
        Paragraph(
            "The judgements of certainty are provisional: the review's authors have not agreed on "
            "them yet.",
            "warning",
        )
        if found.provisional
        else None
    )
    table = Table(
        tuple(headings(found)),
        tuple(_row(found, row) for row in found),
        caption=f"Summary of findings: {found.title}",
        groups=_GROUPS,
        stub=True,
    )
    return section(
        "Summary of findings",
        provisional,
        table,
        Bullets(tuple(sentences(found))),
        Paragraph((_MANUAL, ".")),
        anchor="summary-of-findings",
    )


def _row(found: SummaryOfFindings, row: FoundRow) -> tuple[Cell, ...]:
    name = Link(row.title, page=analysis_key(row.key))
    if row.analysis.pooled is None:
        return (name, "0 (0 studies)", "", "", "", "", "", capital(f"{row.analysis.reason}."))
    absolute = [_lines(cells) for cells in zip(*map(absolute_cells, row.absolute), strict=True)]
    marks = found.marks(row)
    return (
        name,
        counted(row),
        row.relative,
        *(absolute or ["", "", ""]),
        (strong(row.certainty), f" ({marks})") if marks else strong(row.certainty),
        row.statement,
    )


def _lines(cells: Iterable[str]) -> Cell:
    said: tuple[Line, ...] = tuple(cells)
    return said[0] if len(said) == 1 else Lines(said)


def certainty_section(row: FoundRow) -> Section | None:
    """What one answer means and how certain it is: the statement and every judgement.

    Nothing where nobody judged the certainty and no sentence can be made.
    """
    if row.rating is None:
        said = Paragraph(row.statement) if row.statement else None
        return section("Certainty of the evidence", said, anchor="certainty")
    return section(
        "Certainty of the evidence",
        Paragraph(row.statement, "lead") if row.statement else None,
        *_rating(row.rating),
        anchor="certainty",
    )


def _rating(rating: Rating) -> Iterable[Paragraph | Table]:
    """Level, start and judgements of a rating."""
    yield Paragraph(
        (
            strong(f"{rating.symbols} {rating.level}"),
            f", by GRADE; it starts at {rating.start} ({rating.started}).",
        )
    )
    if rating.provisional:
        yield Paragraph("The judgements are provisional.", "warning")
    rows = tuple(
        (each.name, each.judgement, f"{each.steps:+d}" if each.steps else "0", each.reason)
        for each in rating.reasons
    )
    yield Table(("Domain", "Judgement", "Levels", "Reason"), rows, numeric=(2,), stub=True)
    yield Paragraph(f"Judged by: {rating.judged_by.rstrip('.')}. {rating.note}".strip())
