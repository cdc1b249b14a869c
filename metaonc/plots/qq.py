"""Normal quantiles of standardised residuals with their envelope."""

from __future__ import annotations

import numpy as np

from metaonc.diagnostics.pictures.normal_qq import NormalQQ
from metaonc.plots.figure import ForestFigure
from metaonc.plots.style import (
    ACCENT,
    FILL,
    GREY,
    INK,
    MARKER,
    THIN,
    canvas,
    name_axes,
    name_points,
)

_NAMED = 20  # up to here every study is named, beyond only those outside the envelope


def qq_plot(finding: NormalQQ, *, title: str | None = None) -> ForestFigure:
    """Draw a normal quantile plot.

    Parameters
    ----------
    finding : NormalQQ
        Made by :func:`metaonc.normal_qq`.
    title : str, optional
        Heading. Default: that of the effects.

    Returns
    -------
    matplotlib.figure.Figure
        A point per study, the diagonal, and the envelope; studies outside are named. `savefig`
        writes the same bytes every time.

    Examples
    --------
    >>> import metaonc as mo
    >>> figure = mo.qq_plot(mo.normal_qq(mo.pool(mo.load_registry().effects("pfs"))))
    >>> len(figure.axes)
    1
    """
    heading = finding.result.effects.title if title is None else title
    with canvas(
        heading, notes=finding.sentences, kind="Normal quantile plot", table=finding.to_frame
    ) as (figure, (axes,)):
        x, y = finding.theoretical, finding.residuals
        axes.fill_between(x, finding.low, finding.high, color=FILL)
        ends = np.array([x[0], x[-1]])
        axes.plot(ends, ends, color=GREY, lw=THIN)
        axes.margins(0.06)
        for chosen, marker, colour in (
            (~finding.outside, "o", INK),
            (finding.outside, "D", ACCENT),
        ):
            axes.plot(x[chosen], y[chosen], marker, color=colour, ms=MARKER)
        named = np.flatnonzero(finding.outside | (len(x) <= _NAMED))
        name_points(axes, x[named], y[named], [finding.labels[i] for i in named])
        name_axes(axes, "Normal quantile", "Standardised residual")
        return figure
