"""Absolute effects: formulas by hand, Monte Carlo, laws, and answers to mixed-up baselines."""

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import metaonc as mo
from metaonc.pooling.absolute.absolute_result import nnt_text
from tests.strategies import rounded

Z = 1.959963984540054
RISKS = rounded(0.02, 0.98, 2)
HRS = rounded(0.2, 4, 2)


def pooled(ratio: float, se: float = 0.1, measure: str = "HR") -> mo.PooledResult:
    """One study, so the pooled result is its own."""
    value = ratio if measure == "RD" else math.log(ratio)
    return mo.pool(mo.Effects([value], [se**2], measure=measure), model="fixed")


def row(fit: mo.PooledResult, **baseline: Any) -> dict[str, float]:
    (found,) = mo.absolute_effects(fit, **baseline).to_frame().to_dict("records")
    return {name: x for name, x in found.items() if name != "at"}


# Values ------------------------------------------------------------------------------------------


def test_a_known_baseline_gives_the_formulas_of_altman_and_andersen() -> None:
    """S to the power of the hazard ratio and of its limits; the reciprocals of what is gained."""
    found = row(pooled(0.75, 0.1), survival=0.6)
    limits = [0.6 ** math.exp(math.log(0.75) + x) for x in (Z * 0.1, 0.0, -Z * 0.1)]
    low, at, high = limits
    assert found["control"] == pytest.approx(0.6)
    experimental = [found[f"experimental{end}"] for end in ("_low", "", "_high")]
    assert experimental == pytest.approx(limits, rel=1e-12)
    assert found["nnt"] == pytest.approx(1 / (at - 0.6), rel=1e-12)
    assert found["nnt_low"] == pytest.approx(1 / (high - 0.6), rel=1e-12)
    assert found["nnt_high"] == pytest.approx(1 / (low - 0.6), rel=1e-12)


@pytest.mark.parametrize(
    ("measure", "ratio", "expected"),
    [
        ("OR", 0.5, 0.5 * 0.25 / (0.75 + 0.5 * 0.25)),
        ("PETO", 0.5, 0.5 * 0.25 / (0.75 + 0.5 * 0.25)),
        ("RR", 0.5, 0.125),
        ("RD", -0.1, 0.15),
        ("HR", 0.5, 1 - 0.75**0.5),
    ],
)
def test_each_measure_at_a_baseline_risk_of_a_quarter(
    measure: str, ratio: float, expected: float
) -> None:
    found = row(pooled(ratio, 0.02, measure), event_probability=0.25)
    assert found["experimental"] == pytest.approx(expected)
    assert found["difference"] == pytest.approx(expected - 0.25)


@pytest.mark.parametrize("method", ["propagated", "delta"])
@pytest.mark.parametrize(("measure", "ratio"), [("HR", 0.6), ("OR", 1.7), ("RR", 0.8)])
def test_limits_against_draws(measure: str, ratio: float, method: Any) -> None:
    """400,000 draws of effect and baseline; the delta method to its order only."""
    rng = np.random.default_rng(20)
    n, risk, se = 120, 0.35, 0.12
    b = math.log(ratio) + se * rng.standard_normal(400_000)
    error = math.sqrt(risk * (1 - risk) / n)
    if measure == "HR":
        c = math.log(-math.log(1 - risk)) + error / (-(1 - risk) * math.log(1 - risk)) * (
            rng.standard_normal(400_000)
        )
        p0, p1 = -np.expm1(-np.exp(c)), -np.expm1(-np.exp(c + b))
    else:
        c = math.log(risk / (1 - risk)) + error / (risk * (1 - risk)) * rng.standard_normal(400_000)
        p0 = 1 / (1 + np.exp(-c))
        p1 = p0 * np.exp(b) if measure == "RR" else 1 / (1 + np.exp(-c - b))
    found = row(pooled(ratio, se, measure), event_probability=risk, n=n, method=method)
    tolerance = 0.0015 if method == "propagated" else 0.012
    for name, drawn in (("experimental", p1), ("difference", p1 - p0)):
        low, high = np.quantile(drawn, [0.025, 0.975])
        assert found[f"{name}_low"] == pytest.approx(low, abs=tolerance)
        assert found[f"{name}_high"] == pytest.approx(high, abs=tolerance)
    spread = (found["difference_high"] - found["difference_low"]) / (2 * Z)
    assert spread == pytest.approx(float(np.std(p1 - p0)), rel=0.03)


def test_a_new_study_takes_the_prediction_interval() -> None:
    fit = mo.pool(mo.load_registry().effects("pfs"))
    found = row(fit, survival=0.3)
    low, high = fit.prediction_interval()
    assert found["prediction_low"] == pytest.approx(0.3 ** math.exp(high) - 0.3, rel=1e-9)
    assert found["prediction_high"] == pytest.approx(0.3 ** math.exp(low) - 0.3, rel=1e-9)
    assert math.isnan(row(pooled(0.7), survival=0.3)["prediction_low"])


def test_hartung_knapp_limits_are_kept() -> None:
    """A t interval of the pooled effect, transformed."""
    fit = mo.pool(mo.load_registry().effects("pfs"))
    assert fit.ci_method == "hksj"
    found = row(fit, survival=0.3)
    assert found["experimental_low"] == pytest.approx(0.3 ** math.exp(fit.ci_high), rel=1e-12)
    assert row(fit, survival=0.3, se=1e-7) == pytest.approx(found, rel=1e-4)


def test_a_median_under_exponential_and_weibull_survival() -> None:
    fit = pooled(0.7)
    assert row(fit, median=6.0, at=6)["control"] == pytest.approx(0.5)
    assert row(fit, median=6.0, at=12)["control"] == pytest.approx(0.25)
    assert row(fit, median=6.0, at=12, shape=2.0)["control"] == pytest.approx(1 / 16)
    by_events = row(fit, median=6.0, at=12, events=100)
    half = Z / math.sqrt(100)  # of the log rate
    assert by_events["control_low"] == pytest.approx(0.25 ** math.exp(half))
    by_interval = row(fit, median=6.0, at=12, interval=(6 * math.exp(-half), 6 * math.exp(half)))
    assert by_interval["control_low"] == pytest.approx(by_events["control_low"])
    by_error = row(fit, median=6.0, at=12, se=0.6)
    assert by_error["control_low"] == pytest.approx(by_events["control_low"])


def test_kinds_of_uncertainty_of_one_survival() -> None:
    """A binomial one, its standard error, and its interval on the log(-log) scale agree."""
    fit = pooled(0.7)
    by_n = pytest.approx(row(fit, survival=0.4, n=200), nan_ok=True)  # no prediction interval
    error = math.sqrt(0.4 * 0.6 / 200)
    assert row(fit, survival=0.4, se=error) == by_n
    printed = row(fit, survival=0.4, n=200)
    interval = (printed["control_low"], printed["control_high"])
    assert row(fit, survival=0.4, interval=interval) == by_n
    assert row(fit, events=120, n=200)["difference"] == pytest.approx(-printed["difference"])
    at_risk = row(fit, survival=0.4, at_risk=80)  # nobody censored: 200 * 0.4 are at risk
    assert at_risk == by_n


# Laws --------------------------------------------------------------------------------------------


@given(hr=HRS, survival=RISKS, se=rounded(0.02, 0.6, 2), n=st.integers(20, 2000))
def test_the_difference_holds_no_effect_exactly_where_the_ratio_does(
    hr: float, survival: float, se: float, n: int
) -> None:
    fit = pooled(hr, se)
    found = row(fit, survival=survival, n=n)
    assert found["difference_low"] <= found["difference"] <= found["difference_high"]
    if abs(abs(fit.statistic) - Z) > 1e-6 and survival**hr not in (0.0, 1.0):
        significant = found["difference_low"] * found["difference_high"] > 0
        assert significant == (fit.p_value < 0.05)


@given(hr=HRS, survival=RISKS, n=st.integers(20, 2000))
def test_survival_and_event_probability_tell_the_same(hr: float, survival: float, n: int) -> None:
    one = row(pooled(hr), survival=survival, n=n)
    other = row(pooled(hr), event_probability=1 - survival, n=n)
    assert other["control"] == pytest.approx(1 - one["control"])
    assert other["experimental_low"] == pytest.approx(1 - one["experimental_high"], abs=1e-9)
    assert other["difference"] == pytest.approx(-one["difference"], abs=1e-12)
    for name in ("nnt", "nnt_low", "nnt_high"):
        if math.isfinite(one[name]):
            assert other[name] == pytest.approx(one[name], rel=1e-4)


@given(hr=HRS, survival=RISKS)
def test_a_wanted_event_turns_benefit_into_harm(hr: float, survival: float) -> None:
    good = row(pooled(hr), survival=survival, event="wanted")
    bad = row(pooled(hr), survival=survival, event="unwanted")
    if hr != 1:
        assert good["nnt"] == pytest.approx(-bad["nnt"])
        assert good["nnt_low"] == pytest.approx(-bad["nnt_high"])


@given(ratio=rounded(0.3, 3, 2), risk=rounded(0.05, 0.9, 2), measure=st.sampled_from(["HR", "OR"]))
def test_swapping_the_arms_goes_back(ratio: float, risk: float, measure: str) -> None:
    there = row(pooled(ratio, measure=measure), event_probability=risk)
    back = row(pooled(1 / ratio, measure=measure), event_probability=there["experimental"])
    assert back["experimental"] == pytest.approx(risk)
    assert back["difference"] == pytest.approx(-there["difference"])


@pytest.mark.parametrize("measure", ["HR", "OR", "RR"])
def test_no_effect_is_none(measure: str) -> None:
    found = row(pooled(1.0, measure=measure), event_probability=0.3)
    assert found["difference"] == 0
    assert found["nnt"] == math.inf
    text = mo.absolute_effects(pooled(1.0, measure=measure), event_probability=0.3).cells()[1][-1]
    assert text.startswith("∞ (NNTB ")


@given(hr=HRS, times=st.lists(st.integers(1, 60), min_size=2, max_size=4, unique=True))
def test_survival_from_a_median_falls_with_time(hr: float, times: list[int]) -> None:
    found = mo.absolute_effects(pooled(hr), median=9.0, at=sorted(times)).to_frame()
    assert found["control"].is_monotonic_decreasing
    assert found["experimental"].is_monotonic_decreasing


# Words -------------------------------------------------------------------------------------------


def test_a_table_per_thousand() -> None:
    fit = mo.pool(mo.load_registry().effects("pfs"))
    found = mo.absolute_effects(
        fit, survival=[0.40, 0.12], interval=[(0.34, 0.46), (0.08, 0.17)], at=[3, 12], unit="months"
    )
    lines = found.summary().splitlines()
    assert lines[4].startswith("3 months       400 ")
    assert lines[0].endswith(": survival per 1000 patients (95% CI)")
    assert "NNTB 5.7 (3.9 to 12)" in lines[4]
    assert found.to_frame(per=1000)["difference"].tolist() == pytest.approx(
        (1000 * found.to_frame()["difference"]).tolist()
    )
    document = json.loads(found.to_json())
    assert document["kind"] == "absolute effects"
    assert document["named"] == "survival"
    assert document["rows"][0]["control"] == pytest.approx(0.4)
    assert "Note: the event is taken" not in found.summary()  # the plan says that it is unwanted
    assert found._repr_html_().count("<tr>") == 3


def test_what_the_plan_says_of_the_event_is_used() -> None:
    fit = mo.pool(mo.load_registry().effects("orr", measure="OR"))
    assert mo.absolute_effects(fit, event_probability=0.05).event == "wanted"
    assert "Note: the event is taken as unwanted" in (
        mo.absolute_effects(pooled(0.7), survival=0.3).summary()
    )


def test_the_interval_of_a_number_needed_to_treat_goes_through_infinity() -> None:
    """A gain of 5% (-1.5% to 11.6%): harm and benefit are beside each other at infinity."""
    assert nnt_text(1 / 0.05, 1 / 0.116, 1 / -0.015) == "NNTB 20 (NNTB 8.6 to ∞ to NNTH 67)"
    assert nnt_text(-1 / 0.05, 1 / 0.015, -1 / 0.116) == "NNTH 20 (NNTH 8.6 to ∞ to NNTB 67)"


# Refusals ----------------------------------------------------------------------------------------

MIXED_UP = (
    "survival and event probability are easily mixed up, which turns an absolute effect round "
    "(Skoetz et al., J Clin Epidemiol 2020;118:124-131)."
)


@pytest.mark.parametrize(
    ("baseline", "said"),
    [
        ({"survival": 30}, "survival = 30 must be a fraction; write 30% as 0.3."),
        (
            {"survival": 1.0},
            "survival = 1 must lie between 0 and 1; at an end a relative effect changes nothing.",
        ),
        (
            {"survival": 0.3, "event_probability": 0.3},
            "survival = 0.3 and event_probability = 0.3 contradict each other: together they make "
            f"1; give the one that is printed, since {MIXED_UP}",
        ),
        (
            {"survival": 0.3, "interval": (0.6, 0.8)},
            "survival = 0.3 lies outside its interval 0.6 to 0.8; it does hold 1 - 0.3 = 0.7, so "
            "one of them is the other quantity; look them up again.",
        ),
        (
            {"survival": [0.2, 0.4], "at": [6, 12]},
            f"survival rises from 0.2 at 6 to 0.4 at 12, which it cannot; {MIXED_UP}",
        ),
        (
            {"event_probability": [0.7, 0.4], "at": [6, 12]},
            f"event_probability falls from 0.7 at 6 to 0.4 at 12, which it cannot; {MIXED_UP}",
        ),
        (
            {"survival": 0.8, "at": 24, "median": 10},
            "survival = 0.8 at 24 contradicts median = 10: survival must be below 0.5 after the "
            f"median; {MIXED_UP}",
        ),
        (
            {"survival": 0.3, "se": 0.04, "n": 100},
            "se and n are several statements about the uncertainty of one baseline; keep the best "
            "one (an interval or a standard error).",
        ),
        (
            {"survival": 0.3, "events": 5},
            "events says nothing about a baseline given like this; its uncertainty is se, "
            "interval, at_risk or n.",
        ),
        (
            {"survival": 0.3, "se": 4},
            "se = 4 is no standard error of a fraction; write 4% as 0.04.",
        ),
        (
            {"median": 6.0},
            "at = None must be a time, a number in the unit of the median, to turn a median into "
            "survival at that time.",
        ),
        (
            {"median": 6.0, "at": 12, "interval": (7.0, 9.0)},
            "median = 6 lies outside its interval 7 to 9; look them up again.",
        ),
        (
            {"survival": 0.3, "shape": 2.0},
            "shape = 2 belongs to a median; a survival at its own time needs none.",
        ),
        (
            {"survival": [0.3, 0.4], "se": [0.1, 0.1, 0.1]},
            "survival has 2 values for 3 baselines; give one value for each, or one for all.",
        ),
        (
            {"events": 20, "n": 20},
            "events = 20 must be fewer than n = 20: the baseline needs patients with and without "
            "the event.",
        ),
        ({"survival": "0.3"}, "survival = '0.3' must be a number."),
        (
            {},
            "the baseline is missing; give survival= or event_probability= of patients without the "
            "treatment, events= and n=, or, for hazard ratios, median= and at=.",
        ),
        ({"survival": 0.3, "event": "bad"}, "event = 'bad' must be 'unwanted' or 'wanted'."),
        ({"survival": 0.3, "method": "x"}, "method = 'x' is not one of propagated, delta."),
    ],
)
def test_contradictions_are_answered(baseline: dict[str, Any], said: str) -> None:
    with pytest.raises(mo.PoolingError) as raised:
        mo.absolute_effects(pooled(0.7), **baseline)
    assert str(raised.value) == said


def test_a_baseline_needs_its_name() -> None:
    with pytest.raises(mo.PoolingError) as raised:
        mo.absolute_effects(pooled(0.7), 0.3)
    assert str(raised.value) == (
        "the baseline 0.3 has no name, and may be survival (event-free) or event probability; "
        "mixing them up turns the answer round, so write survival=… or event_probability=…."
    )


def test_what_has_no_absolute_effect_says_so() -> None:
    with pytest.raises(mo.PoolingError) as raised:
        mo.absolute_effects(mo.pool(mo.Effects([1.0], [1.0], measure="MD")), survival=0.3)
    assert str(raised.value) == (
        "a mean difference has no absolute effect at a baseline risk; the measures that have one "
        "are HR, OR, PETO, RR, RD."
    )
    with pytest.raises(mo.PoolingError) as raised:
        mo.absolute_effects(pooled(0.5, measure="OR"), survival=0.3)
    assert str(raised.value).startswith("survival belongs to hazard ratios, and OR compares")
    with pytest.raises(mo.PoolingError) as raised:
        mo.absolute_effects(pooled(2.0, measure="RR"), event_probability=0.6)
    assert str(raised.value) == (
        "a risk ratio of 2 makes 1.2 of a baseline risk of 0.6, and no risk lies outside 0 to 1; "
        "pool odds ratios for patients of this risk."
    )
    effects: Any = mo.Effects([1.0], [1.0])
    with pytest.raises(mo.PoolingError) as raised:
        mo.absolute_effects(effects, survival=0.3)
    assert str(raised.value).startswith("absolute effects need a pooled result, not a Effects")


def test_a_limit_beyond_certainty_is_cut_off_and_said() -> None:
    found = mo.absolute_effects(pooled(1.5, 0.5, "RR"), event_probability=0.5, n=80)
    assert found.to_frame()["experimental_high"].iloc[0] == 1.0
    assert "Note: a limit of the risk was cut off at 1." in found.summary()
