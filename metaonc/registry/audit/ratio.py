"""A hazard ratio as the rules look at it: logs, implied standard error, interval."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from metaonc.registry.audit.numbers import Span, distance, log, span, z_of_level
from metaonc.registry.records import (
    HazardRatio,
    Result,
)

if TYPE_CHECKING:
    pass


class Place(NamedTuple):
    """What two results must share to be about the same thing."""

    outcome: str
    cut: str
    assessment: str
    subgroup: str | None
    population: str | None


def place(result: Result) -> Place:
    """Where a result belongs."""
    return Place(result.outcome, result.cut, result.assessment, result.subgroup, result.population)


class Ratio:
    """A hazard ratio with its interval on the log scale.

    Attributes
    ----------
    index : int
        Position among the record's results, from 0.
    result : HazardRatio
        As recorded.
    log, low, high : Span or None
        Logs of the estimate and of its limits; None where not printed.
    se : Span or None
        Standard error that the interval implies: width / (2 z).
    """

    __slots__ = ("high", "index", "log", "low", "place", "result", "se")

    def __init__(self, index: int, result: HazardRatio) -> None:
        self.index, self.result, self.place = index, result, place(result)
        self.log, self.low, self.high = (
            _log(result.estimate), _log(result.low), _log(result.high)
        )  # fmt: skip
        self.se: Span | None = None
        if self.low and self.high and result.level is not None and self.low.value < self.high.value:
            width = 2 * z_of_level(float(result.level))
            self.se = Span(
                (self.high.value - self.low.value) / width,
                max(0.0, self.high.low - self.low.high) / width,
                (self.high.high - self.low.low) / width,
            )

    @property
    def arms(self) -> tuple[str, str]:
        """Numerator and denominator."""
        return self.result.experimental, self.result.control

    @property
    def middle(self) -> Span:
        """Midpoint of the interval on the log scale; only where there is one."""
        assert self.low is not None
        assert self.high is not None
        return Span(*((a + b) / 2 for a, b in zip(self.low, self.high, strict=True)))

    @property
    def off_centre(self) -> float:
        """Least distance of the estimate from that midpoint, in standard errors; 0 without."""
        if self.log is None or self.se is None or self.se.value <= 0:
            return 0.0
        return distance(self.log, self.middle) / self.se.value

    @property
    def value(self) -> float:
        """Log of the estimate; only where it is printed."""
        assert self.log is not None
        return self.log.value

    @property
    def significant(self) -> bool:
        """Whether the interval excludes 1, whatever its limits were before rounding."""
        low, high = self.low, self.high
        return low is not None and high is not None and (low.low > 0 or high.high < 0)

    def interval(self) -> str:
        """The interval in its printed digits."""
        level = 100 * float(self.result.level or 0)
        return f"{level:g}% interval {self.result.low} to {self.result.high}"


def _log(printed: Decimal | None) -> Span | None:
    """Log of a printed number; None where it is not printed or too large for arithmetic."""
    if printed is None or not 1e-100 < printed < 1e100:
        return None
    return log(span(printed))
