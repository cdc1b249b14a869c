"""Group-sequential boundaries against published tables, simulation and plain facts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri
from scipy.stats import multivariate_normal

from metaonc.kernels.group_sequential import (
    crossing_probabilities,
    obrien_fleming_spending,
    two_sided_boundaries,
)

# Jennison & Turnbull, Group Sequential Methods (2000), tables 2.1 and 2.3: constants of Pocock's
# and of O'Brien & Fleming's two-sided test at 5%, by the number of equally spaced looks.
POCOCK = {2: 2.178, 3: 2.289, 4: 2.361, 5: 2.413, 10: 2.555}
OBRIEN_FLEMING = {2: 1.977, 3: 2.004, 4: 2.024, 5: 2.040, 10: 2.087}


@pytest.mark.parametrize(("looks", "constant"), POCOCK.items())
def test_pocock_constants(looks: int, constant: float) -> None:
    times = np.arange(1, looks + 1) / looks
    spent = crossing_probabilities(times, np.full(looks, constant)).sum()
    assert spent == pytest.approx(0.05, abs=1e-4)  # the constants have three decimals


@pytest.mark.parametrize(("looks", "constant"), OBRIEN_FLEMING.items())
def test_obrien_fleming_constants(looks: int, constant: float) -> None:
    times = np.arange(1, looks + 1) / looks
    spent = crossing_probabilities(times, constant / np.sqrt(times)).sum()
    assert spent == pytest.approx(0.05, abs=1e-4)


def test_lan_demets_boundaries_at_five_equal_looks() -> None:
    """R's ldbounds (Casper, Cook & Perez, after Reboussin et al. 2000) prints these."""
    times = np.arange(1, 6) / 5
    found = two_sided_boundaries(times, obrien_fleming_spending(times))
    assert found == pytest.approx([4.8769, 3.3569, 2.6803, 2.2898, 2.0310], abs=2e-4)


def test_two_looks_against_the_bivariate_normal() -> None:
    """The second look's error by another integration: of the joint density of both statistics."""
    times = np.array([0.37, 1.0])
    bounds = np.array([2.5, 2.0])
    correlation = np.sqrt(times[0])
    joint = multivariate_normal(cov=[[1, correlation], [correlation, 1]])
    inside = joint.cdf(bounds, lower_limit=-bounds)
    found = crossing_probabilities(times, bounds)
    assert 1 - found.sum() == pytest.approx(inside, abs=1e-6)


@given(
    gaps=st.lists(st.floats(0.01, 1), min_size=1, max_size=8),
    alpha=st.sampled_from([0.01, 0.05, 0.2]),
)
def test_what_is_spent_is_what_crosses(gaps: list[float], alpha: float) -> None:
    """Boundaries for unequal looks give back the error they were made from, look by look."""
    times = np.cumsum(gaps) / np.sum(gaps)
    spent = obrien_fleming_spending(times, alpha)
    bounds = two_sided_boundaries(times, spent)
    crossed = crossing_probabilities(times, bounds)
    assert np.cumsum(crossed) == pytest.approx(spent, abs=1e-10)
    assert spent[-1] == pytest.approx(alpha)


def test_simulated_paths_cross_as_often_as_they_should() -> None:
    """Brownian motion with and without drift, 200,000 paths: within four standard errors."""
    times = np.array([0.15, 0.3, 0.55, 0.8, 1.0])
    bounds = two_sided_boundaries(times, obrien_fleming_spending(times))
    generator = np.random.default_rng(20260)
    steps = np.sqrt(np.diff(times, prepend=0))
    for drift in (0.0, 2.5):
        moves = generator.standard_normal((200_000, 5)) * steps + drift * steps**2
        z = np.cumsum(moves, axis=1) / np.sqrt(times)
        crossed = (np.abs(z) >= bounds).any(axis=1).mean()
        expected = crossing_probabilities(times, bounds, drift).sum()
        assert crossed == pytest.approx(expected, abs=4 * np.sqrt(0.25 / 200_000))


def test_one_look_is_the_ordinary_test() -> None:
    assert two_sided_boundaries([0.4], [0.05]) == pytest.approx([-ndtri(0.025)])
    power = crossing_probabilities([1.0], [-ndtri(0.025)], drift=2.8016)
    assert power.sum() == pytest.approx(0.8, abs=1e-4)


def test_nothing_to_spend_has_no_boundary() -> None:
    times = np.array([0.001, 0.5, 1.0])
    found = two_sided_boundaries(times, obrien_fleming_spending(times))
    assert np.isinf(found[0])
    assert np.isfinite(found[1:]).all()


def test_looks_after_all_is_spent_have_no_boundary() -> None:
    found = two_sided_boundaries([0.5, 1.0, 1.2], [0.003, 0.05, 0.05])
    assert np.isinf(found[-1])
