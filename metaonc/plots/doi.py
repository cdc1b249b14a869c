"""Doi plots: effects against folded normal quantiles of their ranks."""

from __future__ import annotations

import numpy as np

from metaonc.diagnostics.small_study.doi import LfkIndex
from metaonc.plots.figure import ForestFigure
from metaonc.plots.style import (
    ACCENT,
    GREY,
    INK,
    LINE,
    MARKER,
    canvas,
    effect_name,
    name_axes,
    name_points,
    show_effects,
)


def doi_plot(finding: LfkIndex, *, title: str | None = None) -> ForestFigure:
    """Draw a Doi plot.

    Parameters
    ----------
    finding : LfkIndex
        Made by :func:`metaonc.lfk_index`.
    title : str, optional
        Heading. Default: that of the effects.

    Returns
    -------
    matplotlib.figure.Figure
        A point per study, joined in the order of the effects, and the line through the tip that
        divides the limbs. `savefig` writes the same bytes every time.

    Examples
    --------
    >>> import metaonc as mo
    >>> figure = mo.doi_plot(mo.lfk_index(mo.pool(mo.load_registry().effects("pfs"))))
    >>> len(figure.axes)
    1
    """
    effects = finding.result.effects
    heading = effects.title if title is None else title
    notes = [f"{finding.title}.", *finding.sentences]
    with canvas(heading, notes=notes, alt=finding.title, table=finding.to_frame) as (
        figure,
        (axes,),
    ):
        order = np.argsort(finding.z, kind="stable")
        x, folded = effects.yi[order], np.abs(finding.z)[order]
        tip = float(x[np.argmin(folded)])
        axes.axvline(tip, color=ACCENT, lw=LINE)
        axes.plot(x, folded, color=GREY, lw=LINE)
        axes.plot(x, folded, "o", color=INK, ms=MARKER, zorder=3)
        axes.margins(0.08)
        axes.set_ylim(1.08 * float(folded.max()), -0.08 * float(folded.max()))
        show_effects(axes.xaxis, effects)
        name_points(axes, x, folded, [str(effects.labels[i]) for i in order])
        name_axes(axes, effect_name(effects), "|z| of the rank")
        return figure
