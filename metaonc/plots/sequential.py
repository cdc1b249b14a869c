"""Trial sequential analysis as a figure: cumulative z against information, with its boundaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from metaonc.diagnostics.conclusions.sequential_results import SequentialAnalysis
from metaonc.plots.figure import ForestFigure
from metaonc.plots.style import (
    ACCENT,
    GREY,
    INK,
    LINE,
    MARKER,
    THIN,
    TINY,
    canvas,
    name_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PANEL = (430.0, 280.0)
_TALLEST = 8.0  # boundaries beyond this |z| run out of the figure


def sequential_plot(analysis: SequentialAnalysis) -> ForestFigure:
    """Draw the cumulative test statistic against information, between its boundaries.

    Parameters
    ----------
    analysis : SequentialAnalysis
        Made by :func:`metaonc.trial_sequential_analysis`.

    Returns
    -------
    Figure
        A matplotlib Figure; `savefig` writes the same bytes every time. The vertical line is the
        required information size, the dashed lines are the limits of a test without adjustment.

    Examples
    --------
    >>> import metaonc as mo
    >>> result = mo.pool(mo.load_registry().effects("os"))
    >>> figure = mo.sequential_plot(mo.trial_sequential_analysis(result, effect=0.8))
    >>> len(figure.axes)
    1
    """
    notes = [_key(analysis), *analysis.sentences]
    with canvas(
        analysis.title,
        notes=notes,
        panel=_PANEL,
        kind="Trial sequential analysis",
        table=analysis.to_frame,
    ) as (figure, (axes,)):
        top = _top(analysis)
        axes.set_xlim(0, 1.06 * max(float(analysis.information[-1]), analysis.size.required))
        axes.set_ylim(-top, top)
        _draw_limits(axes, analysis)
        _draw_boundaries(axes, analysis)
        _draw_path(axes, analysis)
        unit = analysis.size.information.unit
        name_axes(axes, f"Cumulative {unit}", _vertical_name(analysis))
        return figure


def _top(analysis: SequentialAnalysis) -> float:
    known = analysis.boundary[np.isfinite(analysis.boundary)]
    tallest = max([*known, analysis.final_boundary, *np.abs(analysis.z), 3.0])
    return 1.12 * max(min(float(tallest), _TALLEST), float(np.abs(analysis.z).max()))


def _draw_limits(axes: Axes, analysis: SequentialAnalysis) -> None:
    """No effect, the unadjusted limits, the required size."""
    axes.axhline(0, color=GREY, linewidth=THIN)
    naive = -ndtri(analysis.size.alpha / 2)
    for side in (naive, -naive):
        axes.axhline(side, color=GREY, linewidth=THIN, linestyle=(0, (4, 3)))
    needed = analysis.size.required
    axes.axvline(needed, color=GREY, linewidth=THIN)
    axes.annotate(
        f"required\n{needed:,.0f}",
        (needed, axes.get_ylim()[0]),
        xytext=(-3, 4),
        textcoords="offset points",
        ha="right",
        fontsize=TINY,
        color=GREY,
    )


def _draw_boundaries(axes: Axes, analysis: SequentialAnalysis) -> None:
    x, y = analysis.information, analysis.boundary
    if x[-1] < analysis.size.required:
        x, y = np.append(x, analysis.size.required), np.append(y, analysis.final_boundary)
    seen = np.isfinite(y)
    for side in (1, -1):
        axes.plot(x[seen], side * y[seen], color=ACCENT, linewidth=LINE, marker="o", markersize=2.5)


def _draw_path(axes: Axes, analysis: SequentialAnalysis) -> None:
    x, z = np.append(0.0, analysis.information), np.append(0.0, analysis.z)
    axes.plot(x, z, color=INK, linewidth=LINE, marker="s", markersize=MARKER, clip_on=False)
    for i in range(len(analysis.z)):
        below = analysis.z[i] <= (analysis.z[i - 1] if i else 0.0)
        axes.annotate(
            str(i + 1),
            (analysis.information[i], analysis.z[i]),
            xytext=(0, -11 if below else 6),
            textcoords="offset points",
            ha="center",
            fontsize=TINY,
            color=INK,
        )


def _key(analysis: SequentialAnalysis) -> str:
    """The studies by number: their names would lie on each other in the figure."""
    return "; ".join(f"{i} {label}" for i, label in enumerate(analysis.labels, start=1)) + "."


def _vertical_name(analysis: SequentialAnalysis) -> str:
    """What z is, and whom it favours below and above 0, where the effects say."""
    effects = analysis.result.effects
    if not (effects.favours_low and effects.favours_high):
        return "Cumulative z"
    return f"← {effects.favours_low}    Cumulative z    {effects.favours_high} →"
