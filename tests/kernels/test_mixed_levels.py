"""Mixed models with random levels: integrals and optima computed a second way; symmetries."""

import math

import numpy as np
import pytest
from scipy import optimize, stats
from scipy.special import expit

from metaonc.kernels.counts.count_likelihoods import Binomial, Poisson
from metaonc.kernels.counts.mixed_counts import MixedFit
from metaonc.kernels.counts.mixed_levels import fit_random_levels, random_levels_likelihood

X1, N1 = np.array([3.0, 0.0, 7.0, 2.0, 11.0, 0.0]), np.array([40.0, 35.0, 60.0, 25.0, 90.0, 30.0])
X2, N2 = np.array([9.0, 4.0, 8.0, 7.0, 10.0, 0.0]), np.array([42.0, 30.0, 55.0, 28.0, 88.0, 30.0])
K = len(X1)


def fitted(tau: float | None = None, nodes: int = 21) -> MixedFit:
    return fit_random_levels(
        Binomial(X1, N1), Binomial(X2, N2), (-2.0, 0.0), K, tau=tau, nodes=nodes
    )


def on_a_grid(at: tuple[float, float, float, float]) -> float:
    """The integral of every study by a plain sum over a fine grid of deviations."""
    level, effect, spread, tau = at
    z = np.linspace(-8, 8, 401)
    level_grid = level + spread * z[:, None, None]
    effect_grid = effect + tau * z[None, :, None]
    logs = stats.binom.logpmf(X1, N1, expit(level_grid + effect_grid / 2))
    logs += stats.binom.logpmf(X2, N2, expit(level_grid - effect_grid / 2))
    normal = stats.norm.pdf(z) * (z[1] - z[0])
    return float(np.log(np.einsum("a,b,abk->k", normal, normal, np.exp(logs))).sum())


@pytest.mark.parametrize("at", [(-2.0, -0.5, 0.8, 0.6), (-1.0, 0.3, 0.1, 2.0), (-3.0, 0, 2.5, 0.0)])
def test_the_integral_is_that_of_a_fine_grid(at: tuple[float, float, float, float]) -> None:
    found = random_levels_likelihood(Binomial(X1, N1), Binomial(X2, N2), at, K, nodes=41)
    assert found == pytest.approx(on_a_grid(at), abs=2e-5)


def test_the_optimum_is_that_of_a_general_search() -> None:
    """Nelder and Mead in four dimensions, over an integral with more nodes; its curvature too."""
    found = fitted()

    def lower(at: np.ndarray) -> float:
        at = np.array([*at[:2], *np.abs(at[2:])])
        return -random_levels_likelihood(Binomial(X1, N1), Binomial(X2, N2), at, K, nodes=25)

    best = optimize.minimize(
        lower,
        [-2.2, -0.4, 0.4, 0.5],
        method="Nelder-Mead",
        options={"fatol": 1e-9, "xatol": 1e-6, "maxiter": 600},
    )
    assert found.log_likelihood >= -best.fun - 1e-6
    ours = [found.estimate, found.level_sd, found.tau]
    np.testing.assert_allclose(ours, np.abs(best.x[1:]) * [-1, 1, 1], atol=1e-3)

    whole = np.array([float(best.x[0]), found.estimate, found.level_sd, found.tau])
    steps, curve = np.eye(4) * 1e-3, np.empty((4, 4))
    for i, one in enumerate(steps):
        for j, two in enumerate(steps):
            corners = lower(whole + one + two) - lower(whole + one - two)
            curve[i, j] = (corners - lower(whole - one + two) + lower(whole - one - two)) / 4e-6
    errors = np.sqrt(np.diag(np.linalg.inv(curve)))
    assert (found.se, found.tau_se) == pytest.approx((errors[1], errors[3]), rel=2e-3)


def test_swapping_arms_or_events_and_non_events_changes_the_sign() -> None:
    one = fitted()
    swapped = fit_random_levels(Binomial(X2, N2), Binomial(X1, N1), (-2.0, 0.0), K)
    other = fit_random_levels(Binomial(N1 - X1, N1), Binomial(N2 - X2, N2), (2.0, 0.0), K)
    for two in (swapped, other):
        assert two.estimate == pytest.approx(-one.estimate, abs=1e-6)
        assert (two.se, two.tau, two.level_sd, two.log_likelihood) == pytest.approx(
            (one.se, one.tau, one.level_sd, one.log_likelihood), abs=1e-6
        )


def test_no_given_standard_deviation_is_higher() -> None:
    best = fitted()
    assert best.tau > 0
    for tau in (0.0, 0.1, 0.3, 0.5, 0.9, 2.0):
        assert fitted(tau).log_likelihood <= best.log_likelihood + 1e-9


def test_more_nodes_change_nothing() -> None:
    few, many = fitted(), fitted(nodes=31)
    np.testing.assert_allclose(
        [few.estimate, few.se, few.tau, few.level_sd, few.log_likelihood],
        [many.estimate, many.se, many.tau, many.level_sd, many.log_likelihood],
        rtol=1e-4,
    )


def test_studies_that_agree_are_one_study() -> None:
    """Same risks everywhere: no variance of levels or effects, and the plain log odds ratio."""
    n = np.array([100.0, 200.0, 400.0])
    found = fit_random_levels(Binomial(0.1 * n, n), Binomial(0.2 * n, n), (-2.0, 0.0), 3)
    assert (found.tau, found.level_sd) == (0.0, 0.0)
    assert found.estimate == pytest.approx(math.log(0.1 / 0.9 / (0.2 / 0.8)), abs=1e-9)
    assert found.se == pytest.approx(math.sqrt(1 / 63 + 1 / 112), rel=1e-9)


def test_rates() -> None:
    """Poisson counts of the same rate in both arms."""
    times = np.array([310.0, 250.0, 800.0])
    found = fit_random_levels(
        Poisson(times / 10, times), Poisson(times / 10, times), (-2.0, 0.0), 3
    )
    assert found.estimate == pytest.approx(0.0, abs=1e-9)
    assert found.nuisance == pytest.approx(math.log(0.1), abs=1e-9)
