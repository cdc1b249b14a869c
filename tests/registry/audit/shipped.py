"""The shipped records, with one of them misread: what the audit says then."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import metaonc as mo
from metaonc.registry.audit import Audit, Finding, run_audit
from metaonc.registry.loading import read_plan, shipped_studies
from metaonc.registry.plan import Plan
from metaonc.registry.records import Trial
from metaonc.registry.rules import breaches
from tests.registry.audit.examples import parsed

STUDIES = shipped_studies()


@cache
def registry() -> mo.Registry:
    """The shipped records."""
    return mo.load_registry()


@cache
def audit() -> Audit:
    """What the audit says about the shipped records."""
    return registry().audit()


def text_of(study: str) -> str:
    """The text of a shipped record."""
    return (STUDIES / f"{study}.toml").read_text(encoding="utf-8")


def misread(study: str, *changes: tuple[str, str], extra: str = "") -> Audit:
    """What the audit says when one shipped record is changed, and `extra` TOML added at its end."""
    text = text_of(study)
    for old, new in changes:
        assert old in text, f"{study} no longer holds {old!r}"
        text = text.replace(old, new)
    return with_records(Trial.model_validate(parsed(f"{text}\n{extra}")))


def with_records(*changed: Trial, plan: Plan | None = None) -> Audit:
    """What the audit says when these records replace or join the shipped ones."""
    for trial in changed:
        refused = breaches(trial)
        assert not refused, refused
    keys = {trial.key for trial in changed}
    trials = [trial for trial in registry() if trial.key not in keys] + list(changed)
    return run_audit(Path("studies"), trials, plan or registry().plan)


def with_plan(*changes: tuple[str, str], tmp: Path) -> Audit:
    """What the audit says when the review plan is changed."""
    text = text_of("review")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = tmp / "review.toml"
    path.write_text(text, encoding="utf-8")
    plan = read_plan(path, "review.toml")
    assert isinstance(plan, Plan), plan
    return with_records(plan=plan)


def found(where: Audit, code: str, study: str) -> Finding:
    """The one finding of a rule in a record (the first, where it finds several)."""
    hits = [finding for finding in where.only([code]) if finding.trial == study]
    assert hits, f"{code} finds nothing in {study}: {[str(f) for f in where.of(study)]}"
    return hits[0]
