"""What a review says of itself: protocol, search, baselines, certainty, and their rules."""

import itertools

import pytest
from pydantic import TypeAdapter

from metaonc.registry.plan import Plan, Question
from metaonc.registry.plan_rules import plan_problems, unknown_trials
from metaonc.registry.review.certainty import CERTAINTIES, LOWERING, CertaintyJudgement
from metaonc.registry.review.protocol import Protocol, Search

NO = {"judgement": "not serious", "reason": "None seen."}
JUDGED = {"judged_by": "AB and CD", "status": "confirmed", **dict.fromkeys(LOWERING, NO)}
PFS = {"key": "pfs", "title": "Progression", "outcomes": ["pfs"], "measure": "HR"}
ORR = {"key": "orr", "title": "Response", "outcomes": ["orr"], "measure": "RR"}


def judged(**changes: object) -> dict[str, object]:
    return JUDGED | {
        name: {"judgement": said, "reason": "Because."} if name != "start" else said
        for name, said in changes.items()
    }


def problems(question: dict[str, object], **parts: object) -> list[str]:
    outcomes = {"pfs": {"label": "PFS", "event": "unwanted"},
                "orr": {"label": "ORR", "event": "wanted"}}  # fmt: skip
    plan = Plan.model_validate(
        {"title": "A", "summary": "B", "outcomes": outcomes, "questions": [question], **parts}
    )
    return [str(problem) for problem in plan_problems(plan, "review.toml")]


@pytest.mark.parametrize(
    ("start", "said", "level"),
    [
        ("high", {}, "high"),
        ("low", {}, "low"),
        ("high", {"imprecision": "serious"}, "moderate"),
        ("high", {"imprecision": "serious", "inconsistency": "serious"}, "low"),
        ("high", {"risk_of_bias": "extremely serious"}, "very low"),
        ("high", {"risk_of_bias": "very serious", "imprecision": "very serious"}, "very low"),
        ("low", {"large_effect": "large"}, "moderate"),
        ("low", {"large_effect": "very large"}, "high"),
        ("low", {"large_effect": "very large", "dose_response": "present"}, "high"),
        ("low", {"publication_bias": "serious"}, "very low"),
    ],
)
def test_certainty_follows_from_the_judgements(start, said, level):
    assert CertaintyJudgement.model_validate(judged(**said)).level(start) == level


def test_a_stated_start_takes_the_place_of_the_design():
    assert CertaintyJudgement.model_validate(judged(start="high")).level("low") == "high"


@pytest.mark.parametrize("domain", LOWERING)
def test_a_worse_judgement_never_raises_the_certainty(domain):
    words = ["not serious", "serious", "very serious"]
    for start in ("high", "low"):
        levels = [
            CERTAINTIES.index(CertaintyJudgement.model_validate(judged(**{domain: w})).level(start))
            for w in words
        ]
        assert all(after < before or after == 0 for before, after in itertools.pairwise(levels))


def test_every_domain_needs_a_judgement():
    for domain in LOWERING:
        rest = {name: value for name, value in JUDGED.items() if name != domain}
        with pytest.raises(ValueError, match=domain):
            CertaintyJudgement.model_validate(rest)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"certainty": judged(start="high", large_effect="large")},
            "certainty.large_effect = 'large' raises evidence that starts at high, and nothing is "
            'above that; leave it out, or say start = "low" for observational studies.',
        ),
        (
            {"certainty": judged(dose_response="present", imprecision="serious")},
            "certainty.dose_response = 'present' raises evidence that imprecision lowers, and only "
            "evidence without a reason to lower it is raised; leave it out, or reconsider the "
            "reason to lower.",
        ),
        (
            {"thresholds": {"small": 50, "moderate": 20, "source": "AB"}},
            "thresholds = 50, 20 must rise from small to large; sort them.",
        ),
        (
            {"thresholds": {"small": 10, "large": 20, "source": "AB"}},
            "thresholds.moderate is required with large, and missing; add it.",
        ),
        (
            {"baselines": [{"months": 6}]},
            "baseline 1 must say one of trial, control_arms, survival, event_probability, median, "
            "events, and says none; keep the one that the risk is taken from.",
        ),
        (
            {"baselines": [{"trial": "a", "survival": 0.3, "months": 6}]},
            "baseline 1 must say one of trial, control_arms, survival, event_probability, median, "
            "events, and says trial and survival; keep the one that the risk is taken from.",
        ),
        (
            {"baselines": [{"survival": 0.3, "months": 6}]},
            "baseline 1.source is required with survival, and missing; say where the figure is "
            "printed, or name the trial of the registry.",
        ),
        (
            {"baselines": [{"trial": "a"}]},
            "baseline 1.months is required for a hazard ratio, and missing; say at which time the "
            "risk is meant, e.g. months = 12.",
        ),
        (
            {"baselines": [{"control_arms": "all", "months": 6}]},
            "baseline 1.control_arms = 'all' is for counts, and the question's measure is HR; name "
            'one trial: trial = "...", with months.',
        ),
        (
            {"baselines": [{"survival": 0.3, "low": 0.2, "months": 6, "source": "x"}]},
            "baseline 1.low = 0.2 goes with a typed figure and with low, high and level; give all "
            "of them, or leave them out.",
        ),
        (
            {
                "baselines": [
                    {"survival": 0.3, "low": 0.4, "high": 0.5, "level": 0.95, "months": 6,
                     "source": "x"},
                ]
            },
            "baseline 1.survival = 0.3 must lie between its limits 0.4 and 0.5; look the figures "
            "up again.",
        ),
        (
            {"measure": "RR", "baselines": [{"survival": 0.3, "source": "x"}]},
            "baseline 1.survival = 0.3 belongs to hazard ratios, and the question's measure is RR; "
            "give event_probability, or events and n.",
        ),
        (
            {"measure": "RR", "baselines": [{"events": 3, "source": "x"}]},
            "baseline 1.n goes with events; give both or neither.",
        ),
        (
            {"measure": "RR", "baselines": [{"events": 3, "n": 2, "source": "x"}]},
            "baseline 1.events = 3 exceeds n = 2; look both up again.",
        ),
        (
            {"measure": "PLOGIT", "arm": "control", "baselines": [{"control_arms": "all"}]},
            "baseline 1 is for a comparison, and the question's measure is PLOGIT; leave it out; a "
            "single proportion is a risk already.",
        ),
    ],
)  # fmt: skip
def test_one_sentence_for_each_rule(changes, sentence):
    assert problems(PFS | changes) == [f"review.toml: question pfs: {sentence}"]


def test_a_complete_question_has_no_problem():
    typed = {"event_probability": 0.1, "low": 0.05, "high": 0.2, "level": 0.95, "source": "x"}
    question = ORR | {
        "importance": "critical",
        "baselines": [typed, {"events": 3, "n": 30, "source": "x"}, {"control_arms": "all"}],
        "thresholds": {"small": 10, "moderate": 50, "large": 100, "source": "AB"},
        "certainty": judged(start="low", large_effect="large"),
    }
    assert problems(question) == []


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        (
            {
                "protocol": {
                    "registration": {"registry": "PROSPERO", "number": "CRD42024512345"},
                    "not_registered": "No time.",
                }
            },
            "protocol.not_registered = 'No time.' contradicts the registration CRD42024512345; "
            "keep the one that is true.",
        ),
        (
            {"search": {"last": "2024-01-01", "sources": [
                {"name": "MEDLINE", "searched": "2024-05-01"}]}},
            "search.last = 2024-01-01 is before the search of MEDLINE on 2024-05-01; correct one "
            "of the two dates.",
        ),
    ],
)  # fmt: skip
def test_one_sentence_for_each_rule_of_the_review(parts, sentence):
    assert problems(PFS, **parts) == [f"review.toml: review plan: {sentence}"]


def test_a_baseline_names_a_trial_of_the_folder():
    question = Question.model_validate(PFS | {"baselines": [{"trial": "b", "months": 6}]})
    plan = Plan(title="A", summary="B", questions=(question,))
    found = unknown_trials(plan, {"a"}, "review.toml")
    assert [str(problem) for problem in found] == [
        "review.toml: question pfs: baseline 1.trial = 'b' is not a trial of the folder; use one "
        "of: a."
    ]


def test_the_last_search_is_that_of_the_latest_source():
    search = Search.model_validate(
        {"sources": [{"name": "A", "searched": "2024-05-01"}, {"name": "B"}]}
    )
    assert str(search.latest) == "2024-05-01"


def test_a_link_is_an_address():
    registration = {"registry": "PROSPERO", "number": "1", "link": "www.example.org"}
    with pytest.raises(ValueError, match="link"):
        TypeAdapter(Protocol).validate_python({"registration": registration})


def test_a_difference_has_a_size_as_far_as_thresholds_say():
    question = Question.model_validate(
        ORR | {"thresholds": {"small": 10, "moderate": 50, "source": "AB"}}
    )
    assert question.thresholds is not None
    assert [question.thresholds.size(x) for x in (-9, 10, 50)] == ["trivial", "small", ""]
