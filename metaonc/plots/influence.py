"""The influence measures of every study, a panel each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from metaonc.diagnostics.deletion.influence_tables import Influence
from metaonc.plots.figure import ForestFigure
from metaonc.plots.style import ACCENT, GREY, INK, MARKER, SMALL, THIN, TINY, canvas
from metaonc.pooling import MetaRegression

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metaonc.kernels import FloatArray

_PANEL = (150.0, 92.0)
_NAMED = 40  # studies whose numbers still fit below a panel


def influence_plot(finding: Influence, *, title: str | None = None) -> ForestFigure:
    """Draw the influence measures of every study.

    Parameters
    ----------
    finding : Influence
        Made by :func:`metaonc.influence`.
    title : str, optional
        Heading. Default: that of the effects.

    Returns
    -------
    matplotlib.figure.Figure
        Eight panels: studentised residuals, DFFITS, Cook's distance, covariance ratio, tau² and Q
        without the study, hat values and weights; influential studies are diamonds, bounds and
        values with all studies dashed. `savefig` writes the same bytes every time.

    Examples
    --------
    >>> import metaonc as mo
    >>> figure = mo.influence_plot(mo.influence(mo.pool(mo.load_registry().effects("pfs"))))
    >>> len(figure.axes)
    8
    """
    effects = finding.result.effects
    names = "; ".join(f"{i} {label}" for i, label in enumerate(effects.labels, start=1))
    notes = [names, *finding.sentences] if effects.k <= _NAMED else list(finding.sentences)
    heading = effects.title if title is None else title
    panels = _panels(finding)
    with canvas(
        heading,
        notes=notes,
        grid=(4, 2),
        panel=_PANEL,
        kind="Influence of each study in eight panels",
        table=finding.to_frame,
    ) as (figure, axes):
        for place, (name, (values, bounds)) in zip(axes, panels.items(), strict=True):
            _draw(place, name, values, bounds, finding.influential)
        return figure


def _panels(finding: Influence) -> dict[str, tuple[FloatArray, tuple[float, ...]]]:
    """Measures by name, each with the values its dashed lines mark."""
    found, change, result = finding.residuals, finding.moved, finding.result
    k, p = change.dfbetas.shape
    bound = finding.dffits_bound
    whole_q = result.qe if isinstance(result, MetaRegression) else result.q
    return {
        "rstudent": (found.rstudent, (-1.96, 0.0, 1.96)),
        "DFFITS": (found.dffits, (-bound, 0.0, bound)),
        "Cook's distance": (change.cooks_distance, (finding.cook_bound,)),
        "Covariance ratio": (change.covariance_ratio, (1.0,)),
        "tau² without it": (finding.tau2_deleted, (result.tau2,)),
        "Q without it": (finding.q_deleted, (whole_q,)),
        "Hat value": (found.hat, (p / k, 3 * p / k)),
        "Weight (%)": (100 * finding.weights, (100 / k,)),
    }


def _draw(
    axes: Axes, name: str, values: FloatArray, bounds: tuple[float, ...], marked: np.ndarray
) -> None:
    places = np.arange(1, len(values) + 1)
    for bound in bounds:
        if np.isfinite(bound):
            axes.axhline(bound, color=GREY, lw=THIN, ls=(0, (4, 3)))
    axes.plot(places, values, color=INK, lw=THIN, zorder=2)
    size = (0.8 if len(values) <= _NAMED else 0.5) * MARKER
    for chosen, marker, colour in ((~marked, "o", INK), (marked, "D", ACCENT)):
        axes.plot(
            places[chosen], values[chosen], marker, color=colour, ms=size, zorder=3, clip_on=False
        )
    axes.set_xlim(0.5, len(values) + 0.5)
    axes.margins(y=0.12)
    step = -(-len(values) // 12)
    axes.set_xticks(places[::step])
    axes.tick_params(labelsize=TINY)
    axes.set_title(name, fontsize=SMALL, loc="left", parse_math=False)
