"""Hypothesis building blocks: studies, count tables, proportions."""

import math
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

Arrays = tuple[NDArray[np.float64], NDArray[np.float64]]


def rounded(low: float, high: float, digits: int) -> st.SearchStrategy[float]:
    """Numbers as a paper prints them: `digits` decimals between `low` and `high`."""
    scale = 10**digits
    return st.integers(math.ceil(low * scale), math.floor(high * scale)).map(lambda i: i / scale)


@st.composite
def studies(
    draw: st.DrawFn,
    min_size: int = 1,
    max_size: int = 12,
    spread: float = 4.0,
    decades: float = 1.5,
) -> Arrays:
    """`(yi, vi)` of one meta-analysis.

    Effects lie within `spread` of 0 and variances within `decades` powers of ten of a typical one,
    0.1. `spread=0` makes studies that agree exactly.
    """
    k = draw(st.integers(min_size, max_size))
    yi = draw(st.lists(rounded(-spread, spread, 3), min_size=k, max_size=k))
    powers = draw(st.lists(rounded(-decades, decades, 2), min_size=k, max_size=k))
    return np.array(yi), 0.1 * 10.0 ** np.array(powers)


def heterogeneous(min_size: int = 3, max_size: int = 12) -> st.SearchStrategy[Arrays]:
    """Studies that differ by more than their variances: tau² is far from 0."""
    return studies(min_size=min_size, max_size=max_size, spread=4.0, decades=0.5).map(
        lambda found: (found[0] + 3.0 * np.arange(len(found[0])), found[1])
    )


@st.composite
def batches(draw: st.DrawFn, rows: int = 4, k: int = 6) -> Arrays:
    """`(yi, vi)` of shape (rows, k); at least two studies of each row are there, others NaN."""
    found = [draw(studies(min_size=k, max_size=k)) for _ in range(rows)]
    yi, vi = (np.array(part) for part in zip(*found, strict=True))
    missing = draw(
        st.lists(st.lists(st.booleans(), min_size=k, max_size=k), min_size=rows, max_size=rows)
    )
    mask = np.array(missing)
    mask[:, :2] = False
    return np.where(mask, np.nan, yi), np.where(mask, np.nan, vi)


class Table(NamedTuple):
    """Events and patients of two arms."""

    events_1: int
    n_1: int
    events_2: int
    n_2: int

    def swapped(self) -> "Table":
        """The same trial with its arms exchanged."""
        return Table(self.events_2, self.n_2, self.events_1, self.n_1)


class Proportion(NamedTuple):
    """Events among patients."""

    events: int
    n: int


@st.composite
def proportions(draw: st.DrawFn, largest: int = 500) -> Proportion:
    """Events out of patients, none and all included."""
    n = draw(st.integers(1, largest))
    return Proportion(draw(st.integers(0, n)), n)


@st.composite
def tables(draw: st.DrawFn, largest: int = 500) -> Table:
    """Two-arm counts, empty cells included."""
    return Table(*draw(proportions(largest)), *draw(proportions(largest)))
