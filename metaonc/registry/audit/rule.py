"""What a rule of the audit is, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, Literal, NamedTuple, TypeVar

from metaonc.registry.audit.facts import RegistryFacts, TrialFacts

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
F = TypeVar("F")


class Found(NamedTuple):
    """What a rule has against a record.

    `at` is the position of the result from 0 and None for the record as a whole; `field` is a
    path inside that; `trial` is filled in by rules that look at several records.
    """

    at: int | None
    field: str
    message: str
    arithmetic: str = ""
    trial: str = ""


@dataclass(frozen=True)
class Rule(Generic[F]):
    """One rule: its stable code, its name, how bad a breach is, and what to do about one.

    The documentation of a rule is the docstring of its function.

    Attributes
    ----------
    code : str
        Two letters for the family and three digits; never given to another rule.
    name : str
        The rule in a few words.
    severity : {"error", "warning", "note"}
        An error cannot be right; a warning is doubtful; a note is for the reader.
    check : callable
        From facts to what it finds.
    remedy : str
        What to do about a finding.
    """

    code: str
    name: str
    severity: Severity
    check: Callable[[F], Iterator[Found]]
    remedy: str

    @property
    def summary(self) -> str:
        """The first line of the rule's documentation."""
        return (self.check.__doc__ or "").strip().partition("\n")[0]


TrialRule = Rule[TrialFacts]
RegistryRule = Rule[RegistryFacts]
