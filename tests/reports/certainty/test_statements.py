"""No sentence is surer than the evidence: laws over all that a result may show."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import metaonc as mo
from metaonc.kernels.absolute import Estimated
from metaonc.registry.review.baselines import Thresholds
from metaonc.registry.review.certainty import CERTAINTIES
from metaonc.reports.certainty.anticipated import Anticipated
from metaonc.reports.certainty.events import Event, event_of, lower_first
from metaonc.reports.certainty.finding import Shown, shown_by
from metaonc.reports.certainty.statements import statement

EVENTS = st.builds(
    Event,
    noun=st.sampled_from(["death", "rash", "overall survival"]),
    timed=st.booleans(),
    wanted=st.sampled_from([True, False, None]),
    hazard=st.booleans(),
)
SHOWN = st.builds(
    Shown,
    event=EVENTS,
    side=st.sampled_from([-1, 0, 1]),
    excludes_null=st.booleans(),
    predicted=st.sampled_from([True, False, None]),
    size=st.sampled_from(["", "trivial", "small", "moderate", "large"]),
    all_trivial=st.booleans(),
    interval=st.just("95% CI of the risk ratio 0.50 to 0.90"),
)
LEVELS = st.sampled_from([*CERTAINTIES, None])
FIRM = re.compile(r"(?<!may )\b(reduces|increases|lengthens|shortens|results in)\b")
UP, DOWN = re.compile(r"increase|shorten"), re.compile(r"reduc|lengthen")


@given(shown=SHOWN, level=LEVELS)
def test_an_interval_that_includes_no_effect_is_told_with_may_and_its_limits(shown, level):
    said = statement(shown, level, "aspirin", "placebo")
    if not shown.excludes_null and not shown.all_trivial:
        assert not FIRM.search(said)
        if level in ("low", "moderate", "high"):
            assert " may " in said
            assert "includes no effect (95% CI of the risk ratio 0.50 to 0.90)" in said


@given(shown=SHOWN, level=LEVELS)
def test_the_verb_follows_the_certainty(shown, level):
    said = statement(shown, level, "aspirin", "placebo")
    if level == "very low":
        assert said.startswith("The evidence is very uncertain about the effect of aspirin on ")
    if level in (None, "very low", "low", "moderate"):
        assert "probably" in said or not FIRM.search(said)
    if level == "low":
        assert "Aspirin may " in said
    if level != "moderate":
        assert "probably" not in said
    if level is None:
        assert said.startswith("Certainty not assessed: ")
        assert " may " not in said


@given(shown=SHOWN, level=LEVELS)
def test_the_direction_is_that_of_the_estimate(shown, level):
    said = statement(shown, level, "aspirin", "placebo")
    if UP.search(said):
        assert shown.side > 0 or (shown.side == 0 and shown.excludes_null)
    if DOWN.search(said):
        assert shown.side < 0


@given(shown=SHOWN, level=LEVELS)
def test_a_size_is_named_only_where_a_threshold_says_so(shown, level):
    said = statement(shown, level, "aspirin", "placebo")
    if "large" in said:
        assert shown.size == "large"
    if "slightly" in said:
        assert shown.size == "small"
    if "little to no difference" in said:
        assert shown.size == "trivial" or shown.all_trivial


def test_wordings_of_grade_guideline_26():
    """Santesso et al. 2020: large, moderate and small effects, trivial ones."""
    death = Event(noun="death", wanted=False)

    def said(level: str, size: str) -> str:
        shown = Shown(event=death, side=-1, excludes_null=True, predicted=None, size=size,
                      all_trivial=size == "trivial", interval="")  # fmt: skip
        return statement(shown, level, "x", "")

    assert said("high", "large") == "X results in a large reduction in death."
    assert said("moderate", "large") == "X probably results in a large reduction in death."
    assert said("low", "large") == "X may result in a large reduction in death."
    assert said("high", "moderate") == "X reduces death."
    assert said("moderate", "moderate") == "X probably reduces death."
    assert said("low", "moderate") == "X may reduce death."
    assert said("high", "small") == "X reduces death slightly."
    assert said("moderate", "small") == "X probably reduces death slightly."
    assert said("low", "small") == "X may reduce death slightly."
    assert said("high", "trivial") == "X results in little to no difference in death."
    assert said("low", "trivial") == "X may result in little to no difference in death."
    assert (
        said("very low", "large")
        == "The evidence is very uncertain about the effect of x on death."
    )


@given(
    yi=st.lists(st.floats(-2, 2), min_size=1, max_size=6),
    vi=st.floats(0.01, 1),
    measure=st.sampled_from(["HR", "RR", "OR", "RD"]),
)
def test_what_is_shown_is_what_the_result_holds(yi, vi, measure):
    result = mo.pool(mo.Effects(yi, [vi] * len(yi), measure=measure), model="fixed")
    shown = shown_by(result, Event(noun="death"))
    null = 0.0  # of a log ratio and of a difference
    assert shown.excludes_null == (result.ci_low > null or result.ci_high < null)
    assert (shown.side < 0, shown.side > 0) == (result.display()[0] < _one(measure),
                                                result.display()[0] > _one(measure))  # fmt: skip
    _, low, high = result.display()
    assert result.effects.scale.number(low) in shown.interval
    assert result.effects.scale.number(high) in shown.interval


def _one(measure: str) -> float:
    return 0.0 if measure == "RD" else 1.0


def test_a_size_is_that_of_the_patients_who_gain_least():
    result = mo.pool(mo.Effects([-0.5], [0.01], measure="RR"))
    risk = Estimated(0.3, 0.2, 0.4)
    rows = tuple(
        Anticipated(
            label="",
            at="",
            source="x",
            without=risk,
            with_treatment=risk,
            difference=Estimated(d, d - 0.01, d + 0.01),
        )
        for d in (-0.3, -0.03)
    )
    limits = Thresholds(small=10, moderate=50, large=100, source="AB")
    assert shown_by(result, Event(noun="death"), rows, limits).size == "small"
    assert shown_by(result, Event(noun="death"), rows).size == ""


@pytest.mark.parametrize(
    ("label", "within"),
    [
        ("Overall survival", "overall survival"),
        ("EFS", "EFS"),
        ("CA-125 response", "CA-125 response"),
        ("Treatment-related death", "treatment-related death"),
    ],
)
def test_a_label_within_a_sentence(label, within):
    assert lower_first(label) == within


def test_no_shipped_question_turns_survival_round():
    """A hazard ratio below 1 is never told as less survival."""
    registry = mo.load_registry()
    for question in registry.questions:
        event = event_of(question, registry.plan)
        if "survival" in event.noun or event.noun.startswith("time"):
            assert event.timed
        if event.timed:
            assert event.verb(-1, "s") == "lengthens"
