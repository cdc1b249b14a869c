"""`prisma_diagram`: how a review found its studies, as a PRISMA 2020 flow diagram."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.patches import Polygon, Rectangle
from matplotlib.transforms import Affine2D, Transform

from metaonc.errors import PlotError
from metaonc.plots.alt import AltText
from metaonc.plots.figure import ForestFigure
from metaonc.plots.prisma_boxes import ROUTES, STAGES, Box, boxes
from metaonc.plots.style import FILL, INK, LINE, PAPER, SMALL, THIN, put, sheet
from metaonc.plots.text import text_width, wrap
from metaonc.registry import Flow, Records

if TYPE_CHECKING:
    import pandas as pd

# All lengths in points.
WIDTH, ACROSS, DOWN, SIDE = 190.0, 26.0, 22.0, 20.0  # a box, between boxes, stages at the left
_PAD, _LINE, _INDENT, _HEAD, _ARROW = 6.0, 11.0, 8.0, 22.0, 6.0
_LEAST = 30.0  # height of a box
_HEADING: dict[str, Any] = {"size": SMALL, "align": "center", "weight": "bold"}
# Stages at the left, with the rows beside each of them.
_ROWS = {stage: [i for i, name in enumerate(STAGES) if name == stage] for stage in STAGES}


def prisma_diagram(source: Records | Flow, *, title: str | None = None) -> ForestFigure:
    """Draw the PRISMA 2020 flow diagram of a review.

    Parameters
    ----------
    source : Registry or Flow
        A registry whose review plan has a ``[flow]`` table, or that table itself
        (``registry.plan.flow``).
    title : str, optional
        Heading. Default: the title of the review plan.

    Returns
    -------
    matplotlib.figure.Figure
        As large as its text needs. `savefig` writes the same bytes for the same input, and
        ``figure.table`` has a row per count, which is missing where nobody recorded it.

    Raises
    ------
    PlotError
        If the registry's plan has no flow, its counts do not add up, or it is neither of the two.

    Notes
    -----
    Boxes and words are those of the 2020 statement (Page et al., BMJ 2021;372:n71, figure 1), with
    a second column where websites, organisations or reference lists were searched as well. Counts
    that were not recorded are called that. Where the flow does not say how many studies the review
    includes, the trials of the registry are counted.

    Examples
    --------
    >>> import metaonc as mo
    >>> figure = mo.prisma_diagram(mo.load_registry())
    >>> figure.table.loc[figure.table["stage"] == "Included", "count"].to_list()
    [37, <NA>]
    """
    flow, studies, heading = _read(source)
    for breach in flow.breaches():
        value = f" = {breach.value}" if breach.value else ""
        raise PlotError(f"prisma_diagram(): {breach.field}{value} {breach.rule}; {breach.remedy}.")
    found = boxes(flow, studies)
    name = heading if title is None else title
    notes = [flow.note] if flow.note else []
    kind = ": ".join(filter(None, ("PRISMA 2020 flow diagram", name)))
    words = AltText(kind, "\n".join([*_sentences(found), *notes]))
    drawing = _Drawing(found)
    with sheet(
        name, (drawing.width, drawing.height), notes=notes, alt=words, table=lambda: _frame(found)
    ) as (figure, x, y):
        drawing.draw(figure, x, y)
    return figure


def _read(source: Records | Flow) -> tuple[Flow, int | None, str]:
    """The flow, studies to count where it does not, and a title."""
    if isinstance(source, Flow):
        return source, None, ""
    if not isinstance(source, Records):
        raise PlotError(f"prisma_diagram() draws a registry or a flow, got {_type(source)}.")
    if source.plan is None or source.plan.flow is None:
        raise PlotError(
            f"the review plan of {source.folder} has no [flow] table; count there what was "
            "identified, screened and excluded, and leave out what was not recorded."
        )
    return source.plan.flow, len(source.trials), source.plan.title


def _type(source: object) -> str:
    return type(source).__name__


def _sentences(found: Sequence[Box]) -> list[str]:
    """Every box in words."""
    return [f"{_place(box)}: {box}" for box in found]


def _place(box: Box) -> str:
    return box.stage if box.route == "all" else f"{box.stage}, {box.route}"


def _frame(found: Sequence[Box]) -> pd.DataFrame:
    """A row per count."""
    import pandas as pd

    rows = [
        {
            "stage": box.stage,
            "route": box.route,
            "box": box.lines[0].name,
            "what": line.name,
            "count": line.count,
        }
        for box in found
        for line in box.lines
        if not line.heading
    ]
    return pd.DataFrame(rows).astype({"count": "Int64"})


class _Drawing:
    """Boxes with their broken lines, and where each of them goes."""

    def __init__(self, found: Sequence[Box]) -> None:
        self.texts = {(box.row, box.column): _broken(box) for box in found}
        self.columns = 4 if any(column == 2 for _, column in self.texts) else 2
        self.heights = [
            max([_LEAST] + [_tall(text) for (at, _), text in self.texts.items() if at == row])
            for row in range(len(STAGES))
        ]
        for stage, rows in _ROWS.items():  # its name runs upwards beside its rows
            room = sum(self.heights[row] for row in rows) + DOWN * (len(rows) - 1)
            needed = text_width(stage, SMALL, "bold") + 2 * _PAD
            self.heights[rows[0]] += max(0.0, needed - room)
        self.width = SIDE + self.columns * (WIDTH + ACROSS)
        self.height = _HEAD + sum(h + DOWN for h in self.heights)

    def draw(self, figure: ForestFigure, x: float, y: float) -> None:
        """Everything, from a lower left corner."""
        self.left, self.top = x, y + self.height
        for i in range(self.columns // 2):
            low, high = self._x(2 * i), self._x(2 * i + 1) + WIDTH
            box = (low, self.top - _HEAD, high - low, _HEAD)
            _box(figure, box, FILL)
            heading = f"Identification of studies via {ROUTES[i]}"
            middle = (low + high) / 2
            put(figure, middle, self.top - _HEAD / 2, heading, **_HEADING)
        for stage, rows in _ROWS.items():
            low, high = self._y(rows[-1])[0], self._y(rows[0])[1]
            _box(figure, (x, low, SIDE, high - low), FILL)
            put(figure, x + SIDE / 2, (low + high) / 2, stage, **_HEADING, turned=True)
        for (row, column), lines in self.texts.items():
            low, high = self._y(row)
            _box(figure, (self._x(column), low, WIDTH, high - low), PAPER)
            first = (low + high) / 2 + _LINE * (len(lines) - 1) / 2
            for i, (indent, text) in enumerate(lines):
                put(figure, self._x(column) + _PAD + indent, first - _LINE * i, text, size=SMALL)
        self._arrows(figure)

    def _arrows(self, figure: ForestFigure) -> None:
        for row, column in self.texts:
            low, high = self._y(row)
            middle, right = self._x(column) + WIDTH / 2, self._x(column) + WIDTH
            if (row, column + 1) in self.texts and column % 2 == 0:
                _arrow(figure, [(right, (low + high) / 2), (right + ACROSS, (low + high) / 2)])
            below = [at for at, beside in self.texts if beside == column and at > row]
            if column % 2 == 0 and below:
                _arrow(figure, [(middle, low), (middle, self._y(min(below))[1])])
            elif column == 2:  # from the last box of the other methods to the included studies
                end = sum(self._y(4)) / 2
                _arrow(figure, [(middle, low), (middle, end), (self._x(0) + WIDTH, end)])

    def _x(self, column: int) -> float:
        return self.left + SIDE + ACROSS / 2 + column * (WIDTH + ACROSS)

    def _y(self, row: int) -> tuple[float, float]:
        """Bottom and top of a row."""
        high = self.top - _HEAD - DOWN - sum(h + DOWN for h in self.heights[:row])
        return high - self.heights[row], high


def _broken(box: Box) -> list[tuple[float, str]]:
    """Lines that fit into a box, each with its indentation."""
    lines = []
    for line in box.lines:
        first = _INDENT * line.depth
        parts = _whole_counts(str(line), WIDTH - 2 * _PAD - first - _INDENT)
        lines += [(first + _INDENT * (i > 0), part) for i, part in enumerate(parts)]
    return lines


def _whole_counts(text: str, width: float) -> list[str]:
    """Lines of a text whose last bracket, the count, is not broken."""
    name, bracket, count = text.rpartition(" (")
    if not bracket:
        return wrap(text, SMALL, width)
    last = f"({count}"
    parts = wrap(f"{name} {last.replace(' ', '_')}", SMALL, width)  # wider than with spaces
    return [*parts[:-1], parts[-1][: -len(last)] + last]


def _tall(lines: Sequence[tuple[float, str]]) -> float:
    return _LINE * len(lines) + 2 * _PAD


def _box(figure: ForestFigure, box: tuple[float, float, float, float], fill: str) -> None:
    x, y, width, height = box
    figure.add_artist(
        Rectangle((x, y), width, height, fc=fill, ec=INK, lw=THIN, transform=_points(figure))
    )


def _arrow(figure: ForestFigure, path: Sequence[tuple[float, float]]) -> None:
    """A line with corners, and a head at its end."""
    (x0, y0), (x1, y1) = path[-2:]
    length = abs(x1 - x0) + abs(y1 - y0)  # it runs along one axis
    dx, dy = (x1 - x0) / length * _ARROW, (y1 - y0) / length * _ARROW
    shaft = [*path[:-1], (x1 - dx, y1 - dy)]
    head = [(x1, y1), (x1 - dx - dy / 2, y1 - dy + dx / 2), (x1 - dx + dy / 2, y1 - dy - dx / 2)]
    points = _points(figure)
    figure.add_artist(Polygon(shaft, closed=False, fill=False, ec=INK, lw=LINE, transform=points))
    figure.add_artist(Polygon(head, fc=INK, ec="none", transform=points))


def _points(figure: ForestFigure) -> Transform:
    return Affine2D().scale(1 / 72) + figure.dpi_scale_trans
