"""Results and figures -> files and tables."""

from metaonc.reports.analyses import Analysis, analyse
from metaonc.reports.certainty import (
    CertaintyHints,
    SummaryOfFindings,
    certainty_hints,
    summary_of_findings,
)
from metaonc.reports.files import Report, write_report

__all__ = [
    "Analysis",
    "CertaintyHints",
    "Report",
    "SummaryOfFindings",
    "analyse",
    "certainty_hints",
    "summary_of_findings",
    "write_report",
]
