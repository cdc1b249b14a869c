"""A table of harms in words: its cells, and what is to be said below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metaonc.effects import level_text, measure_named

if TYPE_CHECKING:
    from metaonc.pooling.adverse_events.harms_result import HarmsRow, HarmsTable

_MANTEL_HAENSZEL = (
    "Common effect of each measure by Mantel-Haenszel pooling of the counts, without continuity "
    "correction: a study with an empty cell enters as it is, and one without events in either arm "
    "adds nothing to a ratio"
)


def cells(table: HarmsTable) -> list[list[str]]:
    """The table as a reader wants it: a row of names, then a row per term and grade."""
    first, second = table.arm_labels
    unit = f"RD per {table.per:g}" if table.per != 1 else "RD"
    level = level_text(table.level)
    head = ["", "k", first, second, f"RR ({level} CI)", f"OR ({level} CI)", f"{unit} ({level} CI)"]
    return [head, *(_row(table, row) for row in table.rows)]


def _row(table: HarmsTable, row: HarmsRow) -> list[str]:
    counts = [f"{row.events_1}/{row.n_1}", f"{row.events_2}/{row.n_2}"]
    return [row.name, str(row.k), *counts, *(measure_text(table, row, m) for m in row_measures())]


def row_measures() -> tuple[str, ...]:
    """The measures in the order of the columns."""
    return ("RR", "OR", "RD")


def measure_text(table: HarmsTable, row: HarmsRow, measure: str) -> str:
    """One measure of a row: ``"5.02 (3.71 to 6.78)"``, or that it cannot be estimated."""
    if measure not in row.results:
        return "not estimable"
    scale = measure_named(measure)
    if scale.scalable:
        scale = scale.printed_per(table.per)
    estimate, low, high = row.numbers(measure)
    return f"{scale.number(estimate)} ({scale.interval_text(low, high)})"


def methods(table: HarmsTable) -> str:
    """How the rows were pooled."""
    level = level_text(table.level)
    if table.model == "mh":
        return f"Methods: {_MANTEL_HAENSZEL}. {level} Wald intervals."
    found = [fit.methods() for row in table.rows for fit in row.results.values()]
    return f"Methods: model = {table.model!r} for each measure, e.g.: {found[0]}" if found else ""


def caveats(table: HarmsTable) -> list[str]:
    """What limits the table."""
    said = [*_empty(table), _reading(table), _multiplicity(table), _heterogeneity(table)]
    return [text for text in said if text]


def listing(table: HarmsTable) -> list[str]:
    """The studies of each row, and what could not be pooled, by reason."""
    missing: dict[str, list[str]] = {}
    for name, why in table.not_pooled.items():
        missing.setdefault(why, []).append(name)
    return [f"{row.name}: {'; '.join(row.studies)}." for row in table.rows] + [
        f"Not pooled, because {why}: {'; '.join(names)}." for why, names in missing.items()
    ]


def _empty(table: HarmsTable) -> list[str]:
    """What an arm without events means for the measures, row by row."""
    said = []
    for row in table.rows:
        none = [
            name
            for name, events in zip(table.arm_labels, (row.events_1, row.events_2), strict=True)
            if events == 0
        ]
        missing = [measure for measure in row_measures() if measure not in row.results]
        if none or missing:
            arms = f"no event with {' and '.join(none)}" if none else ""
            why = "; ".join(dict.fromkeys(row.reasons.values()))
            without = f"{' and '.join(missing)} not estimable ({why})" if missing else ""
            said.append(f"{row.name}: {'; '.join(filter(None, (arms, without)))}.")
    return said


def _reading(table: HarmsTable) -> str:
    return (
        "Events and patients are sums over the studies, to be read and not compared: the pooled "
        "results compare within each study. RR or OR above 1, and RD above 0, mean more events "
        f"with {table.arm_labels[0]}."
    )


def _multiplicity(table: HarmsTable) -> str:
    harms = sum(row.kind == "harm" for row in table.rows)
    if harms < 2:
        return ""
    return (
        f"{harms} terms and grades of harm stand side by side; the intervals are not adjusted for "
        "their number, and trials differ in which terms they print."
    )


def _heterogeneity(table: HarmsTable) -> str:
    """Rows whose studies differ by more than chance, of which a common effect says little."""
    differ = [
        f"{row.name} ({measure}, I² {fit.i2:.0%})"
        for row in table.rows
        for measure, fit in row.results.items()
        if fit.k > 1 and fit.q_p < 0.1
    ]
    if not differ or table.model != "mh":
        return ""
    return (
        "Studies differ by more than chance (p of Q below 0.1), so that a common effect is an "
        f"average with too narrow an interval: {', '.join(differ)}; see model='random'."
    )
