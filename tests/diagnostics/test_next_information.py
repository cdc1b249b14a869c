"""Required information, sequential analysis, the next trial and power of whole meta-analyses."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import metaonc as mo
from metaonc.kernels.group_sequential import obrien_fleming_spending, two_sided_boundaries


@pytest.fixture(scope="module")
def survival() -> mo.PooledResult:
    return mo.pool(mo.load_registry().effects("os"))


@pytest.fixture(scope="module")
def response() -> mo.PooledResult:
    return mo.pool(mo.load_registry().effects("orr", measure="OR"))


# Required information ------------------------------------------------------------------------


def test_events_where_they_are_known_and_where_not() -> None:
    effects = mo.Effects([-0.2, -0.3], [0.04, 0.02], "HR", columns={"events": [120, None]})
    found = mo.required_information_size(mo.pool(effects, model="fixed"), effect=0.8)
    assert found.information.amounts == pytest.approx([120, 4 / 0.02])
    assert "reported in 1 studies, implied by the variance" in found.information.source
    assert found.accrued == pytest.approx(320)


def test_unequal_arms_imply_more_events() -> None:
    columns = {"n_1": [200, 100], "n_2": [100, 100]}
    effects = mo.Effects([-0.2, -0.3], [0.04, 0.02], "HR", columns=columns)
    found = mo.required_information_size(mo.pool(effects, model="fixed"), effect=0.8)
    assert found.information.amounts == pytest.approx([9 / (2 * 0.04), 4 / 0.02])


def test_diversity_makes_the_size_larger() -> None:
    result = mo.pool(mo.load_registry().effects("pfs"))
    found = mo.required_information_size(result, effect=0.8)
    expected = 1 - result.fixed.wald_se**2 / result.wald_se**2
    assert found.diversity == pytest.approx(expected)
    plain = mo.required_information_size(result, effect=0.8, diversity=0)
    assert found.required == pytest.approx(plain.required / (1 - expected))


def test_patients_for_counts(response: mo.PooledResult) -> None:
    found = mo.required_information_size(response, effect=2.0, control_risk=0.1, diversity=0)
    risk = 2 * (0.1 / 0.9) / (1 + 2 * (0.1 / 0.9))
    mean = (risk + 0.1) / 2
    deviate = 1.959964 + 0.841621
    assert found.required == pytest.approx(
        4 * deviate**2 * mean * (1 - mean) / (risk - 0.1) ** 2, rel=1e-5
    )
    assert found.information.unit == "patients"


def test_information_for_anything_else() -> None:
    result = mo.pool(mo.Effects([1.0, 2.0], [0.5, 0.25], "MD"), model="fixed")
    found = mo.required_information_size(result, effect=1.0)
    assert found.accrued == pytest.approx(6.0)
    assert found.required == pytest.approx((1.959964 + 0.841621) ** 2, rel=1e-5)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"effect": 1.0}, r"effect = 1.0 must be a hazard ratio that differs from 1"),
        ({"effect": 0.8, "power": 0.01}, r"power = 0.01 must exceed alpha = 0.05"),
        ({"effect": 0.8, "alpha": 1.5}, r"alpha = 1.5 must be a number between 0 and 1"),
        ({"effect": 0.8, "diversity": 1.0}, r"diversity = 1.0 must be a number between 0 and 1"),
        ({"effect": 0.8, "control_risk": 0.1}, r"control_risk = 0.1 is for odds ratios"),
        ({"effect": "0.8"}, r"effect = '0.8' must be a hazard ratio"),
    ],
)
def test_what_cannot_be_asked(
    survival: mo.PooledResult, said: dict[str, float], message: str
) -> None:
    with pytest.raises(mo.DiagnosticsError, match=message):
        mo.required_information_size(survival, **said)


# Sequential analysis -----------------------------------------------------------------------------


def test_the_looks_are_cumulative_meta_analyses(survival: mo.PooledResult) -> None:
    found = mo.trial_sequential_analysis(survival, effect=0.8)
    effects = survival.effects
    for look in range(survival.k):
        part = mo.pool(effects.take(found.order[: look + 1]))
        assert found.estimate[look] == pytest.approx(part.estimate, rel=1e-9)
    years = [effects.column("year")[i] for i in found.order]
    assert years == sorted(years)


def test_boundaries_are_those_of_the_information_fractions() -> None:
    effects = mo.Effects([-0.3] * 4, [0.04] * 4, "HR")
    found = mo.trial_sequential_analysis(mo.pool(effects, model="fixed"), effect=0.7)
    times = np.append(found.fraction[found.fraction < 1], 1.0)
    assert found.fraction[-1] > 1
    times[-1] = found.fraction[found.fraction >= 1][0]
    expected = two_sided_boundaries(times, obrien_fleming_spending(times))
    assert found.boundary[: len(times)] == pytest.approx(expected)
    assert found.boundary[len(times) :] == pytest.approx(expected[-1])
    assert found.z == pytest.approx(-0.3 * np.sqrt(np.arange(1, 5) / 0.04))


def test_a_boundary_ahead_at_the_required_size() -> None:
    effects = mo.Effects([-0.4, -0.4], [0.02, 0.02], "HR")
    found = mo.trial_sequential_analysis(mo.pool(effects, model="fixed"), effect=0.85)
    times = np.append(found.fraction, 1.0)
    expected = two_sided_boundaries(times, obrien_fleming_spending(times))
    assert [*found.boundary, found.final_boundary] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("yi", "vi", "conclusion", "words"),
    [
        ([-0.6, -0.6], [0.03, 0.03], "crossed", "crosses its boundary with Study 2"),
        ([-0.9, 0.8], [0.02, 0.02], "crossed, then inside again", "lies inside again"),
        ([0.0, 0.01], [0.001, 0.001], "required size reached", "boundary was not crossed"),
        ([-0.3, -0.3], [0.04, 0.04], "more needed", "significant (p = 0.034), but does not"),
        ([-0.1, -0.1], [0.04, 0.04], "more needed", "for a conclusion either way"),
    ],
)
def test_what_follows(yi: list[float], vi: list[float], conclusion: str, words: str) -> None:
    result = mo.pool(mo.Effects(yi, vi, "HR"), model="fixed")
    found = mo.trial_sequential_analysis(result, effect=0.75)
    assert found.conclusion == conclusion
    assert words in found.summary()


def test_early_looks_have_no_boundary_yet() -> None:
    result = mo.pool(mo.Effects([-0.3, -0.3], [2.0, 0.04], "HR"), model="fixed")
    found = mo.trial_sequential_analysis(result, effect=0.95)
    assert np.isinf(found.boundary[0])
    assert found.to_dict()["rows"][0]["boundary"] is None
    assert "none yet" in found.summary()


def test_no_order_but_that_of_the_effects() -> None:
    result = mo.pool(mo.Effects([-0.1, -0.2], [0.04, 0.03], "HR", columns={"when": [2, 1]}))
    assert mo.trial_sequential_analysis(result, effect=0.8).order == (0, 1)
    assert mo.trial_sequential_analysis(result, effect=0.8, order="when").order == (1, 0)
    with pytest.raises(mo.EffectsError, match="no column 'week'"):
        mo.trial_sequential_analysis(result, effect=0.8, order="week")


# The next trial ----------------------------------------------------------------------------------


def test_conditional_power_by_pooling_simulated_trials(survival: mo.PooledResult) -> None:
    """Add a drawn trial to the studies, pool all by common effect: as often significant."""
    fixed = mo.pool(survival.effects, model="fixed")
    found = mo.next_trial(fixed, events=150, effect=0.75)
    effects, n = fixed.effects, 40_000
    new = np.random.default_rng(1).normal(np.log(0.75), np.sqrt(4 / 150), n)
    yi = np.column_stack([np.broadcast_to(effects.yi, (n, effects.k)), new])
    vi = np.broadcast_to(np.append(effects.vi, 4 / 150), yi.shape)
    simulated = np.mean(mo.pool_many(yi, vi, model="fixed").p_value < 0.05)
    assert found.power[0] == pytest.approx(simulated, abs=4 * np.sqrt(0.25 / n))


def test_heterogeneity_caps_the_power() -> None:
    effects = mo.Effects([-0.6, 0.2, -0.3, 0.1], [0.02, 0.03, 0.02, 0.04], "HR")
    result = mo.pool(effects, tau2="DL")
    found = mo.next_trial(result, events=[1e3, 1e9], trials=2)
    assert found.power[1] == pytest.approx(found.limit, abs=1e-6)
    assert found.power[0] < found.limit < 0.5
    assert "approaches" in found.summary()


def test_patients_of_a_new_trial(response: mo.PooledResult) -> None:
    found = mo.next_trial(response, patients=200, effect=2.0, control_risk=0.2)
    risk = 0.5 / 1.5
    cells = [100 * risk, 100 * (1 - risk), 20, 80]
    assert found.variance == pytest.approx([sum(1 / cell for cell in cells)])


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({}, "as one of events, patients or variance, not none of them"),
        ({"events": 10, "variance": 0.1}, "not events and variance"),
        ({"patients": 100}, "not sized in patients; give events"),
        ({"events": [100, -1]}, "events = -1 must be a number > 0"),
        ({"events": []}, "events holds no size"),
        ({"events": 10, "trials": 0}, "trials = 0 must be a whole number >= 1"),
        ({"events": 10, "control_risk": 0.1}, "goes with patients"),
    ],
)
def test_sizes_that_cannot_be(
    survival: mo.PooledResult, said: dict[str, float], message: str
) -> None:
    with pytest.raises(mo.DiagnosticsError, match=message):
        mo.next_trial(survival, **said)


# Power -------------------------------------------------------------------------------------------


def test_power_by_simulation(survival: mo.PooledResult) -> None:
    """With tau² given and a Wald interval the formula is exact: within four standard errors."""
    result = mo.pool(survival.effects, tau2=0.03, ci="wald")
    found = mo.power(result, effect=[0.7, 0.85], draws=40_000, seed=3)
    assert found.simulated == pytest.approx(found.random, abs=4 * np.sqrt(0.25 / 40_000))
    assert (found.random < found.fixed).all()


def test_the_same_seed_gives_the_same_power(survival: mo.PooledResult) -> None:
    first, second = (mo.power(survival, effect=0.8, draws=500, seed=9) for _ in range(2))
    assert first.to_json() == second.to_json()
    assert first.to_dict()["seed"] == 9


def test_what_can_be_shown_has_that_power(survival: mo.PooledResult) -> None:
    found = mo.power(survival, effect=0.8, tau2=0.02)
    common, random = (float(np.exp(-size)) for size in found.detectable())
    assert mo.power(survival, effect=common).fixed == pytest.approx([0.8], abs=1e-4)
    assert mo.power(survival, effect=random, tau2=0.02).random == pytest.approx([0.8], abs=1e-4)


def test_power_that_cannot_be() -> None:
    one_arm = mo.pool(mo.effect_sizes("PLOGIT", pd.DataFrame({"events": [3, 4], "n": [10, 12]})))
    with pytest.raises(mo.DiagnosticsError, match="one arm has no null value"):
        mo.power(one_arm, effect=0.2)
    counts = pd.DataFrame({"events_1": [3, 4], "n_1": [10, 12], "events_2": [5, 6], "n_2": [9, 12]})
    pooled = mo.pool(mo.effect_sizes("OR", counts), model="mh")
    with pytest.raises(mo.DiagnosticsError, match="simulated power pools effects"):
        mo.power(pooled, effect=0.5, draws=10)


# Other results -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (mo.rounding, {}),
        (mo.fragility_index, {}),
        (mo.leave_m_out, {}),
        (mo.required_information_size, {"effect": 0.8}),
        (mo.trial_sequential_analysis, {"effect": 0.8}),
        (mo.next_trial, {"events": 100}),
        (mo.power, {"effect": 0.8}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_only_the_result_of_pool(ask: Callable[..., object], said: dict[str, float]) -> None:
    effects = mo.load_registry().effects("pfs")
    with pytest.raises(mo.DiagnosticsError, match=r"a result of pool\(\) is needed, not MetaRegr"):
        ask(mo.pool(effects, moderators="year"), **said)
