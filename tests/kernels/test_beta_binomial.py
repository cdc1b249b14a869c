"""Beta-binomial regression: against scipy's distribution and a general search; symmetries."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats
from scipy.special import expit

from metaonc.kernels.counts.beta_binomial import LARGEST_RHO, _Arm, fit_beta_binomial

ARM_1 = (np.array([6, 3, 0, 9, 4, 0]), np.array([60, 55, 40, 120, 18, 30]))
ARM_2 = (np.array([0, 1, 0, 2, 3, 0]), np.array([58, 54, 41, 118, 19, 30]))


def height(arms: list[tuple[np.ndarray, np.ndarray]], p: np.ndarray, rho: float) -> float:
    """Log-likelihood by scipy; beta parameters p (1 - rho) / rho and (1 - p) (1 - rho) / rho."""
    if rho == 0:
        return sum(
            float(stats.binom.logpmf(x, n, one).sum()) for (x, n), one in zip(arms, p, strict=True)
        )
    size = (1 - rho) / rho
    return sum(
        float(stats.betabinom.logpmf(x, n, one * size, (1 - one) * size).sum())
        for (x, n), one in zip(arms, p, strict=True)
    )


@pytest.mark.parametrize("arms", [[ARM_1], [ARM_2], [ARM_1, ARM_2]], ids=["1", "2", "both"])
def test_the_maximum_is_that_of_a_general_search(arms: list[tuple[np.ndarray, np.ndarray]]) -> None:
    """Nelder and Mead over scipy's `betabinom`; the errors from differences of its slopes."""

    def lower(place: np.ndarray) -> float:
        return -height(arms, expit(place[:-1]), float(expit(place[-1])))

    found = fit_beta_binomial(list(arms))
    best = optimize.minimize(
        lower,
        [-3.0] * len(arms) + [-3.0],
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000},
    )
    assert found.log_likelihood == pytest.approx(height(arms, found.proportions, found.rho))
    assert found.log_likelihood >= -best.fun - 1e-9
    np.testing.assert_allclose(found.proportions, expit(best.x[:-1]), rtol=1e-5)
    assert found.rho == pytest.approx(float(expit(best.x[-1])), rel=1e-4)

    def at(place: np.ndarray) -> float:
        return -height(arms, place[:-1], float(place[-1]))

    whole = np.append(found.proportions, found.rho)
    curve = np.empty((len(whole), len(whole)))
    steps = np.diag(1e-4 * whole)
    for i, one in enumerate(steps):
        for j, two in enumerate(steps):
            corners = at(whole + one + two) - at(whole + one - two)
            corners -= at(whole - one + two) - at(whole - one - two)
            curve[i, j] = corners / (4 * one[i] * two[j])
    errors = np.sqrt(np.diag(np.linalg.inv(curve)))
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), errors[:-1], rtol=1e-3)
    assert found.rho_se == pytest.approx(errors[-1], rel=1e-3)


COUNTS = st.lists(
    st.tuples(st.integers(1, 60), st.floats(0, 1), st.integers(1, 60), st.floats(0, 1)),
    min_size=2,
    max_size=8,
).map(lambda rows: [(round(a * n), n, round(b * m), m) for n, a, m, b in rows])


@settings(max_examples=40, deadline=None)
@given(rows=COUNTS, at=st.floats(0.001, 0.9), p1=st.floats(0.01, 0.99), p2=st.floats(0.01, 0.99))
def test_nothing_is_higher_and_the_binomial_is_its_end(
    rows: list[tuple[int, int, int, int]], at: float, p1: float, p2: float
) -> None:
    x1, n1, x2, n2 = np.array(rows).T
    if 0 in (x1.sum(), x2.sum(), (n1 - x1).sum(), (n2 - x2).sum()):
        return
    arms = [(x1, n1), (x2, n2)]
    found = fit_beta_binomial(list(arms))
    assert found.log_likelihood >= height(arms, np.array([p1, p2]), at) - 1e-8
    plain = height(arms, np.array([x1.sum() / n1.sum(), x2.sum() / n2.sum()]), 0.0)
    assert found.binomial == pytest.approx(plain, rel=1e-9, abs=1e-9)
    assert found.log_likelihood >= plain - 1e-9
    if found.rho == 0:
        np.testing.assert_allclose(found.proportions, [x1.sum() / n1.sum(), x2.sum() / n2.sum()])
    other = fit_beta_binomial([(n1 - x1, n1), (n2 - x2, n2)])
    assert other.log_likelihood == pytest.approx(found.log_likelihood, rel=1e-9, abs=1e-9)
    if len(found.maxima) == 1:  # of two as high, either may be taken
        np.testing.assert_allclose(other.proportions, 1 - found.proportions, rtol=1e-6, atol=1e-9)


def test_proportions_that_agree_have_no_overdispersion() -> None:
    found = fit_beta_binomial([([2, 4, 6], [20, 40, 60]), ([1, 2, 3], [20, 40, 60])])
    assert (found.rho, found.maxima) == (0.0, (0.0,))
    np.testing.assert_allclose(found.proportions, [0.1, 0.05], rtol=1e-12)
    variances = np.diag(found.covariance)
    np.testing.assert_allclose(variances, [0.1 * 0.9 / 120, 0.05 * 0.95 / 120], rtol=1e-9)
    assert np.isnan(found.rho_se)


@pytest.mark.parametrize("rho", [0.0, 1e-7, 1e-4, 0.01, 0.5])
def test_large_studies(rho: float) -> None:
    """Sums over a hundred thousand patients, which are not done term by term."""
    x, n = np.array([40, 900, 0, 5200]), np.array([3000, 90000, 700, 121345])
    arm, p = _Arm(x.astype(float), n.astype(float)), 0.02
    assert len(arm.m.r) < 2000
    found = arm.value(p, rho / (1 - rho))
    v, total = rho / (1 - rho), 0.0  # scipy's own loses digits for small rho
    for one, size in zip(x.tolist(), n.tolist(), strict=True):
        total += math.fsum(math.log(p + r * v) for r in range(one))
        total += math.fsum(math.log(1 - p + r * v) for r in range(size - one))
        total -= math.fsum(math.log1p(r * v) for r in range(size))
    assert found - arm.constant == pytest.approx(total, rel=1e-12)


def test_studies_of_all_or_nothing_reach_the_end() -> None:
    assert fit_beta_binomial([([0, 9, 7], [8, 9, 7])]).rho == pytest.approx(LARGEST_RHO)
