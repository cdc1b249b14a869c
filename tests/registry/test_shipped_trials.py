"""The shipped trials, figure by figure: what their abstracts and reports print, typed once more."""

import pytest

import metaonc as mo
from metaonc.registry.derived import event_count, in_months
from metaonc.registry.records import Counts, HazardRatio, Medians, Trial


@pytest.fixture(scope="module")
def registry() -> mo.Registry:
    """The shipped records."""
    return mo.load_registry()


INDEX = {
    "randomised, advanced, against endocrine therapy alone": [
        "tamrad", "bolero-2", "horizon", "pre0102", "manta", "bolero-5", "miracle", "leo",
        "sapanisertib-fulvestrant", "carpenter-2005", "bhattacharyya-2011", "s1222",
    ],
    "randomised, advanced, another comparison": [
        "bolero-6", "rugo-2017", "baselga-2017", "desiree", "nct00912340",
    ],
    "neoadjuvant": ["baselga-2009", "wu-2021"],
    "adjuvant": ["unirad", "s1207"],
    "single arms and cohorts": [
        "bolero-4", "4ever", "ballet", "everexes", "massarweh-2014", "nct01231659", "nct01743560",
        "nct02291913", "sapanisertib-lim-2021", "triniti-1", "swish", "brawo", "ciccarese-2017",
        "eva", "rozenblit-2021", "jeong-2021",
    ],
}  # fmt: skip


def test_the_registry_holds_every_trial_of_the_class(registry: mo.Registry) -> None:
    """37 trials: 12, 5, 2, 2 and 16 by kind, in order of year and name."""
    assert sorted(trial.key for trial in registry) == sorted(
        key for keys in INDEX.values() for key in keys
    )
    assert [len(keys) for keys in INDEX.values()] == [12, 5, 2, 2, 16]
    assert [(t.year, t.name) for t in registry] == sorted((t.year, t.name) for t in registry)
    assert len(registry) == 37
    assert registry.problems == ()


def test_design_and_comparator_put_every_trial_in_its_kind(registry: mo.Registry) -> None:
    """The traits that questions ask for tell the five kinds apart."""
    found: dict[str, list[str]] = {kind: [] for kind in INDEX}
    for trial in registry:
        design, alone = trial.design, trial.attributes["comparator"] == "endocrine therapy alone"
        if design.allocation != "randomised":
            kind = "single arms and cohorts"
        elif design.setting != "advanced":
            kind = design.setting
        else:
            other = "" if alone else "randomised, advanced, another comparison"
            kind = other or "randomised, advanced, against endocrine therapy alone"
        found[kind].append(trial.key)
    assert {kind: sorted(keys) for kind, keys in found.items()} == {
        kind: sorted(keys) for kind, keys in INDEX.items()
    }


def test_trials_without_a_usable_effect_say_why(registry: mo.Registry) -> None:
    """Three randomised trials were reported at congresses only or closed early."""
    assert {trial.key for trial in registry if trial.unusable} == {
        "carpenter-2005", "bhattacharyya-2011", "s1222",
    }  # fmt: skip
    for trial in registry:
        assert bool(trial.unusable) == (not trial.results), trial.key


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
        ("manta", 2019, "II", "randomised", [65, 103, 98, 67], "everolimus; vistusertib"),
        ("leo", 2021, "II", "randomised", [92, 45], "everolimus"),
        ("sapanisertib-fulvestrant", 2022, "II", "randomised", [47, 48, 46], "sapanisertib"),
        ("carpenter-2005", 2005, "II", "randomised", [None, None, None], "temsirolimus"),
        ("bhattacharyya-2011", 2011, "II", "randomised", [None, None], "sirolimus"),
        ("s1222", 2022, "III", "randomised", [None, None, None], "everolimus"),
        ("bolero-6", 2018, "II", "randomised", [104, 103, 102], "everolimus"),
        ("rugo-2017", 2017, "II", "randomised", [40, 40], "ridaforolimus"),
        ("baselga-2017", 2017, "II", "randomised", [29, 33], "ridaforolimus"),
        ("desiree", 2022, "II", "randomised", [80, 76], "everolimus"),
        ("nct00912340", 2009, "II", "randomised", [30, 24], "everolimus"),
        ("baselga-2009", 2009, "II", "randomised", [138, 132], "everolimus"),
        ("wu-2021", 2021, "not stated", "randomised", [20, 20], "everolimus"),
        ("unirad", 2022, "III", "randomised", [637, 641], "everolimus"),
        ("s1207", 2024, "III", "randomised", [896, 896], "everolimus"),
        ("4ever", 2019, "IIIb", "single-arm", [299], "everolimus"),
        ("ballet", 2016, "IIIb", "single-arm", [2131], "everolimus"),
        ("everexes", 2017, "IIIb", "single-arm", [None], "everolimus"),
        ("massarweh-2014", 2014, "II", "single-arm", [33], "everolimus"),
        ("nct01231659", 2018, "not stated", "single-arm", [72], "everolimus"),
        ("nct01743560", 2012, "not stated", "single-arm", [49], "everolimus"),
        ("nct02291913", 2014, "not stated", "single-arm", [48], "everolimus"),
        ("sapanisertib-lim-2021", 2021, "I/II", "non-randomised", [51, 43], "sapanisertib"),
        ("triniti-1", 2021, "I/II", "single-arm", [104], "everolimus"),
        ("swish", 2014, "not stated", "single-arm", [86], "everolimus"),
        ("brawo", 2014, "not stated", "single-arm", [2100], "everolimus"),
        ("ciccarese-2017", 2017, "not stated", "single-arm", [163], "everolimus"),
        ("eva", 2018, "not stated", "single-arm", [404], "everolimus"),
        ("rozenblit-2021", 2021, "not stated", "single-arm", [622], "everolimus"),
        ("jeong-2021", 2022, "not stated", "non-randomised", [51, 37], "everolimus"),
    ],
)
def test_the_trials_design_is_the_published_one(
    registry: mo.Registry,
    key: str,
    year: int,
    phase: str,
    allocation: str,
    sizes: list[int | None],
    agent: str,
) -> None:
    """Year, phase, allocation, arm sizes and agent as the trials' papers print them."""
    trial = registry[key]
    assert (trial.year, trial.design.phase, trial.design.allocation) == (year, phase, allocation)
    assert [arm.n for arm in trial.arms] == sizes
    assert trial.attributes["agent"] == agent


def hazard_ratio(
    trial: Trial, outcome: str, subgroup: str | None = None, **at: str | None
) -> list[str]:
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
        ("leo", "pfs", ("primary", "not stated"), "0.73 None None None"),
        ("rugo-2017", "pfs", ("main", "central"), "1.18 0.81 1.72 0.80"),
        ("baselga-2017", "pfs", ("main", "not stated"), "1.00 None None None"),
        ("unirad", "dfs", ("main", "not stated"), "0.95 0.69 1.32 0.95"),
        ("unirad", "os", ("main", "not stated"), "1.09 0.62 1.92 0.95"),
        ("s1207", "idfs", ("main", "not stated"), "0.94 0.77 1.14 0.95"),
        ("s1207", "idfs", ("abstract-2022", "not stated"), "0.93 None None None"),
        ("s1207", "os", ("main", "not stated"), "0.97 0.75 1.26 0.95"),
    ],
)
def test_hazard_ratios_are_the_printed_ones(
    registry: mo.Registry, key: str, outcome: str, at: tuple[str, str], printed: str
) -> None:
    """Digit by digit from the abstracts and reports that the records cite."""
    found = hazard_ratio(registry[key], outcome, cut=at[0], assessment=at[1])
    assert " ".join(found) == printed


CONTRASTS = {
    ("manta", "pfs", "vistusertib-daily", "control"): "0.88 0.63 1.24 0.95",
    ("manta", "pfs", "vistusertib-intermittent", "control"): "0.79 0.55 1.12 0.95",
    ("manta", "pfs", "everolimus", "vistusertib-daily"): "0.63 0.45 0.90 0.95",
    ("manta", "pfs", "everolimus", "vistusertib-intermittent"): "0.71 0.49 1.01 0.95",
    ("sapanisertib-fulvestrant", "pfs", "sapanisertib-daily", "control"): "0.77 0.47 1.26 0.95",
    ("sapanisertib-fulvestrant", "pfs", "sapanisertib-weekly", "control"): "0.88 0.53 1.45 0.95",
    ("bolero-6", "pfs", "everolimus-exemestane", "everolimus"): "0.74 0.57 0.97 0.90",
    ("bolero-6", "pfs", "everolimus-exemestane", "capecitabine"): "1.26 0.96 1.66 0.90",
    ("bolero-6", "os", "everolimus-exemestane", "everolimus"): "1.27 0.95 1.70 0.90",
    ("bolero-6", "os", "everolimus-exemestane", "capecitabine"): "1.33 0.99 1.79 0.90",
}


@pytest.mark.parametrize(("contrast", "printed"), CONTRASTS.items(), ids=str)
def test_contrasts_of_trials_with_more_than_two_arms(
    registry: mo.Registry, contrast: tuple[str, str, str, str], printed: str
) -> None:
    """Every printed contrast, unadjusted, with the arms in its numerator and denominator."""
    key, outcome, experimental, control = contrast
    found = hazard_ratio(
        registry[key], outcome, experimental=experimental, control=control, adjusted=None
    )
    assert " ".join(found) == printed


def test_the_everolimus_arm_of_manta_has_no_contrast_with_its_control(
    registry: mo.Registry,
) -> None:
    """It was seen in no text, so it is not there: neither as a figure nor as a recollection."""
    found = [r for r in registry["manta"].results if isinstance(r, HazardRatio)]
    assert ("everolimus", "control") not in [(r.experimental, r.control) for r in found]
    assert len(found) == 4


def counts(trial: Trial, outcome: str, *at: str) -> list[tuple[int | None, int | None]]:
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
        "orr": [(None, None), (None, None)],  # 14% and 13%, printed without denominators
        "os": [(16, 54), (31, 57)],
        "fatigue": [(39, 54), (30, 57)],
        "stomatitis": [(30, 54), (4, 57)],
        "rash": [(24, 54), (4, 57)],
        "anorexia": [(23, 54), (10, 57)],
        "diarrhoea": [(21, 54), (6, 57)],
    }
    assert len(trial.results) == 16


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


DERIVED = {
    "leo": {("skeletal-event", None): [6, 5]},
    "sapanisertib-fulvestrant": {("ae-discontinuation", None): [15, None, 2]},
    "rugo-2017": {
        ("any-ae", ">=3"): [23, 27],
        ("stomatitis", "any"): [30, 38],
        ("pneumonitis", "any"): [2, 9],
    },
    "desiree": {("stomatitis", ">=2"): [23, 35]},
    "baselga-2009": {("orr", None): [94, 78], ("any-ae", "3-4"): [31, 5]},
    "wu-2021": {("ultrasound-response", None): [13, 8]},
    "4ever": {("orr", None): [25]},
    "massarweh-2014": {
        ("orr", None): [4],
        ("progressive-disease", None): [10],
        ("stomatitis", "any"): [18],
        ("weight-loss", "any"): [15],
        ("rash", "any"): [13],
        ("hyperglycaemia", "any"): [22],
        ("anaemia", "any"): [23],
        ("cbr", None): [None],
    },
    "sapanisertib-lim-2021": {("cbr", None): [23, 10]},
    "triniti-1": {("cbr", None): [39], ("orr", None): [8]},
    "ballet": {("stomatitis", "any"): [None]},
    "brawo": {("stomatitis", "any"): [None]},
}


@pytest.mark.parametrize("key", DERIVED)
def test_counts_are_worked_out_where_one_count_alone_prints_so(
    registry: mo.Registry, key: str
) -> None:
    """Computed beforehand by trying every count; none where several print so, or no one does."""
    found = {
        (result.outcome, result.grade): [event_count(arm).events for arm in result.arms.values()]
        for result in registry[key].results
        if isinstance(result, Counts) and result.subgroup is None
    }
    assert found | DERIVED[key] == found


def test_weeks_stay_weeks(registry: mo.Registry) -> None:
    """Rugo 2017 and Baselga 2017 print weeks; 5.36, 7.33, 4.92 and 5.59 months are the same."""
    months = {
        (key, arm): round(float(in_months(median.median, "weeks")), 2)
        for key in ("rugo-2017", "baselga-2017")
        for result in registry[key].results
        if isinstance(result, Medians) and result.unit == "weeks"
        for arm, median in result.arms.items()
    }
    assert months == {
        ("rugo-2017", "ridaforolimus-dalotuzumab"): 5.36,
        ("rugo-2017", "ridaforolimus"): 7.33,
        ("baselga-2017", "ridaforolimus-dalotuzumab"): 4.92,
        ("baselga-2017", "control"): 5.59,
    }
