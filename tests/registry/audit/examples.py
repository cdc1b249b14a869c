"""One made-up record per rule that breaks it and nothing else worse: tested, and shown in the docs.

A file in `examples/` holds what matters. Everything else (sources, status, arms, design) comes from
`BASE` here, `others` are further records, and `review` is the plan.
"""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from metaonc.registry.audit import Audit, run_audit
from metaonc.registry.plan import Plan
from metaonc.registry.records import RandomisedBias, Trial
from metaonc.registry.rules import breaches

FOLDER = Path(__file__).parent / "examples"
SOURCE = {"reference": "paper", "where": "abstract"}
STATED = {"source": SOURCE, "status": "confirmed"}
REFERENCE = {
    "key": "paper",
    "kind": "article",
    "citation": "Nobody N. J Nowhere 2020;1:1-2.",
    "year": 2020,
    "status": "confirmed",
}
ARM = {"treatments": [{"drug": "something"}]} | STATED
RESULT = {"cut": "main", "assessment": "investigator"} | STATED
BASE: dict[str, Any] = {
    "key": "demo",
    "name": "DEMO",
    "summary": "A made-up trial.",
    "references": [REFERENCE],
    "design": {
        "phase": "II",
        "allocation": "randomised",
        "masking": "open-label",
        "setting": "advanced",
        "population": "Patients who do not exist.",
        **STATED,
    },
    "arms": [
        {"key": "new", "role": "experimental", "n": 200},
        {"key": "old", "role": "control", "n": 200},
    ],
    "cuts": [{"key": "main", "label": "published analysis"}],
}


def parsed(text: str) -> dict[str, Any]:
    """TOML with the printed digits of its numbers."""
    return tomllib.loads(text, parse_float=Decimal)


def completed(given: dict[str, Any]) -> dict[str, Any]:
    """A record with everything that the example leaves out."""
    data = BASE | given
    data["references"] = [REFERENCE | each for each in data["references"]]
    data["arms"] = [ARM | {"label": each["key"]} | each for each in data["arms"]]
    data["results"] = [RESULT | each for each in data.get("results", [])]
    if not data["results"]:
        data["unusable"] = "It reports nothing that could be pooled."
    if "risk_of_bias" in data:
        data["risk_of_bias"] = [judged(each) for each in data["risk_of_bias"]]
    if "randomised" in data:
        data |= {"randomised_source": SOURCE, "randomised_status": "confirmed"}
    return data


def judged(given: dict[str, Any]) -> dict[str, Any]:
    """A RoB 2 assessment with reasons; domains that the example does not name are at low risk."""
    words = dict.fromkeys(RandomisedBias.domains, "low") | given.pop("domains")
    domains = {
        name: {"judgement": word, "reason": "Somebody said so."} | STATED
        for name, word in words.items()
    }
    return {"tool": "RoB 2", "judged_by": "Nobody."} | given | domains


def records(text: str) -> tuple[list[Trial], Plan | None]:
    """The records and the plan of an example."""
    given = parsed(text)
    others, review = given.pop("others", []), given.pop("review", None)
    trials = [Trial.model_validate(completed(each)) for each in (given, *others)]
    plan = None
    if review:
        questions = [{"title": q["key"]} | q for q in review["questions"]]
        published = [
            {"citation": "Somebody S.", "where": "abstract", "status": "confirmed"} | each
            for each in review.get("published", [])
        ]
        lists = {"questions": questions, "published": published}
        plan = Plan.model_validate({"title": "A", "summary": "B"} | lists)
    return trials, plan


def audited(text: str) -> Audit:
    """What the audit says about an example, which the format itself must accept."""
    trials, plan = records(text)
    refused = [breach for trial in trials for breach in breaches(trial)]
    assert not refused, refused
    return run_audit(Path("studies"), trials, plan)


def example(code: str) -> str:
    """The text of a rule's example."""
    return (FOLDER / f"{code}.toml").read_text(encoding="utf-8")
