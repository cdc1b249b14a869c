"""Folders and files: what is read, what is refused, and what strict=False keeps."""

from pathlib import Path

import pytest

import metaonc as mo
from metaonc.registry import load_records
from tests.registry import PLAN, RECORD, changed, write

WRONG = changed(RECORD, ('key = "demo"', 'key = "wrong"'), ("estimate = 0.70", "estimate = 7.0"))
WRONG_SAID = (
    "wrong: result 1 (pfs hazard ratio).high = 0.96 must not be below the estimate 7.0; "
    "look the estimate and its interval up again."
)


def said(folder: Path) -> str:
    """What loading the folder raises."""
    with pytest.raises(mo.RecordError) as raised:
        mo.load_registry(folder)
    return str(raised.value)


def test_one_bad_record_refuses_the_folder(tmp_path: Path) -> None:
    """The sentence names the file; the good record beside it does not help."""
    write(tmp_path)
    path = write(tmp_path, WRONG, "wrong.toml")
    assert said(tmp_path) == f"{path}: {WRONG_SAID}"


def test_all_problems_are_kept_and_the_first_is_told(tmp_path: Path) -> None:
    """One sentence, and how many more there are."""
    text = changed(WRONG, ("p_sides = 2\n", ""), ("percent = 61, ", ""))
    path = write(tmp_path, text, "wrong.toml")
    assert said(tmp_path) == f"{path}: {WRONG_SAID} (2 more: `metaonc check` lists them all.)"
    with pytest.raises(mo.RecordError) as raised:
        mo.load_registry(tmp_path)
    assert len(raised.value.problems) == 3
    assert str(raised.value.problems[0]) == f"{path}: {WRONG_SAID}"


def test_not_strict_keeps_the_good_records_and_lists_the_problems(tmp_path: Path) -> None:
    """The others load as if the bad ones were not there."""
    write(tmp_path)
    write(tmp_path, PLAN, "review.toml")
    bad = write(tmp_path, WRONG, "wrong.toml")
    worse = write(tmp_path, "key = ", "worse.toml")
    registry = mo.load_registry(tmp_path, strict=False)
    assert [trial.key for trial in registry] == ["demo"]
    assert [question.key for question in registry.questions] == ["progression", "benefit"]
    assert [str(problem) for problem in registry.problems] == [
        f"{worse}: is not TOML: invalid value (at end of document); "
        "correct the line, or see https://toml.io for the syntax.",
        f"{bad}: {WRONG_SAID}",
    ]
    assert registry.effects("progression").labels == ("DEMO 2020",)


def test_the_key_is_the_files_name(tmp_path: Path) -> None:
    """So that a record is found where its key says."""
    path = write(tmp_path, RECORD, "other.toml")
    assert said(tmp_path) == (
        f"{path}: demo: key = 'demo' must be the file's name, 'other'; "
        "rename the file or change the key."
    )


def test_a_file_that_is_not_toml(tmp_path: Path) -> None:
    """The parser's own words, with the line."""
    path = write(tmp_path, 'key = "demo"\nname "DEMO"\n')
    assert said(tmp_path) == (
        f"{path}: is not TOML: expected '=' after a key in a key/value pair "
        "(at line 2, column 6); correct the line, or see https://toml.io for the syntax."
    )


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    """Latin-1, as an old editor saves it."""
    path = tmp_path / "demo.toml"
    path.write_bytes('key = "d\u00e9mo"\n'.encode("latin-1"))
    assert said(tmp_path) == f"{path}: is not UTF-8 text (byte 8); save the file as UTF-8."


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    """Not a traceback from the file system."""
    missing = tmp_path / "missing"
    assert said(missing) == f"{missing}: is not a folder; name a folder with trial records."


def test_a_folder_without_records(tmp_path: Path) -> None:
    """Other files do not count."""
    write(tmp_path, "nothing", "notes.md")
    assert said(tmp_path) == (
        f"{tmp_path}: holds no trial record; "
        "add one TOML file per trial (`metaonc schema` prints the format)."
    )


def test_trials_come_by_year_and_name(tmp_path: Path) -> None:
    """Whatever the files are called."""
    years = {"a": ("DELTA", 2021), "b": ("ALPHA", 2021), "c": ("OMEGA", 2009)}
    for key, (name, year) in years.items():
        text = changed(
            RECORD,
            ('key = "demo"', f'key = "{key}"'),
            ('name = "DEMO"', f'name = "{name}"'),
            ("year = 2020", f"year = {year}"),
        )
        write(tmp_path, text, f"{key}.toml")
    assert [trial.name for trial in mo.load_registry(tmp_path)] == ["OMEGA", "ALPHA", "DELTA"]


def test_a_folder_needs_no_plan(tmp_path: Path) -> None:
    """Without review.toml there are no questions, and outcomes can still be asked for."""
    write(tmp_path)
    registry = mo.load_registry(tmp_path)
    assert (registry.plan, registry.questions) == (None, ())
    assert registry.effects("pfs").k == 1


PLANS = {
    "a question asked twice": (
        ('key = "benefit"', 'key = "progression"'),
        "question progression: key = 'progression' is used twice; give each question its own key.",
    ),
    "a comparison of one arm": (
        ('measure = "HR"', 'measure = "HR"\narm = "control"'),
        "question progression: arm = 'control' does not go with measure HR; name the arm for a "
        "single proportion (PRAW, PLOGIT, PAS, PFT), and leave it out for a comparison.",
    ),
    "a proportion of no arm": (
        ('arm = "experimental"\n', ""),
        "question benefit: arm = None does not go with measure PLOGIT; name the arm for a "
        "single proportion (PRAW, PLOGIT, PAS, PFT), and leave it out for a comparison.",
    ),
    "an outcome the plan does not define": (
        ('outcomes = ["pfs"]', 'outcomes = ["pfs", "ttp"]'),
        "question progression: outcomes = 'ttp' is not among the plan's outcomes; "
        "add [outcomes.ttp] or use one of: pfs, cbr.",
    ),
    "a misspelt field": (
        ('measure = "HR"', 'mesure = "HR"'),
        "review plan: question progression.measure is required and missing; add it. (1 more: "
        "`metaonc check` lists them all.)",
    ),
}


@pytest.mark.parametrize(("change", "expected"), PLANS.values(), ids=PLANS)
def test_a_plan_that_breaks_a_rule(change: tuple[str, str], expected: str, tmp_path: Path) -> None:
    """The plan is held to the same standard as the records."""
    write(tmp_path)
    path = write(tmp_path, changed(PLAN, change), "review.toml")
    assert said(tmp_path) == f"{path}: {expected}"


def test_a_plan_may_not_ask_about_trials_that_do_not_exist(tmp_path: Path) -> None:
    """An exclusion with a misspelt key would exclude nothing, silently."""
    write(tmp_path)
    exclusion = 'measure = "HR"\nexclude = [{ trial = "dmeo", reason = "published twice" }]'
    write(tmp_path, changed(PLAN, ('measure = "HR"', exclusion)), "review.toml")
    with pytest.raises(mo.RecordError, match="dmeo"):
        mo.load_registry(tmp_path)


def test_records_by_key(tmp_path: Path) -> None:
    """Indexing, length, iteration and the words of a wrong key."""
    write(tmp_path)
    records = load_records(tmp_path)
    assert (len(records), records["demo"].name) == (1, "DEMO")
    assert repr(records) == f"<Records: 1 trials from {tmp_path}>"
    with pytest.raises(KeyError) as raised:
        records["damo"]
    assert raised.value.args == (f"no trial 'damo' in {tmp_path}; there are: demo",)


def test_the_table_of_trials(tmp_path: Path) -> None:
    """One row per trial: design, patients, results and how many of them are confirmed."""
    write(
        tmp_path,
        changed(
            RECORD, ('"Table 5" }\nstatus = "confirmed"', '"Table 5" }\nstatus = "unconfirmed"')
        ),
    )
    row = mo.load_registry(tmp_path).to_frame().to_dict("records")
    assert row == [
        {
            "key": "demo",
            "trial": "DEMO",
            "year": 2020,
            "phase": "II",
            "allocation": "randomised",
            "masking": "open-label",
            "patients": 111,
            "arms": "New v Old",
            "results": 6,
            "confirmed": 5,
        }
    ]
