"""Where everything of a forest plot goes: text is measured before it is placed."""

from __future__ import annotations

from dataclasses import replace

from metaonc.plots.forest_plot.description import ForestTable
from metaonc.plots.forest_plot.lines import is_text, label_width, lines_of
from metaonc.plots.forest_plot.pages import Layout, header_height, with_pages
from metaonc.plots.forest_plot.paper import Paper
from metaonc.plots.forest_plot.widths import GAP, column_size, favours_width, group_extra
from metaonc.plots.style import BODY, MARGIN, TITLE
from metaonc.plots.text import text_width, wrap

PLOT_WIDTH, NARROW_PLOT = 210.0, 130.0  # points


def measured(table: ForestTable, paper: Paper | None = None) -> Layout:
    """Give every column the width of its widest text, and the figure the sum of them.

    On paper, the plot takes what the text leaves; where that is too little, the whole is made
    smaller until it fits, and rows that do not fit go on to the next page.
    """
    natural = _across(table, PLOT_WIDTH)
    if paper is None:
        return with_pages(natural, table, None)
    narrow = _across(table, NARROW_PLOT)
    room = paper.width - 2 * paper.margin
    needed = narrow.width - 2 * MARGIN
    if needed > room:
        fitted = replace(narrow, scale=room / needed)
    else:
        fitted = _across(table, NARROW_PLOT + room - needed)
    return with_pages(fitted, table, paper)


def _across(table: ForestTable, plot_width: float) -> Layout:
    left = [column for column in table.columns if column.side == "left"]
    right = [column for column in table.columns if column.side == "right"]
    sizes = {column.key: column_size(column, table) for column in table.columns}
    groups = group_extra(table, sizes)
    widths = {key: sum(size) + groups.get(key, 0.0) for key, size in sizes.items()}
    lines = list(lines_of(table))
    labels = max(
        [text_width(table.heading, BODY, "bold")]
        + [label_width(line) for line in lines if not is_text(line)]
    )
    sentences = max((label_width(line) for line in lines if is_text(line)), default=0.0)
    left_width = max(labels + sum(widths[column.key] + GAP for column in left), sentences)
    plot_width = max(plot_width, favours_width(table))
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
        header_height=header_height(table),
        title=tuple(wrap(table.title, TITLE, max(width - 2 * MARGIN, 1.0), "bold")),
        footnotes=(),
        pages=(),
    )
