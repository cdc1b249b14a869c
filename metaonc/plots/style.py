"""How every figure looks, and a canvas to draw on: colours, lines, type, margins.

The colours keep apart for colour-blind readers and on a black-and-white copier: they differ in
lightness, and shapes or dashes repeat what they say.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from metaonc.effects import Effects
from metaonc.plots.alt import AltText
from metaonc.plots.figure import ForestFigure, house_style
from metaonc.plots.text import Weight, text_width, wrap
from metaonc.plots.ticks import ratio_ticks

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from numpy.typing import ArrayLike

# Dark, middle and light: studies, what was pooled or deserves a look, and what lies behind.
INK, ACCENT, SKY = "#1f3b57", "#b3541e", "#8fb3d1"
GREY, FILL, PAPER = "#7a7f85", "#e8ebee", "#ffffff"
# All lengths in points.
BODY, SMALL, TINY, TITLE = 9.0, 8.0, 7.0, 11.0
LINE, THIN, MARKER = 1.1, 0.7, 5.0
MARGIN, LINE_HEIGHT = 14.0, 10.0
PANEL = (300.0, 230.0)  # width and height of one pair of axes
_LEFT, _BELOW, _ABOVE, _BETWEEN = 46.0, 36.0, 16.0, 62.0
_TITLE_HEIGHT = 15.0


class Room(NamedTuple):
    """Room around axes beside what labels of ticks and axes need, in points."""

    above: float = 0.0
    right: float = 0.0
    below: float = 0.0
    left: float = 0.0


@contextmanager
def canvas(
    title: str,
    *,
    notes: Sequence[str] = (),
    kind: str = "",
    alt: str = "",
    table: Callable[[], pd.DataFrame] | None = None,
    grid: tuple[int, int] = (1, 1),
    panel: tuple[float, float] = PANEL,
    room: Room | None = None,
) -> Iterator[tuple[ForestFigure, list[Axes]]]:
    """A figure with a title, notes and empty axes, for as long as it is drawn on.

    Parameters
    ----------
    title : str
        Heading; broken into lines where it is long.
    notes : sequence of str
        What stands below the axes, a paragraph each.
    kind : str, optional
        What sort of figure it is, for those who do not see it.
    alt : str, optional
        What it shows, in words, before the notes. Default: its kind and its title.
    table : callable, optional
        Makes the frame of what the figure shows, e.g. ``finding.to_frame``.
    grid : (int, int), default (1, 1)
        Rows and columns of axes.
    panel : (float, float)
        Width and height of one pair of axes, in points.
    room : Room
        Further room around the axes.

    Yields
    ------
    figure : Figure
        Its `savefig` writes the same bytes every time.
    axes : list of Axes
        Row by row, without frames at the top and the right.
    """
    (rows, columns), room = grid, room or Room()
    width = MARGIN + columns * (_LEFT + panel[0]) + (columns - 1) * (_BETWEEN - _LEFT) + MARGIN
    width += room.left + room.right
    across = width - 2 * MARGIN
    heading = wrap(title, TITLE, across / 1.1) if title else []  # bold letters are wider
    lines = [line for note in notes for line in wrap(note, TINY, across)]
    above = MARGIN + _TITLE_HEIGHT * len(heading) + _ABOVE + room.above
    below = _BELOW + room.below + LINE_HEIGHT * len(lines) + MARGIN
    height = above + rows * panel[1] + (rows - 1) * _BETWEEN + below
    with house_style():
        figure = ForestFigure(width, height, title)
        what = alt or ": ".join(filter(None, (kind, title)))
        figure.description, figure.make_table = AltText(what, "\n".join(notes)), table
        _write_around(figure, width, height, heading, lines)
        axes = []
        for i in range(rows):
            y = height - above - (i + 1) * panel[1] - i * _BETWEEN
            for j in range(columns):
                x = MARGIN + room.left + _LEFT + j * (panel[0] + _BETWEEN)
                box = (x / width, y / height, panel[0] / width, panel[1] / height)
                axes.append(_bare(figure.add_axes(box)))
        yield figure, axes


@contextmanager
def sheet(
    title: str,
    size: tuple[float, float],
    *,
    notes: Sequence[str] = (),
    alt: AltText,
    table: Callable[[], pd.DataFrame] | None = None,
) -> Iterator[tuple[ForestFigure, float, float]]:
    """A figure with a title, notes and room for a drawing that measures itself.

    Parameters
    ----------
    title, notes, table
        As in `canvas`.
    size : (float, float)
        Width and height of the drawing, in points.
    alt : AltText
        What the figure shows, in words.

    Yields
    ------
    figure : Figure
    left, bottom : float
        Lower left corner of the drawing, in points from that of the figure.
    """
    width = size[0] + 2 * MARGIN
    heading = wrap(title, TITLE, size[0] / 1.1) if title else []
    lines = [line for note in notes for line in wrap(note, TINY, size[0])]
    bottom = MARGIN + LINE_HEIGHT * len(lines) + (MARGIN if lines else 0.0)
    above = MARGIN + (_TITLE_HEIGHT * len(heading) + 6.0 if heading else 0.0)
    height = bottom + size[1] + above
    with house_style():
        figure = ForestFigure(width, height, title)
        figure.description, figure.make_table = alt, table
        _write_around(figure, width, height, heading, lines)
        yield figure, MARGIN, bottom


def _write_around(
    figure: ForestFigure, width: float, height: float, heading: list[str], lines: list[str]
) -> None:
    """Title at the top, notes at the bottom."""
    for i, line in enumerate(heading):
        y = 1 - (MARGIN + i * _TITLE_HEIGHT) / height
        figure.text(MARGIN / width, y, line, fontsize=TITLE, weight="bold", va="top",
                    parse_math=False)  # fmt: skip
    for i, line in enumerate(reversed(lines)):
        y = (MARGIN + i * LINE_HEIGHT) / height
        figure.text(MARGIN / width, y, line, fontsize=TINY, va="bottom", color="#333333",
                    parse_math=False)  # fmt: skip


def _bare(axes: Axes) -> Axes:
    """Axes with two spines and small type."""
    axes.spines[["top", "right"]].set_visible(False)
    for spine in axes.spines.values():
        spine.set_linewidth(THIN)
    axes.tick_params(labelsize=SMALL, length=3, width=THIN)
    return axes


def put(
    figure: ForestFigure,
    x: float,
    y: float,
    text: str,
    *,
    size: float = BODY,
    align: Literal["left", "center"] = "left",
    weight: Weight = "normal",
    color: str = "black",
    turned: bool = False,
) -> None:
    """Write a text at a place in points from the lower left corner; a dollar is a dollar."""
    width, height = figure.get_size_inches() * 72
    figure.text(
        x / width,
        y / height,
        text,
        fontsize=size,
        ha=align,
        va="center" if turned else "center_baseline",
        weight=weight,
        color=color,
        rotation=90 if turned else 0,
        parse_math=False,
    )


def name_axes(axes: Axes, x: str, y: str, title: str = "") -> None:
    """Label both axes, and the panel; a dollar in a label is a dollar."""
    axes.set_xlabel(x, fontsize=SMALL, parse_math=False)
    axes.set_ylabel(y, fontsize=SMALL, parse_math=False)
    if title:
        axes.set_title(title, fontsize=BODY, loc="left", parse_math=False)


def name_points(
    axes: Axes,
    x: ArrayLike,
    y: ArrayLike,
    labels: Sequence[str],
    *,
    gap: float = 4.5,
    over_lines: bool = False,
) -> None:
    """Write labels beside points so that none lies on another, or on a point.

    Call it when the limits are set. The first points have the first choice of room; a label that
    finds none is left out (the table behind the figure has it).

    Parameters
    ----------
    x, y : array_like, shape (n,)
        The points, in the axes' own units.
    labels : sequence of str
        Their names.
    gap : float
        Distance from a point to its label, in points.
    over_lines : bool, default False
        Whether paper behind each label keeps lines apart from its letters.
    """
    xs, ys = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    axes.autoscale_view()  # limits that follow from the points are found when first needed
    scale = 72 / axes.figure.dpi
    places = axes.transData.transform(np.column_stack([xs, ys])) * scale
    frame = [edge * scale for edge in axes.get_window_extent().extents]
    taken = [(a - 2, b - 2, a + 2, b + 2) for a, b in places]
    for i, label in enumerate(labels):
        width, height = text_width(label, TINY), 1.15 * TINY
        for dx, dy, ha, va in _SIDES:
            left = places[i][0] + gap * dx - {"left": 0.0, "center": 0.5, "right": 1.0}[ha] * width
            low = places[i][1] + gap * dy - {"bottom": 0.0, "center": 0.5, "top": 1.0}[va] * height
            box = (left, low, left + width, low + height)
            inside = frame[0] <= box[0] and box[2] <= frame[2] + MARGIN and frame[1] <= box[1]
            others = (other for j, other in enumerate(taken) if j != i)
            if inside and not any(_overlap(box, other) for other in others):
                taken.append(box)
                paper = {"fc": PAPER, "ec": "none", "alpha": 0.85, "pad": 0.6}
                axes.annotate(
                    label,
                    (xs[i], ys[i]),
                    bbox=paper if over_lines else None,
                    zorder=4,
                    xytext=(gap * dx, gap * dy),
                    textcoords="offset points",
                    ha=ha,
                    va=va if va != "center" else "center_baseline",
                    fontsize=TINY,
                    parse_math=False,
                    annotation_clip=False,
                )
                break


# Where a label may stand beside its point: offsets in gaps, and how it is aligned there.
_SIDES = (
    (1.0, 0.0, "left", "center"),
    (-1.0, 0.0, "right", "center"),
    (0.7, 0.7, "left", "bottom"),
    (-0.7, 0.7, "right", "bottom"),
    (0.7, -0.7, "left", "top"),
    (-0.7, -0.7, "right", "top"),
    (0.0, 1.0, "center", "bottom"),
    (0.0, -1.0, "center", "top"),
)


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def show_effects(axis: Axis, effects: Effects) -> None:
    """Label an axis of the analysis scale with what people read: ratios, where it is a log.

    Call it when the limits are set.
    """
    if not effects.scale.log_axis:
        return
    ends = sorted(axis.get_view_interval())
    low, high = (math.exp(min(max(end, -700.0), 700.0)) for end in ends)
    ticks = ratio_ticks(low, high)
    axis.set_major_locator(FixedLocator([math.log(tick) for tick in ticks]))
    axis.set_major_formatter(FixedFormatter([f"{tick:.10g}" for tick in ticks]))
    axis.set_minor_locator(NullLocator())


def effect_name(effects: Effects) -> str:
    """What an axis of effects is called once `show_effects` has labelled it."""
    scale = effects.scale
    if scale.log_axis:
        return f"{scale.label} (log scale)"
    name = scale.analysis_scale
    return name[:1].upper() + name[1:]
