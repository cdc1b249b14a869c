"""A description -> the nodes of docutils: what Sphinx, or docutils alone, makes pages of.

Text goes in as text: nothing in a record is read as markup. Needs docutils, which metaonc itself
does not: it comes with Sphinx (``metaonc[sphinx]``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import count

from docutils import nodes

from metaonc.reports.document import (
    Anchor,
    Block,
    Bullets,
    Cell,
    Code,
    Details,
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
    plain_text,
)

PREFIX = "metaonc-"  # of every class, so that no style of anybody else's pages is meant
_KINDS: dict[str, type[nodes.Element]] = {"note": nodes.note, "warning": nodes.warning}
_WIDEST = 32  # letters in a line of a column, unless a word has more
_LONG = 60  # letters; a cell with more of them needs room beside narrow ones
_MARKS = {"strong": nodes.strong, "emphasis": nodes.emphasis, "code": nodes.literal}


class DocutilsWriter:
    """Writes the parts of a description as nodes of one docutils document.

    Links lead to ``<page>.html`` and to files beside it; whoever has other ways overrides `link`,
    `figure` and `details`, as `metaonc.sphinx` does.

    Parameters
    ----------
    document : docutils.nodes.document
        The document that the nodes will be part of; it knows which names of places are taken.
    titles : bool, default True
        Whether sections may stand where the nodes go; if not, they become headings without rank.

    Attributes
    ----------
    places : dict of str to str
        Places of the description that were written -> their names in the document.

    Examples
    --------
    >>> from docutils.utils import new_document
    >>> from metaonc.reports.document import Paragraph, strong
    >>> writer = DocutilsWriter(new_document("page"))
    >>> writer.blocks([Paragraph(("HR ", strong("0.60")))])
    [<paragraph: <#text: 'HR '><strong...>>]
    """

    def __init__(self, document: nodes.document, *, titles: bool = True) -> None:
        self.document = document
        self.titles = titles
        self.places: dict[str, str] = {}

    def page(self, page: Page) -> nodes.section:
        """A whole page as one section."""
        return self._titled(nodes.section(), page.title, page.blocks)

    def blocks(self, blocks: Iterable[Block]) -> list[nodes.Element]:
        """Blocks, one after the other."""
        found = [node for block in blocks for node in self._block(block)]
        for node in found:  # printed figures keep their characters
            node["support_smartquotes"] = False
        return found

    def _block(self, block: Block) -> Sequence[nodes.Element]:
        match block:
            case Paragraph():
                return [self._paragraph(block)]
            case Bullets():
                return [self._bullets(block)]
            case Table():
                return self.table(block)
            case Facts():
                return [self._facts(block)]
            case Figure():
                return self.figure(block)
            case Code():
                return [_code(block)]
            case Details():
                return self.details(block)
            case Section():
                return self._section(block)

    # Blocks ----------------------------------------------------------------------------------

    def _paragraph(self, block: Paragraph) -> nodes.Element:
        said = nodes.paragraph("", "", *self.line(block.line))
        if block.kind in _KINDS:
            return _KINDS[block.kind]("", said)
        if block.kind:
            said["classes"].append(f"{PREFIX}{block.kind}")
        return said

    def _bullets(self, block: Bullets) -> nodes.Element:
        items = [nodes.list_item("", self._text(item)) for item in block.items]
        if block.ordered:
            return nodes.enumerated_list("", *items, enumtype="arabic", prefix="", suffix=".")
        return nodes.bullet_list("", *items, bullet="*")

    def _section(self, block: Section) -> list[nodes.Element]:
        if self.titles:
            node = nodes.section()
            if block.anchor:
                self.place(node, block.anchor)
            return [self._titled(node, block.title, block.blocks)]
        heading = nodes.rubric(block.title, block.title)
        if block.anchor:
            self.place(heading, block.anchor)
        return [heading, *self.blocks(block.blocks)]

    def _titled(self, node: nodes.section, title: str, blocks: Iterable[Block]) -> nodes.section:
        node += nodes.title(title, title, support_smartquotes=False)
        if not node["ids"]:
            node["names"].append(nodes.fully_normalize_name(title))
            self.document.note_implicit_target(node)
        node += self.blocks(blocks)
        return node

    def details(self, block: Details) -> list[nodes.Element]:
        """Blocks behind a door; here the door stands open."""
        summary = nodes.paragraph("", "", nodes.strong("", "", *self.line(block.summary)))
        node = nodes.compound("", summary, *self.blocks(block.blocks))
        node["classes"].append(f"{PREFIX}details")
        if block.anchor:
            self.place(node, block.anchor)
        return [node]

    def figure(self, block: Figure) -> list[nodes.Element]:
        """A figure, shown in the first of its formats."""
        return [self.framed(block, f"{block.name}.{block.formats[0]}")]

    def framed(self, block: Figure, uri: str) -> nodes.figure:
        """A picture with its alternative text and its caption."""
        image = nodes.image("", uri=uri, alt=block.alt)
        caption = nodes.caption("", "", *self.line(block.caption))
        return nodes.figure("", image, caption, classes=[f"{PREFIX}figure"])

    # Tables ----------------------------------------------------------------------------------

    def table(self, block: Table) -> list[nodes.Element]:
        """A table with its heading rows."""
        group = nodes.tgroup(cols=len(block.head))
        columns = zip(block.head, *block.rows, strict=True)
        group += [nodes.colspec(colwidth=_width(column)) for column in columns]
        if block.stub:
            group.children[0]["stub"] = 1  # type: ignore[index]
        head = nodes.thead()
        if block.groups:
            head += nodes.row("", *(self._spanning(*pair) for pair in block.groups))
        head += self._row(block.head, block.numeric)
        body = nodes.tbody("", *(self._row(row, block.numeric) for row in block.rows))
        group += [head, body]
        return [self._table(group, block.caption, "wide" if len(block.head) > 3 else "plain")]

    def _facts(self, block: Facts) -> nodes.Element:
        group = nodes.tgroup(cols=2)
        names, values = zip(*block.rows, strict=True)
        group += nodes.colspec(colwidth=_width(names), stub=1)
        group += nodes.colspec(colwidth=_width(values))
        group += nodes.tbody("", *(self._row(row, ()) for row in block.rows))
        return self._table(group, "", "facts")

    def _table(self, group: nodes.tgroup, caption: str, kind: str) -> nodes.Element:
        table = nodes.table("", classes=["colwidths-auto", "metaonc", f"{PREFIX}{kind}"])
        if caption:
            table += nodes.title(caption, caption)
        table += group
        return nodes.container("", table, classes=[f"{PREFIX}scroll"])

    def _row(self, cells: Sequence[Cell], numeric: Sequence[int]) -> nodes.row:
        row = nodes.row()
        for column, cell in enumerate(cells):
            entry = nodes.entry("", self._text(cell)) if cell else nodes.entry()
            if column in numeric:
                entry["classes"].append(f"{PREFIX}numeric")
            if max(map(len, plain_text(cell).split("\n"))) > _LONG:
                entry["classes"].append(f"{PREFIX}long")
            row += entry
        return row

    def _spanning(self, heading: str, width: int) -> nodes.entry:
        entry = nodes.entry("", nodes.paragraph(heading, heading) if heading else nodes.paragraph())
        if width > 1:
            entry["morecols"] = width - 1
        return entry

    def _text(self, cell: Cell) -> nodes.Element:
        if isinstance(cell, Lines):
            lines = [nodes.line("", "", *self.line(line)) for line in cell.lines]
            return nodes.line_block("", *lines)
        return nodes.paragraph("", "", *self.line(cell))

    # Within a line ---------------------------------------------------------------------------

    def line(self, line: Line) -> list[nodes.Node]:
        """What stands within a line."""
        return [self._inline(part) for part in inlines(line)]

    def _inline(self, part: Inline) -> nodes.Node:
        match part:
            case str():
                return nodes.Text(part)
            case Marked():
                return marked(part.text, part.mark)
            case Link():
                return self.link(part)
            case Anchor():
                place = nodes.target()
                self.place(place, part.name)
                return place

    def link(self, link: Link) -> nodes.Node:
        """Words that lead somewhere; those into metaonc's manual are words only."""
        words = marked(link.text, link.mark)
        if link.manual:
            return words
        place = f"#{link.anchor}" if link.anchor else ""
        address = link.url or link.file or f"{link.page}.html{place}"
        return reference(words, address)

    def place(self, node: nodes.Element, name: str) -> None:
        """Give a place its name in the document: its own, numbered if that is taken."""
        wanted = nodes.make_id(name) or "place"
        tries = (wanted if number == 1 else f"{wanted}-{number}" for number in count(1))
        free = next(name for name in tries if name not in self.document.ids)
        node["ids"].append(free)
        self.document.set_id(node)
        self.places.setdefault(name, free)


def marked(text: str, mark: str) -> nodes.Node:
    """Words with their mark: as nodes where docutils has them, by class where it has not."""
    if not mark:
        return nodes.Text(text)
    if mark in _MARKS:
        return _MARKS[mark](text, text)
    return nodes.inline(text, text, classes=[f"{PREFIX}{mark}"])


def reference(words: nodes.Node, address: str) -> nodes.reference:
    """A link to an address."""
    return nodes.reference("", "", words, refuri=address)


def _width(cells: Iterable[Cell]) -> int:
    """Letters in a line of a column, for formats that count letters."""
    lines = [line for cell in cells for line in plain_text(cell).split("\n")]
    words = [word for line in lines for word in line.split()]
    longest = max(map(len, words), default=1)
    return max(longest, min(max(map(len, lines)), _WIDEST))


def _code(block: Code) -> nodes.Element:
    """Lines of code; a session of Python is one that doctest can run."""
    if re.match(r">>> ", block.text):
        return nodes.doctest_block(block.text, block.text)
    node = nodes.literal_block(block.text, block.text)
    node["language"] = block.language or "text"
    return node
