"""Measured text: nothing is placed before its width is known."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties

Weight = Literal["normal", "bold"]
FAMILY = "DejaVu Sans"  # ships with matplotlib: the same on every machine
_SLACK = 1.03  # hinting at screen resolution makes small text up to 3% wider than it is in print
_FINE = 10  # measure at 720 dots per inch, so that hinting does not round to whole points


@lru_cache(maxsize=1)
def _renderer() -> RendererAgg:
    return RendererAgg(1, 1, 72 * _FINE)  # type: ignore[no-untyped-call]


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, weight: Weight = "normal") -> float:
    """Room that the widest line of a text needs at any resolution, in points."""
    font = FontProperties(family=FAMILY, size=size, weight=weight)
    measure: Any = _renderer().get_text_width_height_descent
    widths = [float(measure(line, font, False)[0]) for line in text.split("\n")]
    return _SLACK * max(widths) / _FINE


def wrap(text: str, size: float, width: float) -> list[str]:
    """Break a text into lines no wider than `width` points; a longer word has its own line."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
