"""`html_site`: a description of a report -> every file of its site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from metaonc._version import __version__
from metaonc.errors import ReportError
from metaonc.reports.document import Chapter, Document, Page, inlines, plain_text
from metaonc.reports.writers.html.lines import cell_html, html_name, way
from metaonc.reports.writers.html.search import search_script, section_id, sections

STYLE, SCRIPT, INDEX = "assets/report.css", "assets/report.js", "assets/search.js"
SEARCH = "search"  # key of the page that shows what a search finds
_FEW = 3  # sections of a page that need no list of contents


def html_site(document: Document, interactive: Mapping[str, str] | None = None) -> dict[str, str]:
    """A report as a site that works from a folder, and asks no network for anything.

    Parameters
    ----------
    document : Document
        What the report says; its links are those that :func:`check_links` passes.
    interactive : mapping of str to str, optional
        Names of figures, and the HTML that stands in their place: `ForestPage.section` of
        :func:`metaonc.plots.forest_html`. It is put into the page as it is.

    Returns
    -------
    dict of str to str
        File name -> text: a page per page of the document, the page of the search, and their style
        sheet and scripts. Figures and other files that the document names are the caller's.

    Raises
    ------
    ReportError
        If a page of the document has the key of the search page.

    Examples
    --------
    >>> from metaonc.reports.document import Chapter, Page, Paragraph
    >>> page = Page("index", "A review", (Paragraph("<b>1 < 2</b>"),))
    >>> site = html_site(Document("A review", (Chapter("", (page,)),)))
    >>> sorted(site)
    ['assets/report.css', 'assets/report.js', 'assets/search.js', 'index.html', 'search.html']
    >>> "<p>&lt;b&gt;1 &lt; 2&lt;/b&gt;</p>" in site["index.html"]
    True
    """
    if any(page.key == SEARCH for page in document.pages):
        raise ReportError(f"the page {SEARCH} is the site's own; give yours another key.")
    found = {STYLE: _style(), SCRIPT: _script(), INDEX: search_script(document)}
    return found | dict(_pages(document, interactive or {}))


def _pages(document: Document, interactive: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    environment = _environment()
    template = environment.get_template("page.html")
    chapters = {page.key: chapter for chapter in document.chapters for page in chapter.pages}
    neighbours = _neighbours(document.pages)
    shared: dict[str, Any] = {
        "document": document,
        "home": document.pages[0],
        "search": Page(SEARCH, "Search", ()),
        "interactive": {name: Markup(text) for name, text in interactive.items()},
    }
    for page in document.pages:
        before, after = neighbours[page.key]
        yield html_name(page.key), template.render(
            shared, page=page, chapter=chapters[page.key], before=before, after=after,
            contents=_contents(page), searches=False,
        )  # fmt: skip
    yield html_name(SEARCH), template.render(
        shared, page=shared["search"], chapter=Chapter("", ()), before=None, after=None,
        contents=(), searches=True,
    )  # fmt: skip


def _neighbours(pages: tuple[Page, ...]) -> dict[str, tuple[Page | None, Page | None]]:
    """The pages before and after each."""
    before, after = (None, *pages[:-1]), (*pages[1:], None)
    return {page.key: (b, a) for page, b, a in zip(pages, before, after, strict=True)}


def _contents(page: Page) -> list[tuple[str, str]]:
    """Place and title of every section, on a page that has more than a few."""
    found = [(section_id(s, i), s.title) for i, s in enumerate(sections(page), start=1)]
    return found if len(found) > _FEW else []


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("metaonc.reports.writers.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "cell": cell_html,
        "file": html_name,
        "kind": lambda block: type(block).__name__,
        "plain": plain_text,
        "inlines": inlines,
    }
    environment.globals |= {"way": way, "section_id": section_id, "STYLE": STYLE, "SCRIPT": SCRIPT,
                            "INDEX": INDEX, "version": __version__}  # fmt: skip
    return environment


def _style() -> str:
    """The style of the pages, and of the forest plots on them."""
    return _asset("report.css") + _of_plots("forest.css")


def _script() -> str:
    """Filters, the search, and what forest plots do."""
    return _asset("report.js") + _of_plots("forest.js")


def _asset(name: str) -> str:
    folder = files("metaonc.reports.writers.html").joinpath("assets")
    return folder.joinpath(name).read_text(encoding="utf-8")


def _of_plots(name: str) -> str:
    from metaonc.plots.html.page import resource

    return resource(name)
