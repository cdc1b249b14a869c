"""Results for a notebook: tables that screen readers can walk through, nothing from outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_RIGHT = ' style="text-align: right; padding: 0 0.5em"'
_LEFT = ' style="text-align: left; padding: 0 0.5em"'
_CAPTION = ' style="text-align: left; white-space: nowrap; font-weight: bold"'


def table(caption: str, rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as a table; the first row names the columns, the first cell its row.

    Examples
    --------
    >>> print(table("By agent", [["", "k"], ["a < b", "5"]]))
    <table>
    <caption style="text-align: left; white-space: nowrap; font-weight: bold">By agent</caption>
    <thead>
    <tr><td></td><th scope="col" style="text-align: right; padding: 0 0.5em">k</th></tr>
    </thead>
    <tbody>
    <tr><th scope="row" style="text-align: left; padding: 0 0.5em">a &lt; b</th>\
<td style="text-align: right; padding: 0 0.5em">5</td></tr>
    </tbody>
    </table>
    """
    head, *body = rows
    columns = "".join(
        f'<th scope="col"{_RIGHT if i else _LEFT}>{escape(cell)}</th>' if cell else "<td></td>"
        for i, cell in enumerate(head)
    )
    lines = [
        "<table>",
        f"<caption{_CAPTION}>{escape(caption)}</caption>",
        f"<thead>\n<tr>{columns}</tr>\n</thead>",
        "<tbody>",
        *map(_row, body),
        "</tbody>",
        "</table>",
    ]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    first, *others = cells
    values = "".join(f"<td{_RIGHT}>{escape(cell)}</td>" for cell in others)
    return f'<tr><th scope="row"{_LEFT}>{escape(first)}</th>{values}</tr>'


def block(*parts: str) -> str:
    """Tables and paragraphs as one piece of a page."""
    return "\n".join(['<div class="metaonc-result">', *filter(None, parts), "</div>"])


def paragraphs(texts: Iterable[str]) -> str:
    """Texts as paragraphs, escaped."""
    return "\n".join(f"<p>{escape(text)}</p>" for text in texts if text)
