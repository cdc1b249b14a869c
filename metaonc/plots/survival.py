"""Survival curves: Kaplan-Meier steps, or readings, with numbers at risk below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator

from metaonc.effects.survival.curves import ArmCurve, SurvivalCurves
from metaonc.errors import PlotError
from metaonc.kernels import FloatArray
from metaonc.plots.figure import ForestFigure
from metaonc.plots.style import (
    ACCENT,
    GREY,
    INK,
    LINE,
    SKY,
    SMALL,
    THIN,
    Room,
    canvas,
    name_axes,
)
from metaonc.plots.text import fitting, spread, text_width
from metaonc.pooling.absolute.absolute_result import AbsoluteEffects

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PANEL = (360.0, 230.0)
_ROW = 11.0  # height of a row of numbers at risk
_AXIS = 30.0  # from the axes down to the numbers at risk: ticks and the name of the axis
_NAME = 130.0  # longest name of an arm
_TICKS = 9
_LOOKS: tuple[tuple[str, Any, str], ...] = (
    (ACCENT, "-", "o"),
    (INK, (0, (5, 1.5)), "s"),
    (GREY, (0, (1, 1)), "D"),
    (SKY, "-", "^"),
    (INK, (0, (5, 1, 1, 1)), "v"),
    (ACCENT, (0, (3, 1)), "P"),
)


def survival_plot(
    curves: SurvivalCurves | AbsoluteEffects,
    *,
    title: str | None = None,
    limits: bool = True,
    median: bool = True,
) -> ForestFigure:
    """Draw survival curves with the numbers at risk.

    Parameters
    ----------
    curves : SurvivalCurves or AbsoluteEffects
        Made by :func:`metaonc.survival_curves`; or by :func:`metaonc.absolute_effects` from
        survival at several times: what a pooled hazard ratio makes of the control arm's.
    title : str, optional
        Heading. Default: that of the curves.
    limits : bool, default True
        Whether bands (of readings: bars) show the limits at each time.
    median : bool, default True
        Whether dotted lines show the medians of Kaplan-Meier curves.

    Returns
    -------
    matplotlib.figure.Figure
        An arm per curve, named where it ends; crosses are censored patients, marks are readings,
        joined by straight lines. Below, the patients at risk where they are known. `savefig` writes
        the same bytes every time.

    Raises
    ------
    PlotError
        If there are more than six arms, or it is something else.
    PoolingError
        If the absolute effects are not survival over time.

    Examples
    --------
    >>> import metaonc as mo, pandas as pd
    >>> frame = pd.DataFrame({"time": [2, 4, 4, 7], "event": [1, 1, 0, 1], "arm": "Everolimus"})
    >>> figure = mo.survival_plot(mo.survival_curves(frame, title="A made trial"))
    >>> len(figure.axes)
    1
    """
    if isinstance(curves, AbsoluteEffects):
        curves = curves.curves()
    if not isinstance(curves, SurvivalCurves):
        raise PlotError(
            "survival_plot() draws what survival_curves() or absolute_effects() made, got "
            f"{type(curves).__name__}."
        )
    if len(curves.arms) > len(_LOOKS):
        raise PlotError(
            f"{len(curves.arms)} curves in one figure cannot be told apart; draw at most "
            f"{len(_LOOKS)} arms."
        )
    ticks = _ticks(curves)
    at_risk = [arm.at_risk(ticks) for arm in curves.arms]
    counted = any(np.isfinite(row).any() for row in at_risk)
    names = [fitting(arm.label, SMALL, _NAME) for arm in curves.arms]
    widest = max(text_width(name, SMALL) for name in names)
    room = Room(
        right=widest + 6,
        below=_ROW * (1 + len(names)) if counted else 0.0,
        left=max(0.0, widest - 34) if counted else 0.0,
    )
    with canvas(
        curves.title if title is None else title,
        notes=(_key(curves, limits), *curves.sentences),
        kind="Survival curves",
        table=curves.to_frame,
        panel=_PANEL,
        room=room,
    ) as (figure, (axes,)):
        axes.set_xlim(0, 1.02 * max(float(arm.time[-1]) for arm in curves.arms) or 1.0)
        axes.set_ylim(0, 1.02)
        axes.xaxis.set_major_locator(FixedLocator(list(ticks)))
        axes.yaxis.set_major_locator(FixedLocator([0, 0.2, 0.4, 0.6, 0.8, 1]))
        axes.yaxis.set_major_formatter(FixedFormatter(["0", "20", "40", "60", "80", "100"]))
        for arm, look in zip(curves.arms, _LOOKS, strict=False):
            _draw_arm(axes, arm, look, limits=limits)
            if median:
                _draw_median(axes, arm)
        _name_arms(axes, curves, names)
        if counted:
            _write_at_risk(axes, ticks, names, at_risk)
        unit = f"Time ({curves.unit})" if curves.unit else "Time"
        name_axes(axes, unit, "Without the event (%)")
        return figure


def _key(curves: SurvivalCurves, limits: bool) -> str:
    """What marks and bands are."""
    said = []
    if any(arm.steps and len(arm.censored) for arm in curves.arms):
        said.append("Crosses: censored")
    if any(np.isfinite(arm.low[1:]).any() for arm in curves.arms) and limits:
        steps = any(arm.steps for arm in curves.arms)
        said.append("bands: limits at each time" if steps else "bars: limits")
    text = "; ".join(said)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _ticks(curves: SurvivalCurves) -> FloatArray:
    """Times of the axis: where numbers at risk are printed, else even ones a person would choose.

    Months and weeks go by parts of a year.
    """
    printed = sorted({t for arm in curves.arms for t in arm.known_at_risk})
    if 1 < len(printed) <= 2 * _TICKS:
        return np.array(printed)
    end = max(float(arm.time[-1]) for arm in curves.arms) or 1.0
    if curves.unit.startswith(("month", "week")):
        whole = 12 if curves.unit.startswith("month") else 52
        steps = [whole / 12, whole / 4, whole / 2, whole, 2 * whole, 5 * whole, 10 * whole]
        for step in steps:
            if 2 <= end / step <= _TICKS:
                return np.array([i * step for i in range(int(end / step + 1e-9) + 1)])
    values = MaxNLocator(nbins=_TICKS - 2, steps=[1, 2, 2.5, 5, 10]).tick_values(0, end)
    return np.array([v for v in values if 0 <= v <= end * (1 + 1e-9)])


def _draw_arm(axes: Axes, arm: ArmCurve, look: tuple[str, Any, str], *, limits: bool) -> None:
    colour, dashes, marker = look
    if arm.steps:
        axes.step(arm.time, arm.survival, where="post", color=colour, ls=dashes, lw=LINE, zorder=3)
        heights = _at(arm, arm.censored)
        axes.plot(arm.censored, heights, "+", color=colour, ms=4, mew=THIN, zorder=4)
        if limits:
            axes.fill_between(arm.time, arm.low, arm.high, step="post", color=colour, alpha=0.13,
                              lw=0, zorder=1)  # fmt: skip
        return
    axes.plot(arm.time, arm.survival, color=colour, ls=dashes, lw=LINE, marker=marker, ms=3.5,
              zorder=3, clip_on=False)  # fmt: skip
    there = np.isfinite(arm.low) & np.isfinite(arm.high) & (arm.time > 0)
    if limits and there.any():
        axes.vlines(arm.time[there], arm.low[there], arm.high[there], color=colour, lw=THIN)


def _at(arm: ArmCurve, times: FloatArray) -> FloatArray:
    """Height of a step curve at some times."""
    found: FloatArray = arm.survival[np.searchsorted(arm.time, times, side="right") - 1]
    return found


def _draw_median(axes: Axes, arm: ArmCurve) -> None:
    middle = arm.median[0]
    if middle == middle:
        line: dict[str, Any] = {"color": GREY, "lw": THIN, "ls": (0, (1, 2)), "zorder": 2}
        axes.plot([0, middle], [0.5, 0.5], **line)
        axes.plot([middle, middle], [0, 0.5], **line)


def _name_arms(axes: Axes, curves: SurvivalCurves, names: list[str]) -> None:
    """Each name where its curve ends, beside the axes."""
    height = axes.get_ylim()[1]
    ends = np.array([float(arm.survival[-1]) / height * _PANEL[1] for arm in curves.arms])
    for name, y, look in zip(names, spread(ends, _ROW, _PANEL[1]), _LOOKS, strict=False):
        axes.annotate(name, (1, y / _PANEL[1]), xycoords="axes fraction", xytext=(4, 0),
                      textcoords="offset points", va="center_baseline", fontsize=SMALL,
                      color=look[0] if look[0] != SKY else INK, parse_math=False)  # fmt: skip


def _write_at_risk(
    axes: Axes, ticks: FloatArray, names: list[str], at_risk: list[FloatArray]
) -> None:
    """A row per arm under the axis, each number under its tick."""
    end = axes.get_xlim()[1]

    def put(x: float, row: float, text: str, align: str, weight: str = "normal") -> None:
        axes.annotate(text, (x, 0), xycoords="axes fraction", xytext=(0, -_AXIS - _ROW * row),
                      textcoords="offset points", ha=align, va="center_baseline", fontsize=SMALL,
                      weight=weight, parse_math=False)  # fmt: skip

    put(-14 / _PANEL[0], 0.5, "At risk", "right", "bold")
    for row, (name, numbers) in enumerate(zip(names, at_risk, strict=True), start=1):
        put(-14 / _PANEL[0], row + 0.5, name, "right")
        for tick, number in zip(ticks, numbers, strict=True):
            if number == number:
                put(float(tick) / end, row + 0.5, f"{number:.0f}", "center")
