"""Refits to subsets: each is what pooling the subset alone gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import metaonc as mo
from metaonc.diagnostics.refits import refit
from tests.strategies import Arrays, studies

READ = {
    "estimate": "estimate",
    "se": "se",
    "tau2": "tau2",
    "low": "ci_low",
    "high": "ci_high",
    "p_value": "p_value",
}


def alone(result: mo.PooledResult, row: np.ndarray) -> mo.PooledResult:
    """The subset, pooled by itself with the result's choices."""
    return mo.pool(
        result.effects.take(row),
        model=result.choices.count_model or result.choices.model,
        tau2=None if result.choices.model == "fixed" else result.choices.tau2,
        ci=result.choices.ci,
        policy=result.choices.policy,
    )


def assert_rows_stand_alone(result: mo.PooledResult, keep: np.ndarray) -> None:
    """Every row of the refit against the subset pooled by itself."""
    found = refit(result, keep)
    for at, row in enumerate(keep):
        expected = alone(result, row)
        assert found.k[at] == expected.k
        for name, attribute in READ.items():
            unit = expected.wald_se**2 if name == "tau2" else expected.wald_se
            near = pytest.approx(getattr(expected, attribute), rel=1e-9, abs=1e-9 * unit)
            assert getattr(found, name)[at] == near, name
        assert found.weights[at][row] == pytest.approx(expected.weights, rel=1e-9)
        assert not found.weights[at][~row].any()


@given(data=studies(min_size=3, max_size=6), seed=st.integers(0, 100))
@pytest.mark.parametrize("ci", ["auto", "wald", "hksj-adhoc"])
def test_a_batch_of_subsets_is_each_subset_pooled(data: Arrays, seed: int, ci: str) -> None:
    """One batch of the kernels with NaN for what is left out."""
    result = mo.pool(mo.Effects(*data), ci=ci)
    keep = np.random.default_rng(seed).random((4, result.k)) < 0.7
    keep[:, :2] = True  # every interval above has a meaning for two studies
    assert_rows_stand_alone(result, keep)


def test_models_of_counts_are_fitted_one_after_another() -> None:
    """Mantel-Haenszel on the registry's shape of table."""
    import pandas as pd

    frame = pd.DataFrame(
        {
            "label": ["a", "b", "c", "d"],
            "events_1": [5, 0, 12, 4],
            "n_1": [50, 20, 100, 40],
            "events_2": [9, 2, 20, 4],
            "n_2": [48, 21, 99, 44],
        }
    )
    result = mo.pool(mo.effect_sizes("OR", frame), model="mh")
    assert_rows_stand_alone(result, ~np.eye(4, dtype=bool))


def test_correlated_effects_keep_their_covariance() -> None:
    """Contrasts that share a control, without one at a time."""
    yi, covariance = np.array([0.1, 0.4, -0.2]), np.diag([0.04, 0.05, 0.03])
    covariance[0, 1] = covariance[1, 0] = 0.02
    effects = mo.Effects(yi, np.diag(covariance), covariance=covariance)
    assert_rows_stand_alone(mo.pool(effects), ~np.eye(3, dtype=bool))


def test_one_study_alone_has_walds_interval() -> None:
    """Where the interval needs two studies and one is left."""
    effects = mo.Effects([0.1, 0.3], [0.02, 0.05])
    found = refit(mo.pool(effects, ci="permutation"), np.eye(2, dtype=bool))
    assert found.low == pytest.approx(effects.yi - 1.959963984540054 * effects.sei)


@pytest.mark.parametrize(
    ("keep", "says"),
    [
        (np.ones(3, dtype=bool), r"shape \(3,\)"),
        (np.ones((2, 4), dtype=bool), r"shape \(2, 4\)"),
        (np.array([[True, True, True], [False, False, False]]), "row 1 of `keep` keeps no study"),
    ],
)
def test_a_subset_that_is_none_is_refused(keep: np.ndarray, says: str) -> None:
    """The shape, and what is empty."""
    result = mo.pool(mo.Effects([0.1, 0.3, 0.2], [0.02, 0.05, 0.03]))
    with pytest.raises(mo.DiagnosticsError, match=says):
        refit(result, keep)
