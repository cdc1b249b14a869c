"""Ticks a person would choose."""

from __future__ import annotations

import math


def ratio_ticks(low: float, high: float) -> tuple[float, ...]:
    """Ticks at halves and doubles of 1; further apart where the range is wide."""
    for ratio in (2, 4, 10, 100, 1000):
        first = math.ceil(math.log(low, ratio) - 1e-9)
        last = math.floor(math.log(high, ratio) + 1e-9)
        ticks = tuple(float(ratio) ** power for power in range(first, last + 1))
        if len(ticks) <= 7:
            break
    if len(ticks) >= 3:
        return ticks
    close = (0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4)
    return tuple(x for x in close if low <= x <= high) or ticks
