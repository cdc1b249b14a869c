"""Tables of simulated coverage from `benchmarks/results/coverage.json`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from rst import escape, table

Setting = dict
Wanted = Callable[[Setting], bool]
Columns = dict[str, Wanted]


def coverage_tables(path: Path) -> dict[str, str]:
    """Parts for the page on coverage."""
    content = json.loads(path.read_text(encoding="utf-8"))
    settings = content["coverage"]
    parts = {
        "patterns": _patterns(content["patterns"]),
        "mean": _covered(settings, "mean", BY_SIZE),
        "mean-k": _covered(settings, "mean", BY_NUMBER),
        "prediction": _covered(settings, "prediction", BY_SIZE | FEW),
        "tau2": _covered(settings, "tau2", BY_TAU2),
        "design": _design(content),
    }
    return {f"coverage-{name}.txt": f"{text}\n" for name, text in parts.items()}


def _sizes(equal: bool, i2: Sequence[float], k: Sequence[int] = (2, 3, 5, 10, 20)) -> Wanted:
    def wanted(setting: Setting) -> bool:
        alike = setting["sizes"] == "equal"
        chosen = setting["family"] == "sizes" and alike == equal
        return chosen and setting["i2"] in i2 and setting["k"] in k

    return wanted


def _drawn(k: Sequence[int], tau2: Sequence[float]) -> Wanted:
    return lambda setting: (
        setting["family"] != "sizes" and setting["k"] in k and setting["tau2"] in tau2
    )


LITTLE, MUCH = (0.0, 0.25), (0.5, 0.75, 0.9)
BY_SIZE = {
    "Equal sizes, I² 0 to 25%": _sizes(True, LITTLE),
    "Equal sizes, I² 50 to 90%": _sizes(True, MUCH),
    "Unequal sizes, I² 0 to 25%": _sizes(False, LITTLE),
    "Unequal sizes, I² 50 to 90%": _sizes(False, MUCH),
}
BY_NUMBER = {f"k = {k}": _sizes(False, MUCH, (k,)) for k in (2, 3, 5, 10, 20)}
FEW = {
    "Variances drawn, k = 3 and 5": _drawn((3, 5), (0.05, 0.1, 0.3)),
    "Variances drawn, k = 10 and 20": _drawn((10, 20), (0.05, 0.1, 0.3)),
}
BY_TAU2 = {f"tau² = {tau2:g}": _drawn((3, 5, 10, 20), (tau2,)) for tau2 in (0.0, 0.05, 0.1, 0.3)}


def _covered(rows_of: list[dict], target: str, columns: Columns) -> str:
    """Mean coverage of the settings of a column and, in brackets, the lowest."""
    methods = dict.fromkeys(name for one in rows_of for name in one["covered"].get(target, ()))
    rows = []
    for method in methods:
        cells = [_cell(rows_of, target, method, wanted) for wanted in columns.values()]
        if any(cells):
            rows.append([f"``{method}``", *cells])
    return table(["Method", *columns], rows)


def _cell(rows_of: list[dict], target: str, method: str, wanted: Wanted) -> str:
    found = [
        one["covered"][target][method]
        for one in rows_of
        if wanted(one["setting"]) and method in one["covered"].get(target, ())
    ]
    if not found:
        return ""
    rows = sum(n for _, n in found)
    mean = sum(covered * n for covered, n in found) / rows
    enough = min(n for _, n in found) >= 1000  # else the lowest is mostly chance
    lowest = f" ({min(covered for covered, _ in found):.0%})" if enough and len(found) > 1 else ""
    return f"{mean:.1%}{lowest}"


def _patterns(patterns: list[dict]) -> str:
    rows = [
        [
            escape(one["finding"]),
            escape(one["source"]),
            escape(one["found"]),
            "yes" if one["holds"] else "**no**",
        ]
        for one in patterns
    ]
    return table(["What was published", "Where", "In this simulation", "Seen"], rows)


def _design(content: dict) -> str:
    settings = content["coverage"]
    versions = ", ".join(f"{name} {version}" for name, version in content["versions"].items())
    return (
        f"{len(settings)} settings, {content['n']:,} meta-analyses in each (a fortieth of them for "
        f"methods that are solved one by one or resample), seed {content['seed']}, {versions}."
    )
