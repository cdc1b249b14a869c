"""A limit meta-analysis in the funnel: the curve along which effects go with size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from metaonc.diagnostics.small_study.limit_meta import LimitMetaAnalysis
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

_KEY = (
    "Solid points: studies; hollow: the same if infinitely large; curve: mean effect by standard "
    "error; bar on top: adjusted effect with its interval; thin line: pooled effect."
)
_STEPS = 12  # points along a line that names keep off


def limit_plot(finding: LimitMetaAnalysis, *, title: str | None = None) -> ForestFigure:
    """Draw the funnel of a limit meta-analysis.

    Parameters
    ----------
    finding : LimitMetaAnalysis
        Made by :func:`metaonc.limit_meta_analysis`.
    title : str, optional
        Heading. Default: that of the effects.

    Returns
    -------
    matplotlib.figure.Figure
        A point per study, hollow where the study would be if it were infinitely large, the curve of
        mean effects by standard error, which ends on top at the adjusted effect with its interval,
        and the pooled effect as a thin line. `savefig` writes the same bytes every time.

    Examples
    --------
    >>> import metaonc as mo
    >>> fit = mo.pool(mo.load_registry().effects("pfs"))
    >>> figure = mo.limit_plot(mo.limit_meta_analysis(fit))
    >>> len(figure.axes)
    1
    """
    effects = finding.result.effects
    heading = effects.title if title is None else title
    notes = [
        f"{finding.title}. {_KEY}",
        *finding.sentences,
    ]
    with canvas(heading, notes=notes, alt=finding.title, table=finding.to_frame) as (
        figure,
        (axes,),
    ):
        deepest = 1.08 * float(effects.sei.max())
        grid = np.linspace(0, deepest, 200)
        axes.axvline(finding.result.estimate, color=GREY, lw=THIN)
        axes.plot(finding.curve(grid), grid, color=ACCENT, lw=LINE)
        axes.plot(effects.yi, effects.sei, "o", color=INK, ms=MARKER, zorder=3)
        axes.plot(finding.limits, effects.sei, "o", color=INK, mfc=PAPER, ms=0.8 * MARKER, zorder=2)
        for x, limit, y in zip(effects.yi, finding.limits, effects.sei, strict=True):
            axes.plot([x, limit], [y, y], color=GREY, lw=THIN, zorder=1)
        axes.plot([finding.ci_low, finding.ci_high], [0, 0], color=ACCENT, lw=2 * LINE,
                  clip_on=False, zorder=4)  # fmt: skip
        axes.plot(finding.estimate, 0, "D", color=ACCENT, ms=MARKER, clip_on=False, zorder=5)
        axes.margins(x=0.08)
        axes.set_ylim(deepest, 0)
        show_effects(axes.xaxis, effects)
        _name_studies(axes, finding)
        name_axes(axes, effect_name(effects), "Standard error")
        return figure


def _name_studies(axes: Axes, finding: LimitMetaAnalysis) -> None:
    """Names off the lines from the studies to their limits, which are points without a name."""
    effects = finding.result.effects
    along = np.linspace(0, 1, _STEPS)[1:, None]
    ways = effects.yi + along * (finding.limits - effects.yi)
    x = np.concatenate([effects.yi, ways.ravel()])
    y = np.concatenate([effects.sei, np.tile(effects.sei, _STEPS - 1)])
    name_points(axes, x, y, [*effects.labels, *[""] * (len(x) - effects.k)])
