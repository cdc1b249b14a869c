"""Reading a description: every block of a page, every link, every place, and the bare words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from metaonc.reports.document.parts import (
    Block,
    Bullets,
    Cell,
    Code,
    Details,
    Facts,
    Figure,
    Page,
    Paragraph,
    Section,
    Table,
)
from metaonc.reports.document.words import Anchor, Inline, Line, Lines, Link, Marked, inlines


def walk(blocks: Iterable[Block]) -> Iterator[Block]:
    """Every block in the order of reading, those inside others included."""
    for block in blocks:
        yield block
        if isinstance(block, Section | Details):
            yield from walk(block.blocks)


def plain_text(cell: Cell) -> str:
    """The words of a line or a cell, without marks or links.

    Examples
    --------
    >>> plain_text(("HR ", Marked("0.60", "strong")))
    'HR 0.60'
    """
    if isinstance(cell, Lines):
        return "\n".join(map(plain_text, cell.lines))
    return "".join(_words(part) for part in inlines(cell))


def _words(part: Inline) -> str:
    match part:
        case str():
            return part
        case Anchor():
            return ""
        case Marked() | Link():
            return part.text


def links(page: Page) -> Iterator[Link]:
    """Every link of a page."""
    for line in _lines(page):
        yield from (part for part in inlines(line) if isinstance(part, Link))


def anchors(page: Page) -> list[str]:
    """Every place of a page to which a link may lead."""
    named = [b.anchor for b in walk(page.blocks) if isinstance(b, Section | Details) and b.anchor]
    within = [
        part.name for line in _lines(page) for part in inlines(line) if isinstance(part, Anchor)
    ]
    return named + within


def page_text(page: Page) -> str:
    """Everything that a page says below its title, headings included, a line per line.

    Examples
    --------
    >>> from metaonc.reports.document import Facts, Page, Paragraph, Section
    >>> found = Facts((("Phase", "II"),))
    >>> print(page_text(Page("t", "TAMRAD", (Section("Design", (Paragraph("Said."), found)),))))
    Design
    Said.
    Phase
    II
    """
    return "\n".join(text for block in walk(page.blocks) for text in _said(block))


def _said(block: Block) -> Iterator[str]:
    match block:
        case Section():
            yield block.title
        case Code():
            yield block.text
        case Facts():
            for name, value in block.rows:
                yield from (name, plain_text(value))
        case Table(caption=caption) if caption:
            yield caption
            yield from map(plain_text, _cells(block))
        case _:
            yield from map(plain_text, _cells(block))


def _lines(page: Page) -> Iterator[Line]:
    for block in walk(page.blocks):
        for cell in _cells(block):
            yield from cell.lines if isinstance(cell, Lines) else (cell,)


def _cells(block: Block) -> Iterator[Cell]:
    match block:
        case Paragraph():
            yield block.line
        case Bullets():
            yield from block.items
        case Table():
            yield from block.head
            for row in block.rows:
                yield from row
        case Facts():
            yield from (value for _, value in block.rows)
        case Figure():
            yield block.caption
        case Details():
            yield block.summary
