"""Tests of a 2x2 table, to find the one that a paper used."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple


class Table(NamedTuple):
    """Events and patients of two arms."""

    events_1: int
    n_1: int
    events_2: int
    n_2: int

    def __str__(self) -> str:
        return f"{self.events_1}/{self.n_1} v {self.events_2}/{self.n_2}"

    @property
    def informative(self) -> bool:
        """Whether somebody has the event and somebody has not."""
        return 0 < self.events_1 + self.events_2 < self.n_1 + self.n_2


class TableTest(NamedTuple):
    """A test's p values."""

    name: str
    two_sided: float
    one_sided: float

    def p(self, sides: int) -> float:
        """Its p value of the given sidedness."""
        return self.one_sided if sides == 1 else self.two_sided


@lru_cache(maxsize=4096)
def every_test(table: Table) -> tuple[TableTest, ...]:
    """Pearson without and with continuity correction, Fisher's exact test and its mid-p.

    Examples
    --------
    >>> [f"{test.name} {test.two_sided:.3f}" for test in every_test(Table(33, 54, 24, 57))][:3]
    ['Pearson 0.045', 'Pearson with continuity correction 0.070', "Fisher's exact 0.058"]
    """
    plain, corrected = (math.erfc(z / math.sqrt(2)) for z in (_z(table, 0.0), _z(table, 0.5)))
    tail, point, both = _hypergeometric(table)
    return (
        TableTest("Pearson", plain, plain / 2),
        TableTest("Pearson with continuity correction", corrected, corrected / 2),
        TableTest("Fisher's exact", both, tail),
        TableTest("mid-p exact", min(1.0, both - point / 2), tail - point / 2),
    )


def _z(table: Table, correction: float) -> float:
    """Root of the chi-square statistic with one degree of freedom."""
    a, n1, c, n2 = table
    events = a + c
    expected = n1 * events / (n1 + n2)
    variance = n1 * n2 * events * (n1 + n2 - events) / (n1 + n2) ** 3
    return max(0.0, abs(a - expected) - correction) / math.sqrt(variance)


def _hypergeometric(table: Table) -> tuple[float, float, float]:
    """Tail on the observed side, probability of the table, and of all no more probable ones."""
    from scipy.special import gammaln

    a, n1, c, n2 = table
    events = a + c
    first, last = max(0, events - n2), min(events, n1)
    import numpy as np

    k = np.arange(first, last + 1)
    logs = -(
        gammaln(k + 1)
        + gammaln(n1 - k + 1)
        + gammaln(events - k + 1)
        + gammaln(n2 - events + k + 1)
    )
    weights = np.exp(logs - logs.max())
    chances = weights / weights.sum()
    at = a - first
    point = float(chances[at])
    tail = min(float(chances[: at + 1].sum()), float(chances[at:].sum()))
    both = float(chances[chances <= point * (1 + 1e-7)].sum())
    return min(1.0, tail), point, min(1.0, both)
