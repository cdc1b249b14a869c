"""Every word of a report by the place where it stands, for a search without a server."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from metaonc.reports.document import Chapter, Document, Page, Section, page_text
from metaonc.reports.document.parts import Block
from metaonc.reports.writers.html.lines import html_name


def search_script(document: Document) -> str:
    """A script that holds the index and does nothing else.

    Each entry is the page's file and place, its chapter, its heading, and its words.
    """
    entries = [
        entry
        for chapter in document.chapters
        for page in chapter.pages
        for entry in _entries(chapter, page)
    ]
    data = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
    return f"window.metaoncIndex = {data};\n"


def _entries(chapter: Chapter, page: Page) -> Iterator[dict[str, Any]]:
    """One entry for what stands before the first section, and one per section."""
    name = html_name(page.key)
    before = [block for block in page.blocks if not isinstance(block, Section)]
    about = {"chapter": chapter.title, "title": page.title}
    yield about | {"file": name, "heading": "", "text": _words(before)}
    for number, section in enumerate(sections(page), start=1):
        place = f"{name}#{section_id(section, number)}"
        yield about | {"file": place, "heading": section.title, "text": _words(section.blocks)}


def _words(blocks: Iterable[Block]) -> str:
    return " ".join(page_text(Page("", "", tuple(blocks))).split())


def sections(page: Page) -> list[Section]:
    """The sections of a page that stand in no other."""
    return [block for block in page.blocks if isinstance(block, Section)]


def section_id(section: Section, number: int) -> str:
    """The place of a page's section, by its own name or its number."""
    return section.anchor or f"section-{number}"
