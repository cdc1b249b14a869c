"""Beta-binomial regression and random study effects through `pool`."""

import numpy as np
import pandas as pd
import pytest

import metaonc as mo
from metaonc.pooling.count_result import CountResult

# Pneumonitis as such trials report it, with a trial without any.
FRAME = pd.DataFrame({
    "label": ["A", "B", "C", "D", "E"],
    "events_1": [6, 3, 0, 9, 30],
    "n_1": [60, 55, 40, 120, 110],
    "events_2": [0, 1, 0, 2, 8],
    "n_2": [58, 54, 41, 118, 112],
})  # fmt: skip
SWAPPED = FRAME.rename(columns=lambda name: name.translate(str.maketrans("12", "21")))


def pooled(measure: str, model: str, frame: pd.DataFrame = FRAME, **choices: object) -> CountResult:
    fit = mo.pool(mo.effect_sizes(measure, frame), model=model, **choices)  # type: ignore[call-overload]
    assert isinstance(fit, CountResult)
    return fit


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
def test_swapping_the_arms_turns_beta_binomial_round(measure: str) -> None:
    one, two = pooled(measure, "beta-binomial"), pooled(measure, "beta-binomial", SWAPPED)
    assert two.estimate == pytest.approx(-one.estimate, rel=1e-9)
    assert (two.se, two.rho, two.log_likelihood) == pytest.approx(
        (one.se, one.rho, one.log_likelihood), rel=1e-7
    )


def test_all_measures_of_beta_binomial_are_of_the_same_proportions() -> None:
    odds, risk, difference = (pooled(m, "beta-binomial") for m in ("OR", "RR", "RD"))
    assert odds.rho == risk.rho == difference.rho > 0
    ratio, apart = risk.display()[0], difference.display()[0]
    p2 = apart / (ratio - 1)
    p1 = ratio * p2
    assert odds.display()[0] == pytest.approx(p1 / (1 - p1) / (p2 / (1 - p2)), rel=1e-9)
    one_arm = FRAME.rename(columns={"events_1": "events", "n_1": "n"})[["label", "events", "n"]]
    for measure in ("PLOGIT", "PRAW", "PLN"):
        alone = pooled(measure, "beta-binomial", one_arm)
        assert alone.display()[0] == pytest.approx(p1, rel=0.1)  # its own correlation


def test_where_nothing_varies_it_is_the_binomial_of_all_patients() -> None:
    """By hand: the 2x2 table of the sums, and its Woolf standard error."""
    frame = FRAME.assign(events_1=[6, 6, 6, 6, 6], n_1=60, events_2=[2, 2, 2, 2, 2], n_2=40)
    fit = pooled("OR", "beta-binomial", frame)
    assert fit.rho == 0
    assert np.isnan(fit.rho_se)
    assert fit.estimate == pytest.approx(np.log(30 / 270 / (10 / 190)), rel=1e-12)
    assert fit.se == pytest.approx(np.sqrt(1 / 30 + 1 / 270 + 1 / 10 + 1 / 190), rel=1e-9)
    np.testing.assert_allclose(fit.weights, 0.2)


@pytest.mark.parametrize("model", ["beta-binomial", "UM.RS"])
def test_a_study_without_events_counts(model: str) -> None:
    whole, without = pooled("OR", model), pooled("OR", model, FRAME[FRAME["label"] != "C"])
    assert whole.weights[2] > 0
    assert whole.weights.sum() == pytest.approx(1)
    assert whole.estimate != without.estimate


@pytest.mark.parametrize("model", ["beta-binomial", "UM.RS"])
def test_there_and_back(model: str) -> None:
    fit = pooled("OR", model)
    again = mo.PooledResult.from_json(fit.to_json())
    assert isinstance(again, CountResult)
    assert again.to_json() == fit.to_json()
    assert again.summary() == fit.summary()
    assert fit.certificate().holds
    assert np.isfinite([fit.aic, fit.bic]).all()


def test_what_they_say_of_themselves() -> None:
    fit = pooled("OR", "beta-binomial")
    assert "Beta-binomial regression" in fit.methods()
    assert f"Intra-class correlation {fit.rho:.3g} (standard error" in fit.summary()
    assert "intra-class correlation instead" in str(fit.certificate())
    assert fit.aic == pytest.approx(6 - 2 * fit.log_likelihood)  # two proportions, a correlation
    assert np.isnan([fit.sigma2, pooled("OR", "mh").rho, pooled("OR", "mh").rho_se]).all()
    levels = pooled("OR", "UM.RS")
    assert levels.sigma2 > 0
    assert "random study effects" in levels.methods()
    assert levels.aic == pytest.approx(8 - 2 * levels.log_likelihood)
    assert levels.fixed.estimate == pooled("OR", "UM.RS", tau2=0).estimate


@pytest.mark.parametrize("model", ["beta-binomial", "UM.RS"])
def test_an_arm_without_events_is_refused(model: str) -> None:
    with pytest.raises(mo.PoolingError, match=r"no finite maximum .* in arm 2 no patient has"):
        pooled("OR", model, FRAME.assign(events_2=0))
    full = FRAME.assign(events_1=FRAME["n_1"])
    with pytest.raises(mo.PoolingError, match="in arm 1 all patients have"):
        pooled("OR", model, full)


def test_beta_binomial_counts_patients() -> None:
    columns = FRAME.assign(events_1=[6.5, 3, 0, 9, 30]).drop(columns="label").to_dict("list")
    effects = mo.Effects([0.1] * 5, [0.1] * 5, "OR", list("ABCDE"), columns=columns)
    with pytest.raises(mo.PoolingError, match=r"A: 6\.5 is not a whole number"):
        mo.pool(effects, model="beta-binomial")
    ends = FRAME.assign(events_1=[60, 0, 40, 0, 0], events_2=[0, 54, 0, 0, 0])
    with pytest.raises(mo.PoolingError, match="still rises at an intra-class correlation"):
        pooled("OR", "beta-binomial", ends)
