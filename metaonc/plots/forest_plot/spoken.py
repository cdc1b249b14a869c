"""A forest plot in words: alternative text for those who do not see it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from metaonc.effects import level_text
from metaonc.plots.alt import AltText
from metaonc.plots.forest_plot.numbers import NumberStyle

if TYPE_CHECKING:
    from metaonc.plots.forest_plot.description import Block, ForestTable, Row

_PLAIN = NumberStyle()
_MODELS = {"common": "Common effect", "random": "Random effects"}
_BLOCKS_AT_MOST = 6  # analyses that the short text repeats the results of


def alt_text(table: ForestTable) -> AltText:
    """The short text says what is plotted and what came out; the long one every row."""
    said = [_head(table), *_pooled_sentences(table)]
    return AltText(" ".join(said), "\n".join(_lines(table)))


def effect_words(table: ForestTable, row: Row) -> str:
    """Estimate and interval of a row, with the name of the measure and the level.

    A prediction interval has no estimate.
    """
    measure = table.measure
    low, high = _PLAIN.written(measure.number(row.low)), _PLAIN.written(measure.number(row.high))
    limits = f"{low} to {high}{measure.unit}"
    if math.isnan(row.estimate):
        return limits
    estimate = f"{_PLAIN.written(measure.number(row.estimate))}{measure.unit}"
    if math.isnan(row.low) and math.isnan(row.high):
        return f"{measure.name} {estimate}"
    level = f"{level_text(table.level)} CI" if table.level else "interval"
    return f"{measure.name} {estimate} ({level} {limits})"


# The short text ----------------------------------------------------------------------------------


def _head(table: ForestTable) -> str:
    k = sum(row.kind == "study" for row in table.rows())
    of_studies = table.heading == table.preset.heading and not math.isnan(table.pooled)
    one, many = ("study", "studies") if of_studies else ("estimate", "estimates")
    studies = f"1 {one}" if k == 1 else f"{k} {many}" if k else "pooled results"
    groups = sum(bool(block.heading) and _has_studies(block) for block in table.blocks)
    parted = f" in {groups} groups" if groups > 1 and k else ""
    title = f": {table.title.rstrip('.')}" if table.title else ""
    return f"Forest plot of {studies}{parted}{title}."


def _has_studies(block: Block) -> bool:
    return any(row.kind == "study" for row in block.rows)


def _pooled_sentences(table: ForestTable) -> Iterator[str]:
    for block in table.blocks:
        for row in block.rows:
            if row.pooled and row.estimate == table.pooled:
                yield from _result(table, block, row)
                return
    results = [
        (block.heading, pooled[-1])
        for block in table.blocks
        if (pooled := [row for row in block.rows if row.pooled])
    ]
    for heading, row in results[:_BLOCKS_AT_MOST]:
        yield f"{heading or row.label}: {effect_words(table, row)}{_reading(table, row)}."
    if len(results) > _BLOCKS_AT_MOST:
        yield f"{len(results) - _BLOCKS_AT_MOST} more results are in the description."


def _result(table: ForestTable, block: Block, row: Row) -> Iterator[str]:
    """The pooled effect, where a new study may lie, and the tests that stand with them."""
    yield f"{_MODELS[row.kind]}: {effect_words(table, row)}{_reading(table, row)}."
    for other in block.rows:
        if other.kind == "prediction":
            yield f"{other.label}: {effect_words(table, other)}."
        elif other.kind == "text" and other.label:
            yield f"{other.label.rstrip('.')}."


def _reading(table: ForestTable, row: Row) -> str:
    """Which way an estimate points, and whether its interval leaves that open."""
    null = table.measure.null
    if null is None or math.isnan(row.estimate):
        return ""
    side = _side(table, row.estimate)
    if math.isnan(row.low) or math.isnan(row.high):
        return f", {side}" if side else ""
    open_ = row.low <= null <= row.high
    value = f"the interval {'includes' if open_ else 'excludes'} {null:g} (no effect)"
    if not side:
        return f"; {value}"
    return f", {side}, but {value}" if open_ else f", {side}; {value}"


def _side(table: ForestTable, value: float) -> str:
    null = table.measure.null
    if null is None or value == null:
        return ""
    words = table.favours[0 if value < null else 1]
    return words[:1].lower() + words[1:] if words else table.measure.direction(value)


# The long text -----------------------------------------------------------------------------------


def _lines(table: ForestTable) -> Iterator[str]:
    for block in table.blocks:
        if block.heading:
            yield f"{block.heading}:"
        for row in block.rows:
            if row.kind == "text":
                yield f"{row.label.rstrip('.')}."
            elif row.kind != "space":
                yield f"{row.label}: {'; '.join(_cells(table, row))}."
    yield from _axis_lines(table)
    yield from table.footnotes


def _cells(table: ForestTable, row: Row) -> Iterator[str]:
    if not row.cells.get("effect"):
        yield effect_words(table, row)
    for column in table.columns:
        if text := row.cells.get(column.key, ""):
            names = [*filter(None, [column.group, *column.heading.split("\n")])]
            yield f"{' '.join(names)} {text}"


def _axis_lines(table: ForestTable) -> Iterator[str]:
    low, high = table.favours
    sides = [f"left {low[:1].lower()}{low[1:]}"] if low else []
    sides += [f"right {high[:1].lower()}{high[1:]}"] if high else []
    yield f"Axis: {'; '.join([table.axis_label, *sides])}."
    asked = [f"{line.value:g}" for line in table.lines if line.kind == "asked"]
    if asked:
        yield f"Dotted line at {', '.join(asked)}."
    yield from (
        f"Band of effects too small to matter: {band.low:g} to {band.high:g}."
        for band in table.bands
        if band.kind == "unimportant"
    )
