"""What differs between two versions of the records, number by number."""

import random

import pytest

from metaonc.registry import load_records
from metaonc.registry.comparison import compare_records
from metaonc.registry.records import HazardRatio

RECORDS = load_records()


def with_trial(trial):
    others = tuple(one for one in RECORDS if one.key != trial.key)
    return type(RECORDS)(RECORDS.folder, (*others, trial), RECORDS.plan)


def edited(field, value, key="tamrad"):
    trial = RECORDS[key]
    at = next(i for i, result in enumerate(trial.results) if isinstance(result, HazardRatio))
    data = trial.model_dump(exclude_unset=True)
    data["results"][at][field] = value
    return with_trial(type(trial).model_validate(data))


def test_the_same_records_do_not_differ():
    assert compare_records(RECORDS, RECORDS) == ()


@pytest.mark.parametrize("trial", RECORDS.trials, ids=lambda trial: trial.key)
def test_order_in_the_file_is_no_difference(trial):
    moved = {
        name: tuple(random.Random(1).sample(getattr(trial, name), len(getattr(trial, name))))
        for name in ("arms", "references", "results")
    }
    after = with_trial(trial.model_copy(update=moved))
    assert compare_records(RECORDS, after) == ()


def test_a_changed_number_is_one_change_and_its_digits_count():
    (change,) = compare_records(RECORDS, edited("estimate", "0.540"))
    assert (change.kind, change.is_number) == ("changed", True)
    assert str(change) == (
        "ttp, hazard ratio, main, investigator, everolimus v control estimate: 0.54 -> 0.540"
    )


def test_an_added_field_and_its_way_back():
    after = edited("events_total", 93)
    (change,) = compare_records(RECORDS, after)
    assert (change.kind, change.field, change.before, change.after) == (
        "added", "events_total", None, 93,
    )  # fmt: skip
    (back,) = compare_records(after, RECORDS)
    assert (back.kind, back.before, back.after) == ("removed", 93, None)


def test_a_record_that_is_gone_is_gone_with_all_its_numbers():
    without = type(RECORDS)(
        RECORDS.folder, tuple(one for one in RECORDS if one.key != "tamrad"), RECORDS.plan
    )
    gone = compare_records(RECORDS, without)
    assert {(change.trial, change.kind) for change in gone} == {("tamrad", "removed")}
    found = {str(change.before) for change in gone if change.is_number}
    assert {"0.54", "0.36", "0.81", "33", "54"} <= found
