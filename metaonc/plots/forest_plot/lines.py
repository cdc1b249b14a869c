"""The rows of a description as lines of the figure: long labels go on below."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from metaonc.plots.forest_plot.description import Block, ForestTable, Row
from metaonc.plots.style import BODY, LINE_HEIGHT, SMALL
from metaonc.plots.text import Weight, text_width, wrap

# All lengths in points, before the whole is made smaller to fit a page.
ROW_HEIGHT, INDENT = 17.0, 9.0
LABEL_WIDTH, TEXT_WIDTH = 230.0, 330.0  # longer labels and sentences go on in the next line


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


def lines_of(table: ForestTable) -> Iterator[Line]:
    """Headings and rows, top to bottom."""
    for block in table.blocks:
        yield from block_lines(block, block.heading)


def block_lines(block: Block, heading: str) -> Iterator[Line]:
    """Lines of one block, under its heading if it has one."""
    if heading:
        yield Line(tuple(wrap(heading, BODY, LABEL_WIDTH, "bold")))
    for row in block.rows:
        line = Line((row.label,), row, bool(heading))
        size, weight = label_style(line)
        limit = TEXT_WIDTH if row.kind == "text" else LABEL_WIDTH
        yield replace(line, label=tuple(wrap(row.label, size, limit, weight)))


def is_text(line: Line) -> bool:
    """Whether the line is a sentence over the columns left of the plot."""
    return line.row is not None and line.row.kind == "text"


def label_width(line: Line) -> float:
    """Room that a label needs, its indent included."""
    indent = INDENT if line.indented else 0.0
    size, weight = label_style(line)
    return indent + max((text_width(part, size, weight) for part in line.label), default=0.0)


def label_style(line: Line) -> tuple[float, Weight]:
    """Size and weight of a line's label."""
    if line.row is None:
        return BODY, "bold"
    return (SMALL, "normal") if line.row.kind == "text" else (BODY, row_weight(line.row))


def row_weight(row: Row) -> Weight:
    """Weight of a row's letters: what was pooled is bold."""
    return "bold" if row.pooled else "normal"
