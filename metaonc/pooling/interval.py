"""`Interval`: two limits that know where they come from."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, NamedTuple


class Limits(NamedTuple):
    """The two limits of an interval."""

    low: float
    high: float


class Interval(Limits):
    """An interval ``(low, high)`` with its method and level.

    Where an interval does not apply, both limits are NaN and `reason` says why.

    Examples
    --------
    >>> interval = Interval(0.2, 0.7, method="HTS", level=0.95)
    >>> low, high = interval
    >>> interval
    Interval(0.2, 0.7, method='HTS', level=0.95)
    """

    method: str
    level: float
    reason: str

    def __new__(
        cls, low: float, high: float, *, method: str, level: float, reason: str = ""
    ) -> Interval:
        """Make an interval from its limits."""
        self = super().__new__(cls, low, high)
        self.method, self.level, self.reason = method, level, reason
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        make = partial(Interval, method=self.method, level=self.level, reason=self.reason)
        return make, tuple(self)

    @classmethod
    def not_applicable(cls, reason: str, *, method: str, level: float) -> Interval:
        """Make an interval that does not exist, and say why."""
        return cls(math.nan, math.nan, method=method, level=level, reason=reason)

    @property
    def applies(self) -> bool:
        """Whether there is an interval."""
        return not self.reason

    def __repr__(self) -> str:
        limits = (
            f"{self.low!r}, {self.high!r}" if self.applies else f"not applicable: {self.reason}"
        )
        return f"Interval({limits}, method={self.method!r}, level={self.level})"
