"""SVG that keeps its text as text, says what it shows, and holds its numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from xml.dom import minidom

from metaonc.plots.alt import AltText
from metaonc.plots.embedded import font_faces, table_json

if TYPE_CHECKING:
    import pandas as pd

# The first is embedded. Of the others none is wider, so words stay in the boxes measured for them
# where a program ignores embedded fonts.
FAMILIES = (
    "'metaonc DejaVu Sans', 'DejaVu Sans', Verdana, 'Bitstream Vera Sans', Geneva, Arial, "
    "Helvetica, sans-serif"
)
Node = Any  # of minidom, whose stubs know no tree that is changed
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Our fonts in a style, those for letters that the first lacks included: the reader has others.
_OURS = re.compile("'DejaVu Sans'(, *'[^']*')*")
_LINK = re.compile(r"(url\(#|^#)([^)]+)")


def finished(
    drawn: Sequence[bytes], title: str, description: AltText, table: pd.DataFrame | None
) -> bytes:
    """Pages as matplotlib writes them -> one SVG.

    Parameters
    ----------
    drawn : sequence of bytes
        The pages; several are put one below the other.
    title : str
        Its name.
    description : AltText
        Its words.
    table : DataFrame, optional
        The numbers it shows, to embed as JSON.
    """
    pages = [_parsed(content) for content in drawn]
    for number, page in enumerate(pages, start=1):
        _shorten_ids(page, f"p{number}-" if len(pages) > 1 else "")
    document, root = pages[0], pages[0].documentElement
    if len(pages) > 1:
        _stack(document, pages)
    _embed_fonts(document, root)
    _describe(document, root, title, description)
    if table is not None:
        _append_text(document, root, "metadata", table_json(title, table), id="metaonc-table")
    return bytes(document.toxml(encoding="utf-8")) + b"\n"


def _parsed(content: bytes) -> Node:
    document = minidom.parseString(_NOT_XML.sub("�", content.decode()))
    for node in list(_nodes(document)):
        if node.nodeType in (node.COMMENT_NODE, node.DOCUMENT_TYPE_NODE):
            node.parentNode.removeChild(node)
        elif node.nodeType == node.TEXT_NODE and not node.data.strip():
            node.data = "\n" if node.data else ""  # no indents
    return document


def _nodes(node: Node) -> Iterator[Node]:
    for child in node.childNodes:
        yield child
        yield from _nodes(child)


def _elements(node: Node) -> Iterator[Node]:
    return (found for found in _nodes(node) if found.nodeType == found.ELEMENT_NODE)


def _shorten_ids(document: Node, prefix: str) -> None:
    """Ids that something refers to, apart from those of other pages; the others go."""
    used = {
        match[2]
        for element in _elements(document)
        for value in dict(element.attributes.items()).values()
        for match in _LINK.finditer(value)
    }
    for element in _elements(document):
        for name, value in list(element.attributes.items()):
            if name == "id" and value not in used:
                element.removeAttribute("id")
            elif prefix and name == "id":
                element.setAttribute("id", prefix + value)
            elif prefix and "#" in value:
                element.setAttribute(name, _LINK.sub(rf"\g<1>{prefix}\g<2>", value))


def _stack(document: Node, pages: Sequence[Node]) -> None:
    """Put the pages into the first one, each below the one before."""
    root = document.documentElement
    boxes = [_box(page.documentElement) for page in pages]
    width, height = max(box[0] for box in boxes), sum(box[1] for box in boxes)
    y = 0.0
    for number, (page, box) in enumerate(zip(pages, boxes, strict=True)):
        group = document.createElement("g")
        group.setAttribute("transform", f"translate(0 {y:.10g})")
        source = page.documentElement
        for child in list(source.childNodes):
            if child.nodeName == "metadata":
                if number:
                    source.removeChild(child)
                continue
            group.appendChild(document.importNode(child, deep=True))
            source.removeChild(child)
        root.appendChild(group)
        y += box[1]
    root.setAttribute("viewBox", f"0 0 {width:.10g} {height:.10g}")
    root.setAttribute("width", f"{width:.10g}pt")
    root.setAttribute("height", f"{height:.10g}pt")


def _box(root: Node) -> tuple[float, float]:
    _, _, width, height = map(float, root.getAttribute("viewBox").split())
    return width, height


# Words and numbers -------------------------------------------------------------------------------


def _embed_fonts(document: Node, root: Node) -> None:
    """The letters that occur, as fonts of the file, and what to use where they are ignored."""
    letters: dict[str, set[str]] = {"normal": set(), "bold": set()}
    for element in _elements(root):
        if element.nodeName != "text":
            continue
        style = element.getAttribute("style")
        text = "".join(node.data for node in _nodes(element) if node.nodeType == node.TEXT_NODE)
        letters["bold" if re.search(r"\b(bold|700)\b", style) else "normal"] |= set(text)
        element.setAttribute("style", _OURS.sub(FAMILIES, style))
        element.setAttribute("xml:space", "preserve")
    faces = font_faces(letters)
    if faces:
        _append_text(document, root, "style", faces, first=True)


def _describe(document: Node, root: Node, title: str, description: AltText) -> None:
    """Name and description where browsers hand them to screen readers (SVG-AAM 1.0)."""
    long = str(description)
    named = ["metaonc-title", "metaonc-description"]
    _append_text(document, root, "desc", long, first=True, id=named[1])
    _append_text(document, root, "title", title or description.short, first=True, id=named[0])
    root.setAttribute("role", "img")
    root.setAttribute("aria-labelledby", " ".join(named))
    root.setAttribute("xml:lang", "en")


def _append_text(
    document: Node,
    root: Node,
    name: str,
    text: str,
    *,
    first: bool = False,
    **attributes: str,
) -> None:
    element = document.createElement(name)
    for key, value in attributes.items():
        element.setAttribute(key, value)
    element.appendChild(document.createTextNode(_NOT_XML.sub("�", text)))
    root.insertBefore(element, root.firstChild if first else None)
