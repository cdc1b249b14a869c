"""The horizontal axis: limits that show what matters, and ticks a person would choose."""

from __future__ import annotations

import math
from dataclasses import dataclass

from metaonc.effects import Measure
from metaonc.errors import PlotError
from metaonc.plots.forest_plot.description import ForestTable
from metaonc.plots.ticks import ratio_ticks

# Studies' intervals may pull a log axis beyond the estimates by this factor, and a prediction
# interval by less; what lies further out ends in an arrow.
_REACH, _PREDICTION_REACH = 4.0, 1.5


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
    rows = [row for row in table.rows() if not math.isnan(row.low)]
    if measure.share:
        top = max(row.high for row in rows)
        step = 0.2 if top > 0.1 else 10.0 ** math.floor(math.log10(top))
        return 0.0, min(1.0, math.ceil(top / step - 1e-9) * step)
    forward, back = (math.log, math.exp) if measure.log_axis else (float, float)
    must = [row.estimate for row in rows if row.kind == "study"]
    must += [x for row in rows if row.kind in ("common", "random") for x in (row.low, row.high)]
    must += [] if measure.null is None else [measure.null]
    scaled = [forward(x) for x in must]
    low, high = min(scaled), max(scaled)
    span = high - low or 1.0
    for kind, factor, share in (("study", _REACH, 1.0), ("prediction", _PREDICTION_REACH, 0.25)):
        reach = math.log(factor) if measure.log_axis else share * span
        limits = [(forward(row.low), forward(row.high)) for row in rows if row.kind == kind]
        low = min([low, *(max(x, min(scaled) - reach) for x, _ in limits)])
        high = max([high, *(min(x, max(scaled) + reach) for _, x in limits)])
    if measure.log_axis:
        return _rounded_out(back(low), back(high))
    margin = 0.04 * (high - low)
    return low - margin, high + margin


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
