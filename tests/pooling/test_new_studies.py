"""What a result says about single studies: a new one, and those that are there."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import metaonc as mo
from metaonc.effects import MEASURES
from tests.reference import cases
from tests.reference import studies as used
from tests.reference.comparison import Comparison
from tests.strategies import Arrays, heterogeneous, studies

PFS = mo.load_registry().effects("pfs")
METHODS = ("HTS", "V", "S", "HK", "HK-se", "HK-PR", "KR", "KR-PR")


# True effects of the studies ---------------------------------------------------------------------


def test_true_effects_are_those_of_blup_and_ranef() -> None:
    """metafor `blup` and `ranef` after REML, as results give them."""
    chosen = cases("mean_intervals", "blup")
    assert len(chosen) == 74
    for case in chosen:
        found = mo.pool(mo.Effects(*used(case.source)), ci="wald").study_effects()
        compare = Comparison(case, "REML, as results give it")
        for column, theirs in (("estimate", "pred"), ("low", "pi.lb"), ("high", "pi.ub")):
            compare.location(column, found[column].to_numpy(), case.out[theirs])
        compare.location("deviation", found["deviation"].to_numpy(), case.out["ranef"])
        scale = np.sqrt(used(case.source)[1].min())
        compare("se", found["se"].to_numpy(), case.out["se"], floor=scale)
        compare.done()


@given(data=studies(min_size=2))
def test_a_study_is_moved_to_the_mean_by_its_shrinkage(data: Arrays) -> None:
    """estimate = own + shrinkage * (mean - own), at the labels of the studies."""
    effects = mo.Effects(*data)
    fit = mo.pool(effects, tau2="DL", ci="wald")
    found = fit.study_effects(0.8)
    assert list(found["label"]) == list(effects.labels)
    moved = data[0] + found["shrinkage"] * (fit.estimate - data[0])
    np.testing.assert_allclose(found["estimate"], moved, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found["estimate"] - found["deviation"], fit.estimate, atol=1e-9)
    half = stats.norm.ppf(0.9) * found["se"]
    np.testing.assert_allclose(found["high"] - found["estimate"], half, rtol=1e-9, atol=1e-12)
    fixed = mo.pool(effects, model="fixed").study_effects()
    assert (fixed["shrinkage"] == 1).all()
    np.testing.assert_allclose(fixed["se"], mo.pool(effects, model="fixed").se, rtol=1e-12)


def test_true_effects_on_the_displayed_scale() -> None:
    """Exponentials for hazard ratios, without errors of logs."""
    fit = mo.pool(PFS)
    logs, ratios = fit.study_effects(), fit.study_effects(display=True)
    assert list(ratios) == ["label", "estimate", "low", "high", "shrinkage"]
    np.testing.assert_allclose(ratios["low"], np.exp(logs["low"]), rtol=1e-14)


# A new study -------------------------------------------------------------------------------------


@given(data=heterogeneous(min_size=4), method=st.sampled_from(METHODS), level=st.floats(0.3, 0.99))
def test_probability_and_interval_are_of_one_distribution(
    data: Arrays, method: str, level: float
) -> None:
    """Beyond each limit lies half of what the level leaves; below and above make one."""
    fit = mo.pool(mo.Effects(*data))
    found = fit.prediction_interval(method, level)
    tail = (1 - level) / 2
    above = fit.probability_above(found.high, method, display=False)
    assert above == pytest.approx(tail, rel=1e-6)
    assert above.method == method
    assert fit.probability_below(found.low, method) == pytest.approx(tail, rel=1e-6)  # GEN: as is
    middle = (found.low + 2 * found.high) / 3
    both = fit.probability_above(middle, method) + fit.probability_below(middle, method)
    assert both == pytest.approx(1, rel=1e-12)


def test_a_probability_by_hand() -> None:
    """scipy's t distribution with k - 2 degrees of freedom, on the log scale."""
    fit = mo.pool(PFS)
    t = (fit.estimate - math.log(0.8)) / math.sqrt(fit.tau2 + fit.wald_se**2)
    found = fit.probability_above(0.8)
    assert found == pytest.approx(stats.t.cdf(t, fit.k - 2), rel=1e-12)
    assert repr(found) == f"Probability({float(found)!r}, 'hazard ratio > 0.8', method='HTS')"
    logs = fit.probability_above(math.log(0.8), display=False)
    assert float(logs) == pytest.approx(float(found), rel=1e-12)
    assert logs.event.startswith("log hazard ratio > -0.22")


@pytest.mark.parametrize("code", [code for code in MEASURES if code != "PFT"])
def test_thresholds_go_to_the_analysis_scale_and_back(code: str) -> None:
    """Every measure: the inverse of what is displayed; proportions as fractions."""
    scale = MEASURES[code]
    low, high = max(scale.lowest, -3.0), min(scale.highest, 3.0)
    values = np.linspace(low, high, 13)[1:-1]
    np.testing.assert_allclose(
        scale.display(scale.analysis(values)), values, rtol=1e-12, atol=1e-12
    )


def test_a_threshold_on_the_double_arcsine_scale() -> None:
    """With the harmonic mean of the sizes, as pooled values are displayed."""
    effects = mo.Effects([0.8, 0.79, 0.81], [1e-4, 2e-4, 1e-4], measure="PFT",
                         columns={"n": [25, 12, 25]})  # fmt: skip
    assert effects.display(effects.analysis(0.3)) == pytest.approx(0.3, rel=1e-9)
    fit = mo.pool(effects)
    limit = float(effects.display(fit.prediction_interval().high))
    assert fit.probability_above(limit) == pytest.approx(0.025, rel=1e-6)


@pytest.mark.parametrize(
    ("measure", "threshold", "said"),
    [
        ("HR", -0.5, "-0.5 is not a hazard ratio, which is >= 0."),
        ("PLOGIT", 20, "20 is not a proportion, which is between 0 and 1; write 20% as 0.2."),
        ("ZCOR", 1.5, "1.5 is not a correlation, which is between -1 and 1."),
        ("MD", math.nan, "nan is not a mean difference, which is a number."),
    ],
)
def test_thresholds_off_the_scale_are_refused(measure: str, threshold: float, said: str) -> None:
    """The whole sentence."""
    fit = mo.pool(mo.Effects([0.1, 0.2, 0.4], [0.1, 0.1, 0.2], measure=measure))
    with pytest.raises(mo.MetaoncError) as raised:
        fit.probability_above(threshold)
    assert str(raised.value) == said


def test_the_ends_of_the_scale_have_probability_0_and_1() -> None:
    """A hazard ratio is above 0 for sure."""
    fit = mo.pool(PFS)
    assert fit.probability_above(0) == 1
    assert fit.probability_below(0) == 0
    assert fit.probability_above(math.inf) == 0


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"model": "fixed"}, "a fixed effect is the same in every study"),
        ({"policy": "revman-5"}, "policy revman-5 has no prediction interval; name a method"),
    ],
)
def test_where_there_is_no_prediction_there_is_no_probability(
    options: dict[str, Any], reason: str
) -> None:
    """NaN with the reason of the interval."""
    fit = mo.pool(PFS, **options)
    found = fit.probability_above(1.0)
    assert math.isnan(found)
    assert (found.applies, found.reason) == (False, reason)
    assert f"not applicable: {reason}" in str(found)
    assert fit.prediction_interval().reason == reason


# Simulation --------------------------------------------------------------------------------------


@given(data=heterogeneous(), seed=st.integers(0, 10**9))
@settings(max_examples=15)
def test_the_simulated_interval_is_reproducible(data: Arrays, seed: int) -> None:
    """Seed and draws are recorded and give the same limits; so does the share beyond a limit."""
    fit = mo.pool(mo.Effects(*data))
    found = fit.prediction_interval("NNF", seed=seed, draws=500)
    assert (found.seed, found.draws, found.method) == (seed, 500, "NNF")
    assert fit.prediction_interval("NNF", seed=seed, draws=500) == found
    above = fit.probability_above(found.high, "NNF", seed=seed, draws=500)
    assert above == pytest.approx(0.025, abs=2 / 500)
    assert (above.seed, above.draws) == (seed, 500)
    assert "seed=" in repr(found)
    assert "seed=" in repr(above)
    assert fit.probability_below(found.low, "NNF", seed=seed, draws=500) == pytest.approx(
        0.025, abs=2 / 500
    )


def test_seeds_belong_to_simulations() -> None:
    """The whole sentence; without a seed it is 0."""
    fit = mo.pool(PFS)
    with pytest.raises(mo.PoolingError) as raised:
        fit.prediction_interval("HTS", seed=3)
    assert str(raised.value) == "method 'HTS' is not simulated; leave out seed and draws."
    assert fit.prediction_interval("NNF") == fit.prediction_interval("NNF", seed=0)
    assert fit.prediction_interval("NNF") != fit.prediction_interval("NNF", seed=1)
