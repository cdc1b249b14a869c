"""The audit as a whole: waivers, selection, forms, and that nothing which loads can break it."""

import json
from dataclasses import FrozenInstanceError
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import metaonc as mo
from metaonc.errors import AuditError
from metaonc.registry.audit import RULES, run_audit
from metaonc.registry.audit.run import codes
from metaonc.registry.audit.subgroups import complementary
from metaonc.registry.records import Trial
from metaonc.registry.rules import BY_CODE, breaches
from tests.registry.audit.examples import audited, completed, example

OFF_CENTRE = example("CI101")


def waiver(code: str, more: str = "") -> str:
    """A waiver as a record has it."""
    return f'\n[[waivers]]\nrule = "{code}"\nreason = "It is printed so."\n{more}'


# Waivers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        waiver("CI101"),
        waiver("estimate-off-centre"),
        waiver("CI101", "result = 1\n"),
        waiver("CI101", 'result = 1\nfield = "estimate"\n'),
    ],
)
def test_a_waived_finding_stays_in_the_list_with_its_reason(said):
    audit = audited(OFF_CENTRE + said)
    (finding,) = audit
    assert (finding.code, finding.waived, finding.reason) == ("CI101", True, "It is printed so.")
    assert str(finding).endswith("; waived: It is printed so.")
    assert not audit.errors
    assert audit.waived == (finding,)
    assert not audit.fails("note")


@pytest.mark.parametrize(
    ("said", "unused"),
    [
        (waiver("CI102"), "CI102 finds nothing"),
        (waiver("CI101", 'field = "low"\n'), "CI101 finds nothing"),
        (waiver("CI101", "result = 1\n") + waiver("CI101"), "CI101 finds nothing"),
    ],
)
def test_a_waiver_that_waives_nothing_is_a_finding(said, unused):
    audit = audited(OFF_CENTRE + said)
    (finding,) = audit.only(["WA901"])
    assert finding.message.startswith(unused)
    assert audit.fails("warning")


def test_rules_of_form_cannot_be_waived():
    (finding,) = audited(OFF_CENTRE + waiver("RE010")).only(["WA902"])
    assert finding.message == "'RE010' is no rule to waive"


# The result ------------------------------------------------------------------------------------


def test_an_audit_counts_and_selects():
    audit = audited(OFF_CENTRE)
    assert repr(audit) == "<Audit of studies: 1 error, 0 warnings, 0 notes, 0 waived in 1 record>"
    assert len(audit) == 1
    assert audit.errors == audit.findings == audit.of("demo")
    assert audit.warnings == audit.notes == ()
    assert len(audit.only(["CI"])) == len(audit.only(select=["CI1"], ignore=["PV"])) == 1
    assert len(audit.only(["PV"])) == len(audit.only(ignore=["CI101"])) == 0
    assert audit.fails()
    assert not audit.only(ignore=["CI"]).fails("note")


def test_an_audit_does_not_change():
    audit = audited(OFF_CENTRE)
    with pytest.raises(FrozenInstanceError):
        audit.findings = ()
    with pytest.raises(FrozenInstanceError):
        audit.findings[0].waived = True


def test_an_audit_as_a_frame_and_as_plain_values():
    audit = audited(OFF_CENTRE)
    frame = audit.to_frame()
    assert frame.loc[0, ["code", "severity", "trial", "result"]].tolist() == [
        "CI101", "error", "demo", 1,
    ]  # fmt: skip
    assert list(audit.only(["PV"]).to_frame().columns) == list(frame.columns)
    plain = json.loads(json.dumps(audit.to_dict()))
    assert (plain["errors"], plain["trials"], plain["results"]) == (1, 1, 1)
    assert plain["findings"][0]["sentence"] == str(audit.findings[0])


def test_a_summary_lists_what_is_wrong_and_counts_the_notes():
    audit = mo.load_registry().audit()
    *lines, last = audit.summary().splitlines()
    assert len(lines) == len(audit) - len([f for f in audit if f.severity == "note"])
    assert last.startswith("0 errors, 0 warnings, ")
    assert f"CT411 {len([f for f in audit.notes if f.code == 'CT411'])}" in last
    assert len(audit.summary(notes=True).splitlines()) == len(audit) + 1


def test_refused_records_are_part_of_the_audit(tmp_path):
    (tmp_path / "demo.toml").write_text('key = "demo"\n', encoding="utf-8")
    audit = mo.load_registry(tmp_path, strict=False).audit()
    assert {finding.code for finding in audit} == {"RE000"}
    assert str(audit.errors[0]).startswith(f"{tmp_path}/demo.toml: demo: RE000 error: ")


def test_a_refusal_names_the_rule_it_rests_on():
    data = completed({"results": []}) | {"unusable": None}
    assert {breach.code for breach in breaches(Trial.model_validate(data))} <= set(BY_CODE)


# Codes -----------------------------------------------------------------------------------------


def test_codes_are_found_by_name_beginning_and_in_any_case():
    assert codes(["ci101", "percent-impossible", "PV,du7", "RE0"]) == (
        "CI101", "CT401", "PV", "DU7", "RE0",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "hint"),
    [("CI110", "did you mean CI10"), ("triangle", "triangle-open"), ("!", "families: CI, CO")],
)
def test_an_unknown_code_gets_the_nearest_ones(typed, hint):
    with pytest.raises(AuditError, match=f"no rule of the audit is called '{typed}'; .*{hint}"):
        codes([typed])


# Subgroups by name -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Asian", "non-Asian"),
        ("premenopausal", "postmenopausal"),
        ("primary hormone resistance", "secondary hormone resistance"),
        ("visceral disease", "no visceral disease"),
        ("with visceral disease", "without visceral disease"),
        ("age < 65", "age >= 65"),
        ("age 65 or younger", "older than 65"),
        ("years 0-2", "after 2 years"),
        ("male", "female"),
        ("ER positive", "ER negative"),
    ],
)
def test_subgroups_that_make_up_the_whole(a, b):
    assert complementary(a, b)
    assert complementary(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Asian", "Asian"),
        ("visceral disease", "bone metastases"),
        ("age 65 or older", "age 70 or older"),
        ("age < 65", "age < 70"),
        ("premenopausal", "premenopausal + tamoxifen"),
        ("low dose", "high grade"),
    ],
)
def test_subgroups_that_do_not(a, b):
    assert not complementary(a, b)


# Nothing that loads breaks the audit -----------------------------------------------------------

POSITIVE = st.decimals(min_value=Decimal("1e-9"), max_value=Decimal("1e9"), allow_nan=False)
SMALL = st.decimals(min_value=Decimal("0.001"), max_value=Decimal(100), places=3)
CHANCE = st.decimals(min_value=0, max_value=1, places=4)
LEVEL = st.decimals(min_value=Decimal("0.5001"), max_value=Decimal("0.9999"), places=4)
PERCENT = st.decimals(min_value=0, max_value=100, places=1)
FIGURES = st.sampled_from(
    ["1e-400", "1e400", "0.0000001", "1E+5", "0.005", "1.00", "1", "99999999999999999999"]
).map(Decimal)


@st.composite
def hazard_ratios(draw):
    """A hazard ratio with anything that the format takes."""
    figure = st.one_of(SMALL, POSITIVE, FIGURES)
    limits = sorted(draw(st.lists(figure, min_size=3, max_size=3, unique=True)))
    found = {"kind": "hazard_ratio", "outcome": draw(st.sampled_from(["pfs", "os"]))}
    found |= {"experimental": "new", "control": "old", "estimate": limits[1]}
    if draw(st.booleans()):
        found |= {"low": limits[0], "high": limits[2], "level": draw(LEVEL)}
    if draw(st.booleans()):
        found |= {"p": draw(CHANCE), "p_sides": draw(st.sampled_from([1, 2]))}
    if draw(st.booleans()):
        found |= {"o_minus_e": draw(figure), "variance": draw(figure), "se": draw(figure)}
    if draw(st.booleans()):
        found["events"] = {"new": draw(st.integers(0, 200)), "old": draw(st.integers(0, 200))}
    if draw(st.booleans()):
        found["events_total"] = draw(st.integers(0, 10**6))
    if draw(st.booleans()):
        found["reduction"] = draw(PERCENT) - 1
    found["subgroup"] = draw(st.sampled_from([None, "Asian", "non-Asian"]))
    return found


@st.composite
def counted(draw):
    """Counts with anything that the format takes."""
    arms = {}
    for arm in draw(st.sampled_from([["new"], ["new", "old"]])):
        n = draw(st.integers(1, 200))
        events = draw(st.integers(0, n))
        low, high = sorted([draw(PERCENT), draw(PERCENT)])
        arms[arm] = {"n": n, "events": events}
        if draw(st.booleans()) and low <= Decimal(100 * events) / n <= high and low < high:
            arms[arm] |= {"low": low, "high": high, "level": draw(LEVEL)}
    found = {"kind": "counts", "outcome": draw(st.sampled_from(["orr", "cbr", "pfs", "rash"]))}
    found |= {"arms": arms, "grade": draw(st.sampled_from([None, "any", "3-4"]))}
    if draw(st.booleans()):
        found |= {"p": draw(CHANCE), "p_sides": draw(st.sampled_from([1, 2]))}
    return found


@st.composite
def times(draw):
    """Medians and survival percentages."""
    figure = st.one_of(SMALL, FIGURES)
    if draw(st.booleans()):
        arms = {arm: {"median": draw(figure)} for arm in ("new", "old")}
        unit = draw(st.sampled_from(["months", "weeks"]))
        return {"kind": "medians", "outcome": "pfs", "unit": unit, "arms": arms}
    arms = {arm: {"percent": draw(PERCENT)} for arm in ("new", "old")}
    return {"kind": "survival", "outcome": "pfs", "months": draw(figure), "arms": arms}


@settings(max_examples=300, deadline=None)
@given(results=st.lists(st.one_of(hazard_ratios(), counted(), times()), min_size=1, max_size=6))
def test_every_record_that_loads_can_be_audited(results):
    stripped = [{k: v for k, v in each.items() if v is not None} for each in results]
    try:
        trial = Trial.model_validate(completed({"results": stripped}))
    except ValueError:
        return  # refused by the format
    if breaches(trial):
        return
    from pathlib import Path

    audit = run_audit(Path("studies"), [trial], None)
    assert all(finding.code in RULES for finding in audit)
    assert json.loads(json.dumps(audit.to_dict()))["results"] == len(results)
    assert "nan" not in audit.summary(notes=True)
