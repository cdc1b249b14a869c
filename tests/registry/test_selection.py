"""Which result answers a question, and the reason of every trial that has none."""

from pathlib import Path
from typing import Any

import pytest

import metaonc as mo
from metaonc.registry import Question, Trial, select
from tests.registry import PLAN, RECORD, changed, read, write

CONFIRMED = 'where = "Table 2" }\nstatus = "confirmed"'


def question(**changes: Any) -> Question:
    """A question about progression, with changes."""
    asked = {"key": "q", "title": "Q", "outcomes": ("pfs",), "measure": "HR"}
    return Question.model_validate(asked | changes)


def answer(
    folder: Path, asked: Question, *changes: tuple[str, str], confirmed_only: bool = False
) -> str:
    """The estimate or the counts that were chosen, or the reason that nothing was."""
    trial = read(folder, *changes)
    assert isinstance(trial, Trial)
    selection = select([trial], asked, confirmed_only=confirmed_only)
    if not selection.chosen:
        (out,) = selection.left_out
        return out.reason
    (found,) = selection.chosen
    result = found.result
    if hasattr(result, "estimate"):
        return str(result.estimate)
    keys = [key for key in (found.experimental, found.control) if key]
    return " v ".join(f"{key} {result.arms[key].events}" for key in keys)


@pytest.mark.parametrize(
    ("changes", "chosen"),
    [
        ({}, "0.70"),
        ({"cut": "first"}, "0.62"),
        ({"cut": "latest"}, "0.70"),
        ({"assessment": "investigator", "cut": "first"}, "0.62"),
        ({"outcomes": ("ttp", "pfs")}, "0.70"),
    ],
)
def test_cut_and_assessment(changes: dict[str, Any], chosen: str, tmp_path: Path) -> None:
    """The record lists the late cut before the early one: the order is that of its cuts."""
    assert answer(tmp_path, question(**changes)) == chosen


def test_without_a_primary_choice_the_only_report_is_taken(tmp_path: Path) -> None:
    """Clinical benefit is reported once, so the record names no primary report of it."""
    asked = question(outcomes=("cbr",), measure="RR")
    assert answer(tmp_path, asked) == "new 33 v old 24"


@pytest.mark.parametrize("role", ["experimental", "control"])
def test_one_arm(role: str, tmp_path: Path) -> None:
    """A single proportion is about the arm the question names."""
    asked = question(outcomes=("cbr",), measure="PLOGIT", arm=role)
    expected = {"experimental": "new 33", "control": "old 24"}
    assert answer(tmp_path, asked) == expected[role]


@pytest.mark.parametrize(
    ("changes", "record", "reason"),
    [
        (
            {"eligible": {"phase": ("III", "IV")}},
            (),
            "not eligible: phase is II, not III or IV",
        ),
        (
            {"eligible": {"menopause": ("premenopausal",)}},
            (),
            "not eligible: menopause is not stated, not premenopausal",
        ),
        (
            {"exclude": ({"trial": "demo", "reason": "published twice"},)},
            (),
            "excluded: published twice",
        ),
        ({"outcomes": ("orr", "ttp")}, (), "no hazard ratio for orr or ttp in the record"),
        ({"measure": "OR"}, (), "no counts for pfs in the record"),
        (
            {"assessment": "central"},
            (),
            "the hazard ratio for pfs is printed without an interval",
        ),
        ({"assessment": "not stated"}, (), "no pfs by not stated assessment in the record"),
        (
            {"assessment": "central"},
            (('cut = "late"\nassessment = "central"', 'cut = "early"\nassessment = "central"'),),
            "pfs is not reported at the primary data cut",
        ),
        (
            {"outcomes": ("cbr",), "measure": "RR"},
            (('new = { events = 33, n = 54, percent = 61, events_from = "percent" }\n', ""),),
            "no cbr counts for the experimental arm in the record",
        ),
        (
            {"outcomes": ("cbr",), "measure": "PRAW", "arm": "control"},
            (("old = { events = 24, n = 57, percent = 42.1", "old = { n = 57, percent = 42.1"),),
            "cbr is printed as 42.1% of 57 only, which does not fix a count",
        ),
        (
            {"outcomes": ("cbr",), "measure": "RR", "grade": "any"},
            (),
            "no counts for cbr in the record",
        ),
    ],
)
def test_a_trial_without_an_answer_says_why(
    changes: dict[str, Any], record: tuple[tuple[str, str], ...], reason: str, tmp_path: Path
) -> None:
    """DESIGN: nothing is dropped silently; the whole sentence."""
    assert answer(tmp_path, question(**changes), *record) == reason


def test_an_exclusion_is_about_its_own_trial(tmp_path: Path) -> None:
    """Another trial's exclusion leaves this one in."""
    asked = question(exclude=({"trial": "other", "reason": "published twice"},))
    assert answer(tmp_path, asked) == "0.70"


def test_results_of_subgroups_do_not_answer_for_the_trial(tmp_path: Path) -> None:
    """The only hazard ratio of the early cut, once it is about some of the patients only."""
    some = ('cut = "early"\nassessment', 'cut = "early"\nsubgroup = "Asian"\nassessment')
    assert answer(tmp_path, question(cut="first"), some) == "0.70"


def test_a_grade_chooses_among_reports_of_one_event(tmp_path: Path) -> None:
    """The same event any grade and grade 3 or worse: the question says which."""
    graded = changed(
        RECORD,
        ('outcome = "cbr"\n', 'outcome = "cbr"\ngrade = "any"\n'),
        (
            '[[results]]\nkind = "medians"',
            '[[results]]\nkind = "counts"\noutcome = "cbr"\ngrade = ">=3"\ncut = "late"\n'
            'assessment = "investigator"\nstatus = "confirmed"\n'
            'source = { reference = "paper", where = "Table 4" }\n'
            "arms = { new = { events = 5, n = 54 }, old = { events = 2, n = 57 } }\n\n"
            '[[results]]\nkind = "medians"',
        ),
    )
    write(tmp_path, graded)
    trial = mo.load_registry(tmp_path)["demo"]
    found = {}
    for grade in ("any", ">=3"):
        asked = question(outcomes=("cbr",), measure="RR", grade=grade)
        (chosen,) = select([trial], asked).chosen
        found[grade] = chosen.result.arms["new"].events
    assert found == {"any": 33, ">=3": 5}


# Confirmation ------------------------------------------------------------------------------------

AWAITS = "awaits confirmation: pfs, final analysis"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ('status = "confirmed"', "0.70"),
        ('status = "unconfirmed"', AWAITS),
        ('status = "confirmed"\nunconfirmed = ["low", "high"]', AWAITS),
        ('status = "confirmed"\nunconfirmed = ["estimate"]', AWAITS),
        ('status = "confirmed"\nunconfirmed = ["level"]', AWAITS),
        ('status = "confirmed"\nunconfirmed = ["p"]', "0.70"),
    ],
)
def test_confirmed_only_leaves_out_what_an_effect_would_rest_on(
    status: str, said: str, tmp_path: Path
) -> None:
    """Estimate, limits and level make the effect; a p value does not."""
    change = (CONFIRMED, f'where = "Table 2" }}\n{status}')
    assert answer(tmp_path, question(), change, confirmed_only=True) == said
    assert answer(tmp_path, question(), change) == "0.70"


@pytest.mark.parametrize(
    ("name", "awaiting"),
    [
        ("pfs", []),
        ("os", ["TAMRAD", "HORIZON", "PrE0102"]),
        ("cbr", ["BOLERO-2", "HORIZON"]),
        ("orr", ["HORIZON"]),
        ("stomatitis", ["TAMRAD"]),
    ],
)
def test_what_the_shipped_questions_lose_when_only_confirmed_numbers_count(
    name: str, awaiting: list[str]
) -> None:
    """From the records' own statuses: overall survival keeps BOLERO-2 and MIRACLE alone."""
    registry = mo.load_registry()
    effects = registry.effects(name, confirmed_only=True)
    found = [out.label for out in effects.left_out if out.reason.startswith("awaits confirmation")]
    assert found == awaiting
    everything = registry.effects(name)
    kept = set(everything.column("trial")) - set(effects.column("trial"))
    assert {registry[key].name for key in kept} <= set(awaiting)


def test_select_keeps_every_trial_once(tmp_path: Path) -> None:
    """Chosen and left out together are the registry, whatever is asked."""
    registry = mo.load_registry()
    for asked in registry.questions:
        for confirmed_only in (False, True):
            found = select(registry, asked, confirmed_only=confirmed_only)
            names = [*{c.trial.name for c in found.chosen}, *(out.label for out in found.left_out)]
            assert sorted(names) == sorted(trial.name for trial in registry)
            assert all(out.reason for out in found.left_out)


def test_reasons_of_the_shipped_response_question() -> None:
    """Of 37 trials three can answer it; the others each say why they cannot."""
    registry = mo.load_registry()
    found = select(registry, registry.question("orr"), confirmed_only=False)
    assert [chosen.trial.key for chosen in found.chosen] == ["bolero-2", "pre0102", "bolero-5"]
    assert len(found.left_out) == 34
    reasons = {out.label: out.reason for out in found.left_out}
    assert (
        reasons
        | {
            "TAMRAD": "orr is printed as 14% without a denominator",
            "HORIZON": "orr is printed as 27% of 556 only, which does not fix a count",
            "MIRACLE": "orr is printed as 50.0% without a denominator",
            "MANTA": "no counts for orr in the record",
            "BOLERO-4": "not eligible: allocation is single-arm, not randomised",
            "UNIRAD": "not eligible: setting is adjuvant, not advanced",
            "BOLERO-6": "not eligible: comparator is everolimus alone; capecitabine, "
            "not endocrine therapy alone",
            "S1222": "closed early after 37 patients; no effect estimate was reported",
        }
        == reasons
    )


# Questions by name -------------------------------------------------------------------------------


def test_a_name_is_a_question_of_the_plan_first(tmp_path: Path) -> None:
    """A question of the plan goes before the outcome of the same name."""
    write(tmp_path)
    write(tmp_path, changed(PLAN, ('key = "progression"', 'key = "pfs"')), "review.toml")
    assert mo.load_registry(tmp_path).question("pfs").title == "Progression"


@pytest.mark.parametrize(("name", "measure"), [("pfs", "HR"), ("cbr", "RR")])
def test_without_such_a_question_an_outcome_is_asked_for(
    name: str, measure: str, tmp_path: Path
) -> None:
    """Hazard ratios where there are any, risk ratios from counts otherwise."""
    write(tmp_path)
    registry = mo.load_registry(tmp_path)
    assert registry.question(name) == Question(
        key=name, title=name, outcomes=(name,), measure=measure
    )


@pytest.mark.parametrize(("plan", "asked"), [(False, "none"), (True, "progression, benefit")])
def test_an_unknown_name_is_answered_with_the_known_ones(
    plan: bool, asked: str, tmp_path: Path
) -> None:
    """The whole sentence, with and without a plan; medians alone make no question."""
    write(tmp_path)
    if plan:
        write(tmp_path, PLAN, "review.toml")
    registry = mo.load_registry(tmp_path)
    for name, nearest in (("dfs", "pfs, cbr, os"), ("os", "os, cbr, pfs")):
        with pytest.raises(mo.PlanError) as raised:
            registry.question(name)
        assert str(raised.value) == (
            f"nothing in {tmp_path} is called {name!r}; questions of the review plan: {asked}; "
            f"outcomes in the records: {nearest}."
        )
