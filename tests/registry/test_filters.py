"""The selection language: the same words for the API, the command line and the review plan."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import metaonc as mo
from metaonc.effects import LeftOut
from metaonc.registry import Question, select
from metaonc.registry.filters import Filter, make_filter, nearest_first, read_where, single
from tests.registry import PLAN, RECORD, changed, write


@pytest.fixture
def registry(tmp_path: Path) -> mo.Registry:
    """DEMO as it is, and OTHER: a later trial in another setting, with a final cut of its own."""
    write(tmp_path)
    other = changed(
        RECORD,
        ('key = "demo"', 'key = "other"'),
        ('name = "DEMO"', 'name = "OTHER"'),
        ('setting = "advanced"', 'setting = "adjuvant"'),
        ('agent = "everolimus"', 'agent = "temsirolimus"\nprior-therapy = "none"'),
        ("year = 2020", "year = 2016"),
        ('label = "final analysis"', 'label = "final analysis"\ninterim = true'),
    )
    write(tmp_path, other, "other.toml")
    return mo.load_registry(tmp_path)


def trials(effects: mo.Effects) -> list[str]:
    """Which trials are in it."""
    return sorted(effects.column("trial"))


# Words -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ({}, ["demo", "other"]),
        ({"setting": "advanced"}, ["demo"]),
        ({"setting": ["advanced", "adjuvant"]}, ["demo", "other"]),
        ({"setting": "!advanced"}, ["other"]),
        ({"agent": ["!everolimus", "!temsirolimus", "!x"][:1]}, ["other"]),
        ({"year": 2020}, ["demo"]),
        ({"year": ">=2018"}, ["demo"]),
        ({"year": [">2010", "<2018"]}, ["other"]),
        ({"year": "!>=2018"}, ["other"]),
        ({"patients": "111"}, ["demo", "other"]),
        ({"arms": ">=2"}, ["demo", "other"]),
        ({"trial": "!other"}, ["demo"]),
        ({"experimental": "everolimus", "control": "tamoxifen"}, ["demo", "other"]),
        ({"experimental": "New"}, ["demo", "other"]),
        ({"prior_therapy": "none"}, ["other"]),
        ({"assessment": "investigator", "cut": "first"}, ["demo", "other"]),
        ({"route": "interval", "status": "confirmed"}, ["demo", "other"]),
        ({"adjusted": "no", "population": "everyone", "subgroup": "none"}, ["demo", "other"]),
    ],
)
def test_words_choose_trials_and_results(
    registry: mo.Registry, words: dict[str, Any], found: list[str]
) -> None:
    """Traits, attributes, arms, reports: one value, several, or all but one."""
    assert trials(registry.effects("pfs", **words)) == found
    assert trials(registry.effects("pfs", where=words)) == found


@pytest.mark.parametrize(
    ("cut", "estimates"),
    [
        ("primary", [0.70, 0.70]),
        ("latest", [0.70, 0.70]),
        ("first", [0.62, 0.62]),
        ("final", [0.70, 0.62]),  # OTHER marks its late cut as interim
        ("early", [0.62, 0.62]),
    ],
)
def test_cuts_by_word_and_by_key(registry: mo.Registry, cut: str, estimates: list[float]) -> None:
    """`final` is the latest cut that is not an interim look; the others go by the order."""
    effects = registry.effects("pfs", cut=cut, assessment="investigator")
    found = dict(zip(effects.column("trial"), effects.column("printed_estimate"), strict=True))
    assert [found["demo"], found["other"]] == estimates


def test_what_a_word_leaves_out_is_listed_with_the_reason(registry: mo.Registry) -> None:
    """The whole list."""
    effects = registry.effects("pfs", setting="advanced")
    assert effects.left_out == (
        LeftOut("OTHER", "not eligible: setting is adjuvant, not advanced"),
    )
    excluded = registry.effects("pfs", setting="!adjuvant")
    assert excluded.left_out == (LeftOut("OTHER", "not eligible: setting is adjuvant"),)


def test_none_lifts_a_word_of_the_question(tmp_path: Path) -> None:
    """And a word takes the place of the question's own for that field."""
    write(tmp_path)
    asked = 'measure = "HR"\neligible = { phase = ["III"] }\nwhere = { cut = "early" }'
    write(tmp_path, changed(PLAN, ('measure = "HR"', asked)), "review.toml")
    registry = mo.load_registry(tmp_path)
    with pytest.raises(mo.EffectsError, match="phase is II, not III"):
        registry.effects("progression")
    assert registry.effects("progression", phase=None).column("printed_estimate") == (0.62,)
    assert registry.effects("progression", phase="II", cut="late").column("cut") == (
        "final analysis",
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            {"settings": "advanced"},
            "'settings' is nothing that trials or results are chosen by; there are: setting, ",
        ),
        (
            {"setting": "advancd"},
            "setting = 'advancd' is in no record; use one of: advanced, adjuvant, neoadjuvant.",
        ),
        (
            {"agent": "!everolimu"},
            "agent = 'everolimu' is in no record; use one of: everolimus, temsirolimus.",
        ),
        (
            {"cut": "lat"},
            "cut = 'lat' is in no record; use one of: late, latest, primary, first, final, early.",
        ),
        ({"year": "new"}, "year = 'new' is not a whole number or a comparison such as '>=2015'; "),
        ({"phase": 2.5}, "phase = 2.5 is not a word to choose by; give text, a number or a list"),
        ({"measure": ["OR", "RR"]}, "measure takes one value, not OR or RR; name one."),
    ],
)
def test_a_word_for_nothing_is_answered_with_the_nearest(
    registry: mo.Registry, words: dict[str, Any], said: str
) -> None:
    """Fields and values that do not exist list the ones that do."""
    with pytest.raises(mo.PlanError) as raised:
        registry.effects("pfs", where=words)
    assert str(raised.value).startswith(said)


def test_a_trial_that_matches_in_two_ways_says_so(registry: mo.Registry) -> None:
    """Neither is picked: both are named, with the words that tell them apart."""
    with pytest.raises(mo.EffectsError) as raised:
        registry.effects("pfs", cut=["late", "early"], assessment="investigator", trial="demo")
    assert (
        "DEMO: matches in 2 ways (pfs, final analysis, investigator; pfs, interim analysis, "
        "investigator); say which by cut" in str(raised.value)
    )


def test_a_cut_called_like_a_word_is_not_guessed_at(tmp_path: Path) -> None:
    """`latest` as the key of a cut that is not the latest one."""
    text = RECORD.replace('"early"', '"latest"')
    write(tmp_path, text)
    with pytest.raises(mo.EffectsError) as raised:
        mo.load_registry(tmp_path).effects("pfs", cut="latest")
    assert (
        "cut latest matches in 2 ways (the data cut of that name, interim analysis; the latest one "
        "that reports pfs, final analysis); name the cut by its key or change that key"
        in str(raised.value)
    )


def test_an_unusable_trial_is_left_out_for_its_reason(tmp_path: Path) -> None:
    """Whatever is asked."""
    write(tmp_path)
    none = RECORD[: RECORD.index("[primary.pfs]")]
    none = changed(none, ('key = "demo"', 'key = "other"'), ('name = "DEMO"', 'name = "OTHER"'),
                   ("[attributes]", 'unusable = "closed early"\n[attributes]'))  # fmt: skip
    write(tmp_path, none, "other.toml")
    effects = mo.load_registry(tmp_path).effects("pfs")
    assert effects.left_out == (LeftOut("OTHER", "closed early"),)


# The other two places ----------------------------------------------------------------------------


def test_the_command_line_reads_the_same_words() -> None:
    """A grade's own sign stays part of its value."""
    assert read_where(["grade=>=3", "trial!=demo", "year>=2015", "line=after AI, first line"]) == {
        "grade": [">=3"],
        "trial": ["!demo"],
        "year": [">=2015"],
        "line": ["after AI, first line"],
    }
    with pytest.raises(mo.PlanError, match="'setting' is not FIELD=VALUE"):
        read_where(["setting"])


def test_the_plan_says_the_same_words(registry: mo.Registry) -> None:
    """`where` of a question against keywords of the call."""
    asked = Question.model_validate(
        {"key": "q", "title": "Q", "outcomes": ["pfs"], "measure": "HR",
         "where": {"setting": "advanced", "year": [">=2015"], "cut": "early"}}
    )  # fmt: skip
    found = select(registry.trials, asked).chosen
    effects = registry.effects("pfs", setting="advanced", year=">=2015", cut="early")
    assert [choice.trial.key for choice in found] == trials(effects) == ["demo"]
    assert found[0].result.cut == "early"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            'where = { cuts = "late" }',
            "where.cuts = 'late' chooses nothing; 'cuts' is nothing that trials or results are "
            "chosen by; there are: cut, ",
        ),
        (
            'where = { agent = "everolimos" }',
            "where.agent = 'everolimos' chooses nothing; agent = 'everolimos' is in no record; "
            "use one of: everolimus.",
        ),
        (
            'where = { phase = "II" }\neligible = { phase = ["II"] }',
            "where.phase = 'II' chooses nothing; phase is in eligible as well; say it once.",
        ),
    ],
)
def test_words_of_the_plan_are_checked_when_it_is_loaded(
    words: str, said: str, tmp_path: Path
) -> None:
    """One sentence each, as for a record."""
    write(tmp_path)
    write(tmp_path, changed(PLAN, ('measure = "HR"', f'measure = "HR"\n{words}')), "review.toml")
    with pytest.raises(mo.RecordError) as raised:
        mo.load_registry(tmp_path)
    assert f": question progression: {said}" in str(raised.value)


# Laws --------------------------------------------------------------------------------------------

words = st.lists(st.sampled_from("abcd"), max_size=3)


@given(wanted=words, unwanted=words, has=words)
def test_a_filter_wants_any_and_forbids_all(
    wanted: list[str], unwanted: list[str], has: list[str]
) -> None:
    """In sets."""
    found = make_filter("agent", [*wanted, *(f"!{word}" for word in unwanted)])
    assert found == Filter("agent", tuple(wanted), tuple(unwanted))
    expected = not set(has) & set(unwanted) and (not wanted or bool(set(has) & set(wanted)))
    assert found.admits(has) == expected


@given(low=st.integers(1990, 2030), high=st.integers(1990, 2030), year=st.integers(1990, 2030))
def test_bounds_hold_together(low: int, high: int, year: int) -> None:
    """A year within both bounds; its complement is what `!` of one bound leaves."""
    found = make_filter("year", [f">={low}", f"<={high}"])
    assert found.admits([str(year)]) == (low <= year <= high)
    assert make_filter("year", f"!>={low}").admits([str(year)]) == (year < low)


@given(words=st.lists(st.text("abcdef", min_size=1, max_size=6), unique=True), at=st.data())
def test_nearest_first_is_an_order_of_all_words(words: list[str], at: st.DataObject) -> None:
    """Nothing is lost, and a word itself is nearest to itself."""
    if words:
        word = at.draw(st.sampled_from(words))
        found = nearest_first(word, words)
        assert sorted(found) == sorted(words)
        assert found[0] == word


def test_single_takes_one_value() -> None:
    """None stays none."""
    assert (single("arm", None), single("arm", ["control"])) == (None, "control")
    with pytest.raises(mo.PlanError):
        single("arm", "!control")
