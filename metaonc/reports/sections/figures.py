"""Which figures a report has, what they are called, and what they show in words."""

from __future__ import annotations

from metaonc.effects.trials.bias import NOT_JUDGED
from metaonc.reports.analyses import Analysis
from metaonc.reports.document import Figure, Link
from metaonc.reports.sections.answers import verdict

FIGURES = "figures"
FLOW, HARMS = f"{FIGURES}/review/flow", f"{FIGURES}/review/harms"
FEW = 10  # studies below which a funnel plot tells little (Cochrane Handbook 13.3.5.4)


def figure_files(analysis: Analysis) -> tuple[str, ...]:
    """Files of the forest plot that an analysis page shows and links; none without a result."""
    if analysis.result is None:
        return ()
    key = analysis.question.key
    return (f"{FIGURES}/{key}.svg", f"{key}.pdf", f"{FIGURES}/{key}.html")


def alt_text(analysis: Analysis) -> str:
    """What the forest plot shows, in words."""
    said = verdict(analysis.pooled) if analysis.pooled else analysis.reason
    return f"Forest plot of {analysis.question.title}. {said}"


def forest_figure(analysis: Analysis) -> Figure:
    """The forest plot, its caption, and other forms of it."""
    svg, pdf, html = figure_files(analysis)
    caption = (
        f"{analysis.question.title}: forest plot. ",
        Link("PDF for print", file=pdf),
        "; ",
        Link("page to sort, with the source of each number", file=html),
    )
    return Figure(svg.removesuffix(".svg"), alt_text(analysis), caption, formats=("svg",))


def has_funnel(analysis: Analysis) -> bool:
    """Whether there are studies enough for a funnel plot, each with an effect of its own."""
    result = analysis.pooled
    return result is not None and result.k >= FEW and result.effects.covariance is None


def funnel_figure(analysis: Analysis) -> Figure:
    """The funnel plot of an analysis that has one."""
    title = analysis.question.title
    alt = f"Funnel plot of {title}: the effect of each study against its standard error."
    name = f"{FIGURES}/funnel/{analysis.key}"
    return Figure(name, alt, f"{title}: funnel plot.", formats=("svg",))


def is_judged(analysis: Analysis) -> bool:
    """Whether somebody has judged the risk of bias of a study in it."""
    if analysis.pooled is None:
        return False
    judged = analysis.pooled.effects.columns.get("bias_overall", ())
    return any(word != NOT_JUDGED for word in judged)


def bias_figures(analysis: Analysis) -> tuple[Figure, Figure]:
    """A circle per study and domain; and a bar per domain, by weight."""
    title, name = analysis.question.title, f"{FIGURES}/bias/{analysis.key}"
    each = f"Risk of bias of each study: {title}. The table of judgements says the same in words."
    shares = f"Risk of bias of the studies by their weight: {title}."
    return (
        Figure(name, each, f"{title}: risk of bias of each study.", formats=("svg",)),
        Figure(f"{name}-summary", shares, f"{title}: shares of the weight.", formats=("svg",)),
    )
