"""The counts of a flow diagram: they add up, or one sentence says where they do not."""

import pytest

import metaonc as mo
from metaonc.registry.flow import Flow
from metaonc.registry.plan import Plan
from metaonc.registry.plan_rules import plan_problems

# Made up, in the shape of the template of Page et al., BMJ 2021;372:n71.
COMPLETE = {
    "identified": [
        {"name": "MEDLINE", "kind": "database", "records": 700},
        {"name": "Embase", "kind": "database", "records": 500},
        {"name": "ClinicalTrials.gov", "kind": "register", "records": 100},
        {"name": "Reference lists", "kind": "other", "records": 12},
    ],
    "duplicates": 280,
    "automation": 20,
    "screened": 1000,
    "excluded": 900,
    "sought": 100,
    "not_retrieved": 4,
    "assessed": 96,
    "excluded_reports": [
        {"reason": "wrong comparison", "reports": 40},
        {"reason": "no hazard ratio", "reports": 30},
    ],
    "other": {
        "sought": 12,
        "not_retrieved": 1,
        "assessed": 11,
        "excluded_reports": [{"reason": "not randomised", "reports": 7}],
    },
    "included_studies": 21,
    "included_reports": 30,
}


def said(changes):
    """What the rules say about the complete counts with these changes."""
    flow = Flow.model_validate({k: v for k, v in (COMPLETE | changes).items() if v is not None})
    plan = Plan(title="A", summary="B", flow=flow)
    return [str(problem) for problem in plan_problems(plan, "review.toml")]


def test_counts_that_add_up_are_accepted():
    assert said({}) == []


@pytest.mark.parametrize("name", list(COMPLETE))
def test_a_count_that_was_not_recorded_is_no_error(name):
    if name == "automation":  # left out, it means that no program was used
        assert len(said({name: None})) == 1
    else:
        assert said({name: None}) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"screened": 990, "sought": None},
            "flow.screened = 990 must be 1000 (records identified: 1300, less 300); look the "
            "counts up again, or leave out what was not recorded.",
        ),
        (
            {"sought": 101, "assessed": None},
            "flow.sought = 101 must be 100 (screened: 1000, less 900); look the counts up again, "
            "or leave out what was not recorded.",
        ),
        (
            {"other": {"sought": 12, "not_retrieved": 1, "assessed": 12}, "included_reports": None},
            "flow.other.assessed = 12 must be 11 (other.sought: 12, less 1); look the counts up "
            "again, or leave out what was not recorded.",
        ),
        (
            {"included_reports": 31},
            "flow.included_reports = 31 must be 30 (reports assessed: 107, less 77); look the "
            "counts up again, or leave out what was not recorded.",
        ),
        (
            {"included_studies": 31},
            "flow.included_studies = 31 exceeds the 30 reports of these studies; look the counts "
            "up again; every study has a report.",
        ),
        (
            {"screened": None, "excluded": None, "duplicates": 1400},
            "flow.screened and what was removed before it (1420) exceed 1300 (records "
            "identified); look the counts up again.",
        ),
    ],
)
def test_a_count_that_does_not_add_up_is_one_sentence(changes, sentence):
    assert said(changes) == [f"review.toml: review plan: {sentence}"]


def test_the_shipped_plan_counts_nothing_that_was_not_recorded():
    flow = mo.load_registry().plan.flow
    assert flow.identified == ()
    assert flow.screened is None
    assert flow.note.startswith("No search was recorded")
