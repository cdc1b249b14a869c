"""Meta-regression as a kernel: laws, and statsmodels' weighted least squares."""

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from metaonc.kernels import fit, q_profile
from metaonc.kernels import moderators as kernel
from metaonc.kernels import studies as ready
from metaonc.kernels.moderators import Regression, aliased, regression
from tests.kernels import INFERENCE, SPREAD
from tests.strategies import Arrays, rounded
from tests.strategies import studies as some_studies

FloatArray = NDArray[np.float64]
DATA = some_studies(min_size=6, max_size=10, decades=1.0)
METHODS = ("DL", "REML", "ML", "PM", "HE", "SJ", "HS", "HSk", "DL2")
CI = ("wald", "t", "hksj", "hksj-adhoc", "auto")


def design(k: int, seed: int = 1) -> FloatArray:
    """An intercept, a number and a group of two."""
    rng = np.random.default_rng(seed)
    return np.column_stack([np.ones(k), rng.normal(size=k), np.arange(k) % 2])


def numbers(found: Regression) -> dict[str, Any]:
    """What does not depend on how the moderators are written."""
    return {
        "tau2": found.tau2,
        "tau2_se": found.tau2_se,
        "r2": found.r2,
        "log_likelihood": found.log_likelihood,
        "fitted": found.fitted,
        **{name: getattr(found.heterogeneity, name) for name in SPREAD},
        **found.omnibus._asdict(),
    }


def assert_same(one: Regression, other: Regression, rel: float = 1e-6) -> None:
    for name, value in numbers(one).items():
        assert numbers(other)[name] == pytest.approx(value, rel=rel, abs=1e-9, nan_ok=True), name


@given(data=DATA, method=st.sampled_from(METHODS), a=rounded(-50, 50, 1), b=rounded(0.01, 9, 2))
def test_units_and_origin_of_a_moderator_change_its_coefficient_only(
    data: Arrays, method: str, a: float, b: float
) -> None:
    """x -> a + b x: coefficient over b, its p value as before, and everything else the same."""
    x = design(len(data[0]))
    moved = x.copy()
    moved[:, 1] = a + b * x[:, 1]
    one, other = (regression(*data, m, tau2=method, ci="wald") for m in (x, moved))
    assert_same(one, other)
    se = one.inference.se[1:]
    changed = other.coefficients[1:] * [b, 1]
    assert changed == pytest.approx(one.coefficients[1:], rel=1e-7, abs=1e-7 * se.max())
    assert other.inference.se[1] * b == pytest.approx(se[0], rel=1e-6)
    at_origin = other.coefficients[0] + a * other.coefficients[1]
    assert at_origin == pytest.approx(one.coefficients[0], rel=1e-6, abs=1e-7 * float(se.max()))


@given(
    data=DATA, method=st.sampled_from(METHODS), ci=st.sampled_from(CI), power=st.integers(-80, 80)
)
def test_powers_of_two_change_units_only(data: Arrays, method: str, ci: Any, power: int) -> None:
    """yi times c, vi times c²: coefficients times c, tau² times c², to the last bit."""
    x, c = design(len(data[0])), 2.0**power
    one = regression(*data, x, tau2=method, ci=ci)
    other = regression(data[0] * c, data[1] * c * c, x, tau2=method, ci=ci)
    assert np.array_equal(other.coefficients, one.coefficients * c)
    assert np.array_equal(other.covariance, one.covariance * c * c)
    assert float(other.tau2) == float(one.tau2) * c * c
    assert np.array_equal(other.inference.p_value, one.inference.p_value)
    assert np.array_equal(other.omnibus, one.omnibus, equal_nan=True)
    assert float(other.r2) == float(one.r2)


@given(data=DATA, method=st.sampled_from(METHODS), ci=st.sampled_from(CI), seed=st.integers(0, 99))
def test_the_order_of_studies_does_not_matter(
    data: Arrays, method: str, ci: Any, seed: int
) -> None:
    x, order = design(len(data[0])), np.random.default_rng(seed).permutation(len(data[0]))
    one = regression(*data, x, tau2=method, ci=ci)
    other = regression(data[0][order], data[1][order], x[order], tau2=method, ci=ci)
    for name, value in numbers(one).items():
        value = value[order] if name == "fitted" else value
        assert numbers(other)[name] == pytest.approx(value, rel=1e-6, abs=1e-8, nan_ok=True), name
    se = one.inference.se
    assert other.coefficients == pytest.approx(one.coefficients, rel=1e-7, abs=1e-7 * se.max())


@given(data=DATA, method=st.sampled_from(METHODS), ci=st.sampled_from(CI))
def test_an_intercept_alone_is_the_mean(data: Arrays, method: str, ci: Any) -> None:
    found = regression(*data, np.ones((len(data[0]), 1)), tau2=method, ci=ci)
    mean = fit(*data, model="random", tau2=method, ci=ci)
    scale = float(np.sqrt(data[1].min()))
    assert float(found.tau2) == pytest.approx(float(mean.tau2), rel=1e-8, abs=1e-9 * scale**2)
    assert found.coefficients[0] == pytest.approx(float(mean.estimate), rel=1e-8, abs=1e-8 * scale)
    for name in INFERENCE:
        ours = getattr(found.inference, name)[0]
        assert ours == pytest.approx(float(getattr(mean, name)), rel=1e-6, abs=1e-8 * scale), name
    for name in SPREAD:
        value = getattr(mean.heterogeneity, name)
        ours = float(getattr(found.heterogeneity, name))
        assert ours == pytest.approx(float(value), rel=1e-7, abs=1e-9), name


@given(data=DATA, tau2=st.sampled_from([0.0, 0.05, 2.0]), ci=st.sampled_from(["wald", "hksj"]))
def test_a_given_tau2_is_weighted_least_squares(data: Arrays, tau2: float, ci: Any) -> None:
    """statsmodels' WLS with weights 1 / (v + tau²), and its F test, predictions and leverages."""
    yi, vi = data
    yi = yi + 0.01 * np.sin(np.arange(len(yi)) ** 2)  # no line fits exactly
    x = design(len(yi))
    found = regression(yi, vi, x, tau2=tau2, ci=ci)
    model = sm.WLS(yi, x, weights=1 / (vi + tau2)).fit()
    size = model.scale if ci == "wald" else 1.0  # WLS always estimates the factor
    covariance = model.cov_params() / size
    error = np.sqrt(np.diag(covariance))
    assert found.coefficients == pytest.approx(model.params, rel=1e-8, abs=1e-9 * error.max())
    assert found.covariance == pytest.approx(covariance, rel=1e-7, abs=1e-9 * error.max() ** 2)
    contrast = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    omnibus = model.f_test(contrast)
    statistic = float(omnibus.fvalue) * (2 * size if ci == "wald" else 1)
    assert float(found.omnibus.statistic) == pytest.approx(statistic, rel=1e-6, abs=1e-9)
    if ci == "hksj":
        assert found.inference.p_value == pytest.approx(model.pvalues, rel=1e-6, abs=1e-12)
        assert float(found.omnibus.p_value) == pytest.approx(float(omnibus.pvalue), rel=1e-5)
        rows = np.array([[1.0, 0.3, 1.0], [1.0, -2.0, 0.0]])
        theirs = model.get_prediction(rows).summary_frame()
        ours = kernel.predict(found, rows, 0.95)
        assert ours.se == pytest.approx(theirs["mean_se"].to_numpy(), rel=1e-6)
        limits = theirs["mean_ci_lower"].to_numpy()
        assert ours.low == pytest.approx(limits, rel=1e-6, abs=1e-7 * error.max())


@given(data=DATA, method=st.sampled_from(METHODS))
def test_a_batch_is_its_rows_and_a_missing_study_a_study_removed(data: Arrays, method: str) -> None:
    """Shape (2, k): one row whole, one with a study missing by its moderator or its effect."""
    yi, vi = data
    x = design(len(yi))
    gap = x.copy()
    gap[2, 1] = np.nan
    together = regression(yi, vi, np.array([x, gap]), tau2=method, ci="hksj")
    missing = regression(np.where(np.arange(len(yi)) == 2, np.nan, yi), vi, x, tau2=method)
    keep = np.arange(len(yi)) != 2
    alone = (
        regression(yi, vi, x, tau2=method, ci="hksj"),
        regression(yi[keep], vi[keep], x[keep], tau2=method, ci="hksj"),
    )
    for row, one in enumerate(alone):
        se = one.inference.se
        assert together.k[row] == one.k
        assert together.tau2[row] == pytest.approx(one.tau2, rel=1e-7, abs=1e-10)
        assert together.r2[row] == pytest.approx(one.r2, rel=1e-6, abs=1e-9)
        found = together.coefficients[row]
        assert found == pytest.approx(one.coefficients, rel=1e-7, abs=1e-7 * se.max())
        assert together.inference.se[row] == pytest.approx(se, rel=1e-6, abs=1e-12)
    assert np.isnan(together.fitted[1, 2])
    assert missing.tau2 == pytest.approx(together.tau2[1], rel=1e-7, abs=1e-10)


def test_moderators_in_any_units_cost_no_digits() -> None:
    """Columns of 1e-12 and 1e9 beside an intercept, as after scaling each back."""
    rng = np.random.default_rng(4)
    yi, vi, x = rng.normal(size=12), rng.uniform(0.1, 1, 12), design(12)
    scale = np.array([1.0, 1e-12, 1e9])
    one, other = regression(yi, vi, x), regression(yi, vi, x * scale)
    assert other.coefficients * scale == pytest.approx(one.coefficients, rel=1e-12)
    assert_same(one, other, rel=1e-11)


def test_too_few_studies_or_rank_are_nan() -> None:
    """As many studies as coefficients have coefficients and no Hartung-Knapp; fewer have none."""
    x = design(6)
    yi, vi = np.arange(6.0), np.full(6, 0.5)
    three = regression(yi[:3], vi[:3], x[:3], ci="hksj")
    assert three.coefficients == pytest.approx(np.linalg.solve(x[:3], yi[:3]))
    assert np.isnan(three.inference.se).all()
    assert np.isnan(three.omnibus.statistic)
    assert three.heterogeneity.q == 0
    two = regression(yi[:2], vi[:2], x[:2])
    assert np.isnan(two.coefficients).all()
    twice = regression(yi, vi, np.column_stack([x, x[:, 1] - 3 * x[:, 2]]), ci="wald")
    assert np.isnan(twice.coefficients).all()
    assert np.isnan(twice.omnibus.p_value)


@given(seed=st.integers(0, 1000), powers=st.lists(st.integers(-30, 30), min_size=3, max_size=3))
def test_combinations_of_columns_are_found_and_named(seed: int, powers: list[int]) -> None:
    """Whatever the units: the third of three dependent columns, and not the one after."""
    x = design(9, seed) * 10.0 ** np.array(powers)
    rng = np.random.default_rng(seed)
    both = x @ (rng.normal(size=3) / 10.0 ** np.array(powers))
    new = rng.normal(size=9)
    assert aliased(x) == []
    assert aliased(np.column_stack([x, both, new, np.zeros(9), new])) == [3, 5, 6]


@given(data=DATA, level=st.sampled_from([0.5, 0.95]))
def test_the_interval_of_tau2_is_where_q_is_a_quantile(data: Arrays, level: float) -> None:
    """Q at each limit, from the definition, is the chi-square quantile, or the limit is 0."""
    from scipy import stats

    x = design(len(data[0]))
    found = ready(*data, x)
    tails = ((1 + level) / 2, (1 - level) / 2)
    for limit, tail in zip(q_profile(found, level), tails, strict=True):
        tau2 = float(limit * found.unit**2)
        w = 1 / (data[1] + tau2)
        model = sm.WLS(data[0], x, weights=w).fit()
        q, target = float((w * model.resid**2).sum()), stats.chi2.ppf(tail, len(w) - 3)
        assert q == pytest.approx(target, rel=1e-6) if tau2 > 0 else q <= target * (1 + 1e-9)
