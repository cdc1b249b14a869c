"""`pool` with a model of counts: results like any other, and answers to what it cannot do."""

import pickle

import numpy as np
import pandas as pd
import pytest

import metaonc as mo
from metaonc.pooling.counts.count_result import CountResult

# Pneumonitis as such trials report it: an empty control arm, and a trial without any.
FRAME = pd.DataFrame({
    "label": ["A", "B", "C", "D"],
    "events_1": [6, 3, 0, 9],
    "n_1": [60, 55, 40, 120],
    "events_2": [0, 1, 0, 2],
    "n_2": [58, 54, 41, 118],
})  # fmt: skip


def odds_ratios() -> mo.Effects:
    return mo.effect_sizes("OR", FRAME)


@pytest.mark.parametrize("model", ["mh", "peto"])
def test_the_result_is_a_pooled_result(model: str) -> None:
    fit = mo.pool(odds_ratios(), model=model)
    assert isinstance(fit, CountResult)
    assert (fit.choices.count_model, fit.choices.model, fit.tau2, fit.k) == (model, "fixed", 0, 4)
    assert fit.fixed is fit
    assert fit.weights.sum() == pytest.approx(1)
    assert fit.weights[2] == 0  # no events in either arm
    assert fit.q_df == 2
    low, high = fit.prediction_interval()
    assert np.isnan([low, high]).all()
    assert not fit.tau2_interval().applies
    assert np.isnan([fit.log_likelihood, fit.tau2_se]).all()
    assert "policy metaonc-2026" in fit.methods()
    assert "without continuity correction" in fit.methods() or model == "peto"
    assert "takes the counts as they are" in fit.summary()


def test_an_empty_arm_needs_no_correction() -> None:
    """By hand: sum of a d / N over sum of b c / N."""
    x1, n1, x2, n2 = (FRAME[name].to_numpy(float) for name in FRAME.columns[1:])
    r, s = x1 * (n2 - x2) / (n1 + n2), (n1 - x1) * x2 / (n1 + n2)
    fit = mo.pool(odds_ratios(), model="mh")
    assert fit.estimate == pytest.approx(np.log(r.sum() / s.sum()), rel=1e-12)


@pytest.mark.parametrize("model", ["mh", "peto"])
def test_there_and_back(model: str) -> None:
    fit = mo.pool(odds_ratios(), model=model)
    again = mo.PooledResult.from_json(fit.to_json())
    assert isinstance(again, CountResult)
    assert again.to_json() == fit.to_json() == pickle.loads(pickle.dumps(fit)).to_json()
    assert again.summary() == fit.summary()


def test_subgroups_and_a_forest_plot() -> None:
    effects = mo.effect_sizes("OR", FRAME.assign(line=["1st", "2nd", "2nd", "1st"]))
    found = mo.subgroups(effects, by="line", model="mh")
    whole = mo.pool(effects.take([0, 3]), model="mh")
    assert found.groups["1st"].estimate == whole.estimate
    assert mo.forest(mo.pool(effects, model="mh")).axes


@pytest.mark.parametrize(
    ("choices", "text"),
    [
        (
            {"model": "mh", "tau2": "DL"},
            "tau2 = 'DL' does not apply to model = 'mh', which has a common effect; leave it out.",
        ),
        (
            {"model": "peto", "ci": "hksj"},
            "ci = 'hksj' is not defined for model = 'peto', which has 'wald'; leave it out.",
        ),
        ({"model": "mh", "seed": 1}, "method 'wald' is not simulated; leave out seed and draws."),
    ],
)
def test_choices_that_do_not_go_together(choices: dict[str, object], text: str) -> None:
    with pytest.raises(mo.PoolingError) as error:
        mo.pool(odds_ratios(), **choices)  # type: ignore[call-overload]
    assert str(error.value) == text


def test_a_model_of_counts_is_no_model_of_a_regression() -> None:
    with pytest.raises(mo.PoolingError, match="model = 'mh' is not one of 'fixed', 'random'"):
        mo.regress(odds_ratios(), "n_1", model="mh")


def test_what_effects_must_carry() -> None:
    plain = mo.Effects([0.1, 0.2], [0.1, 0.1], measure="OR")
    with pytest.raises(mo.PoolingError, match=r"have no events_1, n_1, events_2, n_2; make them"):
        mo.pool(plain, model="mh")
    hazard = mo.Effects([0.1, 0.2], [0.1, 0.1], measure="HR")
    with pytest.raises(mo.PoolingError, match=r"is for OR, RR, RD, IRR, IRD, not HR"):
        mo.pool(hazard, model="mh")
    with pytest.raises(mo.PoolingError, match=r"is for OR, PETO, not RR"):
        mo.pool(mo.effect_sizes("RR", FRAME), model="peto")


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("events_1", 70, "A: events_1 = 70 is above n_1; correct it or leave the study out."),
        (
            "events_2",
            -1,
            "A: events_2 = -1 is not a count >= 0; correct it or leave the study out.",
        ),
        ("n_2", 0, "A: n_2 = 0 is not a number > 0; correct it or leave the study out."),
    ],
)
def test_counts_that_cannot_be(name: str, value: int, text: str) -> None:
    columns = FRAME.drop(columns="label").to_dict("list")
    columns[name][0] = value
    effects = mo.Effects([0.1] * 4, [0.1] * 4, "OR", list("ABCD"), columns=columns)
    with pytest.raises(mo.PoolingError) as error:
        mo.pool(effects, model="mh")
    assert str(error.value) == text


def test_counts_without_a_finite_mean() -> None:
    effects = mo.effect_sizes("OR", FRAME.assign(events_2=0))
    with pytest.raises(mo.PoolingError, match=r"no finite log odds ratio .* \(18 and 0 events"):
        mo.pool(effects, model="mh")
    assert mo.pool(effects, model="peto").estimate > 0
    assert np.isfinite(mo.pool(effects, model="firth").estimate)


def test_pneumonitis_has_no_event_in_any_control_arm() -> None:
    """The registry's own case: what can be pooled, and what the others say."""
    effects = mo.load_registry().effects("pneumonitis", measure="OR")
    assert sum(effects.columns["events_2"]) == 0
    peto, firth = (mo.pool(effects, model=model) for model in ("peto", "firth"))
    assert 0 < peto.ci_low < firth.estimate
    for model in ("mh", "UM.FS", "CM.EL", "CM.AL"):
        with pytest.raises(mo.PoolingError, match="pool odds ratios with model='firth'"):
            mo.pool(effects, model=model)


def test_effects_with_a_known_covariance() -> None:
    effects = mo.Effects(
        [0.1, 0.2], [0.1, 0.1], measure="OR", covariance=[[0.1, 0.02], [0.02, 0.1]]
    )
    with pytest.raises(mo.PoolingError, match="model = 'mh' is for independent studies"):
        mo.pool(effects, model="mh")


def test_tests_that_do_not_apply() -> None:
    fit = mo.pool(mo.effect_sizes("RR", FRAME), model="mh")
    assert isinstance(fit, CountResult)
    with pytest.raises(mo.PoolingError, match="the Breslow-Day test is about odds ratios, not RR"):
        fit.homogeneity_test()
    with pytest.raises(mo.PoolingError, match="makes no predictions of the studies' effects"):
        fit.study_effects()


# Mixed models -------------------------------------------------------------------------------------

MIXED = pytest.mark.parametrize("model", ["UM.FS", "CM.EL", "CM.AL"])


@MIXED
def test_a_mixed_model_gives_a_whole_result(model: str) -> None:
    fit = mo.pool(odds_ratios(), model=model)
    assert isinstance(fit, CountResult)
    assert (fit.choices.model, fit.choices.tau2, fit.ci_method) == ("random", "ML", "wald")
    assert fit.weights[2] == 0  # no events in either arm
    assert fit.weights.sum() == pytest.approx(1)
    assert fit.log_likelihood >= fit.fixed.log_likelihood - 1e-12  # rounding, where tau² is 0
    assert fit.fixed.tau2 == 0
    assert fit.certificate().holds
    assert "maximum likelihood, adaptive Gauss-Hermite quadrature" in fit.methods()
    again = mo.PooledResult.from_json(fit.to_json())
    assert again.to_json() == fit.to_json()
    assert mo.forest(fit).axes


def test_a_mixed_model_of_one_arm() -> None:
    frame = FRAME.rename(columns={"events_1": "events", "n_1": "n"})
    effects = mo.effect_sizes("PLOGIT", frame[["label", "events", "n"]])
    fit = mo.pool(effects, model="glmm", ci="t")
    assert fit.df == 3
    assert 0 < fit.display()[0] < 0.15
    wide, narrow = (fit.prediction_interval(name) for name in ("HTS", "S"))
    assert wide.low < narrow.low < narrow.high < wide.high
    half = narrow.high - fit.estimate
    assert half == pytest.approx(1.959963984540054 * np.hypot(fit.tau, fit.wald_se), rel=1e-9)


def test_tau2_may_be_given() -> None:
    fit = mo.pool(odds_ratios(), model="CM.EL", tau2=0.3)
    assert fit.tau2 == pytest.approx(0.3)
    assert np.isnan(fit.tau2_se)
    assert "tau² given as 0.3" in fit.methods()


def test_what_mixed_models_refuse() -> None:
    effects = odds_ratios()
    with pytest.raises(mo.PoolingError, match="which estimates it by maximum likelihood"):
        mo.pool(effects, model="UM.FS", tau2="REML")
    with pytest.raises(mo.PoolingError, match="is about effects with normal errors; use one of"):
        mo.pool(effects, model="UM.FS").prediction_interval("HK")
    with pytest.raises(mo.PoolingError, match="no finite maximum for these counts"):
        mo.pool(mo.effect_sizes("OR", FRAME.assign(events_2=0)), model="CM.EL")
    one_arm = mo.effect_sizes("PLOGIT", pd.DataFrame({"events": [1, 2], "n": [9, 9]}))
    fit = mo.pool(one_arm, model="glmm")
    assert isinstance(fit, CountResult)
    with pytest.raises(mo.PoolingError, match="there is one arm only"):
        fit.association_test()
