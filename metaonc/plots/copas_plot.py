"""The Copas model: estimates under selection, and the asymmetry that it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from metaonc.diagnostics import CopasModel
from metaonc.plots.figure import ForestFigure
from metaonc.plots.style import (
    ACCENT,
    GREY,
    INK,
    LINE,
    MARKER,
    SKY,
    THIN,
    TINY,
    canvas,
    effect_name,
    name_axes,
    show_effects,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PANEL = (215.0, 190.0)
_LEAST = "P(least precise study is seen)"


def copas_plot(found: CopasModel) -> ForestFigure:
    """Draw a Copas model: contours of the estimate, the estimate and the asymmetry as it grows.

    Parameters
    ----------
    found : CopasModel
        Made by :func:`metaonc.copas`.

    Returns
    -------
    Figure
        A matplotlib Figure; `savefig` writes the same bytes every time. Left: the pooled effect by
        the probabilities that the least and the most precise study is seen. Middle: along its upper
        edge, with the interval. Right: the p value of the test of asymmetry there.

    Examples
    --------
    >>> import metaonc as mo
    >>> figure = mo.copas_plot(mo.copas(mo.pool(mo.load_registry().effects("pfs"))))
    >>> len(figure.axes)
    3
    """
    notes = found.sentences
    with canvas(
        found.title,
        notes=notes,
        grid=(1, 3),
        panel=_PANEL,
        kind="Copas model in three panels",
        table=found.to_frame,
    ) as (figure, axes):
        _draw_contours(axes[0], found)
        _draw_estimates(axes[1], found)
        _draw_asymmetry(axes[2], found)
        return figure


def _draw_contours(axes: Axes, found: CopasModel) -> None:
    grid, effects = found.grid, found.result.effects
    table = grid.pivot(index="p_most", columns="p_least", values="estimate")
    shown = np.ma.masked_invalid(table.to_numpy())
    lines = axes.contour(
        table.columns.to_numpy(dtype=float),
        table.index.to_numpy(dtype=float),
        shown,
        levels=8,
        colors=INK,
        linewidths=THIN,
        linestyles="solid",
    )
    axes.clabel(
        lines,
        fmt=lambda level: effects.scale.number(float(effects.display([level])[0])),
        fontsize=TINY,
    )
    axes.set_xlim(0, 1)
    axes.set_ylim(0.25, 1.02)
    if found.chosen > 0:
        row = found.path.iloc[found.chosen]
        axes.plot(row["p_least"], row["p_most"], "D", color=ACCENT, markersize=MARKER)
    label = effects.scale.label
    name_axes(axes, _LEAST, "P(most precise study is seen)", f"{label} by selection")


def _draw_estimates(axes: Axes, found: CopasModel) -> None:
    path = found.path
    least = path["p_least"].to_numpy()
    axes.fill_between(least, path["ci_low"], path["ci_high"], color=SKY, alpha=0.35, linewidth=0)
    axes.plot(least, path["estimate"], color=INK, linewidth=LINE)
    axes.axhline(found.unadjusted, color=GREY, linewidth=THIN, linestyle=(0, (4, 3)))
    null = found.result.effects.scale.null
    if null is not None:
        axes.axhline(0.0, color=GREY, linewidth=THIN)
    if found.chosen >= 0:
        axes.plot(least[found.chosen], found.estimate, "D", color=ACCENT, markersize=MARKER)
    axes.set_xlim(1.02, 0)
    show_effects(axes.yaxis, found.result.effects)
    name_axes(axes, _LEAST, effect_name(found.result.effects), "As selection grows")


def _draw_asymmetry(axes: Axes, found: CopasModel) -> None:
    least = found.path["p_least"].to_numpy()
    axes.plot(least, found.path["residual_p"], color=INK, linewidth=LINE)
    axes.axhline(found.significance, color=GREY, linewidth=THIN, linestyle=(0, (4, 3)))
    if found.chosen >= 0:
        p = float(np.asarray(found.path["residual_p"])[found.chosen])
        axes.plot(least[found.chosen], p, "D", color=ACCENT, markersize=MARKER)
    axes.set_xlim(1.02, 0)
    axes.set_ylim(0, 1)
    name_axes(axes, _LEAST, "P value", "Test of asymmetry")
