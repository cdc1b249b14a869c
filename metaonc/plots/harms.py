"""`harms_plot`: harms beside benefits, as risk ratio, odds ratio and risk difference."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, NullLocator

from metaonc.effects import level_text, measure_named
from metaonc.errors import PlotError
from metaonc.plots.alt import AltText
from metaonc.plots.figure import ForestFigure, house_style
from metaonc.plots.style import (
    ACCENT,
    BODY,
    GREY,
    INK,
    LINE,
    LINE_HEIGHT,
    MARGIN,
    MARKER,
    SMALL,
    THIN,
    TINY,
    TITLE,
)
from metaonc.plots.text import Weight, text_width, wrap
from metaonc.plots.ticks import ratio_ticks
from metaonc.pooling import HarmsRow, HarmsTable
from metaonc.pooling.adverse_events.harms_words import caveats, measure_text, row_measures

# All lengths in points.
ROW, GAP, PANEL, INDENT = 16.0, 12.0, 120.0, 8.0
HEAD, AXIS = 34.0, 48.0
_FURTHEST = 64.0  # a ratio's axis ends here; limits beyond it end in an arrow


@dataclass(frozen=True)
class _Line:
    """One line: the name of a block, or a row."""

    name: str
    row: HarmsRow | None = None


def harms_plot(table: HarmsTable, *, title: str | None = None) -> ForestFigure:
    """Draw a table of harms: three panels beside its names and counts.

    Parameters
    ----------
    table : HarmsTable
        From :func:`metaonc.harms`.
    title : str, optional
        Heading. Default: the table's.

    Returns
    -------
    matplotlib.figure.Figure
        As large as its text needs. `savefig` writes the same bytes for the same input.

    Raises
    ------
    PlotError
        If it is no table of harms, or has no row.

    Notes
    -----
    Marks and lines are pooled estimates with their intervals: blue squares for benefits, brown dots
    for harms. A measure that cannot be estimated has its words and no mark; an interval that goes
    beyond the axis ends in an arrow.

    Examples
    --------
    >>> import metaonc as mo
    >>> figure = mo.harms_plot(mo.harms(mo.load_registry()))
    >>> figure.savefig("harms.pdf")  # doctest: +SKIP
    """
    if not isinstance(table, HarmsTable):
        raise PlotError(f"harms_plot() draws the table of harms(), got {type(table).__name__}.")
    if not table.rows:
        raise PlotError("harms_plot() needs a table with at least one row; this one has none.")
    lines = list(_lines(table))
    sheet = _Sheet(table, lines, table.title if title is None else title)
    with house_style():
        figure = ForestFigure(sheet.width, sheet.height, sheet.title)
        figure.description = AltText(f"Benefits and harms: {sheet.title}")
        figure.make_table = table.to_frame
        sheet.write(figure)
        for measure in row_measures():
            axes = figure.add_axes(sheet.box(measure))
            _draw(axes, table, lines, measure)
    return figure


def _lines(table: HarmsTable) -> Iterator[_Line]:
    """Blocks with their names, top to bottom."""
    block = None
    for row in table.rows:
        name = "Benefits" if row.kind == "benefit" else f"Harms, {row.group}"
        if name != block:
            yield _Line(name)
        block = name
        yield _Line(row.name, row)


class _Sheet:
    """Where everything goes, in points from the lower left corner."""

    def __init__(self, table: HarmsTable, lines: list[_Line], title: str) -> None:
        self.table, self.lines, self.title = table, lines, title
        first, second = table.arm_labels
        self.heads = ["Event", "k", first, second]
        self.columns = [[line.name for line in lines]]
        self.columns += [
            ["" if line.row is None else _counts(line.row)[i] for line in lines] for i in range(3)
        ]
        x = MARGIN
        self.ends = []
        for i, (head, cells) in enumerate(zip(self.heads, self.columns, strict=True)):
            widest = max(text_width(text, BODY) for text in cells)
            widest = max(widest + INDENT * (i == 0), text_width(head, SMALL, "bold"))
            x += widest
            self.ends.append(x)
            x += GAP
        self.panels: dict[str, tuple[float, float]] = {}  # left edge, right edge of the numbers
        for measure in row_measures():
            numbers = [self.number(line.row, measure) for line in lines if line.row]
            widest = max(text_width(text, SMALL) for text in numbers)
            widest = max(widest, text_width(self.head(measure), SMALL, "bold"))
            self.panels[measure] = (x, x + PANEL + GAP / 2 + widest)
            x = self.panels[measure][1] + 1.5 * GAP
        self.width = x - 1.5 * GAP + MARGIN
        room = self.width - 2 * MARGIN
        said = [table.methods(), *caveats(table)]
        self.notes = [line for text in said for line in wrap(text, TINY, room)]
        self.headings = wrap(title, TITLE, room / 1.1) if title else []
        self.bottom = MARGIN + LINE_HEIGHT * len(self.notes) + AXIS
        self.rows_height = ROW * len(lines)
        self.height = self.bottom + self.rows_height + HEAD + 15.0 * len(self.headings) + MARGIN

    def head(self, measure: str) -> str:
        """Name of a panel with the level of its intervals."""
        unit = f" per {self.table.per:g}" if measure == "RD" and self.table.per != 1 else ""
        return f"{measure}{unit} ({level_text(self.table.level)} CI)"

    def number(self, row: HarmsRow, measure: str) -> str:
        return measure_text(self.table, row, measure).replace("-", "−")

    def box(self, measure: str) -> tuple[float, float, float, float]:
        """Axes of a panel in figure fractions."""
        left = self.panels[measure][0]
        return (
            left / self.width,
            self.bottom / self.height,
            PANEL / self.width,
            self.rows_height / self.height,
        )

    def write(self, figure: ForestFigure) -> None:
        """All text outside the panels."""

        def put(
            x: float, y: float, text: str, size: float, weight: Weight = "normal", **more: str
        ) -> None:
            look: dict[str, Any] = {"ha": "left", "va": "center", "color": "black", **more}
            figure.text(x / self.width, y / self.height, text, fontsize=size, weight=weight,
                        parse_math=False, **look)  # fmt: skip

        top = self.height - MARGIN
        for i, text in enumerate(self.headings):
            put(MARGIN, top - 15.0 * i, text, TITLE, "bold", va="top")
        for i, text in enumerate(reversed(self.notes)):
            put(MARGIN, MARGIN + i * LINE_HEIGHT, text, TINY, va="bottom", color="#333333")
        y = self.bottom + self.rows_height + 8.0
        put(MARGIN, y, self.heads[0], SMALL, "bold")
        for head, end in zip(self.heads[1:], self.ends[1:], strict=True):
            put(end, y, head, SMALL, "bold", ha="right")
        for measure, (left, right) in self.panels.items():
            put(left, y, measure_named(measure).label, SMALL, "bold")
            put(right, y, self.head(measure), SMALL, "bold", ha="right")
        for i, line in enumerate(self.lines):
            y = self.bottom + self.rows_height - (i + 0.5) * ROW
            if line.row is None:
                put(MARGIN, y, line.name, BODY, "bold")
                continue
            put(MARGIN + INDENT, y, line.name, BODY)
            for cells, end in zip(self.columns[1:], self.ends[1:], strict=True):
                put(end, y, cells[i], BODY, ha="right")
            for measure, (_, right) in self.panels.items():
                there = measure in line.row.results
                color = "black" if there else GREY
                put(right, y, self.number(line.row, measure), SMALL, ha="right", color=color)


def _counts(row: HarmsRow) -> tuple[str, str, str]:
    """Studies, and events over patients of both arms."""
    return str(row.k), f"{row.events_1}/{row.n_1}", f"{row.events_2}/{row.n_2}"


def _draw(axes: Axes, table: HarmsTable, lines: list[_Line], measure: str) -> None:
    """One panel: a mark per row, and the axis below."""
    ratio = measure_named(measure).log_axis
    low, high = _limits(table, measure)
    axes.set_xlim(low, high)
    axes.set_ylim(len(lines), 0)
    axes.set_yticks([])
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_linewidth(THIN)
    axes.patch.set_visible(False)
    axes.axvline(0.0, color=GREY, linewidth=THIN, zorder=0)
    _ticks(axes, low, high, table, ratio)
    for i, line in enumerate(lines):
        if line.row is not None and measure in line.row.results:
            _mark(axes, line.row, measure, i + 0.5, (low, high))
    who = table.arm_labels[0]
    for x, side, text in ((0.0, "left", "fewer"), (1.0, "right", f"more with {who}")):
        axes.text(x, -34 / (ROW * len(lines)), text, transform=axes.transAxes, fontsize=TINY,
                  ha=side, va="bottom", color="#333333", parse_math=False)  # fmt: skip


def _mark(axes: Axes, row: HarmsRow, measure: str, y: float, limits: tuple[float, float]) -> None:
    """Estimate and interval, with an arrow where the axis ends before the interval does."""
    color = INK if row.kind == "benefit" else ACCENT
    estimate, low, high = (_at(value, measure) for value in row.numbers(measure))
    inside = max(low, limits[0]), min(high, limits[1])
    axes.plot(inside, (y, y), color=color, linewidth=LINE, solid_capstyle="butt")
    for end, cut, arrow in ((inside[0], low < limits[0], "<"), (inside[1], high > limits[1], ">")):
        if cut:
            axes.plot(end, y, marker=arrow, color=color, markersize=MARKER, clip_on=False)
    if limits[0] <= estimate <= limits[1]:
        shape = "s" if row.kind == "benefit" else "o"
        axes.plot(estimate, y, marker=shape, color=color, markersize=MARKER)


def _at(value: float, measure: str) -> float:
    """Where a displayed value stands on the axis: ratios by their logarithm."""
    if not measure_named(measure).log_axis:
        return value
    return math.log(value) if value > 0 else -math.inf


def _limits(table: HarmsTable, measure: str) -> tuple[float, float]:
    """Ends of an axis, which holds every estimate and most intervals."""
    furthest = math.log(_FURTHEST) if measure_named(measure).log_axis else 1.0
    shown = [
        min(max(_at(value, measure), -furthest), furthest)
        for row in table.rows
        if measure in row.results
        for value in row.numbers(measure)
    ]
    low, high = min([0.0, *shown]), max([0.0, *shown])
    margin = 0.05 * (high - low or 1.0)
    return low - margin, high + margin


def _ticks(axes: Axes, low: float, high: float, table: HarmsTable, ratio: bool) -> None:
    if ratio:
        values = ratio_ticks(math.exp(low), math.exp(high))
        places, labels = [math.log(v) for v in values], [f"{v:.10g}" for v in values]
    else:
        per = table.per
        found = MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]).tick_values(low * per, high * per)
        values = tuple(float(v) for v in found if low * per <= v <= high * per)
        places, labels = [v / per for v in values], [f"{v:.10g}".replace("-", "−") for v in values]
    axes.xaxis.set_major_locator(FixedLocator(places))
    axes.xaxis.set_major_formatter(FixedFormatter(labels))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.tick_params(labelsize=SMALL, length=3, width=THIN)
