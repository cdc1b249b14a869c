"""Small folders of records for summaries: two trials and a plan, with changes."""

from collections.abc import Mapping
from pathlib import Path

import metaonc as mo

TRIAL = """
key = "{key}"
name = "{name}"
summary = "A trial."
[design]
phase = "III"
allocation = "{allocation}"
masking = "double-blind"
setting = "advanced"
population = "Patients."
source = {{ reference = "main", where = "abstract" }}
status = "confirmed"
[[arms]]
key = "new"
role = "experimental"
label = "New"
n = 100
source = {{ reference = "main", where = "abstract" }}
status = "confirmed"
treatments = [{{ drug = "new" }}]
[[arms]]
key = "old"
role = "control"
label = "Old"
n = 100
source = {{ reference = "main", where = "abstract" }}
status = "confirmed"
treatments = [{{ drug = "old" }}]
[[cuts]]
key = "main"
label = "main"
[[references]]
key = "main"
kind = "article"
citation = "Smith A. A trial. J Trials 2020;1:1-2."
year = 2020
status = "confirmed"
"""
COUNTS = """
[[results]]
kind = "counts"
outcome = "{outcome}"
cut = "main"
assessment = "not stated"
source = {{ reference = "main", where = "table 2" }}
status = "{status}"
[results.arms]
new = {{ events = {new}, n = 100 }}
old = {{ events = {old}, n = 100 }}
"""
HAZARD = """
[[results]]
kind = "hazard_ratio"
outcome = "{outcome}"
cut = "main"
assessment = "not stated"
experimental = "new"
control = "old"
estimate = {hr}
low = {low}
high = {high}
level = 0.95
source = {{ reference = "main", where = "table 1" }}
status = "confirmed"
"""
SURVIVAL = """
[[results]]
kind = "survival"
outcome = "os"
months = 12
cut = "main"
assessment = "not stated"
source = { reference = "main", where = "figure 2" }
status = "unconfirmed"
[results.arms]
old = { percent = 60.0, low = 50.0, high = 70.0, level = 0.95 }
"""
MEDIANS = """
[[results]]
kind = "medians"
outcome = "os"
cut = "main"
assessment = "not stated"
source = { reference = "main", where = "figure 1" }
status = "confirmed"
[results.arms]
old = { median = 10.0, low = 8.0, high = 13.0, level = 0.95 }
"""
PLAN = """
title = "New against old"
summary = "Does new help?"
[arms]
experimental = "new"
control = "old"
[outcomes.os]
label = "Overall survival"
event = "unwanted"
happening = "death"
[outcomes.rash]
label = "Rash"
event = "unwanted"
harm = true
[outcomes.orr]
label = "Objective response"
event = "wanted"
"""
QUESTION = """
[[questions]]
key = "{outcome}"
title = "{title}"
outcomes = ["{outcome}"]
measure = "{measure}"
"""
NO = 'judgement = "not serious", reason = "None seen."'


def certainty(**changes: str) -> str:
    """The text of a judgement: not serious, except for the domains named."""
    domains = dict.fromkeys(
        ("risk_of_bias", "inconsistency", "indirectness", "imprecision", "publication_bias"), NO
    )
    start = changes.pop("start", "")
    domains |= {
        name: f'judgement = "{said}", reason = "Because."' for name, said in changes.items()
    }
    lines = ["[questions.certainty]", 'judged_by = "AB and CD"', 'status = "confirmed"']
    lines += [f'start = "{start}"'] if start else []
    return "\n".join([*lines, *(f"{name} = {{ {said} }}" for name, said in domains.items())])


def counts(new: int, old: int, outcome: str = "rash", status: str = "confirmed") -> str:
    return COUNTS.format(new=new, old=old, outcome=outcome, status=status)


def hazard(hr: float, low: float, high: float) -> str:
    return HAZARD.format(hr=hr, low=low, high=high, outcome="os")


def question(outcome: str, measure: str, more: str = "", title: str = "") -> str:
    return QUESTION.format(outcome=outcome, measure=measure, title=title or outcome) + more


def registry(
    folder: Path,
    plan: str,
    trials: Mapping[str, str],
    allocation: str = "randomised",
    head: str = PLAN,
) -> mo.Registry:
    """Write a folder of records and load it: trial's key -> the text of its results."""
    for key, results in trials.items():
        text = TRIAL.format(key=key, name=key.upper(), allocation=allocation) + results
        (folder / f"{key}.toml").write_text(text, encoding="utf-8")
    (folder / "review.toml").write_text(head + plan, encoding="utf-8")
    return mo.load_registry(folder)
