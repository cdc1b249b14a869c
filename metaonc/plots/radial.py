"""Galbraith's radial plot: precision to the right, standardised effects upwards."""

from __future__ import annotations

import numpy as np

from metaonc.diagnostics.pictures.radial import Radial
from metaonc.plots.figure import ForestFigure
from metaonc.plots.style import (
    ACCENT,
    FILL,
    GREY,
    INK,
    LINE,
    MARKER,
    THIN,
    canvas,
    name_axes,
    name_points,
)

_NAMED = 20  # up to here every study is named, beyond only those outside the band


def radial_plot(finding: Radial, *, title: str | None = None) -> ForestFigure:
    """Draw Galbraith's radial plot.

    Parameters
    ----------
    finding : Radial
        Made by :func:`metaonc.radial`.
    title : str, optional
        Heading. Default: that of the effects.

    Returns
    -------
    matplotlib.figure.Figure
        A point per study, the line of the pooled effect, and the band in which studies are
        compatible with it; studies outside are filled differently and named. `savefig` writes the
        same bytes every time.

    Examples
    --------
    >>> import metaonc as mo
    >>> figure = mo.radial_plot(mo.radial(mo.pool(mo.load_registry().effects("pfs"))))
    >>> len(figure.axes)
    1
    """
    result, x, z = finding.result, finding.x, finding.z
    random = result.choices.model == "random"
    with canvas(
        result.effects.title if title is None else title,
        notes=finding.sentences,
        kind="Radial plot",
        table=finding.to_frame,
    ) as (
        figure,
        (axes,),
    ):
        ends = np.array([0.0, 1.1 * float(x.max())])
        line = result.estimate * ends
        axes.fill_between(ends, line - finding.half_width, line + finding.half_width, color=FILL)
        axes.plot(ends, line, color=ACCENT, lw=LINE)
        axes.axhline(0, color=GREY, lw=THIN)
        axes.set_xlim(*ends)
        for chosen, marker, colour in (
            (~finding.outside, "o", INK),
            (finding.outside, "D", ACCENT),
        ):
            axes.plot(x[chosen], z[chosen], marker, color=colour, ms=MARKER, zorder=3)
        named = np.flatnonzero(finding.outside | (result.k <= _NAMED))
        name_points(
            axes,
            x[named],
            z[named],
            [str(label) for label in np.array(result.effects.labels)[named]],
        )
        spread = "√(vi + tau²)" if random else "√vi"
        name_axes(axes, f"1 / {spread}", f"yi / {spread}")
        return figure
