"""What a record may hold: printed digits, closed shapes, and the shipped trials themselves."""

from decimal import Decimal
from pathlib import Path

import pydantic
import pytest

import metaonc as mo
from metaonc.registry.records import Counts, HazardRatio, Trial
from tests.registry import changed, read

COUNT = "new = { events = 33, n = 54, percent = 61"
TRIALS = ["bolero-2", "tamrad", "horizon", "bolero-4", "pre0102", "miracle", "bolero-5"]


@pytest.fixture(scope="module")
def registry() -> mo.Registry:
    """The shipped records."""
    return mo.load_registry()


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
        [
            "result 6 (os survival).arms = {} dictionary should have at least 1 item after "
            "validation, not 0; correct it."
        ],
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


# The shipped trials ------------------------------------------------------------------------------


def test_the_registry_holds_exactly_the_seven_trials(registry: mo.Registry) -> None:
    """Six randomised trials against endocrine therapy alone, and one single arm, by year."""
    assert [trial.key for trial in registry] == TRIALS
    assert [trial.name for trial in registry] == [
        "BOLERO-2", "TAMRAD", "HORIZON", "BOLERO-4", "PrE0102", "MIRACLE", "BOLERO-5",
    ]  # fmt: skip
    assert len(registry) == 7
    assert registry.problems == ()


@pytest.mark.parametrize(
    ("key", "year", "phase", "allocation", "sizes", "agent"),
    [
        ("tamrad", 2012, "II", "randomised", [54, 57], "everolimus"),
        ("bolero-2", 2012, "III", "randomised", [485, 239], "everolimus"),
        ("horizon", 2013, "III", "randomised", [556, 556], "temsirolimus"),
        ("pre0102", 2018, "II", "randomised", [66, 65], "everolimus"),
        ("bolero-4", 2018, "II", "single-arm", [202], "everolimus"),
        ("miracle", 2021, "II", "randomised", [101, 98], "everolimus"),
        ("bolero-5", 2024, "II", "randomised", [80, 79], "everolimus"),
    ],
)
def test_the_trials_design_is_the_published_one(
    registry: mo.Registry,
    key: str,
    year: int,
    phase: str,
    allocation: str,
    sizes: list[int],
    agent: str,
) -> None:
    """Year, phase, allocation, arm sizes and agent as the trials' papers print them."""
    trial = registry[key]
    assert (trial.year, trial.design.phase, trial.design.allocation) == (year, phase, allocation)
    assert [arm.n for arm in trial.arms] == sizes
    assert trial.attributes["agent"] == agent


def hazard_ratio(trial: Trial, outcome: str, subgroup: str | None = None, **at: str) -> list[str]:
    """Estimate, limits and level of the one hazard ratio that is asked for, as printed."""
    found = [
        result
        for result in trial.results
        if isinstance(result, HazardRatio)
        and (result.outcome, result.subgroup) == (outcome, subgroup)
        and all(getattr(result, name) == value for name, value in at.items())
    ]
    assert len(found) == 1
    return [
        str(value) for value in (found[0].estimate, found[0].low, found[0].high, found[0].level)
    ]


@pytest.mark.parametrize(
    ("key", "outcome", "at", "printed"),
    [
        ("bolero-2", "pfs", ("interim", "investigator"), "0.43 0.35 0.54 0.95"),
        ("bolero-2", "pfs", ("interim", "central"), "0.36 0.27 0.47 0.95"),
        ("bolero-2", "pfs", ("update-12-month", "investigator"), "0.44 None None None"),
        ("bolero-2", "pfs", ("final-18-month", "investigator"), "0.45 0.38 0.54 0.95"),
        ("bolero-2", "pfs", ("final-18-month", "central"), "0.38 0.31 0.48 0.95"),
        ("bolero-2", "os", ("os-final", "not stated"), "0.89 0.73 1.10 0.95"),
        ("pre0102", "pfs", ("main", "investigator"), "0.61 0.40 0.92 0.95"),
        ("pre0102", "os", ("main", "not stated"), "1.31 0.72 2.38 0.95"),
        ("bolero-5", "pfs", ("main", "investigator"), "0.52 0.38 0.71 0.90"),
        ("bolero-5", "pfs", ("main", "central"), "0.46 0.32 0.67 0.90"),
        ("horizon", "pfs", ("main", "not stated"), "0.90 0.76 1.07 0.95"),
        ("horizon", "os", ("main", "not stated"), "0.89 0.65 1.23 0.95"),
        ("miracle", "pfs", ("main", "not stated"), "0.64 0.46 0.89 0.95"),
        ("miracle", "os", ("main", "not stated"), "0.76 0.44 1.32 0.95"),
    ],
)
def test_hazard_ratios_are_the_printed_ones(
    registry: mo.Registry, key: str, outcome: str, at: tuple[str, str], printed: str
) -> None:
    """Digit by digit from the abstracts and reports that the records cite."""
    found = hazard_ratio(registry[key], outcome, cut=at[0], assessment=at[1])
    assert " ".join(found) == printed


def counts(trial: Trial, outcome: str, *at: str) -> list[tuple[int | None, int]]:
    """Events and patients per arm of the one result that is asked for."""
    found = [
        result
        for result in trial.results
        if isinstance(result, Counts)
        and (result.outcome, result.subgroup) == (outcome, None)
        and all(word in (result.cut, result.assessment, result.grade) for word in at)
    ]
    assert len(found) == 1
    return [(arm.events, arm.n) for arm in found[0].arms.values()]


@pytest.mark.parametrize(
    ("key", "outcome", "at", "expected"),
    [
        ("bolero-2", "orr", ("final-18-month", "investigator"), [(61, 485), (4, 239)]),
        ("bolero-2", "orr", ("final-18-month", "central"), [(61, 485), (5, 239)]),
        ("bolero-2", "cbr", ("final-18-month", "investigator"), [(249, 485), (63, 239)]),
        ("bolero-2", "cbr", ("final-18-month", "central"), [(242, 485), (53, 239)]),
        ("pre0102", "orr", ("main",), [(12, 66), (8, 65)]),
        ("pre0102", "cbr", ("main",), [(42, 66), (27, 65)]),
        ("bolero-5", "orr", ("main",), [(7, 80), (1, 79)]),
        ("bolero-5", "cbr", ("main",), [(28, 80), (13, 79)]),
        ("bolero-4", "orr", ("esmo-2016",), [(86, 202)]),
        ("bolero-4", "cbr", ("esmo-2016",), [(150, 202)]),
        ("miracle", "os", ("main",), [(25, 101), (27, 98)]),
        ("horizon", "orr", ("main",), [(None, 556), (None, 556)]),
    ],
)
def test_counts_are_those_the_printed_percentages_fix(
    registry: mo.Registry,
    key: str,
    outcome: str,
    at: tuple[str, ...],
    expected: list[tuple[int | None, int]],
) -> None:
    """Response and benefit; 27% of HORIZON's 556 patients fixes no count, so there is none."""
    assert counts(registry[key], outcome, *at) == expected


def test_tamrad_is_complete(registry: mo.Registry) -> None:
    """Every figure of Bachelot 2012 in the registry, in print order."""
    trial = registry["tamrad"]
    benefit = trial.results[0]
    assert isinstance(benefit, Counts)
    assert (str(benefit.p), benefit.p_sides) == ("0.045", 2)
    printed = {
        key: [str(part) for part in (arm.percent, arm.low, arm.high, arm.level)]
        for key, arm in benefit.arms.items()
    }
    assert printed == {
        "everolimus": ["61", "47", "74", "0.95"],
        "control": ["42", "29", "56", "0.95"],
    }
    hazard_ratios = {
        ("ttp", None): "0.54 0.36 0.81 0.95",
        ("ttp", "primary hormone resistance"): "0.70 0.40 1.21 0.95",
        ("ttp", "secondary hormone resistance"): "0.46 0.26 0.83 0.95",
        ("os", None): "0.45 0.24 0.81 0.95",
    }
    assert {
        (outcome, subgroup): " ".join(hazard_ratio(trial, outcome, subgroup))
        for outcome, subgroup in hazard_ratios
    } == hazard_ratios
    medians = {
        (result.outcome, result.subgroup): [str(arm.median) for arm in result.arms.values()]
        for result in trial.results
        if result.kind == "medians"
    }
    assert medians == {
        ("ttp", None): ["8.6", "4.5"],
        ("ttp", "primary hormone resistance"): ["5.4", "3.8"],
        ("ttp", "secondary hormone resistance"): ["14.8", "5.5"],
        ("os", None): ["32.9"],
    }
    found = {
        result.outcome: [(arm.events, arm.n) for arm in result.arms.values()]
        for result in trial.results
        if isinstance(result, Counts)
    }
    assert found == {
        "cbr": [(33, 54), (24, 57)],
        "os": [(16, 54), (31, 57)],
        "fatigue": [(39, 54), (30, 57)],
        "stomatitis": [(30, 54), (4, 57)],
        "rash": [(24, 54), (4, 57)],
        "anorexia": [(23, 54), (10, 57)],
        "diarrhoea": [(21, 54), (6, 57)],
    }
    assert len(trial.results) == 15


def test_every_result_names_a_source_and_a_status(registry: mo.Registry) -> None:
    """The source is a reference of the record; what was not yet seen is not called confirmed."""
    for trial in registry:
        known = {ref.key for ref in trial.references}
        for result in trial.results:
            assert result.source.reference in known
            assert result.status in ("confirmed", "unconfirmed")
            assert (result.source.where == "not yet seen") == (result.status == "unconfirmed")


def test_the_progression_question_takes_one_hazard_ratio_per_trial(registry: mo.Registry) -> None:
    """The primary cut of each: TAMRAD's time to progression, else progression-free survival."""
    effects = registry.effects("pfs")
    found = zip(
        effects.column("trial"), effects.column("outcome"), effects.column("printed"), strict=True
    )
    assert list(found) == [
        ("bolero-2", "pfs", "HR 0.45 (95% CI 0.38 to 0.54)"),
        ("tamrad", "ttp", "HR 0.54 (95% CI 0.36 to 0.81)"),
        ("horizon", "pfs", "HR 0.90 (95% CI 0.76 to 1.07)"),
        ("pre0102", "pfs", "HR 0.61 (95% CI 0.40 to 0.92)"),
        ("miracle", "pfs", "HR 0.64 (95% CI 0.46 to 0.89)"),
        ("bolero-5", "pfs", "HR 0.52 (90% CI 0.38 to 0.71)"),
    ]  # fmt: skip


def test_changing_a_record_needs_the_text_to_be_there_once() -> None:
    """The helper behind these tests refuses a change that does nothing."""
    with pytest.raises(AssertionError, match="stands 0 times"):
        changed("a", ("b", "c"))
