"""The specification curve as a figure: estimates in order, and the choices behind each below."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from metaonc.diagnostics.alternatives.specification_results import SpecificationCurve
from metaonc.plots.figure import ForestFigure
from metaonc.plots.style import (
    ACCENT,
    GREY,
    INK,
    LINE,
    SKY,
    THIN,
    TINY,
    canvas,
    effect_name,
    name_axes,
    show_effects,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH, _CURVE, _ROW, _GAP = 430.0, 230.0, 11.0, 10.0  # points
_LABELS = 118.0  # left of the panels, for the alternatives
_LONGEST = 26  # letters of an alternative


def specification_plot(curve: SpecificationCurve) -> ForestFigure:
    """Draw a specification curve above the choices behind each of its points.

    Parameters
    ----------
    curve : SpecificationCurve
        Made by :func:`metaonc.specification_curve`.

    Returns
    -------
    Figure
        A matplotlib Figure; `savefig` writes the same bytes every time. Intervals that include the
        null are light; the line across is the main analysis, the dashed one the threshold. Below,
        a mark stands in the row of every choice that leads to the point; kinds of choices with one
        alternative have no row.

    Examples
    --------
    >>> import metaonc as mo
    >>> curve = mo.specification_curve(mo.load_registry().effects("pfs"), leave_out=1)
    >>> len(mo.specification_plot(curve).axes)
    2
    """
    rows = _rows(curve)
    height = _CURVE + _GAP + _ROW * len(rows)
    notes = [_key(curve), *curve.sentences]
    with canvas(
        curve.title,
        notes=notes,
        panel=(_LABELS + _WIDTH, height),
        kind="Specification curve",
        table=curve.to_frame,
    ) as (
        figure,
        (whole,),
    ):
        box = whole.get_position()
        whole.remove()
        left, bottom, width, total = box.x0, box.y0, box.width, box.height
        x = left + width * _LABELS / (_LABELS + _WIDTH)
        w = width * _WIDTH / (_LABELS + _WIDTH)
        upper = total * _CURVE / height
        above = figure.add_axes((x, bottom + total - upper, w, upper))
        below = figure.add_axes((x, bottom, w, total * (len(rows) * _ROW) / height), sharex=above)
        _draw_curve(above, curve)
        _draw_choices(below, curve, rows)
        return figure


def _key(curve: SpecificationCurve) -> str:
    """What lines and shades say."""
    said = ["Line across: the main analysis"]
    if curve.result.effects.scale.null is not None:
        said.append(f"light: intervals that include {curve.result.effects.scale.null:g}")
    if curve.threshold is not None:
        said.append("dashed: the threshold")
    return f"{'; '.join(said)}. Below: the choices behind each estimate."


# One row of the lower panel: kind of choice, alternative, and the points it leads to.
_Row = tuple[str, str, np.ndarray]


def _draw_curve(axes: Axes, curve: SpecificationCurve) -> None:
    _tidy(axes)
    kept = curve.unique
    estimate, low, high = (getattr(curve, name)[kept] for name in ("estimate", "low", "high"))
    place = np.arange(len(estimate))
    one_arm = curve.result.effects.scale.null is None
    includes = np.zeros(len(estimate), dtype=bool) if one_arm else (low <= 0) & (high >= 0)
    thin = float(np.clip(2 * _WIDTH / len(estimate) / 4, 0.3, LINE))
    size = float(np.clip(_WIDTH / len(estimate), 1.0, 3.5))
    axes.vlines(place[includes], low[includes], high[includes], color=SKY, linewidth=thin)
    axes.vlines(place[~includes], low[~includes], high[~includes], color=GREY, linewidth=thin)
    axes.plot(place, estimate, "o", color=INK, markersize=size)
    _set_limits(axes, curve, low, high)
    if not one_arm:
        axes.axhline(0, color=INK, linewidth=THIN)
    axes.axhline(curve.result.estimate, color=ACCENT, linewidth=THIN)
    if curve.threshold is not None:
        axes.axhline(curve.threshold, color=INK, linewidth=THIN, linestyle=(0, (4, 3)))
    axes.set_xlim(-0.5 - 0.01 * len(estimate), len(estimate) - 0.5 + 0.01 * len(estimate))
    show_effects(axes.yaxis, curve.result.effects)
    name_axes(axes, "", effect_name(curve.result.effects))
    axes.tick_params(bottom=False, labelbottom=False)
    axes.spines["bottom"].set_visible(False)


def _set_limits(axes: Axes, curve: SpecificationCurve, low: np.ndarray, high: np.ndarray) -> None:
    """All estimates, and most of the intervals: a t interval of two studies has no end."""
    seen = [low.min(), high.max()]
    spread = max(float(np.ptp(curve.estimate)), float(np.median(high - low)))
    ends = (curve.estimate.min() - 2 * spread, curve.estimate.max() + 2 * spread)
    marks = [curve.result.estimate, *([] if curve.threshold is None else [curve.threshold])]
    if curve.result.effects.scale.null is not None:
        marks.append(0.0)
    bottom = min(max(seen[0], ends[0]), *marks)
    top = max(min(seen[1], ends[1]), *marks)
    margin = 0.04 * (top - bottom)
    axes.set_ylim(bottom - margin, top + margin)


def _draw_choices(axes: Axes, curve: SpecificationCurve, rows: list[_Row]) -> None:
    _tidy(axes)
    n = int(curve.unique.sum())
    size = float(np.clip(_WIDTH / n, 1.0, 5.0))
    previous = ""
    for i, (kind, alternative, points) in enumerate(rows):
        y = -i
        axes.plot(points, np.full(len(points), y), "|", color=INK, markersize=5,
                  markeredgewidth=min(size, 1.2))  # fmt: skip
        axes.annotate(
            _short(alternative),
            (0, y),
            xycoords=("axes fraction", "data"),
            xytext=(-5, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=TINY,
            parse_math=False,
        )
        if kind != previous:
            axes.annotate(
                kind,
                (0, y),
                xycoords=("axes fraction", "data"),
                xytext=(-_LABELS - 30, 0),
                textcoords="offset points",
                va="center",
                fontsize=TINY,
                weight="bold",
                parse_math=False,
            )
            if i:
                axes.axhline(y + 0.5, color=GREY, linewidth=0.4, xmin=0, xmax=1)
        previous = kind
    axes.set_ylim(-len(rows) + 0.5, 0.5)
    axes.set_yticks([])
    axes.tick_params(bottom=False, labelbottom=False)
    axes.spines[["left", "bottom"]].set_visible(False)


def _tidy(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    for spine in axes.spines.values():
        spine.set_linewidth(THIN)
    axes.tick_params(labelsize=TINY, length=3, width=THIN)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _rows(curve: SpecificationCurve) -> list[_Row]:
    """Rows of the lower panel; a duplicate's choices stand at the point it shares."""
    first = np.where(curve.duplicate_of < 0, np.arange(len(curve)), curve.duplicate_of)
    place = np.cumsum(curve.unique) - 1
    points = place[first]
    found: list[_Row] = []
    for i, (kind, alternatives) in enumerate(curve.dimensions.items()):
        if len(alternatives) < 2:
            continue
        parts: list[tuple[str, ...]] = [(name,) for name in alternatives]
        if kind == "left out":
            parts = [_studies(name, _alone(alternatives)) for name in alternatives]
        for name in dict.fromkeys(part for each in parts for part in each):
            codes = [code for code, each in enumerate(parts) if name in each]
            marked = np.unique(points[np.isin(curve.codes[:, i], codes)])
            if len(marked):
                found.append((kind, name, marked))
    return found


def _alone(alternatives: tuple[str, ...]) -> list[str]:
    """The studies that are left out alone; others are several of them, joined by commas."""
    return [
        name
        for name in alternatives
        if not any(name.startswith(f"{other}, ") for other in alternatives)
    ]


def _studies(name: str, alone: list[str]) -> tuple[str, ...]:
    """The studies of one way to leave some out: a row each, not one for every combination."""
    for study in alone:
        if name == study:
            return (study,)
        if name.startswith(f"{study}, "):
            return (study, *_studies(name.removeprefix(f"{study}, "), alone))
    return (name,)
