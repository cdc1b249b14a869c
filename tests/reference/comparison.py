"""Comparison of what metaonc finds with a case, by the tolerance the case states."""

import math
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.reference import Case, studies
from tests.reference.agreement import AGREEMENT

__all__ = ["Comparison"]

_TINY = 1e-300  # R prints 0 for p values that a double can still hold


class Comparison:
    """Collects what differs by more than a case allows, so that a failure names all of it.

    Differences are relative to the expected value, or to a floor where that is larger; a value of
    zero without a floor has to be zero. `done` notes the worst difference per method for the
    validation page, and fails if one was too large.

    Parameters
    ----------
    case : Case
        Whose tolerance counts.
    method : str
        The method compared, as the validation page names it; `of` changes it.
    rtol : float, optional
        Tolerance to use instead of the case's, with the reason beside the call.
    """

    def __init__(self, case: Case, method: str, *, rtol: float | None = None) -> None:
        self.case = case
        self.method = method
        self.rtol = case.rtol if rtol is None else rtol
        self.worst: dict[str, float] = {}
        self.differences: list[str] = []

    def of(self, method: str) -> "Comparison":
        """Count what follows to another method."""
        self.method = method
        return self

    def __call__(self, name: str, found: Any, expected: Any, floor: Any = 0.0) -> None:
        """Compare numbers or arrays relatively, to no less than `floor`."""
        first, second = _numbers(found), _numbers(expected)
        assert first.shape == second.shape, f"{self.method} {name}: shapes differ"
        error = _relative(first, second, np.asarray(floor, dtype=float))
        worst = float(error.max(initial=0.0))
        self.worst[self.method] = max(worst, self.worst.get(self.method, 0.0))
        if not worst <= self.rtol:
            text = f"{self.method} {name}: found {first!s}, expected {second!s}"
            self.differences.append(f"{text} ({worst:.1e} off, {self.rtol:.0e} allowed)")

    @cached_property
    def scale(self) -> float:
        """The smallest standard error among the studies."""
        return float(np.sqrt(studies(self.case.source)[1].min()))

    def location(self, name: str, found: Any, expected: Any) -> None:
        """Compare an estimate or a limit, which may be near zero."""
        self(name, found, expected, floor=self.scale)

    def p_value(self, name: str, found: Any, expected: Any) -> None:
        """Compare p values; R gives 0 where a double has no more digits."""
        self(name, found, expected, floor=_TINY / self.rtol)

    def interval(self, name: str, found: tuple[Any, Any], low: Any, high: Any) -> None:
        """Compare both limits of an interval for an effect."""
        self.location(f"{name} low", found[0], low)
        self.location(f"{name} high", found[1], high)

    def done(self) -> None:
        """Note how close it was; fail if anything differed."""
        assert not self.differences, "\n".join(self.differences)
        assert self.worst, "nothing was compared"
        for method, worst in self.worst.items():
            AGREEMENT.note(self.case, method, worst, self.rtol)


def _numbers(values: Any) -> NDArray[np.float64]:
    """R's numbers: NA is a null and infinity a word."""
    if isinstance(values, list | tuple):
        values = [math.nan if value is None else value for value in values]
    return np.asarray(math.nan if values is None else values, dtype=float)


def _relative(
    found: NDArray[np.float64], expected: NDArray[np.float64], floor: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Relative differences; 0 where both are the same, also infinite or NaN."""
    same = (found == expected) | (np.isnan(found) & np.isnan(expected))
    size = np.maximum(np.abs(expected), floor)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.abs(found - expected) / size
    return np.where(same, 0.0, np.where(np.isnan(error), np.inf, error))
