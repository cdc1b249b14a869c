"""Results -> what their forest plot says."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from metaonc.errors import PlotError
from metaonc.plots.forest_plot.columns import ColumnText, Share, column_texts
from metaonc.plots.forest_plot.description import (
    Band,
    Block,
    Column,
    ForestTable,
    ReferenceLine,
    Row,
)
from metaonc.plots.forest_plot.footnotes import footnotes
from metaonc.plots.forest_plot.presets import Preset, preset_named
from metaonc.plots.forest_plot.rows import (
    added_row,
    pooled_rows,
    sorted_labels,
    study_rows,
)
from metaonc.plots.forest_plot.sentences import difference_sentence
from metaonc.pooling import PooledResult, SubgroupResult

Result = PooledResult | SubgroupResult
PredictionStyle = Literal["interval", "density", "shade", "none"]
PREDICTION_STYLES = ("interval", "density", "shade", "none")


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What was asked of a plot; see `forest`."""

    preset: Preset
    columns: tuple[str, ...]
    sort: str | None
    studies: bool
    prediction: PredictionStyle
    add: Mapping[str, PooledResult]
    reference: tuple[float, ...]
    unimportant: tuple[float, float] | None
    interval_band: bool


def forest_table(
    result: Result | Mapping[str, Result],
    *,
    title: str | None = None,
    preset: str | Preset = "metaonc",
    columns: Iterable[str] | None = None,
    sort: str | None = None,
    studies: bool = True,
    prediction: PredictionStyle = "interval",
    add: Mapping[str, PooledResult] | None = None,
    reference: float | Sequence[float] = (),
    unimportant: tuple[float, float] | None = None,
    interval_band: bool = False,
) -> ForestTable:
    """Describe a forest plot; computes no statistic.

    Parameters and errors are those of :func:`metaonc.forest`.

    Returns
    -------
    ForestTable
        Rows, columns, lines and words, which :func:`metaonc.forest` draws; change it with
        ``dataclasses.replace`` and draw that.

    Examples
    --------
    >>> import metaonc as mo
    >>> from metaonc.plots import forest_table
    >>> table = forest_table(mo.pool(mo.load_registry().effects("pfs")), preset="jama")
    >>> [row.cells["effect"] for row in table.rows() if row.pooled]
    ['0.60 (0.46-0.79)']
    """
    if prediction not in PREDICTION_STYLES:
        names = ", ".join(map(repr, PREDICTION_STYLES))
        raise PlotError(f"prediction = {prediction!r} must be one of {names}.")
    house = preset_named(preset)
    wishes = Wishes(
        preset=house,
        columns=house.columns if columns is None else tuple(columns),
        sort=sort,
        studies=studies,
        prediction=prediction,
        add=add or {},
        reference=(reference,) if isinstance(reference, int | float) else tuple(reference),
        unimportant=unimportant,
        interval_band=interval_band,
    )
    if isinstance(result, Mapping):
        return _side_by_side(result, title, wishes)
    return _one_result(result, title, wishes)


def _one_result(result: Result, title: str | None, wishes: Wishes) -> ForestTable:
    overall = _overall(result)
    effects, preset = overall.effects, wishes.preset
    sides = column_texts(overall, preset, wishes.columns)
    texts = [text for _, text in sides]
    blocks = _blocks(result, texts, wishes)
    added = [added_row(label, other, texts, preset) for label, other in wishes.add.items()]
    if added:
        blocks = [*blocks, Block("", (Row(kind="space"), *added))]
    return ForestTable(
        title=effects.title if title is None else title,
        measure=effects.scale,
        axis_label=effects.scale.label + (" (log scale)" if effects.scale.log_axis else ""),
        columns=_columns(sides),
        blocks=tuple(blocks),
        pooled=overall.display()[0],
        favours=_favours(effects.favours_low, effects.favours_high, preset),
        footnotes=(
            *(footnotes(overall, preset) if preset.footnotes else ()),
            *(note for text in texts for note in text.notes()),
        ),
        heading=preset.heading,
        lines=tuple(_lines(overall, wishes)),
        bands=tuple(_bands(overall, wishes)),
        preset=preset,
        level=overall.choices.level,
    )


def _side_by_side(results: Mapping[str, Result], title: str | None, wishes: Wishes) -> ForestTable:
    """Several analyses, each a block under its name, with what they share said once."""
    if not results:
        raise PlotError("there is no result to draw; name one at least.")
    tables = {name: _one_result(result, title, wishes) for name, result in results.items()}
    first, *others = tables.values()
    for name, table in tables.items():
        if table.measure.label != first.measure.label:
            raise PlotError(
                f"{name!r} is a {table.measure.name} and {next(iter(tables))!r} a "
                f"{first.measure.name}; one axis shows one measure, so draw them apart."
            )
    blocks = [
        Block(f"{name}: {block.heading}" if block.heading else name, block.rows)
        for name, table in tables.items()
        for block in table.blocks
    ]
    known = {column.key: column for table in tables.values() for column in table.columns}
    return ForestTable(
        title=title or "",
        measure=first.measure,
        axis_label=first.axis_label,
        columns=tuple(known.values()),
        blocks=tuple(blocks),
        pooled=math.nan,
        favours=first.favours if all(t.favours == first.favours for t in others) else ("", ""),
        footnotes=_notes_of_all(tables),
        heading=first.heading,
        lines=tuple(line for line in first.lines if line.kind != "pooled"),
        bands=tuple(band for band in first.bands if band.kind == "unimportant"),
        preset=first.preset,
        level=first.level if all(t.level == first.level for t in others) else None,
    )


def _notes_of_all(tables: Mapping[str, ForestTable]) -> tuple[str, ...]:
    """Footnotes of several analyses: once where all have them, else under their names."""
    notes: dict[str, list[str]] = {}
    for name, table in tables.items():
        for note in table.footnotes:
            notes.setdefault(note, []).append(name)
    marks = ("†", "‡", "§")
    return tuple(
        note
        if len(names) == len(tables) or note.startswith(marks)
        else f"{', '.join(names)}: {note}"
        for note, names in notes.items()
    )


def _overall(result: Result) -> PooledResult:
    if isinstance(result, SubgroupResult):
        return result.overall
    if isinstance(result, PooledResult):
        return result
    raise PlotError(
        f"forest() draws the result of pool() or subgroups(), got {type(result).__name__}."
    )


def _columns(sides: Iterable[tuple[Literal["left", "right"], ColumnText]]) -> tuple[Column, ...]:
    found = [column for side, text in sides for column in text.columns(side)]
    return tuple({column.key: column for column in found}.values())


def _favours(low: str, high: str, preset: Preset) -> tuple[str, str]:
    spelled = (words.replace("Favours", preset.favours) for words in (low, high))
    first, second = spelled
    return first, second


# Blocks ------------------------------------------------------------------------------------------


def _blocks(result: Result, texts: Sequence[ColumnText], wishes: Wishes) -> list[Block]:
    overall = _overall(result)
    by_label = study_rows(overall, texts) if wishes.studies else {}
    order = [label for label in sorted_labels(overall, wishes.sort) if label in by_label]
    if isinstance(result, SubgroupResult):
        groups = _group_blocks(result, {label: by_label[label] for label in order}, texts, wishes)
        return [*groups, _overall_block(result, texts, wishes)]
    rows = [by_label[label] for label in order]
    space = [Row(kind="space")] if rows else []
    return [Block("", (*rows, *space, *_pooled(overall, texts, wishes)))]


def _pooled(
    result: PooledResult, texts: Sequence[ColumnText], wishes: Wishes, share: Share = (1.0, 1.0)
) -> list[Row]:
    rows = pooled_rows(
        result, texts, wishes.preset, share=share, density=wishes.prediction == "density"
    )
    return [row for row in rows if row.kind != "prediction" or wishes.prediction != "none"]


def _group_blocks(
    result: SubgroupResult, rows: Mapping[str, Row], texts: Sequence[ColumnText], wishes: Wishes
) -> Iterator[Block]:
    overall = result.overall
    for name, group in result.groups.items():
        members = [overall.effects.labels.index(label) for label in group.effects.labels]
        share = (
            float(overall.fixed.weights[members].sum()),
            float(overall.weights[members].sum()),
        )
        studies = [row for label, row in rows.items() if label in group.effects.labels]
        # One study speaks for itself, where it is shown.
        pooled = _pooled(group, texts, wishes, share) if group.k > 1 or not studies else []
        yield Block(name, (*studies, *pooled, Row(kind="space")))


def _overall_block(result: SubgroupResult, texts: Sequence[ColumnText], wishes: Wishes) -> Block:
    between = Row(kind="text", label=difference_sentence(result, wishes.preset))
    return Block("All studies", (*_pooled(result.overall, texts, wishes), between))


# Lines and bands ---------------------------------------------------------------------------------


def _lines(result: PooledResult, wishes: Wishes) -> Iterator[ReferenceLine]:
    null = result.effects.scale.null
    if null is not None:
        yield ReferenceLine("null", null)
    yield ReferenceLine("pooled", result.display()[0])
    for value in wishes.reference:
        if not math.isfinite(value):
            raise PlotError(f"reference = {value} must be a number on the displayed scale.")
        yield ReferenceLine("asked", float(value))


def _bands(result: PooledResult, wishes: Wishes) -> Iterator[Band]:
    if wishes.unimportant is not None:
        low, high = wishes.unimportant
        if not low < high:
            raise PlotError(
                f"unimportant = {wishes.unimportant} must be two numbers in order, the limits of "
                "effects too small to matter, e.g. (0.9, 1.11)."
            )
        yield Band("unimportant", float(low), float(high))
    if wishes.interval_band:
        _, low, high = result.display()
        yield Band("interval", low, high)
    prediction = result.prediction_interval()
    if wishes.prediction == "shade" and prediction.applies:
        yield Band("prediction", *map(float, result.effects.display(prediction)))
