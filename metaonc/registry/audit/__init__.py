"""The audit: rules on well-formed records whose figures are doubtful, or cannot be right.

What the format refuses is in :mod:`metaonc.registry.rules`; here are figures that contradict each
other. Each rule is one function from facts to what it finds; `table.RULES` lists them by code, and
the pages under *Audit* in the documentation are made from that list.
"""

from metaonc.registry.audit.findings import Audit, Finding
from metaonc.registry.audit.rule import Severity
from metaonc.registry.audit.run import run_audit
from metaonc.registry.audit.table import RULES

__all__ = ["RULES", "Audit", "Finding", "Severity", "run_audit"]
