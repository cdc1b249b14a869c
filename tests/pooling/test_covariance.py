"""Pooling effects with a known covariance: what the result says and what is refused."""

import pickle
from typing import Any

import numpy as np
import pytest
from scipy import stats

import metaonc as mo
from metaonc.effects import shared_control_covariance
from metaonc.kernels.covariance import trial_correlation
from metaonc.pooling.between import TAU2_INTERVAL_NAMES

TRIALS = ["MANTA", "MANTA", "TAMRAD", "BOLERO", "PALOMA"]
YI = [-0.5, -0.3, -0.8, -0.1, -0.6]
VI = [0.04, 0.05, 0.02, 0.03, 0.06]
V = shared_control_covariance("HR", VI, TRIALS, events=[50, 50, *[np.nan] * 3])


def effects(covariance: Any = V, **changes: Any) -> mo.Effects:
    """Five contrasts of four trials."""
    columns = {"trial": TRIALS, "group": ["a", "a", "b", "b", "b"]}
    return mo.Effects(YI, VI, "HR", covariance=covariance, columns=columns, **changes)


def marginal(tau2: float, within: float = 0.5) -> Any:
    """Inverse of the whole covariance."""
    return np.linalg.inv(V + tau2 * trial_correlation(TRIALS, within))


def test_a_result_is_generalised_least_squares() -> None:
    """Estimate, weights, Wald error, and what lies beside it, from dense matrices."""
    found = mo.pool(effects(), ci="wald")
    inverse = marginal(found.tau2)
    weights = inverse.sum(axis=0) / inverse.sum()
    assert found.weights == pytest.approx(weights, rel=1e-9)
    assert found.estimate == pytest.approx(weights @ YI, rel=1e-9)
    assert found.se == pytest.approx(inverse.sum() ** -0.5, rel=1e-9)
    fixed = marginal(0.0)
    weights = fixed.sum(axis=0) / fixed.sum()
    assert found.fixed.weights == pytest.approx(weights, rel=1e-9)
    left = np.array(YI) - weights @ YI
    assert found.q == pytest.approx(left @ fixed @ left, rel=1e-9)
    low, high = found.prediction_interval(method="S")
    half = 1.959963984540054 * (found.tau2 + found.se**2) ** 0.5
    assert (low, high) == pytest.approx((found.estimate - half, found.estimate + half), rel=1e-9)


def test_the_correlation_of_true_effects_is_a_stated_choice() -> None:
    """0.5 unless told; it moves tau², and stands in the methods sentence and in the choices."""
    found, other = mo.pool(effects()), mo.pool(effects(), within_trial_correlation=0)
    assert found.choices.within_trial_correlation == 0.5
    assert other.choices.within_trial_correlation == 0.0
    assert found.tau2 != other.tau2
    assert found.methods().startswith(
        "Inverse-variance pooling of the log hazard ratio, known covariance of the "
        "effects (true effects of one trial's contrasts correlated 0.5), random effects, tau² by "
    )
    assert (
        mo.pool(effects(), model="fixed")
        .methods()
        .startswith(
            "Inverse-variance pooling of the log hazard ratio, known covariance of the effects, "
        )
    )
    assert "covariance" not in mo.pool(effects(None)).methods()
    assert found.to_dict()["choices"]["within_trial_correlation"] == 0.5


def test_without_a_trial_column_effects_that_covary_are_of_one_trial() -> None:
    """The same result as with the column."""
    without = mo.Effects(YI, VI, "HR", covariance=V)
    assert mo.pool(without).tau2 == mo.pool(effects()).tau2


def test_a_diagonal_covariance_changes_nothing() -> None:
    """Not a digit."""
    one, other = mo.pool(effects(np.diag(VI))).to_dict(), mo.pool(effects(None)).to_dict()
    assert one == other


@pytest.mark.parametrize("method", TAU2_INTERVAL_NAMES)
def test_intervals_of_tau2_contain_it_or_say_why_not(method: str) -> None:
    """All but Sidik and Jonkman's."""
    found = mo.pool(effects(), tau2="REML")
    interval = found.tau2_interval(method)
    if method == "SJ":
        assert "which are correlated" in interval.reason
        return
    assert interval.low <= found.tau2 <= interval.high
    assert interval.high > mo.pool(effects(None)).tau2_interval(method).high / 10


@pytest.mark.parametrize("policy", ["metaonc-2026", "revman-5", "metafor-5", "meta-8", "iqwig-6"])
def test_every_policy_pools_correlated_effects(policy: str) -> None:
    """And the result survives pickling."""
    found = mo.pool(effects(), policy=policy)
    assert found.ci_low < found.estimate < found.ci_high
    assert pickle.loads(pickle.dumps(found)).to_dict() == found.to_dict()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"tau2": "SJ"},
            "tau2 = 'SJ' is not defined for effects with a known covariance: it starts",
        ),
        ({"ci": "hc"}, "ci = 'hc' is not defined for effects with a known covariance: the distrib"),
        ({"within_trial_correlation": 1}, "= 1 must be a number from 0 to below 1"),
        ({"within_trial_correlation": "x"}, "= 'x' must be a number from 0 to below 1"),
        ({"model": "fixed", "within_trial_correlation": 0.5}, "does not apply to a fixed effect"),
    ],
)
def test_what_is_not_defined_is_refused(arguments: Any, message: str) -> None:
    """One sentence each."""
    with pytest.raises(mo.PoolingError, match=message):
        mo.pool(effects(), **arguments)


def test_a_correlation_needs_a_covariance() -> None:
    """It has nothing to act on."""
    with pytest.raises(mo.PoolingError, match="applies to effects with a known covariance only"):
        mo.pool(effects(None), within_trial_correlation=0.5)


def test_moderators_and_some_subgroups_are_for_independent_effects() -> None:
    """Groups of whole trials are fine."""
    with pytest.raises(mo.PoolingError, match="moderators are for independent effects"):
        mo.regress(effects(), "group")
    whole = mo.subgroups(effects(), "group", within_trial_correlation=0.5)
    assert whole.groups["a"].estimate == pytest.approx(mo.pool(effects().take([0, 1])).estimate)
    split = mo.Effects(YI, VI, "HR", covariance=V, columns={"arm": ["x", "y", "x", "x", "x"]})
    with pytest.raises(mo.PoolingError, match="Study 1 and Study 2 covary but are in different"):
        mo.subgroups(split, "arm")
    with pytest.raises(mo.PoolingError, match="tau2_common is for independent effects"):
        mo.subgroups(effects(), "group", tau2_common=True)


def test_what_else_a_result_knows() -> None:
    """There and back as JSON; its likelihood is that of the effects; BLUPs lie between."""
    found = mo.pool(effects(), tau2="ML")
    again = mo.PooledResult.from_json(found.to_json())
    assert again.to_dict() == found.to_dict()
    assert again.effects.covariance is not None
    assert np.array_equal(again.effects.covariance, V)
    whole = V + found.tau2 * trial_correlation(TRIALS)
    expected = stats.multivariate_normal(np.full(5, found.estimate), whole).logpdf(YI)
    assert found.log_likelihood == pytest.approx(expected, rel=1e-9)
    assert found.certificate().holds
    predicted = found.study_effects()
    assert predicted["estimate"].between(min(YI), max(YI)).all()
    assert predicted["shrinkage"].isna().all()
    assert "independent" in found.prediction_interval("NNF").reason
    assert found.tau2_interval("bootstrap", draws=99).applies
