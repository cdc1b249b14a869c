"""The picture of one row as SVG, in per cent of the width of its cell."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape

from metaonc.plots.forest_plot.axis import Axis
from metaonc.plots.forest_plot.description import ForestTable, Row
from metaonc.plots.judgements import LOOKS

LARGEST = 15.0  # side of the largest square, in pixels
_HALF = 8.0  # half a diamond
_OPEN = '<svg aria-hidden="true" focusable="false"'


def percent(axis: Axis, value: float) -> str:
    """Where a value lies, within the ends of the axis.

    Examples
    --------
    >>> axis = Axis(0.5, 2.0, (), (), True)
    >>> percent(axis, 1.0), percent(axis, 10.0)
    ('50%', '100%')
    """
    return f"{_place(axis, value):.6g}%"


def judgement_picture(word: str) -> str:
    """A circle that stands for a judgement, and its word for those who do not see it."""
    look = LOOKS[word]
    picture = (
        f'{_OPEN} width="16" height="16"><circle cx="8" cy="8" r="7" fill="{look.fill}" '
        f'stroke="#555"/><text x="8" y="8" font-size="12" font-weight="bold" fill="{look.ink}" '
        f'text-anchor="middle" dominant-baseline="central">{look.symbol}</text></svg>'
    )
    return f'{picture}<span class="unseen">{escape(word)}</span>'


def _place(axis: Axis, value: float) -> float:
    if math.isnan(value):
        raise ValueError("a missing value has no place on the axis")
    return 100 * axis.position(min(max(value, axis.low), axis.high))


def row_picture(table: ForestTable, axis: Axis, row: Row | None, largest: float) -> str:
    """Bands and lines over the whole height, and the row's mark in the middle of it."""
    behind = "".join(_behind(table, axis))
    marks = "".join(_marks(axis, row, largest)) if row is not None else ""
    middle = f'<svg y="50%" overflow="visible">{marks}</svg>' if marks else ""
    return f"{_OPEN}>{behind}{middle}</svg>"


def _behind(table: ForestTable, axis: Axis) -> Iterator[str]:
    for band in table.bands:
        low, high = (_place(axis, value) for value in (band.low, band.high))
        kind = "unimportant" if band.kind == "unimportant" else "band"
        yield f'<rect class="{kind}" x="{low:.6g}%" width="{high - low:.6g}%" height="100%"/>'
    for line in table.lines:
        if axis.low <= line.value <= axis.high:
            x = percent(axis, line.value)
            yield f'<line class="{line.kind}" x1="{x}" x2="{x}" y1="0" y2="100%"/>'


def _marks(axis: Axis, row: Row, largest: float) -> Iterator[str]:
    if row.kind == "study":
        yield from _square(axis, row, largest)
    elif row.pooled and not math.isnan(row.estimate):
        yield _diamond(axis, row)
    elif row.kind == "prediction" and not (math.isnan(row.low) or math.isnan(row.high)):
        yield from _prediction(axis, row)
    yield from _arrows(axis, row)


def _square(axis: Axis, row: Row, largest: float) -> Iterator[str]:
    if not axis.low <= row.estimate <= axis.high:
        return
    low, high = _ends(row)
    yield f'<line class="whisker" x1="{percent(axis, low)}" x2="{percent(axis, high)}"/>'
    side = LARGEST * math.sqrt(max(row.weight, 0.0) / largest)
    yield (
        f'<rect class="square" x="{percent(axis, row.estimate)}" y="{-side / 2:.3g}" '
        f'width="{side:.4g}" height="{side:.4g}" transform="translate({-side / 2:.3g} 0)"/>'
    )


def _ends(row: Row) -> tuple[float, float]:
    """Limits of a row; none on the side where there is no limit."""
    low, high = (row.estimate if math.isnan(x) else x for x in (row.low, row.high))
    return low, high


def _diamond(axis: Axis, row: Row) -> str:
    ends = _ends(row)
    low, middle, high = (_place(axis, value) for value in (ends[0], row.estimate, ends[1]))
    return _stretched(
        f'<polygon class="{row.kind}" '
        f'points="{low:.6g},1 {middle:.6g},0 {high:.6g},1 {middle:.6g},2"/>',
        height=2,
    )


def _prediction(axis: Axis, row: Row) -> Iterator[str]:
    if row.density:
        points = " ".join(
            f"{_place(axis, value):.5g},{1 - height:.4g}" for value, height in row.density
        )
        first, last = (f"{_place(axis, row.density[i][0]):.5g},1" for i in (0, -1))
        yield _stretched(f'<polygon class="density" points="{first} {points} {last}"/>', height=1)
    y = _HALF if row.density else 0.0
    x = f'x1="{percent(axis, row.low)}" x2="{percent(axis, row.high)}"'
    yield f'<line class="prediction" {x} y1="{y:g}" y2="{y:g}"/>'


def _stretched(shape: str, *, height: int) -> str:
    """A shape as wide as the cell, whatever the width of the cell is."""
    return (
        f'<svg y="{-_HALF:g}" width="100%" height="{2 * _HALF:g}" overflow="visible" '
        f'viewBox="0 0 100 {height}" preserveAspectRatio="none">{shape}</svg>'
    )


def _arrows(axis: Axis, row: Row) -> Iterator[str]:
    """Where the interval goes on beyond the axis."""
    kind = "study" if row.kind == "study" else "edge"
    if row.low < axis.low:
        yield f'<path class="beyond {kind}" d="M-4 0l7-4v8z"/>'
    if row.high > axis.high:
        tip = f'<path class="beyond {kind}" d="M4 0l-7-4v8z"/>'
        yield f'<svg x="100%" overflow="visible">{tip}</svg>'


def axis_picture(table: ForestTable, axis: Axis, width: float) -> str:
    """The axis with its ticks; labels that would touch on an axis of this width are left out."""
    labels = axis.labels_within(width, table.measure.null)
    parts = ['<line x1="0" x2="100%" y1="0.5" y2="0.5"/>']
    for tick, label in zip(axis.ticks, labels, strict=True):
        x = percent(axis, tick)
        parts.append(f'<line x1="{x}" x2="{x}" y1="0" y2="5"/>')
        if label:
            text = table.preset.numbers.written(label)
            parts.append(f'<text x="{x}" y="18">{text}</text>')
    return f"{_OPEN}>{''.join(parts)}</svg>"
