"""One page of a forest plot, drawn where the layout says."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Polygon, Rectangle
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from metaonc.errors import PlotError
from metaonc.plots.door import draw_rows
from metaonc.plots.figure import ForestFigure
from metaonc.plots.forest_plot.axis import Axis
from metaonc.plots.forest_plot.description import ForestTable, Row
from metaonc.plots.forest_plot.lines import ROW_HEIGHT
from metaonc.plots.forest_plot.pages import Layout, Page
from metaonc.plots.forest_plot.writing import write
from metaonc.plots.style import SMALL

LARGEST_SQUARE = 11.0  # side, in points
_GRAPH_HEIGHT = 0.32  # half a diamond, in rows


def draw_page(table: ForestTable, axis: Axis, layout: Layout, page: Page) -> ForestFigure:
    """Draw one page; the caller has set matplotlib's settings."""
    scale = layout.scale
    figure = ForestFigure(page.width * scale, page.height * scale, " ".join(layout.title))
    axes = figure.add_axes(
        (
            layout.plot_left / page.width,
            page.plot_bottom / page.height,
            layout.plot_width / page.width,
            ROW_HEIGHT * page.slots / page.height,
        )
    )
    places = _places(page)
    _draw_squares(axes, table, axis, page, places, scale)
    _draw_axis(axes, table, axis, layout, page.slots)
    _draw_bands(axes, table, axis, page.slots)
    _draw_lines(axes, table, axis, page, places, scale)
    for line, y in zip(page.lines, places, strict=True):
        if line.row is not None:
            _draw_shape(axes, table, axis, line.row, y, scale)
    write(figure, table, layout, page)
    return figure


def _places(page: Page) -> list[int]:
    """Row of each line's mark, counted from the bottom: the first of the rows it takes."""
    places, above = [], 0
    for line in page.lines:
        places.append(page.slots - 1 - above)
        above += line.slots
    return places


def _draw_squares(
    axes: Axes, table: ForestTable, axis: Axis, page: Page, places: list[int], scale: float
) -> None:
    """Whiskers and squares by the forestplot package, one of its rows for each of ours."""
    largest = max((row.weight for row in table.rows()), default=1.0) or 1.0
    records: dict[int, dict[str, Any]] = {
        y: {"row": str(y), "estimate": math.nan, "low": math.nan, "high": math.nan}
        for y in reversed(range(page.slots))
    }
    areas = dict.fromkeys(range(page.slots), 0.0)
    for line, y in zip(page.lines, places, strict=True):
        row = line.row
        if row is None or row.kind != "study":
            continue
        if axis.low <= row.estimate <= axis.high:
            low, high = _whisker(row, axis)
            records[y] |= {"estimate": row.estimate, "low": low, "high": high}
        # Of correlated effects one can have a share below 0: it has no area.
        areas[y] = (LARGEST_SQUARE * scale) ** 2 * max(row.weight, 0.0) / largest
    if all(math.isnan(record["estimate"]) for record in records.values()):
        return  # the package needs a row to draw
    drawn = draw_rows(
        pd.DataFrame(list(records.values())),
        axes,
        log=axis.log,
        marker_areas=list(areas.values()),
        colour=table.preset.colours.study,
        line_width=1.1 * scale,
    )
    if len(drawn) != page.slots:
        raise PlotError(f"forestplot drew {len(drawn)} rows where {page.slots} were described.")


def _whisker(row: Row, axis: Axis) -> tuple[float, float]:
    """Ends of a whisker within the axis; none on the side where there is no limit."""
    low = row.estimate if math.isnan(row.low) else max(row.low, axis.low)
    high = row.estimate if math.isnan(row.high) else min(row.high, axis.high)
    return low, high


def _draw_axis(axes: Axes, table: ForestTable, axis: Axis, layout: Layout, rows: int) -> None:
    scale = layout.scale
    axes.set_xscale("log" if axis.log else "linear")
    axes.set_xlim(axis.low, axis.high)
    axes.set_ylim(-0.5, rows - 0.5)
    axes.set_yticks([])
    kept = axis.labels_within(layout.plot_width, table.measure.null)
    labels = [table.preset.numbers.written(label) for label in kept]
    axes.xaxis.set_major_locator(FixedLocator(axis.ticks))
    axes.xaxis.set_major_formatter(FixedFormatter(labels))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.tick_params(
        axis="x",
        labelsize=SMALL * scale,
        length=3 * scale,
        width=0.8 * scale,
        pad=3.5 * scale,
        colors="black",
    )
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_linewidth(0.8 * scale)
    axes.set_facecolor("none")


def _draw_bands(axes: Axes, table: ForestTable, axis: Axis, rows: int) -> None:
    for band in table.bands:
        low, high = max(band.low, axis.low), min(band.high, axis.high)
        if low < high:
            colour = table.preset.colours.band if band.kind != "unimportant" else "#ececec"
            corner = (low, -0.5)
            axes.add_patch(Rectangle(corner, high - low, rows, fc=colour, ec="none", zorder=-4))


def _draw_lines(
    axes: Axes, table: ForestTable, axis: Axis, page: Page, places: list[int], scale: float
) -> None:
    """The null line over all rows; the pooled line down to its diamond, or over a whole page."""
    colours = table.preset.colours
    diamonds = [
        y
        for line, y in zip(page.lines, places, strict=True)
        if line.row is not None and line.row.pooled and line.row.estimate == table.pooled
    ]
    styles = {
        "null": (-0.5, colours.line, "-", -2),
        "pooled": (min(diamonds, default=-0.5), colours.pooled_edge, (0, (4, 3)), -1),
        "asked": (-0.5, colours.line, (0, (1, 2)), -2),
    }
    for line in table.lines:
        if axis.low <= line.value <= axis.high:
            bottom, colour, dashes, layer = styles[line.kind]
            ends = [bottom, page.slots - 0.5]
            axes.plot([line.value] * 2, ends, color=colour, lw=0.8 * scale, ls=dashes, zorder=layer)


def _draw_shape(axes: Axes, table: ForestTable, axis: Axis, row: Row, y: int, scale: float) -> None:
    colours = table.preset.colours
    if row.pooled:
        fill = colours.pooled if row.kind == "random" else colours.common
        half = _GRAPH_HEIGHT
        corners = [(row.low, y), (row.estimate, y + half), (row.high, y), (row.estimate, y - half)]
        axes.add_patch(
            Polygon(corners, closed=True, fc=fill, ec=colours.pooled_edge, lw=scale, zorder=3)
        )
    elif row.density:
        points = [(x, y - 0.4 + 0.85 * height) for x, height in row.density]
        shape = [(row.density[0][0], y - 0.4), *points, (row.density[-1][0], y - 0.4)]
        axes.add_patch(
            Polygon(
                shape,
                closed=True,
                fc=colours.band,
                ec=colours.pooled_edge,
                lw=0.8 * scale,
                zorder=3,
            )
        )
        _draw_bar(axes, axis, row, y - 0.4, 0.06, colours.pooled_edge)
    elif row.kind == "prediction":
        _draw_bar(axes, axis, row, y, 0.09, colours.pooled_edge)
    if row.kind in ("study", "common", "random", "prediction"):
        colour = colours.study if row.kind == "study" else colours.pooled_edge
        _draw_arrows(axes, axis, row, y, colour, scale)


def _draw_bar(axes: Axes, axis: Axis, row: Row, y: float, half: float, colour: str) -> None:
    low, high = max(row.low, axis.low), min(row.high, axis.high)
    axes.add_patch(Rectangle((low, y - half), high - low, 2 * half, fc=colour, ec="none", zorder=3))


def _draw_arrows(axes: Axes, axis: Axis, row: Row, y: int, colour: str, scale: float) -> None:
    """An arrow at each side where the interval goes on beyond the axis."""
    for beyond, limit, marker in (
        (row.low < axis.low, axis.low, "<"),
        (row.high > axis.high, axis.high, ">"),
    ):
        if beyond:
            axes.plot(
                [limit], [y], marker=marker, ms=4.5 * scale, color=colour, clip_on=False, zorder=4
            )
