"""A small made-up record that breaks no rule, and the way to change one thing in it."""

from pathlib import Path

from metaonc.errors import Problem
from metaonc.registry.loading import read_trial
from metaonc.registry.records import Trial

__all__ = ["PLAN", "RECORD", "changed", "read", "write"]

RECORD = """\
key = "demo"
name = "DEMO"
summary = "A made-up trial."

[attributes]
agent = "everolimus"

[design]
phase = "II"
allocation = "randomised"
masking = "open-label"
setting = "advanced"
population = "Patients who do not exist."
source = { reference = "paper", where = "abstract" }
status = "confirmed"

[[references]]
key = "paper"
kind = "article"
citation = "Nobody N. J Nowhere 2020;1:1-2."
year = 2020
status = "confirmed"

[[references]]
key = "poster"
kind = "abstract"
citation = "Nobody N. Nowhere Congress 2018, abstract 1."
year = 2018
status = "confirmed"

[[arms]]
key = "new"
role = "experimental"
label = "New"
treatments = [{ drug = "everolimus" }]
n = 54
source = { reference = "paper", where = "Table 1" }
status = "confirmed"

[[arms]]
key = "old"
role = "control"
label = "Old"
treatments = [{ drug = "tamoxifen" }]
n = 57
source = { reference = "paper", where = "Table 1" }
status = "confirmed"

[[cuts]]
key = "early"
label = "interim analysis"

[[cuts]]
key = "late"
label = "final analysis"

[primary.pfs]
cut = "late"
assessment = "investigator"

[[results]]
kind = "hazard_ratio"
outcome = "pfs"
cut = "late"
assessment = "investigator"
experimental = "new"
control = "old"
estimate = 0.70
low = 0.51
high = 0.96
level = 0.95
p = 0.03
p_sides = 2
source = { reference = "paper", where = "Table 2" }
status = "confirmed"

[[results]]
kind = "hazard_ratio"
outcome = "pfs"
cut = "early"
assessment = "investigator"
experimental = "new"
control = "old"
estimate = 0.62
low = 0.40
high = 0.97
level = 0.90
source = { reference = "poster", where = "text" }
status = "confirmed"

[[results]]
kind = "hazard_ratio"
outcome = "pfs"
cut = "late"
assessment = "central"
experimental = "new"
control = "old"
estimate = 0.81
source = { reference = "paper", where = "Table 3" }
status = "confirmed"

[[results]]
kind = "counts"
outcome = "cbr"
cut = "late"
assessment = "investigator"
source = { reference = "paper", where = "Table 4" }
status = "confirmed"

[results.arms]
new = { events = 33, n = 54, percent = 61, events_from = "percent" }
old = { events = 24, n = 57, percent = 42.1, low = 29, high = 56, level = 0.95 }

[[results]]
kind = "medians"
outcome = "os"
cut = "late"
assessment = "not stated"
source = { reference = "paper", where = "Table 5" }
status = "confirmed"

[results.arms]
new = { median = 32.9, low = 28.1, high = 37.2, level = 0.95 }
old = { median = 26.5 }

[[results]]
kind = "survival"
outcome = "os"
cut = "late"
assessment = "not stated"
months = 12
source = { reference = "paper", where = "Table 6" }
status = "confirmed"

[results.arms]
new = { percent = 83.6, low = 77.3, high = 88.2, level = 0.95 }
"""

PLAN = """\
title = "A made-up review"
summary = "What does the new arm do?"

[outcomes.pfs]
label = "Progression-free survival"
event = "unwanted"

[outcomes.cbr]
label = "Clinical benefit"
event = "wanted"

[[questions]]
key = "progression"
title = "Progression"
outcomes = ["pfs"]
measure = "HR"

[[questions]]
key = "benefit"
title = "Benefit"
outcomes = ["cbr"]
measure = "PLOGIT"
arm = "experimental"
"""


def changed(text: str, *changes: tuple[str, str]) -> str:
    """`text` with each (old, new) put in place; `old` has to stand there exactly once."""
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the record"
        text = text.replace(old, new)
    return text


def write(folder: Path, text: str = RECORD, name: str = "demo.toml") -> Path:
    """Write one file of a registry."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def read(folder: Path, *changes: tuple[str, str]) -> Trial | list[Problem]:
    """Load the made-up record with changes, called demo.toml in what is said about it."""
    return read_trial(write(folder, changed(RECORD, *changes)), "demo.toml")
