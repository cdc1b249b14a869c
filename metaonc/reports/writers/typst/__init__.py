"""A description of a report -> one PDF, set by Typst."""

from metaonc.reports.writers.typst.compiling import HOW_TO_GET_IT, available, write_pdf
from metaonc.reports.writers.typst.plain import plain_document

__all__ = ["HOW_TO_GET_IT", "available", "plain_document", "write_pdf"]
