"""How likely a study is seen, by its p value: the weight function of a selection model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from metaonc.diagnostics import SelectionModel
from metaonc.errors import PlotError
from metaonc.plots.figure import ForestFigure
from metaonc.plots.style import ACCENT, GREY, INK, LINE, SKY, THIN, canvas, name_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PANEL = (330.0, 220.0)
_TICKS = (0.0, 0.025, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)
_TALLEST = 3.0  # times the largest weight: limits above are cut


def selection_plot(found: SelectionModel) -> ForestFigure:
    """Draw the weight function of a selection model with its limits and the studies' p values.

    Parameters
    ----------
    found : SelectionModel
        Made by :func:`metaonc.selection_model`.

    Returns
    -------
    Figure
        A matplotlib Figure; `savefig` writes the same bytes every time. P values are drawn on a
        square-root scale, a tick below for every study.

    Raises
    ------
    PlotError
        If the likelihood has no maximum.

    Examples
    --------
    >>> import metaonc as mo
    >>> result = mo.pool(mo.load_registry().effects("pfs"))
    >>> figure = mo.selection_plot(mo.selection_model(result))
    >>> figure.axes[0].get_ylabel()
    'Relative probability of being seen'
    """
    if not found.has_maximum:
        raise PlotError(
            "this selection model has no weight function to draw: its likelihood has no maximum."
        )
    with canvas(
        found.title,
        notes=found.sentences,
        panel=_PANEL,
        kind="Selection model",
        table=found.to_frame,
    ) as (figure, (axes,)):
        frame = found.curve()
        p, weight = frame["p"].to_numpy(), frame["weight"].to_numpy()
        top = _top(frame["high"].to_numpy(), float(weight.max()))
        axes.set_xscale("function", functions=(np.sqrt, np.square))
        axes.set_xlim(0, 1)
        axes.set_ylim(0, top)
        axes.fill_between(
            p, np.minimum(frame["low"], top), np.minimum(frame["high"], top),
            color=SKY, alpha=0.35, linewidth=0,
        )  # fmt: skip
        axes.axhline(1, color=GREY, linewidth=THIN, linestyle=(0, (4, 3)))
        axes.plot(p, weight, color=INK, linewidth=LINE)
        _draw_studies(axes, found)
        axes.xaxis.set_major_locator(FixedLocator(list(_TICKS)))
        axes.xaxis.set_major_formatter(FixedFormatter([f"{tick:g}" for tick in _TICKS]))
        axes.xaxis.set_minor_locator(NullLocator())
        two_sided = found.selection.alternative == "two-sided"
        side = "two-sided" if two_sided else f"one-sided, {found.selection.alternative}"
        name_axes(axes, f"P value ({side})", "Relative probability of being seen")
        return figure


def _top(high: np.ndarray, heaviest: float) -> float:
    """Where the axis ends: above the limits, unless they are far away."""
    tallest = max([heaviest, *high[np.isfinite(high)]])
    return float(1.1 * min(_TALLEST * heaviest, tallest))


def _draw_studies(axes: Axes, found: SelectionModel) -> None:
    """A tick at the foot for every study."""
    low, high = axes.get_ylim()
    axes.vlines(found.p_values, low, low + 0.05 * (high - low), color=ACCENT, linewidth=LINE)
