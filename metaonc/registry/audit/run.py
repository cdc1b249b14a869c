"""Run every rule on every record."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from metaonc.errors import AuditError, Problem
from metaonc.registry.audit.facts import RegistryFacts, TrialFacts
from metaonc.registry.audit.findings import Audit, Finding
from metaonc.registry.audit.rule import Found, Rule
from metaonc.registry.audit.table import REGISTRY_RULES, RULES, TRIAL_RULES
from metaonc.registry.audit.waivers import apply_waivers
from metaonc.registry.plan import Plan
from metaonc.registry.records import Trial
from metaonc.registry.rules import BY_CODE, describe

_NAMES = {rule.name for rule in RULES.values()} | set(RULES)
_FORM = "RE000"  # what the format itself refuses: a missing field, a wrong type


def run_audit(
    folder: Path, trials: Sequence[Trial], plan: Plan | None, problems: Sequence[Problem] = ()
) -> Audit:
    """Apply every rule to the records, and the records' waivers to what is found.

    Parameters
    ----------
    folder : Path
        Where the records are; findings name their files.
    trials : sequence of Trial
        The records.
    plan : Plan or None
        The review plan: what analyses take from the records.
    problems : sequence of Problem
        What was wrong with records that were refused; they become findings as they are.

    Returns
    -------
    Audit
    """
    facts = RegistryFacts(tuple(TrialFacts(trial) for trial in trials), plan)
    across: dict[str, list[Finding]] = {}
    for rule in REGISTRY_RULES:
        for found in rule.check(facts):
            across.setdefault(found.trial, []).append(_finding(folder, rule, found, None))
    by_key = {trial.key: trial for trial in trials}
    findings = [_refused(problem) for problem in problems]
    findings += across.pop("", [])
    for each in facts:
        findings += _of_trial(
            folder, each, [_placed(f, by_key) for f in across.get(each.trial.key, [])]
        )
    return Audit(
        folder=str(folder),
        trials=len(trials),
        results=sum(len(trial.results) for trial in trials),
        findings=tuple(findings),
    )


def codes(wanted: Sequence[str]) -> tuple[str, ...]:
    """Codes, or beginnings of codes, from what somebody typed: `["CI,PV", "CT401"]`.

    Parameters
    ----------
    wanted : sequence of str
        Codes, beginnings of codes or names of rules; several may be joined by commas.

    Returns
    -------
    tuple of str

    Raises
    ------
    AuditError
        If one of them fits no rule.

    Examples
    --------
    >>> codes(["CI,pv", "triangle-open"])
    ('CI', 'PV', 'CO601')
    """
    names = {rule.name: code for code, rule in RULES.items()}
    known = [*RULES, *BY_CODE, _FORM]
    found = []
    for word in (word.strip() for text in wanted for word in text.split(",")):
        code = names.get(word.lower(), word.upper())
        if not code or not any(each.startswith(code) for each in known):
            near = difflib.get_close_matches(code, known, n=3) + difflib.get_close_matches(
                word.lower(), names, n=3
            )
            hint = (
                f"did you mean {' or '.join(near)}?"
                if near
                else "families: " + ", ".join(sorted({each[:2] for each in known}))
            )
            raise AuditError(f"no rule of the audit is called {word!r}; {hint}")
        found.append(code)
    return tuple(found)


def _of_trial(folder: Path, facts: TrialFacts, across: list[Finding]) -> list[Finding]:
    """The findings in one record, waived ones marked, in the order of its results."""
    trial = facts.trial
    found = [
        _finding(folder, rule, item, trial) for rule in TRIAL_RULES for item in rule.check(facts)
    ]
    marked, used = apply_waivers(trial, sorted([*found, *across], key=_order))
    return marked + [_finding(folder, *item, trial) for item in _waivers_amiss(trial, used)]


def _order(finding: Finding) -> tuple[int, str]:
    return finding.result or 0, finding.code


def _waivers_amiss(trial: Trial, used: set[int]) -> Iterator[tuple[Rule[Any], Found]]:
    for at, waiver in enumerate(trial.waivers):
        field = f"waivers {at + 1}.rule"
        if waiver.rule not in _NAMES:
            yield RULES["WA902"], Found(None, field, f"{waiver.rule!r} is no rule to waive")
        elif at not in used:
            where = f" in result {waiver.result}" if waiver.result else ""
            yield RULES["WA901"], Found(None, field, f"{waiver.rule} finds nothing{where}")


def _finding(folder: Path, rule: Rule[Any], found: Found, trial: Trial | None) -> Finding:
    key = trial.key if trial else found.trial
    return Finding(
        code=rule.code,
        rule=rule.name,
        severity=rule.severity,
        file=str(folder / (f"{key}.toml" if key else "review.toml")),
        trial=key,
        result=None if found.at is None else found.at + 1,
        place=_place(trial, found),
        field=found.field,
        message=found.message,
        arithmetic=found.arithmetic,
        remedy=rule.remedy,
    )


def _place(trial: Trial | None, found: Found) -> str:
    if trial is None or found.at is None:
        return found.field
    return f"{describe(found.at, trial.results[found.at])}.{found.field}"


def _placed(finding: Finding, trials: dict[str, Trial]) -> Finding:
    """A finding across records, with the words for its result."""
    if finding.result is None:
        return finding
    at = finding.result - 1
    words = describe(at, trials[finding.trial].results[at])
    return replace(finding, place=f"{words}.{finding.field}")


def _refused(problem: Problem) -> Finding:
    what = " = ".join(part for part in (problem.field, problem.value) if part)
    return Finding(
        code=problem.code or _FORM,
        rule="record-refused",
        severity="error",
        file=problem.file,
        trial=problem.record,
        result=None,
        place="",
        field=problem.field,
        message=f"{what} {problem.rule}" if what else problem.rule,
        arithmetic="",
        remedy=problem.remedy,
    )
