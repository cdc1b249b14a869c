"""The rows of a forest plot: studies, and what was pooled from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from metaonc.effects import Effects, level_text
from metaonc.errors import PlotError
from metaonc.kernels import FloatArray
from metaonc.plots.forest_plot.columns import ColumnText, Share
from metaonc.plots.forest_plot.description import Row, RowKind
from metaonc.plots.forest_plot.presets import Preset
from metaonc.plots.forest_plot.sentences import effect_test_sentence, heterogeneity_sentence
from metaonc.plots.forest_plot.sources import study_sources
from metaonc.pooling import PooledResult

WHOLE: Share = (1.0, 1.0)
_BY_RESULT = ("effect", "weight", "precision", "label")
_CURVE = 81  # points of a density


def study_rows(result: PooledResult, columns: Sequence[ColumnText]) -> dict[str, Row]:
    """One row per study, by label; weights are shares of all studies."""
    effects = result.effects
    estimates, lows, highs = effects.intervals(result.choices.level)
    marks, sources = study_marks(effects), study_sources(effects)
    return {
        label: Row(
            kind="study",
            label=label + marks[i],
            cells={key: text for column in columns for key, text in column.study(i).items()},
            estimate=float(estimates[i]),
            low=float(lows[i]),
            high=float(highs[i]),
            weight=float(result.weights[i]),
            source=sources[i],
        )
        for i, label in enumerate(effects.labels)
    }


def sorted_labels(result: PooledResult, sort: str | None) -> list[str]:
    """Labels of the studies in the order of the plot.

    Raises
    ------
    PlotError
        If there is nothing of that name to sort by.
    """
    effects = result.effects
    if sort is None:
        return list(effects.labels)
    name, down = sort.removeprefix("-"), sort.startswith("-")
    known: dict[str, Sequence[Any] | FloatArray] = {
        "effect": effects.yi,
        "weight": result.weights,
        "precision": -effects.vi,
        "label": effects.labels,
    }
    if name not in known and name not in effects.columns:
        names = ", ".join(map(repr, [*_BY_RESULT, *effects.columns]))
        raise PlotError(f"sort = {sort!r} names nothing to sort by; use one of {names}.")
    values = known[name] if name in known else effects.columns[name]
    there = [i for i in range(effects.k) if values[i] is not None and values[i] == values[i]]
    there.sort(key=lambda i: values[i], reverse=down)
    missing = [i for i in range(effects.k) if i not in set(there)]
    return [effects.labels[i] for i in (*there, *missing)]


def pooled_rows(
    result: PooledResult,
    columns: Sequence[ColumnText],
    preset: Preset,
    *,
    share: Share = WHOLE,
    density: bool = False,
) -> Iterator[Row]:
    """Diamonds, prediction interval, heterogeneity and test of one pooled result.

    `share` is the part of the whole analysis' weight that these studies have.
    """
    for name in preset.pooled:
        if name == "common" or (name == "pooled" and result.choices.model == "fixed"):
            yield _diamond("common", result, columns, preset, share)
        elif name in ("random", "pooled"):
            if result.choices.model == "random":
                yield _diamond("random", result, columns, preset, share)
        elif name == "prediction":
            yield from _prediction(result, columns, preset, density=density)
        elif name == "heterogeneity":
            if result.k > 1:
                yield Row(kind="text", label=heterogeneity_sentence(result, preset))
        elif name == "test" and result.effects.scale.null is not None:
            yield Row(kind="text", label=effect_test_sentence(result, preset))


def added_row(
    label: str, result: PooledResult, columns: Sequence[ColumnText], preset: Preset
) -> Row:
    """A result that was not pooled from the rows above, with a diamond of its own."""
    kind: RowKind = "common" if result.choices.model == "fixed" else "random"
    cells = {
        key: text
        for column in columns
        for key, text in column.pooled(kind, result, WHOLE).items()
        if not key.startswith("weight")
    }
    estimate, low, high = result.display()
    return Row(kind=kind, label=label, cells=cells, estimate=estimate, low=low, high=high)


def _diamond(
    kind: RowKind,
    result: PooledResult,
    columns: Sequence[ColumnText],
    preset: Preset,
    share: Share,
) -> Row:
    shown = result.fixed if kind == "common" else result
    estimate, low, high = shown.display()
    return Row(
        kind=kind,
        label=preset.words[kind].format(level=level_text(result.choices.level)),
        cells=_pooled_cells(kind, result, columns, share),
        estimate=estimate,
        low=low,
        high=high,
    )


def _pooled_cells(
    kind: RowKind, result: PooledResult, columns: Sequence[ColumnText], share: Share
) -> dict[str, str]:
    return {
        key: text for column in columns for key, text in column.pooled(kind, result, share).items()
    }


def _prediction(
    result: PooledResult, columns: Sequence[ColumnText], preset: Preset, *, density: bool
) -> Iterator[Row]:
    prediction = result.prediction_interval()
    if result.choices.model == "fixed" or not prediction.applies:
        return
    low, high = map(float, result.effects.display(prediction))
    yield Row(
        kind="prediction",
        label=preset.words["prediction"].format(level=level_text(result.choices.level)),
        cells=_pooled_cells("prediction", result, columns, WHOLE),
        low=low,
        high=high,
        density=_curve(result) if density else (),
    )


def _curve(result: PooledResult) -> tuple[tuple[float, float], ...]:
    """The predictive density over its 99.5% interval, the highest point at 1."""
    low, high = result.prediction_interval(level=0.995)
    values = np.linspace(low, high, _CURVE)
    heights = result.prediction_density(values)
    return tuple(
        (float(x), float(y))
        for x, y in zip(result.effects.display(values), heights / heights.max(), strict=True)
    )


def study_marks(effects: Effects) -> list[str]:
    """Signs behind a study's label: awaiting confirmation, interval of another level, derived."""
    status = effects.columns.get("status", ["confirmed"] * effects.k)
    levels = effects.columns.get("printed_level", [0.95] * effects.k)
    derived = effects.columns.get("derived", [False] * effects.k)
    return [
        ("†" if s == "unconfirmed" else "")
        + ("‡" if level not in (None, 0.95) else "§" if worked_out else "")
        for s, level, worked_out in zip(status, levels, derived, strict=True)
    ]
