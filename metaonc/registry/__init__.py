"""What was published: trial records, the review plan, selection."""

from metaonc.registry.collection import Records, load_records
from metaonc.registry.flow import Flow
from metaonc.registry.plan import Outcome, Plan, Question
from metaonc.registry.records import Counts, HazardRatio, Trial
from metaonc.registry.selection import Chosen, LeftOut, Selection, select

__all__ = [
    "Chosen",
    "Counts",
    "Flow",
    "HazardRatio",
    "LeftOut",
    "Outcome",
    "Plan",
    "Question",
    "Records",
    "Selection",
    "Trial",
    "load_records",
    "select",
]
