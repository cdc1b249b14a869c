"""L'Abbé's plot: the control arm to the right, the experimental arm upwards."""

from __future__ import annotations

import numpy as np

from metaonc.diagnostics.pictures.labbe import Labbe
from metaonc.plots.figure import ForestFigure
from metaonc.plots.style import ACCENT, GREY, INK, LINE, THIN, canvas, name_axes, name_points

_LARGEST = 15.0  # diameter of the circle of the heaviest study, in points
_NAMED = 12  # up to here every study is named
_SQUARE = (250.0, 250.0)


def labbe_plot(finding: Labbe, *, title: str | None = None) -> ForestFigure:
    """Draw L'Abbé's plot.

    Parameters
    ----------
    finding : Labbe
        Made by :func:`metaonc.labbe`.
    title : str, optional
        Heading. Default: that of the effects.

    Returns
    -------
    matplotlib.figure.Figure
        A circle per study, its area the study's weight; the diagonal of equal risks, and the dashed
        curve of the pooled effect. `savefig` writes the same bytes every time.

    Examples
    --------
    >>> import metaonc as mo
    >>> fit = mo.pool(mo.load_registry().effects("orr"))
    >>> figure = mo.labbe_plot(mo.labbe(fit))
    >>> len(figure.axes)
    1
    """
    effects = finding.result.effects
    factor, unit = (1.0, "") if finding.rates else (100.0, " (%)")
    notes = [*finding.sentences, "Area: weight of the study. Dashed: the pooled effect."]
    heading = effects.title if title is None else title
    with canvas(
        heading, notes=notes, panel=_SQUARE, kind="L'Abbé plot", table=finding.to_frame
    ) as (figure, (axes,)):
        top = 1.12 * factor * float(max(finding.arm_1.max(), finding.arm_2.max())) or 1.0
        top = top if finding.rates else min(top, 102.0)
        axes.plot([0, top], [0, top], color=GREY, lw=THIN)
        base = np.linspace(0, top / factor, 201)
        axes.plot(
            factor * base, factor * finding.expected(base), color=ACCENT, lw=LINE, ls=(0, (5, 2))
        )
        shares = np.maximum(finding.weights, 0) / finding.weights.max()
        areas = np.maximum(_LARGEST**2 * shares, 4.0)
        axes.scatter(
            factor * finding.arm_2,
            factor * finding.arm_1,
            s=areas,
            facecolor="none",
            edgecolor=INK,
            linewidth=LINE,
            zorder=3,
            clip_on=False,
        )
        axes.set_xlim(0, top)
        axes.set_ylim(0, top)
        named = list(effects.labels) if effects.k <= _NAMED else []
        x, y = (factor * arm[: len(named)] for arm in (finding.arm_2, finding.arm_1))
        name_points(axes, x, y, named, gap=0.5 * _LARGEST + 2)
        what = "Rate" if finding.rates else "Risk"
        one, two = effects.arm_labels
        name_axes(axes, f"{what}, {two}{unit}", f"{what}, {one}{unit}")
        return figure
