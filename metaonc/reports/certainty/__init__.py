"""How certain the evidence is: GRADE ratings, summaries of findings, statements."""

from metaonc.reports.certainty.anticipated import Anticipated
from metaonc.reports.certainty.events import Event, event_of
from metaonc.reports.certainty.hints import CertaintyHints, Hint, certainty_hints
from metaonc.reports.certainty.rating import Rating, Reason, rate
from metaonc.reports.certainty.summary import asked_of, summary_of_findings
from metaonc.reports.certainty.summary_result import Asked, FoundRow, SummaryOfFindings

__all__ = [
    "Anticipated",
    "Asked",
    "CertaintyHints",
    "Event",
    "FoundRow",
    "Hint",
    "Rating",
    "Reason",
    "SummaryOfFindings",
    "asked_of",
    "certainty_hints",
    "event_of",
    "rate",
    "summary_of_findings",
]
