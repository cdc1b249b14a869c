"""Drapery plot: p-value functions of studies, pooled results and a new study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib.ticker import FixedFormatter, FixedLocator
from scipy.special import ndtri

from metaonc.diagnostics.pictures.drapery import RANDOM, Drapery
from metaonc.effects import level_text
from metaonc.errors import PlotError
from metaonc.kernels import FloatArray
from metaonc.plots.figure import ForestFigure
from metaonc.plots.style import (
    ACCENT,
    FILL,
    GREY,
    INK,
    LINE,
    SKY,
    SMALL,
    THIN,
    TINY,
    Room,
    canvas,
    effect_name,
    name_axes,
    show_effects,
)
from metaonc.plots.text import fitting, spread, text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Scale = Literal["p", "z"]
SCALES = ("p", "z")
_PANEL = (400.0, 270.0)
_RIGHT = 34.0  # room for confidence levels
_NAMED, _SLANT, _NAME = 40, 10.0, 130.0  # names at most; height of their leaders; longest name
_PITCH = 9.0  # points between two names
_P_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_Z_TICKS = (1.0, 0.5, 0.2)


def drapery_plot(finding: Drapery, *, scale: Scale = "z", title: str | None = None) -> ForestFigure:
    """Draw a drapery plot.

    Parameters
    ----------
    finding : Drapery
        Made by :func:`metaonc.drapery`.
    scale : {"z", "p"}, default "z"
        Vertical axis: even steps of the standard normal statistic that has the p value, so that
        small p values are far apart and normal curves are straight; or even steps of p.
    title : str, optional
        Heading. Default: that of the effects.

    Returns
    -------
    matplotlib.figure.Figure
        Thin curves are the studies', named above up to 40; the thick one is the random effects'
        mean, the dashed one the common effect, the shaded area a new study. Dotted lines are the
        levels. `savefig` writes the same bytes every time.

    Raises
    ------
    PlotError
        If there is no such scale.

    Examples
    --------
    >>> import metaonc as mo
    >>> figure = mo.drapery_plot(mo.drapery(mo.pool(mo.load_registry().effects("pfs"))))
    >>> len(figure.axes)
    1
    """
    if scale not in SCALES:
        raise PlotError(f"scale = {scale!r} must be one of {', '.join(map(repr, SCALES))}.")
    effects = finding.result.effects
    names = [fitting(label, TINY, _NAME) for label in effects.labels]
    if effects.k > _NAMED:
        names = []
    above = max((text_width(name, TINY) for name in names), default=-_SLANT) + _SLANT
    with canvas(
        effects.title if title is None else title,
        notes=(_key(finding), *finding.sentences),
        kind="Drapery plot",
        table=finding.to_frame,
        panel=_PANEL,
        room=Room(above=above, right=_RIGHT),
    ) as (figure, (axes,)):
        axes.set_xlim(finding.effect[0], finding.effect[-1])
        _draw_scale(axes, finding, scale)
        _draw_curves(axes, finding, scale)
        _write_names(axes, finding, names, scale)
        show_effects(axes.xaxis, effects)
        name_axes(axes, effect_name(effects), "p value")
        return figure


def _key(finding: Drapery) -> str:
    """What curves and shades are."""
    said = ["Thin: studies"]
    if RANDOM in finding.pooled:
        said += ["thick: random effects", "dashed: common effect"]
    else:
        said.append("thick: common effect")
    if finding.prediction is not None:
        said.append("shaded: a new study")
    return f"{'; '.join(said)}. Where a curve crosses a dotted line are the limits of its interval."


def _height(p: FloatArray | float, scale: Scale) -> FloatArray:
    """Where a p value stands: itself, or -|z|."""
    values = np.asarray(p, dtype=float)
    return values if scale == "p" else ndtri(np.maximum(values, 1e-300) / 2)


def _draw_scale(axes: Axes, finding: Drapery, scale: Scale) -> None:
    """Levels as dotted lines, p to the left and what it is as a confidence level to the right."""
    ticks = _P_TICKS if scale == "p" else (*_Z_TICKS, *finding.levels)
    smallest = min(finding.levels, default=0.05)
    bottom = 0.0 if scale == "p" else 1.08 * float(_height(smallest, scale))
    axes.set_ylim(bottom, float(_height(1.0, scale)))
    axes.yaxis.set_major_locator(FixedLocator([float(_height(p, scale)) for p in ticks]))
    axes.yaxis.set_major_formatter(FixedFormatter([f"{p:g}" for p in ticks]))
    taken: list[float] = []
    for p in finding.levels:
        y = float(_height(p, scale))
        axes.axhline(y, color=GREY, lw=THIN, ls=(0, (1, 2)), zorder=1)
        place = _PANEL[1] * y / (axes.get_ylim()[1] - axes.get_ylim()[0])
        if all(abs(place - other) >= 1.1 * SMALL for other in taken):
            taken.append(place)
            axes.annotate(level_text(1 - p), (1, y), xycoords=("axes fraction", "data"),
                          xytext=(4, 0), textcoords="offset points", va="center_baseline",
                          fontsize=SMALL, parse_math=False)  # fmt: skip


def _draw_curves(axes: Axes, finding: Drapery, scale: Scale) -> None:
    x = finding.effect
    if finding.prediction is not None:
        y = _height(finding.prediction, scale)
        axes.fill_between(x, axes.get_ylim()[0], y, color=FILL, lw=0, zorder=0)
        axes.plot(x, y, color=GREY, lw=THIN, zorder=1)
    for p in finding.studies:
        axes.plot(x, _height(p, scale), color=SKY, lw=THIN, zorder=2)
    if finding.result.effects.scale.null is not None:
        axes.axvline(0, color=GREY, lw=THIN, zorder=1)
    for name, p in finding.pooled.items():
        main = name == RANDOM or RANDOM not in finding.pooled
        colour, width, dashes = (ACCENT, 2 * LINE, "-") if main else (INK, LINE, (0, (5, 2)))
        axes.plot(x, _height(p, scale), color=colour, lw=width, ls=dashes, zorder=4, label=name)


def _write_names(axes: Axes, finding: Drapery, names: list[str], scale: Scale) -> None:
    """Names above the tops of the curves, side by side, each joined to its top."""
    if not names:
        return
    low, high = axes.get_xlim()
    tops = (finding.result.effects.yi - low) / (high - low) * _PANEL[0]
    places = spread(tops, _PITCH, _PANEL[0])
    for name, top, place in zip(names, tops, places, strict=True):
        ends = [top / _PANEL[0], place / _PANEL[0]]
        axes.plot(ends, [1.0, 1 + _SLANT / _PANEL[1]], color=SKY, lw=0.5, clip_on=False,
                  transform=axes.transAxes)  # fmt: skip
        axes.text(
            place / _PANEL[0],
            1 + (_SLANT + 1) / _PANEL[1],
            name,
            rotation=90,
            ha="center",
            va="bottom",
            fontsize=TINY,
            transform=axes.transAxes,
            parse_math=False,
        )
