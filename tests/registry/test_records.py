"""What a record may hold: printed digits, closed shapes, and the shipped trials themselves."""

from decimal import Decimal
from pathlib import Path

import pydantic
import pytest

from metaonc.registry.records import HazardRatio, Trial
from tests.registry import changed, read

COUNT = "new = { events = 33, n = 54, percent = 61"


# Shape -------------------------------------------------------------------------------------------

SHAPES = {
    "a misspelt field": (
        ("estimate = 0.70", "estimat = 0.70"),
        [
            "result 1 (pfs hazard ratio).estimat = 0.70 is not a known field; "
            "remove it or correct its name (did you mean `estimate`?).",
        ],
    ),
    "an unknown field": (
        ('key = "late"\nlabel', 'zzz = 1\nkey = "late"\nlabel'),
        ["cut late.zzz = 1 is not a known field; remove it or correct its name."],
    ),
    "no source": (
        ('source = { reference = "paper", where = "Table 2" }\n', ""),
        [
            "result 1 (pfs hazard ratio).source is required and missing; "
            "say where the number is printed: source = { reference = ..., where = ... }."
        ],
    ),
    "an unknown kind": (
        ('kind = "medians"', 'kind = "median"'),
        [
            "result 5 (os median).kind = 'median' is not a value this field may have; "
            "use one of: 'hazard_ratio', 'counts', 'medians', 'survival'."
        ],
    ),
    "no kind": (
        ('kind = "medians"\n', ""),
        [
            "result 5 (os ?).kind is required and missing; "
            "use hazard_ratio, counts, medians or survival."
        ],
    ),
    "an unknown word": (
        ('cut = "early"\nassessment = "investigator"', 'cut = "early"\nassessment = "local"'),
        [
            "result 2 (pfs hazard ratio).assessment = 'local' is not a value this field may have; "
            "use one of: 'investigator', 'central' or 'not stated'."
        ],
    ),
    "a hazard ratio below 0": (
        ("estimate = 0.70", "estimate = -0.70"),
        [
            "result 1 (pfs hazard ratio).estimate = -0.70 input should be greater than 0; "
            "correct it."
        ],
    ),
    "a level in percent": (
        ("high = 0.96\nlevel = 0.95", "high = 0.96\nlevel = 95"),
        ["result 1 (pfs hazard ratio).level = 95 input should be less than 1; correct it."],
    ),
    "more than 100%": (
        (COUNT, "new = { events = 33, n = 54, percent = 161"),
        [
            "result 4 (cbr counts).arms.new.percent = 161 "
            "input should be less than or equal to 100; correct it."
        ],
    ),
    "a broken count": (
        (COUNT, "new = { events = 33.5, n = 54, percent = 61"),
        [
            "result 4 (cbr counts).arms.new.events = 33.5 "
            "has the wrong type: input should be a valid integer; correct it."
        ],
    ),
    "a count in quotes": (
        (COUNT, 'new = { events = "33", n = 54, percent = 61'),
        [
            "result 4 (cbr counts).arms.new.events = '33' "
            "has the wrong type: input should be a valid integer; correct it."
        ],
    ),
    "an arm without patients": (
        ("n = 57\nsource", "n = 0\nsource"),
        ["arm old.n = 0 input should be greater than 0; correct it."],
    ),
    "no results at all in an arm table": (
        ("new = { percent = 83.6, low = 77.3, high = 88.2, level = 0.95 }", ""),
        ["result 6 (os survival).arms = {} is empty; add one at least."],
    ),
}


@pytest.mark.parametrize(("change", "said"), SHAPES.values(), ids=SHAPES)
def test_a_wrong_shape_is_said_in_the_registrys_words(
    change: tuple[str, str], said: list[str], tmp_path: Path
) -> None:
    """Structural errors name the place as a reader of the file would look for it."""
    found = read(tmp_path, change)
    assert isinstance(found, list)
    assert [str(problem) for problem in found] == [f"demo.toml: demo: {line}" for line in said]


@pytest.mark.parametrize("word", ["nan", "inf"])
@pytest.mark.parametrize(
    "change",
    [
        ("estimate = 0.70", "estimate = {}"),
        ("high = 0.96\nlevel = 0.95", "high = 0.96\nlevel = {}"),
        ("percent = 61", "percent = {}"),
        ("months = 12", "months = {}"),
    ],
)
def test_numbers_are_finite(change: tuple[str, str], word: str, tmp_path: Path) -> None:
    """TOML can write nan and inf; no paper prints them."""
    assert isinstance(read(tmp_path, (change[0], change[1].format(word))), list)


def test_printed_digits_are_kept(tmp_path: Path) -> None:
    """0.70 is known to 0.005 and 0.7 to 0.05: the record keeps them apart."""
    long, short = read(tmp_path), read(tmp_path, ("estimate = 0.70", "estimate = 0.7"))
    assert isinstance(long, Trial)
    assert isinstance(short, Trial)
    first, second = long.results[0], short.results[0]
    assert isinstance(first, HazardRatio)
    assert isinstance(second, HazardRatio)
    assert (str(first.estimate), str(second.estimate)) == ("0.70", "0.7")
    assert first.estimate == second.estimate == Decimal("0.7")


def test_records_cannot_be_changed(tmp_path: Path) -> None:
    """STYLE: frozen records; a change is a new object."""
    trial = read(tmp_path)
    assert isinstance(trial, Trial)
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        trial.name = "OTHER"
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        trial.results[0].status = "unconfirmed"


def test_the_year_is_that_of_the_first_article(tmp_path: Path) -> None:
    """The poster is older (2018) but not an article; without articles it counts."""
    assert read(tmp_path).year == 2020
    assert read(tmp_path, ('kind = "article"', 'kind = "news"')).year == 2018


def test_traits_are_design_words_and_attributes(tmp_path: Path) -> None:
    """What a question may ask of a trial."""
    assert read(tmp_path).traits() == {
        "phase": "II",
        "allocation": "randomised",
        "masking": "open-label",
        "setting": "advanced",
        "agent": "everolimus",
    }


@pytest.mark.parametrize(
    ("status", "fields", "asked", "awaits"),
    [
        ("confirmed", (), ("low",), False),
        ("confirmed", (), (), False),
        ("confirmed", ("low",), ("low", "high"), True),
        ("confirmed", ("low",), ("estimate",), False),
        ("confirmed", ("low",), (), True),
        ("unconfirmed", (), ("estimate",), True),
        ("unconfirmed", (), (), True),
    ],
)
def test_what_awaits_confirmation(
    status: str, fields: tuple[str, ...], asked: tuple[str, ...], awaits: bool, tmp_path: Path
) -> None:
    """All of an unconfirmed result; of a confirmed one only the fields it lists."""
    trial = read(tmp_path)
    assert isinstance(trial, Trial)
    result = trial.results[0].model_copy(update={"status": status, "unconfirmed": fields})
    assert result.awaits_confirmation(*asked) is awaits


def test_changing_a_record_needs_the_text_to_be_there_once() -> None:
    """The helper behind these tests refuses a change that does nothing."""
    with pytest.raises(AssertionError, match="stands 0 times"):
        changed("a", ("b", "c"))
