"""Findings that a record waives, and waivers that waive nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from metaonc.registry.audit.facts import TrialFacts
from metaonc.registry.audit.findings import Finding
from metaonc.registry.audit.rule import Found, TrialRule
from metaonc.registry.records import Trial, Waiver


def apply_waivers(trial: Trial, findings: Iterable[Finding]) -> tuple[list[Finding], set[int]]:
    """Mark the findings that the record waives; tell which waivers were of use.

    Parameters
    ----------
    trial : Trial
        The record.
    findings : iterable of Finding
        What the rules found in it.

    Returns
    -------
    list of Finding
        In the same order, with `waived` and `reason` set.
    set of int
        Positions of the waivers that waived something.
    """
    marked, used = [], set()
    for finding in findings:
        at = next((i for i, w in enumerate(trial.waivers) if _covers(w, finding)), None)
        if at is not None:
            used.add(at)
            finding = replace(finding, waived=True, reason=trial.waivers[at].reason)
        marked.append(finding)
    return marked, used


def _covers(waiver: Waiver, finding: Finding) -> bool:
    return (
        waiver.rule in (finding.code, finding.rule)
        and waiver.result in (None, finding.result)
        and (
            waiver.field is None
            or finding.field == waiver.field
            or finding.field.startswith(f"{waiver.field}.")
        )
    )


def waiver_unused(_facts: TrialFacts) -> Iterator[Found]:
    """A waiver waives nothing.

    The finding that it was written for is gone: the figure was corrected, or the waiver names
    another result. A waiver that is left behind would hide the next finding.

    Notes
    -----
    No finding has the waiver's rule and, where they are given, its result and field.
    """
    yield from ()  # found while the waivers are applied: see run.py


def waiver_unknown(_facts: TrialFacts) -> Iterator[Found]:
    """A waiver names a rule that does not exist, or one that cannot be waived.

    Rules of a record's form (RE) refuse the record and cannot be waived.

    Notes
    -----
    The rule of the waiver is neither a code nor a name of the audit.
    """
    yield from ()  # found while the waivers are applied: see run.py


RULES: tuple[TrialRule, ...] = (
    TrialRule("WA901", "waiver-unused", "warning", waiver_unused,
              "remove the waiver, or correct its rule, result and field"),
    TrialRule("WA902", "waiver-unknown", "error", waiver_unknown,
              "use a code of the audit"),
)  # fmt: skip
