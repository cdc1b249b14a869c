"""Baujat's plot: heterogeneity to the right, influence upwards."""

from __future__ import annotations

import numpy as np

from metaonc.diagnostics.pictures.baujat import Baujat
from metaonc.plots.figure import ForestFigure
from metaonc.plots.style import INK, MARKER, canvas, name_axes, name_points


def baujat_plot(finding: Baujat, *, title: str | None = None) -> ForestFigure:
    """Draw Baujat's plot.

    Parameters
    ----------
    finding : Baujat
        Made by :func:`metaonc.baujat`.
    title : str, optional
        Heading. Default: that of the effects.

    Returns
    -------
    matplotlib.figure.Figure
        A point and a name per study; `savefig` writes the same bytes every time.

    Examples
    --------
    >>> import metaonc as mo
    >>> figure = mo.baujat_plot(mo.baujat(mo.pool(mo.load_registry().effects("pfs"))))
    >>> len(figure.axes)
    1
    """
    effects = finding.result.effects
    heading = effects.title if title is None else title
    with canvas(heading, notes=finding.sentences, kind="Baujat plot", table=finding.to_frame) as (
        figure,
        (axes,),
    ):
        there = np.isfinite(finding.y)
        axes.plot(finding.x[there], finding.y[there], "o", color=INK, ms=MARKER, clip_on=False)
        axes.set_xlim(0, 1.08 * max(float(np.max(finding.x)), 1e-12))
        axes.set_ylim(0, 1.08 * max(float(np.max(finding.y[there], initial=0.0)), 1e-12))
        first = [i for i in np.argsort(-finding.y) if there[i]]
        labels = [effects.labels[i] for i in first]
        name_points(axes, finding.x[first], finding.y[first], labels)
        name_axes(axes, "Part of the heterogeneity", "Influence on the result")
        return figure
