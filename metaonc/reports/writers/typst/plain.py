"""A description as plain values for the template.

The template reads them as JSON, so nothing that a record contains is ever read as Typst: text is
data from end to end, and there is nothing to escape.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from metaonc.reports.document import (
    Anchor,
    Block,
    Bullets,
    Cell,
    Code,
    Details,
    Document,
    Facts,
    Figure,
    Inline,
    Line,
    Lines,
    Link,
    Marked,
    Page,
    Paragraph,
    Section,
    Table,
    inlines,
)
from metaonc.reports.writers.typst.columns import is_long, measured_columns

Plain = dict[str, Any]

# What no font has a shape for, and PDF/UA refuses: controls other than a tabulator and an end of
# line, and half a character.
_NO_SHAPE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_DEEPEST = 6  # levels of headings that PDF knows


def plain_document(document: Document, version: str) -> Plain:
    """Everything that the template needs, as values that JSON can hold.

    Parameters
    ----------
    document : Document
        The description.
    version : str
        Version of metaonc, for the foot of each page.

    Examples
    --------
    >>> from metaonc.reports.document import Chapter, Page, Paragraph
    >>> page = Page("index", "Review", (Paragraph("#strong[Said.]"),))
    >>> found = plain_document(Document("Review", (Chapter("", (page,)),)), "0.1")
    >>> found["pages"][0]["blocks"]
    [{'is': 'paragraph', 'line': ['#strong[Said.]'], 'kind': ''}]
    """
    pages = []
    for number, chapter in enumerate(document.chapters):
        for place, page in enumerate(chapter.pages):
            titled = chapter.title if not place else ""
            level = 2 if chapter.title else 1
            front = not number and not place
            pages.append(_page(page, level) | {"chapter": shown(titled), "front": front})
    return {"title": shown(document.title), "version": version, "pages": pages}


def shown(text: str) -> str:
    r"""Text that a font can show: a replacement character for what none has a shape for.

    Examples
    --------
    >>> shown("HR\x00 0.60")
    'HR� 0.60'
    """
    return _NO_SHAPE.sub("\N{REPLACEMENT CHARACTER}", text)


def _page(page: Page, level: int) -> Plain:
    return {
        "label": _label(page.key),
        "title": shown(page.title),
        "level": level,
        "blocks": _blocks(page.blocks, page.key, level + 1),
    }


def _label(page: str, anchor: str = "") -> str:
    """Name of a page or of a place on it, unlike any other in the document."""
    return f"{page}#{anchor}" if anchor else f"{page}#"


def _blocks(blocks: Iterable[Block], page: str, level: int) -> list[Plain]:
    return [_block(block, page, min(level, _DEEPEST)) for block in blocks]


def _block(block: Block, page: str, level: int) -> Plain:
    match block:
        case Paragraph():
            return {"is": "paragraph", "line": _line(block.line, page), "kind": block.kind}
        case Bullets():
            items = [_line(item, page) for item in block.items]
            return {"is": "bullets", "items": items, "ordered": block.ordered}
        case Table():
            return _table(block, page)
        case Facts():
            cells = [_cell(value, page) for _, value in block.rows]
            names = [[[shown(name)]] for name, _ in block.rows]
            rows = [[name, cell] for name, cell in zip(names, cells, strict=True)]
            return {"is": "facts", "rows": rows, "long": is_long(*cells)}
        case Figure():
            return _figure(block, page)
        case Code():
            return {"is": "code", "text": shown(block.text), "language": block.language}
        case Details():
            return _titled(block.summary, block, page, level) | {"is": "details"}
        case Section():
            return _titled(block.title, block, page, level) | {"is": "section"}


def _titled(title: Line, block: Section | Details, page: str, level: int) -> Plain:
    return {
        "title": _line(title, page),
        "level": level,
        "label": _label(page, block.anchor) if block.anchor else "",
        "blocks": _blocks(block.blocks, page, level + 1),
    }


def _figure(block: Figure, page: str) -> Plain:
    # A picture that keeps its text, then one that does not; PDF/UA takes no PDF as a picture.
    form = next((form for form in ("svg", "png") if form in block.formats), "")
    return {
        "is": "figure",
        "path": f"/{block.name}.{form}" if form else "",
        "alt": shown(block.alt),
        "caption": _line(block.caption, page),
    }


def _table(block: Table, page: str) -> Plain:
    rows = [[_cell(cell, page) for cell in row] for row in block.rows]
    head = [_cell(cell, page) for cell in block.head]
    return {
        "is": "table",
        "head": head,
        "groups": [[shown(title), width] for title, width in block.groups],
        "rows": [{"cells": cells, "long": is_long(*cells)} for cells in rows],
        "caption": shown(block.caption),
        "numeric": list(block.numeric),
        "stub": block.stub,
        "columns": measured_columns(head, rows),
    }


def _cell(cell: Cell, page: str) -> list[list[str | Plain]]:
    """Lines of parts."""
    lines: Sequence[Line] = cell.lines if isinstance(cell, Lines) else (cell,)
    return [_line(line, page) for line in lines]


def _line(line: Line, page: str) -> list[str | Plain]:
    return [_inline(part, page) for part in inlines(line)]


def _inline(part: Inline, page: str) -> str | Plain:
    match part:
        case str():
            return shown(part)
        case Marked():
            return {"text": shown(part.text), "mark": part.mark}
        case Anchor():
            return {"text": "", "label": _label(page, part.name)}
        case Link():
            return {"text": shown(_link_text(part)), "mark": part.mark, **_target(part)}


def _link_text(link: Link) -> str:
    """Words of a link; paper says the name of a file that a click would open."""
    if link.file and link.file not in link.text:
        return f"{link.text} ({link.file})"
    return link.text


def _target(link: Link) -> Plain:
    if link.page:
        return {"to": _label(link.page, link.anchor)}
    return {"url": link.url} if link.url else {}
