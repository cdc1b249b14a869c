"""Results and figures -> files and tables."""

from metaonc.reports.analyses import Analysis, analyse
from metaonc.reports.files import Report, write_report

__all__ = ["Analysis", "Report", "analyse", "write_report"]
