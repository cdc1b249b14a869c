"""Leave-one-out and cumulative tables -> what their forest plot says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from metaonc.diagnostics.deletion.subsets import PooledSubsets
from metaonc.diagnostics.words import p_cell
from metaonc.effects import level_text
from metaonc.plots.forest_plot.description import (
    Block,
    Column,
    ForestTable,
    ReferenceLine,
    Row,
    RowKind,
)
from metaonc.plots.forest_plot.presets import Preset, preset_named
from metaonc.pooling.words import tau2_text

if TYPE_CHECKING:
    import pandas as pd


def subsets_table(
    finding: PooledSubsets, *, title: str | None = None, preset: str | Preset = "metaonc"
) -> ForestTable:
    """Describe the forest plot of a result fitted to one subset of studies after another.

    Parameters
    ----------
    finding : PooledSubsets
        Made by :func:`metaonc.leave_one_out` or :func:`metaonc.cumulative`.
    title : str, optional
        Heading. Default: that of the effects, and what the table is.
    preset : str or Preset, default "metaonc"
        Whose house style.

    Returns
    -------
    ForestTable
        A square per subset, all of one size: each is a pooled result.
    """
    house, effects = preset_named(preset), finding.result.effects
    heading = ": ".join(filter(None, [effects.title, finding.kind]))
    null = effects.scale.null
    lines = [] if null is None else [ReferenceLine("null", null)]
    pooled = finding.result.display()[0]
    frame = finding.to_frame(display=True)
    rows = [_row(finding, frame, i, house) for i in range(len(finding.labels))]
    return ForestTable(
        title=heading if title is None else title,
        measure=effects.scale,
        axis_label=effects.scale.label + (" (log scale)" if effects.scale.log_axis else ""),
        columns=_columns(finding),
        blocks=(Block("", (*rows, Row(kind="space"), _last(finding, house))),),
        pooled=pooled,
        favours=(effects.favours_low, effects.favours_high),
        footnotes=(*finding.sentences, f"Methods: {finding.result.methods()}"),
        heading=finding.column.replace("_", " ").capitalize(),
        lines=(*lines, ReferenceLine("pooled", pooled)),
        preset=house,
        level=finding.result.choices.level,
    )


def _columns(finding: PooledSubsets) -> tuple[Column, ...]:
    scale, level = finding.result.effects.scale, level_text(finding.result.choices.level)
    fixed = finding.result.choices.model == "fixed"
    columns = [
        Column("k", "k", "left"),
        Column("effect", f"{scale.label}\n({level} CI)", "right", "point"),
        Column("p", "p", "right", "point"),
        Column("tau2", "tau²", "right", "point"),
        Column("i2", "I²", "right"),
    ]
    left_out = {"tau2"} if fixed else set()
    left_out |= {"p"} if scale.null is None else set()
    return tuple(column for column in columns if column.key not in left_out)


def _row(finding: PooledSubsets, frame: pd.DataFrame, i: int, house: Preset) -> Row:
    row = frame.iloc[i]
    k, label = {"k": f"{row['k']:.0f}"}, finding.labels[i]
    if not math.isfinite(row["estimate"]):
        return Row(kind="study", label=label, cells=k | {"effect": "no finite mean"})
    estimate, low, high = (float(row[name]) for name in ("estimate", "ci_low", "ci_high"))
    numbers = house.numbers
    cells = {
        "effect": numbers.effect(finding.result.effects.scale, estimate, low, high),
        "p": numbers.written(p_cell(float(row["p_value"]))),
        "tau2": numbers.written(tau2_text(float(row["tau2"]))),
        "i2": f"{row['i2']:.0%}",
    }
    return Row(
        kind="study",
        label=label,
        cells=k | cells,
        estimate=estimate,
        low=low,
        high=high,
        weight=1.0,
    )


def _last(finding: PooledSubsets, house: Preset) -> Row:
    """All studies, as a diamond."""
    result, numbers = finding.result, house.numbers
    estimate, low, high = result.display()
    cells = {
        "k": f"{result.k}",
        "effect": numbers.effect(result.effects.scale, estimate, low, high),
        "p": numbers.written(p_cell(result.p_value)),
        "tau2": numbers.written(tau2_text(result.tau2)),
        "i2": f"{result.i2:.0%}",
    }
    kind: RowKind = "common" if result.choices.model == "fixed" else "random"
    return Row(kind=kind, label=finding.whole, cells=cells, estimate=estimate, low=low, high=high)
