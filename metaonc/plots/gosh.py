"""GOSH: a point for every subset, and the distributions at the margins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from metaonc.diagnostics.pictures.gosh import Gosh
from metaonc.errors import PlotError
from metaonc.plots.figure import ForestFigure
from metaonc.plots.style import (
    ACCENT,
    GREY,
    INK,
    THIN,
    TINY,
    canvas,
    effect_name,
    name_axes,
    show_effects,
)
from metaonc.pooling import PooledResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metaonc.kernels import FloatArray

# Beyond this many subsets a point each would be a blot, and a file of many megabytes.
_POINTS, _BINS = 20_000, 60
_MEASURES = {"i2": "I² (%)", "tau2": "tau²", "q": "Q"}


def gosh_plot(
    finding: Gosh, *, against: str = "i2", highlight: str | None = None, title: str | None = None
) -> ForestFigure:
    """Draw what every subset of the studies found.

    Parameters
    ----------
    finding : Gosh
        Made by :func:`metaonc.gosh` from a pooled result.
    against : {"i2", "tau2", "q"}, default "i2"
        What goes up.
    highlight : str, optional
        A study whose subsets have a colour of their own.
    title : str, optional
        Heading. Default: that of the effects.

    Returns
    -------
    matplotlib.figure.Figure
        The cloud, 20,000 of its points if there are more, and histograms of all along both axes;
        `savefig` writes the same bytes every time.

    Raises
    ------
    PlotError
        If `against` is another name, or the subsets are those of a meta-regression.
    DiagnosticsError
        If no study is called `highlight`.

    Examples
    --------
    >>> import metaonc as mo
    >>> found = mo.gosh(mo.pool(mo.load_registry().effects("pfs")))
    >>> figure = mo.gosh_plot(found, highlight="HORIZON 2013")
    >>> len(figure.axes)
    3
    """
    if against not in _MEASURES:
        names = ", ".join(map(repr, _MEASURES))
        raise PlotError(f"against = {against!r} is not one of {names}.")
    if not isinstance(finding.result, PooledResult):
        raise PlotError(
            "gosh_plot() draws subsets of a pooled result; those of a meta-regression are in "
            "finding.subsets()."
        )
    effects = finding.result.effects
    inside = np.zeros(finding.n, dtype=bool) if highlight is None else finding.includes(highlight)
    notes = [f"{finding.title}.", *finding.sentences]
    if highlight is not None:
        notes.insert(0, f"Filled: subsets with {highlight}; open: without.")
    with canvas(
        effects.title if title is None else title,
        notes=notes,
        kind="GOSH plot",
        table=finding.to_frame,
    ) as (figure, (axes,)):
        y = getattr(finding, against) * (100.0 if against == "i2" else 1.0)
        good = np.isfinite(finding.estimate) & np.isfinite(y)
        _cloud(axes, finding.estimate[good], y[good], inside[good], highlight is not None)
        _margins(figure, axes, finding.estimate[good], y[good])
        axes.axvline(finding.result.estimate, color=GREY, lw=THIN, ls=(0, (4, 3)), zorder=0)
        show_effects(axes.xaxis, effects)
        name_axes(axes, effect_name(effects), _MEASURES[against])
        return figure


def _cloud(axes: Axes, x: FloatArray, y: FloatArray, inside: np.ndarray, split: bool) -> None:
    step = -(-len(x) // _POINTS)
    x, y, inside = x[::step], y[::step], inside[::step]
    size = 7.0 if len(x) < 500 else 3.0 if len(x) < 5000 else 1.6
    style: dict[str, Any] = {"ls": "none", "marker": "o", "ms": size, "rasterized": len(x) > 2000}
    alpha = 0.8 if len(x) < 500 else 0.35
    outside: dict[str, Any] = (
        {"mfc": "none", "mec": INK, "mew": 0.6} if split else {"mfc": INK, "mec": "none"}
    )
    axes.plot(x[~inside], y[~inside], alpha=alpha, **outside, **style)
    if split:
        axes.plot(x[inside], y[inside], alpha=alpha, mfc=ACCENT, mec="none", **style)
    axes.margins(0.04)


def _margins(figure: ForestFigure, axes: Axes, x: FloatArray, y: FloatArray) -> None:
    """Histograms of both coordinates, inside the room of the panel."""
    box = axes.get_position()
    width, height = 0.86 * box.width, 0.84 * box.height
    axes.set_position((box.x0, box.y0, width, height))
    top = figure.add_axes((box.x0, box.y0 + 1.03 * height, width, box.height - 1.03 * height))
    side = figure.add_axes((box.x0 + 1.02 * width, box.y0, box.width - 1.02 * width, height))
    top.hist(x, bins=_BINS, range=axes.get_xlim(), color=GREY)
    side.hist(y, bins=_BINS, range=axes.get_ylim(), color=GREY, orientation="horizontal")
    top.set_xlim(axes.get_xlim())
    side.set_ylim(axes.get_ylim())
    for margin in (top, side):
        margin.set_axis_off()
    axes.tick_params(labelsize=TINY)
