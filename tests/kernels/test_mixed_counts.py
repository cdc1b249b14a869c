"""The mixed models of counts: derivatives, integrals and optima, each computed a second way."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from metaonc.kernels.counts.count_likelihoods import Binomial, Counts, Hypergeometric, Poisson
from metaonc.kernels.counts.mixed_counts import MixedFit, OneParameter, TwoArms, fit_mixed

X1, N1 = np.array([3.0, 0.0, 7.0, 2.0, 11.0]), np.array([40.0, 35.0, 60.0, 25.0, 90.0])
X2, N2 = np.array([9.0, 4.0, 8.0, 7.0, 10.0]), np.array([42.0, 30.0, 55.0, 28.0, 88.0])
TIMES = np.array([310.0, 250.0, 800.0, 120.0, 950.0])

FAMILIES: dict[str, tuple[Counts, Callable[[float], np.ndarray]]] = {
    "binomial": (Binomial(X1, N1), lambda b: stats.binom.logpmf(X1, N1, 1 / (1 + math.exp(-b)))),
    "poisson": (Poisson(X1, TIMES), lambda b: stats.poisson.logpmf(X1, TIMES * math.exp(b))),
    "hypergeometric": (
        Hypergeometric(X1, N1, X2, N2),
        lambda b: np.array([
            stats.nchypergeom_fisher.logpmf(int(x), int(n + m), int(n), int(x + y), math.exp(b))
            for x, n, y, m in zip(X1, N1, X2, N2, strict=True)
        ]),
    ),
}  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("at", [-2.5, -0.3, 0.8])
def test_likelihoods_are_those_of_scipy_and_their_slopes_differences(
    family: str, at: float
) -> None:
    counts, expected = FAMILIES[family]
    found = counts.terms(np.full(5, at))
    np.testing.assert_allclose(found.value, expected(at), rtol=1e-8, atol=1e-8)
    step = 1e-5
    before, after = counts.terms(np.full(5, at - step)), counts.terms(np.full(5, at + step))
    np.testing.assert_allclose(found.slope, (after.value - before.value) / 2 / step, atol=1e-6)
    np.testing.assert_allclose(found.curvature, (after.slope - before.slope) / 2 / step, atol=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_is_higher_than_the_highest(family: str) -> None:
    counts, _ = FAMILIES[family]
    grid = np.linspace(-18, 6, 6001)[:, None] * np.ones(5)
    best = counts.terms(grid).value.max(axis=0)
    np.testing.assert_allclose(counts.highest(), best, atol=2e-4)
    assert (counts.highest() >= best - 1e-12).all()


def conditional(fit_tau: float | None = None) -> MixedFit:
    return fit_mixed(OneParameter(Hypergeometric(X1, N1, X2, N2)), 0.0, np.zeros(5), tau=fit_tau)


def test_the_optimum_is_that_of_a_general_search_over_plain_quadrature() -> None:
    """scipy's `quad` for every integral, Nelder and Mead for mean and standard deviation."""
    logpmf = FAMILIES["hypergeometric"][1]

    def height(place: np.ndarray) -> float:
        mean, tau = place

        def integrand(u: float) -> np.ndarray:
            return np.exp(logpmf(mean + tau * u)) * math.exp(-u * u / 2) / math.sqrt(2 * math.pi)

        value, _ = integrate.quad_vec(integrand, -8, 8, epsrel=1e-9)
        return -float(np.log(value).sum())

    found = conditional()
    start = [found.estimate + 0.05, found.tau + 0.05]
    best = optimize.minimize(height, start, method="Nelder-Mead", options={"fatol": 1e-9})
    assert found.log_likelihood >= -best.fun - 1e-8
    assert found.estimate == pytest.approx(best.x[0], abs=1e-3)
    assert found.tau == pytest.approx(abs(best.x[1]), abs=2e-3)


def test_swapping_the_arms_changes_the_sign() -> None:
    one = fit_mixed(TwoArms(Binomial(X1, N1), Binomial(X2, N2)), 0.0, np.full(5, -2.0))
    two = fit_mixed(TwoArms(Binomial(X2, N2), Binomial(X1, N1)), 0.0, np.full(5, -2.0))
    assert two.estimate == pytest.approx(-one.estimate, abs=1e-8)
    assert (two.se, two.tau) == pytest.approx((one.se, one.tau), abs=1e-8)


def test_swapping_events_and_non_events_changes_the_sign() -> None:
    one = conditional()
    two = fit_mixed(OneParameter(Hypergeometric(N1 - X1, N1, N2 - X2, N2)), 0.0, np.zeros(5))
    assert two.estimate == pytest.approx(-one.estimate, abs=1e-8)
    assert two.log_likelihood == pytest.approx(one.log_likelihood, abs=1e-8)


def test_no_given_standard_deviation_is_higher() -> None:
    best = conditional()
    for tau in np.linspace(0, 3, 31):
        assert conditional(float(tau)).log_likelihood <= best.log_likelihood + 1e-9


def test_the_common_effect_of_one_arm_is_the_plain_proportion() -> None:
    found = fit_mixed(OneParameter(Binomial(X1, N1)), -1.0, np.zeros(5), tau=0.0)
    p = X1.sum() / N1.sum()
    assert found.estimate == pytest.approx(math.log(p / (1 - p)), abs=1e-10)
    assert found.se == pytest.approx(1 / math.sqrt(N1.sum() * p * (1 - p)), rel=1e-9)


def test_poisson_arms_given_their_total_are_binomial() -> None:
    """With levels of their own, rates have the likelihood of the events given their totals."""
    arms = TwoArms(Poisson(X1, TIMES), Poisson(X2, 1.1 * TIMES))
    given_total = OneParameter(Binomial(X1, X1 + X2, -math.log(1.1)))
    one = fit_mixed(arms, 0.0, np.full(5, -4.0), tau=0.0)
    two = fit_mixed(given_total, 0.0, np.zeros(5), tau=0.0)
    assert (one.estimate, one.se) == pytest.approx((two.estimate, two.se), rel=1e-8)
