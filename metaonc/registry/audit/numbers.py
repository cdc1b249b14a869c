"""Printed numbers as spans of what they can have been before they were rounded."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from statistics import NormalDist
from typing import NamedTuple

_NORMAL = NormalDist()
_SLACK = 1e-9  # for edges that binary fractions miss, e.g. 12.65 computed as 12.649999
LEVELS = (0.80, 0.90, 0.95, 0.975, 0.99)  # confidence levels that papers print


class Span(NamedTuple):
    """A number as printed, and the least and greatest value that print so."""

    value: float
    low: float
    high: float

    def __neg__(self) -> Span:
        return Span(-self.value, -self.high, -self.low)

    def times(self, factor: float) -> Span:
        """The span of a multiple, `factor` > 0."""
        return Span(self.value * factor, self.low * factor, self.high * factor)


def span(printed: Decimal | int) -> Span:
    """What `printed` can have been: half a unit of its last digit to either side.

    Examples
    --------
    >>> span(Decimal("0.50"))
    Span(value=0.5, low=0.495, high=0.505)
    >>> span(Decimal("61"))
    Span(value=61.0, low=60.5, high=61.5)
    """
    value = float(printed)
    if isinstance(printed, int):
        return Span(value, value - 0.5, value + 0.5)
    exponent = printed.as_tuple().exponent
    half = 0.5 * 10.0**exponent if isinstance(exponent, int) and -300 < exponent < 300 else 0.0
    return Span(value, value - half, value + half)


def log(of: Span) -> Span:
    """The span of a logarithm; a lower end at or below 0 is as low as it can be."""
    return Span(
        math.log(of.value), math.log(of.low) if of.low > 0 else -math.inf, math.log(of.high)
    )


def exp(value: float) -> float:
    """The ratio of a log; one that is too large for a float is the largest there is."""
    return math.exp(min(value, 709.0))


def distance(a: Span, b: Span) -> float:
    """How far apart two spans are at least: 0 where they have a value in common."""
    return max(0.0, a.low - b.high, b.low - a.high)


def meet(a: Span, b: Span) -> bool:
    """Whether two spans have a value in common, up to binary rounding."""
    return distance(a, b) <= _SLACK * (1 + abs(a.value) + abs(b.value))


def total(spans: Iterable[Span]) -> Span:
    """The span of a sum."""
    rows = list(spans)
    return Span(sum(s.value for s in rows), sum(s.low for s in rows), sum(s.high for s in rows))


def whole_numbers(percent: Span, n: int) -> range:
    """The counts out of `n` that print as a percentage; empty where none does.

    Examples
    --------
    >>> whole_numbers(span(Decimal("61")), 54), len(whole_numbers(span(Decimal("49")), 31))
    (range(33, 34), 0)
    """
    first = math.ceil(max(0.0, percent.low) * n / 100 - _SLACK * n)
    return range(first, math.floor(min(100.0, percent.high) * n / 100 + _SLACK * n) + 1)


@lru_cache(maxsize=256)
def z_of_level(level: float) -> float:
    """Normal quantile of a two-sided interval at `level`: 1.96 for 0.95."""
    return _NORMAL.inv_cdf(0.5 + level / 2)


def z_of_p(p: float, sides: int) -> float:
    """Distance from the null, in standard errors, that a p value stands for."""
    tail = p / sides
    if tail <= 0:
        return math.inf
    return 0.0 if tail >= 1 else abs(_NORMAL.inv_cdf(tail))


def p_of_z(z: float, sides: int = 2) -> float:
    """The p value of a distance from the null."""
    return math.erfc(abs(z) / math.sqrt(2)) * sides / 2


def shown(value: float, digits: int = 3) -> str:
    """A computed number for a sentence: three significant digits, no exponent.

    Examples
    --------
    >>> shown(0.20693), shown(525.1), shown(-0.03)
    ('0.207', '525', '-0.03')
    """
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def shown_span(of: Span) -> str:
    """The ends of a span for a sentence.

    Examples
    --------
    >>> shown_span(Span(0.2069, 0.2018, 0.212))
    '0.202 to 0.212'
    """
    return f"{shown(of.low)} to {shown(of.high)}"
