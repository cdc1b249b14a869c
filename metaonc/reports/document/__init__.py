"""What a report says, as data: pages, sections, tables and words, before any format is chosen.

Sections of a report are written once, as these parts; `metaonc.reports.writers` turns them into
HTML, PDF or the nodes of Sphinx. A test reads the parts and renders nothing.
"""

from metaonc.reports.document.checking import check_links
from metaonc.reports.document.parts import (
    Block,
    Bullets,
    Cell,
    Chapter,
    Code,
    Details,
    Document,
    Facts,
    Figure,
    Page,
    Paragraph,
    Section,
    Table,
    blocks,
    section,
)
from metaonc.reports.document.reading import anchors, links, page_text, plain_text, walk
from metaonc.reports.document.words import (
    Anchor,
    Inline,
    Line,
    Lines,
    Link,
    Marked,
    capital,
    inlines,
    listed,
    status,
    strong,
)

__all__ = [
    "Anchor",
    "Block",
    "Bullets",
    "Cell",
    "Chapter",
    "Code",
    "Details",
    "Document",
    "Facts",
    "Figure",
    "Inline",
    "Line",
    "Lines",
    "Link",
    "Marked",
    "Page",
    "Paragraph",
    "Section",
    "Table",
    "anchors",
    "blocks",
    "capital",
    "check_links",
    "inlines",
    "links",
    "listed",
    "page_text",
    "plain_text",
    "section",
    "status",
    "strong",
    "walk",
]
