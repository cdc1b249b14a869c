"""Rules that figures about a baseline have to keep, alone and together."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise
from numbers import Real
from typing import Any, Protocol, TypeGuard

from metaonc.errors import PoolingError

SURVIVAL, EVENT = "survival", "event_probability"
WHY = (
    "survival and event probability are easily mixed up, which turns an absolute effect round "
    "(Skoetz et al., J Clin Epidemiol 2020;118:124-131)"
)


class Timed(Protocol):
    """A baseline that may name its time."""

    @property
    def at(self) -> float | str | None:
        """The time, a number or words."""


def is_time(at: Any) -> TypeGuard[float]:
    """Whether a time was given as a number."""
    return isinstance(at, Real)


def check_over_time(given: Iterable[Timed]) -> None:
    """Refuse survival that rises, or event probabilities that fall, from time to time."""
    for name, falls in ((SURVIVAL, True), (EVENT, False)):
        found = sorted(
            (float(at), number(name, getattr(each, name)))
            for each in given
            if is_time(at := each.at) and getattr(each, name) is not None
        )
        for (at, before), (later, after) in pairwise(found):
            if later > at and (after > before if falls else after < before):
                verb = "rises" if falls else "falls"
                raise PoolingError(
                    f"{name} {verb} from {before:g} at {at:g} to {after:g} at {later:g}, which it "
                    f"cannot; {WHY}."
                )


def number(name: str, value: Any) -> float:
    """Return a finite number, or refuse."""
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise PoolingError(f"{name} = {value!r} must be a number.")
    return float(value)


def positive(name: str, value: Any) -> float:
    """Return a number above 0, or refuse."""
    found = number(name, value)
    if found <= 0:
        raise PoolingError(f"{name} = {found:g} must be > 0.")
    return found


def fraction(name: str, value: Any) -> float:
    """Return a fraction inside 0 to 1, or refuse; a percentage is told apart."""
    found = number(name, value)
    if 1 < found <= 100:
        raise PoolingError(
            f"{name} = {found:g} must be a fraction; write {found:g}% as {found / 100:g}."
        )
    if not 0 < found < 1:
        raise PoolingError(
            f"{name} = {found:g} must lie between 0 and 1; at an end a relative effect changes "
            "nothing."
        )
    return found
