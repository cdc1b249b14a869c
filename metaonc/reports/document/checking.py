"""Links that lead nowhere, found before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from metaonc.errors import ReportError
from metaonc.reports.document.parts import Document
from metaonc.reports.document.reading import anchors, links


def check_links(document: Document, files: Iterable[str] = ()) -> None:
    """Refuse a document with a link to a page, a place or a file that it does not have.

    Parameters
    ----------
    document : Document
        The description.
    files : iterable of str
        Files that are delivered with it, relative to its root.

    Raises
    ------
    ReportError
        For the first link that leads nowhere, page key that is used twice, or place that is named
        twice on one page.

    Examples
    --------
    >>> from metaonc.reports.document import Chapter, Link, Page, Paragraph
    >>> page = Page("index", "Review", (Paragraph(Link("TAMRAD", page="trials/tamrad")),))
    >>> check_links(Document("Review", (Chapter("", (page,)),)))
    Traceback (most recent call last):
    ...
    metaonc.errors.ReportError: page index: the link 'TAMRAD' leads to the page trials/tamrad, which the report does not have.
    """  # noqa: E501 - an error message is one line
    _refuse_twice("page", [page.key for page in document.pages])
    places = {page.key: anchors(page) for page in document.pages}
    for key, names in places.items():
        _refuse_twice(f"place on page {key}", names)
    delivered = set(files)
    for page in document.pages:
        for link in links(page):
            lost = ""
            if link.page and link.page not in places:
                lost = f"the page {link.page}"
            elif link.page and link.anchor and link.anchor not in places[link.page]:
                lost = f"the place {link.anchor} on the page {link.page}"
            elif link.file and link.file not in delivered:
                lost = f"the file {link.file}"
            if lost:
                raise ReportError(
                    f"page {page.key}: the link {link.text!r} leads to {lost}, which the report "
                    "does not have."
                )


def _refuse_twice(what: str, names: Iterable[str]) -> None:
    for name, times in Counter(names).items():
        if times > 1:
            raise ReportError(f"the {what} {name} is there {times} times; each needs its own name.")
