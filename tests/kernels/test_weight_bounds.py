"""Exact ranges of weighted means against enumeration, random points and a numerical optimiser."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from metaonc.kernels.weight_bounds import Box, limit_range, statistic_range


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    k = draw(st.integers(1, 5))
    numbers = {
        name: np.array(draw(st.lists(st.floats(low, high), min_size=k, max_size=k)))
        for name, low, high in (("y", -2, 2), ("dy", 0, 0.3), ("w", 1, 200), ("dw", 0, 0.6))
    }
    y, w = numbers["y"], numbers["w"]
    return Box(y, y + numbers["dy"], w, w * (1 + numbers["dw"]))


def limit(y: np.ndarray, w: np.ndarray, multiple: float) -> np.ndarray:
    total = w.sum(axis=-1)
    return (w * y).sum(axis=-1) / total + multiple / np.sqrt(total)


def statistic(y: np.ndarray, w: np.ndarray) -> np.ndarray:
    return (w * y).sum(axis=-1) / np.sqrt(w.sum(axis=-1))


FUNCTIONS = {
    "mean": (lambda y, w: limit(y, w, 0.0), limit_range),
    "lower limit": (lambda y, w: limit(y, w, -1.96), lambda box: limit_range(box, -1.96)),
    "upper limit": (lambda y, w: limit(y, w, 3.2), lambda box: limit_range(box, 3.2)),
    "z": (statistic, statistic_range),
}


@given(box=boxes(), seed=st.integers(0, 1000))
@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_point_lies_outside_and_an_optimiser_gets_there(name: str, box: Box, seed: int) -> None:
    """Corners and random points stay inside; a bounded quasi-Newton search from the best of them
    comes as close as it can.
    """
    function, exact = FUNCTIONS[name]
    low, high = exact(box)
    k, random = len(box.w_low), np.random.default_rng(seed)
    ends = np.array(list(product([0.0, 1.0], repeat=2 * k)))
    unit = np.concatenate([ends, random.random((500, 2 * k)), random.integers(0, 2, (200, 2 * k))])
    unit[-200:, k:] = random.random((200, k))  # effects at their ends, weights inside
    y = box.y_low + unit[:, :k] * (box.y_high - box.y_low)
    w = box.w_low + unit[:, k:] * (box.w_high - box.w_low)
    values = function(y, w)
    slack = 1e-12 * (1 + np.abs(values).max())
    assert values.min() >= low - slack
    assert values.max() <= high + slack

    def at(u: np.ndarray, sign: float) -> float:
        inside_y = box.y_low + u[:k] * (box.y_high - box.y_low)
        inside_w = box.w_low + u[k:] * (box.w_high - box.w_low)
        return sign * float(function(inside_y, inside_w))

    for sign, bound, start in ((1, low, values.argmin()), (-1, high, values.argmax())):
        found = minimize(at, unit[start], args=(sign,), bounds=[(0, 1)] * (2 * k))
        best = min(found.fun, sign * values[start])
        assert sign * bound == pytest.approx(best, abs=1e-5 * (1 + abs(best)))


def test_an_extreme_between_the_ends_of_a_weight() -> None:
    """Two effects, one exactly at c: the smallest lower limit has a weight inside its range.

    For y = (0, d), w = (1, w): f = wd/(1 + w) - z / sqrt(1 + w) is least where
    sqrt(1 + w) = 2 d / (z) (from f' = 0), inside the range for these numbers.
    """
    d, z = 1.5, 1.96
    root = 2 * (d * 1.0 - 0.0) / z  # a = -z at y = d gives a negative root: no inner point there
    box = Box(np.array([0.0, -d]), np.array([0.0, -d]), np.array([1.0, 0.1]), np.array([1.0, 9.0]))
    low, _ = limit_range(box, -z)
    w = np.linspace(0.1, 9, 200_001)
    values = -w * d / (1 + w) - z / np.sqrt(1 + w)
    assert 0.1 < root**2 - 1 < 9
    assert low == pytest.approx(values.min(), abs=1e-9)
    assert w[values.argmin()] == pytest.approx(root**2 - 1, abs=1e-3)
