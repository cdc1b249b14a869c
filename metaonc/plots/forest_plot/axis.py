"""The horizontal axis: limits that show what matters, and ticks a person would choose."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from metaonc.effects import Measure
from metaonc.errors import PlotError
from metaonc.plots.forest_plot.description import ForestTable, Row
from metaonc.plots.style import SMALL
from metaonc.plots.text import text_width
from metaonc.plots.ticks import ratio_ticks

# Studies' intervals may pull a log axis beyond the estimates by this factor, and a prediction
# interval by less; what lies further out ends in an arrow.
_REACH, _PREDICTION_REACH = 4.0, 1.5
_APART = 5.0  # points between two labels


@dataclass(frozen=True)
class Axis:
    """Limits, ticks and their labels, on the displayed scale."""

    low: float
    high: float
    ticks: tuple[float, ...]
    labels: tuple[str, ...]
    log: bool

    def position(self, value: float) -> float:
        """Where a value lies along the axis: 0 at the lower limit, 1 at the upper."""
        low, high, x = (
            (math.log(v) for v in (self.low, self.high, value))
            if self.log
            else (self.low, self.high, value)
        )
        return (x - low) / (high - low)

    def labels_within(self, width: float, null: float | None) -> tuple[str, ...]:
        """The labels, empty where one would touch its neighbour on an axis of this width.

        The label at the value of no effect stays.
        """
        order = sorted(range(len(self.ticks)), key=lambda i: (self.ticks[i] != null, i))
        kept: dict[int, tuple[float, float]] = {}
        for i in order:
            middle = width * self.position(self.ticks[i])
            half = (text_width(self.labels[i], SMALL) + _APART) / 2
            ends = (middle - half, middle + half)
            if all(ends[1] <= low or high <= ends[0] for low, high in kept.values()):
                kept[i] = ends
        return tuple(label if i in kept else "" for i, label in enumerate(self.labels))


def choose_axis(table: ForestTable, limits: tuple[float, float] | None = None) -> Axis:
    """Choose limits and ticks for a forest plot.

    Parameters
    ----------
    table : ForestTable
        What is plotted.
    limits : (low, high), optional
        Limits to keep instead of choosing them.

    Raises
    ------
    PlotError
        If the limits are not in order, or not positive on a log axis.
    """
    measure = table.measure
    if limits is not None:
        _check_limits(limits, measure)
    low, high = limits or _limits(table)
    ticks = ratio_ticks(low, high) if measure.log_axis else _linear_ticks(low, high, measure)
    return Axis(low, high, ticks, tuple(_label(tick, measure) for tick in ticks), measure.log_axis)


def _check_limits(limits: tuple[float, float], measure: Measure) -> None:
    low, high = limits
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise PlotError(f"xlim = {limits} must be two numbers in order, e.g. (0.25, 4).")
    if measure.log_axis and low <= 0:
        raise PlotError(f"xlim = {limits} must be > 0 on the log axis of a {measure.name}.")


def _limits(table: ForestTable) -> tuple[float, float]:
    """Limits on the displayed scale, from what must be seen and what may be cut."""
    measure = table.measure
    rows = [row for row in table.rows() if row.kind not in ("text", "space")]
    if measure.share:
        return 0.0, _highest_share(rows)
    forward, back = (_log, math.exp) if measure.log_axis else (float, float)
    must = [row.estimate for row in rows if row.kind == "study"]
    must += [x for row in rows if row.pooled for x in (row.low, row.estimate, row.high)]
    must += [] if measure.null is None else [measure.null]
    scaled = [x for x in map(forward, must) if math.isfinite(x)]
    low, high = min(scaled), max(scaled)
    span = high - low or 1.0
    for kind, factor, share in (("study", _REACH, 1.0), ("prediction", _PREDICTION_REACH, 0.25)):
        reach = math.log(factor) if measure.log_axis else share * span
        limits = [
            (forward(row.low), forward(row.high))
            for row in rows
            if row.kind == kind and not (math.isnan(row.low) or math.isnan(row.high))
        ]
        low = min([low, *(max(x, min(scaled) - reach) for x, _ in limits)])
        high = max([high, *(min(x, max(scaled) + reach) for _, x in limits)])
    if low == high:  # one point: room on both sides of it
        half = math.log(2) if measure.log_axis else abs(low) or 1.0
        low, high = low - half, high + half
    if measure.log_axis:
        return _rounded_out(back(low), back(high))
    margin = 0.04 * (high - low)
    return low - margin, high + margin


def _highest_share(rows: Iterable[Row]) -> float:
    """Upper end of an axis of proportions."""
    top = max(x for row in rows for x in (row.estimate, row.high) if math.isfinite(x))
    step = 0.2 if top > 0.1 else 10.0 ** math.floor(math.log10(top)) if top > 0 else 1.0
    return min(1.0, math.ceil(top / step - 1e-9) * step) or 1.0


def _log(value: float) -> float:
    """Logarithm of a ratio; a ratio of 0 lies infinitely far below."""
    return math.log(value) if value > 0 else -math.inf


def _rounded_out(low: float, high: float) -> tuple[float, float]:
    """Limits at powers of two, so that the axis ends at a tick; others just get a margin."""
    if not 1.5 < high / low < 32:
        margin = (high / low) ** 0.04
        return low / margin, high * margin
    return 2.0 ** math.floor(math.log2(low / 1.02)), 2.0 ** math.ceil(math.log2(high * 1.02))


def _linear_ticks(low: float, high: float, measure: Measure) -> tuple[float, ...]:
    from matplotlib.ticker import MaxNLocator

    scale = measure.per
    values = MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]).tick_values(low * scale, high * scale)
    return tuple(float(v) / scale for v in values if low * scale - 1e-9 <= v <= high * scale + 1e-9)


def _label(tick: float, measure: Measure) -> str:
    value = measure.per * tick
    return f"{value:.10g}".replace("-", "−")
