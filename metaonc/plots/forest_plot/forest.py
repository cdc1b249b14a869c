"""`forest`: a result -> a forest plot, described, then measured, then drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from metaonc.diagnostics.deletion.subsets import PooledSubsets
from metaonc.errors import PlotError
from metaonc.plots.alt import AltText
from metaonc.plots.figure import ForestFigure, house_style
from metaonc.plots.forest_plot.axis import choose_axis
from metaonc.plots.forest_plot.describe import PredictionStyle, Result, forest_table
from metaonc.plots.forest_plot.description import ForestTable
from metaonc.plots.forest_plot.drawing import draw_page
from metaonc.plots.forest_plot.layout import measured
from metaonc.plots.forest_plot.paper import Paper, paper_named
from metaonc.plots.forest_plot.presets import Preset
from metaonc.plots.forest_plot.subsets import subsets_table
from metaonc.pooling import PooledResult


def forest(
    result: Result | Mapping[str, Result] | PooledSubsets | ForestTable,
    *,
    title: str | None = None,
    xlim: tuple[float, float] | None = None,
    preset: str | Preset = "metaonc",
    columns: Iterable[str] | None = None,
    sort: str | None = None,
    studies: bool = True,
    prediction: PredictionStyle = "interval",
    add: Mapping[str, PooledResult] | None = None,
    reference: float | Sequence[float] = (),
    unimportant: tuple[float, float] | None = None,
    interval_band: bool = False,
    paper: str | None = None,
) -> ForestFigure:
    """Draw a forest plot.

    Parameters
    ----------
    result : PooledResult, SubgroupResult, mapping, LeaveOneOut, Cumulative or ForestTable
        What to draw. Subgroups become blocks with their own diamonds; a mapping from names to
        results of one measure becomes a block for each. What :func:`metaonc.leave_one_out` and
        :func:`metaonc.cumulative` find becomes a square for each subset of the studies, and only
        `title`, `xlim`, `preset` and `paper` apply. A `ForestTable`, from
        :func:`metaonc.plots.forest_table`, is drawn as it is, and only `xlim` and `paper` apply.
    title : str, optional
        Heading. Default: the title of the effects.
    xlim : (float, float), optional
        Limits of the axis on the displayed scale. Default: chosen from the data; an interval that
        goes beyond ends in an arrow, and its numbers stay in the table.
    preset : str or Preset, default "metaonc"
        Whose house style: ``"metaonc"``, ``"cochrane"``, ``"jama"``, ``"bmj"`` or
        ``"lancet-oncology"``.
    columns : iterable of str, optional
        Columns from left to right. ``"plot"``, once, is the plot itself; ``"arms"`` events and
        patients of each arm in one column, ``"counts"`` in columns of their own; ``"effect"``
        estimate and interval; ``"log_effect"`` estimate and standard error on the analysis scale,
        where there are no counts; ``"weight"`` share under the result's model, ``"weights"``
        under both models; ``"risk_of_bias"`` a circle per domain of the studies' risk of bias, with
        its key under the plot; or any column of the effects. Default: the preset's.
    sort : str, optional
        Order of the studies: ``"effect"``, ``"weight"``, ``"precision"``, ``"label"`` or a column
        of the effects; with a minus before it, descending. A study without a value comes last.
        Default: as they come.
    studies : bool, default True
        Whether to show the studies, or only what was pooled.
    prediction : {"interval", "density", "shade", "none"}, default "interval"
        The prediction interval as a bar, as the curve of its distribution, as a band behind all
        rows, or not at all.
    add : mapping of str to PooledResult, optional
        Further results, each with a diamond of its own under the name it has here.
    reference : float or sequence of float, optional
        Dotted lines at these values of the displayed scale.
    unimportant : (float, float), optional
        Effects too small to matter, on the displayed scale: a grey band.
    interval_band : bool, default False
        Whether a band behind all rows shows the pooled confidence interval.
    paper : str, optional
        ``"A4"``, ``"letter"``, either with ``"-landscape"``, or the width of journals' columns,
        ``"one-column"`` (84 mm) and ``"two-column"`` (174 mm). A plot that is too wide is made
        smaller; rows that do not fit go on to the next page of a PDF, under the same headings.
        Default: a figure as large as its text needs.

    Returns
    -------
    matplotlib.figure.Figure
        Nothing in it is cropped or overlaps. `savefig` writes PDF, SVG and PNG with embedded
        fonts, the same bytes for the same input; a PDF has all pages, which `pages` lists.

    Raises
    ------
    PlotError
        If `result` is not a pooled result, results of a mapping have different measures, `xlim`
        are not limits of such an axis, or an argument is not one of the above.

    Notes
    -----
    The area of a square is proportional to the study's weight in `result`. Diamonds span the
    confidence interval of the common effect (white) and of the random effects (filled), the thick
    line the prediction interval, the dashed line marks the pooled estimate.

    Examples
    --------
    >>> import metaonc as mo
    >>> fit = mo.pool(mo.load_registry().effects("pfs"))
    >>> mo.forest(fit).savefig("pfs.pdf")  # doctest: +SKIP
    >>> figure = mo.forest(fit, preset="lancet-oncology", sort="-weight", paper="A4")
    >>> len(figure.pages)
    1
    """
    if isinstance(result, ForestTable):
        table = result
    elif isinstance(result, PooledSubsets):
        table = subsets_table(result, title=title, preset=preset)
    else:
        table = forest_table(
            result,
            title=title,
            preset=preset,
            columns=columns,
            sort=sort,
            studies=studies,
            prediction=prediction,
            add=add,
            reference=reference,
            unimportant=unimportant,
            interval_band=interval_band,
        )
    if not any(row.estimate == row.estimate for row in table.rows()):
        raise PlotError("there is no row with an estimate to draw; show the studies.")
    return _drawn(table, xlim, paper_named(paper))


def _drawn(
    table: ForestTable, xlim: tuple[float, float] | None, paper: Paper | None
) -> ForestFigure:
    axis = choose_axis(table, xlim)
    layout = measured(table, paper)
    with house_style():
        pages = [draw_page(table, axis, layout, page) for page in layout.pages]
    first, *others = pages
    first.pages = (first, *others)
    first.make_table = table.to_frame
    first.make_html = partial(_page, table, xlim)
    _describe(pages, table)
    return first


def _describe(pages: Sequence[ForestFigure], table: ForestTable) -> None:
    """The whole in words on the first page; the others say what they go on with."""
    words = table.alt_text()
    for number, page in enumerate(pages, start=1):
        page.description = AltText(f"Page {number} of {len(pages)}. {words.short}")
    pages[0].description = words


def _page(table: ForestTable, xlim: tuple[float, float] | None) -> str:
    from metaonc.plots.html import forest_html

    return forest_html(table, xlim=xlim)
