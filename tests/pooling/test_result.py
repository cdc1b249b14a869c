"""`PooledResult`: what it says in numbers, words and plain values."""

import copy
import json
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import metaonc as mo
from metaonc.pooling import Interval, p_text
from tests.pooling import PROGRESSION, from_print
from tests.strategies import Arrays, heterogeneous, studies

NAMES = ("TAMRAD", "BOLERO-2", "HORIZON")
ONE, TWO = mo.Effects([0.3], [0.1]), mo.Effects([0.3, 0.9], [0.1, 0.1])


@pytest.fixture(scope="module")
def three() -> mo.PooledResult:
    """Three trials' progression with the default policy."""
    return mo.pool(from_print({name: PROGRESSION[name] for name in NAMES}))


# Numbers -----------------------------------------------------------------------------------------


@given(data=studies(), model=st.sampled_from(["fixed", "random"]))
def test_weights_are_shares(data: Arrays, model: str) -> None:
    """They are positive, sum to 1 and give the estimate."""
    fit = mo.pool(mo.Effects(*data), model=model)
    assert fit.weights.shape == (len(data[0]),)
    assert np.all(fit.weights > 0)
    assert fit.weights.sum() == pytest.approx(1.0, rel=1e-12)
    assert fit.weights @ data[0] == pytest.approx(fit.estimate, rel=1e-9, abs=1e-12)


@given(data=studies())
def test_the_common_effect_stands_beside(data: Arrays) -> None:
    """DESIGN section 5: always printed; it is the fit of model="fixed", and its own neighbour."""
    effects = mo.Effects(*data)
    beside, alone = mo.pool(effects).fixed, mo.pool(effects, model="fixed")
    assert (beside.estimate, beside.ci_low, beside.ci_high) == (
        alone.estimate,
        alone.ci_low,
        alone.ci_high,
    )
    assert beside.choices == alone.choices
    assert alone.fixed is alone


@given(data=studies(min_size=3), level=st.sampled_from([0.5, 0.9, 0.95]))
def test_the_prediction_interval_by_hand(data: Arrays, level: float) -> None:
    """Higgins, Thompson & Spiegelhalter 2009, eq. (12): scipy's t with k - 2 df, Wald error."""
    fit = mo.pool(mo.Effects(*data), level=level)
    k, w = fit.k, 1 / (data[1] + fit.tau2)
    half = stats.t.ppf(0.5 + level / 2, k - 2) * math.sqrt(fit.tau2 + 1 / w.sum())
    mean = float(w @ data[0] / w.sum())
    found = fit.prediction_interval()
    assert (found.method, found.level, found.applies) == ("HTS", level, True)
    assert list(found) == pytest.approx([mean - half, mean + half], rel=1e-7, abs=1e-9)


@given(data=studies(min_size=3), ci=st.sampled_from(["wald", "hksj", "hksj-adhoc"]))
def test_the_prediction_interval_does_not_depend_on_the_confidence_interval(
    data: Arrays, ci: str
) -> None:
    """HTS keeps the Wald standard error beside every interval of the mean."""
    effects = mo.Effects(*data)
    assert mo.pool(effects, ci=ci).prediction_interval() == mo.pool(effects).prediction_interval()


@given(data=studies(min_size=3))
def test_the_prediction_interval_contains_the_wald_interval(data: Arrays) -> None:
    """More variance and a wider quantile around the same mean."""
    fit = mo.pool(mo.Effects(*data), ci="wald")
    low, high = fit.prediction_interval()
    assert low < fit.ci_low < fit.ci_high < high


@given(data=heterogeneous())
def test_intervals_nest_by_level(data: Arrays) -> None:
    """90% inside 95% inside 99%, for tau² and for prediction."""
    fit = mo.pool(mo.Effects(*data))
    for interval in (fit.tau2_interval, fit.prediction_interval):
        lows, highs = zip(*(interval(level=level) for level in (0.9, 0.95, 0.99)), strict=True)
        assert list(lows) == sorted(lows, reverse=True)
        assert list(highs) == sorted(highs)


def test_i2_and_h2_follow_the_model(three: mo.PooledResult) -> None:
    """From tau² for random effects, from Q for a fixed effect; both kinds of I² are there."""
    assert three.i2 == three.i2_from_tau2 != three.i2_from_q
    assert three.fixed.i2 == three.fixed.i2_from_q == three.i2_from_q
    assert three.fixed.h2 == pytest.approx(three.q / three.q_df)
    assert three.h2 == pytest.approx(1 / (1 - three.i2), rel=1e-12)


# Intervals that do not apply ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fit", "name", "reason"),
    [
        (mo.pool(ONE), "tau2_interval", "one study cannot show heterogeneity"),
        (
            mo.pool(TWO),
            "prediction_interval",
            "a prediction interval needs at least 3 studies, got 2",
        ),
        (
            mo.pool(ONE),
            "prediction_interval",
            "a prediction interval needs at least 3 studies, got 1",
        ),
        (
            mo.pool(TWO, model="fixed"),
            "prediction_interval",
            "a fixed effect is the same in every study",
        ),
    ],
)
def test_an_interval_that_does_not_apply_says_why(
    fit: mo.PooledResult, name: str, reason: str
) -> None:
    """STYLE: "not applicable" is a value with a reason, not a bare NaN."""
    found = getattr(fit, name)(level=0.9)
    assert (found.applies, found.reason, found.level) == (False, reason, 0.9)
    assert all(map(math.isnan, found))
    method = "QP" if name == "tau2_interval" else "HTS"
    assert repr(found) == f"Interval(not applicable: {reason}, method={method!r}, level=0.9)"


def test_an_interval_that_applies() -> None:
    """A pair of numbers with a method and a level."""
    found = mo.pool(TWO).tau2_interval()
    low, high = found
    assert (found.low, found.high, found.reason, found.applies) == (low, high, "", True)
    assert repr(found) == f"Interval({low!r}, {high!r}, method='QP', level=0.95)"


@pytest.mark.parametrize("name", ["tau2_interval", "prediction_interval"])
@pytest.mark.parametrize("level", [95, 1.0, 0.0, -0.5, math.nan])
def test_a_level_that_is_none_is_refused(name: str, level: float, three: mo.PooledResult) -> None:
    """The same sentence as from `pool`, instead of limits that are NaN or 0."""
    with pytest.raises(mo.PoolingError) as raised:
        getattr(three, name)(level=level)
    assert str(raised.value) == (f"level = {level!r} must lie between 0 and 1; write 95% as 0.95.")


def test_unknown_interval_methods_are_refused(three: mo.PooledResult) -> None:
    """The whole sentences."""
    with pytest.raises(mo.PoolingError) as raised:
        three.tau2_interval(method="profile")
    assert str(raised.value) == (
        "no interval of tau² called 'profile'; use one of 'QP', 'BJ', 'J', 'PL', 'BT', 'SJ', "
        "'Wald', 'Wald-log', 'Wald-sqrt', 'HT', 'bootstrap'."
    )
    with pytest.raises(mo.PoolingError) as raised:
        three.prediction_interval(method="riley")
    assert str(raised.value) == (
        "no prediction interval called 'riley'; use one of "
        "'V', 'HTS', 'HK', 'HK-se', 'HK-PR', 'KR', 'KR-PR', 'S', 'NNF'."
    )


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_intervals_survive_copying_and_pickling(again: Any) -> None:
    """With method, level and reason."""
    before = Interval(0.2, 0.7, method="HTS", level=0.9, reason="")
    after = again(before)
    assert (tuple(after), after.method, after.level, after.reason) == ((0.2, 0.7), "HTS", 0.9, "")


def test_a_result_survives_pickling(three: mo.PooledResult) -> None:
    """Work is sent to other processes."""
    assert pickle.loads(pickle.dumps(three)).to_dict() == three.to_dict()


# Notes -------------------------------------------------------------------------------------------


def test_a_note_where_hartung_knapp_is_narrower_than_wald() -> None:
    """DESIGN section 5. Three studies that hardly differ beyond chance, tau² just above 0."""
    effects = mo.Effects([0.0, 0.0, 0.71, 0.71, 0.0, 0.7], [0.1] * 6, measure="HR")
    fit = mo.pool(effects, ci="hksj")
    wald = mo.pool(effects, ci="wald")
    assert fit.ci_high - fit.ci_low > wald.ci_high - wald.ci_low
    assert fit.notes == ()
    close = mo.Effects([0.10, 0.12, 0.11], [0.1, 0.2, 0.3], measure="HR")
    narrow = mo.pool(close, ci="hksj")
    wald = mo.pool(close, ci="wald")
    low, high = (f"{math.exp(x):.2f}" for x in (wald.ci_low, wald.ci_high))
    assert narrow.notes == (
        f"The Hartung-Knapp interval is narrower than the Wald interval ({low} to {high}).",
    )


@given(data=studies(min_size=2))
def test_the_note_is_there_exactly_when_it_is_true(data: Arrays) -> None:
    """For every analysis with a Hartung-Knapp interval."""
    effects = mo.Effects(*data)
    knapp, wald = mo.pool(effects, ci="hksj"), mo.pool(effects, ci="wald")
    narrower = knapp.ci_high - knapp.estimate < wald.ci_high - wald.estimate
    assert bool(knapp.notes) == narrower
    assert mo.pool(effects, ci="hksj-adhoc").notes == ()


def test_one_study_is_noted() -> None:
    """Random effects of one study are its own result."""
    note = "One study: heterogeneity cannot be estimated, and tau² is taken as 0."
    assert mo.pool(ONE).notes == (note,)
    assert mo.pool(ONE, model="fixed").notes == ()


def test_the_note_on_one_study_does_not_contradict_a_given_tau2() -> None:
    """tau² = 0.5 was given and used, so it was not taken as 0."""
    fit = mo.pool(ONE, tau2=0.5)
    assert fit.se == pytest.approx(math.sqrt(0.6), rel=1e-12)
    assert not any("taken as 0" in note for note in fit.notes)


def test_notes_of_the_effects_come_first() -> None:
    """What the reader should know about the inputs, then about the choices."""
    effects = mo.Effects([0.3], [0.1], notes=["From the abstract."])
    assert mo.pool(effects).notes[0] == "From the abstract."
    assert len(mo.pool(effects).notes) == 2


# Words -------------------------------------------------------------------------------------------

SUMMARY = """\
Progression: hazard ratio, k = 3

                     Hazard ratio         95% CI   fixed  random
----------------------------------------------------------------
TAMRAD                       0.54   0.36 to 0.81    8.4%   28.5%
BOLERO-2                     0.45   0.38 to 0.54   44.6%   35.7%
HORIZON                      0.90   0.76 to 1.07   47.0%   35.8%
----------------------------------------------------------------
Common effect                0.63   0.56 to 0.71  100.0%
Random effects               0.61   0.24 to 1.52          100.0%
Prediction interval                0.0029 to 129

Test of the pooled effect: t = -2.33 with 2 df, p = 0.15
Heterogeneity: tau² = 0.1289; Q = 31.34, df = 2, p < 0.001; I² = 91%
tau² 95% interval 0.0262 to 5.0900 (Q-profile); I² from Q 94%

Methods: Inverse-variance pooling of the log hazard ratio, random effects, tau² by restricted \
maximum likelihood (REML), Hartung-Knapp-Sidik-Jonkman 95% interval, prediction interval of \
Higgins-Thompson-Spiegelhalter (k \u2212 2 df), I² from tau²; policy metaonc-2026.
Note: From three abstracts.
Left out: BOLERO-4: no control arm"""


def test_the_summary_of_one_analysis() -> None:
    """Every line; the common effect, Q and I² from Q are those of the worked comparison."""
    effects = from_print({name: PROGRESSION[name] for name in NAMES})
    described = mo.Effects(
        effects.yi,
        effects.vi,
        measure="HR",
        labels=effects.labels,
        title="Progression",
        notes=["From three abstracts."],
        left_out=[mo.effects.LeftOut("BOLERO-4", "no control arm")],
    )
    assert mo.pool(described).summary() == SUMMARY


def test_representations(three: mo.PooledResult) -> None:
    """One line each: what, how much, how many, how."""
    assert repr(three) == (
        "<PooledResult: hazard ratio 0.61 (95% CI 0.24 to 1.52), k = 3, "
        "random effects, tau² = 0.129>"
    )
    assert repr(three.fixed) == (
        "<PooledResult: hazard ratio 0.63 (95% CI 0.56 to 0.71), k = 3, fixed effect>"
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"model": "fixed"},
            "Inverse-variance pooling of the log hazard ratio, common effect, Wald 95% interval; "
            "policy metaonc-2026.",
        ),
        (
            {"tau2": "DL", "ci": "hksj-adhoc", "level": 0.9},
            "Inverse-variance pooling of the log hazard ratio, random effects, tau² by "
            "DerSimonian-Laird, Hartung-Knapp-Sidik-Jonkman (never narrower than Wald) 90% "
            "interval, prediction interval of Higgins-Thompson-Spiegelhalter (k \u2212 2 df), "
            "I² from tau²; policy metaonc-2026.",
        ),
        (
            {"tau2": 0.25, "ci": "t"},
            "Inverse-variance pooling of the log hazard ratio, random effects, tau² given as 0.25, "
            "t 95% interval, prediction interval of Higgins-Thompson-Spiegelhalter "
            "(k \u2212 2 df), I² from tau²; policy metaonc-2026.",
        ),
    ],
)
def test_the_methods_name_every_choice(
    options: dict[str, Any], sentence: str, three: mo.PooledResult
) -> None:
    """DESIGN section 5: a figure can be reproduced from its footer."""
    assert mo.pool(three.effects, **options).methods() == sentence


@pytest.mark.parametrize(("level", "said"), [(0.975, "97.5%"), (0.999, "99.9%"), (0.8, "80%")])
def test_levels_are_printed_as_they_are(level: float, said: str, three: mo.PooledResult) -> None:
    """97.5% is not 98%, and 99.9% is not 100%."""
    fit = mo.pool(three.effects, level=level)
    assert f"({said} CI " in repr(fit)
    assert f" {said} interval" in fit.methods()
    assert f" {said} CI" in fit.summary()


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0, "p < 0.001"),
        (0.00099, "p < 0.001"),
        (0.001, "p = 0.001"),
        (0.0456, "p = 0.046"),
        (0.62, "p = 0.62"),
        (0.991, "p > 0.99"),
        (1.0, "p > 0.99"),
    ],
)
def test_p_values_in_words(p: float, text: str) -> None:
    """Two or three decimals, as journals print them."""
    assert p_text(p) == text


# Tables and plain values -------------------------------------------------------------------------


def test_the_frame_has_studies_then_pooled_rows(three: mo.PooledResult) -> None:
    """The displayed scale; weights as fractions; empty where there is none."""
    frame = three.to_frame()
    assert list(frame) == ["label", "estimate", "low", "high", "weight_fixed", "weight_random"]
    assert frame["label"].tolist() == [
        *NAMES, "Common effect", "Random effects", "Prediction interval",
    ]  # fmt: skip
    assert frame["weight_random"][:3].tolist() == three.weights.tolist()
    assert frame["weight_fixed"][:3].sum() == pytest.approx(1)
    pooled = frame.set_index("label").loc["Random effects", ["estimate", "low", "high"]]
    assert pooled.tolist() == pytest.approx(
        [math.exp(x) for x in (three.estimate, three.ci_low, three.ci_high)], rel=1e-12
    )
    assert math.isnan(frame["estimate"].iloc[-1])
    fixed = three.fixed.to_frame()
    assert fixed["label"].tolist() == [*NAMES, "Common effect"]
    assert "weight_random" not in fixed


ANALYSES = {
    "default": mo.pool(mo.Effects([-0.6, -0.2, 0.4], [0.04, 0.02, 0.05], measure="HR")),
    "one study": mo.pool(ONE),
    "fixed": mo.pool(TWO, model="fixed"),
    "identical": mo.pool(mo.Effects([0.2, 0.2], [0.1, 0.3]), ci="hksj"),
    "missing trait": mo.pool(mo.Effects([0.2, 0.4], [0.1, 0.3], columns={"line": ["1", np.nan]})),
    "numpy column": mo.pool(mo.Effects([0.2, 0.4], [0.1, 0.3], columns={"n": np.array([4, 5])})),
}


@pytest.mark.parametrize("fit", ANALYSES.values(), ids=ANALYSES)
def test_plain_values_are_json(fit: mo.PooledResult) -> None:
    """No NaN, no infinity, no numpy: what comes back is what went out."""
    found = fit.to_dict()
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_plain_values_hold_the_result(three: mo.PooledResult) -> None:
    """The numbers of the attributes under the same names."""
    found = three.to_dict()
    for name in (
        "k", "estimate", "se", "ci_low", "ci_high", "ci_method", "statistic", "df", "p_value",
        "tau2", "q", "q_df", "q_p", "i2", "i2_from_q", "i2_from_tau2", "h2",
    ):  # fmt: skip
        assert found[name] == getattr(three, name), name
    assert found["tau2_interval"] == list(three.tau2_interval())
    assert found["prediction_interval"] == list(three.prediction_interval())
    assert list(found["displayed"].values()) == list(three.display())
    assert [study["label"] for study in found["studies"]] == list(NAMES)
    assert [study["weight"] for study in found["studies"]] == three.weights.tolist()
    assert found["choices"] == {
        "policy": "metaonc-2026", "model": "random", "tau2": "REML", "ci": "auto", "level": 0.95,
        "within_trial_correlation": None, "tau2_weights": None, "seed": None, "draws": None,
        "count_model": None,
    }  # fmt: skip
    assert (found["measure"], found["methods"]) == ("HR", three.methods())


def test_what_does_not_apply_is_none() -> None:
    """A z test has no degrees of freedom, one study no interval for tau²."""
    found = mo.pool(ONE).to_dict()
    assert (found["df"], found["tau2_interval"], found["prediction_interval"]) == (
        None, [None, None], [None, None],
    )  # fmt: skip


def test_what_was_left_out_goes_along() -> None:
    """From the records to the plain values: every other trial, with the reason."""
    registry = mo.load_registry()
    found = mo.pool(registry.effects("pfs")).to_dict()
    assert {
        "label": "BOLERO-4",
        "reason": "not eligible: allocation is single-arm, not randomised",
    } in found["left_out"]
    assert len(found["left_out"]) == len(registry) - found["k"]


def test_results_cannot_be_changed(three: mo.PooledResult) -> None:
    """A change is a new fit."""
    with pytest.raises(AttributeError):
        three.estimate = 0.0  # type: ignore[misc]
    with pytest.raises(AttributeError):
        three.choices.level = 0.9  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        three.weights[0] = 1.0
