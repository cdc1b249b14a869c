"""Every figure of a report by its name: drawn when it is asked for, and only once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from metaonc.effects import Registry
from metaonc.pooling import HarmsTable, PooledResult
from metaonc.reports.analyses import Analysis
from metaonc.reports.sections.figures import (
    FLOW,
    HARMS,
    bias_figures,
    funnel_figure,
    has_funnel,
    is_judged,
)

if TYPE_CHECKING:
    from metaonc.plots import ForestFigure

Draw = Callable[[], "ForestFigure"]


def further_figures(
    registry: Registry, analyses: Sequence[Analysis], harms: HarmsTable | None
) -> dict[str, Draw]:
    """Figures that the pages of a report show beside the forest plots, by name.

    Parameters
    ----------
    registry : Registry
        Trials and the review plan.
    analyses : sequence of Analysis
        The answers.
    harms : HarmsTable or None
        Harms beside benefits.

    Returns
    -------
    dict of str to callable
        Name, as in the description of the report, and what draws it.
    """
    from metaonc.plots import harms_plot, prisma_diagram, risk_of_bias_plot

    found: dict[str, Draw] = {}
    if registry.plan and registry.plan.flow:
        found[FLOW] = partial(prisma_diagram, registry)
    if harms:
        found[HARMS] = partial(harms_plot, harms)
    for analysis in analyses:
        result = analysis.pooled
        if result is None:
            continue
        if has_funnel(analysis):
            found[funnel_figure(analysis).name] = partial(_funnel, result)
        if is_judged(analysis):
            each, shares = bias_figures(analysis)
            found[each.name] = partial(risk_of_bias_plot, result)
            found[shares.name] = partial(risk_of_bias_plot, result, kind="summary")
    return found


def _funnel(result: PooledResult) -> ForestFigure:
    from metaonc.diagnostics import funnel
    from metaonc.plots import funnel_plot

    return funnel_plot(funnel(result))
