"""Coordinates of figures: by their definitions, computed another way."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from scipy import stats

import metaonc as mo
from tests.strategies import Arrays, heterogeneous

TABLE = pd.DataFrame(
    {"events_1": [4, 9, 0], "n_1": [40, 60, 20], "events_2": [8, 15, 3], "n_2": [40, 60, 22]}
)


@pytest.fixture(scope="module")
def progression() -> mo.PooledResult:
    return mo.pool(mo.load_registry().effects("pfs"))


# Radial -------------------------------------------------------------------------------------------


@given(data=heterogeneous())
def test_the_line_of_a_radial_plot_is_least_squares_through_the_origin(data: Arrays) -> None:
    """Galbraith: the regression of z on x without intercept has the pooled mean as its slope."""
    for choices in ({"model": "fixed"}, {}):
        result = mo.pool(mo.Effects(*data), **choices)
        found = mo.radial(result)
        slope = (found.x * found.z).sum() / (found.x**2).sum()
        assert slope == pytest.approx(result.estimate, rel=1e-9, abs=1e-9)
        q = ((found.z - slope * found.x) ** 2).sum()
        if choices:
            assert q == pytest.approx(result.q)


def test_who_lies_outside_the_band_of_a_radial_plot(progression: mo.PooledResult) -> None:
    """Residuals from the common effect over the standard errors, by hand."""
    fixed = mo.pool(progression.effects, model="fixed")
    z = (fixed.effects.yi - fixed.estimate) / fixed.effects.sei
    assert mo.radial(fixed).outside.tolist() == (np.abs(z) > 1.959963984540054).tolist()


# L'Abbé -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", ["OR", "RR", "RD", "AS"])
def test_the_curve_of_a_labbe_plot_has_the_pooled_effect(measure: str) -> None:
    """Two arms with the curve's risks have the pooled effect, as `effect_sizes` measures it."""
    result = mo.pool(mo.effect_sizes(measure, TABLE))
    found = mo.labbe(result)
    base = np.array([0.2, 0.35, 0.5])
    n = 1e9
    arms = pd.DataFrame({"events_1": found.expected(base) * n, "n_1": n, "n_2": n})
    again = mo.effect_sizes(measure, arms.assign(events_2=base * n))
    assert again.yi == pytest.approx(np.full(3, result.estimate), rel=1e-6)
    assert found.arm_1 == pytest.approx(TABLE["events_1"] / TABLE["n_1"])
    assert found.sentences == ["Risk with Experimental: lower in 3 and higher in 0 of 3 studies."]


def test_the_curve_ends_where_no_risk_is_left() -> None:
    """A difference of -0.3 from a risk of 0.1, a ratio of 4 from 0.5; rates have no upper end."""
    columns = TABLE.to_dict("list")
    difference = mo.pool(mo.Effects([-0.3], [0.1], measure="RD", columns=_first(columns)))
    assert np.isnan(mo.labbe(difference).expected([0.1]))[0]
    ratio = mo.pool(mo.Effects([np.log(4)], [0.1], measure="RR", columns=_first(columns)))
    assert np.isnan(mo.labbe(ratio).expected([0.5]))[0]
    times = {name.replace("n_", "time_"): values for name, values in _first(columns).items()}
    rates = mo.labbe(mo.pool(mo.Effects([np.log(4)], [0.1], measure="IRR", columns=times)))
    assert rates.expected([0.5]) == pytest.approx(2.0)
    assert rates.title == "Rate in both arms of each study (L'Abbé)"


def _first(columns: dict[str, list[int]]) -> dict[str, list[int]]:
    return {name: values[:1] for name, values in columns.items()}


def test_labbe_needs_counts_of_two_arms(progression: mo.PooledResult) -> None:
    with pytest.raises(mo.DiagnosticsError, match=r"counts of two arms .* not HR"):
        mo.labbe(progression)
    with pytest.raises(mo.DiagnosticsError, match="do not carry their counts"):
        mo.labbe(mo.pool(mo.Effects([0.1, 0.2], [0.1, 0.1], measure="OR")))


# Normal quantiles ---------------------------------------------------------------------------------


def test_quantiles_and_residuals_are_in_order(progression: mo.PooledResult) -> None:
    """scipy's plotting positions for k <= 10 are other ones: Blom's are written out."""
    found = mo.normal_qq(progression)
    blom = stats.norm.ppf((np.arange(1, 7) - 0.375) / 6.25)
    assert found.theoretical == pytest.approx(blom)
    residuals = mo.influence(progression).to_frame().set_index("label")["rstandard"]
    assert found.residuals == pytest.approx(residuals[list(found.labels)].to_numpy())
    assert (np.diff(found.residuals) >= 0).all()


def test_an_envelope_holds_what_it_says(progression: mo.PooledResult) -> None:
    """Simulated anew from the model: each point lies inside for about 95% of data sets."""
    found = mo.normal_qq(progression, draws=4000, seed=5)
    again = mo.normal_qq(progression, draws=4000, seed=5)
    assert np.array_equal(found.low, again.low)
    effects = progression.effects
    rng, inside = np.random.default_rng(11), 0
    spread = np.sqrt(effects.vi + progression.tau2)
    for _ in range(300):
        drawn = mo.Effects(rng.normal(0, spread), effects.vi)
        residuals = np.sort(mo.influence(mo.pool(drawn, tau2=progression.tau2)).residuals.rstandard)
        inside += ((residuals >= found.low) & (residuals <= found.high)).mean()
    assert inside / 300 == pytest.approx(0.95, abs=0.02)


def test_normal_quantiles_refuse_what_has_none() -> None:
    few = mo.pool(mo.Effects([0.1, 0.2], [0.1, 0.1]))
    with pytest.raises(mo.DiagnosticsError, match="three studies"):
        mo.normal_qq(few)
    with pytest.raises(mo.DiagnosticsError, match="level"):
        mo.normal_qq(few, level=95)


# Likelihoods --------------------------------------------------------------------------------------


@pytest.mark.parametrize("tau2", ["REML", "ML", "DL"])
def test_the_curve_of_tau2_is_cut_by_its_interval(progression: mo.PooledResult, tau2: str) -> None:
    """At the limits it lies chi-square(1) / 2 below its highest point; by hand on a grid."""
    result = mo.pool(progression.effects, tau2=tau2)
    found = mo.tau2_profile(result)
    at = np.interp([found.low, found.high], found.tau2, found.log_likelihood)
    assert at == pytest.approx([-found.drop] * 2, abs=0.03)  # a straight line between points
    assert found.restricted == (tau2 != "ML")
    effects = result.effects
    w = 1 / (effects.vi + found.tau2[:, None])
    mean = (w * effects.yi).sum(axis=1) / w.sum(axis=1)
    value = 0.5 * (np.log(w).sum(axis=1) - (w * (effects.yi - mean[:, None]) ** 2).sum(axis=1))
    if found.restricted:
        value -= 0.5 * np.log(w.sum(axis=1))
    assert found.log_likelihood == pytest.approx(value - value.max(), abs=1e-9)


def test_a_regression_has_a_curve_of_tau2(progression: mo.PooledResult) -> None:
    found = mo.tau2_profile(mo.regress(progression.effects, "line"))
    assert found.highest == pytest.approx(found.result.tau2)


def test_normal_likelihoods_are_normal_densities(progression: mo.PooledResult) -> None:
    found = mo.study_likelihoods(progression)
    effects = progression.effects
    expected = stats.norm.pdf(found.effect, effects.yi[:, None], effects.sei[:, None])
    assert found.density == pytest.approx(expected, abs=2e-3 * expected.max())


def test_exact_likelihoods_are_noncentral_hypergeometric() -> None:
    """scipy's distribution, table by table."""
    found = mo.study_likelihoods(mo.pool(mo.effect_sizes("OR", TABLE)), exact=True)
    for i, row in TABLE.iterrows():
        x1, n1, x2, n2 = row
        exact = stats.nchypergeom_fisher(n1 + n2, n1, x1 + x2, np.exp(found.effect)).pmf(x1)
        assert found.density[i] / found.density[i].max() == pytest.approx(
            exact / exact.max(), rel=1e-6, abs=1e-9
        )


def test_what_has_no_likelihood_is_refused(progression: mo.PooledResult) -> None:
    with pytest.raises(mo.DiagnosticsError, match="has no tau²"):
        mo.tau2_profile(progression.fixed)
    with pytest.raises(mo.DiagnosticsError, match="odds ratios that carry their counts"):
        mo.study_likelihoods(progression, exact=True)
