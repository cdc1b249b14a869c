"""The shipped registry, analysed and described once for all tests of sections."""

from __future__ import annotations

import metaonc as mo
from metaonc.reports import analyse
from metaonc.reports.document import (
    Document,
    Figure,
    Marked,
    Page,
    Section,
    Table,
    inlines,
    page_text,
    walk,
)
from metaonc.reports.sections import chapters

REGISTRY = mo.load_registry()
ANALYSES = analyse(REGISTRY)
DOCUMENT = Document("Review", chapters(REGISTRY, ANALYSES))
PAGES = {page.key: page for page in DOCUMENT.pages}
WORDS = {page.key: page_text(page) for page in DOCUMENT.pages}
TRIALS = {trial.key: trial for trial in REGISTRY}
BY_KEY = {analysis.key: analysis for analysis in ANALYSES}


def sections(page: Page) -> dict[str, Section]:
    """The sections of a page by their place."""
    return {b.anchor: b for b in walk(page.blocks) if isinstance(b, Section)}


def tables(*blocks: Section | Page) -> list[Table]:
    """Every table in these."""
    return [b for whole in blocks for b in walk(whole.blocks) if isinstance(b, Table)]


def figures(page: Page) -> list[Figure]:
    """Every figure of a page."""
    return [block for block in walk(page.blocks) if isinstance(block, Figure)]


def states(cell: object) -> list[str]:
    """Whether the figures of a cell are confirmed, by its marks."""
    parts = [p for p in inlines(cell) if isinstance(p, Marked)]  # type: ignore[arg-type]
    return [part.mark for part in parts if part.mark in ("confirmed", "awaiting")]
