"""Permutation and bootstrap intervals: one flip at a time, and laws."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaonc.kernels import Fit, fit
from metaonc.kernels.resampled_fits import fit_resampled

LIMITS = ("se", "low", "high")


def some(seed: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Studies with heterogeneity."""
    rng = np.random.default_rng(seed)
    return rng.normal(0.3, 0.6, k), rng.uniform(0.02, 0.2, k)


def resampled(yi: object, vi: object, ci: str, tau2: str = "DL", **more: object) -> Fit:
    """A random-effects fit."""
    return fit_resampled(yi, vi, model="random", tau2=tau2, ci=ci, **more)  # type: ignore[arg-type]


def p_value(yi: np.ndarray, vi: np.ndarray, mean: float, tau2: str) -> float:
    """All sign patterns of the effects minus a mean, each fitted on its own."""

    def z(effects: np.ndarray) -> float:
        found = fit(effects, vi, model="random", tau2=tau2, ci="wald")
        return abs(float(found.statistic))

    shifted = yi - mean
    flips = itertools.product([1.0, -1.0], repeat=len(yi))
    return float(np.mean([z(shifted * np.array(f)) >= z(shifted) * (1 - 1e-8) for f in flips]))


@pytest.mark.parametrize("tau2", ["DL", "PM"])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_permutation_limit_is_where_the_test_turns(seed: int, tau2: str) -> None:
    """Just inside a limit p is above 0.05, just outside it is not, nor farther out."""
    yi, vi = some(seed, 6)
    found = resampled(yi, vi, "permutation", tau2)
    width = float(found.high - found.low)
    for side, limit in ((-1, float(found.low)), (1, float(found.high))):
        assert p_value(yi, vi, limit - side * 1e-6 * width, tau2) > 0.05
        for step in (1e-6, 0.3, 30.0):
            assert p_value(yi, vi, limit + side * step * width, tau2) <= 0.05
    assert float(found.p_value) == p_value(yi, vi, 0.0, tau2)


def test_too_few_studies_for_a_level_have_no_limits() -> None:
    """Five studies have 16 patterns: no p value below 0.0625."""
    yi, vi = some(3, 5)
    assert np.isinf(resampled(yi, vi, "permutation").high)
    assert np.isfinite(resampled(yi, vi, "permutation", level=0.9).high)


@pytest.mark.parametrize("ci", ["permutation", "bootstrap"])
@given(seed=st.integers(0, 10**6), power=st.integers(-40, 40))
@settings(max_examples=6)
def test_units_shift_and_order(ci: str, seed: int, power: int) -> None:
    """Powers of two change no digit; a shift shifts; permutations do not look at the order."""
    yi, vi = some(seed, 7)
    c = 2.0**power
    before = resampled(yi, vi, ci, draws=99)
    after = resampled(yi * c, vi * c * c, ci, draws=99)
    for name in LIMITS:
        assert float(getattr(after, name)) == float(getattr(before, name)) * c
    assert float(after.p_value) == float(before.p_value)
    shifted = resampled(yi + 0.7, vi, ci, draws=99)
    assert float(shifted.low) == pytest.approx(float(before.low) + 0.7, abs=1e-6)
    if ci == "permutation":
        order = np.random.default_rng(seed).permutation(7)
        again = resampled(yi[order], vi[order], ci, draws=99)
        assert float(again.high) == pytest.approx(float(before.high), abs=1e-6)
        mirror = resampled(-yi, vi, ci, draws=99)
        assert float(mirror.low) == pytest.approx(-float(before.high), abs=1e-6)


@pytest.mark.parametrize("ci", ["permutation", "bootstrap"])
def test_a_row_of_a_batch_is_what_it_is_alone(ci: str) -> None:
    """Also with studies missing, and with too many for all permutations."""
    yi, vi = (np.array([part, part]) for part in some(5, 9))
    yi[1, 3] = np.nan
    together = resampled(yi, vi, ci, draws=64)
    for row in range(2):
        there = ~np.isnan(yi[row])
        alone = resampled(yi[row][there], vi[row][there], ci, draws=64)
        for name in (*LIMITS, "df", "statistic", "p_value"):
            one, other = float(getattr(together, name)[row]), float(getattr(alone, name))
            assert one == pytest.approx(other, rel=1e-9, nan_ok=True), name
        assert float(together.estimate[row]) == pytest.approx(float(alone.estimate), rel=1e-12)


def test_a_seed_gives_what_it_gave() -> None:
    """And another one something else, by a little."""
    yi, vi = some(7, 8)
    first, again, other = (
        resampled(yi, vi, "bootstrap", draws=999, seed=seed) for seed in (1, 1, 2)
    )
    assert (float(first.low), float(first.high)) == (float(again.low), float(again.high))
    assert float(first.low) != float(other.low)
    assert float(first.low) == pytest.approx(float(other.low), abs=0.2 * float(first.se))


def test_one_study_has_no_resampled_interval() -> None:
    """NaN, beside a row that has one."""
    yi, vi = np.array([[0.1, np.nan], [0.2, 0.5]]), np.full((2, 2), 0.04)
    found = resampled(yi, vi, "bootstrap", draws=49)
    assert np.isnan(found.low[0])
    assert np.isfinite(found.low[1])
