"""Cells and sentences that several findings share."""

from __future__ import annotations

import math
from collections.abc import Sequence

from metaonc.effects import Effects
from metaonc.pooling import p_text
from metaonc.pooling.words import tau2_text


def p_cell(p: float) -> str:
    """A p value in a column that is called p.

    Examples
    --------
    >>> p_cell(0.0123), p_cell(1e-9), p_cell(float("nan"))
    ('0.012', '< 0.001', '–')
    """
    return p_text(p).removeprefix("p ").removeprefix("= ") if math.isfinite(p) else "–"


def variance_cell(tau2: float) -> str:
    """A variance, or a dash where there is none."""
    return tau2_text(float(tau2)) if math.isfinite(tau2) else "–"


def number_cell(value: float, decimals: int = 2) -> str:
    """A number, or a dash where there is none.

    Examples
    --------
    >>> number_cell(-0.456), number_cell(float("nan"))
    ('-0.46', '–')
    """
    return f"{value:.{decimals}f}" if math.isfinite(value) else "–"


def effect_cell(effects: Effects, estimate: float, low: float, high: float) -> str:
    """An estimate of the analysis scale and its interval, as people read them."""
    scale = effects.scale
    shown, *limits = (float(x) for x in effects.display([estimate, low, high]))
    return f"{scale.number(shown)} ({scale.interval_text(*limits)})"


def null_text(effects: Effects) -> str:
    """The null value: "1" or "0"."""
    return f"{effects.scale.null:g}"


def either(names: Sequence[str]) -> str:
    """Names as alternatives.

    Examples
    --------
    >>> either(["A", "B", "C"]), either(["A"])
    ('A, B or C', 'A')
    """
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last
