"""Which lines stand on which page, and how high each page is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from metaonc.plots.forest_plot.description import ForestTable
from metaonc.plots.forest_plot.lines import LABEL_WIDTH, ROW_HEIGHT, Line, block_lines, lines_of
from metaonc.plots.forest_plot.paper import Paper
from metaonc.plots.style import BODY, LINE_HEIGHT, TINY
from metaonc.plots.text import wrap

HEADING_LINE, AXIS_HEIGHT = 12.0, 34.0


@dataclass(frozen=True)
class Page:
    """What stands on one page."""

    lines: tuple[Line, ...]
    first: bool
    last: bool
    width: float
    height: float
    plot_bottom: float

    @property
    def slots(self) -> int:
        """Height of the rows, in row heights."""
        return sum(line.slots for line in self.lines)

    @property
    def plot_top(self) -> float:
        """Upper end of the rows."""
        return self.plot_bottom + ROW_HEIGHT * self.slots


@dataclass(frozen=True)
class Layout:
    """Where everything goes, in points from the lower left corner, before scaling.

    Attributes
    ----------
    scale : float
        What all lengths and letters are multiplied with in the end.
    column_ends, column_starts : dict
        Right and left edge of each column.
    after_point : dict
        Room right of the decimal signs of a column that is aligned by them.
    """

    scale: float
    width: float
    margin: float
    column_starts: dict[str, float]
    column_ends: dict[str, float]
    after_point: dict[str, float]
    plot_left: float
    plot_width: float
    header_height: float
    title: tuple[str, ...]
    footnotes: tuple[str, ...]
    pages: tuple[Page, ...]


def header_height(table: ForestTable) -> float:
    """Height of the headings over the rows."""
    headings = [table.heading, *(column.heading for column in table.columns)]
    lines = max(heading.count("\n") + 1 for heading in headings)
    grouped = any(column.group for column in table.columns)
    favours = 1 if table.preset.favours_on_top and any(table.favours) else 0
    return HEADING_LINE * max(lines + grouped, favours) + 8


def with_pages(layout: Layout, table: ForestTable, paper: Paper | None) -> Layout:
    """The layout with its footnotes, and with its rows on one page or on as many as they need."""
    notes = tuple(
        part
        for note in table.footnotes
        for part in wrap(note, TINY, layout.width - 2 * layout.margin)
    )
    layout = replace(layout, footnotes=notes)
    if paper is None:
        return _one_page(layout, table)
    margin = paper.margin / layout.scale
    shift = margin - layout.margin
    layout = replace(
        layout,
        width=paper.width / layout.scale,
        margin=margin,
        plot_left=layout.plot_left + shift,
        column_starts={key: x + shift for key, x in layout.column_starts.items()},
        column_ends={key: x + shift for key, x in layout.column_ends.items()},
    )
    if paper.height is None:
        return _one_page(layout, table)
    height = paper.height / layout.scale
    parts = list(_broken(layout, table, height))
    last = len(parts) - 1
    return replace(
        layout,
        pages=tuple(
            _page(layout, table, part, height, i == 0, i == last) for i, part in enumerate(parts)
        ),
    )


def _one_page(layout: Layout, table: ForestTable) -> Layout:
    """The layout with all rows on one page, as long as it needs to be."""
    lines = tuple(lines_of(table))
    return replace(layout, pages=(_page(layout, table, lines, None, True, True),))


def _broken(layout: Layout, table: ForestTable, height: float) -> Iterator[tuple[Line, ...]]:
    """Lines of each page; a block that goes on repeats its heading."""
    page: list[Line] = []
    first = True

    def full(lines: list[Line], *, last: bool) -> bool:
        needed = ROW_HEIGHT * sum(line.slots for line in lines)
        return needed > height - _beside_rows(layout, table, first=first, last=last)

    for block in table.blocks:
        waiting: list[Line] = []  # a heading, until a row stands under it
        for line in block_lines(block, block.heading):
            waiting.append(line)
            if line.row is None:
                continue
            if page and full([*page, *waiting], last=False):
                yield tuple(page)
                page, first = [], False
                if block.heading and len(waiting) == 1:
                    again = wrap(f"{block.heading} (continued)", BODY, LABEL_WIDTH, "bold")
                    page = [Line(tuple(again))]
            page += waiting
            waiting = []
        page += waiting
    if full(page, last=True) and len(page) > 1:  # the notes under the plot need a page too
        kept, moved = page[:-1], page[-1:]
        while len(kept) > 1 and full(kept, last=False):
            kept, moved = kept[:-1], [kept[-1], *moved]
        yield tuple(kept)
        page = moved
    yield tuple(page)


def _beside_rows(layout: Layout, table: ForestTable, *, first: bool, last: bool) -> float:
    return _above(layout, first) + _below(layout, table, last) + 2 * layout.margin


def _above(layout: Layout, first: bool) -> float:
    title = HEADING_LINE * len(layout.title) + 16 if first and layout.title else 0.0
    return layout.header_height + title


def _below(layout: Layout, table: ForestTable, last: bool) -> float:
    favours = LINE_HEIGHT + 2 if any(table.favours) and not table.preset.favours_on_top else 0.0
    notes = 8 + LINE_HEIGHT * len(layout.footnotes) if last else 0.0
    return AXIS_HEIGHT + favours + notes


def _page(
    layout: Layout,
    table: ForestTable,
    lines: Iterable[Line],
    height: float | None,
    first: bool,
    last: bool,
) -> Page:
    held = tuple(lines)
    slots = sum(line.slots for line in held)
    above, below = _above(layout, first), _below(layout, table, last)
    rows = ROW_HEIGHT * slots
    if height is None:
        height = 2 * layout.margin + above + rows + below
    bottom = height - layout.margin - above - rows
    return Page(held, first, last, layout.width, height, bottom)
