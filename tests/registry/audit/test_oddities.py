"""Every oddity of the class of trials that is known is found by a rule, by name.

The oddities are those of the evidence the registry was made from: inconsistencies in print, labels
that reviews got wrong, and figures that are easily misread. Where the shipped record carries the
oddity, the finding is in its audit; where the record avoids it, the record is misread as others
have misread it.
"""

from __future__ import annotations

import pytest

from metaonc.registry.audit.facts import TrialFacts
from metaonc.registry.records import Trial
from metaonc.registry.rules import breaches
from tests.registry.audit.examples import parsed
from tests.registry.audit.shipped import (
    audit,
    found,
    misread,
    registry,
    text_of,
    with_plan,
    with_records,
)

SOURCE = 'source = { reference = "%s", where = "made up" }\nstatus = "confirmed"\n'

# Intervals in the middle of which the hazard ratio stands ---------------------------------------


@pytest.mark.parametrize(
    ("study", "outcome", "estimate", "off", "bound"),
    [
        ("tamrad", "os", "0.45", 0.0204, 0.0248),
        ("bolero-2", "pfs", "0.38", -0.0150, 0.0266),
        ("rugo-2017", "pfs", "1.18", -0.0003, 0.0088),
    ],
)
def test_every_printed_interval_is_symmetric_within_its_rounding(
    study, outcome, estimate, off, bound
):
    ratio = next(
        ratio
        for ratio in TrialFacts(registry()[study]).ratios
        if (ratio.place.outcome, str(ratio.result.estimate)) == (outcome, estimate)
    )
    middle = ratio.middle
    assert ratio.log.value - middle.value == pytest.approx(off, abs=5e-5)
    width = (ratio.log.high - ratio.log.low + middle.high - middle.low) / 2
    assert width == pytest.approx(bound, abs=2e-4)
    assert not audit().only(["CI101", "CI102"]).findings


def test_a_misprinted_limit_is_found():
    finding = found(misread("tamrad", ("low = 0.24", "low = 0.42")), "CI101", "tamrad")
    assert finding.field == "estimate"


# Levels ----------------------------------------------------------------------------------------


def test_rugo_2017_read_as_95_percent():
    where = misread("rugo-2017", ("level = 0.80", "level = 0.95"))
    by_p = found(where, "PV201", "rugo-2017")
    assert "it would fit a 80% interval" in by_p.message
    assert "p = 0.389" in by_p.arithmetic  # printed: .565
    by_patients = found(where, "EV303", "rugo-2017")
    assert "possible as 80%" in by_patients.message
    assert not audit().only(["PV201", "EV303"]).of("rugo-2017")


def test_bolero_6_read_as_95_percent():
    where = misread("bolero-6", ("level = 0.90", "level = 0.95")).only(["EV303", "EV304"])
    assert any("possible as 80%" in f.message and "90%" in f.message for f in where.of("bolero-6"))
    assert not audit().only(["EV303", "EV304"]).of("bolero-6")


def test_bolero_5_read_as_95_percent():
    where = misread("bolero-5", ("level = 0.90", "level = 0.95"))
    assert "possible as" in found(where, "EV304", "bolero-5").message
    assert "the Clopper-Pearson method at 90%" in found(where, "CT403", "bolero-5").message
    assert not audit().only(["EV303", "EV304", "CT403"]).of("bolero-5")


# Medians and hazard ratios ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("study", "code"),
    [("bolero-5", "MD503"), ("sapanisertib-fulvestrant", "MD503"), ("horizon", "MD502")],
)
def test_medians_that_are_no_substitute_for_the_hazard_ratio(study, code):
    assert found(audit(), code, study).severity == "note"


@pytest.mark.parametrize("study", ["tamrad", "pre0102", "miracle", "leo"])
def test_medians_that_go_with_the_hazard_ratio(study):
    assert not audit().only(["MD501", "MD502", "MD503"]).of(study)


# The published pool ----------------------------------------------------------------------------


def test_the_pool_of_rotundo_2016_is_cut_off_and_not_rounded():
    (finding,) = audit().only(["PO851"])
    assert "rotundo-2016" in finding.field
    assert "estimate 0.846, low 0.7166, high 0.9986; Q = 4.47; printed Q = 4.47" in (
        finding.arithmetic
    )


def test_a_pool_of_other_trials_is_found(tmp_path):
    other = with_plan(('trials = ["tamrad", "bolero-2", "horizon"]',
                       'trials = ["tamrad", "bolero-2", "miracle"]'), tmp=tmp_path)  # fmt: skip
    assert [finding.code for finding in other.only(["PO"])] == ["PO852"]


# The numbered oddities -------------------------------------------------------------------------


def test_02_one_sided_p_of_bolero_2_read_as_two_sided():
    where = misread("bolero-2", ("p = 0.14\np_sides = 1", "p = 0.14\np_sides = 2"))
    finding = found(where, "PV201", "bolero-2")
    assert "it would fit a one-sided p value" in finding.message
    assert "p = 0.265" in finding.arithmetic
    assert not audit().only(["PV201"]).of("bolero-2")


def test_02_one_sided_p_of_baselga_2017_read_as_two_sided():
    where = misread("baselga-2017", ("p_sides = 1", "p_sides = 2"))
    assert "needs more events than the 62 patients" in found(where, "PV205", "baselga-2017").message
    assert not audit().only(["PV205"]).of("baselga-2017")


def test_02_one_sided_p_of_baselga_2009_read_as_two_sided():
    where = misread("baselga-2009", ("p = 0.062\np_sides = 1", "p = 0.062\np_sides = 2"))
    assert "Pearson gives it one-sided" in found(where, "PV203", "baselga-2009").message
    assert not audit().only(["PV203"]).of("baselga-2009")


def chow(overlaps: str = "") -> Trial:
    """HORIZON's interim report of 2006 as a record of its own."""
    text = text_of("horizon").replace('key = "horizon"', 'key = "chow-2006"', 1)
    text = text.replace("n = 556", "n = 496").replace("estimate = 0.90", "estimate = 0.92")
    at = text.index("[attributes]")
    return Trial.model_validate(parsed(text[:at] + overlaps + text[at:]))


def test_03_the_interim_report_of_horizon_is_the_same_trial():
    finding = found(with_records(chow()), "DU701", "chow-2006")
    assert finding.message == "chow-2006 has the registration number NCT00083993 of horizon"
    assert found(with_records(chow()), "DU702", "chow-2006").severity == "warning"


def test_03_interim_and_final_report_in_one_pool():
    said = 'overlaps = [{ trial = "horizon", patients = "all", reason = "interim report" }]\n\n'
    where = with_records(Trial.model_validate(chow(said)))
    assert not where.only(["DU701"]).findings
    taken = {finding.message.split()[2] for finding in where.only(["DU703"])}
    assert {"pfs", "os"} <= taken


def test_04_a_mixed_pair_of_response_in_bolero_2():
    """Investigators' 51.3% beside the central 22.2%."""
    mixed = (
        "events = 63, n = 239, percent = 26.4, events_from",
        "events = 53, n = 239, percent = 22.2, events_from",
    )
    finding = found(misread("bolero-2", mixed), "CT414", "bolero-2")
    assert any("242/485 v 53/239" in f.message for f in misread("bolero-2", mixed).only(["CT414"]))
    assert finding.severity == "note"


def test_04_the_response_pairs_of_bolero_2_share_a_figure_and_the_record_says_why():
    finding = found(audit(), "CT414", "bolero-2")
    assert finding.waived
    assert "12.6%" in finding.reason


def test_04_central_response_beside_local_progression():
    central = ('[primary.orr]\ncut = "final-18-month"\nassessment = "investigator"',
               '[primary.orr]\ncut = "final-18-month"\nassessment = "central"')  # fmt: skip
    assert "orr by central" in found(misread("bolero-2", central), "SE753", "bolero-2").message
    assert not audit().only(["SE753"]).findings


def test_04_the_older_of_two_cuts_of_stomatitis():
    interim = ('[primary.pfs]\ncut = "final-18-month"', '[primary.pfs]\ncut = "interim"')
    assert "final-18-month" in found(misread("bolero-2", interim), "SE751", "bolero-2").message
    assert not audit().only(["SE751"]).findings


def test_05_clinical_benefit_of_49_percent_of_31():
    percent = ("everolimus = { percent = 49 }", "everolimus = { n = 31, percent = 49 }")
    finding = found(misread("massarweh-2014", percent), "CT401", "massarweh-2014")
    assert "no whole number of 31 prints as 49%" in finding.message
    assert "15/31 = 48.39%, 16/31 = 51.61%" in finding.arithmetic
    other = misread("massarweh-2014", (percent[0], "everolimus = { n = 33, percent = 49 }"))
    assert found(other, "CT401", "massarweh-2014")


def measurable(n: int, outcome: str, percent: str) -> str:
    """A percentage of the patients with measurable disease of BOLERO-4."""
    return (
        f'\n[[results]]\nkind = "counts"\noutcome = "{outcome}"\ncut = "esmo-2016"\n'
        'assessment = "not stated"\npopulation = "measurable disease"\n'
        f"{SOURCE % 'royce-2016'}\n[results.arms]\n"
        f"everolimus = {{ n = {n}, percent = {percent} }}\n"
    )


def test_05_the_denominator_of_bolero_4():
    percents = {
        "orr": "51.8", "cbr": "75.9", "partial-response": "50.0", "complete-response": "1.8",
    }  # fmt: skip
    rows = "".join(measurable(168, outcome, percent) for outcome, percent in percents.items())
    finding = found(misread("bolero-4", extra=rows), "CT401", "bolero-4")
    assert "75.9%" in finding.message
    assert "166" in finding.message
    assert finding.message.endswith("patients would fit")
    rows = "".join(measurable(170, outcome, percent) for outcome, percent in percents.items())
    more = found(misread("bolero-4", extra=rows), "CT409", "bolero-4")
    assert "88 patients have the event among measurable disease, only 86" in more.message


def test_05_36_percent_of_48():
    text = text_of("sapanisertib-fulvestrant")
    assert "36" in text
    row = (
        '\n[[results]]\nkind = "counts"\noutcome = "stop-for-ae"\ncut = "main"\n'
        f'assessment = "not stated"\n{SOURCE % "garcia-saenz-2022"}\n[results.arms]\n'
        "sapanisertib-weekly = { n = 48, percent = 36 }\n"
    )
    where = misread("sapanisertib-fulvestrant", extra=row)
    finding = found(where, "CT401", "sapanisertib-fulvestrant")
    assert "no whole number of 48 prints as 36%" in finding.message
    assert "47" in finding.message


def test_06_stomatitis_of_brawo():
    total = 'everolimus = { n = 1300, percent = 41.5, events_from = "percent" }'
    where = misread("brawo", (total, "everolimus = { events = 513, n = 1300 }"))
    finding = found(where, "CT408", "brawo")
    assert "115 + 421 + 3 = 539" in finding.arithmetic
    grades = "".join(
        f'\n[[results]]\nkind = "counts"\noutcome = "stomatitis"\ngrade = "{grade}"\n'
        f'cut = "third-interim"\nassessment = "not stated"\n{SOURCE % "sabcs"}\n[results.arms]\n'
        f"everolimus = {{ events = {events}, n = 1300 }}\n"
        for grade, events in (("1", 276), ("2", 198), ("3", 30), ("4", 35))
    )
    by_grade = misread("brawo", (total, "everolimus = { events = 513, n = 1300 }"), extra=grades)
    assert "276 + 198 + 30 + 35 = 539" in found(by_grade, "CT407", "brawo").arithmetic
    assert not misread("brawo", extra=grades).only(["CT407", "CT408"]).findings
    printed = parsed(
        text_of("brawo").replace(total, "everolimus = { events = 513, n = 1300, percent = 41.5 }")
    )
    (refused,) = breaches(Trial.model_validate(printed))
    assert "539 to 540 would" in refused.rule


def test_07_daily_vistusertib_versus_everolimus():
    swapped = (
        'experimental = "everolimus"\ncontrol = "vistusertib-daily"',
        'experimental = "vistusertib-daily"\ncontrol = "everolimus"',
    )
    finding = found(misread("manta", swapped), "MD501", "manta")
    assert "1/0.63 = 1.59" in finding.message
    assert "median everolimus / median vistusertib-daily = 1.62" in finding.arithmetic
    assert not audit().only(["MD501"]).findings


EVEROLIMUS = (
    '\n[[results]]\nkind = "hazard_ratio"\noutcome = "pfs"\ncut = "main"\n'
    'assessment = "investigator"\nexperimental = "everolimus"\ncontrol = "control"\n'
    f"estimate = 0.63\nlow = 0.42\nhigh = 0.92\nlevel = 0.95\n{SOURCE % 'schmid-2019'}"
)


def test_07_the_triangle_of_manta():
    finding = found(misread("manta", extra=EVEROLIMUS), "CO602", "manta")
    assert "gives 0.554 for the last one, printed is 0.63" in finding.arithmetic
    swapped = (
        "estimate = 0.63\nlow = 0.45\nhigh = 0.90",
        "estimate = 1.59\nlow = 1.11\nhigh = 2.22",
    )
    assert found(misread("manta", swapped, extra=EVEROLIMUS), "CO601", "manta")


def test_08_the_reference_arm_of_bolero_6():
    swapped = (
        'experimental = "everolimus-exemestane"\ncontrol = "everolimus"\nestimate = 0.74',
        'experimental = "everolimus"\ncontrol = "everolimus-exemestane"\nestimate = 0.74',
    )
    where = misread("bolero-6", swapped)
    assert found(where, "CO607", "bolero-6").severity == "warning"
    assert found(where, "MD501", "bolero-6").severity == "error"
    assert not audit().only(["CO607"]).findings


def test_08_adjusted_and_unadjusted_in_bolero_6():
    assert "0.74 without and 0.73 with" in found(audit(), "CO606", "bolero-6").message


def test_09_horizon_medians_and_events():
    assert "8.9" in text_of("horizon")
    assert found(audit(), "MD502", "horizon")
    stopped = ("estimate = 0.90\n", "estimate = 0.90\nevents_total = 382\n")
    finding = found(misread("horizon", stopped), "EV301", "horizon")
    assert "narrower than 382 events allow; it needs about 525" in finding.message


def crossover(n: int, outcome: str, percent: str) -> str:
    """A percentage of the patients of MIRACLE who crossed over."""
    return (
        f'\n[[results]]\nkind = "counts"\noutcome = "{outcome}"\ncut = "main"\n'
        f'assessment = "not stated"\nsubgroup = "crossed over"\n{SOURCE % "cancer-network-2021"}\n'
        f"[results.arms]\ncontrol = {{ n = {n}, percent = {percent} }}\n"
    )


def test_10_response_after_crossover_in_miracle():
    rows = crossover(56, "orr", "13.2") + crossover(56, "cbr", "58.5")
    finding = found(misread("miracle", extra=rows), "CT401", "miracle")
    assert "53" in finding.message
    rows = crossover(53, "orr", "13.2") + crossover(53, "cbr", "58.5")
    assert not misread("miracle", extra=rows).only(["CT401"]).of("miracle")


@pytest.mark.parametrize(
    ("percent", "n"), [("39.3", 98), ("47.5", 98), ("50.0", 101), ("72.7", 101)]
)
def test_10_response_in_miracle_is_not_of_all_patients(percent, n):
    row = crossover(n, "orr", percent).replace(
        "control = {", "everolimus = {" if n == 101 else "control = {"
    )
    where = misread(
        "miracle", extra=row.replace('subgroup = "crossed over"\n', 'population = "measurable"\n')
    )
    assert found(where, "CT401", "miracle")


def test_11_versions_and_interactions_of_s1207():
    said = found(audit(), "SE752", "s1207").message
    assert "0.93 from 389 events" in said
    assert "from 404 events" in said
    interactions = [f.message for f in audit().only(["CO605"]).of("s1207")]
    assert any("premenopausal (0.64)" in m and "Q = 5.35, p = 0.021" in m for m in interactions)
    assert any("premenopausal (0.49)" in m and "Q = 7.55, p = 0.006" in m for m in interactions)
    assert any("years 0 to 2 (0.75) and after year 2 (1.16)" in m for m in interactions)
    older = ('[primary.idfs]\ncut = "main"', '[primary.idfs]\ncut = "abstract-2022"')
    assert found(misread("s1207", older), "SE751", "s1207")


def test_12_denominators_and_opposite_survival_of_pre0102():
    """The abstract has 66 treated control patients, of 65 randomised; the paper 65."""
    text = text_of("pre0102").replace("n = 65\n", "n = 66\n")  # the arm
    abstract = text.replace(
        "control = { events = 1, n = 65 }", "control = { events = 1, n = 66 }", 1
    )
    where = with_records(Trial.model_validate(parsed(abstract)))
    assert found(where, "CT413", "pre0102").message.startswith("66 patients here, 65 in ")
    assert not audit().only(["CT413"]).of("pre0102")
    assert "1.31, and that for pfs, 0.61" in found(audit(), "MD508", "pre0102").message


def test_13_the_p_value_beside_progression_in_a_repost_of_tamrad():
    p = ("estimate = 0.54\n", "estimate = 0.54\np = 0.007\np_sides = 2\n")
    finding = found(misread("tamrad", p), "PV202", "tamrad")
    assert "p = 0.0029" in finding.arithmetic


def test_14_the_test_decides_in_tamrad_and_not_in_pre0102():
    finding = found(audit(), "PV204", "tamrad")
    assert "is Pearson" in finding.message
    assert "Fisher's exact 0.058" in finding.arithmetic
    assert not audit().only(["PV203", "PV204"]).of("pre0102")  # .47 is Fisher's, .01 either
    assert found(misread("pre0102", ("p = 0.47", "p = 0.65")), "PV203", "pre0102")


def test_15_asian_and_other_patients_of_bolero_2():
    finding = found(audit(), "CO605", "bolero-2")
    assert "Q = 3.05" in finding.message
    assert "they pool to 0.445 (0.370 to 0.536), printed for all is 0.45" in finding.arithmetic
    assert not audit().only(["CO604"]).findings
    typo = ("estimate = 0.41\nlow = 0.33\nhigh = 0.50", "estimate = 0.51\nlow = 0.42\nhigh = 0.62")
    assert found(misread("bolero-2", typo), "CO604", "bolero-2")


@pytest.mark.parametrize("study", ["bolero-2", "pre0102"])
def test_16_zero_cells_of_pneumonitis(study):
    assert any("pneumonitis" in finding.place for finding in audit().only(["CT412"]).of(study))


def test_17_whole_percentages_of_bolero_2():
    finding = found(audit(), "CT411", "bolero-2")
    assert "282 to 286 of 482 print as 59%" in finding.arithmetic


@pytest.mark.parametrize("study", ["rugo-2017", "baselga-2017"])
def test_18_weeks_read_as_months(study):
    where = misread(study, ('unit = "weeks"\n', ""))
    assert found(where, "MD504", study)
    assert not audit().only(["MD504"]).findings


def test_the_shipped_records_have_no_error_and_no_warning_that_stands():
    assert [
        str(finding) for finding in audit() if finding.severity != "note" and not finding.waived
    ] == []
