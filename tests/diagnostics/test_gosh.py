"""Subsets: each is what pooling it alone gives; all are there, or drawn by a seed."""

import json
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

import metaonc as mo
from tests.strategies import Arrays, studies


@settings(max_examples=15)
@given(data=studies(min_size=2, max_size=5))
@pytest.mark.parametrize("choices", [{}, {"tau2": "DL"}, {"model": "fixed"}, {"tau2": 0.1}])
def test_every_subset_is_pooled(data: Arrays, choices: dict[str, object]) -> None:
    """In binary order, by number of studies and by name."""
    effects = mo.Effects(*data)
    found = mo.gosh(mo.pool(effects, **choices))
    frame = found.subsets()
    inside = np.array([found.includes(label) for label in effects.labels]).T
    assert found.n == 2**effects.k - 1
    assert len({tuple(row) for row in inside}) == found.n
    for i, row in enumerate(inside):
        alone = mo.pool(effects.take(row), **choices)
        unit = alone.wald_se
        assert frame["k"][i] == alone.k
        assert frame["estimate"][i] == pytest.approx(alone.estimate, rel=1e-9, abs=1e-9 * unit)
        assert frame["tau2"][i] == pytest.approx(alone.tau2, rel=1e-9, abs=1e-9 * unit**2)
        assert frame["q"][i] == pytest.approx(alone.q, rel=1e-9, abs=1e-9)
        assert frame["i2"][i] == pytest.approx(alone.i2, abs=1e-9)


def test_regressions_and_counts_have_subsets_too() -> None:
    """Coefficients where the subset can tell them apart; Mantel-Haenszel one by one."""
    effects = mo.load_registry().effects("pfs")
    regression = mo.gosh(mo.regress(effects, "line"))
    whole = regression.subsets().iloc[-1]
    coefficients = mo.regress(effects, "line").coefficients["estimate"]
    assert whole[list(coefficients.index)].to_numpy() == pytest.approx(coefficients.to_numpy())
    assert np.isnan(regression.estimate).any()
    assert "coefficient" in regression.to_frame()
    table = pd.DataFrame(
        {"events_1": [4, 9, 3], "n_1": [40, 60, 20], "events_2": [8, 15, 3], "n_2": [40, 60, 22]}
    )
    fit = mo.pool(mo.effect_sizes("OR", table), model="mh")
    found = mo.gosh(fit)
    for row, pair in zip((2, 4, 5), combinations(range(3), 2), strict=True):
        alone = mo.pool(mo.effect_sizes("OR", table.iloc[list(pair)]), model="mh")
        assert found.estimate[row] == pytest.approx(alone.estimate)


def test_where_there_are_more_they_are_drawn() -> None:
    """From all but the empty one; the same seed draws the same."""
    rng = np.random.default_rng(3)
    fit = mo.pool(mo.Effects(rng.normal(size=30), rng.uniform(0.1, 1.0, 30)), tau2="DL")
    first, again, other = (mo.gosh(fit, subsets=2000, seed=seed) for seed in (7, 7, 8))
    assert np.array_equal(first.estimate, again.estimate)
    assert not np.array_equal(first.estimate, other.estimate)
    assert first.k.min() > 0
    assert abs(first.k.mean() - 15) < 5 * np.sqrt(30 / 4 / 2000)  # five standard errors
    assert first.sentences[-1] == "Subsets drawn at random with default_rng(7)."
    few = mo.gosh(mo.pool(mo.Effects([0.1, 0.3, 0.2], [0.1] * 3)), subsets=5, seed=1)
    assert few.n == 5
    assert few.k.min() > 0


def test_the_study_that_splits_the_cloud_shows() -> None:
    found = mo.gosh(mo.pool(mo.load_registry().effects("pfs")))
    frame = found.to_frame().set_index("label")
    assert (frame["i2_with"] - frame["i2_without"]).idxmax() == "HORIZON 2013"
    document = json.loads(found.to_json())
    assert (document["subsets"], document["seed"], len(document["rows"])) == (63, None, 6)
    assert found.sentences == [
        "The hazard ratio of the middle 95% of subsets: 0.46 to 0.78; I²: 0% to 91%; "
        "tau²: 0 to 0.1300."
    ]


def test_a_progress_bar_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    fit = mo.pool(mo.load_registry().effects("pfs"))
    assert np.array_equal(mo.gosh(fit, progress=True).estimate, mo.gosh(fit).estimate)


def test_what_has_no_subsets_is_refused() -> None:
    fit = mo.pool(mo.Effects([0.1, 0.2], [0.1, 0.1]))
    with pytest.raises(mo.DiagnosticsError, match="subsets = 0 must be a whole number"):
        mo.gosh(fit, subsets=0)
    with pytest.raises(mo.DiagnosticsError, match="no subset but itself"):
        mo.gosh(mo.pool(mo.Effects([0.1], [0.1])))
    with pytest.raises(mo.DiagnosticsError, match="no study 'Study 3'; there are: Study 1"):
        mo.gosh(fit).includes("Study 3")
