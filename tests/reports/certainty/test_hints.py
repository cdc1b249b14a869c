"""Hints on certainty: what the numbers say, with the numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import metaonc as mo
from metaonc.errors import ReportError


def result(yi, vi, measure="HR", **columns):
    return mo.pool(mo.Effects(yi, vi, measure=measure, columns=columns))


def test_hints_name_the_weight_by_risk_of_bias():
    found = mo.certainty_hints(result([0.1, 0.1], [1.0, 3.0], bias_overall=["low", "high"]))
    hint = found["risk_of_bias"]
    assert hint.says == "consider lowering"
    assert hint.arithmetic == (
        "Weight by overall judgement: low 75%, high 25%; 75% of it is at low risk."
    )
    low = mo.certainty_hints(result([0.1, 0.1], [1.0, 3.0], bias_overall=["low", "some concerns"]))
    assert low["risk_of_bias"].says == "nothing seen"


def test_results_that_agree_and_results_that_do_not():
    same = mo.certainty_hints(result([-0.5] * 4, [0.01] * 4))["inconsistency"]
    assert same.says == "nothing seen"
    assert "I² 0%" in same.arithmetic
    assert "4 of 4 studies point the same way" in same.arithmetic
    apart = mo.certainty_hints(result([-1.5, 1.5, -1.0, 1.0], [0.01] * 4))["inconsistency"]
    assert apart.says == "consider lowering"
    assert "2 of 4 studies point the same way" in apart.arithmetic


def test_a_wide_prediction_interval_of_few_alike_studies_is_no_inconsistency():
    """With tau² = 0 it is wide for want of degrees of freedom only."""
    found = mo.certainty_hints(result([-0.5, -0.5, -0.5], [0.06] * 3))["inconsistency"]
    assert "which includes no effect" in found.arithmetic
    assert found.says == "nothing seen"


def test_optimal_information_size_of_hazard_ratios_by_hand():
    """Schoenfeld: 4 (1.96 + 0.8416)² / log(0.75)² = 379 events."""
    few = mo.certainty_hints(result([-0.7, -0.7], [0.05, 0.05]))["imprecision"]
    assert few.says == "consider lowering"
    assert "of 379" in few.arithmetic
    many = mo.certainty_hints(result([-0.7, -0.7], [0.005, 0.005]))["imprecision"]
    assert many.says == "nothing seen"


@given(yi=st.floats(-1, 1), vi=st.floats(0.001, 1))
def test_an_interval_with_no_effect_in_it_is_never_called_precise(yi, vi):
    fit = result([yi], [vi])
    found = mo.certainty_hints(fit)["imprecision"]
    if fit.ci_low <= 0 <= fit.ci_high:
        assert found.says == "consider lowering"
        assert "includes no effect" in found.arithmetic


def test_asymmetry_counts_from_ten_studies_on():
    assert mo.certainty_hints(result([0.1] * 9, [0.1] * 9))["publication_bias"].says == (
        "cannot be said"
    )
    se = np.linspace(0.1, 1, 12)
    slanted = mo.certainty_hints(result(-2 * se + 0.01 * (-1) ** np.arange(12), se**2))
    assert slanted["publication_bias"].says == "consider lowering"


def test_what_no_number_shows_is_left_to_people():
    found = mo.certainty_hints(result([-0.5], [0.1]))
    assert found["indirectness"].says == "cannot be said"
    assert found.to_frame()["domain"].to_list() == [
        *("risk_of_bias", "inconsistency", "indirectness", "imprecision", "publication_bias")
    ]
    assert found.sentences[-1].startswith("Hints are no judgements")


def test_single_proportions_have_no_hint_on_imprecision():
    fit = mo.pool(mo.load_registry().effects("orr-control"))
    assert mo.certainty_hints(fit)["imprecision"].says == "cannot be said"


def test_something_else_is_refused():
    with pytest.raises(ReportError, match=r"about the result of pool\(\)"):
        mo.certainty_hints("pfs")
