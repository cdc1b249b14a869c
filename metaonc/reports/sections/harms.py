"""Harms beside benefits."""

from __future__ import annotations

from collections.abc import Iterator

from metaonc.pooling import HarmsTable
from metaonc.pooling.adverse_events.harms_words import caveats, cells, listing
from metaonc.reports.document import (
    Bullets,
    Cell,
    Details,
    Figure,
    Link,
    Page,
    Paragraph,
    Section,
    Table,
    blocks,
    section,
)
from metaonc.reports.sections.figures import HARMS

HARMS_PAGE = "harms"


def harms_page(table: HarmsTable) -> Page:
    """The table of harms, its figure, the studies of each row, and what could not be pooled.

    Parameters
    ----------
    table : HarmsTable
        As :func:`metaonc.harms` makes it.
    """
    files = Paragraph(
        ("The same figures: ", Link("CSV", file="harms.csv"), ", ",
         Link("JSON", file="harms.json"), ", ", Link("PDF", file="harms.pdf"), ".")
    )  # fmt: skip
    return Page(
        HARMS_PAGE,
        "Harms and benefits",
        blocks(
            Paragraph(f"{table.title}. {table.methods()}", "lead"),
            _table(table),
            Bullets(tuple(caveats(table))) if caveats(table) else None,
            Figure(HARMS, _in_words(table), f"{table.title}: harms beside benefits.", ("svg",)),
            files,
            section("Studies of each row", tuple(_studies(table)), anchor="studies"),
            _not_pooled(table),
        ),
    )


def _table(table: HarmsTable) -> Table:
    head, *rows = cells(table)
    return Table(
        ("Event", *head[1:]),
        tuple(map(tuple, rows)),
        caption="Events pooled over the trials that count them",
        numeric=tuple(range(1, len(head))),
        stub=True,
    )


def _in_words(table: HarmsTable) -> str:
    return f"{table.title}: {len(table)} events with their ratios; the table says the same."


def _studies(table: HarmsTable) -> Iterator[Details]:
    for row in table.rows:
        out = [f"{left.label}: left out; {left.reason}" for left in row.left_out]
        said: tuple[Cell, ...] = (*row.studies, *out)
        counted = "1 study" if row.k == 1 else f"{row.k} studies"
        yield Details(f"{row.name}: {counted}", (Bullets(tuple(map(str, said))),))


def _not_pooled(table: HarmsTable) -> Section | None:
    said = [text for text in listing(table) if text.startswith("Not pooled")]
    return section("Not pooled", Bullets(tuple(said)) if said else None, anchor="not-pooled")
