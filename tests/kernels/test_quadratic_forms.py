"""Weighted sums of squared normals: closed forms, a series, an integral, the ends of the range."""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import integrate, stats

from metaonc.kernels.quadratic_forms import form_cdf, form_sf, form_tails
from tests.strategies import rounded

FloatArray = NDArray[np.float64]
Weights = st.lists(rounded(-2, 2, 2).map(lambda power: 10.0**power), min_size=1, max_size=8)


def ruben(x: float, weights: FloatArray) -> tuple[float, float]:
    """Both tails as a mixture of chi-squares: Ruben, Ann Math Stat 1962;33:542-570, all terms > 0.

    With beta the smallest weight, the mixing probabilities sum to 1; the series is summed until
    what is left of them is below 1e-17.
    """
    beta, m = float(weights.min()), len(weights)
    rest = 1 - beta / weights
    mixing, powers, left = [math.sqrt(float(np.prod(beta / weights)))], [0.0], 1.0
    left -= mixing[0]
    while left > 1e-17 and len(mixing) < 4000:
        n = len(mixing)
        powers.append(float((rest**n).sum()) / 2)
        mixing.append(math.fsum(powers[j] * mixing[n - j] for j in range(1, n + 1)) / n)
        left = 1 - math.fsum(mixing)
    df = m + 2 * np.arange(len(mixing))
    cdf, sf = stats.chi2.cdf(x / beta, df), stats.chi2.sf(x / beta, df)
    return float(np.dot(mixing, cdf)), float(np.dot(mixing, sf))


def imhof(x: float, weights: FloatArray) -> float:
    """P(Q > x) by Imhof's integral, Biometrika 1961;48:419-426, eq. (3.2), to about 1e-9."""

    def integrand(u: float) -> float:
        theta = 0.5 * float(np.arctan(weights * u).sum()) - 0.5 * x * u
        return math.sin(theta) / (u * float(np.prod((1 + (weights * u) ** 2) ** 0.25)))

    value, _ = integrate.quad(integrand, 1e-300, 400, limit=2000, epsabs=1e-11, epsrel=1e-11)
    return 0.5 + value / math.pi


def two_exponentials(x: float, a: float, b: float) -> tuple[Decimal, Decimal]:
    """Tails of weights (a, a, b, b): two exponential variables, in 60 digits."""
    with localcontext(prec=60):
        first, second, at = 2 * Decimal(a), 2 * Decimal(b), Decimal(x)
        sf = (first * (-at / first).exp() - second * (-at / second).exp()) / (first - second)
        return 1 - sf, sf


@pytest.mark.parametrize("b", [0.999, 0.5, 0.1, 1e-3, 1e-8])
@pytest.mark.parametrize("x", [1e-12, 1e-6, 1e-3, 0.1, 1.0, 2.0, 2.5, 5.0, 20.0, 100.0, 1000.0])
def test_pairs_of_equal_weights_are_exponential(x: float, b: float) -> None:
    """The closed form, both tails relative to themselves, down to 1e-217."""
    cdf, sf = two_exponentials(x, 1.0, b)
    found = form_tails(x, [1.0, 1.0, b, b])
    assert float(found.cdf) == pytest.approx(float(cdf), rel=3e-14 if x < 2 * (1 + b) else 1e-15)
    assert float(found.sf) == pytest.approx(float(sf), rel=3e-14)


@pytest.mark.parametrize("m", [1, 2, 3, 10, 100, 1000])
def test_almost_equal_weights_are_almost_chi_square(m: int) -> None:
    """One weight a rounding error below the others: integrated, and the same as chi-square."""
    x = np.array([1e-8, 1e-3, 0.1, 0.5, 0.9, 1.0, 1.1, 1.5, 3.0, 10.0]) * m
    weights = np.append(np.ones(m), 1e-300) if m == 1 else np.ones(m)
    weights[-1] -= 0 if m == 1 else 2**-52
    found, law = form_tails(x, weights), stats.chi2(m)
    assert found.cdf == pytest.approx(law.cdf(x), rel=2e-14 + 1e-15 * m, abs=1e-290)
    assert found.sf == pytest.approx(law.sf(x), rel=2e-14 + 1e-15 * m, abs=1e-290)


@given(m=st.integers(1, 30), x=rounded(0, 100, 2), size=rounded(-100, 100, 0))
def test_equal_weights_are_chi_square(m: int, x: float, size: float) -> None:
    """Exactly, in any unit, zeros not counted."""
    unit = 10.0**size
    found = form_tails(x * unit, [unit] * m + [0.0, 0.0])
    assert float(found.cdf) == pytest.approx(float(stats.chi2.cdf(x, m)), rel=1e-11, abs=1e-300)
    assert float(found.sf) == pytest.approx(float(stats.chi2.sf(x, m)), rel=1e-11, abs=1e-300)


@given(
    weights=st.lists(rounded(0.2, 2, 2), min_size=1, max_size=6), at=st.sampled_from([0.1, 1, 4])
)
def test_a_mixture_of_chi_squares(weights: list[float], at: float) -> None:
    """Ruben's series: cumulative and upper tail."""
    lam = np.array(weights)
    x = at * float(lam.sum())
    cdf, sf = ruben(x, lam)
    found = form_tails(x, lam)
    assert float(found.cdf) == pytest.approx(cdf, rel=1e-11, abs=1e-14)
    assert float(found.sf) == pytest.approx(sf, rel=1e-11, abs=1e-14)


@pytest.mark.parametrize(
    ("weights", "x"),
    [
        ([6.0, 3.0, 1.0, 0.7, 0.2, 0.2], 20.0),
        ([1.0, 0.9, 0.8, 0.02, 0.02, 0.02, 0.02], 0.7),
    ],
)
def test_the_integral_of_the_characteristic_function(weights: list[float], x: float) -> None:
    """Imhof's integral along the imaginary axis."""
    assert float(form_sf(x, weights)) == pytest.approx(imhof(x, np.array(weights)), abs=1e-8)


@pytest.mark.parametrize("x", [0.2, 2.0, 6.0, 60.0])
def test_three_pairs_of_weights(x: float) -> None:
    """Weights .6, .3 and .1, each twice: 2.4 exp(-x/1.2) - 1.5 exp(-x/.6) + .1 exp(-x/.2)."""
    sf = 2.4 * math.exp(-x / 1.2) - 1.5 * math.exp(-x / 0.6) + 0.1 * math.exp(-x / 0.2)
    assert float(form_sf(x, [0.6, 0.6, 0.3, 0.3, 0.1, 0.1])) == pytest.approx(sf, rel=1e-14)


@given(weights=Weights, at=rounded(-3, 1, 2), power=rounded(-120, 120, 0))
def test_units_do_not_matter(weights: list[float], at: float, power: float) -> None:
    """x and all weights times c: the same tails."""
    lam, c = np.array(weights), 10.0**power
    x = 10**at * lam.sum()
    before, after = form_tails(x, lam), form_tails(x * c, lam * c)
    assert float(after.cdf) == pytest.approx(float(before.cdf), rel=1e-11)
    assert float(after.sf) == pytest.approx(float(before.sf), rel=1e-11)


@given(weights=Weights, at=rounded(-3, 1, 2))
def test_the_tails_are_one_together_and_ordered(weights: list[float], at: float) -> None:
    """They sum to 1, lie in [0, 1], rise with x and fall as a weight grows."""
    lam = np.array(weights)
    x = 10**at * lam.sum()
    found, farther = form_tails(x, lam), form_tails(1.1 * x, lam)
    larger = form_tails(x, np.append(lam[:-1], 1.1 * lam[-1]))
    assert 0 <= float(found.cdf) <= 1
    assert 0 <= float(found.sf) <= 1
    assert float(found.cdf + found.sf) == pytest.approx(1, rel=1e-15)
    assert float(farther.sf) < float(found.sf)
    assert float(larger.sf) >= float(found.sf) * (1 - 1e-12)


@given(weights=Weights, seed=st.integers(0, 100), zeros=st.integers(0, 3))
def test_order_and_zeros_do_not_matter(weights: list[float], seed: int, zeros: int) -> None:
    """Any permutation, and weights of 0 between."""
    rng, lam = np.random.default_rng(seed), np.array(weights)
    mixed = rng.permutation(np.append(lam, np.zeros(zeros)))
    x = float(lam.sum())
    assert float(form_cdf(x, mixed)) == pytest.approx(float(form_cdf(x, lam)), rel=1e-12)


def test_the_sides_of_the_mean_meet() -> None:
    """Below the mean the lower tail is integrated, above it the upper one: no step between."""
    rng = np.random.default_rng(5)
    weights = 10 ** rng.uniform(-8, 8, size=(200, 10))
    mean = weights.sum(axis=-1)
    below, above = (form_cdf(mean * side, weights) for side in (1 - 1e-14, 1 + 1e-14))
    assert above == pytest.approx(below, rel=1e-11)


def test_weights_far_apart() -> None:
    """Weights from 1e-140 to 1e140: one alone decides, as far as doubles can tell; no warning."""
    found = form_tails([1.0, 1e140, 1e-140], [1e140, 1.0, 1e-140])
    one = stats.chi2(1)
    assert float(found.sf[1]) == pytest.approx(float(one.sf(1)), rel=1e-13)
    # x far below some weights: the density of those at 0, times what the others leave.
    two = (
        math.sqrt(2 / math.pi)
        * 1e-70
        * integrate.quad(
            lambda z: math.sqrt(1 - z * z) * 2 * math.exp(-z * z / 2) / math.sqrt(2 * math.pi), 0, 1
        )[0]
    )
    assert float(found.cdf[0]) == pytest.approx(two, rel=1e-9)
    assert 1e-212 < float(found.cdf[2]) < 1e-209


def test_a_batch_is_its_rows_and_the_ends_are_exact() -> None:
    """Shape (2, 3, m) and broadcasting; x of 0, below 0 and infinity."""
    rng = np.random.default_rng(2)
    x, weights = rng.uniform(1, 9, (2, 1)), rng.uniform(0.1, 3, (2, 3, 4))
    found = form_tails(x, weights)
    assert found.cdf.shape == found.sf.shape == (2, 3)
    for i in range(2):
        for j in range(3):
            alone = form_tails(x[i, 0], weights[i, j])
            assert float(found.cdf[i, j]) == pytest.approx(float(alone.cdf), rel=1e-12)
    ends = form_tails([-1.0, 0.0, np.inf], [2.0, 1.0])
    assert (ends.cdf.tolist(), ends.sf.tolist()) == ([0, 0, 1], [1, 1, 0])
    assert form_cdf(np.zeros(0), np.zeros((0, 3))).shape == (0,)


def test_many_rows_are_taken_in_blocks() -> None:
    """More rows than one block holds: every row as it is alone."""
    rng = np.random.default_rng(3)
    weights = rng.uniform(0.1, 3, (1500, 40))
    x = weights.sum(axis=-1) * rng.uniform(0.5, 2, 1500)
    found = form_cdf(x, weights)
    for row in (0, 499, 500, 501, 999, 1499):
        assert float(found[row]) == pytest.approx(float(form_cdf(x[row], weights[row])), rel=1e-12)
