"""Skovgaard's statistic: from numerical derivatives, against exact tests, and by simulation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import optimize, stats

from metaonc.kernels import studies
from metaonc.kernels.correlated import correlated
from metaonc.kernels.covariance import trial_correlation
from metaonc.kernels.likelihood_intervals import profile_likelihood
from metaonc.kernels.skovgaard import corrected_root, skovgaard

FloatArray = NDArray[np.float64]
NODES, MASSES = np.polynomial.hermite_e.hermegauss(40)
MASSES = MASSES / MASSES.sum()


class ByNumbers:
    """Skovgaard (1996), eq. (5): scores by differences, their covariances by quadrature."""

    def __init__(self, yi: FloatArray, vi: FloatArray, column: FloatArray) -> None:
        self.yi, self.vi, self.column = yi, vi, column
        self.best = self.maximum(None)

    @property
    def se(self) -> float:
        """Wald's standard error of the mean."""
        return float(np.sum(self.column**2 / (self.vi + self.best[1])) ** -0.5)

    def parts(self, y: FloatArray, theta: FloatArray) -> FloatArray:
        """Each study's log-likelihood; y of shape (..., k)."""
        variance = self.vi + theta[1]
        return -0.5 * (np.log(variance) + (y - self.column * theta[0]) ** 2 / variance)

    def scores(self, y: FloatArray, theta: FloatArray) -> list[FloatArray]:
        """Derivatives of the parts."""
        found = []
        for i, scale in enumerate((1.0, theta[1])):
            step = np.zeros(2)
            step[i] = 1e-4 * scale
            found.append((self.parts(y, theta + step) - self.parts(y, theta - step)) / 2e-4 / scale)
        return found

    def information(self, theta: FloatArray) -> FloatArray:
        """Observed information by second differences."""
        steps = np.diag([1e-3 * math.sqrt(self.vi.min()), 1e-3 * theta[1]])

        def height(point: FloatArray) -> float:
            return float(self.parts(self.yi, point).sum())

        matrix = np.empty((2, 2))
        for i in range(2):
            for j in range(2):
                a, b = steps[i], steps[j]
                second = height(theta + a + b) - height(theta + a - b)
                second -= height(theta - a + b) - height(theta - a - b)
                matrix[i, j] = -second / 4 / a.sum() / b.sum()
        return matrix

    def maximum(self, mean: float | None) -> FloatArray:
        """Estimates, with the mean free or given."""

        def at(tau2: float) -> FloatArray:
            w = self.column / (self.vi + tau2)
            free = float(w @ self.yi / (w @ self.column))
            return np.array([free if mean is None else mean, tau2])

        def loss(log_tau2: float) -> float:
            return -float(self.parts(self.yi, at(math.exp(log_tau2))).sum())

        grid = np.linspace(-12, 12, 400)
        start = grid[int(np.argmin([loss(x) for x in grid]))]
        found = optimize.minimize_scalar(
            loss, bounds=(start - 0.1, start + 0.1), method="bounded", options={"xatol": 1e-11}
        ).x
        return at(math.exp(found))

    def root(self, mean: float) -> float:
        """The corrected root."""
        best, other = self.best, self.maximum(mean)
        drop = self.parts(self.yi, best).sum() - self.parts(self.yi, other).sum()
        r = math.copysign(math.sqrt(2 * drop), best[0] - mean)
        y = self.column * best[0] + np.sqrt(self.vi + best[1]) * NODES[:, None]
        here, there = self.scores(y, best), self.scores(y, other)
        ratio = self.parts(y, best) - self.parts(y, other)

        def covariance(a: FloatArray, b: FloatArray) -> float:
            centred = (a - MASSES @ a) * (b - MASSES @ b)
            return float((MASSES @ centred).sum())

        s = np.array([[covariance(a, b) for b in there] for a in here])
        q = np.array([covariance(a, ratio) for a in here])
        i = np.array([[covariance(a, b) for b in here] for a in here])
        observed, nuisance = self.information(best), self.information(other)[1, 1]
        u = np.linalg.solve(s, q)[0] * math.sqrt(np.linalg.det(observed) / nuisance)
        u *= np.linalg.det(s) / np.linalg.det(i)
        return r + math.log(u / r) / r


def regular(seed: int, k: int) -> tuple[FloatArray, FloatArray]:
    """Studies with tau² well away from 0."""
    rng = np.random.default_rng(seed)
    vi = rng.uniform(0.05, 0.4, k)
    return rng.normal(0.4, 1.5, k), vi


@given(seed=st.integers(0, 10**6), k=st.integers(3, 9), away=st.sampled_from([-3.0, -0.7, 0.5, 2]))
@settings(max_examples=25)
def test_the_statistic_from_numerical_derivatives_and_quadrature(
    seed: int, k: int, away: float
) -> None:
    """Nothing but the log-likelihood goes into it."""
    yi, vi = regular(seed, k)
    numbers = ByNumbers(yi, vi, np.ones(k))
    mean = float(numbers.best[0]) + away * numbers.se
    if min(numbers.best[1], numbers.maximum(mean)[1]) < 0.01:
        return  # at the boundary there is no expansion
    data = studies(yi, vi)
    found = float(corrected_root(data, mean / data.unit))
    assert found == pytest.approx(numbers.root(mean), rel=1e-4, abs=1e-5)


@given(seed=st.integers(0, 10**6), away=st.sampled_from([-3.0, -0.7, 0.5, 2]))
@settings(max_examples=15)
def test_the_statistic_of_correlated_effects(seed: int, away: float) -> None:
    """The same numbers for rotated effects, of which the mean is not the only level."""
    yi, vi = regular(seed, 7)
    trial = np.array([0, 0, 0, 1, 1, 2, 3])
    covariance = trial_correlation(trial, 0.4) * np.sqrt(np.outer(vi, vi))
    data, column, *_ = correlated(yi, covariance, trial_correlation(trial))
    numbers = ByNumbers(data.yi, data.vi, column)
    mean = float(numbers.best[0]) + away * numbers.se
    if min(numbers.best[1], numbers.maximum(mean)[1]) < 0.01:
        return
    assert float(corrected_root(data, mean, column)) == pytest.approx(
        numbers.root(mean), rel=1e-4, abs=1e-5
    )


@pytest.mark.parametrize("k", [4, 6, 10])
def test_with_equal_variances_it_is_close_to_the_exact_t_test(k: int) -> None:
    """Far closer than the likelihood ratio itself, for 40 samples of each size."""
    rng = np.random.default_rng(k)
    yi = rng.normal(0.5, 1.0, (40, k))
    data = studies(yi, np.full_like(yi, 1e-6))
    exact = stats.ttest_1samp(yi, 0.0, axis=-1).pvalue
    second = 2 * stats.norm.sf(np.abs(corrected_root(data)))
    first = profile_likelihood(data, 0.95)[2].p_value
    error, first_error = (np.abs(np.log(p / exact)).max() for p in (second, first))
    assert error < 0.25 * first_error
    assert np.abs(second - exact).max() < 0.06 / k


@pytest.mark.parametrize("k", [4, 8])
def test_p_values_are_uniform_under_the_null(k: int) -> None:
    """3000 simulated samples, at three levels within 3 standard errors (4 studies: 5 and 1%)."""
    rng = np.random.default_rng(100 + k)
    vi = rng.uniform(0.05, 0.3, (3000, k))
    data = studies(rng.normal(size=vi.shape) * np.sqrt(vi + 0.5), vi)
    p = 2 * stats.norm.sf(np.abs(corrected_root(data)))
    for level in (0.05, 0.2, 0.5):
        allowed = 3 * math.sqrt(level * (1 - level) / 3000) + (0.01 if k == 4 else 0.0)
        assert float((p < level).mean()) == pytest.approx(level, abs=allowed)


def test_without_heterogeneity_it_is_walds_z() -> None:
    """tau² = 0 at every mean near enough: no nuisance parameter is left."""
    yi, vi = np.array([0.20, 0.21, 0.19, 0.20]), np.full(4, 0.09)
    data = studies(yi, vi)
    _, tau2, found = skovgaard(data, 0.8)
    assert float(tau2) == 0.0
    assert float(found.statistic) == pytest.approx(0.2 / 0.15, rel=1e-9)
    half = float(found.high - found.low) / 2 * float(data.unit)
    assert half == pytest.approx(stats.norm.isf(0.1) * 0.15, rel=1e-6)


@given(seed=st.integers(0, 10**6), k=st.integers(4, 9), level=st.sampled_from([0.8, 0.95]))
@settings(max_examples=10)
def test_at_its_limits_it_is_a_normal_quantile(seed: int, k: int, level: float) -> None:
    """Both limits; beyond them it goes on rising."""
    data = studies(*regular(seed, k))
    z = stats.norm.ppf(0.5 + level / 2)
    _, tau2, found = skovgaard(data, level)
    if float(tau2) == 0:
        return

    def limit(mean: FloatArray) -> float:
        return float(corrected_root(data, mean))

    assert limit(found.low) == pytest.approx(z, rel=1e-7)
    assert limit(found.high) == pytest.approx(-z, rel=1e-7)
    width = found.high - found.low
    for step in (0.01, 0.3, 5.0):
        assert limit(found.high + step * width) < -z
        assert limit(found.low - step * width) > z


def test_near_the_estimate_the_correction_is_continuous() -> None:
    """0/0 is interpolated: no jump where that begins, and none at the estimate."""
    data = studies(*regular(3, 6))
    mean, _, found = skovgaard(data, 0.95)
    places = np.linspace(-0.5, 0.5, 201) * float(found.se) + float(mean)
    roots = np.array([float(corrected_root(data, place)) for place in places])
    steps = np.diff(roots)
    assert np.all(steps < 0)
    assert np.ptp(steps) < 0.05 * abs(steps.mean())
