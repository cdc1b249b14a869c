"""p-uniform* against a second computation: scipy's distributions and another search.

No program with p-uniform* was at hand, so that its likelihood is written down again here.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

import metaonc as mo

YI = np.array([-0.9, -0.7, -0.6, -0.5, -0.45, -0.4, -0.3, -0.2, -0.1, 0.05, 0.3, -0.02])
VI = np.array([0.09, 0.08, 0.06, 0.05, 0.04, 0.03, 0.05, 0.02, 0.03, 0.02, 0.04, 0.01])


def result(sign: float = 1.0, scale: float = 1.0, **choices: object) -> mo.PooledResult:
    return mo.pool(mo.Effects(sign * scale * YI, scale**2 * VI), **choices)


def log_likelihood(mu: float, tau2: float, yi: np.ndarray = -YI, vi: np.ndarray = VI) -> float:
    """van Aert and van Assen 2021: normal densities over the probability of each study's side."""
    spread = np.sqrt(vi + tau2)
    critical = stats.norm.isf(0.025) * np.sqrt(vi)
    beyond = stats.norm.logsf(critical, mu, spread)
    below = stats.norm.logcdf(critical, mu, spread)
    side = np.where(yi > critical, beyond, below)
    return float((stats.norm.logpdf(yi, mu, spread) - side).sum())


def highest(**fixed: float) -> float:
    """The highest of many simplex searches, with mean or variance fixed."""

    def minus(theta: np.ndarray) -> float:
        mu, log_tau2 = theta
        return -log_likelihood(fixed.get("mu", mu), fixed.get("tau2", float(np.exp(log_tau2))))

    tries = [
        optimize.minimize(minus, [mu, log], method="Nelder-Mead", options={"xatol": 1e-10})
        for mu in (-0.5, 0.0, 0.5)
        for log in (-12.0, -4.0, -1.0)
    ]
    return float(max(-one.fun for one in tries))


def test_mean_and_variance_are_at_the_maximum() -> None:
    found = mo.p_uniform_star(result())
    assert found.significant == 6
    assert log_likelihood(-found.estimate, found.tau2) == pytest.approx(highest(), abs=1e-7)
    grid = [log_likelihood(m, t) for m in np.linspace(-2, 2, 81) for t in np.linspace(0, 1, 41)]
    assert log_likelihood(-found.estimate, found.tau2) >= max(grid)


def test_the_tests_are_likelihood_ratios() -> None:
    found, top = mo.p_uniform_star(result()), highest()
    effect = 2 * (top - highest(mu=0.0))
    assert found.effect_test.statistic == pytest.approx(effect, abs=1e-6)
    assert found.effect_test.p_value == pytest.approx(stats.chi2.sf(effect, 1), abs=1e-6)
    plain = result(tau2="ML")
    bias = 2 * (top - log_likelihood(-plain.estimate, plain.tau2))
    assert found.bias_test.statistic == pytest.approx(bias, abs=1e-6)
    variance = 2 * (top - highest(tau2=0.0))
    assert found.heterogeneity_test.statistic == pytest.approx(variance, abs=1e-6)


def test_the_limits_are_where_the_likelihood_has_fallen() -> None:
    found, top = mo.p_uniform_star(result()), highest()
    drop = stats.chi2.isf(0.05, 1) / 2
    for limit in found.interval:
        assert top - highest(mu=-limit) == pytest.approx(drop, abs=1e-5)
    assert top - highest(tau2=found.tau2_interval.high) == pytest.approx(drop, abs=1e-5)


@settings(max_examples=5)
@given(scale=st.floats(1e-5, 1e5))
def test_units_and_the_side_do_not_matter(scale: float) -> None:
    one, other = mo.p_uniform_star(result()), mo.p_uniform_star(result(-1.0, scale))
    assert other.alternative == "greater"
    assert other.estimate / scale == pytest.approx(-one.estimate, abs=1e-7)
    assert other.interval.low / scale == pytest.approx(-one.interval.high, abs=1e-6)
    assert other.effect_test.p_value == pytest.approx(one.effect_test.p_value, abs=1e-8)


def test_a_fixed_effect_has_no_variance() -> None:
    found = mo.p_uniform_star(result(model="fixed"))
    assert found.tau2 == 0
    assert np.isnan(found.heterogeneity_test.p_value)
    assert not found.tau2_interval.applies
    assert found.bias_test.df == 1
    best = optimize.minimize_scalar(lambda mu: -log_likelihood(mu, 0.0), bounds=(-2, 2))
    assert found.estimate == pytest.approx(-best.x, abs=1e-5)


def test_summary_and_document() -> None:
    found = mo.p_uniform_star(result())
    assert "6 of 12 studies are significant" in found.summary()
    assert found.to_dict()["rows"][0]["parameter"] == "mu"
    assert found.to_json() == mo.p_uniform_star(result()).to_json()
    all_of_them = mo.p_uniform_star(mo.pool(mo.Effects(YI[:6], VI[:6])))
    assert "all studies are significant" in all_of_them.summary()


def test_wrong_arguments_are_answered() -> None:
    with pytest.raises(mo.DiagnosticsError, match="alpha = 2 must lie between 0 and 1"):
        mo.p_uniform_star(result(), alpha=2)
    with pytest.raises(mo.DiagnosticsError, match="must be one of 'greater', 'less'"):
        mo.p_uniform_star(result(), alternative="two-sided")
    effects = mo.Effects(YI, VI, columns={"x": list(range(12))})
    with pytest.raises(mo.DiagnosticsError, match="has no moderators"):
        mo.p_uniform_star(mo.regress(effects, "x"))
    with pytest.raises(mo.DiagnosticsError, match="needs two studies"):
        mo.p_uniform_star(mo.pool(mo.Effects([0.5], [0.1])))
