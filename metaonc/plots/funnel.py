"""Funnel plots: effects against precision, with limits and contours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from metaonc.diagnostics.small_study.funnel import Funnel
from metaonc.diagnostics.small_study.precision import PRECISIONS, WEIGHT
from metaonc.kernels import FloatArray
from metaonc.plots.figure import ForestFigure
from metaonc.plots.style import (
    ACCENT,
    GREY,
    INK,
    LINE,
    MARKER,
    PAPER,
    THIN,
    canvas,
    effect_name,
    name_axes,
    name_points,
    show_effects,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMED = 20  # up to here every study is named
# Between no effect and ever smaller p values: white, then darker.
_SHADES = ("#e4e8ec", "#cfd6dd", "#b7c1cb", "#9fabb8")


def funnel_plot(finding: Funnel, *, title: str | None = None) -> ForestFigure:
    """Draw a funnel plot.

    Parameters
    ----------
    finding : Funnel
        Made by :func:`metaonc.funnel`.
    title : str, optional
        Heading. Default: that of the effects.

    Returns
    -------
    matplotlib.figure.Figure
        The most precise studies on top. The line is the pooled effect, the dashed lines the limits,
        the dotted line no effect; contours are shaded by p, hollow points are filled studies.
        `savefig` writes the same bytes every time.

    Examples
    --------
    >>> import metaonc as mo
    >>> fit = mo.pool(mo.load_registry().effects("pfs"))
    >>> figure = mo.funnel_plot(mo.funnel(mo.trim_and_fill(fit), contours=True))
    >>> len(figure.axes)
    1
    """
    effects = finding.result.effects
    heading = effects.title if title is None else title
    alt = finding.title
    with canvas(heading, notes=finding.sentences, alt=alt, table=finding.to_frame) as (
        figure,
        (axes,),
    ):
        low, high = _heights(finding)
        grid = np.linspace(low, high, 200)
        grid = grid[grid > 0]
        left, right = _width(finding, grid)
        axes.set_xlim(left, right)
        small = finding.y in PRECISIONS and PRECISIONS[finding.y].small
        axes.set_ylim((high, low) if small else (low, high))
        _shade(axes, finding, grid, (left, right))
        if finding.has_limits:
            for side in finding.limits(grid):
                axes.plot(side, grid, color=GREY, lw=LINE, ls=(0, (4, 3)))
        axes.axvline(finding.center, color=ACCENT, lw=LINE)
        if not finding.residual and effects.scale.null is not None:
            axes.axvline(0, color=GREY, lw=THIN, ls=(0, (1, 2)))
        for chosen, face in ((~finding.filled, INK), (finding.filled, PAPER)):
            axes.plot(finding.effects[chosen], finding.heights[chosen], "o", color=INK, mfc=face,
                      ms=MARKER, zorder=3)  # fmt: skip
        if not finding.residual:
            show_effects(axes.xaxis, effects)
        _name_studies(axes, finding)
        across = "Residual" if finding.residual else effect_name(effects)
        name = WEIGHT if finding.y == WEIGHT else PRECISIONS[finding.y].label
        name_axes(axes, across, name[:1].upper() + name[1:])
        return figure


def _heights(finding: Funnel) -> tuple[float, float]:
    """Ends of the vertical axis: 0 where that is infinitely precise, else with a margin."""
    low, high = float(finding.heights.min()), float(finding.heights.max())
    room = 0.08 * ((high - low) or abs(high) or 1.0)
    small = finding.y in PRECISIONS and PRECISIONS[finding.y].small
    if small:
        return 0.0, high + room
    if finding.has_limits or finding.y == WEIGHT:  # limits run away towards 0
        return max(low - room, low / 2), high + room
    return low - room, high + room


def _width(finding: Funnel, grid: FloatArray) -> tuple[float, float]:
    """Ends of the horizontal axis: points and limits, however far the contours go."""
    reach = [*finding.effects, finding.center]
    if finding.levels:
        reach.append(0.0)
    if finding.has_limits:
        for side in finding.limits(grid):
            reach += [side.min(), side.max()]
    low, high = float(min(reach)), float(max(reach))
    room = 0.06 * ((high - low) or 1.0)
    return low - room, high + room


def _shade(axes: Axes, finding: Funnel, grid: FloatArray, ends: tuple[float, float]) -> None:
    """Fill what lies outside each contour, from the innermost outwards, darker every time."""
    darkest = len(_SHADES) - 1
    for i, level in enumerate(finding.levels):
        shade = _SHADES[min(i, darkest)]
        low, high = (np.clip(side, *ends) for side in finding.contour(level, grid))
        axes.fill_betweenx(grid, ends[0], low, color=shade, lw=0, zorder=0)
        axes.fill_betweenx(grid, high, ends[1], color=shade, lw=0, zorder=0)


def _name_studies(axes: Axes, finding: Funnel) -> None:
    """All studies by name where there is room, else those outside the limits."""
    real = ~finding.filled
    named = np.flatnonzero(real if real.sum() <= _NAMED else finding.outside & real)
    others = np.setdiff1d(np.arange(len(real)), named)  # nameless, but no label may lie on them
    order = np.concatenate([named, others])
    labels = [finding.result.effects.labels[int(i)] for i in named]
    labels += [""] * len(others)
    name_points(axes, finding.effects[order], finding.heights[order], labels)
