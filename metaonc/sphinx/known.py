"""Every directive by its name."""

from __future__ import annotations

from sphinx.application import Sphinx

from metaonc.sphinx import audits, diagrams, directives, findings, forests, pooling

DIRECTIVES: dict[str, type[directives.ReviewDirective]] = {
    "metaonc-page": directives.PageDirective,
    "metaonc-study": directives.StudyDirective,
    "metaonc-analysis": directives.AnalysisDirective,
    "metaonc-trials": directives.TrialsDirective,
    "metaonc-characteristics": directives.CharacteristicsDirective,
    "metaonc-analyses": directives.AnalysesDirective,
    "metaonc-references": directives.ReferencesDirective,
    "metaonc-pool": pooling.PoolDirective,
    "metaonc-forest": forests.ForestDirective,
    "metaonc-plot": diagrams.PlotDirective,
    "metaonc-risk-of-bias": diagrams.RiskOfBiasDirective,
    "metaonc-harms": diagrams.HarmsDirective,
    "metaonc-prisma": diagrams.FlowDirective,
    "metaonc-summary-of-findings": findings.SummaryDirective,
    "metaonc-certainty": findings.CertaintyDirective,
    "metaonc-protocol": findings.ProtocolDirective,
    "metaonc-audit": audits.AuditDirective,
}


def register(app: Sphinx) -> None:
    """Give the directives their names."""
    for name, directive in DIRECTIVES.items():
        app.add_directive(name, directive)
