"""Every rule of the registry: what it says about a record with one thing wrong, word for word."""

from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

import metaonc as mo
from metaonc.registry.printed import counts_printed_as, rounding_half_width
from metaonc.registry.records import RandomisedBias, Trial
from metaonc.registry.rules import RULES, breaches
from tests.registry import RECORD, changed, read, write

HR = 'control = "old"\nestimate = 0.70'  # the first result of the record
COUNT = "new = { events = 33, n = 54, percent = 61"


def a_sum(outcome: str, *parts: str) -> tuple[str, str]:
    """The change that adds a sum of counts to the record."""
    added = (
        f'[[derived]]\noutcome = "{outcome}"\nsum_of = {list(parts)}\n'
        'cut = "late"\nassessment = "investigator"\n\n'
    )
    before = '[[references]]\nkey = "paper"'
    return before, added + before


def judged(*lines: str, after: str = "") -> tuple[str, str]:
    """The change that adds a RoB 2 assessment, all domains low but those that `lines` change."""
    head = {"tool": "RoB 2", "outcome": "pfs", "overall": "low", "judged_by": "Nobody"}
    words = dict.fromkeys(RandomisedBias.domains, "low")
    for line in lines:
        name, word = line.split(" = ")
        (words if name in words else head)[name] = word
    text = "[[risk_of_bias]]\n" + "".join(f'{k} = "{v}"\n' for k, v in head.items()) + after
    for name, word in words.items():
        text += (
            f'[risk_of_bias.{name}]\njudgement = "{word}"\nreason = "Said so."\n'
            'source = { reference = "paper", where = "methods" }\nstatus = "confirmed"\n'
        )
    before = '[[references]]\nkey = "paper"'
    return before, f"{text}\n{before}"


class Broken(NamedTuple):
    """A change to the record, the rule that notices, and what it says after "demo.toml: demo: "."""

    id: str
    rule: str
    changes: tuple[tuple[str, str], ...]
    said: str


CASES = [
    Broken(
        "reference listed twice",
        "keys_are_unique",
        (
            (
                'key = "poster"\nkind = "abstract"',
                'key = "paper"\nkind = "abstract"',
            ),
            ('reference = "poster"', 'reference = "paper"'),
        ),
        "references.key = 'paper' is used 2 times; give each its own key.",
    ),
    Broken(
        "arm listed twice",
        "keys_are_unique",
        (
            (
                '[[cuts]]\nkey = "early"',
                '[[arms]]\nkey = "old"\nrole = "control"\nlabel = "Older"\nn = 57\n'
                'treatments = [{ drug = "placebo" }]\nstatus = "confirmed"\n'
                'source = { reference = "paper", where = "Table 1" }\n\n[[cuts]]\nkey = "early"',
            ),
        ),
        "arms.key = 'old' is used 2 times; give each its own key.",
    ),
    Broken(
        "two arms of one name",
        "keys_are_unique",
        (('label = "Old"', 'label = "New"'),),
        "arms.label = 'New' is used 2 times; give each arm its own label.",
    ),
    Broken(
        "cut listed twice",
        "keys_are_unique",
        (('label = "final analysis"', 'label = "final"\n\n[[cuts]]\nkey = "late"\nlabel = "l"'),),
        "cuts.key = 'late' is used 2 times; give each its own key.",
    ),
    Broken(
        "result from an unknown reference",
        "references_exist",
        (('reference = "paper", where = "Table 2"', 'reference = "papper", where = "Table 2"'),),
        "result 1 (pfs hazard ratio).source.reference = 'papper' is not among the record's "
        "references; add it to [[references]] or use one of: paper, poster.",
    ),
    Broken(
        "design from an unknown reference",
        "references_exist",
        (('reference = "paper", where = "abstract"', 'reference = "web", where = "abstract"'),),
        "design.source.reference = 'web' is not among the record's references; "
        "add it to [[references]] or use one of: paper, poster.",
    ),
    Broken(
        "arm from an unknown reference",
        "references_exist",
        (
            (
                'n = 57\nsource = { reference = "paper"',
                'n = 57\nsource = { reference = "web"',
            ),
        ),
        "arm old.source.reference = 'web' is not among the record's references; "
        "add it to [[references]] or use one of: paper, poster.",
    ),
    Broken(
        "result at an unknown cut",
        "cuts_exist",
        (('cut = "early"', 'cut = "earlier"'),),
        "result 2 (pfs hazard ratio).cut = 'earlier' is not among the record's data cuts; "
        "add it to [[cuts]] or use one of: early, late.",
    ),
    Broken(
        "contrast with an unknown arm",
        "arms_exist",
        ((HR, 'control = "placebo"\nestimate = 0.70'),),
        "result 1 (pfs hazard ratio).control = 'placebo' is not an arm of the trial; "
        "use one of: new, old.",
    ),
    Broken(
        "median of an unknown arm",
        "arms_exist",
        (("old = { median", "older = { median"),),
        "result 5 (os medians).arms.older = 'older' is not an arm of the trial; "
        "use one of: new, old.",
    ),
    Broken(
        "an arm against itself",
        "contrast_has_two_arms",
        ((HR, 'control = "new"\nestimate = 0.70'),),
        "result 1 (pfs hazard ratio).control = 'new' is the same arm as experimental; "
        "name the two arms that the hazard ratio compares.",
    ),
    Broken(
        "interval without its level",
        "intervals_are_complete",
        (("high = 0.96\nlevel = 0.95\n", "high = 0.96\n"),),
        "result 1 (pfs hazard ratio).level is missing from an interval; "
        "give low, high and level together, or none of them.",
    ),
    Broken(
        "interval of a count without its upper limit",
        "intervals_are_complete",
        (("low = 29, high = 56, level", "low = 29, level"),),
        "result 4 (cbr counts).arms.old.high is missing from an interval; "
        "give low, high and level together, or none of them.",
    ),
    Broken(
        "limits exchanged",
        "intervals_contain_their_estimate",
        (("low = 0.51\nhigh = 0.96", "low = 0.96\nhigh = 0.51"),),
        "result 1 (pfs hazard ratio).low = 0.96 must be below the upper limit 0.51; "
        "look the interval up again; the limits may be exchanged.",
    ),
    Broken(
        "lower limit above the estimate",
        "intervals_contain_their_estimate",
        (("low = 0.51", "low = 0.710"),),
        "result 1 (pfs hazard ratio).low = 0.710 must not exceed the estimate 0.70; "
        "look the estimate and its interval up again.",
    ),
    Broken(
        "upper limit below the median",
        "intervals_contain_their_estimate",
        (("high = 37.2", "high = 32.8"),),
        "result 5 (os medians).arms.new.high = 32.8 must not be below the estimate 32.9; "
        "look the estimate and its interval up again.",
    ),
    Broken(
        "lower limit above the survival",
        "intervals_contain_their_estimate",
        (("low = 77.3", "low = 84"),),
        "result 6 (os survival).arms.new.low = 84 must not exceed the estimate 83.6; "
        "look the estimate and its interval up again.",
    ),
    Broken(
        "more events than patients",
        "events_within_n",
        ((COUNT, "new = { events = 55, n = 54, percent = 61"),),
        "result 4 (cbr counts).arms.new.events = 55 must not exceed n = 54; "
        "look up the count and its denominator.",
    ),
    Broken(
        "more patients than the arm has",
        "n_within_arm",
        ((COUNT, "new = { events = 34, n = 55, percent = 62"),),
        "result 4 (cbr counts).arms.new.n = 55 must not exceed the 54 patients of the arm; "
        "look up the denominator and the size of the arm.",
    ),
    Broken(
        "neither count nor percentage",
        "something_was_counted",
        (
            (
                "old = { events = 24, n = 57, percent = 42.1, low = 29, high = 56, level = 0.95 }",
                "old = { n = 57 }",
            ),
        ),
        "result 4 (cbr counts).arms.old.events is missing, and so is percent; "
        "give at least one of them.",
    ),
    Broken(
        "a count from a percentage that is not given",
        "something_was_counted",
        (("percent = 61, ", ""),),
        "result 4 (cbr counts).arms.new.events_from = 'percent' needs both n and percent; "
        "give the printed percent and its denominator; the count follows from them.",
    ),
    Broken(
        "a count that prints as another percentage",
        "events_print_as_percent",
        (("events = 24, n = 57, percent = 42.1", "events = 24, n = 57, percent = 44"),),
        "result 4 (cbr counts).arms.old.events = 24 does not print as 44% of 57 "
        "(25 to 25 would); look up the count, the percentage and the denominator.",
    ),
    Broken(
        "a percentage that no count prints as",
        "events_print_as_percent",
        (("events = 24, n = 57, percent = 42.1", "events = 24, n = 57, percent = 42.2"),),
        "result 4 (cbr counts).arms.old.events = 24 does not print as 42.2% of 57 "
        "(no count would); look up the count, the percentage and the denominator.",
    ),
    Broken(
        "p value without its sides",
        "p_values_say_their_sides",
        (("p_sides = 2\n", ""),),
        "result 1 (pfs hazard ratio).p_sides and p go together; "
        "say whether the printed p value is one- or two-sided (p_sides = 1 or 2).",
    ),
    Broken(
        "sides without a p value",
        "p_values_say_their_sides",
        (("p = 0.03\n", ""),),
        "result 1 (pfs hazard ratio).p_sides = 2 and p go together; "
        "say whether the printed p value is one- or two-sided (p_sides = 1 or 2).",
    ),
    Broken(
        "unconfirmed twice over",
        "unconfirmed_fields_exist",
        (
            (
                'where = "Table 2" }\nstatus = "confirmed"',
                'where = "Table 2" }\nstatus = "unconfirmed"\nunconfirmed = ["low"]',
            ),
        ),
        "result 1 (pfs hazard ratio).unconfirmed = ['low'] repeats the status of the whole "
        "result; leave the list out, or set status to confirmed.",
    ),
    Broken(
        "an unconfirmed field that does not exist",
        "unconfirmed_fields_exist",
        (
            (
                'where = "Table 2" }\nstatus = "confirmed"',
                'where = "Table 2" }\nstatus = "confirmed"\nunconfirmed = ["interval"]',
            ),
        ),
        "result 1 (pfs hazard ratio).unconfirmed = 'interval' is not a field of the result; "
        "use one of: outcome, cut, assessment, subgroup, population, source, status, unconfirmed, "
        "note, kind, experimental, control, estimate, low, high, level, p, p_sides, se, "
        "o_minus_e, variance, events, events_total, reduction, favours, adjusted.",
    ),
    Broken(
        "several reports and no primary one",
        "one_primary_per_outcome",
        (('[primary.pfs]\ncut = "late"\nassessment = "investigator"\n', ""),),
        "primary.pfs is needed: the outcome is reported 3 times; say which cut and assessment an "
        "analysis takes: late, investigator; early, investigator; late, central.",
    ),
    Broken(
        "a primary report that does not exist",
        "one_primary_per_outcome",
        (
            (
                'cut = "late"\nassessment = "investigator"\n\n[[results]]',
                'cut = "early"\nassessment = "central"\n\n[[results]]',
            ),
        ),
        "primary.pfs = early, central is not among the outcome's results; "
        "name the cut and assessment of one of them.",
    ),
    Broken(
        "a primary choice for nothing",
        "one_primary_per_outcome",
        (
            (
                "[primary.pfs]",
                '[primary.orr]\ncut = "late"\nassessment = "central"\n\n[primary.pfs]',
            ),
        ),
        "primary.orr names an outcome without results; remove it.",
    ),
    Broken(
        "the same result twice",
        "results_are_reported_once",
        (
            (
                'cut = "early"\nassessment = "investigator"',
                'cut = "late"\nassessment = "investigator"',
            ),
        ),
        "result 2 (pfs hazard ratio) says the same thing as result 1; "
        "keep one of them, or tell them apart by cut, assessment, subgroup, population or grade.",
    ),
    Broken(
        "an attribute called like a field",
        "attributes_have_their_own_names",
        (('agent = "everolimus"', 'agent = "everolimus"\ncut = "late"'),),
        "attributes.cut = 'late' has the name of another field that analyses choose by; "
        "give the attribute another name.",
    ),
    Broken(
        "replaced by an earlier cut",
        "cuts_are_superseded_later",
        (('label = "final analysis"', 'label = "final analysis"\nsuperseded_by = "early"'),),
        "cut late.superseded_by = 'early' is not a data cut listed after it; "
        "list the later cut below it.",
    ),
    Broken(
        "events of an arm that is not compared",
        "contrast_has_two_arms",
        (
            (
                '[[cuts]]\nkey = "early"',
                '[[arms]]\nkey = "other"\nrole = "control"\nlabel = "Other"\nn = 57\n'
                'treatments = [{ drug = "placebo" }]\nstatus = "confirmed"\n'
                'source = { reference = "paper", where = "Table 1" }\n\n[[cuts]]\nkey = "early"',
            ),
            ("estimate = 0.70", "estimate = 0.70\nevents = { new = 30, other = 40 }"),
        ),
        "result 1 (pfs hazard ratio).events.other = 40 is about an arm that the hazard ratio does "
        "not compare; count the events of new and old only.",
    ),
    Broken(
        "more events than patients behind a hazard ratio",
        "events_within_n",
        (("estimate = 0.70", "estimate = 0.70\nevents = { new = 55, old = 40 }"),),
        "result 1 (pfs hazard ratio).events.new = 55 must not exceed the 54 patients of the arm; "
        "look up the events and the size of the arm.",
    ),
    Broken(
        "events of an unknown arm",
        "arms_exist",
        (("estimate = 0.70", "estimate = 0.70\nevents = { newer = 5 }"),),
        "result 1 (pfs hazard ratio).events.newer = 'newer' is not an arm of the trial; "
        "use one of: new, old.",
    ),
    Broken(
        "patients shared with itself",
        "overlaps_are_with_others",
        (
            (
                "[attributes]",
                'overlaps = [{ trial = "demo", patients = "all", reason = "Same." }]\n[attributes]',
            ),
        ),
        "overlaps.trial = 'demo' is the record itself; name the other one.",
    ),
    Broken(
        "patients shared twice over",
        "overlaps_are_with_others",
        (
            (
                "[attributes]",
                'overlaps = [{ trial = "a", patients = "all", reason = "Same." }, '
                '{ trial = "a", patients = "some", reason = "Same." }]\n[attributes]',
            ),
        ),
        "overlaps.trial = 'a' is named 2 times; name each record once.",
    ),
    Broken(
        "a third record is kept",
        "overlaps_are_with_others",
        (
            (
                "[attributes]",
                'overlaps = [{ trial = "a", patients = "all", keep = "b", reason = "Same." }]\n'
                "[attributes]",
            ),
        ),
        "overlaps.keep = 'b' is neither of the two records; use demo or a, or leave it out.",
    ),
    Broken(
        "a waiver for a result that is not there",
        "waivers_name_results",
        (
            (
                "[attributes]",
                'waivers = [{ rule = "X", result = 7, reason = "So." }]\n[attributes]',
            ),
        ),
        "waiver 1.result = 7 must not exceed the 6 results of the record; "
        "count the results from 1.",
    ),
    Broken(
        "no hazard ratio and no way to it",
        "hazard_ratios_have_a_figure",
        (("estimate = 0.81\n", ""),),
        "result 3 (pfs hazard ratio).estimate is missing, and nothing printed leads to it; give "
        "estimate; or o_minus_e and variance; or reduction; or p, p_sides, events and favours.",
    ),
    Broken(
        "half of the log-rank totals",
        "hazard_ratios_have_a_figure",
        (("estimate = 0.81", "estimate = 0.81\no_minus_e = -4.2"),),
        "result 3 (pfs hazard ratio).variance is missing from the log-rank totals; "
        "give o_minus_e and variance together, or neither.",
    ),
    Broken(
        "a count without its denominator",
        "something_was_counted",
        (("events = 24, n = 57, percent = 42.1", "events = 24, percent = 42.1"),),
        "result 4 (cbr counts).arms.old.n is missing beside a count; "
        "give the denominator, or the percentage alone where it is not stated.",
    ),
    Broken(
        "a time point in two units",
        "time_points_have_one_unit",
        (("months = 12", "months = 12\nweeks = 52"),),
        "result 6 (os survival).months = 12 is needed, or else weeks, but not both; "
        "give the time point in the unit that is printed.",
    ),
    Broken(
        "no results and no reason",
        "there_are_results",
        ((RECORD[RECORD.index("[primary.pfs]") :], ""),),
        "results is required and missing; "
        "enter the printed results, or say in unusable why there are none.",
    ),
    Broken(
        "a total without its source",
        "totals_have_a_source",
        (("[attributes]", 'randomised = 111\nrandomised_status = "confirmed"\n[attributes]'),),
        "randomised_source is missing beside the others; give randomised, randomised_source and "
        "randomised_status together, or none of them.",
    ),
    Broken(
        "a total from an unknown reference",
        "references_exist",
        (
            (
                "[attributes]",
                'randomised = 111\nrandomised_status = "confirmed"\n'
                'randomised_source = { reference = "web", where = "front" }\n[attributes]',
            ),
        ),
        "randomised_source.reference = 'web' is not among the record's references; "
        "add it to [[references]] or use one of: paper, poster.",
    ),
    Broken(
        "an arm of unknown size without a reason",
        "arms_without_size_say_why",
        (("n = 57\nsource", "source"),),
        "arm old.n is missing without a reason; "
        "give the patients of the arm, or say in its note why they are not known.",
    ),
    Broken(
        "a sum that is printed",
        "sums_add_up_counts",
        (a_sum("cbr", "orr", "stable-disease"),),
        "derived 1 (cbr).outcome = 'cbr' is already reported at that cut and assessment; "
        "remove the sum.",
    ),
    Broken(
        "a sum of the same thing twice",
        "sums_add_up_counts",
        (a_sum("disease-control", "cbr", "cbr"),),
        "derived 1 (disease-control).sum_of = 'cbr' is counted twice; name each part once.",
    ),
    Broken(
        "a sum of something that is not there",
        "sums_add_up_counts",
        (a_sum("disease-control", "cbr", "orr"),),
        "derived 1 (disease-control).sum_of = 'orr' has no counts at that cut and assessment; "
        "use two or more of: cbr.",
    ),
    Broken(
        "overall better than a domain",
        "overall_follows_domains",
        (judged("measurement = high", "overall = some concerns"),),
        "risk of bias 1 (RoB 2, pfs).overall = 'some concerns' does not follow from the domains "
        "(low, low, low, high, low) by RoB 2; use high, or correct a domain.",
    ),
    Broken(
        "overall better than some concerns",
        "overall_follows_domains",
        (judged("randomisation = some concerns", "deviations = some concerns"),),
        "risk of bias 1 (RoB 2, pfs).overall = 'low' does not follow from the domains (some "
        "concerns, some concerns, low, low, low) by RoB 2; use some concerns or high, or correct "
        "a domain.",
    ),
    Broken(
        "several concerns add up to high without a reason",
        "overall_follows_domains",
        (judged("randomisation = some concerns", "deviations = some concerns", "overall = high"),),
        "risk of bias 1 (RoB 2, pfs).overall = 'high' differs from 'some concerns', to which the "
        "domains add up by themselves; say why in note, or use some concerns.",
    ),
    Broken(
        "outcome judged that is not reported",
        "outcomes_are_reported",
        (judged("outcome = efs"),),
        "risk of bias 1 (RoB 2, efs).outcome = 'efs' is not an outcome with results in the record; "
        "use one of: pfs, cbr, os.",
    ),
    Broken(
        "assessment judged that is not reported",
        "outcomes_are_reported",
        (judged("assessment = not stated"),),
        "risk of bias 1 (RoB 2, pfs).assessment = 'not stated' is not how any result of pfs was "
        "assessed; use one of: investigator, central, or leave it out.",
    ),
    Broken(
        "outcome judged twice",
        "judged_once",
        (judged(), judged()),
        "risk of bias 2 (RoB 2, pfs) judges the same results as risk of bias 1; keep one of them, "
        "or tell them apart by assessment or effect.",
    ),
    Broken(
        "RoB 2 for a single arm",
        "tool_fits_design",
        (('allocation = "randomised"', 'allocation = "single-arm"'), judged()),
        "risk of bias 1 (RoB 2, pfs).tool = 'RoB 2' does not go with design.allocation = "
        "'single-arm'; use ROBINS-I with its domains (confounding, selection, classification, "
        "deviations, missing_data, measurement, reporting).",
    ),
    Broken(
        "judgement from a publication that is not listed",
        "references_exist",
        (
            judged(),
            (
                'source = { reference = "paper", where = "methods" }\nstatus = "confirmed"\n'
                "[risk_of_bias.deviations]",
                'source = { reference = "other", where = "methods" }\nstatus = "confirmed"\n'
                "[risk_of_bias.deviations]",
            ),
        ),
        "risk of bias 1 (RoB 2, pfs).randomisation.source.reference = 'other' is not among the "
        "record's references; add it to [[references]] or use one of: paper, poster.",
    ),
]


def by_id(case: Broken) -> str:
    """The name pytest shows for a case."""
    return case.id


@pytest.mark.parametrize("case", CASES, ids=by_id)
def test_one_wrong_thing_gives_one_sentence(case: Broken, tmp_path: Path) -> None:
    """STYLE: an error names the record, the value, the rule and the way out; the whole text."""
    found = read(tmp_path, *case.changes)
    assert isinstance(found, list)
    assert [str(problem) for problem in found] == [f"demo.toml: demo: {case.said}"]


@pytest.mark.parametrize("case", CASES, ids=by_id)
def test_the_same_sentence_is_the_error_of_loading(case: Broken, tmp_path: Path) -> None:
    """`load_registry` refuses the folder with that sentence, under the file's own name."""
    path = write(tmp_path, changed(RECORD, *case.changes))
    with pytest.raises(mo.RecordError) as raised:
        mo.load_registry(tmp_path)
    assert str(raised.value) == f"{path}: demo: {case.said}"
    assert len(raised.value.problems) == 1


def test_every_rule_has_a_case() -> None:
    """The cases name all rules, so that a rule switched off makes a case fail."""
    assert {case.rule for case in CASES} == {rule.__name__ for rule in RULES}


def test_the_record_the_cases_change_breaks_no_rule(tmp_path: Path) -> None:
    """Else a case could fail for a reason of its own."""
    assert isinstance(read(tmp_path), Trial)


def test_no_rule_fires_on_a_shipped_record() -> None:
    """Every rule over every trial in `studies/`."""
    registry = mo.load_registry()
    assert {trial.key: breaches(trial) for trial in registry} == {
        trial.key: [] for trial in registry
    }


def test_an_unknown_cut_in_the_primary_choice(tmp_path: Path) -> None:
    """It breaks two rules: the cut is not in the record, and no result stands there."""
    found = read(
        tmp_path,
        (
            'cut = "late"\nassessment = "investigator"\n\n[[results]]',
            'cut = "last"\nassessment = "investigator"\n\n[[results]]',
        ),
    )
    assert isinstance(found, list)
    assert [str(problem) for problem in found] == [
        "demo.toml: demo: primary.pfs.cut = 'last' is not among the record's data cuts; "
        "add it to [[cuts]] or use one of: early, late.",
        "demo.toml: demo: primary.pfs = last, investigator is not among the outcome's results; "
        "name the cut and assessment of one of them.",
    ]


def test_an_interval_around_zero_percent_is_checked_too(tmp_path: Path) -> None:
    """0% is an estimate like any other: a lower limit of 1% cannot belong to it."""
    found = read(
        tmp_path,
        (
            "new = { percent = 83.6, low = 77.3, high = 88.2",
            "new = { percent = 0, low = 1, high = 7",
        ),
    )
    assert isinstance(found, list)
    assert [str(problem) for problem in found] == [
        "demo.toml: demo: result 6 (os survival).arms.new.low = 1 must not exceed the estimate 0; "
        "look the estimate and its interval up again."
    ]


# Percentages and counts --------------------------------------------------------------------------


def percentages() -> st.SearchStrategy[Decimal]:
    """Percentages with 0, 1 or 2 printed decimals."""
    return st.integers(0, 2).flatmap(
        lambda digits: st.integers(0, 100 * 10**digits).map(lambda i: Decimal(i).scaleb(-digits))
    )


def prints_as(events: int, n: int, percent: Decimal) -> bool:
    """Whether 100 events / n rounds to `percent`, halves up or down: in whole numbers."""
    digits = max(0, -int(percent.as_tuple().exponent))
    printed = int(percent.scaleb(digits))
    return abs(2 * (100 * 10**digits * events - printed * n)) <= n


@given(percent=percentages(), n=st.integers(1, 700))
def test_counts_printed_as_lists_exactly_the_counts_that_round_there(
    percent: Decimal, n: int
) -> None:
    """Against trying every count from 0 to n in exact whole-number arithmetic."""
    tried = [events for events in range(n + 1) if prints_as(events, n, percent)]
    assert list(counts_printed_as(percent, n)) == tried


@given(events=st.integers(0, 300), more=st.integers(0, 300), digits=st.integers(0, 2))
def test_a_count_is_among_those_its_own_percentage_allows(
    events: int, more: int, digits: int
) -> None:
    """Whatever Python prints for events / n names the count that it came from."""
    n = max(1, events + more)
    percent = Decimal(f"{100 * events / n:.{digits}f}")
    assert events in counts_printed_as(percent, n)


@pytest.mark.parametrize(
    ("percent", "n", "counts"),
    [
        ("61", 54, [33]),
        ("42", 57, [24]),
        ("49", 31, []),
        ("49", 33, []),
        ("36", 48, []),
        ("39", 482, [186, 187, 188, 189, 190]),
        ("12.6", 485, [61]),
        ("2.1", 239, [5]),
    ],
)
def test_counts_worked_out_by_hand_for_published_percentages(
    percent: str, n: int, counts: list[int]
) -> None:
    """TAMRAD's benefit and BOLERO-2's response fix a count; some printed percentages fit none."""
    assert list(counts_printed_as(Decimal(percent), n)) == counts


@pytest.mark.parametrize(
    ("printed", "half"), [("61", "0.5"), ("12.60", "0.005"), ("0.045", "0.0005")]
)
def test_rounding_is_half_a_unit_of_the_last_digit(printed: str, half: str) -> None:
    """Trailing zeros are digits: 12.60 is known to 0.005."""
    assert rounding_half_width(Decimal(printed)) == Decimal(half)
