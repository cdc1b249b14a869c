"""Figures that follow from printed ones: the numbers, the arithmetic in words, and the reasons."""

import math
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import metaonc as mo
from metaonc.registry.derived import LogHazardRatio, event_count, in_months, log_hazard_ratio
from metaonc.registry.records import ArmCount, HazardRatio, Trial
from metaonc.registry.sums import summed_counts
from tests.registry import RECORD, changed, read, write

SIZES = {"new": 92, "old": 45}


def ratio(**printed: object) -> HazardRatio:
    """A reported hazard ratio with these figures."""
    rest = {
        "kind": "hazard_ratio", "outcome": "pfs", "cut": "late", "assessment": "not stated",
        "experimental": "new", "control": "old", "status": "confirmed",
        "source": {"reference": "paper", "where": "abstract"},
    }  # fmt: skip
    numbers = {k: Decimal(v) if isinstance(v, str) and v[-1].isdigit() else v
               for k, v in printed.items()}  # fmt: skip
    return HazardRatio.model_validate(rest | numbers)


def figures(**printed: object) -> LogHazardRatio:
    """What such a report amounts to."""
    found = log_hazard_ratio(ratio(**printed), SIZES)
    assert isinstance(found, LogHazardRatio)
    return found


def test_a_printed_95_percent_interval_is_not_derived() -> None:
    """TAMRAD: standard error .2069, as the evidence states it."""
    found = figures(estimate="0.54", low="0.36", high="0.81", level="0.95")
    assert (found.derivation, found.route) == ("", "interval")
    assert found.fields == ("estimate", "low", "high", "level")
    assert found.se == pytest.approx(0.2069, abs=5e-5)


def test_another_level_gives_a_95_percent_interval() -> None:
    """BOLERO-5: the 90% interval 0.38 to 0.71 is 0.36 to 0.75 at 95%."""
    found = figures(estimate="0.52", low="0.38", high="0.71", level="0.90")
    assert [round(limit, 2) for limit in found.limits()] == [0.36, 0.75]
    assert found.derivation == (
        "95% interval 0.36 to 0.75: SE = (ln 0.71 - ln 0.38) / (2 × 1.6449) = 0.1900, "
        "exp(ln 0.52 ± 1.9600 × 0.1900)"
    )


def test_a_p_value_gives_an_interval() -> None:
    """LEO: HR 0.73, P .137 -> SE .2116, 0.48 to 1.11."""
    found = figures(estimate="0.73", p="0.137", p_sides=2)
    assert found.se == pytest.approx(0.2116, abs=5e-5)
    assert [round(limit, 2) for limit in found.limits()] == [0.48, 1.11]
    assert (found.route, found.fields) == ("p", ("estimate", "p", "p_sides"))
    assert found.derivation == (
        "95% interval 0.48 to 1.11: SE = |ln 0.73| / 1.4871 = 0.2116 "
        "(z of the two-sided p = 0.137), exp(ln 0.73 ± 1.9600 × 0.2116)"
    )


def test_log_rank_totals_give_ratio_and_interval() -> None:
    """O - E = -12.1, V = 24.1: exp(-0.50207), 1 / sqrt(24.1)."""
    found = figures(o_minus_e="-12.1", variance="24.1")
    assert (math.log(found.estimate), found.se) == pytest.approx((-0.502075, 0.203700), abs=1e-6)
    assert (found.route, found.fields) == ("log-rank", ("o_minus_e", "variance"))
    assert found.derivation.startswith("HR = exp((O - E) / V) = exp(-12.1 / 24.1) = 0.605; 95% ")


def test_a_printed_standard_error() -> None:
    """It is on the log scale."""
    found = figures(estimate="0.80", se="0.10")
    assert (found.se, found.route) == (0.10, "se")
    assert "printed SE = 0.10" in found.derivation


def test_a_reduction_is_a_ratio() -> None:
    """57% fewer is 0.43; its interval is printed."""
    found = figures(reduction="57", low="0.35", high="0.54", level="0.95")
    assert found.estimate == pytest.approx(0.43)
    assert found.derivation.startswith("HR = 1 - 57/100 = 0.43; 95% interval")


@pytest.mark.parametrize(
    ("printed", "variance"),
    [
        ({"events": {"new": 30, "old": 40}}, 30 * 40 / 70),
        ({"events_total": 70}, 70 * 92 * 45 / 137**2),
    ],
)
def test_p_events_and_direction_give_ratio_and_interval(
    printed: dict[str, object], variance: float
) -> None:
    """z / sqrt(V) by hand, from scipy's normal; the direction is the printed one."""
    better = figures(p="0.04", p_sides=2, favours="experimental", **printed)
    worse = figures(p="0.04", p_sides=2, favours="control", **printed)
    z = stats.norm.isf(0.02)
    assert math.log(better.estimate) == pytest.approx(-z / math.sqrt(variance))
    assert worse.estimate == pytest.approx(1 / better.estimate)
    assert better.se == pytest.approx(1 / math.sqrt(variance))
    assert better.route == "p"


@given(
    log_hr=st.floats(-2, 2).filter(lambda x: abs(x) > 0.01),
    se=st.floats(0.02, 1),
    sides=st.sampled_from([1, 2]),
)
def test_a_p_value_brings_back_the_standard_error_it_came_from(
    log_hr: float, se: float, sides: int
) -> None:
    """The Wald test of scipy, turned round."""
    p = sides * stats.norm.sf(abs(log_hr) / se)
    if not 1e-300 < p < 1:
        return
    found = figures(estimate=Decimal(math.exp(log_hr)), p=Decimal(float(p)), p_sides=sides)
    assert found.se == pytest.approx(se, rel=1e-6)


@pytest.mark.parametrize(
    ("printed", "reason"),
    [
        ({"estimate": "0.44"}, "the hazard ratio for pfs is printed without an interval"),
        (
            {"estimate": "0.44", "p": "0", "p_sides": 2},
            "the p value for pfs (0, two-sided) gives no variance",
        ),
        (
            {"estimate": "0.44", "p": "0.5", "p_sides": 1},
            "the p value for pfs (0.5, one-sided) gives no variance",
        ),
        (
            {"estimate": "1.00", "p": "0.9", "p_sides": 2},
            "the hazard ratio for pfs is 1, so its p value gives no variance",
        ),
        (
            {"p": "0.04", "p_sides": 2, "favours": "control", "events": {"new": 0, "old": 4}},
            "the events behind the p value for pfs are not printed for both arms",
        ),
    ],
)
def test_what_gives_no_interval_says_why(printed: dict[str, object], reason: str) -> None:
    """The whole sentence."""
    assert log_hazard_ratio(ratio(**printed), {}) == reason


@pytest.mark.parametrize(
    ("count", "events", "derivation"),
    [
        ({"events": 33, "n": 54}, 33, ""),
        (
            {"n": 485, "percent": "12.6", "events_from": "percent"},
            61,
            "61 is the only count of 485 that prints as 12.6%",
        ),
        (
            {"n": 31, "percent": "49", "events_from": "percent"},
            None,
            "no count of 31 prints as 49%",
        ),
        (
            {"events": 284, "n": 482, "percent": "59", "events_from": "percent"},
            284,
            "284 is taken where 282 to 286 of 482 print as 59%",
        ),
        ({"percent": "14"}, None, "printed as 14% without a denominator"),
        ({"n": 556, "percent": "27"}, None,
         "printed as 27% of 556 only, which does not fix a count"),
    ],
)  # fmt: skip
def test_counts(count: dict[str, object], events: int | None, derivation: str) -> None:
    """A percentage fixes a count only where the record says that it is one, and one alone fits."""
    if "percent" in count:
        count = count | {"percent": Decimal(str(count["percent"]))}
    assert event_count(ArmCount.model_validate(count)) == (events, derivation)


def test_weeks_are_months() -> None:
    """Rugo 2017: 23.29 and 31.86 weeks are 5.36 and 7.33 months."""
    found = [in_months(Decimal(weeks), "weeks") for weeks in ("23.29", "31.86")]
    assert found == [Decimal("5.36"), Decimal("7.33")]
    assert str(in_months(Decimal("10.0"), "months")) == "10.0"


# Sums --------------------------------------------------------------------------------------------

PART = """\
[[results]]
kind = "counts"
outcome = "{outcome}"
cut = "late"
assessment = "investigator"
source = {{ reference = "paper", where = "Table 4" }}
status = "{status}"
arms = {{ new = {new}, old = {old} }}

"""
SUM = """\
[[derived]]
outcome = "disease-control"
sum_of = ["orr", "stable-disease"]
cut = "late"
assessment = "investigator"

"""


def summed(folder: Path, *parts: dict[str, str]) -> Trial:
    """The made-up record with these parts and their sum."""
    text = "".join(PART.format(**{"status": "confirmed", "old": "{ events = 5, n = 57 }"} | part)
                   for part in parts)  # fmt: skip
    first = '[[references]]\nkey = "paper"'
    trial = read(folder, (first, text + SUM + first))
    assert isinstance(trial, Trial), trial
    return trial


def test_response_and_stable_disease_are_disease_control(tmp_path: Path) -> None:
    """Counted per arm; one of them is worked out from its percentage, which the sum says."""
    trial = summed(
        tmp_path,
        {"outcome": "orr", "new": "{ events = 7, n = 54 }"},
        {
            "outcome": "stable-disease",
            "new": '{ n = 54, percent = 48, events_from = "percent" }',
        },
    )
    found = summed_counts(trial, trial.derived[0])
    assert {key: (arm.events, arm.n) for key, arm in found.arms.items()} == {
        "new": (33, 54),
        "old": (10, 57),
    }
    assert found.status == "confirmed"
    assert found.sums == {
        "new": "orr + stable-disease = 7 + 26 = 33 of 54; "
        "26 is the only count of 54 that prints as 48%",
        "old": "orr + stable-disease = 5 + 5 = 10 of 57",
    }
    effects = mo.load_registry(tmp_path).effects("disease-control")
    assert effects.columns["events_1"] == (33,)
    assert effects.columns["derived"] == (True,)
    assert effects.columns["derivation"][0].startswith("orr + stable-disease = 7 + 26 = 33 of 54")
    assert effects.to_frame()["derived"].tolist() == [True]


@pytest.mark.parametrize(
    ("new", "told"),
    [
        ("{ events = 26, n = 50 }", "orr + stable-disease have no common denominator (54, 50)"),
        ("{ events = 50, n = 54 }", "orr + stable-disease = 57 exceeds the 54 patients"),
        (
            '{ n = 54, percent = 49, events_from = "percent" }',
            "orr + stable-disease, which is no certain count: no count of 54 prints as 49%",
        ),
    ],
)
def test_a_sum_that_cannot_be_says_why(new: str, told: str, tmp_path: Path) -> None:
    """And a question that asks for it leaves the trial out with that reason."""
    trial = summed(
        tmp_path,
        {"outcome": "orr", "new": "{ events = 7, n = 54 }"},
        {"outcome": "stable-disease", "new": new},
    )
    found = summed_counts(trial, trial.derived[0])
    assert (found.arms["new"].events, found.sums["new"]) == (None, told)
    with pytest.raises(mo.EffectsError, match="unknown") as raised:
        mo.load_registry(tmp_path).effects("disease-control")
    assert told in str(raised.value)


def test_percentages_add_up_where_counts_do_not() -> None:
    """HORIZON: 27% + 17% = 44% and 27% + 19% = 46%, as the evidence derives them."""
    trial = mo.load_registry()["horizon"]
    told = summed_counts(trial, trial.derived[0]).sums
    assert told["temsirolimus"].startswith("orr + stable-disease = 27% + 17% = 44%, which is no ")
    assert told["control"].startswith("orr + stable-disease = 27% + 19% = 46%, which is no ")


def test_a_sum_is_as_certain_as_its_parts(tmp_path: Path) -> None:
    """One of them awaits confirmation."""
    parts = ({"outcome": "orr", "new": "{ events = 7, n = 54 }"},
             {"outcome": "stable-disease", "new": "{ events = 20, n = 54 }",
              "status": "unconfirmed"})  # fmt: skip
    trial = summed(tmp_path, *parts)
    assert summed_counts(trial, trial.derived[0]).status == "unconfirmed"


# In the effects ----------------------------------------------------------------------------------


def test_derived_figures_are_marked_in_the_effects(tmp_path: Path) -> None:
    """Columns, note and JSON; what is printed keeps its column empty where it is not printed."""
    write(tmp_path, changed(RECORD, ("low = 0.51\nhigh = 0.96\nlevel = 0.95\n", "")))
    effects = mo.load_registry(tmp_path).effects("pfs")
    told = (
        "95% interval 0.51 to 0.97: SE = |ln 0.7| / 2.1701 = 0.1644 (z of the two-sided p = 0.03), "
        "exp(ln 0.70 ± 1.9600 × 0.1644)"
    )
    assert effects.columns["derived"] == (True,)
    assert effects.columns["derivation"] == (told,)
    assert effects.columns["printed"] == ("HR 0.70 (p = 0.03)",)
    assert effects.columns["printed_low"] == (None,)
    assert effects.notes == (f"Worked out from what is printed: DEMO 2020 ({told}).",)
    (study,) = mo.pool(effects).to_dict()["studies"]
    assert (study["derived"], study["derivation"]) == (True, told)
    frame = effects.to_frame().iloc[0]
    assert (round(frame["low"], 2), round(frame["high"], 2)) == (0.51, 0.97)


def test_a_confirmed_estimate_with_an_unconfirmed_p_awaits_confirmation(tmp_path: Path) -> None:
    """The status is that of the figures which the effect rests on: here p is one of them."""
    confirmed = 'where = "Table 2" }\nstatus = "confirmed"'
    write(
        tmp_path,
        changed(
            RECORD,
            ("low = 0.51\nhigh = 0.96\nlevel = 0.95\n", ""),
            (confirmed, f'{confirmed}\nunconfirmed = ["p"]'),
        ),
    )
    assert mo.load_registry(tmp_path).effects("pfs").columns["status"] == ("unconfirmed",)
