"""Kendall's rank correlation against all orders and scipy."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from metaonc.kernels.rank_correlation import rank_correlation


@pytest.mark.parametrize("k", [2, 3, 5, 6])
def test_exact_p_values_are_shares_of_all_orders(k: int) -> None:
    x = np.arange(float(k))
    orders = [np.array(order, dtype=float) for order in permutations(range(k))]
    scores = np.array([abs(rank_correlation(x, y).score) for y in orders])
    for y in orders[:: max(1, len(orders) // 20)]:
        found = rank_correlation(x, y)
        assert found.exact
        share = np.mean(scores >= abs(found.score))
        assert found.p_value == pytest.approx(min(1.0, share), rel=1e-12)


@given(
    x=st.lists(st.integers(0, 6), min_size=3, max_size=15),
    seed=st.integers(0, 100),
    exact=st.booleans(),
)
def test_ties_are_those_of_scipy(x: list[int], seed: int, exact: bool) -> None:
    first = np.array(x, dtype=float)
    second = np.random.default_rng(seed).integers(0, 6, size=len(x)).astype(float)
    assume(len(set(first)) > 1 and len(set(second)) > 1)
    found = rank_correlation(first, second, exact=exact)
    method = "exact" if found.exact else "asymptotic"
    theirs = kendalltau(first, second, method=method)
    assert found.tau == pytest.approx(theirs.statistic, abs=1e-12)
    assert found.p_value == pytest.approx(theirs.pvalue, rel=1e-9)


def test_small_p_values_keep_their_digits() -> None:
    """No inversion among 30 numbers: 2 of 30! orders."""
    x = np.arange(30.0)
    expected = 2 * np.exp(-np.log(np.arange(1.0, 31.0)).sum())
    assert rank_correlation(x, x).p_value == pytest.approx(expected, rel=1e-12)
