"""Records and results -> the parts of a report: pages of trials, analyses and references.

Nothing here reads or writes a file, draws a figure or knows a format: the writers do.
"""

from metaonc.reports.sections.analyses import analyses_index, analysis_page, front
from metaonc.reports.sections.answers import verdict
from metaonc.reports.sections.chapters import (
    analyses_chapter,
    chapters,
    references_chapter,
    trials_chapter,
)
from metaonc.reports.sections.characteristics import characteristics
from metaonc.reports.sections.figures import FIGURES, alt_text, figure_files
from metaonc.reports.sections.overview import trials_index
from metaonc.reports.sections.references import reference_files, references_page
from metaonc.reports.sections.report import Material, report_document
from metaonc.reports.sections.trials import trial_page

__all__ = [
    "FIGURES",
    "Material",
    "alt_text",
    "analyses_chapter",
    "analyses_index",
    "analysis_page",
    "chapters",
    "characteristics",
    "figure_files",
    "front",
    "reference_files",
    "references_chapter",
    "references_page",
    "report_document",
    "trial_page",
    "trials_chapter",
    "trials_index",
    "verdict",
]
