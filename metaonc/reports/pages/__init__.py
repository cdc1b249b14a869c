"""Trials and analyses as Sphinx pages: records and results in, reStructuredText out.

Nothing here reads or writes a file: `pages` maps file names to their text, and the caller saves
them beside the figures that they name.
"""

from __future__ import annotations

from collections.abc import Sequence

from metaonc.effects import Registry
from metaonc.reports.analyses import Analysis
from metaonc.reports.pages.analyses import (
    FIGURES,
    alt_text,
    analyses_index,
    analysis_page,
    figure_files,
    front,
)
from metaonc.reports.pages.answers import verdict
from metaonc.reports.pages.characteristics import characteristics
from metaonc.reports.pages.overview import trials_index
from metaonc.reports.pages.references import references_page
from metaonc.reports.pages.rst import escape
from metaonc.reports.pages.trials import trial_page

__all__ = [
    "FIGURES",
    "alt_text",
    "analyses_index",
    "analysis_page",
    "characteristics",
    "escape",
    "figure_files",
    "front",
    "pages",
    "references_page",
    "trial_page",
    "trials_index",
    "verdict",
]


def pages(registry: Registry, analyses: Sequence[Analysis]) -> dict[str, str]:
    """Every generated page: file name below the folder of generated pages -> text.

    Parameters
    ----------
    registry : Registry
        The records.
    analyses : sequence of Analysis
        One per question of the plan, in its order, as :func:`metaonc.reports.analyse` gives them.

    Returns
    -------
    dict of str to str
        ``trials/index.rst``, ``trials/characteristics.rst``, ``trials/<key>.rst``,
        ``references/index.rst`` and its files for reference managers, ``analyses/index.rst``,
        ``analyses/<key>.rst``.
        The analysis pages show ``figures/<key>.svg`` and link ``figures/<key>.pdf`` and
        ``figures/<key>.html``.
    """
    audit = registry.audit()
    library = registry.references()
    found = {
        "trials/index.rst": trials_index(registry, analyses, audit),
        "trials/characteristics.rst": characteristics(registry),
        "references/index.rst": references_page(library),
        "references/references.bib": library.bibtex(),
        "references/references.ris": library.ris(),
    }
    for trial in registry:
        findings = audit.of(trial.key)
        found[f"trials/{trial.key}.rst"] = trial_page(trial, registry.plan, analyses, findings)
    found["analyses/index.rst"] = analyses_index(registry, analyses)
    for analysis in analyses:
        found[f"analyses/{analysis.question.key}.rst"] = analysis_page(registry, analysis)
    return found
