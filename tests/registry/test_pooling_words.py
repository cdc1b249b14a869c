"""What a plan says of pooling: its names, its order of precedence, and what comes of it."""

import dataclasses
from typing import get_args

import pytest

import metaonc as mo
from metaonc.kernels import ESTIMATORS
from metaonc.pooling.choices import INTERVALS, POOLED_MODELS
from metaonc.pooling.policies import POLICIES
from metaonc.registry.loading import read_plan
from metaonc.registry.pooling_words import (
    EstimatorName,
    IntervalName,
    ModelName,
    PolicyName,
    Pooling,
    override,
)
from metaonc.reports.analyses import analyse

SHIPPED = mo.load_registry()
PFS = SHIPPED.question("pfs")


def planned(general=None, own=None):
    """The shipped registry with one question, pooled as said in general and of the question."""
    question = PFS.model_copy(update={"pooling": own and Pooling(**own)})
    changes = {"questions": (question,), "pooling": general and Pooling(**general)}
    return dataclasses.replace(SHIPPED, plan=SHIPPED.plan.model_copy(update=changes))


@pytest.mark.parametrize(
    ("spelled_out", "table"),
    [
        (PolicyName, POLICIES),
        (ModelName, POOLED_MODELS),
        (EstimatorName, ESTIMATORS),
        (IntervalName, INTERVALS),
    ],
)
def test_the_names_spelled_out_are_those_that_pool_knows(spelled_out, table):
    assert sorted(get_args(spelled_out)) == sorted(table)


def test_a_plan_that_says_nothing_leaves_the_default_policy():
    assert SHIPPED.pooling("pfs") == {}
    assert SHIPPED.pooling("stomatitis-of-no-plan") == {}


def test_the_plan_is_pooled_as_it_says():
    registry = planned({"policy": "revman-5", "level": "0.9"})
    (found,) = analyse(registry)
    by_hand = mo.pool(registry.effects("pfs"), policy="revman-5", level=0.9)
    assert found.pooled.choices == by_hand.choices
    assert found.pooled.estimate == by_hand.estimate
    for name, group in found.result.groups.items():
        assert group.choices == by_hand.choices, name


@pytest.mark.parametrize(
    ("general", "own", "expected"),
    [
        ({"tau2": "DL", "ci": "wald"}, {"tau2": "PM"}, {"tau2": "PM", "ci": "wald"}),
        (
            {"tau2": "DL", "ci": "wald", "level": 0.9},
            {"model": "mh"},
            {"model": "mh", "level": 0.9},
        ),
        ({"model": "fixed"}, {"policy": "meta-8"}, {"policy": "meta-8"}),
        ({}, {"level": 0.8}, {"level": 0.8}),
    ],
)
def test_what_is_said_of_a_question_takes_the_place_of_what_is_said_in_general(
    general, own, expected
):
    assert override(general, own) == expected


def test_methods_that_do_not_go_together_leave_the_question_without_an_answer():
    (found,) = analyse(planned(own={"model": "fixed", "ci": "kr"}))
    assert found.result is None
    assert found.reason.startswith("ci = 'kr' goes with random effects and tau2 = 'REML'")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('tau2 = "REML2"', "tau2 = 'REML2' is not a value this field may have; use one of: "),
        ("tau2 = -1", "tau2 = -1 is not a value this field may have; use one of: a number >= 0"),
        ('model = "mixed"', "model = 'mixed' is not a value this field may have; use one of: "),
        ("modell = 1", "modell = 1 is not a known field; remove it or correct its name"),
    ],
)
def test_a_name_that_is_none_is_answered_with_those_there_are(tmp_path, line, said):
    path = tmp_path / "review.toml"
    path.write_text(f'title = "T"\nsummary = "S"\n[pooling]\n{line}\n', encoding="utf-8")
    (problem,) = read_plan(path, "review.toml")
    assert said in str(problem)
    assert "review.toml" in str(problem)
