"""How much the audit finds, and how often it cries wolf: the figures that the documentation prints.

`python -m tests.registry.audit.measure` writes `measured.json`; a test makes the figures anew and
compares.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import metaonc as mo
from metaonc.registry.audit import Audit, run_audit
from metaonc.registry.loading import shipped_studies
from metaonc.registry.records import Trial
from metaonc.registry.rules import breaches
from tests.registry.audit.corruptions import MISTAKES, Corrupted, Data, corrupted
from tests.registry.audit.examples import completed, parsed

FILE = Path(__file__).with_name("measured.json")
SIMULATED = Path(__file__).with_name("simulated.json")
CORRUPTIONS = 200
SEED = 2026
_BESIDE = 12
OUTCOMES = ("refused", "error", "warning", "note", "missed")


def simulated() -> dict[str, Data]:
    """The simulated records by key."""
    rows = json.loads(SIMULATED.read_text(encoding="utf-8"))
    return {row["key"]: completed(row) for row in rows}


def shipped() -> dict[str, Data]:
    """The data of the shipped records by key."""
    files = sorted(shipped_studies().glob("*.toml"))
    data = [parsed(path.read_text(encoding="utf-8")) for path in files if path.stem != "review"]
    return {record["key"]: record for record in data}


def of(trials: list[Trial], plan: Any = None) -> Audit:
    """What the audit says about some records."""
    return run_audit(Path("studies"), trials, plan)


class Bench:
    """Clean records, and what is said about each of them before anything is wrong."""

    def __init__(self) -> None:
        self.records = shipped() | simulated()
        self.trials = {key: Trial.model_validate(data) for key, data in self.records.items()}
        self.registry = mo.load_registry()
        self.shipped = {trial.key for trial in self.registry}
        self.clean_simulated = of(
            [trial for key, trial in self.trials.items() if key not in self.shipped]
        )
        self.clean = of(list(self.trials.values()))

    def verdict(self, case: Corrupted) -> str:
        """What becomes of a mistake: refused, the worst new finding, or missed."""
        try:
            trial = Trial.model_validate(case.data)
        except ValueError:
            return "refused"
        if breaches(trial):
            return "refused"
        beside = self.beside(case.record, trial.key)
        before = {f for f in self.clean.of(case.record) if not f.waived}
        known = Counter((f.code, f.message) for f in before)
        after = [f for f in of([*beside, trial]).of(trial.key) if not f.waived]
        said = Counter((f.severity, f.code, f.message) for f in after)
        worst = {key[0] for key, times in said.items() if times > known[key[1:]]}
        return next((name for name in OUTCOMES[1:4] if name in worst), "missed")

    def beside(self, record: str, key: str) -> list[Trial]:
        """A few records of the same sort, which rules across records compare with."""
        alike = [k for k in self.trials if (k in self.shipped) == (record in self.shipped)]
        others = [k for k in alike if k != record][:_BESIDE]
        return [self.trials[k] for k in others + ([record] if key != record else [])]


def measured() -> dict[str, Any]:
    """Recall by kind of mistake, and false alarms."""
    bench = Bench()
    cases = corrupted(bench.records, CORRUPTIONS, SEED)
    by_kind: dict[str, Counter[str]] = {mistake.name: Counter() for mistake in MISTAKES}
    for case in cases:
        by_kind[case.kind][bench.verdict(case)] += 1
    whole = sum(by_kind.values(), Counter())
    return {
        "corruptions": CORRUPTIONS,
        "found": CORRUPTIONS - whole["missed"] - whole["note"],
        "outcomes": {name: whole[name] for name in OUTCOMES},
        "by_kind": {
            kind: {name: found[name] for name in OUTCOMES} for kind, found in by_kind.items()
        },
        "clean": {
            name: {
                "records": audit.trials,
                "results": audit.results,
                "alarms": len(audit.errors) + len(audit.warnings),
                "waived": len(audit.waived),
                "notes": len(audit.notes),
            }
            for name, audit in (
                ("shipped", bench.registry.audit()),
                ("simulated", bench.clean_simulated),
            )
        },
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(measured(), indent=1) + "\n", encoding="utf-8")
