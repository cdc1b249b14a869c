"""Required information, diversity and power: published numbers and second computations."""

import numpy as np
import pytest
from scipy.special import ndtri

from metaonc.kernels.information import (
    conditional_power,
    diversity,
    patients_for_risks,
    schoenfeld_events,
    two_sided_power,
)


@pytest.mark.parametrize(
    ("ratio", "power", "share", "events"),
    # By hand, with 10.507 = (1.95996 + 1.28155)²: 4 x 10.507 / log(2)² = 87.5; and allocation 2:1
    # takes 9/8 of the events of 1:1.
    [(0.5, 0.9, 0.5, 88), (0.5, 0.9, 2 / 3, 99)],
)
def test_schoenfeld_events(ratio: float, power: float, share: float, events: int) -> None:
    found = schoenfeld_events(np.log(ratio), 0.05, power, share)
    assert np.ceil(found) == events


def test_patients_follow_from_the_power_of_the_test() -> None:
    """With that many patients the z test of two risks has the power asked for."""
    p1, p2, power = 0.12, 0.18, 0.85
    n = patients_for_risks(p1, p2, 0.05, power)
    mean = (p1 + p2) / 2
    se = np.sqrt(mean * (1 - mean) * 4 / n)
    upper = 1 - two_sided_power((p2 - p1) / se)
    assert 1 - upper == pytest.approx(power, abs=1e-4)


def test_diversity_of_equal_variances_is_none() -> None:
    assert diversity(0.1, 0.1) == 0
    assert diversity(0.1, 0.2) == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("d", "power"),
    # Common-effect power that the documentation of R's metapower (Griffin, 0.2.2) prints:
    # mpower(effect_size = d, study_size = 20, k = 10, i2 = .50, es_type = "d").
    [(0.3, 0.5594533), (0.2, 0.2917841)],
)
def test_power_of_ten_studies(d: float, power: float) -> None:
    """Ten patients an arm: the variance of d is 2/10 + d²/40."""
    variance = 2 / 10 + d**2 / 40
    assert float(two_sided_power(d / np.sqrt(variance / 10))) == pytest.approx(power, abs=5e-8)


def test_conditional_power_by_simulation() -> None:
    """A new mean drawn 400,000 times and pooled with the old one."""
    mean, weight, new_weight, expected = -0.15, 90.0, 40.0, -0.25
    y = np.random.default_rng(4).normal(expected, 1 / np.sqrt(new_weight), 400_000)
    z = (weight * mean + new_weight * y) / np.sqrt(weight + new_weight)
    below, above = conditional_power(mean, weight, new_weight, expected)
    assert below == pytest.approx(np.mean(z < ndtri(0.025)), abs=0.004)
    assert above == pytest.approx(np.mean(z > ndtri(0.975)), abs=0.001)


def test_predictive_power_averages_conditional_power() -> None:
    """Averaged over the uncertain expectation by Gauss-Hermite quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    mean, weight, new, spread = -0.15, 90.0, 40.0, 1 / 90
    each = conditional_power(mean, weight, new, mean + nodes * np.sqrt(spread))
    found = conditional_power(mean, weight, new, mean, spread)
    for one, whole in zip(each, found, strict=True):
        assert whole == pytest.approx(weights @ one / weights.sum(), abs=1e-8)
