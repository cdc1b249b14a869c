"""The figures that the documentation prints about the audit are those of this code."""

import json

from tests.registry.audit.corruptions import MISTAKES, corrupted
from tests.registry.audit.measure import (
    CORRUPTIONS,
    FILE,
    SEED,
    SIMULATED,
    measured,
    shipped,
    simulated,
)

PRINTED = json.loads(FILE.read_text(encoding="utf-8"))


def test_the_printed_figures_are_those_of_this_code():
    """Made anew with `python -m tests.registry.audit.measure`."""
    assert measured(simulated()) == PRINTED


def test_200_mistakes_of_every_kind_are_made_and_most_are_found():
    assert PRINTED["corruptions"] == CORRUPTIONS == 200
    assert sum(PRINTED["outcomes"].values()) == CORRUPTIONS
    assert all(sum(found.values()) > 5 for found in PRINTED["by_kind"].values())
    assert PRINTED["found"] >= 0.85 * CORRUPTIONS


def test_simulated_records_raise_no_alarm():
    assert PRINTED["clean"]["alarms"] == 0
    assert PRINTED["clean"]["records"] == len(json.loads(SIMULATED.read_text(encoding="utf-8")))


def test_mistakes_in_shipped_records_are_found_too():
    """They print less than one would like: there is less for a figure to contradict."""
    found = measured(shipped(), how_many=58)
    assert found["clean"]["alarms"] == 0
    assert found["found"] >= 0.6 * sum(found["outcomes"].values())


def test_mistakes_are_the_same_every_time_and_of_every_kind():
    records = {key: data for key, data in shipped().items() if key in ("bolero-2", "tamrad")}
    made = corrupted(records, 3, SEED)
    assert [case.kind for case in made] == [mistake.name for mistake in MISTAKES[:3]]
    assert made == corrupted(records, 3, SEED)
    assert all(case.data != records[case.record] for case in made)
