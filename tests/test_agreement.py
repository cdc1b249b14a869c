"""The notes on agreement with other programs: what is kept, and that it covers every case."""

import json
from collections import Counter

import numpy as np
import pytest

from tests.reference import Case, agreement, cases, sections
from tests.reference.agreement import FILE, Agreement, kept, refreshed
from tests.reference.calls import CALLS
from tests.reference.comparison import Comparison

REFRESH = "run its test file once: that brings tests/reference/agreement.json up to date"
TEST = "tests/test_a.py::test_b"


def case(**changes: object) -> Case:
    """A case of no particular kind."""
    values = {"id": "d/e/x", "file": "pooling", "family": "rma", "source": "dat.bcg/RR"}
    numbers = {"inputs": {}, "args": {}, "out": {}, "rtol": 1e-8, "atol": 1e-10}
    return Case(**values | numbers | changes)  # type: ignore[arg-type]


def notes(worst: float, cases: int = 1, test: str = TEST) -> agreement.Notes:
    return {test: {"pooling/rma": {"DL": {"dat.bcg": [cases, worst, 1e-8]}}}}


def bound(found: agreement.Notes, test: str = TEST) -> float:
    return found[test]["pooling/rma"]["DL"]["dat.bcg"][1]


# What the file holds -----------------------------------------------------------------------------


def test_every_family_of_cases_has_its_call() -> None:
    """A section of records in any file is a row of the validation page."""
    about = {
        "origin",
        "versions",
        "tolerances",
        "datasets",
        "effects",
        "tables",
        "designs",
        "sizes",
    }
    files = {path.stem for path in FILE.parent.glob("*.json")} - {FILE.stem, "census"}
    found = {f"{file}/{family}" for file in files for family in sections(file).keys() - about}
    assert found == CALLS.keys()


@pytest.mark.parametrize("family", CALLS)
def test_every_case_is_counted(family: str) -> None:
    """Per data set, some test function compared as many cases as there are."""
    there = Counter(one.source.split("/")[0] for one in cases(*family.split("/")))
    found: Counter[str] = Counter()
    for families in kept().values():
        counted: Counter[str] = Counter()
        for cells in families.get(family, {}).values():
            counted.update({data: int(numbers[0]) for data, numbers in cells.items()})
        found |= counted
    assert found.keys() == there.keys(), REFRESH
    assert all(found[data] >= count for data, count in there.items()), REFRESH


def test_nothing_is_further_off_than_allowed() -> None:
    for families in kept().values():
        for methods in families.values():
            for name, cells in methods.items():
                for _, worst, allowed in cells.values():
                    assert worst <= max(allowed, agreement.FINEST), name


def test_the_census_counts_the_cases() -> None:
    """What was taken from the full reference files is what the tests have."""
    census = json.loads((FILE.parent / "census.json").read_text(encoding="utf-8"))
    assert census["taken"].keys() == CALLS.keys() - {"policies/iqwig"}  # a preset, run apart
    for family, count in census["taken"].items():
        assert len(cases(*family.split("/"))) == count, family


# What a run leaves behind ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "worst", "after"),
    [
        (None, 0.0, 1e-12),
        (None, 3e-16, 1e-12),
        (None, 2e-10, 1e-9),
        (None, 1e-9, 1e-9),
        (1e-9, 2e-10, 1e-9),
        (1e-9, 2e-11, 1e-9),  # narrower, but not a hundred times
        (1e-9, 2e-13, 1e-12),
        (1e-10, 2e-10, 1e-9),  # no longer true
    ],
)
def test_a_bound_stays_while_it_is_true_and_not_far_too_wide(
    before: float | None, worst: float, after: float
) -> None:
    old = {} if before is None else notes(before)
    assert bound(refreshed(old, notes(worst), (), ())) == after


def test_only_what_ran_completely_is_replaced() -> None:
    other = "tests/test_c.py::test_d"
    old = notes(1e-9) | notes(1e-9, test=other)
    found = notes(2e-13)
    assert refreshed(old, found, {TEST}, {"tests/test_a.py"}) == old
    assert bound(refreshed(old, found, (), {"tests/test_a.py"})) == 1e-12
    assert bound(refreshed(old, found, (), {"tests/test_a.py"}), other) == 1e-9


def test_a_test_that_is_gone_takes_its_notes_along() -> None:
    gone = "tests/test_a.py::test_old"
    old = notes(1e-9, test=gone)
    assert refreshed(old, notes(1e-9), (), {"tests/test_a.py"}).keys() == {TEST}


def test_processes_are_merged_by_count_and_worst() -> None:
    together = Agreement()
    together.merge(notes(1e-11, cases=2))
    together.merge(notes(1e-9, cases=3))
    assert together.notes == notes(1e-9, cases=5)


# What a comparison is ----------------------------------------------------------------------------


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> Agreement:
    """Notes of its own, so that these comparisons are not on the page."""
    own = Agreement()
    monkeypatch.setattr("tests.reference.comparison.AGREEMENT", own)
    return own


def test_a_comparison_notes_the_worst_of_each_method(quiet: Agreement) -> None:
    compare = Comparison(case(), "DL")
    compare("a", 1 + 1e-10, 1)
    compare("b", [2.0, np.inf, np.nan, 0.0], [2.0, "Inf", None, 0])
    compare.of("PM")("c", 1e-12, 0.0, floor=1.0)
    compare.done()
    [families] = quiet.notes.values()
    methods = families["pooling/rma"]
    assert methods["DL"]["dat.bcg"] == [1, pytest.approx(1e-10, rel=1e-5), 1e-8]
    assert methods["PM"]["dat.bcg"] == [1, pytest.approx(1e-12), 1e-8]


@pytest.mark.parametrize(
    ("found", "expected"),
    [(1 + 2e-8, 1), (1e-300, 0), (np.nan, 1), (1, None), (np.inf, 1), (-np.inf, "Inf")],
)
def test_a_comparison_fails_and_says_what_differed(
    quiet: Agreement, found: object, expected: object
) -> None:
    compare = Comparison(case(), "DL")
    compare("tau2", found, expected)
    with pytest.raises(AssertionError, match=r"^DL tau2: found .* 1e-08 allowed\)"):
        compare.done()
    assert not quiet.notes


def test_a_comparison_of_nothing_fails(quiet: Agreement) -> None:
    with pytest.raises(AssertionError, match="nothing was compared"):
        Comparison(case(), "DL").done()
    assert not quiet.notes
