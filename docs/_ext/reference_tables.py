"""How closely results agree with other programs: tables from the reference files and a test run.

The differences come from `tests/reference/agreement.json`, which a run of the tests keeps up to
date; cases and data sets from the files of reference values themselves.
"""

from __future__ import annotations

import ast
import json
import re
from collections import defaultdict
from collections.abc import Mapping
from html import escape as html
from pathlib import Path

from rst import bullets, escape, listed, section, table

from tests.reference.agreement import FILE, FINEST
from tests.reference.calls import CALLS, Call

Cells = dict[str, list[float]]  # data set -> cases, worst difference, largest allowed
Methods = dict[str, Cells]


def reference_tables(folder: Path) -> dict[str, str]:
    """Parts for pages to include."""
    contents = {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.json"))
        if path.name != FILE.name
    }
    census = contents.pop("census")
    cases = {
        f"{file}/{family}": content[family]
        for file, content in contents.items()
        for family in content
        if f"{file}/{family}" in CALLS
    }
    found = agreement(json.loads((folder / FILE.name).read_text(encoding="utf-8")))
    return {
        "reference-cases.txt": f"{_versions(contents)}\n\n{_summary(cases, found)}\n",
        "reference-agreement.txt": f"{_details(found)}\n",
        "reference-tests.txt": f"{_tests(folder.parent)}\n",
        "reference-left.txt": f"{_left(census)}\n",
        "reference-data.txt": f"{_data(contents, cases)}\n",
    }


def agreement(notes: Mapping[str, Mapping[str, Methods]]) -> dict[str, Methods]:
    """Family -> method -> data set -> numbers, over all test functions of a family."""
    found: dict[str, Methods] = {family: {} for family in CALLS}
    for families in notes.values():
        for family, methods in families.items():
            for method, cells in methods.items():
                own = found[family].setdefault(method, {})
                for data, (count, worst, allowed) in cells.items():
                    before = own.get(data, [0, 0.0, 0.0])
                    own[data] = [
                        before[0] + count, max(before[1], worst), max(before[2], allowed)
                    ]  # fmt: skip
    return found


def _versions(contents: Mapping[str, dict]) -> str:
    versions = {
        name: version
        for content in contents.values()
        for name, version in content["versions"].items()
    }
    return f"Computed with {listed([f'{name} {version}' for name, version in versions.items()])}."


def _summary(cases: Mapping[str, dict], found: Mapping[str, Methods]) -> str:
    rows = []
    for family, call in CALLS.items():
        methods = found[family]
        cells = [numbers for own in methods.values() for numbers in own.values()]
        data = {name for own in methods.values() for name in own}
        rows.append(
            [
                f"{call.program}\n:ref:`{escape(call.function)} <{_anchor(call)}>`",
                _bound(max(numbers[1] for numbers in cells)),
                _power(max(numbers[2] for numbers in cells)),
                f"{len(cases[family]):,}",
                str(len(data)),
                escape(call.compared),
            ]
        )
    head = ["Call", "Worst", "Allowed", "Cases", "Data sets", "What is compared"]
    return table(head, rows)


def _details(found: Mapping[str, Methods]) -> str:
    """A section per call, and in it a list per method that opens on request."""
    parts = []
    for family, call in CALLS.items():
        own = [_method(name, cells) for name, cells in sorted(found[family].items())]
        parts.append(f".. _{_anchor(call)}:")
        parts.append(section(f"{call.program}: {call.function}", *own))
    return "\n\n".join(parts)


def _method(name: str, cells: Cells) -> str:
    """One method: how closely it agrees, and for which data sets."""
    cases = int(sum(numbers[0] for numbers in cells.values()))
    worst, allowed = (max(numbers[i] for numbers in cells.values()) for i in (1, 2))
    by_bound: dict[float, list[str]] = defaultdict(list)
    for data, numbers in cells.items():
        by_bound[numbers[1]].append(data)
    lines = [
        f"{_bound(bound)}: {', '.join(f'``{data}``' for data in sorted(names, key=str.lower))}"
        for bound, names in sorted(by_bound.items(), reverse=True)
    ]
    words = (
        f"<strong>{html(name)}</strong>: {cases} case{'s' if cases > 1 else ''}, "
        f"{len(cells)} data set{'s' if len(cells) > 1 else ''}, worst {html(_bound(worst))} "
        f"(allowed {_power(allowed)})"
    )
    opened = f'.. raw:: html\n\n   <details class="agreement"><summary>{words}</summary>'
    return "\n\n".join([opened, bullets(lines), ".. raw:: html\n\n   </details>"])


def _anchor(call: Call) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", f"{call.program} {call.function}".lower()).strip("-")
    return f"agreement-{words}"


def _power(value: float) -> str:
    return f"{value:.0e}".replace("e-0", "e-").replace("-", "\N{NON-BREAKING HYPHEN}")


def _bound(value: float) -> str:
    sign = "<" if value <= FINEST else "\N{LESS-THAN OR EQUAL TO}"
    return f"{sign}\N{NO-BREAK SPACE}{_power(value)}"


def _tests(folder: Path) -> str:
    """The files of tests that use these values, and what each says of itself."""
    rows = []
    for path in sorted(folder.rglob("test_*.py")):
        source = path.read_text(encoding="utf-8")
        if "tests.reference.comparison" in source:
            said = ast.get_docstring(ast.parse(source)) or ""
            name = path.relative_to(folder.parent).as_posix()
            rows.append([f"``{name}``", re.sub(r"`+", "``", said.split("\n\n")[0])])
    return table(["Test file", "What it compares"], [[a, b.replace("\n", " ")] for a, b in rows])


def _left(census: dict) -> str:
    """What the full reference files hold that no test takes, and why."""
    rows = [[escape(why), f"{count:,}"] for why, count in census["left"].items()]
    return table(["Not compared", "Records"], rows)


def _data(contents: Mapping[str, dict], cases: Mapping[str, dict]) -> str:
    named = {
        key: about for content in contents.values() for key, about in content["datasets"].items()
    }
    used: dict[str, int] = defaultdict(int)
    for records in cases.values():
        for record in records.values():
            used[record.get("effects", record.get("table", "")).split("/")[0]] += 1
    rows = [
        [f"``{key}``", escape(about["title"]), escape(about["source"]), str(used[key])]
        for key, about in sorted(named.items(), key=lambda item: item[0].lower())
    ]
    return table(["Data set", "Title", "From", "Cases"], rows)
