"""What a forest plot says, before any of it is drawn: rows, columns and words, as plain data."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from metaonc.effects import Effects, LeftOut, Measure, level_text
from metaonc.effects.patients import arm_numbers, arm_totals
from metaonc.pooling import (
    PooledResult,
    SubgroupResult,
    difference_text,
    heterogeneity_text,
    p_text,
)

RowKind = Literal["study", "common", "random", "prediction", "text", "space"]
_NAMED_AT_MOST = 8  # trials left out that a note under the plot names one by one


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the plot; numbers are on the displayed scale, NaN where there is none."""

    kind: RowKind
    label: str = ""
    cells: dict[str, str] = field(default_factory=dict)
    estimate: float = math.nan
    low: float = math.nan
    high: float = math.nan
    weight: float = 0.0


@dataclass(frozen=True)
class Block:
    """Rows under a common heading; without a heading where the studies are not grouped."""

    heading: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Column:
    """A column of text: its key in the rows' cells, its heading, and its side of the plot."""

    key: str
    heading: str
    side: Literal["left", "right"]


@dataclass(frozen=True, kw_only=True)
class ForestTable:
    """Everything a forest plot shows."""

    title: str
    measure: Measure
    axis_label: str
    columns: tuple[Column, ...]
    blocks: tuple[Block, ...]
    pooled: float
    favours: tuple[str, str]
    footnotes: tuple[str, ...]

    def rows(self) -> Iterator[Row]:
        """All rows, top to bottom, without the headings of the blocks."""
        for block in self.blocks:
            yield from block.rows


def forest_table(result: PooledResult | SubgroupResult) -> ForestTable:
    """Describe the forest plot of a result; computes no statistic."""
    overall = result.overall if isinstance(result, SubgroupResult) else result
    effects = overall.effects
    study_rows = _study_rows(overall)
    if isinstance(result, SubgroupResult):
        blocks = [*_group_blocks(result, study_rows), _overall_block(result)]
    else:
        blocks = [Block("", (*study_rows.values(), Row(kind="space"), *_pooled_rows(overall)))]
    return ForestTable(
        title=effects.title,
        measure=effects.scale,
        axis_label=effects.scale.label + (" (log scale)" if effects.scale.log_axis else ""),
        columns=_columns(overall),
        blocks=tuple(blocks),
        pooled=overall.display()[0],
        favours=(effects.favours_low, effects.favours_high),
        footnotes=_footnotes(overall),
    )


# Columns -----------------------------------------------------------------------------------------


def _columns(result: PooledResult) -> tuple[Column, ...]:
    effects, level = result.effects, level_text(result.choices.level)
    columns = [
        Column(f"arm_{i}", f"{_heading(name)}\n{_arm_content(effects, i)}", "left")
        for i, name in enumerate(effects.arm_labels, start=1)
        if _arm_content(effects, i)
    ]
    columns.append(Column("effect", f"{effects.scale.label}\n({level} CI)", "right"))
    if result.choices.model == "fixed":
        return (*columns, Column("weight_common", "Weight\n", "right"))
    return (
        *columns,
        Column("weight_common", "Weight\ncommon", "right"),
        Column("weight_random", "Weight\nrandom", "right"),
    )


def _heading(name: str) -> str:
    """A name at the head of a column: "control" becomes "Control", "mTOR inhibitor" stays."""
    return name.capitalize() if name.islower() else name


def _arm_content(effects: Effects, i: int) -> str:
    """What is known about arm `i`: events and patients, patients, or nothing."""
    if f"events_{i}" in effects.columns or (i == 1 and "events" in effects.columns):
        return "events / n"
    return "n" if f"n_{i}" in effects.columns else ""


def _arm_cells(effects: Effects) -> list[dict[str, str]]:
    """Cells of the arms' columns, one dict per study and a last one with the totals."""
    cells: list[dict[str, str]] = [{} for _ in range(effects.k + 1)]
    for i in range(1, len(effects.arm_labels) + 1):
        if not _arm_content(effects, i):
            continue
        numbers = [*arm_numbers(effects, i), arm_totals(effects, i)]
        for cell, (events, n) in zip(cells, numbers, strict=True):
            shown = ["" if events is None else f"{events:.10g}", "" if n is None else f"{n:,.10g}"]
            cell[f"arm_{i}"] = " / ".join(filter(None, shown))
    return cells


# Rows --------------------------------------------------------------------------------------------


def _study_rows(result: PooledResult) -> dict[str, Row]:
    """One row per study, by label; weights are shares of all studies."""
    effects = result.effects
    estimates, lows, highs = effects.intervals(result.choices.level)
    arms = _arm_cells(effects)
    marks = _marks(effects)
    rows = {}
    for i, label in enumerate(effects.labels):
        weights = {"weight_common": f"{result.fixed.weights[i]:.1%}"}
        if result.choices.model == "random":
            weights["weight_random"] = f"{result.weights[i]:.1%}"
        estimate, low, high = float(estimates[i]), float(lows[i]), float(highs[i])
        rows[label] = Row(
            kind="study",
            label=label + marks[i],
            cells=arms[i] | weights | {"effect": _effect_cell(effects.scale, estimate, low, high)},
            estimate=estimate,
            low=low,
            high=high,
            weight=float(result.weights[i]),
        )
    return rows


def _effect_cell(scale: Measure, estimate: float, low: float, high: float) -> str:
    return f"{scale.number(estimate)} ({scale.interval_text(low, high)})"


def _pooled_rows(result: PooledResult, share: tuple[float, float] = (1.0, 1.0)) -> Iterator[Row]:
    """Diamonds, prediction interval and heterogeneity of one pooled result.

    `share` is the part of the whole analysis' weight that these studies have, common and random.
    """
    totals = _arm_cells(result.effects)[-1]
    weights = [{"weight_common": f"{share[0]:.1%}"}, {"weight_random": f"{share[1]:.1%}"}]
    yield _diamond("common", "Common effect", result.fixed, totals | weights[0])
    if result.choices.model == "random":
        yield _diamond("random", "Random effects", result, weights[1])
        prediction = result.prediction_interval()
        if prediction.applies:
            low, high = map(float, result.effects.display(prediction))
            cell = f"({result.effects.scale.interval_text(low, high)})"
            yield Row(
                kind="prediction",
                label="Prediction interval",
                cells={"effect": cell},
                low=low,
                high=high,
            )
    if result.k > 1:
        yield Row(kind="text", label=heterogeneity_text(result))


def _diamond(kind: RowKind, label: str, result: PooledResult, cells: dict[str, str]) -> Row:
    estimate, low, high = result.display()
    effect = {"effect": _effect_cell(result.effects.scale, estimate, low, high)}
    return Row(kind=kind, label=label, cells=cells | effect, estimate=estimate, low=low, high=high)


def _group_blocks(result: SubgroupResult, study_rows: dict[str, Row]) -> Iterator[Block]:
    overall = result.overall
    for name, group in result.groups.items():
        members = [overall.effects.labels.index(label) for label in group.effects.labels]
        share = (
            float(overall.fixed.weights[members].sum()),
            float(overall.weights[members].sum()),
        )
        rows = [study_rows[label] for label in group.effects.labels]
        pooled = _pooled_rows(group, share) if group.k > 1 else ()  # one study speaks for itself
        yield Block(name, (*rows, *pooled, Row(kind="space")))


def _overall_block(result: SubgroupResult) -> Block:
    test = f"Test for subgroup differences: {difference_text(result)}"
    between = Row(kind="text", label=test)
    return Block("All studies", (*_pooled_rows(result.overall), between))


# Notes -------------------------------------------------------------------------------------------


def _marks(effects: Effects) -> list[str]:
    """Signs behind a study's label: awaiting confirmation, interval of another level, derived."""
    status = effects.columns.get("status", ["confirmed"] * effects.k)
    levels = effects.columns.get("printed_level", [0.95] * effects.k)
    derived = effects.columns.get("derived", [False] * effects.k)
    return [
        ("†" if s == "unconfirmed" else "")
        + ("‡" if level not in (None, 0.95) else "§" if worked_out else "")
        for s, level, worked_out in zip(status, levels, derived, strict=True)
    ]


def _footnotes(result: PooledResult) -> tuple[str, ...]:
    effects = result.effects
    marks = "".join(_marks(effects))
    notes = [_test_text(result)] if effects.scale.null is not None else []
    notes.append(f"Methods: {result.methods()}")
    if "†" in marks:
        notes.append("† Awaiting confirmation in the paper.")
    if "‡" in marks:
        notes.append("‡ Printed with an interval of another level than 95%, converted.")
    if "§" in marks:
        notes.append("§ Not printed: worked out from printed figures.")
    notes += [
        note
        for note in result.notes
        if not note.startswith(("Awaiting", "Printed with an interval of another level"))
    ]
    if effects.left_out:
        notes.append(f"Not in this analysis: {_left_out_text(tuple(effects.left_out))}.")
    return tuple(notes)


def _left_out_text(left_out: Sequence[LeftOut]) -> str:
    """Who is not there: by name, but of many trials those that are not eligible by number."""
    if len(left_out) <= _NAMED_AT_MOST:
        return ", ".join(out.label for out in left_out)
    names = [out.label for out in left_out if not out.reason.startswith("not eligible")]
    rest = len(left_out) - len(names)
    counted = [f"{rest} {'trial that is' if rest == 1 else 'trials that are'} not eligible"]
    return ", ".join(names + (counted if rest else []))


def _test_text(result: PooledResult) -> str:
    statistic = f"{result.statistic:.2f}"
    if math.isfinite(result.df):
        return (
            f"Test of the pooled effect: t = {statistic}, df = {result.df:g}, "
            f"{p_text(result.p_value)}."
        )
    return f"Test of the pooled effect: z = {statistic}, {p_text(result.p_value)}."
