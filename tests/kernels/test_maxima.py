"""The global maximum of the likelihoods, and the bounds that prove it."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from metaonc.kernels import FloatArray, studies
from metaonc.kernels.few import score_of_one
from metaonc.kernels.likelihood import likelihood, profile, score
from metaonc.kernels.maxima import count_maxima, highest_tau2, local_maxima
from metaonc.kernels.tau2 import tau2_where_q_is
from metaonc.kernels.weighting import weigh
from tests.strategies import Arrays
from tests.strategies import studies as some_studies

BOTH = pytest.mark.parametrize("restricted", [True, False], ids=["REML", "ML"])


def wild_rows(n: int, k: int, seed: int) -> Arrays:
    """Variances over eight powers of ten, between-study variances from none to huge."""
    rng = np.random.default_rng(seed)
    vi = 10.0 ** rng.uniform(-4, 4, size=(n, k))
    tau = 10.0 ** rng.uniform(-4, 5, size=(n, 1)) * rng.integers(0, 2, size=(n, 1))
    return rng.normal(size=(n, k)) * np.sqrt(vi + tau**2), vi


def two_kinds(n: int, seed: int) -> Arrays:
    """Precise studies that agree beside imprecise ones that do not: often two maxima."""
    rng = np.random.default_rng(seed)
    vi = np.repeat([[1e-3, 1e-3, 1.0, 1.0, 1.0]], n, axis=0) * rng.uniform(0.5, 2, size=(n, 5))
    spread = np.array([0.02, 0.02, 2.0, 2.0, 2.0])
    return rng.normal(size=(n, 5)) * spread, vi


def fine_grid(vi: FloatArray, step: float = 0.01) -> FloatArray:
    """tau² in small steps of log(tau² + smallest vi), far beyond any maximum."""
    return np.asarray(vi.min() * np.expm1(np.arange(0.0, 45.0, step)))


# The highest -------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("k", [2, 3, 5, 12])
def test_no_point_of_a_fine_search_is_higher(k: int, restricted: bool) -> None:
    """Rows that the simple proof is not enough for; a second way to look for the maximum."""
    yi, vi = wild_rows(60, k, seed=k)
    data = studies(yi, vi)
    found = highest_tau2(data, restricted=restricted)
    for row in range(len(yi)):
        one = studies(yi[row], vi[row])
        grid = fine_grid(one.vi)
        heights = profile(one.along(-2), grid, restricted=restricted).value
        height = float(profile(one, found[row : row + 1][0], restricted=restricted).value)
        assert heights.max() <= height + 1e-11 * max(1.0, abs(height))


@BOTH
@given(data=some_studies(min_size=2, max_size=8))
def test_one_meta_analysis_is_a_batch_of_one(data: Arrays, restricted: bool) -> None:
    """The path on scalars and the one on rows."""
    yi, vi = data
    alone = highest_tau2(studies(yi, vi), restricted=restricted)
    batch = highest_tau2(studies(yi[None], vi[None]), restricted=restricted)
    assert alone.shape == ()
    unit = float(np.min(studies(yi, vi).vi))
    assert float(alone) == pytest.approx(float(batch[0]), rel=1e-12, abs=1e-13 * unit)


@BOTH
def test_a_batch_may_have_any_axes_and_moderators(restricted: bool) -> None:
    """Shape (2, 3, k), with a design for every row."""
    rng = np.random.default_rng(5)
    yi, vi = rng.normal(size=(2, 3, 9)), rng.uniform(0.01, 1, size=(2, 3, 9))
    x = np.stack([np.ones(9), rng.normal(size=9)], axis=-1)
    found = highest_tau2(studies(yi, vi, x), restricted=restricted)
    assert found.shape == (2, 3)
    for place in np.ndindex(2, 3):
        alone = highest_tau2(studies(yi[place], vi[place], x), restricted=restricted)
        assert found[place] == pytest.approx(float(alone), rel=1e-10, abs=1e-14)


# All maxima --------------------------------------------------------------------------------------


@BOTH
def test_every_maximum_is_found_once(restricted: bool) -> None:
    """As often as the slope changes from rising to falling on a fine grid."""
    yi, vi = two_kinds(80, seed=11)
    counts = count_maxima(studies(yi, vi), restricted=restricted)
    seen = []
    for row in range(len(yi)):
        one = studies(yi[row], vi[row])
        slopes = profile(one.along(-2), fine_grid(one.vi, 0.002), restricted=restricted).slope
        turns = int(((slopes[:-1] > 0) & (slopes[1:] <= 0)).sum())
        seen.append(turns + int(slopes[0] <= 0))
        tau2, height = local_maxima(one, restricted=restricted)
        assert len(tau2) == len(height) == counts[row]
        assert np.all(np.diff(tau2) > 0)
        highest = highest_tau2(one, restricted=restricted)
        assert float(highest) == pytest.approx(tau2[np.argmax(height)], rel=1e-9, abs=1e-12)
    assert counts.tolist() == seen
    assert max(seen) > 1  # there is something to find


def test_the_higher_of_two_maxima_is_taken() -> None:
    """Two studies of one precision agree, two of another do not: peaks at 0 and far away."""
    yi, vi = np.array([0.0, 0.02, 3.0, -3.1]), np.array([1e-4, 1e-4, 1.0, 1.0])
    data = studies(yi, vi)
    tau2, height = local_maxima(data, restricted=True)
    assert len(tau2) == 2
    at = highest_tau2(data, restricted=True)
    assert float(at) == pytest.approx(tau2[np.argmax(height)], rel=1e-12)


# Bounds ------------------------------------------------------------------------------------------


@BOTH
@given(data=some_studies(min_size=3, max_size=8), low=st.floats(0, 2), width=st.floats(0.01, 5))
@settings(max_examples=60)
def test_both_sides_of_the_equation_are_concave_in_their_power_means(
    data: Arrays, restricted: bool, low: float, width: float
) -> None:
    """What the proof rests on: f to the power -1/2 and 1/g lie above their chords."""
    yi, vi = data
    if np.ptp(yi) < 1e-3:
        return
    ready = studies(yi, vi)
    low, middle, high = np.array([low, low + width / 2, low + width]) * float(ready.vi.min())
    found = [score(weigh(ready, np.asarray(t)), restricted=restricted) for t in (low, middle, high)]
    for values in ([at.form**-0.5 for at in found], [1 / at.trace for at in found]):
        assert values[1] >= 0.5 * (values[0] + values[2]) * (1 - 1e-12)


# Digits ------------------------------------------------------------------------------------------


def exact_parts(yi: FloatArray, weights: FloatArray) -> list[Fraction]:
    """tr P, tr PP, y'Py, y'PPy and y'PPPy in fractions, from the matrix P itself."""
    w, y = [Fraction(float(v)) for v in weights], [Fraction(float(v)) for v in yi]
    k, s = range(len(w)), sum(w)
    p = [[(w[i] if i == j else 0) - w[i] * w[j] / s for j in k] for i in k]
    once = [sum(p[i][j] * y[j] for j in k) for i in k]
    twice = [sum(p[i][j] * once[j] for j in k) for i in k]
    return [
        sum((p[i][i] for i in k), Fraction(0)),
        sum((p[i][j] ** 2 for i in k for j in k), Fraction(0)),
        sum((y[i] * once[i] for i in k), Fraction(0)),
        sum((v * v for v in once), Fraction(0)),
        sum((once[i] * twice[i] for i in k), Fraction(0)),
    ]


@pytest.mark.parametrize("power", [0, 3, 6, 9, 12, 15])
@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_one_study_that_outweighs_all_others_costs_no_digits(power: int, offset: float) -> None:
    """Weights `power` powers of ten apart, effects far from 0."""
    rng = np.random.default_rng(power)
    vi = rng.uniform(0.5, 2, size=6)
    vi[2] /= 10.0**power
    yi = offset + rng.normal(size=6)
    data = studies(yi, vi)
    at = weigh(data)
    found = [at.trace(), at.trace_of_square(), at.q, at.form_2(), at.form_3()]
    for one, other in zip(found, exact_parts(data.yi, at.weights), strict=True):
        assert float(one) == pytest.approx(float(other), rel=1e-12 * (1 + offset))


@given(data=some_studies(min_size=2, max_size=8), share=st.floats(0.05, 0.95))
def test_q_is_solved_for_as_by_brent(data: Arrays, share: float) -> None:
    """`tau2_where_q_is` against scipy's brentq, on scalars and on rows."""
    yi, vi = data
    ready = studies(yi, vi)
    q = float(weigh(ready).q)
    if q < 1e-6:
        return
    target = np.asarray(share * q)
    high = float(((ready.yi - ready.yi.mean()) ** 2).sum() / target)

    def excess(tau2: float) -> float:
        return float(weigh(ready, np.asarray(tau2)).q - target)

    expected = brentq(excess, 0.0, high, xtol=1e-300, rtol=1e-14)
    scale = 1e-11 * float(ready.vi.min())
    rows = studies(yi[None], vi[None])
    assert float(tau2_where_q_is(ready, target)) == pytest.approx(expected, rel=1e-9, abs=scale)
    by_rows = tau2_where_q_is(rows, target[None])[0]
    assert float(by_rows) == pytest.approx(expected, rel=1e-9, abs=scale)


@BOTH
def test_the_likelihood_is_the_density_of_error_contrasts(restricted: bool) -> None:
    """Against a dense normal density, up to a constant that does not depend on tau²."""
    rng = np.random.default_rng(3)
    yi, vi = rng.normal(size=6), rng.uniform(0.1, 2, size=6)
    data = studies(yi, vi)
    ones = np.ones((6, 1)) / np.sqrt(6)

    def dense(tau2: float) -> float:
        v = np.diag(data.vi + tau2)
        inverse = np.linalg.inv(v)
        information = ones.T @ inverse @ ones
        beta = np.linalg.solve(information, ones.T @ inverse @ data.yi)
        left = data.yi - ones @ beta
        found = -0.5 * (np.linalg.slogdet(v)[1] + left @ inverse @ left)
        return float(found - (0.5 * np.linalg.slogdet(information)[1] if restricted else 0.0))

    def ours(tau2: float) -> float:
        at = weigh(data, np.asarray(tau2))
        return float(likelihood(data, at, np.asarray(tau2), restricted=restricted))

    assert ours(0.7) - ours(0.1) == pytest.approx(dense(0.7) - dense(0.1), rel=1e-12)


@BOTH
@given(data=some_studies(min_size=2, max_size=40), tau2=st.floats(0, 3))
def test_few_studies_in_plain_floats_have_the_slope_of_arrays(
    data: Arrays, restricted: bool, tau2: float
) -> None:
    """`score_of_one` and `score`: the same formulas, in floats below some thirty studies."""
    ready = studies(*data)
    found = score_of_one(ready, restricted=restricted)(tau2)
    expected = score(weigh(ready, np.asarray(tau2)), restricted=restricted)
    for one, other in zip(found, expected, strict=True):
        assert float(one) == pytest.approx(float(other), rel=1e-11, abs=1e-25)
