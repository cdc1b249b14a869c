"""Lines of a description as HTML; whatever they say, they say it as text."""

from __future__ import annotations

import posixpath
from urllib.parse import quote, urlsplit

from markupsafe import Markup, escape

from metaonc.reports.document import Anchor, Cell, Inline, Line, Lines, Link, Marked, inlines

_ELEMENTS = {"strong": "strong", "emphasis": "em", "code": "code"}
_SCHEMES = ("http", "https", "mailto")
_KEPT = "/:?#[]@!$&'()*+,;=%~"  # of an address, besides letters and digits


def html_name(page: str) -> str:
    """File of a page."""
    return f"{page}.html"


def way(page: str, file: str) -> str:
    """The way from a page to a file of the same report.

    Examples
    --------
    >>> way("trials/tamrad", "index.html"), way("index", "trials/tamrad.html")
    ('../index.html', 'trials/tamrad.html')
    """
    return quote(posixpath.relpath(file, posixpath.dirname(page) or "."), safe=_KEPT)


def cell_html(cell: Cell, page: str) -> Markup:
    """A cell of a table; its lines stay lines."""
    if isinstance(cell, Lines):
        return Markup("<br>").join(line_html(line, page) for line in cell.lines)
    return line_html(cell, page)


def line_html(line: Line, page: str) -> Markup:
    """A line as it stands on a page."""
    return Markup("").join(_inline(part, page) for part in inlines(line))


def _inline(part: Inline, page: str) -> Markup:
    match part:
        case str():
            return escape(part)
        case Marked():
            return _marked(part.text, part.mark)
        case Link():
            return _link(part, page)
        case Anchor():
            return Markup('<span class="place" id="{}"></span>').format(part.name)


def _marked(text: str, mark: str) -> Markup:
    element = _ELEMENTS.get(mark)
    if element:
        return Markup("<{0}>{1}</{0}>").format(Markup(element), text)
    return Markup('<span class="{}">{}</span>').format(mark, text)


def _link(link: Link, page: str) -> Markup:
    words = _marked(link.text, link.mark) if link.mark else escape(link.text)
    if link.page == page and link.anchor:
        return Markup('<a href="#{}">{}</a>').format(quote(link.anchor), words)
    if link.page:
        place = f"#{quote(link.anchor)}" if link.anchor else ""
        return Markup('<a href="{}">{}</a>').format(way(page, html_name(link.page)) + place, words)
    if link.file:
        return Markup('<a href="{}">{}</a>').format(way(page, link.file), words)
    if link.url and urlsplit(link.url).scheme in _SCHEMES:
        address = quote(link.url, safe=_KEPT)
        return Markup('<a class="away" href="{}" rel="noreferrer">{}</a>').format(address, words)
    return words  # the manual is elsewhere, and other schemes are not for reading
