"""The arguments about a baseline: lists taken apart, each statement of uncertainty once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from metaonc.errors import PoolingError


@dataclass(frozen=True, kw_only=True)
class Given:
    """The arguments about one baseline, as they were given."""

    survival: float | None = None
    event_probability: float | None = None
    events: float | None = None
    n: float | None = None
    median: float | None = None
    shape: float = 1.0
    se: float | None = None
    interval: tuple[float, float] | None = None
    interval_level: float = 0.95
    at_risk: float | None = None
    at: float | str | None = None
    unit: str = ""

    def only(self, *names: str) -> None:
        """Refuse any uncertainty that does not go with what was given, and more than one."""
        given = [
            name
            for name in ("se", "interval", "at_risk", "n", "events")
            if getattr(self, name) is not None
        ]
        extra = [name for name in given if name not in names]
        if extra:
            raise PoolingError(
                f"{extra[0]} says nothing about a baseline given like this; "
                f"its uncertainty is {', '.join(names[:-1])} or {names[-1]}."
            )
        if len(given) > 1:
            raise PoolingError(
                f"{' and '.join(given)} are several statements about the uncertainty of one "
                "baseline; keep the best one (an interval or a standard error)."
            )

    @property
    def when(self) -> str:
        """The time in words."""
        if self.at is None:
            return ""
        return self.at if isinstance(self.at, str) else f"{self.at:g} {self.unit}".strip()

    @property
    def time(self) -> float:
        """The time, where it is a number."""
        return math.nan if self.at is None or isinstance(self.at, str) else float(self.at)


def spread(arguments: dict[str, Any]) -> list[Given]:
    """One `Given` per baseline: lists taken apart, single values repeated.

    Raises
    ------
    PoolingError
        If lists differ in length.
    """
    lists = {name: list(value) for name, value in arguments.items() if _is_list(name, value)}
    lengths = {name: len(values) for name, values in lists.items()}
    k = max(lengths.values(), default=1)
    for name, length in lengths.items():
        if length != k or k == 0:
            raise PoolingError(
                f"{name} has {length} values for {k} baselines; give one value for each, or one "
                "for all."
            )
    return [
        Given(**{name: lists[name][i] if name in lists else arguments[name] for name in arguments})
        for i in range(k)
    ]


def _is_list(name: str, value: Any) -> bool:
    if isinstance(value, str) or not hasattr(value, "__len__"):
        return False
    if name == "interval":  # a pair of numbers is one interval
        return not (len(value) == 2 and not any(hasattr(x, "__len__") for x in value))
    return True


def told(given: Given) -> str:
    """The uncertainty in words."""
    if given.interval is not None:
        low, high = given.interval
        return f" ({100 * given.interval_level:g}% CI {low:g} to {high:g})"
    for name, words in (("se", "SE"), ("at_risk", "at risk"), ("n", "n"), ("events", "events")):
        value = getattr(given, name)
        if value is not None:
            return f" ({words} {value:g})"
    return ""


def quantile_of(given: Given) -> float:
    """Normal quantile of the printed interval."""
    from scipy.special import ndtri

    if not 0 < given.interval_level < 1:
        raise PoolingError(
            f"interval_level = {given.interval_level!r} must lie between 0 and 1; write 95% as "
            "0.95."
        )
    return float(ndtri(0.5 + given.interval_level / 2))
