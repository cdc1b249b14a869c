"""P value functions: each agrees with the interval and the test of its own method, exactly."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

import metaonc as mo
from metaonc.diagnostics import Drapery
from tests.strategies import Arrays, heterogeneous, studies

CI = ["auto", "wald", "t", "hksj", "hksj-adhoc", "hksj-ci", "hksj-iqwig", "kr", "profile"]
CI += ["skovgaard", "hc"]
COUNTS = pd.DataFrame(
    {
        "events_1": [4, 9, 5, 11],
        "n_1": [40, 60, 50, 70],
        "events_2": [8, 15, 6, 19],
        "n_2": [40, 60, 52, 68],
    }
)


@pytest.fixture(scope="module")
def progression() -> mo.PooledResult:
    return mo.pool(mo.load_registry().effects("pfs"))


def on_the_curve(found: Drapery, curve: np.ndarray, effect: float) -> float:
    """The curve at one of its own points."""
    (place,) = np.flatnonzero(found.effect == effect)
    return float(curve[place])


# The pooled result's curve -----------------------------------------------------------------------


@pytest.mark.parametrize("ci", CI)
@settings(max_examples=25)
@given(data=heterogeneous(), level=st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_the_interval_is_where_p_is_one_less_its_level(ci: str, data: Arrays, level: float) -> None:
    result = mo.pool(mo.Effects(*data), ci=ci, level=level)
    ends = mo.drapery(result, points=3).p_values("Random effects", [result.ci_low, result.ci_high])
    assert_allclose(ends, 1 - level, rtol=1e-6)


@pytest.mark.parametrize("ci", CI)
@settings(max_examples=25)
@given(data=heterogeneous())
def test_p_of_no_effect_is_the_results_p(ci: str, data: Arrays) -> None:
    result = mo.pool(mo.Effects(*data, measure="MD"), ci=ci)
    found = mo.drapery(result, points=3)
    assert_allclose(found.p_values("Random effects", [0.0]), result.p_value, rtol=1e-8, atol=1e-300)
    common = mo.pool(result.effects, model="fixed").p_value
    assert_allclose(found.p_values("Common effect", [0.0]), common, rtol=1e-8, atol=1e-300)


@pytest.mark.parametrize("ci", CI)
@settings(max_examples=25)
@given(data=studies(min_size=3, max_size=8), value=st.sampled_from([-1.0, 0.3, 2.0]))
def test_p_of_an_effect_is_that_of_no_effect_once_it_is_taken_off(
    ci: str, data: Arrays, value: float
) -> None:
    """The data are moved and pooled anew: nothing of the curve's own arithmetic is used."""
    yi, vi = data
    found = mo.drapery(mo.pool(mo.Effects(yi, vi), ci=ci), points=3)
    moved = mo.pool(mo.Effects(yi - value, vi), ci=ci).p_value
    assert_allclose(found.p_values("Random effects", [value]), moved, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("ci", [ci for ci in CI if ci not in ("hksj-ci", "hksj-iqwig")])
def test_limits_of_any_level_are_those_of_a_result_of_that_level(
    ci: str, progression: mo.PooledResult
) -> None:
    """But for two hybrids, which choose their standard error at the level of the result."""
    found = mo.drapery(mo.pool(progression.effects, ci=ci))
    for p in (0.2, 0.05, 0.01):
        other = mo.pool(progression.effects, ci=ci, level=1 - p)
        assert found.limits("Random effects", p) == pytest.approx((other.ci_low, other.ci_high))
        ends = found.p_values("Random effects", found.limits("Random effects", p))
        assert ends == pytest.approx([p, p], rel=1e-6)


def test_hartung_knapp_by_hand(progression: mo.PooledResult) -> None:
    """Student's t with k - 1 degrees of freedom around the mean."""
    found = mo.drapery(progression)
    assert progression.ci_method == "hksj"
    t = np.abs(found.effect - progression.estimate) / progression.se
    assert_allclose(found.pooled["Random effects"], 2 * stats.t.sf(t, 5), rtol=1e-12)
    fixed = progression.fixed
    z = np.abs(found.effect - fixed.estimate) / fixed.se
    assert_allclose(found.pooled["Common effect"], 2 * stats.norm.sf(z), rtol=1e-12)


@given(data=studies(min_size=2))
def test_a_curve_is_one_at_its_estimate_and_falls_from_there(data: Arrays) -> None:
    found = mo.drapery(mo.pool(mo.Effects(*data), model="fixed"))
    result = found.result
    assert on_the_curve(found, found.pooled["Common effect"], result.estimate) == 1
    for curve, top in zip(found.studies, result.effects.yi, strict=True):
        assert on_the_curve(found, curve, float(top)) == 1
        left, right = curve[found.effect <= top], curve[found.effect >= top]
        assert (np.diff(left) >= 0).all()
        assert (np.diff(right) <= 0).all()


@pytest.mark.parametrize("ci", ["hksj", "profile", "skovgaard", "hc"])
@settings(max_examples=25)
@given(data=heterogeneous(max_size=6), power=st.sampled_from([-40, -3, 5, 30]))
def test_the_unit_of_the_effects_moves_no_p(ci: str, data: Arrays, power: int) -> None:
    yi, vi = data
    unit = 2.0**power
    first = mo.drapery(mo.pool(mo.Effects(yi, vi), ci=ci), points=9)
    second = mo.drapery(mo.pool(mo.Effects(yi * unit, vi * unit**2), ci=ci), points=9)
    assert_allclose(second.effect, first.effect * unit, rtol=1e-9)
    for name, curve in first.pooled.items():
        assert_allclose(second.pooled[name], curve, rtol=1e-6, atol=1e-9)


# A new study, studies ----------------------------------------------------------------------------


@given(data=heterogeneous())
def test_the_curve_of_a_new_study_is_twice_its_smaller_tail(data: Arrays) -> None:
    result = mo.pool(mo.Effects(*data))
    found = mo.drapery(result)
    low, high = result.prediction_interval()
    assert_allclose(found.p_values("Prediction", [low, high]), 0.05, rtol=1e-9)
    for place in (low, 0.0, high):
        above = result.probability_above(place, display=False)
        tails = 2 * min(above, 1 - above)
        assert_allclose(found.p_values("Prediction", [place]), tails, rtol=1e-6, atol=1e-12)


def test_a_studys_curve_is_cut_by_its_interval(progression: mo.PooledResult) -> None:
    """At the ends of the range it is what its z says."""
    found, effects = mo.drapery(progression), progression.effects
    z = np.abs(found.effect - effects.yi[:, None]) / effects.sei[:, None]
    assert_allclose(found.studies, 2 * stats.norm.sf(z), rtol=1e-12)


def test_what_there_is_no_curve_for_is_said(progression: mo.PooledResult) -> None:
    few = mo.drapery(mo.pool(mo.Effects([0.1, 0.4], [0.01, 0.02])))
    assert few.prediction is None
    assert few.sentences[-1].startswith("A new study has no curve: a prediction interval needs")
    common = mo.drapery(mo.pool(progression.effects, model="fixed"))
    assert list(common.pooled) == ["Common effect"]
    assert "new study" not in " ".join(common.sentences)
    with pytest.raises(mo.DiagnosticsError, match="no curve called 'Prediction'; use one of"):
        common.limits("Prediction", 0.05)
    with pytest.raises(mo.DiagnosticsError, match=r"bootstrap' is resampled .* ci='hksj'"):
        mo.drapery(mo.pool(progression.effects, ci="bootstrap"))
    with pytest.raises(mo.DiagnosticsError, match="95 must be a p value"):
        mo.drapery(progression, levels=[95])


def test_models_of_counts_and_correlated_effects_have_curves_too() -> None:
    effects = mo.effect_sizes("OR", COUNTS)
    for model in ("mh", "UM.FS"):
        result = mo.pool(effects, model=model)
        curve = [*mo.drapery(result).pooled][-1]
        ends = mo.drapery(result, points=3).p_values(curve, [result.ci_low, result.ci_high, 0.0])
        assert_allclose(ends, [0.05, 0.05, result.p_value], rtol=1e-9)
    shared = np.diag(effects.vi) + 0.02 * (np.eye(4)[::-1] * np.array([1, 0, 0, 1]))
    held = mo.Effects(effects.yi, effects.vi, measure="OR", covariance=shared)
    for ci in ("hksj", "profile", "skovgaard"):
        result = mo.pool(held, ci=ci)
        ends = mo.drapery(result, points=3).p_values(
            "Random effects", [result.ci_low, result.ci_high, 0.0]
        )
        assert_allclose(ends, [0.05, 0.05, result.p_value], rtol=1e-6)


def test_one_study_and_studies_that_agree_exactly() -> None:
    one = mo.drapery(mo.pool(mo.Effects([0.4], [0.04])))
    assert_allclose(one.p_values("Random effects", [0.0]), one.result.p_value)
    agree = mo.drapery(mo.pool(mo.Effects([0.4, 0.4, 0.4], [0.04, 0.02, 0.1]), ci="hksj"))
    found = agree.p_values("Random effects", [0.4, 0.1])
    assert found.tolist() == [1.0, 0.0]


def test_the_table_and_the_document(progression: mo.PooledResult) -> None:
    found = mo.drapery(progression, levels=[0.01, 0.05], points=50)
    frame = found.to_frame()
    names = [*progression.effects.labels, "Common effect", "Random effects", "Prediction"]
    assert list(frame) == ["effect", *names]
    assert found.levels == (0.05, 0.01)
    assert found.cells()[0] == ["", "p = 0.05 (95% interval)", "p = 0.01 (99% interval)"]
    assert found.cells()[2][1] == "0.46 to 0.79"
    limits = found.to_dict()["limits"]["Random effects"]["0.05"]
    assert limits == pytest.approx([progression.ci_low, progression.ci_high])
