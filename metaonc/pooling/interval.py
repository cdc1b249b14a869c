"""`Interval` and `Probability`: numbers that know where they come from."""

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

    Where an interval does not apply, both limits are NaN and `reason` says why. One that was found
    by simulation names its `seed` and number of `draws`: the same two give the same limits.

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
    seed: int | None
    draws: int | None

    def __new__(
        cls,
        low: float,
        high: float,
        *,
        method: str,
        level: float,
        reason: str = "",
        seed: int | None = None,
        draws: int | None = None,
    ) -> Interval:
        """Make an interval from its limits."""
        self = super().__new__(cls, low, high)
        self.method, self.level, self.reason = method, level, reason
        self.seed, self.draws = seed, draws
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(Interval, **self._about()), tuple(self)

    def _about(self) -> dict[str, Any]:
        return {
            "method": self.method,
            "level": self.level,
            "reason": self.reason,
            "seed": self.seed,
            "draws": self.draws,
        }

    @classmethod
    def not_applicable(cls, reason: str, *, method: str, level: float) -> Interval:
        """Make an interval that does not exist, and say why."""
        return cls(math.nan, math.nan, method=method, level=level, reason=reason)

    @property
    def applies(self) -> bool:
        """Whether there is an interval."""
        return not self.reason

    def with_limits(self, low: float, high: float) -> Interval:
        """The same interval of a quantity that rises with this one."""
        return Interval(low, high, **self._about())

    def to_dict(self) -> dict[str, Any]:
        """Limits, method, level and the rest as plain values; limits that are not finite: None."""
        limits = {
            name: value if math.isfinite(value) else None
            for name, value in (("low", self.low), ("high", self.high))
        }
        return limits | self._about()

    def __repr__(self) -> str:
        limits = (
            f"{self.low!r}, {self.high!r}" if self.applies else f"not applicable: {self.reason}"
        )
        return f"Interval({limits}, method={self.method!r}, level={self.level}{self._simulated()})"

    def _simulated(self) -> str:
        return "" if self.seed is None else f", seed={self.seed}, draws={self.draws}"


class Probability(float):
    """A probability with the event it belongs to and the method behind it.

    Where it does not apply it is NaN, and `reason` says why.

    Examples
    --------
    >>> Probability(0.0321, event="effect > 1", method="HTS")
    Probability(0.0321, 'effect > 1', method='HTS')
    """

    event: str
    method: str
    reason: str
    seed: int | None
    draws: int | None

    def __new__(
        cls,
        value: float,
        *,
        event: str,
        method: str,
        reason: str = "",
        seed: int | None = None,
        draws: int | None = None,
    ) -> Probability:
        """Make a probability from its value."""
        self = super().__new__(cls, value)
        self.event, self.method, self.reason = event, method, reason
        self.seed, self.draws = seed, draws
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        make = partial(
            Probability,
            event=self.event,
            method=self.method,
            reason=self.reason,
            seed=self.seed,
            draws=self.draws,
        )
        return make, (float(self),)

    @property
    def applies(self) -> bool:
        """Whether there is a probability."""
        return not self.reason

    def __repr__(self) -> str:
        value = f"not applicable: {self.reason}" if self.reason else float.__repr__(self)
        simulated = "" if self.seed is None else f", seed={self.seed}, draws={self.draws}"
        return f"Probability({value}, {self.event!r}, method={self.method!r}{simulated})"

    __str__ = __repr__
