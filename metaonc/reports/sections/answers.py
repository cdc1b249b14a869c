"""Pooled results in sentences and tables."""

from __future__ import annotations

from collections.abc import Iterator

from metaonc.effects import Effects, Measure, patients
from metaonc.pooling import (
    PooledResult,
    SubgroupResult,
    difference_text,
    effect_text,
    heterogeneity_text,
    p_text,
)
from metaonc.pooling.words import tau2_interval_text, tau2_text
from metaonc.reports.document import (
    Cell,
    Facts,
    Link,
    Paragraph,
    Section,
    Table,
    blocks,
    listed,
    strong,
)
from metaonc.reports.sections.words import analysis_key, level_text

STUDIES = "studies"  # the place of the table of studies on the page of an analysis
_INTERVALS = {
    "wald": "Wald",
    "t": "t",
    "hksj": "Hartung-Knapp",
    "hksj-adhoc": "Hartung-Knapp, never narrower than Wald",
}


def shown(scale: Measure, *values: float) -> str:
    """Values of the displayed scale with their unit: one, or the limits of an interval.

    Examples
    --------
    >>> from metaonc.effects import measure_named
    >>> shown(measure_named("HR"), 0.6), shown(measure_named("PLOGIT"), 0.38, 0.75)
    ('0.60', '38.0% to 75.0%')
    """
    unit = scale.unit
    return " to ".join(f"{scale.number(value)}{unit}" for value in values)


def verdict(result: PooledResult) -> str:
    """The pooled result in one sentence.

    Examples
    --------
    >>> import metaonc as mo
    >>> verdict(mo.pool(mo.load_registry().effects("pfs"))).partition(" (")[0]
    '6 studies with 2,436 patients: hazard ratio 0.60'
    """
    effects = result.effects
    studies = "One study" if result.k == 1 else f"{result.k} studies"
    counted = patients(effects)
    among = f" with {counted:,} patients" if counted else ""
    model = "random effects" if result.choices.model == "random" else "common effect"
    interval = result.prediction_interval()
    predicted = ""
    if interval.applies:
        low, high = effects.display(interval)
        limits = shown(effects.scale, low, high)
        predicted = f"; {level_text(interval.level)} prediction interval for a new study {limits}"
    return f"{studies}{among}: {effect_text(result)}, {model}{predicted}."


def awaiting(effects: Effects) -> list[str]:
    """Studies whose figures are not all confirmed."""
    statuses = effects.columns.get("status", ())
    return [
        label
        for label, status in zip(effects.labels, statuses, strict=False)
        if status != "confirmed"
    ]


def confirmation(effects: Effects) -> str:
    """Which studies await confirmation, in one sentence."""
    names = awaiting(effects)
    if not names:
        return "Every figure in it is confirmed in its source."
    return f"Awaiting confirmation: {listed(names)}."


def pooled_table(key: str, result: PooledResult) -> Table:
    """Common effect, random effects and prediction interval; their names lead to the studies."""
    return Table(_head(result), tuple(_pooled_rows(key, result)), stub=True)


def _pooled_rows(key: str, result: PooledResult) -> Iterator[tuple[Cell, ...]]:
    scale = result.effects.scale
    yield _pooled_row(key, "Common effect", result.fixed)
    if result.choices.model == "random":
        yield _pooled_row(key, "Random effects", result)
        interval = result.prediction_interval()
        said = (
            shown(scale, *result.effects.display(interval))
            if interval.applies
            else f"none: {interval.reason}"
        )
        yield ("Prediction interval", "", said, "HTS", "")


def _head(result: PooledResult) -> tuple[str, ...]:
    level = level_text(result.choices.level)
    return ("Model", result.effects.scale.label, f"{level} interval", "Interval by", "Test")


def _pooled_row(key: str, name: str, result: PooledResult) -> tuple[Cell, ...]:
    return (Link(name, page=analysis_key(key), anchor=STUDIES), *_figures(result))


def _figures(result: PooledResult) -> tuple[Cell, ...]:
    scale = result.effects.scale
    estimate, low, high = result.display()
    return (
        strong(shown(scale, estimate)),
        shown(scale, low, high),
        _INTERVALS[result.ci_method],
        _test(result),
    )


def _test(result: PooledResult) -> str:
    """Test of no effect; a single proportion has none."""
    if result.effects.scale.null is None:
        return ""
    name, df = ("z", "") if result.df == float("inf") else ("t", f", {result.df:g} df")
    statistic = f"{result.statistic:.2f}".replace("-", "−")
    return f"{name} = {statistic}{df}, {p_text(result.p_value)}"


def heterogeneity(result: PooledResult) -> Facts | Paragraph:
    """Everything a result knows about heterogeneity."""
    if result.k < 2:
        return Paragraph(f"{heterogeneity_text(result)}.")
    rows: list[tuple[str, Cell]] = [("tau²", f"{tau2_text(result.tau2)}; tau {_tau(result)}")]
    interval = result.tau2_interval()
    if interval.applies:
        limits = f"{tau2_text(interval.low)} to {tau2_text(interval.high)}"
        method = tau2_interval_text(interval.method)
        rows.append((f"{level_text(interval.level)} interval of tau²", f"{limits} ({method})"))
    rows += [
        ("Q", f"{result.q:.2f}, {result.q_df} df, {p_text(result.q_p)}"),
        ("I²", f"{result.i2_from_tau2:.0%} from tau²; {result.i2_from_q:.0%} from Q"),
        ("H²", f"{result.h2:.2f}"),
    ]
    return Facts(tuple(rows))


def _tau(result: PooledResult) -> str:
    return f"{result.tau2**0.5:.3f}"


def subgroup_section(result: SubgroupResult) -> Section:
    """Table of the groups, and the test between them."""
    rows = tuple(
        (name, str(group.k), *_figures(group), _spread(group))
        for name, group in result.groups.items()
    )
    head = ("Group", "Studies", *_head(result.overall)[1:], "Heterogeneity")
    between = (
        f"Test between the groups: {difference_text(result)}. Each group has its own tau²."
        if result.q_between_df
        else "One group only: there is nothing to compare."
    )
    said = blocks(Table(head, rows, numeric=(1,), stub=True), Paragraph(between))
    return Section(f"Subgroups by {result.by.replace('-', ' ')}", said, anchor="subgroups")


def _spread(group: PooledResult) -> str:
    if group.k < 2:
        return "one study"
    return f"tau² {tau2_text(group.tau2)}, I² {group.i2:.0%}"
