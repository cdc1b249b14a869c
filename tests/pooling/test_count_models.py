"""Beta-binomial regression and random study effects through `pool`."""

import numpy as np
import pandas as pd
import pytest

import metaonc as mo
from metaonc.pooling.counts.count_result import CountResult

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
    assert f"Variance of the studies' levels: {levels.sigma2:.4f}." in levels.summary()
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


# Intervals of tau² --------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["UM.FS", "UM.RS", "CM.EL", "CM.AL"])
def test_the_interval_of_tau2_is_what_the_likelihood_ratio_does_not_reject(model: str) -> None:
    """Its limits by fits with tau² held there: twice the difference is the chi-square quantile."""
    frame = FRAME.assign(events_1=[16, 3, 0, 9, 60], events_2=[2, 5, 0, 20, 8])
    fit = pooled("OR", model, frame)
    for level, quantile in ((0.95, 3.841458820694124), (0.8, 1.6423744151498173)):
        low, high = fit.tau2_interval(level=level)
        assert low < fit.tau2 < high
        for limit in (low, high):
            held = pooled("OR", model, frame, tau2=limit)
            apart = 2 * (fit.log_likelihood - held.log_likelihood)
            if limit > 0:
                assert apart == pytest.approx(quantile, abs=1e-4)
            else:
                assert apart <= quantile


def test_intervals_of_tau2_that_do_not_apply() -> None:
    fit = pooled("OR", "CM.EL")
    found = fit.tau2_interval()
    assert (found.method, found.low) == ("PL", 0.0)
    assert "(profile likelihood)" in fit.summary()
    assert fit.tau_interval().high == pytest.approx(found.high**0.5)
    assert fit.tau2_interval("QP").reason.startswith("it is about effects with normal errors")
    assert pooled("OR", "mh").tau2_interval().reason == "the model has a common effect"
    one = pooled("OR", "CM.EL", FRAME[3:4])
    assert one.tau2_interval().reason == "one study cannot show heterogeneity"


def test_a_likelihood_that_never_falls_has_no_upper_limit() -> None:
    """Two studies say so little that no standard deviation is rejected."""
    frame = pd.DataFrame({
        "events_1": [1, 9], "n_1": [10, 10], "events_2": [9, 1], "n_2": [10, 10]
    })  # fmt: skip
    low, high = pooled("OR", "CM.EL", frame).tau2_interval(level=0.999)
    assert high == np.inf
    assert low >= 0
