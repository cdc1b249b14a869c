"""The words of one page of a forest plot."""

from __future__ import annotations

from typing import Any, Literal

from matplotlib.lines import Line2D

from metaonc.plots.figure import ForestFigure
from metaonc.plots.forest_plot.description import Column, ForestTable
from metaonc.plots.forest_plot.lines import INDENT, ROW_HEIGHT, label_style
from metaonc.plots.forest_plot.pages import HEADING_LINE, Layout, Page
from metaonc.plots.forest_plot.widths import after_point, column_groups, favours_words
from metaonc.plots.judgements import DIAMETER, draw_judgement
from metaonc.plots.style import BODY, LINE_HEIGHT, SMALL, TINY, TITLE
from metaonc.plots.text import Weight

Alignment = Literal["left", "center", "right"]


def write(figure: ForestFigure, table: ForestTable, layout: Layout, page: Page) -> None:
    """Write title, headings, labels, cells, axis and footnotes of one page."""
    pen = _Pen(figure, layout, page)
    _write_title(pen, layout, page)
    _write_header(pen, table, layout, page)
    _write_rows(pen, table, layout, page)
    _write_below(pen, table, layout, page)


class _Pen:
    """Writes at points of the layout."""

    def __init__(self, figure: ForestFigure, layout: Layout, page: Page) -> None:
        self.figure, self.scale, self.page = figure, layout.scale, page

    def put(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        align: Alignment = "left",
        **style: Any,
    ) -> None:
        """Write a text; nothing for an empty one."""
        if not text:
            return
        self.figure.text(
            x / self.page.width,
            y / self.page.height,
            text,
            fontsize=size * self.scale,
            ha=align,
            parse_math=False,  # a dollar in a label is a dollar
            **{"va": "center_baseline", **style},
        )

    def judge(self, x: float, y: float, word: str) -> None:
        """Draw a judgement; nothing for an empty one."""
        if word:
            scale = self.scale
            draw_judgement(self.figure, x * scale, y * scale, word, DIAMETER * scale)

    def rule(self, low: float, high: float, y: float, width: float = 0.8) -> None:
        """Draw a horizontal line."""
        ends = [low / self.page.width, high / self.page.width]
        height = [y / self.page.height] * 2
        self.figure.add_artist(Line2D(ends, height, color="black", lw=width * self.scale))


def _write_title(pen: _Pen, layout: Layout, page: Page) -> None:
    if not page.first:
        return
    for i, part in enumerate(layout.title):
        y = page.height - layout.margin - (HEADING_LINE + 2) * i
        pen.put(layout.margin, y, part, TITLE, va="top", weight="bold")


def _write_header(pen: _Pen, table: ForestTable, layout: Layout, page: Page) -> None:
    top = page.plot_top
    _put_heading(pen, layout.margin, top + 5, table.heading, "left")
    for column in table.columns:
        x, align = _anchor(column, layout)
        _put_heading(pen, x, top + 5, column.heading, align)
    for name, keys in column_groups(table):
        low, high = layout.column_starts[keys[0]], layout.column_ends[keys[-1]]
        lines = max(c.heading.count("\n") + 1 for c in table.columns if c.key in keys)
        y = top + 5 + HEADING_LINE * lines
        _put_heading(pen, (low + high) / 2, y + 2, name, "center")
        pen.rule(low, high, y, 0.5)
    if table.preset.favours_on_top:
        _write_favours(pen, table, layout, top + 9, "bold")
    pen.rule(layout.margin, page.width - layout.margin, top + 1)


def _put_heading(pen: _Pen, x: float, y: float, text: str, align: Alignment) -> None:
    """A heading of one or more lines, the last one at the bottom, each line once."""
    for i, part in enumerate(reversed(text.split("\n"))):
        pen.put(x, y + HEADING_LINE * i, part, BODY, align, va="bottom", weight="bold")


def _anchor(column: Column, layout: Layout) -> tuple[float, Alignment]:
    """Where a heading hangs, and how."""
    if column.align == "left":
        return layout.column_starts[column.key], "left"
    if column.align == "center":
        middle = (layout.column_starts[column.key] + layout.column_ends[column.key]) / 2
        return middle, "center"
    return layout.column_ends[column.key], "right"


def _write_rows(pen: _Pen, table: ForestTable, layout: Layout, page: Page) -> None:
    above = 0
    for line in page.lines:
        y = page.plot_top - ROW_HEIGHT * (above + 0.5)
        above += line.slots
        size, weight = label_style(line)
        x = layout.margin + (INDENT if line.indented else 0.0)
        for i, part in enumerate(line.label):
            pen.put(x, y - LINE_HEIGHT * i, part, size, weight=weight)
        if line.row is None:
            continue
        for column in table.columns:
            text = line.row.cells.get(column.key, "")
            _put_cell(pen, table, layout, column, y, text, weight)


def _put_cell(
    pen: _Pen,
    table: ForestTable,
    layout: Layout,
    column: Column,
    y: float,
    text: str,
    weight: Weight,
) -> None:
    if column.draw == "judgement":
        pen.judge(_anchor(column, layout)[0], y, text)
        return
    if column.align != "point":
        x, align = _anchor(column, layout)
        pen.put(x, y, text, BODY, align, weight=weight)
        return
    room = layout.after_point[column.key] - after_point(text, table, weight)
    pen.put(layout.column_ends[column.key] - room, y, text, BODY, "right", weight=weight)


def _write_below(pen: _Pen, table: ForestTable, layout: Layout, page: Page) -> None:
    y = page.plot_bottom - 22
    if any(table.favours) and not table.preset.favours_on_top:
        _write_favours(pen, table, layout, y, "normal")
        y -= LINE_HEIGHT + 2
    middle = layout.plot_left + layout.plot_width / 2
    pen.put(middle, y, table.axis_label, SMALL, "center")
    if not page.last:
        return
    y -= 8
    for line in layout.footnotes:
        y -= LINE_HEIGHT
        pen.put(layout.margin, y, line, TINY, color="#333333")


def _write_favours(pen: _Pen, table: ForestTable, layout: Layout, y: float, weight: Weight) -> None:
    low, high = favours_words(table)
    pen.put(layout.plot_left, y, low, SMALL, "left", weight=weight)
    pen.put(layout.plot_left + layout.plot_width, y, high, SMALL, "right", weight=weight)
