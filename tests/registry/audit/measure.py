"""How much the audit finds, and how often it cries wolf: the figures that the documentation prints.

`python -m tests.registry.audit.measure` writes `measured.json`, on simulated records that do not
change; a test makes the figures anew and compares. The same is measured on the shipped records
when the documentation is built, since these grow.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

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


def of(trials: list[Trial]) -> Audit:
    """What the audit says about some records."""
    return run_audit(Path("studies"), trials, None)


class Bench:
    """Clean records, and what is said about each of them before anything is wrong."""

    def __init__(self, records: dict[str, Data]) -> None:
        self.records = records
        self.trials = {key: Trial.model_validate(data) for key, data in records.items()}
        self.clean = of(list(self.trials.values()))

    def verdict(self, case: Corrupted) -> str:
        """What becomes of a mistake: refused, the worst new finding, or missed."""
        try:
            trial = Trial.model_validate(case.data)
        except ValueError:
            return "refused"
        if breaches(trial):
            return "refused"
        known = Counter((f.code, f.message) for f in self.clean.of(case.record) if not f.waived)
        after = of([*self.beside(case.record, trial.key), trial]).of(trial.key)
        said = Counter((f.severity, f.code, f.message) for f in after if not f.waived)
        worst = {key[0] for key, times in said.items() if times > known[key[1:]]}
        return next((name for name in OUTCOMES[1:4] if name in worst), "missed")

    def beside(self, record: str, key: str) -> list[Trial]:
        """A few other records, which rules across records compare with."""
        others = [k for k in self.trials if k != record][:_BESIDE]
        return [self.trials[k] for k in others + ([record] if key != record else [])]


def measured(records: dict[str, Data], how_many: int = CORRUPTIONS) -> dict[str, Any]:
    """Recall by kind of mistake, and false alarms."""
    bench = Bench(records)
    by_kind: dict[str, Counter[str]] = {mistake.name: Counter() for mistake in MISTAKES}
    for case in corrupted(records, how_many, SEED):
        by_kind[case.kind][bench.verdict(case)] += 1
    whole = sum(by_kind.values(), Counter())
    return {
        "corruptions": how_many,
        "found": how_many - whole["missed"] - whole["note"],
        "outcomes": {name: whole[name] for name in OUTCOMES},
        "by_kind": {
            kind: {name: found[name] for name in OUTCOMES} for kind, found in by_kind.items()
        },
        "clean": {
            "records": bench.clean.trials,
            "results": bench.clean.results,
            "alarms": len(bench.clean.errors) + len(bench.clean.warnings),
            "waived": len(bench.clean.waived),
            "notes": len(bench.clean.notes),
        },
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(measured(simulated()), indent=1) + "\n", encoding="utf-8")
