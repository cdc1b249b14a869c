"""Summaries of findings: rows, absolute effects, footnotes, and what cannot be said."""

import json

import numpy as np
import pytest

import metaonc as mo
from metaonc.errors import ReportError
from metaonc.registry.review.certainty import STEPS
from tests.reports.certainty.folders import (
    MEDIANS,
    PLAN,
    SURVIVAL,
    certainty,
    counts,
    hazard,
    question,
    registry,
)

TWO = {"a": counts(20, 40), "b": counts(10, 20)}


@pytest.fixture(scope="module")
def shipped():
    return mo.summary_of_findings(mo.load_registry())


def test_the_shipped_review_shows_critical_outcomes_first(shipped):
    assert [row.key for row in shipped] == [
        *("os", "serious-ae", "pfs", "cbr", "orr", "stomatitis", "pneumonitis")
    ]
    assert [row.importance for row in shipped] == ["critical"] * 2 + ["important"] * 5
    assert shipped.provisional


def test_the_level_is_the_start_and_the_steps_of_every_row(shipped):
    for row in shipped:
        begun = {"high": 4, "low": 2}[row.rating.start]
        level = max(1, min(4, begun + sum(each.steps for each in row.rating.reasons)))
        assert row.rating.level == ["very low", "low", "moderate", "high"][level - 1]
        assert row.rating.symbols == "⊕" * level + "◯" * (4 - level)


def test_reasons_quote_the_numbers_that_the_results_print(shipped):
    """A judgement that names an interval names today's."""
    quoted = {
        "os": "0.74 to 1.01",
        "pfs": "0.46 to 0.79",
        "cbr": "1.35 to 2.27",
        "orr": "0.34 to 41.3",
        "stomatitis": "3.68 to 6.67",
        "serious-ae": "1.50 to 2.73",
    }
    for key, interval in quoted.items():
        row = shipped[key]
        said = next(each.reason for each in row.rating.reasons if each.domain == "imprecision")
        assert interval in said
        assert interval in row.relative
    assert "128 to 191" in shipped["pneumonitis"].rating.reasons[3].reason
    pfs = shipped["pfs"].analysis.pooled
    low, high = pfs.effects.display(pfs.prediction_interval())
    said = next(each.reason for each in shipped["pfs"].rating.moving if "Hazard" in each.reason)
    assert f"{low:.2f} to {high:.2f}" in said
    assert f"I² {pfs.i2:.0%}" in said


def test_absolute_effects_of_a_hazard_ratio_by_another_way(shipped):
    """Survival by hand: S0 = 2 ** -(t / median), S1 = S0 ** HR."""
    row = shipped["os"]
    found = row.absolute[0]
    alive = 2 ** -(24 / 26.6)
    hr = row.analysis.pooled.display()[0]
    assert found.without.estimate == pytest.approx(1 - alive)
    assert found.with_treatment.estimate == pytest.approx(1 - alive**hr)
    assert found.difference.estimate == pytest.approx(alive - alive**hr)
    assert found.at == "24 months"
    assert "BOLERO-2" in found.source
    assert "exponential" in found.assumed
    assert found.status == "confirmed"


def test_absolute_effects_of_counts_start_from_their_control_arms(shipped):
    found = shipped["cbr"].absolute[0]
    ratio = shipped["cbr"].analysis.pooled.display()[0]
    assert found.without.estimate == pytest.approx(127 / 440)
    assert found.with_treatment.estimate == pytest.approx(ratio * 127 / 440)
    assert found.source == "127 of 440 patients in the control arms of its 4 trials"
    assert found.status == "unconfirmed"


def test_no_event_among_controls_gives_the_pooled_risk_difference(shipped):
    found = shipped["pneumonitis"].absolute[0]
    effects = mo.load_registry().effects("pneumonitis", measure="RD")
    assert found.without.estimate == 0
    assert tuple(found.difference) == pytest.approx(mo.pool(effects).display())
    assert "risk difference" in found.assumed


def test_the_frame_has_a_row_per_baseline(shipped):
    frame = shipped.to_frame()
    assert list(frame["key"]).count("pfs") == 2
    assert (frame["without"] + frame["difference"] - frame["with"]).abs().max() < 1e-9
    pfs = frame[frame["key"] == "pfs"].iloc[0]
    assert pfs["participants"] == 2436
    assert pfs["risk_of_bias"] == -1
    fractions = shipped.to_frame(per=1)
    assert np.allclose(fractions["without"] * 1000, frame["without"])


def test_a_summary_as_a_document_is_plain_and_the_same_twice(shipped):
    text = shipped.to_json()
    document = json.loads(text)
    assert document["kind"] == "summary of findings"
    assert document["rows"][0]["certainty"]["level"] == "low"
    assert text == mo.summary_of_findings(mo.load_registry()).to_json()


def test_footnotes_are_lettered_in_the_order_of_the_rows(shipped):
    letters = list(shipped.footnotes.values())
    assert letters == sorted(letters)
    assert letters[0] == "a"
    assert shipped.marks(shipped["os"]) == "a, b"
    assert shipped["os"].certainty == "⊕⊕◯◯ low"
    assert shipped.cells()[1][6] == "⊕⊕◯◯ low (a, b)"


def test_text_and_html_say_what_the_cells_say(shipped):
    text, page = shipped.summary(), shipped._repr_html_()
    for row in shipped.cells()[1:]:
        for cell in filter(None, row):
            assert cell in text
    assert "Overall survival" in page
    assert "may reduce death" in page
    assert repr(shipped).startswith("<SummaryOfFindings: os low, serious-ae low")


def test_without_judgements_nothing_is_softened_or_strengthened(tmp_path):
    found = mo.summary_of_findings(registry(tmp_path, question("rash", "RR"), TWO))["rash"]
    assert found.rating is None
    assert found.certainty == "certainty not assessed"
    assert found.statement == (
        "Certainty not assessed: the pooled estimate says less rash with new compared with old "
        "(95% CI of the risk ratio 0.34 to 0.74)."
    )


def test_a_sentence_has_the_size_that_thresholds_give(tmp_path):
    limits = 'thresholds = { small = 20, moderate = 60, large = 120, source = "AB" }\n'
    plan = question("rash", "RR", limits + certainty())
    found = mo.summary_of_findings(registry(tmp_path, plan, TWO))["rash"]
    assert found.absolute[0].difference.estimate == pytest.approx(-0.15, abs=0.01)
    assert found.statement == "New results in a large reduction in rash compared with old."


def test_without_a_baseline_a_hazard_ratio_says_why_there_is_no_absolute_effect(tmp_path):
    found = mo.summary_of_findings(
        registry(tmp_path, question("os", "HR"), {"a": hazard(0.7, 0.5, 0.98)})
    )["os"]
    assert found.absolute == ()
    assert found.no_absolute.startswith("no baseline risk in the review plan: name a trial and")


def test_printed_survival_at_the_time_goes_before_a_median(tmp_path):
    plan = question("os", "HR", 'baselines = [{ trial = "a", months = 12 }]\n')
    trials = {"a": hazard(0.7, 0.5, 0.98) + SURVIVAL + MEDIANS}
    found = mo.summary_of_findings(registry(tmp_path, plan, trials))["os"].absolute[0]
    assert found.without.estimate == pytest.approx(0.4)
    assert found.with_treatment.estimate == pytest.approx(1 - 0.6**0.7)
    assert found.source == (
        "60.0% without the event at 12 months with Old, A: Smith A. A trial. J Trials "
        "2020;1:1-2. (figure 2)"
    )
    assert (found.status, found.assumed) == ("unconfirmed", "")


def test_typed_baselines_keep_their_label_and_source(tmp_path):
    typed = """
baselines = [
    { label = "low risk", event_probability = 0.05, source = "A cohort" },
    { label = "high risk", events = 30, n = 100, source = "Another" },
]
"""
    found = mo.summary_of_findings(registry(tmp_path, question("rash", "RR", typed), TWO))["rash"]
    assert [(each.label, each.source) for each in found.absolute] == [
        ("low risk", "A cohort"), ("high risk", "Another")]  # fmt: skip
    assert np.isnan(found.absolute[0].without.low)
    assert found.absolute[1].without.low < 0.3 < found.absolute[1].without.high


@pytest.mark.parametrize(
    ("baseline", "trials", "sentence"),
    [
        (
            '{ trial = "a", months = 18 }',
            {"a": hazard(0.7, 0.5, 0.98) + SURVIVAL},
            "question os: baseline 1.trial = 'a' has neither survival at 18 months nor a median of "
            "its control arm; name another trial, or type the figure with its source.",
        ),
        (
            '{ trial = "b", months = 12 }',
            {"a": hazard(0.7, 0.5, 0.98), "b": counts(1, 2)},
            "question os: baseline 1.trial = 'b' does not answer the question, so that its control "
            "arm is not one of it; name another trial, or type the figure with its source.",
        ),
    ],
)
def test_a_record_without_the_baseline_is_answered(tmp_path, baseline, trials, sentence):
    plan = question("os", "HR", f"baselines = [{baseline}]\n")
    with pytest.raises(ReportError) as error:
        mo.summary_of_findings(registry(tmp_path, plan, trials))
    assert str(error.value) == f"{tmp_path / 'review.toml'}: {sentence}"


def test_evidence_without_randomisation_starts_at_low_and_may_be_raised(tmp_path):
    plan = question("rash", "RR", certainty(large_effect="large"))
    found = mo.summary_of_findings(registry(tmp_path, plan, TWO, "non-randomised"))["rash"]
    assert (found.rating.start, found.rating.level) == ("low", "moderate")
    assert found.rating.started == "not randomised: A, B"
    assert found.rating.moving[0].said == ("Large effect: raised by one level (large). Because.")


def test_randomised_evidence_is_not_raised(tmp_path):
    plan = question("rash", "RR", certainty(large_effect="large"))
    with pytest.raises(ReportError, match=r"raises evidence that starts at high \(randomised"):
        mo.summary_of_findings(registry(tmp_path, plan, TWO))


def test_a_stated_start_is_said_to_be_stated(tmp_path):
    plan = question("rash", "RR", certainty(start="low"))
    found = mo.summary_of_findings(registry(tmp_path, plan, TWO))["rash"]
    assert (found.rating.level, found.rating.started) == ("low", "stated in the review plan")


def test_a_question_that_no_trial_answers_has_a_row_with_the_reason(tmp_path):
    plan = question("rash", "RR") + question("orr", "RR", title="Response")
    found = mo.summary_of_findings(registry(tmp_path, plan, TWO))
    row = found.cells()[2]
    assert (row[0], row[1], *set(row[2:7])) == ("Response", "0 (0)", "")
    assert row[7] == "None of the 2 trials has a result for it."
    assert found.to_frame()["studies"].to_list() == [2, 0]


def test_unconfirmed_figures_are_counted(tmp_path):
    trials = {"a": counts(20, 40), "b": counts(10, 20, status="unconfirmed")}
    found = mo.summary_of_findings(registry(tmp_path, question("rash", "RR"), trials))
    assert found["rash"].unconfirmed == 1
    assert "rash: figures of 1 of 2 studies await confirmation in their source." in found.sentences


@pytest.mark.parametrize(
    ("questions", "sentence"),
    [
        (["pfs"], "no question 'pfs' in the review plan; there are: rash."),
        ([], "no question was named; leave `questions` out for those of the plan."),
    ],
)
def test_wrong_questions_are_answered(tmp_path, questions, sentence):
    with pytest.raises(ReportError) as error:
        mo.summary_of_findings(registry(tmp_path, question("rash", "RR"), TWO), questions)
    assert str(error.value) == sentence


def test_a_review_without_comparisons_has_nothing_to_summarise(tmp_path):
    only = question("orr", "PLOGIT", 'arm = "experimental"\n')
    found = registry(tmp_path, only, {"a": counts(20, 40, "orr")}, head=PLAN)
    with pytest.raises(ReportError, match="no question that compares treatments"):
        mo.summary_of_findings(found)


def test_every_step_has_a_word():
    assert sorted(set(STEPS.values())) == [-3, -2, -1, 0, 1, 2]
