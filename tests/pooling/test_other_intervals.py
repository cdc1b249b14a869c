"""Weights of a generalised Q, and second-order and resampled intervals, as choices of `pool`."""

from typing import Any

import numpy as np
import pytest

import metaonc as mo
from metaonc.kernels import studies
from metaonc.kernels.resampled_fits import fit_resampled
from metaonc.kernels.skovgaard import skovgaard
from tests.reference import Case, cases, label
from tests.reference import studies as reference_studies

YI = [-0.6, -0.8, -0.1, -0.3, 0.2, -0.5]
VI = [0.04, 0.008, 0.007, 0.02, 0.09, 0.05]
COLUMNS = {"n": [54, 485, 556, 120, 30, 60], "who": ["x", "x", "x", "y", "y", "y"]}


def effects(**changes: Any) -> mo.Effects:
    """Six hazard ratios."""
    return mo.Effects(YI, VI, **{"measure": "HR", "columns": COLUMNS} | changes)


# Generalised Q -----------------------------------------------------------------------------------

TWO_OF_EACH = [case for case in cases("tau2_intervals", "genq_estimate") if "dat.bcg" in case.id]


@pytest.mark.parametrize("case", TWO_OF_EACH, ids=label)
def test_weights_of_a_generalised_q_are_a_choice(case: Case) -> None:
    """metafor's tau²; its mean has the same weights as tau², ours has not."""
    found = mo.pool(
        mo.Effects(*reference_studies(case.source)),
        tau2=case.args["method"],
        tau2_weights=case.args["weights"],
    )
    assert found.tau2 == pytest.approx(case.out["tau2"], rel=case.rtol)
    given = mo.pool(found.effects, tau2=found.tau2)
    assert (found.estimate, found.ci_high) == pytest.approx((given.estimate, given.ci_high))


def test_weights_of_ones_own_stand_in_a_column() -> None:
    """Where all are equal it is Hedges'; the choice follows the studies into subgroups."""
    flat = effects(columns=COLUMNS | {"w": [3] * 6})
    found = mo.pool(flat, tau2="GENQ", tau2_weights="w")
    assert found.tau2 == pytest.approx(mo.pool(flat, tau2="HE").tau2)
    assert "tau² by a generalised Q statistic with the weights in w," in found.methods()
    assert found.choices.tau2_weights == "w"
    assert found.tau2_se == pytest.approx(mo.pool(flat, tau2="HE").tau2_se)
    assert found.certificate().holds
    by = mo.subgroups(effects(), "who", tau2="GENQM", tau2_weights="n")
    alone = mo.pool(effects().take([0, 1, 2]), tau2="GENQM", tau2_weights="n")
    assert by.groups["x"].tau2 == pytest.approx(alone.tau2)
    common = mo.subgroups(effects(), "who", tau2="GENQ", tau2_weights="n", tau2_common=True)
    assert common.groups["x"].tau2 == common.groups["y"].tau2 == common.tau2_within
    assert mo.PooledResult.from_json(found.to_json()).to_dict() == found.to_dict()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tau2": "DL", "tau2_weights": "1/vi"}, "goes with tau2 = 'GENQ' or 'GENQM', not 'DL'"),
        ({"tau2": "GENQ", "tau2_weights": [1.0] * 6}, "put weights of your own in a column"),
        ({"tau2": "GENQ", "tau2_weights": "who"}, "Study 1: who = 'x' must be a number > 0"),
        ({"ci": "wald", "seed": 1}, "method 'wald' is not simulated; leave out seed"),
        ({"ci": "bootstrap", "draws": 0}, "draws = 0 must be a whole number >= 1"),
        ({"ci": "skovgaard", "tau2": "DL"}, "ci = 'skovgaard' goes with random effects and tau2"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments: Any, message: str) -> None:
    """One sentence each."""
    with pytest.raises(mo.PoolingError, match=message):
        mo.pool(effects(), **arguments)


def test_a_column_that_is_not_there() -> None:
    """The effects say which there are."""
    with pytest.raises(mo.EffectsError, match="no column 'm'; there are: n, who"):
        mo.pool(effects(), tau2="GENQ", tau2_weights="m")


# Intervals ---------------------------------------------------------------------------------------


def test_skovgaard_is_that_of_the_kernel() -> None:
    """With the ML estimate; wider here than the likelihood ratio it corrects."""
    found, data = mo.pool(effects(), ci="skovgaard"), studies(YI, VI)
    mean, tau2, inference = skovgaard(data, 0.95)
    assert found.estimate == pytest.approx(float(mean * data.unit))
    assert (found.ci_low, found.p_value) == pytest.approx(
        (float(inference.low * data.unit), float(inference.p_value))
    )
    assert found.tau2 == pytest.approx(float(tau2 * data.unit**2))
    plain = mo.pool(effects(), ci="profile")
    assert found.ci_high - found.ci_low > plain.ci_high - plain.ci_low
    assert "second-order likelihood (Skovgaard) 95% interval" in found.methods()
    many = mo.pool_many([YI, YI], [VI, VI], ci="skovgaard")
    assert many.ci_low == pytest.approx([found.ci_low] * 2)


@pytest.mark.parametrize("ci", ["permutation", "bootstrap"])
@pytest.mark.parametrize("tau2", ["DL", "PM", 0.05])
def test_resampled_intervals_say_how_they_were_made(ci: str, tau2: Any) -> None:
    """Seed and draws are choices, so that the result can be made again from them."""
    found = mo.pool(effects(), ci=ci, tau2=tau2, draws=99 if ci == "bootstrap" else None)
    chosen = found.choices
    assert (chosen.seed, chosen.draws) == ((0, 99) if ci == "bootstrap" else (None, 32))
    words = {
        "permutation": "permutation 95% interval (all 32 sign flips)",
        "bootstrap": "parametric-bootstrap 95% interval (99 samples, seed 0)",
    }
    assert words[ci] in found.methods()
    expected = fit_resampled(YI, VI, model="random", tau2=tau2, ci=ci, draws=99)
    assert found.ci_low == pytest.approx(float(expected.low))
    assert found.p_value == float(expected.p_value)
    assert found.ci_low < found.estimate < found.ci_high
    assert mo.PooledResult.from_json(found.to_json()).to_dict() == found.to_dict()


def test_a_sample_of_flips_has_a_seed() -> None:
    """Sixteen of the 32 patterns."""
    one, two = (mo.pool(effects(), ci="permutation", draws=16, seed=seed) for seed in (1, 2))
    assert (one.choices.seed, one.choices.draws) == (1, 16)
    assert one.p_value >= 1 / 16
    assert two.methods() != one.methods()


def test_a_common_effect_can_be_resampled() -> None:
    """tau² is 0 in every sample."""
    found = mo.pool(effects(), model="fixed", ci="bootstrap", draws=1999)
    wald = mo.pool(effects(), model="fixed")
    assert found.ci_high - found.estimate == pytest.approx(wald.ci_high - wald.estimate, rel=0.1)


def test_correlated_effects_have_second_order_and_bootstrap_intervals() -> None:
    """But do not change sign one by one."""
    covariance = np.diag(VI)
    covariance[0, 1] = covariance[1, 0] = 0.004
    held = effects(covariance=covariance)
    for ci in ("skovgaard", "bootstrap"):
        found = mo.pool(held, ci=ci)
        assert found.ci_low < found.estimate < found.ci_high
    with pytest.raises(mo.PoolingError, match="effects that covary cannot change sign one by one"):
        mo.pool(held, ci="permutation")


def test_subgroups_have_resampled_intervals_too() -> None:
    """A group of one study has its own interval."""
    columns = {"who": ["x", "x", "x", "x", "x", "y"]}
    by = mo.subgroups(effects(columns=columns), "who", ci="bootstrap", draws=99, seed=4)
    assert by.groups["x"].choices.seed == 4
    assert by.groups["y"].ci_method == "wald"
