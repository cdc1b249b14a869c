"""`forest`: a pooled result -> a forest plot, measured first and drawn once."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Polygon, Rectangle
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from metaonc.errors import PlotError
from metaonc.plots.door import draw_rows
from metaonc.plots.figure import ForestFigure, house_style
from metaonc.plots.forest_plot.axis import Axis, choose_axis
from metaonc.plots.forest_plot.description import Column, ForestTable, Row, forest_table
from metaonc.plots.style import (
    ACCENT,
    BODY,
    GREY,
    INK,
    LINE_HEIGHT,
    MARGIN,
    PAPER,
    SMALL,
    TINY,
    TITLE,
)
from metaonc.plots.text import Weight, text_width, wrap
from metaonc.pooling import PooledResult, SubgroupResult

# All lengths in points.
ROW_HEIGHT, GAP = 17.0, 14.0
PLOT_WIDTH, INDENT = 210.0, 9.0
LARGEST_SQUARE = 11.0  # side
_MINUS = re.compile(r"(?<!\w)-(?=\d)")  # a hyphen that is a sign


def forest(
    result: PooledResult | SubgroupResult,
    *,
    title: str | None = None,
    xlim: tuple[float, float] | None = None,
) -> ForestFigure:
    """Draw a forest plot.

    Parameters
    ----------
    result : PooledResult or SubgroupResult
        What to draw. Subgroups become blocks with their own diamonds.
    title : str, optional
        Heading. Default: the title of the effects.
    xlim : (float, float), optional
        Limits of the axis on the displayed scale. Default: chosen from the data; an interval that
        goes beyond ends in an arrow, and its numbers stay in the table.

    Returns
    -------
    matplotlib.figure.Figure
        As large as its text needs, so that nothing is cropped or overlaps. `savefig` writes PDF,
        SVG and PNG with embedded fonts, the same bytes for the same input.

    Raises
    ------
    PlotError
        If `result` is not a pooled result, or `xlim` are not limits of such an axis.

    Notes
    -----
    The area of a square is proportional to the study's weight in `result`. Diamonds span the
    confidence interval of the common effect (white) and of the random effects (filled), the thick
    line the prediction interval, the dashed line marks the pooled estimate.

    Examples
    --------
    >>> import metaonc as mo
    >>> figure = mo.forest(mo.pool(mo.load_registry().effects("pfs")))
    >>> figure.savefig("pfs.pdf")  # doctest: +SKIP
    """
    if not isinstance(result, PooledResult | SubgroupResult):
        raise PlotError(
            f"forest() draws the result of pool() or subgroups(), got {type(result).__name__}."
        )
    table = forest_table(result)
    axis = choose_axis(table, xlim)
    layout = _measure(table, title if title is not None else table.title)
    with house_style():
        figure = ForestFigure(layout.width, layout.height, layout.title)
        axes = figure.add_axes(layout.axes_box())
        lines = _draw_rows(axes, table, axis)
        _draw_axis(axes, axis, len(lines))
        _draw_reference_lines(axes, table, axis, lines)
        for y, line in enumerate(reversed(lines)):
            if line.row is not None:
                _draw_shape(axes, axis, line.row, y)
        _write(figure, layout, table, axis, lines)
    return figure


# Layout ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One line of the figure: a heading, or a row."""

    heading: str = ""
    row: Row | None = None
    indented: bool = False


def _lines(table: ForestTable) -> list[Line]:
    """Headings and rows, top to bottom."""
    lines = []
    for block in table.blocks:
        lines += [Line(heading=block.heading)] if block.heading else []
        lines += [Line(row=row, indented=bool(block.heading)) for row in block.rows]
    return lines


@dataclass(frozen=True)
class Layout:
    """Where everything goes, in points from the lower left corner of the figure."""

    title: str
    width: float
    height: float
    column_ends: dict[str, float]  # right edge of each column
    plot_left: float
    plot_bottom: float
    plot_width: float
    plot_height: float
    footnotes: tuple[str, ...]

    def axes_box(self) -> tuple[float, float, float, float]:
        """Box of the axes in figure fractions."""
        return (
            self.plot_left / self.width,
            self.plot_bottom / self.height,
            self.plot_width / self.width,
            self.plot_height / self.height,
        )


def _measure(table: ForestTable, title: str) -> Layout:
    """Give every column the width of its widest text, and the figure the sum of them."""
    lines = _lines(table)
    left = [column for column in table.columns if column.side == "left"]
    right = [column for column in table.columns if column.side == "right"]
    widths = {column.key: _column_width(column, table) for column in table.columns}
    texts = [line for line in lines if line.row and line.row.kind == "text"]
    labels = max(_label_width(line) for line in lines if line not in texts)
    left_width = max(
        labels + sum(widths[column.key] + GAP for column in left),
        max((_label_width(line) for line in texts), default=0.0),
    )
    plot_width = max(PLOT_WIDTH, _favours_width(table))
    ends, x = {}, MARGIN + left_width
    for column in reversed(left):
        ends[column.key] = x
        x -= widths[column.key] + GAP
    plot_left = MARGIN + left_width + GAP
    x = plot_left + plot_width + GAP / 2
    for column in right:
        x += widths[column.key] + GAP / 2
        ends[column.key] = x
        x += GAP / 2
    width = max(x - GAP / 2 + MARGIN, 2 * MARGIN + text_width(title, TITLE, "bold"))
    notes = [
        wrapped for note in table.footnotes for wrapped in wrap(note, TINY, width - 2 * MARGIN)
    ]
    below = 34.0 + (LINE_HEIGHT + 2 if any(table.favours) else 0) + 8 + LINE_HEIGHT * len(notes)
    plot_height = ROW_HEIGHT * len(lines)
    above = 2 * 12.0 + 8 + (TITLE + 14 if title else 0)
    return Layout(
        title=title,
        width=width,
        height=MARGIN + below + plot_height + above + MARGIN,
        column_ends=ends,
        plot_left=plot_left,
        plot_bottom=MARGIN + below,
        plot_width=plot_width,
        plot_height=plot_height,
        footnotes=tuple(notes),
    )


def _column_width(column: Column, table: ForestTable) -> float:
    cells = [
        text_width(row.cells[column.key], BODY, _weight(row))
        for row in table.rows()
        if column.key in row.cells
    ]
    return max([text_width(column.heading, BODY, "bold"), *cells])


def _label_width(line: Line) -> float:
    if line.row is None:
        return text_width(line.heading, BODY, "bold")
    indent = INDENT if line.indented else 0.0
    if line.row.kind == "text":
        return indent + text_width(line.row.label, SMALL)
    return indent + text_width(line.row.label, BODY, _weight(line.row))


def _weight(row: Row) -> Weight:
    return "bold" if row.kind in ("common", "random") else "normal"


def _favours_width(table: ForestTable) -> float:
    low, high = (text_width(words, SMALL) for words in _favours_words(table))
    return low + high + 2 * GAP


def _favours_words(table: ForestTable) -> tuple[str, str]:
    low, high = table.favours
    return (f"← {low}" if low else "", f"{high} →" if high else "")


# Drawing -----------------------------------------------------------------------------------------


def _draw_rows(axes: Axes, table: ForestTable, axis: Axis) -> list[Line]:
    """Rows, headings, whiskers and squares by the forestplot package; returns its lines."""
    lines = _lines(table)
    grouped = any(block.heading for block in table.blocks)
    largest = max((row.weight for row in table.rows()), default=1.0)
    records = []
    for b, block in enumerate(table.blocks):
        for r, row in enumerate(block.rows):
            shown = row.kind == "study" and axis.low <= row.estimate <= axis.high
            values = (row.estimate, max(row.low, axis.low), min(row.high, axis.high))
            estimate, low, high = values if shown else (math.nan,) * 3
            records.append(
                {
                    "row": f"{b}:{r}",
                    "group": f"{b}",
                    "estimate": estimate,
                    "low": low,
                    "high": high,
                }
            )
    areas = [
        # Of correlated effects one can have a share below 0: it has no area.
        LARGEST_SQUARE**2 * (max(line.row.weight, 0.0) / largest if line.row else 0.0)
        for line in reversed(lines)
    ]
    drawn = draw_rows(
        pd.DataFrame(records), axes, grouped=grouped, log=axis.log, marker_areas=areas
    )
    if len(drawn) != len(lines):
        raise PlotError(f"forestplot drew {len(drawn)} rows where {len(lines)} were described.")
    return lines


def _draw_axis(axes: Axes, axis: Axis, rows: int) -> None:
    axes.set_xlim(axis.low, axis.high)
    axes.set_ylim(-0.5, rows - 0.5)
    axes.set_yticks([])
    axes.xaxis.set_major_locator(FixedLocator(axis.ticks))
    axes.xaxis.set_major_formatter(FixedFormatter(list(axis.labels)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.tick_params(axis="x", labelsize=SMALL, length=3, colors="black")
    axes.set_facecolor("none")


def _draw_reference_lines(axes: Axes, table: ForestTable, axis: Axis, lines: list[Line]) -> None:
    """Null line over all rows; dashed line at the pooled estimate down to its diamond."""
    rows = len(lines)
    null = table.measure.null
    if null is not None and axis.low <= null <= axis.high:
        axes.plot([null, null], [-0.5, rows - 0.5], color=GREY, lw=0.8, zorder=-2)
    kinds = [line.row.kind if line.row else "heading" for line in reversed(lines)]
    diamond = kinds.index("random") if "random" in kinds else kinds.index("common")
    if axis.low <= table.pooled <= axis.high:
        axes.plot(
            [table.pooled] * 2,
            [diamond, rows - 0.5],
            color=ACCENT,
            lw=0.8,
            ls=(0, (4, 3)),
            zorder=-1,
        )


def _draw_shape(axes: Axes, axis: Axis, row: Row, y: int) -> None:
    if row.kind in ("common", "random"):
        corners = [(row.low, y), (row.estimate, y + 0.32), (row.high, y), (row.estimate, y - 0.32)]
        fill = ACCENT if row.kind == "random" else PAPER
        axes.add_patch(Polygon(corners, closed=True, fc=fill, ec=ACCENT, lw=1.0, zorder=3))
    elif row.kind == "prediction":
        low, high = max(row.low, axis.low), min(row.high, axis.high)
        axes.add_patch(Rectangle((low, y - 0.09), high - low, 0.18, fc=ACCENT, ec="none", zorder=3))
    if row.kind in ("study", "common", "random", "prediction"):
        _draw_arrows(axes, axis, row, y)


def _draw_arrows(axes: Axes, axis: Axis, row: Row, y: int) -> None:
    """An arrow at each side where the interval goes on beyond the axis."""
    colour = INK if row.kind == "study" else ACCENT
    for beyond, limit, marker in (
        (row.low < axis.low, axis.low, "<"),
        (row.high > axis.high, axis.high, ">"),
    ):
        if beyond:
            axes.plot([limit], [y], marker=marker, ms=4.5, color=colour, clip_on=False, zorder=4)


# Words -------------------------------------------------------------------------------------------


def _write(
    figure: ForestFigure, layout: Layout, table: ForestTable, axis: Axis, lines: list[Line]
) -> None:
    def put(x: float, y: float, text: str, size: float, align: str, **style: Any) -> None:
        figure.text(
            x / layout.width,
            y / layout.height,
            _MINUS.sub("−", text),
            fontsize=size,
            ha=align,
            parse_math=False,  # a dollar in a label is a dollar
            **{"va": "center_baseline", **style},
        )

    top = layout.plot_bottom + layout.plot_height
    for column in table.columns:
        put(layout.column_ends[column.key], top + 5, column.heading, BODY, "right",
            va="bottom", weight="bold")  # fmt: skip
    put(MARGIN, top + 5, "Study\n ", BODY, "left", va="bottom", weight="bold")
    if layout.title:
        put(MARGIN, layout.height - MARGIN, layout.title, TITLE, "left", va="top", weight="bold")
    _rule(figure, layout, top + 1)
    for i, line in enumerate(lines):
        y = top - ROW_HEIGHT * (i + 0.5)
        if line.row is None:
            put(MARGIN, y, line.heading, BODY, "left", weight="bold")
            continue
        x = MARGIN + (INDENT if line.indented else 0.0)
        size = SMALL if line.row.kind == "text" else BODY
        put(x, y, line.row.label, size, "left", weight=_weight(line.row))
        for key, cell in line.row.cells.items():
            put(layout.column_ends[key], y, cell, BODY, "right", weight=_weight(line.row))
    _write_below(layout, table, put)


def _rule(figure: ForestFigure, layout: Layout, y: float) -> None:
    from matplotlib.lines import Line2D

    ends = [MARGIN / layout.width, 1 - MARGIN / layout.width]
    figure.add_artist(Line2D(ends, [y / layout.height] * 2, color="black", lw=0.8))


def _write_below(layout: Layout, table: ForestTable, put: Callable[..., None]) -> None:
    y = layout.plot_bottom - 22
    middle = layout.plot_left + layout.plot_width / 2
    low, high = _favours_words(table)
    if low or high:
        put(layout.plot_left, y, low, SMALL, "left")
        put(layout.plot_left + layout.plot_width, y, high, SMALL, "right")
        y -= LINE_HEIGHT + 2
    put(middle, y, table.axis_label, SMALL, "center")
    y -= 8
    for line in layout.footnotes:
        y -= LINE_HEIGHT
        put(MARGIN, y, line, TINY, "left", color="#333333")
