"""Blocks, pages and documents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from metaonc.reports.document.words import Line, Lines

Cell: TypeAlias = Line | Lines
Block: TypeAlias = "Paragraph | Bullets | Table | Facts | Figure | Code | Details | Section"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph.

    Attributes
    ----------
    line : Line
        What it says.
    kind : {"", "lead", "note", "warning"}
        "lead" says first what the page says; "note" stands beside the text; "warning" is what a
        reader must not miss.
    """

    line: Line
    kind: Literal["", "lead", "note", "warning"] = ""


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list; `ordered` ones are numbered."""

    items: tuple[Line, ...]
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a heading row.

    Attributes
    ----------
    head : tuple of Line
        The heading of each column.
    rows : tuple of tuple of Cell
        As many cells in each row as there are headings.
    caption : str
        What the table shows; every format prints it, or reads it out.
    numeric : tuple of int
        Columns whose cells are figures, set to the right.
    groups : tuple of (str, int)
        Headings above headings, each with the number of columns it spans; () for none.
    choices : tuple of str
        Headings of columns by which a reader of HTML may filter the rows.
    searched : str
        What the field that searches the rows says, in HTML; "" for no field.
    stub : bool
        The first column names the rows.
    """

    head: tuple[Line, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    numeric: tuple[int, ...] = ()
    groups: tuple[tuple[str, int], ...] = ()
    choices: tuple[str, ...] = ()
    searched: str = ""
    stub: bool = False

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.head):
                raise ValueError(f"{len(row)} cells under {len(self.head)} headings: {row}")
        if self.groups and sum(width for _, width in self.groups) != len(self.head):
            raise ValueError(f"the groups {self.groups} do not span {len(self.head)} columns")


@dataclass(frozen=True, slots=True)
class Facts:
    """What and how much, a pair per row."""

    rows: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that was drawn beside the document.

    Attributes
    ----------
    name : str
        Its files without their suffix, relative to the document's root: "figures/pfs".
    alt : str
        What it shows, for those who do not see it.
    caption : Line
        What it is.
    formats : tuple of str
        Suffixes of the files that exist. Each writer shows the one that suits it ("svg", "pdf",
        "png") and links the others.
    """

    name: str
    alt: str
    caption: Line
    formats: tuple[str, ...] = ("svg", "pdf")


@dataclass(frozen=True, slots=True)
class Code:
    """Lines that a reader may type, or a file."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Details:
    """Blocks that a reader opens; formats without doors show them open."""

    summary: Line
    blocks: tuple[Block, ...]
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks under a heading."""

    title: str
    blocks: tuple[Block, ...]
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Attributes
    ----------
    key : str
        Its name within the document, with "/" between folders: "trials/tamrad".
    title : str
        Its heading.
    blocks : tuple of Block
        What stands on it.
    """

    key: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """Pages that belong together; the first of them leads to the others."""

    title: str
    pages: tuple[Page, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report.

    Attributes
    ----------
    title : str
        Title of the review.
    chapters : tuple of Chapter
        In the order of reading; the first page of the first is the front page.
    """

    title: str
    chapters: tuple[Chapter, ...]

    @property
    def pages(self) -> tuple[Page, ...]:
        """Every page, in the order of reading."""
        return tuple(page for chapter in self.chapters for page in chapter.pages)


def blocks(*parts: Block | Iterable[Block] | None) -> tuple[Block, ...]:
    """Parts in a row, without those that have nothing to say.

    Examples
    --------
    >>> blocks(None, Paragraph("Said."), [Paragraph("And said.")])
    (Paragraph(line='Said.', kind=''), Paragraph(line='And said.', kind=''))
    """
    said: list[Block] = []
    for part in parts:
        if part is None:
            continue
        said.extend(part if isinstance(part, Iterable) else [part])
    return tuple(said)


def section(title: str, *parts: Block | Iterable[Block] | None, anchor: str = "") -> Section | None:
    """A section, or nothing if no part of it has anything to say.

    Examples
    --------
    >>> section("Left out", None) is None
    True
    """
    said = blocks(*parts)
    return Section(title, said, anchor) if said else None
