"""The normal form of records: nothing is lost, one form for every way of typing, done once."""

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaonc.errors import RecordError
from metaonc.registry.editing import format_text
from metaonc.registry.editing.tree import comments
from metaonc.registry.loading import shipped_studies
from tests.registry.editing.untidy import Number, untidy

SHIPPED = sorted(shipped_studies().glob("*.toml"))


def parsed(text: str) -> dict[str, Any]:
    return tomllib.loads(text, parse_float=Number)


def small(path) -> dict[str, Any]:
    """A shipped record with the first of its parts only, and fields that no record has."""
    record = parsed(path.read_text(encoding="utf-8"))
    lists = {key: value[:3] for key, value in record.items() if isinstance(value, list)}
    return record | lists | {"outcomes": {}} | {"cited": 'a "b" \\ \' c', "on": True, "none": {}}


RECORDS = [small(path) for path in SHIPPED]


@settings(max_examples=50, deadline=None)
@given(typed=untidy(RECORDS, comments=True))
def test_no_value_no_digit_and_no_comment_is_lost_and_a_second_time_changes_nothing(typed):
    record, text, spoken = typed
    found = format_text(text)
    assert parsed(found) == record
    assert sorted(comments(found)) == sorted(spoken)
    assert format_text(found) == found


@settings(max_examples=50, deadline=None)
@given(typed=untidy(RECORDS, comments=False))
def test_the_normal_form_depends_on_what_is_said_and_not_on_how_it_is_typed(typed):
    _, text, _ = typed
    assert format_text(text) == format_text(plainly(parsed(text)))


def plainly(record: dict[str, Any]) -> str:
    """The record with every table inline, in the order it has."""

    def value(item: Any) -> str:
        if isinstance(item, dict):
            return "{" + ", ".join(f"{k} = {value(v)}" for k, v in item.items()) + "}"
        if isinstance(item, list):
            return f"[{', '.join(map(value, item))}]"
        if isinstance(item, Number):
            return str(item)
        if isinstance(item, bool | int):
            return str(item).lower()
        return '"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"'

    return "".join(f"{key} = {value(item)}\n" for key, item in record.items())


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_shipped_records_are_in_the_normal_form(path):
    text = path.read_text(encoding="utf-8")
    assert format_text(text) == text, f"run `metaonc fmt {path}`"


LINES = [
    *("[a]", "[[a]]", "[a.b]", "[[a.b]]", "[a.b.c]", "[results]", "[[results]]", "[results.arms]"),
    *("[[results.arms]]", "[arms]", "[[arms]]", "[[arms.treatments]]", "[primary.os]", "[source]"),
    *("[primary]", "[[overlaps]]", "[outcomes.x]", "overlaps = []", "a.b = 1", "a.c = {x = 1}"),
    *("n = 1", "m = [1,\n 2, # c\n]", "k = {a = [{b = 1}, 2]}", "# alone", "", "#:schema x"),
    *("o = [{a = 1},\n {b = 2}] # d", "p = [[1, # e\n 2], [3]]", 's = """a\n# no\nb"""'),
    *('primary.pfs = {cut = "x"}', '"" = 2', '"q.r" = 1', "d = 2020-01-01 # day", "arms.x = 2"),
]


@settings(deadline=None)
@given(lines=st.lists(st.sampled_from(LINES), max_size=10, unique=True))
def test_tables_in_any_order_and_form_are_kept_or_refused(lines):
    text = 'key = "a"\n' + "\n".join(lines)
    try:
        before = parsed(text)
    except tomllib.TOMLDecodeError:
        with pytest.raises(RecordError):
            format_text(text)
        return
    found = format_text(text)
    assert parsed(found) == before
    assert format_text(found) == found


UNTIDY = """\
# The first comment of the file
#:schema ./trial.schema.json

# about the name
name = 'A "B"'    # quoted
key="a"
notes = [  # why
  'one', # after one
  # before two
  "two" ]
[[results]]
low=0.70
kind = 'hazard_ratio'
estimate = 0.8_0
source.where = "Table 1"
source.reference = "x"

# counted --------------

[[results]] # second
outcome = "orr"
kind = "counts"
[results.arms.everolimus]
n = 54
# from the percentage
events = 33
[design]
status = "confirmed"
phase="II"
# the end
"""
TIDY = """\
# The first comment of the file
#:schema ./trial.schema.json

key = "a"
# about the name
name = 'A "B"'  # quoted
notes = [
    # why
    "one",  # after one
    # before two
    "two",
]

[design]
phase = "II"
status = "confirmed"
# the end

[[results]]
kind = "hazard_ratio"
estimate = 0.8_0
low = 0.70
source = { reference = "x", where = "Table 1" }

# counted --------------

[[results]]  # second
kind = "counts"
outcome = "orr"

[results.arms]
# from the percentage
everolimus = { events = 33, n = 54 }
"""


def test_the_normal_form_by_example():
    assert format_text(UNTIDY) == TIDY
    assert format_text(TIDY) == TIDY


@pytest.mark.parametrize(
    "line",
    [
        'note = """\nTwo\n  lines\n"""',
        "note = '''It's \"so\" \\ .'''",
        "date = 2013-10-03",
        "at = 2013-10-03T12:00:00Z",
        "n = 0x1F",
        "n = 1_000",
        "odd = [1, [2.50, true], { a = 'b' }]",
        "none = []",
        '"a key" = { "b.c" = 1 }',
        'tab = "\\t"',
        "high = +1.20",
        "high = 1.2e3",
        "when = inf",
    ],
)
def test_values_of_every_kind_stay_what_they_are(line):
    text = f'key = "a"\n{line}\n'
    found = format_text(text)
    assert parsed(found) == parsed(text)
    assert format_text(found) == found


@given(text=st.text(max_size=60))
def test_any_text_is_formatted_or_refused_with_a_sentence(text):
    try:
        found = format_text(f'key = "a"\n{text}', "a.toml")
    except RecordError as error:
        assert str(error).startswith("a.toml: ")  # noqa: PT017 - refused or not, either is right
        return
    assert format_text(found) == found


def test_what_is_not_toml_is_refused_with_the_place():
    with pytest.raises(RecordError) as raised:
        format_text("key = tamrad\n", "tamrad.toml")
    assert str(raised.value) == (
        "tamrad.toml: is not TOML: invalid value (at line 1, column 7); "
        "correct the line, or see https://toml.io for the syntax."
    )


def test_what_is_no_record_is_refused():
    with pytest.raises(RecordError) as raised:
        format_text('[project]\nversion = "1"\n', "pyproject.toml")
    assert str(raised.value) == (
        "pyproject.toml: has no field of a trial's record or of a review plan; "
        "name a file that has."
    )
