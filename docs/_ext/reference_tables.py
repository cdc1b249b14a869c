"""What the tests compare with, counted from the files that hold the reference values."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from pathlib import Path

from metaonc.reports.pages.rst import escape, table

_CALLS = {
    "rma": ("metafor", "``rma.uni``", "estimate, interval, p, tau², Q, I², H²"),
    "predict": ("metafor", "``predict.rma``", "intervals at 90, 95 and 99%, prediction intervals"),
    "qp": ("metafor", "``confint.rma.uni``", "Q-profile interval of tau²"),
    "metagen": ("meta", "``metagen``", "a second program: estimates, intervals, Q, I², weights"),
    "subgroup": ("meta", "``metagen(subgroup=)``", "each group, and the test between them"),
    "escalc": ("metafor", "``escalc``", "effects and variances, with every zero-cell rule"),
    "hr": (
        "metafor",
        "``conv.wald``",
        "log hazard ratios: intervals, p values, log-rank totals",
    ),
}


def reference_tables(folder: Path) -> dict[str, str]:
    """Cases with their tolerances, and data sets, as parts for a page to include."""
    files = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    return {
        "reference-cases.txt": f"{_versions(files)}\n\n{_cases(files)}\n",
        "reference-tests.txt": f"{_tests(folder.parent)}\n",
        "reference-data.txt": f"{_data(files)}\n",
    }


def _versions(files: list[dict]) -> str:
    words = [f"{name} {version}" for name, version in files[0]["versions"].items()]
    return f"Computed with {', '.join(words[:-1])} and {words[-1]}."


def _cases(files: list[dict]) -> str:
    rows = []
    for content in files:
        for family in _CALLS.keys() & content.keys():
            program, call, what = _CALLS[family]
            records = content[family].values()
            rtol = {_tolerance(content, record) for record in records}
            allowed = " and ".join(f"{value:.0e}".replace("e-0", "e-") for value in sorted(rtol))
            rows.append([program, call, what, f"{len(records):,}", allowed])
    rows.sort(key=lambda row: row[1])
    return table(["Program", "Call", "What is compared", "Cases", "Relative tolerance"], rows)


def _tolerance(content: dict, record: dict) -> float:
    return float(record.get("rtol", content["tolerances"][record["class"]]["rtol"]))


def _tests(folder: Path) -> str:
    """The files of tests that use these values, and what each says of itself."""
    rows = []
    for path in sorted(folder.rglob("test_*.py")):
        source = path.read_text(encoding="utf-8")
        if "tests.reference" in source:
            said = ast.get_docstring(ast.parse(source)) or ""
            name = path.relative_to(folder.parent).as_posix()
            rows.append([f"``{name}``", re.sub(r"`+", "``", said.split("\n\n")[0])])
    return table(["Test file", "What it compares"], [[a, b.replace("\n", " ")] for a, b in rows])


def _data(files: list[dict]) -> str:
    named = {key: about for content in files for key, about in content["datasets"].items()}
    used = Counter(
        record.get("effects", record.get("table", "")).split("/")[0]
        for content in files
        for family in _CALLS.keys() & content.keys()
        for record in content[family].values()
    )
    rows = [
        [f"``{key}``", escape(about["title"]), escape(about["source"]), str(used[key])]
        for key, about in sorted(named.items(), key=lambda item: item[0].lower())
    ]
    return table(["Data set", "Title", "From", "Cases"], rows)
