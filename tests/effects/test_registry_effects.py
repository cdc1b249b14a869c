"""`registry.effects`: from the shipped records, or others, to effects with all their words."""

import math
from pathlib import Path

import numpy as np
import pytest

import metaonc as mo
from tests.registry import PLAN, RECORD, changed, write


@pytest.fixture(scope="module")
def registry() -> mo.Registry:
    """The shipped records."""
    return mo.load_registry()


def test_progression_is_the_printed_numbers_on_the_log_scale(registry: mo.Registry) -> None:
    """Six trials; variances from the printed limits at their own level, in plain Python."""
    printed = {
        "TAMRAD 2012": (0.54, 0.36, 0.81, 1.959963984540054),
        "BOLERO-2 2012": (0.45, 0.38, 0.54, 1.959963984540054),
        "PrE0102 2018": (0.61, 0.40, 0.92, 1.959963984540054),
        "BOLERO-5 2024": (0.52, 0.38, 0.71, 1.6448536269514722),
        "HORIZON 2013": (0.90, 0.76, 1.07, 1.959963984540054),
        "MIRACLE 2021": (0.64, 0.46, 0.89, 1.959963984540054),
    }
    effects = registry.effects("pfs")
    assert (effects.measure, effects.k, set(effects.labels)) == ("HR", 6, set(printed))
    for label, yi, vi in zip(effects.labels, effects.yi, effects.vi, strict=True):
        estimate, low, high, z = printed[label]
        assert yi == pytest.approx(math.log(estimate), abs=1e-14)
        assert vi == pytest.approx((math.log(high / low) / (2 * z)) ** 2, rel=1e-12)


def test_progression_says_what_was_left_out_and_what_differs(registry: mo.Registry) -> None:
    """The single arms are not eligible; BOLERO-5's interval is one of 90%."""
    effects = registry.effects("pfs")
    reasons = {out.label: out.reason for out in effects.left_out}
    assert len(reasons) == len(registry) - 6
    assert (
        reasons
        | {
            "BOLERO-4": "not eligible: allocation is single-arm, not randomised",
            "Garcia-Saenz": "not eligible: target is mTORC1 and mTORC2, not mTORC1",
            "MANTA": "not eligible: target is mTORC1; mTORC1 and mTORC2, not mTORC1",
        }
        == reasons
    )
    assert effects.notes == (
        "Printed with an interval of another level than 95%: BOLERO-5 2024 (90%); "
        "its variance follows from that level.",
    )
    assert effects.title == "Progression-free survival or time to progression"


def test_survival_says_what_awaits_confirmation(registry: mo.Registry) -> None:
    """Three intervals are still to be seen in the papers."""
    effects = registry.effects("os")
    assert effects.labels == (
        "BOLERO-2 2012", "TAMRAD 2012", "HORIZON 2013", "PrE0102 2018", "MIRACLE 2021",
    )  # fmt: skip
    reasons = {out.label: out.reason for out in effects.left_out}
    assert len(reasons) == len(registry) - 5
    assert reasons["BOLERO-4"] == "not eligible: allocation is single-arm, not randomised"
    for name in ("BOLERO-5", "LEO", "MANTA", "Garcia-Saenz"):
        assert reasons[name] == "no hazard ratio for os in the record"
    assert effects.notes == (
        "Awaiting confirmation in the paper: TAMRAD 2012, HORIZON 2013, PrE0102 2018.",
    )
    assert effects.column("status") == (
        "confirmed", "unconfirmed", "unconfirmed", "unconfirmed", "confirmed",
    )  # fmt: skip


def test_benefit_in_two_arms_and_in_one(registry: mo.Registry) -> None:
    """Counts of the primary reports; the single-arm trial answers only about one arm."""
    both = registry.effects("cbr")
    assert both.measure == "RR"
    found = zip(
        both.labels,
        both.column("events_1"),
        both.column("n_1"),
        both.column("events_2"),
        both.column("n_2"),
        strict=True,
    )
    assert list(found) == [
        ("BOLERO-2 2012", 249, 485, 63, 239),
        ("TAMRAD 2012", 33, 54, 24, 57),
        ("PrE0102 2018", 42, 66, 27, 65),
        ("BOLERO-5 2024", 28, 80, 13, 79),
    ]  # fmt: skip
    tamrad = both.yi[1]
    assert tamrad == pytest.approx(math.log((33 / 54) / (24 / 57)), abs=1e-14)
    one = registry.effects("cbr-experimental")
    assert dict(zip(one.labels, one.column("printed"), strict=True)) == {
        "BOLERO-2 2012": "249/485",
        "TAMRAD 2012": "33/54",
        "BOLERO-4 2018": "150/202",
        "PrE0102 2018": "42/66",
        "BOLERO-5 2024": "28/80",
    }
    single = registry.effects("orr-single-arm")
    counted = zip(single.labels, single.column("events"), single.column("n"), strict=True)
    assert list(counted) == [  # 25 and 4 are the only counts that print as 8.9% and 13%
        ("NCT01743560 2012", 7, 49),
        ("Massarweh 2014", 4, 31),
        ("BOLERO-4 2018", 86, 202),
        ("NCT01231659 2018", 16, 43),
        ("4EVER 2019", 25, 281),
    ]


def test_every_shipped_question_has_an_answer_that_accounts_for_every_trial(
    registry: mo.Registry,
) -> None:
    """Used or left out with a reason, never neither; each with its words, arms and source."""
    assert [question.key for question in registry.questions] == [
        "pfs", "pfs-rapalogues", "pfs-all", "pfs-dual", "os", "cbr", "cbr-experimental",
        "cbr-control", "orr", "orr-experimental",
        "orr-control", "orr-single-arm", "stomatitis", "pneumonitis", "serious-ae",
        "adjuvant-dfs", "adjuvant-os",
    ]  # fmt: skip
    for question in registry.questions:
        effects = registry.effects(question.key)
        names = [registry[key].name for key in dict.fromkeys(effects.column("trial"))]
        names += [out.label for out in effects.left_out]
        assert sorted(names) == sorted(trial.name for trial in registry)
        assert all(effects.column("source"))
        assert np.all(np.isfinite(effects.yi) & (effects.vi > 0))
        assert effects.title == question.title


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("pfs", "Favours mTOR inhibitor", "Favours control"),
        ("cbr", "Favours control", "Favours mTOR inhibitor"),
        ("cbr-experimental", "", ""),
        ("stomatitis", "Favours mTOR inhibitor", "Favours control"),
    ],
)
def test_sides(registry: mo.Registry, name: str, low: str, high: str) -> None:
    """Below 1 is good where the event is unwanted and bad where it is wanted."""
    effects = registry.effects(name)
    assert (effects.favours_low, effects.favours_high) == (low, high)


def test_another_measure_and_another_arm(registry: mo.Registry) -> None:
    """The caller's choice goes before the question's."""
    assert registry.effects("cbr", measure="OR").measure == "OR"
    control = registry.effects("cbr", measure="PRAW", arm="control")
    assert control.column("printed") == ("63/239", "24/57", "27/65", "13/79")
    assert registry.effects("cbr", measure="PRAW").column("printed")[1] == "33/54"


def test_an_arm_of_a_comparison_is_refused(registry: mo.Registry) -> None:
    """The whole sentence."""
    with pytest.raises(mo.PlanError) as raised:
        registry.effects("pfs", arm="control")
    assert str(raised.value) == (
        "HR compares two arms, so arm = 'control' does not apply; "
        "choose a single proportion (PRAW, PLOGIT, PAS, PFT) or leave arm out."
    )


def test_no_answer_at_all_lists_the_reasons(tmp_path: Path) -> None:
    """The whole sentence, one reason per trial."""
    write(tmp_path)
    with pytest.raises(mo.EffectsError) as raised:
        mo.load_registry(tmp_path).effects("pfs", measure="OR")
    assert str(raised.value) == (
        "no trial answers the question 'pfs' (DEMO: no counts for pfs in the record)."
    )


def test_one_question_without_a_plan(tmp_path: Path) -> None:
    """No plan, no words about sides; the rest is there."""
    write(tmp_path)
    effects = mo.load_registry(tmp_path).effects("cbr")
    assert (effects.measure, effects.labels, effects.title) == ("RR", ("DEMO 2020",), "cbr")
    assert (effects.favours_low, effects.favours_high) == ("", "")


@pytest.mark.parametrize("field", ["p", "note"])
def test_a_number_that_was_not_used_does_not_await_confirmation(field: str, tmp_path: Path) -> None:
    """The same rule for the note and status of an effect as for `confirmed_only`."""
    confirmed = 'where = "Table 2" }\nstatus = "confirmed"'
    write(tmp_path, changed(RECORD, (confirmed, f'{confirmed}\nunconfirmed = ["{field}"]')))
    registry = mo.load_registry(tmp_path)
    assert registry.effects("pfs", confirmed_only=True).k == 1
    effects = registry.effects("pfs")
    assert (effects.column("status"), effects.notes) == (("confirmed",), ())


def test_grades_are_not_mixed_silently(tmp_path: Path) -> None:
    """An outcome asked for by name, one trial with any grade and one with grade 3 or worse."""
    any_grade = changed(RECORD, ('outcome = "cbr"\n', 'outcome = "rash"\ngrade = "any"\n'))
    severe = changed(
        RECORD,
        ('key = "demo"', 'key = "other"'),
        ('name = "DEMO"', 'name = "OTHER"'),
        ('outcome = "cbr"\n', 'outcome = "rash"\ngrade = ">=3"\n'),
    )
    write(tmp_path, any_grade)
    write(tmp_path, severe, "other.toml")
    effects = mo.load_registry(tmp_path).effects("rash")
    told = " ".join((*effects.notes, *(out.reason for out in effects.left_out)))
    assert "grade" in told


def test_printed_levels_that_are_no_whole_percentage(tmp_path: Path) -> None:
    """97.5% is not 98%."""
    write(tmp_path, changed(RECORD, ("high = 0.96\nlevel = 0.95", "high = 0.96\nlevel = 0.975")))
    write(tmp_path, PLAN, "review.toml")
    effects = mo.load_registry(tmp_path).effects("progression")
    assert effects.column("printed") == ("HR 0.70 (97.5% CI 0.51 to 0.96)",)
    assert "(97.5%)" in effects.notes[0]
