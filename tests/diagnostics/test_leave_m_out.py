"""Leave-m-out against pooling every subset, and how it says that it stopped."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import metaonc as mo
from tests.strategies import Arrays, studies


def side(fit: mo.PooledResult) -> int:
    return int(fit.ci_low > 0) - int(fit.ci_high < 0)


def brute_force(result: mo.PooledResult, most: int) -> tuple[int | None, set[tuple[int, ...]]]:
    """Pool every subset by itself."""
    for m in range(1, most + 1):
        found = set()
        for out in combinations(range(result.k), m):
            kept = [i for i in range(result.k) if i not in out]
            fit = mo.pool(result.effects.take(kept), model=result.choices.model)
            if side(fit) != side(result):
                found.add(out)
        if found:
            return m, found
    return None, set()


@given(data=studies(min_size=3, max_size=6), model=st.sampled_from(["fixed", "random"]))
def test_every_removal_that_changes_the_conclusion(data: Arrays, model: str) -> None:
    result = mo.pool(mo.Effects(*data), model=model)
    found = mo.leave_m_out(result)
    m, removed = brute_force(result, result.k - 2)
    assert found.m == m
    assert set(found.removed) == removed
    assert found.complete


def firm(k: int) -> mo.PooledResult:
    """Studies that all say the same, loudly."""
    return mo.pool(mo.Effects(np.full(k, -1.0) + 0.01 * np.arange(k), np.full(k, 0.01)))


def test_it_says_when_it_stopped() -> None:
    found = mo.leave_m_out(firm(12), max_fits=100)
    assert (found.m, found.tried, found.fits) == (None, 2, comb(12, 1) + comb(12, 2))
    assert not found.complete
    assert "Stopped after 78 fits: removing 3 studies takes 220 more" in found.summary()


def test_nothing_found_after_everything_was_tried() -> None:
    found = mo.leave_m_out(firm(6))
    assert found.complete
    assert found.tried == 4
    assert found.title == "Leave-m-out: no removal of up to 4 studies changes the conclusion"
    assert len(found.to_frame()) == 0
    assert found.to_dict()["complete"] is True


def test_the_registry_s_overall_survival_hangs_on_one_trial() -> None:
    found = mo.leave_m_out(mo.pool(mo.load_registry().effects("os")))
    assert found.to_frame()["removed"].tolist() == ["PrE0102 2018"]
    assert "without PrE0102 2018" in found.summary()


def test_one_study_is_refused() -> None:
    with pytest.raises(mo.DiagnosticsError, match="there is one study"):
        mo.leave_m_out(mo.pool(mo.Effects([0.1], [0.1])))
    with pytest.raises(mo.DiagnosticsError, match="max_m = 0 must be a whole number >= 1"):
        mo.leave_m_out(firm(4), max_m=0)
