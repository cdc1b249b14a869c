"""Whether small studies find something else than large ones, as far as that can be seen."""

from __future__ import annotations

from metaonc.reports.analyses import Analysis
from metaonc.reports.document import Paragraph, Section, Table, section, strong
from metaonc.reports.sections.figures import FEW, funnel_figure, has_funnel
from metaonc.reports.sensitivity import asked

_ASKED = ("small-study", "missing")  # keys of the questions of a sensitivity analysis


def small_study_section(analysis: Analysis) -> Section | None:
    """Funnel plot and tests where there are studies enough; otherwise that there are not."""
    result = analysis.pooled
    if result is None or result.k < 2:
        return None
    if result.effects.covariance is not None:
        said = (
            "Some effects share patients, so that they are not independent points of a funnel "
            "plot or of a test of its asymmetry."
        )
        return section("Small-study effects", Paragraph(said), anchor="small-study")
    if not has_funnel(analysis):
        said = (
            f"There are {result.k} studies. With fewer than {FEW}, a funnel plot or a test of its "
            "asymmetry cannot tell small-study effects from chance (Cochrane Handbook, 13.3.5.4)."
        )
        return section("Small-study effects", Paragraph(said), anchor="small-study")
    rows = tuple(
        (check.question, strong(check.verdict), check.answer)
        for check in asked(result).checks
        if check.key in _ASKED
    )
    table = Table(("Question", "Conclusion", "Answer"), rows)
    return section("Small-study effects", funnel_figure(analysis), table, anchor="small-study")
