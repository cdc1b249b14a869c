"""`forest_html`: a forest plot as a page that can be sorted, folded and asked for its sources."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from metaonc.diagnostics.deletion.subsets import PooledSubsets
from metaonc.plots.embedded import table_json
from metaonc.plots.forest_plot.axis import Axis, choose_axis
from metaonc.plots.forest_plot.describe import Result, forest_table
from metaonc.plots.forest_plot.description import ForestTable
from metaonc.plots.forest_plot.layout import measured
from metaonc.plots.forest_plot.subsets import subsets_table
from metaonc.plots.html.colours import colour_variables
from metaonc.plots.html.page import document, resource
from metaonc.plots.html.rows import Writer

# A point of the picture is about this many pixels of the page, whose letters are larger on screen
# and smaller in print.
_PIXELS, _PIXELS_PRINTED = 1.55, 0.9


class ForestPage(str):
    """HTML of a forest plot: a whole document, which a notebook shows as a part of itself."""

    section: str

    def __new__(cls, text: str, section: str) -> ForestPage:
        """The document, and the part of it between its head and its scripts."""
        page = super().__new__(cls, text)
        page.section = section
        return page

    def _repr_html_(self) -> str:
        style, script = resource("forest.css"), resource("forest.js")
        return f"<style>\n{style}</style>\n{self.section}\n<script>\n{script}</script>\n"


def forest_html(
    result: Result | Mapping[str, Result] | PooledSubsets | ForestTable,
    *,
    xlim: tuple[float, float] | None = None,
    **options: Any,
) -> ForestPage:
    """A forest plot for a browser: one file, no server, nothing from outside.

    It is a table with a picture in it. Its columns can be sorted and its groups folded, a number
    shows where it comes from when it is pointed at or reached with the keyboard, and everything
    can be read by a screen reader, in the dark, on a telephone and on paper.

    Parameters
    ----------
    result : PooledResult, SubgroupResult, mapping, LeaveOneOut, Cumulative or ForestTable
        What to show, as in :func:`metaonc.forest`.
    xlim : (float, float), optional
        Limits of the axis on the displayed scale.
    **options
        As in :func:`metaonc.plots.forest_table`, e.g. ``preset``, ``columns`` or ``sort``.

    Returns
    -------
    ForestPage
        A str, the text of the page; a notebook that shows it shows the plot. The same input gives
        the same text.

    Raises
    ------
    PlotError
        As :func:`metaonc.forest`.

    Examples
    --------
    >>> import metaonc as mo
    >>> from pathlib import Path
    >>> from metaonc.plots import forest_html
    >>> page = forest_html(mo.pool(mo.load_registry().effects("pfs")))
    >>> page.startswith("<!DOCTYPE html>"), "http:" in page
    (True, False)
    >>> Path("pfs.html").write_text(page, encoding="utf-8")  # doctest: +SKIP
    """
    if isinstance(result, ForestTable):
        table = result
    elif isinstance(result, PooledSubsets):
        table = subsets_table(result, **options)
    else:
        table = forest_table(result, **options)
    axis = choose_axis(table, xlim)
    data = table_json(table.title, table.to_frame())
    key = f"forest-{hashlib.sha256(data.encode()).hexdigest()[:8]}"
    page, section = ("\n".join(_section(table, axis, key, data, h)) for h in ("h1", "div"))
    text = document(
        table.title or "Forest plot",
        page,
        style=resource("forest.css"),
        script=resource("forest.js"),
    )
    return ForestPage(text, section)


def _section(table: ForestTable, axis: Axis, key: str, data: str, heading: str) -> Iterator[str]:
    yield f'<section class="metaonc-forest" id="{key}" aria-labelledby="{key}-title">'
    yield f"<style>{_own_style(table, key)}</style>"
    yield "<table>"
    yield from Writer(table, axis, key, heading).lines()
    yield "</table>"
    yield '<p class="status" role="status"></p>'
    yield from (f'<p class="note" dir="auto">{escape(note)}</p>' for note in table.footnotes)
    yield from _sources(table, key)
    inert = data.replace("<", r"\u003c")  # nothing in it can end the element
    yield f'<script type="application/json">{inert}</script>'
    yield "</section>"


def _own_style(table: ForestTable, key: str) -> str:
    """Colours of the house, and the width below which rows are stacked because they do not fit."""
    points = measured(table).width
    width, printed = round(_PIXELS * points), round(_PIXELS_PRINTED * points)
    light, dark = colour_variables(table.preset.colours)
    stacked = resource("stacked.css").replace(".metaonc-forest", f"#{key}")
    return (
        f"#{key}{{{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{#{key}{{{dark}}}}}\n"
        f"@media screen{{@container metaonc-forest (max-width:{width}px){{\n{stacked}}}}}\n"
        f"@media print{{@container metaonc-forest (max-width:{printed}px){{\n{stacked}}}}}\n"
    )


def _sources(table: ForestTable, key: str) -> Iterator[str]:
    """Where each number comes from, for those who do not point at it."""
    known = [(i, row) for i, row in enumerate(table.rows()) if row.source]
    if not known:
        return
    yield f'<section class="sources" aria-labelledby="{key}-sources">'
    yield f'<h2 id="{key}-sources">Sources</h2>'
    yield "<ul>"
    for i, row in known:
        label, source = escape(row.label), escape(row.source)
        yield f'<li id="{key}-s{i}"><b dir="auto">{label}</b>: <span>{source}</span></li>'
    yield "</ul>"
    yield "</section>"
