"""Where everything of a forest plot goes: text is measured before it is placed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from metaonc.plots.forest_plot.description import Block, Column, ForestTable, Row
from metaonc.plots.forest_plot.paper import Paper
from metaonc.plots.style import BODY, LINE_HEIGHT, MARGIN, SMALL, TINY, TITLE
from metaonc.plots.text import Weight, text_width, wrap

# All lengths in points, before the whole is made smaller to fit a page.
ROW_HEIGHT, GAP = 17.0, 14.0
HEADING_LINE = 12.0
PLOT_WIDTH, NARROW_PLOT, INDENT = 210.0, 130.0, 9.0
LABEL_WIDTH, TEXT_WIDTH = 230.0, 330.0  # longer labels and sentences go on in the next line
AXIS_HEIGHT = 34.0


@dataclass(frozen=True)
class Line:
    """One line of the figure: a heading or a row, with its label broken into lines."""

    label: tuple[str, ...]
    row: Row | None = None
    indented: bool = False

    @property
    def slots(self) -> int:
        """How many row heights the line takes."""
        return max(1, math.ceil((LINE_HEIGHT * (len(self.label) - 1) + ROW_HEIGHT) / ROW_HEIGHT))


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


def measured(table: ForestTable, paper: Paper | None = None) -> Layout:
    """Give every column the width of its widest text, and the figure the sum of them.

    On paper, the plot takes what the text leaves; where that is too little, the whole is made
    smaller until it fits, and rows that do not fit go on to the next page.
    """
    natural = _across(table, PLOT_WIDTH)
    if paper is None:
        return _with_pages(natural, table, None)
    narrow = _across(table, NARROW_PLOT)
    room = paper.width - 2 * paper.margin + 2 * MARGIN
    if narrow.width > room:
        fitted = replace(narrow, scale=room / narrow.width)
    else:
        fitted = _across(table, NARROW_PLOT + room - narrow.width)
    return _with_pages(fitted, table, paper)


# Across ------------------------------------------------------------------------------------------


def _across(table: ForestTable, plot_width: float) -> Layout:
    left = [column for column in table.columns if column.side == "left"]
    right = [column for column in table.columns if column.side == "right"]
    sizes = {column.key: _column_size(column, table) for column in table.columns}
    groups = _group_extra(table, sizes)
    widths = {key: sum(size) + groups.get(key, 0.0) for key, size in sizes.items()}
    lines = list(lines_of(table))
    labels = max(
        [text_width(table.heading, BODY, "bold")]
        + [_label_width(line) for line in lines if not _is_text(line)]
    )
    sentences = max((_label_width(line) for line in lines if _is_text(line)), default=0.0)
    left_width = max(labels + sum(widths[column.key] + GAP for column in left), sentences)
    plot_width = max(plot_width, _favours_width(table))
    starts, ends, x = {}, {}, MARGIN + left_width
    for column in reversed(left):
        ends[column.key], starts[column.key] = x, x - widths[column.key]
        x -= widths[column.key] + GAP
    plot_left = MARGIN + left_width + GAP
    x = plot_left + plot_width + GAP / 2
    for column in right:
        starts[column.key] = x + GAP / 2
        x = ends[column.key] = starts[column.key] + widths[column.key]
        x += GAP / 2
    width = x - (GAP / 2 if right else 0) + MARGIN
    return Layout(
        scale=1.0,
        width=width,
        margin=MARGIN,
        column_starts=starts,
        column_ends=ends,
        after_point={key: size[1] for key, size in sizes.items()},
        plot_left=plot_left,
        plot_width=plot_width,
        header_height=_header_height(table),
        title=tuple(wrap(table.title, TITLE, max(width - 2 * MARGIN, 1.0), "bold")),
        footnotes=(),
        pages=(),
    )


def _column_size(column: Column, table: ForestTable) -> tuple[float, float]:
    """Room that a column needs left and right of its decimal signs; all left where it has none."""
    cells = [
        (row.cells[column.key], _weight(row)) for row in table.rows() if column.key in row.cells
    ]
    heading = text_width(column.heading, BODY, "bold")
    if column.align != "point":
        return max([heading, *(text_width(text, BODY, weight) for text, weight in cells)]), 0.0
    after = [after_point(text, table, weight) for text, weight in cells]
    before = [
        text_width(text, BODY, weight) - rest
        for (text, weight), rest in zip(cells, after, strict=True)
    ]
    right = max(after, default=0.0)
    return max([heading - right, 0.0, *before]), right


def after_point(text: str, table: ForestTable, weight: Weight) -> float:
    """Room that a text needs right of where the decimal signs of its column stand.

    An interval without an estimate stands where intervals behind estimates do.
    """
    numbers = table.preset.numbers
    if text.startswith(numbers.brackets[0]):
        estimate = f"{numbers.decimal}{'0' * table.measure.decimals} "
        return text_width(estimate + text, BODY, weight)
    return text_width(_from_point(text, numbers.decimal), BODY, weight)


def _from_point(text: str, decimal: str) -> str:
    """A text from its first decimal sign on; a number without one ends where its digits end.

    Examples
    --------
    >>> _from_point("0.60 (0.46 to 0.79)", "."), _from_point("12 (3.1 to 40)", ".")
    ('.60 (0.46 to 0.79)', ' (3.1 to 40)')
    """
    first, space, rest = text.partition(" ")
    _, point, decimals = first.partition(decimal)
    return point + decimals + space + rest


def _group_extra(table: ForestTable, sizes: dict[str, tuple[float, float]]) -> dict[str, float]:
    """What the first column of a group needs so that the group's heading fits over its columns."""
    extra = {}
    for name, keys in column_groups(table):
        room = sum(sum(sizes[key]) for key in keys) + GAP * (len(keys) - 1)
        extra[keys[0]] = max(0.0, text_width(name, BODY, "bold") - room)
    return extra


def column_groups(table: ForestTable) -> Iterator[tuple[str, list[str]]]:
    """Neighbouring columns under a common heading: the heading, and their keys."""
    name, keys, side = "", [], ""
    for column in table.columns:
        if column.group and (column.group, column.side) == (name, side):
            keys.append(column.key)
            continue
        if name:
            yield name, keys
        name, keys, side = column.group, [column.key], column.side
    if name:
        yield name, keys


def _header_height(table: ForestTable) -> float:
    headings = [table.heading, *(column.heading for column in table.columns)]
    lines = max(heading.count("\n") + 1 for heading in headings)
    grouped = any(column.group for column in table.columns)
    favours = 1 if table.preset.favours_on_top and any(table.favours) else 0
    return HEADING_LINE * max(lines + grouped, favours) + 8


def _weight(row: Row) -> Weight:
    return "bold" if row.pooled else "normal"


def _is_text(line: Line) -> bool:
    return line.row is not None and line.row.kind == "text"


def _label_width(line: Line) -> float:
    indent = INDENT if line.indented else 0.0
    size, weight = label_style(line)
    return indent + max((text_width(part, size, weight) for part in line.label), default=0.0)


def label_style(line: Line) -> tuple[float, Weight]:
    """Size and weight of a line's label."""
    if line.row is None:
        return BODY, "bold"
    return (SMALL, "normal") if line.row.kind == "text" else (BODY, _weight(line.row))


def _favours_width(table: ForestTable) -> float:
    weight: Weight = "bold" if table.preset.favours_on_top else "normal"
    low, high = (text_width(words, SMALL, weight) for words in favours_words(table))
    return low + high + 2 * GAP


def favours_words(table: ForestTable) -> tuple[str, str]:
    """The direction words with their arrows."""
    low, high = table.favours
    return (f"← {low}" if low else "", f"{high} →" if high else "")


# Down --------------------------------------------------------------------------------------------


def lines_of(table: ForestTable) -> Iterator[Line]:
    """Headings and rows, top to bottom."""
    for block in table.blocks:
        yield from _block_lines(block, block.heading)


def _block_lines(block: Block, heading: str) -> Iterator[Line]:
    if heading:
        yield Line(tuple(wrap(heading, BODY, LABEL_WIDTH, "bold")))
    for row in block.rows:
        line = Line((row.label,), row, bool(heading))
        size, weight = label_style(line)
        limit = TEXT_WIDTH if row.kind == "text" else LABEL_WIDTH
        yield replace(line, label=tuple(wrap(row.label, size, limit, weight)))


def _with_pages(layout: Layout, table: ForestTable, paper: Paper | None) -> Layout:
    notes = tuple(
        part
        for note in table.footnotes
        for part in wrap(note, TINY, layout.width - 2 * layout.margin)
    )
    layout = replace(layout, footnotes=notes)
    if paper is None or paper.height is None:
        lines = tuple(lines_of(table))
        return replace(layout, pages=(_page(layout, table, lines, None, True, True),))
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
    height = paper.height / layout.scale
    parts = list(_broken(layout, table, height))
    last = len(parts) - 1
    return replace(
        layout,
        pages=tuple(
            _page(layout, table, part, height, i == 0, i == last) for i, part in enumerate(parts)
        ),
    )


def _broken(layout: Layout, table: ForestTable, height: float) -> Iterator[tuple[Line, ...]]:
    """Lines of each page; a block that goes on repeats its heading."""
    page: list[Line] = []
    first = True

    def full(lines: list[Line], *, last: bool) -> bool:
        needed = ROW_HEIGHT * sum(line.slots for line in lines)
        return needed > height - _beside_rows(layout, table, first=first, last=last)

    for block in table.blocks:
        waiting: list[Line] = []  # a heading, until a row stands under it
        for line in _block_lines(block, block.heading):
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
