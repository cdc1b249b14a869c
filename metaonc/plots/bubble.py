"""Bubble plot: effects against a moderator, with the line of the regression."""

from __future__ import annotations

import numpy as np

from metaonc.errors import PlotError
from metaonc.plots.figure import ForestFigure
from metaonc.plots.style import (
    ACCENT,
    FILL,
    GREY,
    INK,
    LINE,
    THIN,
    canvas,
    effect_name,
    name_axes,
    name_points,
    show_effects,
)
from metaonc.pooling import MetaRegression

_LARGEST = 260.0  # area of the heaviest study's bubble, in points²
_POINTS = 101
_NAMED = 20  # up to here every study is named


def bubble_plot(result: MetaRegression, *, title: str | None = None) -> ForestFigure:
    """Draw a meta-regression on one numeric moderator.

    Parameters
    ----------
    result : MetaRegression
        Made by :func:`metaonc.regress`, with an intercept and one moderator.
    title : str, optional
        Heading. Default: that of the effects.

    Returns
    -------
    matplotlib.figure.Figure
        A bubble per study, its area proportional to 1 / (vi + tau²); the fitted line, the
        confidence band of the mean (grey) and the limits for a new study (dashed). `savefig` writes
        the same bytes every time.

    Raises
    ------
    PlotError
        If `result` is no meta-regression, or has another number of moderators.

    Examples
    --------
    >>> import metaonc as mo
    >>> fit = mo.pool(mo.load_registry().effects("pfs"), moderators="year")
    >>> len(mo.bubble_plot(fit).axes)
    1
    """
    if not isinstance(result, MetaRegression):
        raise PlotError(
            f"bubble_plot() draws a regression on a moderator, got {type(result).__name__}; use "
            "pool(effects, moderators=...)."
        )
    design, effects = result.design, result.effects
    if not (design.intercept and len(design.names) == 2):
        raise PlotError(
            "bubble_plot() needs an intercept and one numeric moderator, and the coefficients are "
            f"{', '.join(design.names)}."
        )
    column = int(np.flatnonzero(design.moderators)[0])
    x = design.matrix[:, column]
    across = np.linspace(x.min(), x.max(), _POINTS)
    rows = np.ones((_POINTS, 2))
    rows[:, column] = across
    line = result.predict(rows)
    weights = 1 / (effects.vi + result.tau2)
    slope = result.coefficients.iloc[column]
    said = (
        f"Slope {slope['estimate']:.4g} per unit of {design.names[column]} ({slope['ci_low']:.4g} "
        f"to {slope['ci_high']:.4g}) on the analysis scale. Grey: confidence band of the mean. "
        "Dashed: where a new study is expected."
    )
    with canvas(
        effects.title if title is None else title,
        notes=(said.replace("-", "−"), result.methods()),
        kind="Bubble plot",
        table=effects.to_frame,
    ) as (figure, (axes,)):
        axes.fill_between(across, line["ci_low"], line["ci_high"], color=FILL, lw=0)
        axes.plot(across, line["estimate"], color=ACCENT, lw=LINE)
        for limit in ("pi_low", "pi_high"):
            axes.plot(across, line[limit], color=GREY, lw=THIN, ls=(0, (4, 3)))
        if effects.scale.null is not None:
            axes.axhline(0, color=GREY, lw=THIN)
        areas = _LARGEST * weights / weights.max()
        axes.scatter(x, effects.yi, s=areas, facecolor=INK, alpha=0.55, edgecolor=INK, zorder=3)
        axes.margins(x=0.12, y=0.08)
        axes.set_xlim(axes.get_xlim())
        axes.set_ylim(axes.get_ylim())
        if result.k <= _NAMED:
            name_points(axes, x, effects.yi, list(effects.labels))
        name_axes(axes, design.names[column], effect_name(effects))
        show_effects(axes.yaxis, effects)
        return figure
