"""Two versions of a registry: what differs, and which record moves which pooled result."""

import dataclasses
import json
from decimal import Decimal

import pytest

import metaonc as mo
from metaonc.registry.records import HazardRatio
from metaonc.reports.differences import compare
from metaonc.reports.tables import estimate_text

SHIPPED = mo.load_registry()
assert SHIPPED.plan is not None
ASKED = tuple(q for q in SHIPPED.questions if q.key in ("pfs", "pfs-all", "os", "cbr", "orr"))
BEFORE = dataclasses.replace(SHIPPED, plan=SHIPPED.plan.model_copy(update={"questions": ASKED}))
PROGRESSION = [
    question.key
    for question in BEFORE.questions
    if "pfs" in question.outcomes and "horizon" in BEFORE.effects(question.key).columns["trial"]
]


def edited(registry, key, **fields):
    """The registry with another primary hazard ratio of a trial's progression."""
    trial = registry[key]
    choice = trial.primary.get("pfs")
    results = tuple(
        result.model_copy(update=fields)
        if isinstance(result, HazardRatio)
        and result.outcome in ("pfs", "ttp")
        and result.subgroup is None
        and (choice is None or (choice.cut, choice.assessment) == (result.cut, result.assessment))
        else result
        for result in trial.results
    )
    assert results != trial.results
    changed = trial.model_copy(update={"results": results})
    others = (changed if one.key == key else one for one in registry.trials)
    return dataclasses.replace(registry, trials=tuple(others))


def answer(registry):
    fit = mo.pool(registry.effects("pfs"))
    return f"{estimate_text(fit)}, k = {fit.k}"


def test_a_changed_number_moves_its_question_and_no_other():
    after = edited(BEFORE, "horizon", estimate=Decimal("0.95"))
    found = compare(BEFORE, after)
    assert found.counts() == {"added": 0, "changed": 1, "removed": 0}
    moved = [one for one in found.pooled if one.changed]
    assert [one.question for one in moved] == PROGRESSION
    pfs = next(one for one in moved if one.question == "pfs")
    assert (pfs.before, pfs.after) == (answer(BEFORE), answer(after))
    assert [(one.by, one.answer) for one in pfs.moved_by] == [("horizon", pfs.after)]
    assert str(pfs).endswith("; moved by horizon")


def test_each_record_is_blamed_for_what_it_does_alone():
    one = edited(BEFORE, "horizon", estimate=Decimal("0.95"))
    other = edited(BEFORE, "miracle", estimate=Decimal("0.70"))
    both = edited(one, "miracle", estimate=Decimal("0.70"))
    pfs = next(p for p in compare(BEFORE, both).pooled if p.question == "pfs")
    assert {moved.by: moved.answer for moved in pfs.moved_by} == {
        "horizon": answer(one),
        "miracle": answer(other),
    }


def test_a_removed_record_and_a_changed_plan_are_named():
    without = dataclasses.replace(
        BEFORE, trials=tuple(trial for trial in BEFORE.trials if trial.key != "horizon")
    )
    assert BEFORE.plan is not None
    questions = tuple(
        question.model_copy(update={"measure": "OR"}) if question.key == "cbr" else question
        for question in BEFORE.questions
        if question.key != "orr"
    )
    plan = BEFORE.plan.model_copy(update={"questions": questions})
    found = {one.question: one for one in compare(
        BEFORE, dataclasses.replace(without, plan=plan)
    ).pooled}  # fmt: skip
    assert [moved.by for moved in found["pfs"].moved_by] == ["horizon"]
    assert found["orr"].after == "not asked"
    assert "review plan" in [moved.by for moved in found["cbr"].moved_by]
    assert found["cbr"].after.startswith("OR ")


def test_a_change_behind_the_printed_digits_is_still_said():
    after = edited(BEFORE, "horizon", low=Decimal("0.7601"))
    text = compare(BEFORE, after).summary()
    assert "low: 0.76 -> 0.7601" in text
    assert "pfs: " in text.split("Pooled results")[1]


def test_a_version_without_a_plan_is_asked_the_questions_of_the_other():
    bare = dataclasses.replace(BEFORE, plan=None)
    assert not any(one.changed for one in compare(BEFORE, bare).pooled)
    assert len(compare(bare, BEFORE).pooled) == len(BEFORE.questions)


def test_json_holds_printed_digits():
    found = compare(BEFORE, edited(BEFORE, "horizon", estimate=Decimal("0.950")), names=("a", "b"))
    document = json.loads(json.dumps(found.to_dict()))
    (change,) = document["changes"]
    assert (change["before"], change["after"], change["kind"]) == ("0.90", "0.950", "changed")
    assert (document["before"], document["after"]) == ("a", "b")
    assert [one["question"] for one in document["pooled"] if one["changed"]] == PROGRESSION


@pytest.mark.parametrize("part", ["estimate", "high"])
def test_there_and_back_is_the_same_difference(part):
    after = edited(BEFORE, "horizon", **{part: Decimal("1.10")})
    there, back = compare(BEFORE, after), compare(after, BEFORE)
    assert [(c.before, c.after) for c in there.changes] == [
        (c.after, c.before) for c in back.changes
    ]
    assert [(p.before, p.after) for p in there.pooled] == [(p.after, p.before) for p in back.pooled]
