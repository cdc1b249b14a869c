"""Measured text: nothing is placed before its width is known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties

from metaonc.kernels import FloatArray
from metaonc.plots.letters import FAMILY, families, ours

Weight = Literal["normal", "bold"]
_SLACK = 1.01  # formats differ in the last digit of a width
_FINE = 10  # measure at 720 dots per inch


@lru_cache(maxsize=1)
def _renderer() -> RendererAgg:
    return RendererAgg(1, 1, 72 * _FINE)  # type: ignore[no-untyped-call]


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, weight: Weight = "normal") -> float:
    """Room that the widest line of a text needs at any resolution, in points."""
    font = FontProperties(family=FAMILY, size=size, weight=weight)
    if not ours(text):
        font = FontProperties(family=list(families()), size=size)
    measure: Any = _renderer().get_text_width_height_descent
    with _as_drawn():
        widths = [float(measure(line, font, False)[0]) for line in text.split("\n")]
    return _SLACK * max(widths) / _FINE


@contextmanager
def _as_drawn() -> Iterator[None]:
    """Letters as figures draw them: without hinting, which would round widths to whole pixels."""
    before = mpl.rcParams["text.hinting"]
    mpl.rcParams["text.hinting"] = "no_hinting"
    try:
        yield
    finally:
        mpl.rcParams["text.hinting"] = before


def wrap(text: str, size: float, width: float, weight: Weight = "normal") -> list[str]:
    """Break a text into lines no wider than `width` points; a longer word has its own line."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, weight) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def fitting(text: str, size: float, width: float, weight: Weight = "normal") -> str:
    """A text in one line of at most `width` points, with dots where it had to end.

    Examples
    --------
    >>> fitting("Baselga 2012", 7, 100), fitting("Baselga 2012 (final analysis)", 7, 60)
    ('Baselga 2012', 'Baselga 2012…')
    """
    if text_width(text, size, weight) <= width:
        return text
    kept = text
    while kept and text_width(f"{kept}…", size, weight) > width:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def spread(wanted: FloatArray, apart: float, end: float) -> FloatArray:
    """Places from 0 to `end`, at least `apart` from each other, near where they are wanted.

    Examples
    --------
    >>> spread(np.array([50.0, 52.0, 10.0]), 10.0, 100.0)
    array([46., 56., 10.])
    """
    order = np.argsort(wanted, kind="stable")
    groups: list[list[float]] = []  # sum of where its members want the first, and their number
    for rank, i in enumerate(order):
        groups.append([float(np.clip(wanted[i], 0, end)) - rank * apart, 1.0])
        while len(groups) > 1 and groups[-2][0] / groups[-2][1] >= groups[-1][0] / groups[-1][1]:
            total, count = groups.pop()
            groups[-1] = [groups[-1][0] + total, groups[-1][1] + count]
    first = np.concatenate([np.full(int(count), total / count) for total, count in groups])
    most = end - (len(order) - 1) * apart
    places = np.empty_like(first)
    places[order] = np.clip(first, 0.0, max(most, 0.0)) + apart * np.arange(len(order))
    return places
