"""The kernels: laws that hold for every batch, and every estimator computed a second way."""

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import linalg, optimize, stats

from metaonc.kernels import ESTIMATORS, Fit, fit, q_profile
from metaonc.kernels import studies as ready
from metaonc.kernels.roots import falling_root
from tests.kernels import INFERENCE, SPREAD
from tests.strategies import Arrays, batches, heterogeneous, rounded
from tests.strategies import studies as some_studies

FloatArray = NDArray[np.float64]
# The median of a generalised Q needs its whole distribution, work of order k³; its own laws are in
# test_generalised_q.py.
METHODS = tuple(name for name in ESTIMATORS if name != "GENQM")
# Consistent, and without a bias that is part of the definition.
UNBIASED = tuple(m for m in METHODS if m not in ("HS", "HSk", "SJ", "ML", "PMM"))
WIDE = some_studies(min_size=2, max_size=8, decades=4.0)


def random_fit(yi: FloatArray, vi: FloatArray, tau2: str | float = "REML", ci: str = "wald") -> Fit:
    """Random effects at 95%."""
    return fit(yi, vi, model="random", tau2=tau2, ci=ci)  # type: ignore[arg-type]


def tau2_of(method: str, yi: FloatArray, vi: FloatArray) -> float:
    """One estimate of tau² in the units of the data."""
    return float(random_fit(yi, vi, method).tau2)


def numbers(found: Fit) -> dict[str, FloatArray]:
    """Everything in a fit by name, weights apart."""
    spread = found.heterogeneity
    return {
        "k": found.k,
        "estimate": found.estimate,
        "tau2": found.tau2,
        "wald_se": found.wald_se,
        **{name: getattr(found, name) for name in INFERENCE},
        **{name: getattr(spread, name) for name in SPREAD},
    }


# Batches -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@given(batch=batches(), ci=st.sampled_from(["wald", "t", "hksj", "hksj-adhoc", "auto"]))
def test_a_batch_of_rows_is_the_rows_one_by_one(method: str, batch: Arrays, ci: str) -> None:
    """Row by row with the missing studies removed: the same fits, 0 for a missing weight."""
    yi, vi = batch
    together = random_fit(yi, vi, method, ci)
    for row in range(len(yi)):
        there = ~np.isnan(yi[row])
        alone = random_fit(yi[row][there], vi[row][there], method, ci)
        scale = float(np.sqrt(vi[row][there].min()))
        for name, value in numbers(alone).items():
            found = float(numbers(together)[name][row])
            assert found == pytest.approx(float(value), rel=1e-7, abs=1e-8 * scale), name
        assert together.weights[row][there] == pytest.approx(alone.weights, rel=1e-7)
        assert np.all(together.weights[row][~there] == 0)


def test_more_than_one_axis_of_batches() -> None:
    """Shape (2, 3, k) gives results of shape (2, 3), the same as the flat batch."""
    rng = np.random.default_rng(1)
    yi, vi = rng.normal(size=(2, 3, 5)), rng.uniform(0.1, 1, size=(2, 3, 5))
    flat = random_fit(yi.reshape(6, 5), vi.reshape(6, 5), "REML", "hksj")
    deep = random_fit(yi, vi, "REML", "hksj")
    assert deep.weights.shape == (2, 3, 5)
    for name, value in numbers(deep).items():
        assert value.shape == (2, 3), name
        assert value.ravel() == pytest.approx(numbers(flat)[name], rel=1e-9), name


@pytest.mark.parametrize("method", METHODS)
@given(data=some_studies(min_size=2, max_size=6), at=st.integers(0, 6), which=st.integers(0, 2))
def test_a_missing_study_is_a_study_removed(method: str, data: Arrays, at: int, which: int) -> None:
    """NaN in the effect, in the variance or in both, anywhere in the row."""
    yi, vi = data
    at = min(at, len(yi))
    gap = [(np.nan, 0.001), (1000.0, np.nan), (np.nan, np.nan)][which]
    without = random_fit(yi, vi, method, "hksj")
    with_gap = random_fit(np.insert(yi, at, gap[0]), np.insert(vi, at, gap[1]), method, "hksj")
    scale = float(np.sqrt(vi.min()))
    for name, value in numbers(without).items():
        found = float(numbers(with_gap)[name])
        assert found == pytest.approx(float(value), rel=1e-7, abs=1e-8 * scale), name


# Laws of units -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@given(data=some_studies(min_size=2), power=rounded(-150, 150, 1))
def test_units_change_only_units(method: str, data: Arrays, power: float) -> None:
    """yi times c, vi times c², c from 1e-150 to 1e150: p, I², H², Q stay; tau² times c²."""
    yi, vi = data
    c = 10.0**power
    before, after = (
        random_fit(yi, vi, method, "hksj"),
        random_fit(yi * c, vi * c * c, method, "hksj"),
    )
    first, second = numbers(before), numbers(after)
    scale = float(np.sqrt(vi.min()))
    for name in ("k", "q", "q_df", "q_p", "df"):
        assert float(second[name]) == pytest.approx(float(first[name]), rel=1e-8, abs=1e-12), name
    for name in ("i2_from_q", "h2_from_q", "i2_from_tau2", "h2_from_tau2", "p_value"):
        assert float(second[name]) == pytest.approx(float(first[name]), rel=1e-6, abs=1e-9), name
    for name in ("estimate", "se", "low", "high", "wald_se"):
        found = float(second[name]) / c
        assert found == pytest.approx(float(first[name]), rel=1e-7, abs=1e-8 * scale), name
    tau2 = float(second["tau2"]) / c / c
    assert tau2 == pytest.approx(float(first["tau2"]), rel=1e-7, abs=1e-9 * float(vi.min()))


@pytest.mark.parametrize("method", METHODS)
@given(data=some_studies(min_size=2), power=st.integers(-400, 400))
def test_powers_of_two_change_no_digit(method: str, data: Arrays, power: int) -> None:
    """Multiplying by a power of two is exact, so the fit is the same to the last bit."""
    yi, vi = data
    c = 2.0**power
    before, after = (random_fit(yi * u, vi * u * u, method, "hksj") for u in (1.0, c))
    assert float(after.tau2) == float(before.tau2) * c * c
    assert float(after.estimate) == float(before.estimate) * c
    assert float(after.p_value) == float(before.p_value)
    assert after.heterogeneity == before.heterogeneity


@pytest.mark.parametrize("method", METHODS)
@given(data=some_studies(min_size=2), shift=rounded(-20, 20, 3))
def test_a_shift_of_all_effects_shifts_the_mean_and_nothing_else(
    method: str, data: Arrays, shift: float
) -> None:
    """yi + s: mean and limits + s; tau², Q and standard errors stay."""
    yi, vi = data
    before, after = (random_fit(y, vi, method, "hksj") for y in (yi, yi + shift))
    first, second = numbers(before), numbers(after)
    scale = float(np.sqrt(vi.min()))
    for name in ("estimate", "low", "high"):
        found = float(second[name]) - shift
        assert found == pytest.approx(float(first[name]), rel=1e-7, abs=1e-7 * scale), name
    for name in ("se", "q", "tau2"):
        assert float(second[name]) == pytest.approx(float(first[name]), rel=1e-6, abs=1e-8), name


@pytest.mark.parametrize("method", METHODS)
@given(data=some_studies(min_size=2), seed=st.integers(0, 1000))
def test_the_order_of_the_studies_does_not_matter(method: str, data: Arrays, seed: int) -> None:
    """Any permutation: the same fit, its weights permuted."""
    yi, vi = data
    order = np.random.default_rng(seed).permutation(len(yi))
    before, after = random_fit(yi, vi, method), random_fit(yi[order], vi[order], method)
    scale = float(np.sqrt(vi.min()))
    for name, value in numbers(before).items():
        found = float(numbers(after)[name])
        assert found == pytest.approx(float(value), rel=1e-7, abs=1e-8 * scale), name
    assert after.weights == pytest.approx(before.weights[order], rel=1e-7)


@pytest.mark.parametrize("method", METHODS)
@given(data=some_studies(min_size=2, max_size=6))
def test_changing_all_signs_turns_the_fit_round(method: str, data: Arrays) -> None:
    """-yi: minus the mean, limits exchanged, everything else the same."""
    yi, vi = data
    before, after = (random_fit(y, vi, method, "hksj") for y in (yi, -yi))
    assert float(after.estimate) == -float(before.estimate)
    assert float(after.low) == -float(before.high)
    assert float(after.tau2) == float(before.tau2)


@pytest.mark.parametrize("method", METHODS)
@given(data=some_studies(spread=4.0), value=rounded(-50, 50, 2))
def test_identical_effects_have_no_heterogeneity(method: str, data: Arrays, value: float) -> None:
    """tau² is 0 exactly, Q and I² are 0 to rounding, the mean is the common value."""
    _, vi = data
    found = random_fit(np.full_like(vi, value), vi, method)
    assert float(found.tau2) == 0.0
    assert float(found.estimate) == pytest.approx(value, rel=1e-14)
    assert float(found.heterogeneity.q) == pytest.approx(0.0, abs=1e-20 * max(1.0, 1e8 * value**2))
    assert float(found.heterogeneity.i2_from_tau2) == 0.0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("model", ["fixed", "random"])
def test_one_study_is_its_own_result(method: str, model: str) -> None:
    """k = 1: its effect, its standard error, no heterogeneity."""
    found = fit([0.7], [0.04], model=model, tau2=method, ci="auto")  # type: ignore[arg-type]
    assert float(found.estimate) == 0.7
    assert float(found.se) == pytest.approx(0.2, rel=1e-15)
    assert float(found.low) == pytest.approx(0.7 - 1.959963984540054 * 0.2, rel=1e-14)
    assert (float(found.tau2), float(found.weights[0])) == (0.0, 1.0)
    spread = found.heterogeneity
    assert [float(getattr(spread, name)) for name in SPREAD] == [0, 0, 1, 0, 1, 0, 1]


# Moments -----------------------------------------------------------------------------------------


def exact_moments(yi: FloatArray, vi: FloatArray) -> tuple[Fraction, Fraction]:
    """Cochran's Q and DerSimonian & Laird's tau² in whole-number arithmetic."""
    y, w = [Fraction(float(x)) for x in yi], [1 / Fraction(float(x)) for x in vi]
    total = sum(w)
    mean = sum(a * b for a, b in zip(w, y, strict=True)) / total
    q = sum(a * (b - mean) ** 2 for a, b in zip(w, y, strict=True))
    spread = total - sum(a * a for a in w) / total
    return q, max(Fraction(0), (q - (len(y) - 1)) / spread)


@given(data=WIDE)
def test_dersimonian_laird_in_exact_fractions(data: Arrays) -> None:
    """Eq. (8) of DerSimonian & Laird 1986 without a rounding error: tau² and Q."""
    q, tau2 = exact_moments(*data)
    found = random_fit(*data, "DL")
    assert float(found.heterogeneity.q) == pytest.approx(float(q), rel=1e-9, abs=1e-12)
    excess = abs(float(q) - (len(data[0]) - 1))  # tau² is known to rounding of this difference
    known = 1e-9 * max(1.0, float(q) / excess) if excess > 0 else 1.0
    assert float(found.tau2) == pytest.approx(float(tau2), rel=known, abs=0.0)


def generalised_q(yi: FloatArray, vi: FloatArray, tau2: float) -> float:
    """Q at weights 1 / (v + tau²), summed exactly."""
    w = [1 / (float(v) + tau2) for v in vi]
    mean = math.fsum(a * float(y) for a, y in zip(w, yi, strict=True)) / math.fsum(w)
    return math.fsum(a * (float(y) - mean) ** 2 for a, y in zip(w, yi, strict=True))


@given(data=WIDE)
def test_paule_mandel_solves_its_equation(data: Arrays) -> None:
    """Q(tau²) = k - 1, or tau² = 0 where Q(0) is not above k - 1 (Paule & Mandel 1982)."""
    df = len(data[0]) - 1
    tau2 = tau2_of("PM", *data)
    if tau2 == 0:
        assert generalised_q(*data, 0.0) <= df * (1 + 1e-12)
    else:
        assert generalised_q(*data, tau2) == pytest.approx(df, rel=1e-10)


@given(data=some_studies(min_size=2), level=st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_the_q_profile_interval_cuts_chi_square_tails(data: Arrays, level: float) -> None:
    """Viechtbauer 2007: Q at each limit is the chi-square quantile, or Q(0) is below it at 0."""
    df = len(data[0]) - 1
    ready_data = ready(*data)
    low, high = (float(x * ready_data.unit**2) for x in q_profile(ready_data, level))
    assert 0 <= low <= high
    for limit, tail in ((low, 0.5 + level / 2), (high, 0.5 - level / 2)):
        quantile = float(stats.chi2.ppf(tail, df))
        if limit == 0:
            assert generalised_q(*data, 0.0) <= quantile * (1 + 1e-9)
        else:
            assert generalised_q(*data, limit) == pytest.approx(quantile, rel=1e-9)


@given(data=heterogeneous())
def test_the_q_profile_interval_contains_the_paule_mandel_estimate(data: Arrays) -> None:
    """k - 1, the mean of the chi-square, lies between its quantiles."""
    ready_data = ready(*data)
    low, high = (float(x * ready_data.unit**2) for x in q_profile(ready_data, 0.95))
    assert low < tau2_of("PM", *data) < high


# Restricted likelihood ---------------------------------------------------------------------------


def contrast_likelihood(yi: FloatArray, vi: FloatArray, tau2: FloatArray) -> FloatArray:
    """Restricted log-likelihood by its definition: the density of k - 1 error contrasts.

    Patterson & Thompson 1971: the likelihood of any contrasts A y that are free of the mean, here
    Helmert's. The same as the profile form up to log(k) / 2, with none of its algebra.
    """
    a = linalg.helmert(len(yi))
    covariance = (a * vi) @ a.T + np.asarray(tau2)[:, None, None] * (a @ a.T)
    contrasts = a @ yi
    _, log_det = np.linalg.slogdet(covariance)
    solved = np.linalg.solve(
        covariance, np.broadcast_to(contrasts, log_det.shape + contrasts.shape)[..., None]
    )
    return -0.5 * (log_det + solved[..., 0] @ contrasts)


def scan(yi: FloatArray, vi: FloatArray, points: int) -> tuple[FloatArray, FloatArray]:
    """A fine scan from 0 to far beyond the data, each local maximum polished by golden section."""
    widest = 4 * (np.ptp(yi) ** 2 + vi.max())
    ladder = np.geomspace(vi.min() / 1e3, widest, points)
    tau2 = np.concatenate([[0.0], ladder])
    height = contrast_likelihood(yi, vi, tau2)
    found = [0.0]
    for i in range(1, len(tau2) - 1):
        if height[i] >= max(height[i - 1], height[i + 1]):
            polished = optimize.minimize_scalar(
                lambda t: -float(contrast_likelihood(yi, vi, np.array([t]))[0]),
                bounds=(tau2[i - 1], tau2[i + 1]),
                method="bounded",
                options={"xatol": 1e-10 * tau2[i]},
            )
            found.append(float(polished.x))
    maxima = np.array(found)
    return maxima, contrast_likelihood(yi, vi, maxima)


@given(data=some_studies(min_size=2, max_size=7, decades=2.5))
def test_reml_is_the_global_maximum(data: Arrays) -> None:
    """Not below any point of a fine scan of a likelihood that is written down differently."""
    maxima, heights = scan(*data, points=400)
    ours = tau2_of("REML", *data)
    height = float(contrast_likelihood(*data, np.array([ours]))[0])
    assert height >= heights.max() - 1e-9 * max(1.0, abs(height))
    best = float(maxima[heights.argmax()])
    others = heights[np.abs(maxima - best) > 1e-4 * (best + data[1].min())]
    if others.size == 0 or others.max() < heights.max() - 1e-6:  # no near-tie elsewhere
        assert ours == pytest.approx(best, rel=1e-4, abs=1e-4 * float(data[1].min()))


# Two precise clusters among imprecise studies: the likelihood has two maxima. `at` are both, in
# order, found by the scan above on a grid of 4,000 points; `best` says which is the higher.
BIMODAL = [
    pytest.param(
        [0.05, 0.08, 3.3, -1.8, -3.75596],
        [0.0009, 0.0009, 1.6649, 1.6649, 1.6649],
        (0.0, 4.384962),
        1,
        id="far maximum higher, by 0.000002",  # less than a scan of steps can tell
    ),
    pytest.param(
        [0.05, 0.08, 3.3, -1.8, -3.76],
        [0.0009, 0.0009, 1.6649, 1.6649, 1.6649],
        (0.0, 4.392174),
        1,
        id="far maximum higher, by 0.007",
    ),
    pytest.param(
        [0.06, -0.05, -0.71, -0.73, -0.96, -2.55],
        [0.0252, 0.0252, 0.8826, 0.8826, 0.8826, 0.8826],
        (0.0, 0.298914),
        1,
        id="far maximum higher, by 0.016",
    ),
    pytest.param(
        [0.04, 0.07, 5.13],
        [0.0205, 0.0205, 2.7763],
        (0.0, 5.503812),
        0,
        id="zero higher, by 0.021",
    ),
    pytest.param(
        [-0.08, -0.02, 0.02, 0.9, -3.65, 0.04, 1.42],
        [0.0001, 0.0001, 0.0001, 0.7128, 0.7128, 0.7128, 0.7128],
        (0.002518680, 1.516624),
        0,
        id="two maxima above zero, the near one higher",
    ),
]


@pytest.mark.parametrize(("yi", "vi", "at", "best"), BIMODAL)
def test_reml_of_a_likelihood_with_two_maxima(
    yi: list[float], vi: list[float], at: tuple[float, float], best: int
) -> None:
    """The higher of the two; an iteration from one start would stop at whichever is nearer."""
    y, v = np.array(yi), np.array(vi)
    maxima, heights = scan(y, v, points=1500)
    top_two = np.sort(maxima[np.argsort(heights)[-2:]])
    assert top_two == pytest.approx(at, rel=1e-5)  # both are there, where the example says
    expected = float(maxima[heights.argmax()])
    assert expected == pytest.approx(at[best], rel=1e-5)
    assert tau2_of("REML", y, v) == pytest.approx(expected, rel=1e-6)


def exact_score(yi: FloatArray, vi: FloatArray, tau2: float) -> tuple[Decimal, Decimal]:
    """Slope of the restricted log-likelihood to 60 digits, and the size of its terms."""
    with localcontext(prec=60):
        y, v = ([Decimal(float(x)) for x in part] for part in (yi, vi))
        w = [1 / (x + Decimal(tau2)) for x in v]
        total = sum(w)
        mean = sum(a * b for a, b in zip(w, y, strict=True)) / total
        fit_term = sum((a * (b - mean)) ** 2 for a, b in zip(w, y, strict=True))
        trace = total - sum(a * a for a in w) / total
        return (fit_term - trace) / 2, total


@given(data=some_studies(min_size=2, max_size=8, decades=3.0))
def test_the_reml_score_is_zero_at_the_answer(data: Arrays) -> None:
    """Or not above zero at tau² = 0: the slope of the likelihood in 60-digit arithmetic."""
    tau2 = tau2_of("REML", *data)
    slope, size = exact_score(*data, tau2)
    if tau2 == 0:
        assert slope <= 0
    else:
        assert abs(slope) <= Decimal("1e-9") * size


@given(data=heterogeneous(), factor=rounded(1.5, 3, 2))
def test_reml_grows_with_the_spread(data: Arrays, factor: float) -> None:
    """Effects pulled apart: more between-study variance, by every estimator."""
    yi, vi = data
    for method in METHODS:
        assert tau2_of(method, yi * factor, vi) > tau2_of(method, yi, vi)


@pytest.mark.parametrize("method", UNBIASED)
@given(data=some_studies(min_size=2, decades=0.0))
def test_equal_variances_have_a_closed_form(method: str, data: Arrays) -> None:
    """All variances v: every estimator is max(0, sample variance - v)."""
    yi, vi = data
    expected = max(0.0, float(np.var(yi, ddof=1)) - float(vi[0]))
    assert tau2_of(method, yi, vi) == pytest.approx(expected, rel=1e-9, abs=1e-12)


# Extremes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@given(
    yi=st.lists(rounded(-10, 10, 2), min_size=8, max_size=8),
    powers=st.lists(st.integers(-12, 12), min_size=8, max_size=8),
)
def test_variances_24_powers_of_ten_apart(method: str, yi: list[float], powers: list[int]) -> None:
    """1e-12 beside 1e12: finite numbers and no warning, and the estimators' own equations hold."""
    y, v = np.array(yi), 10.0 ** np.array(powers)
    found = random_fit(y, v, method, "hksj")
    for name, value in numbers(found).items():
        assert np.isfinite(value), name
    tau2 = float(found.tau2)
    if method == "PM" and tau2 > 0:
        assert generalised_q(y, v, tau2) == pytest.approx(7, rel=1e-9)
    if method == "REML":
        slope, size = exact_score(y, v, tau2)
        assert slope <= 0 if tau2 == 0 else abs(slope) <= Decimal("1e-8") * size


@pytest.mark.parametrize("method", UNBIASED)
def test_a_hundred_thousand_studies(method: str) -> None:
    """The law of large numbers: tau² 0.25 within 3%, the mean within five standard errors."""
    rng = np.random.default_rng(20260101)
    k = 100_000
    vi = rng.uniform(0.1, 1.0, k)
    found = random_fit(rng.normal(1.0, np.sqrt(vi + 0.25)), vi, method)
    assert float(found.tau2) == pytest.approx(0.25, rel=0.03)
    assert abs(float(found.estimate) - 1.0) < 5 * float(found.wald_se)
    assert float(found.weights.sum()) == pytest.approx(1.0, rel=1e-12)


def test_effects_far_from_zero_keep_their_digits() -> None:
    """Effects of a million apart by thousandths: the spread is that of the same effects near 0."""
    yi, vi = np.array([0.25, 0.5, 1.0, 0.125]), np.array([0.01, 0.02, 0.01, 0.04])
    for method in METHODS:
        near, far = tau2_of(method, yi, vi), tau2_of(method, yi + 2.0**20, vi)
        assert far == pytest.approx(near, rel=1e-6)


# Inference ---------------------------------------------------------------------------------------


@given(data=some_studies(min_size=2), tau2=st.sampled_from([0.0, 0.05, 2.0]))
def test_hartung_knapp_is_weighted_least_squares(data: Arrays, tau2: float) -> None:
    """statsmodels' WLS with weights 1 / (v + tau²): the same error, interval and p value."""
    yi, vi = data
    assume(np.ptp(yi) > 0)
    model = sm.WLS(yi, np.ones((len(yi), 1)), weights=1 / (vi + tau2)).fit()
    found = random_fit(yi, vi, tau2, "hksj")
    scale = float(np.sqrt(vi.min()))
    assert float(found.estimate) == pytest.approx(model.params[0], rel=1e-9, abs=1e-10 * scale)
    assert float(found.se) == pytest.approx(model.bse[0], rel=1e-7)
    assert float(found.df) == model.df_resid
    limits = [float(found.low), float(found.high)]
    assert limits == pytest.approx(model.conf_int(0.05)[0], rel=1e-7, abs=1e-7 * scale)
    assert float(found.p_value) == pytest.approx(model.pvalues[0], rel=1e-6, abs=1e-12)


@given(data=some_studies(), level=st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_a_fixed_effect_by_hand(data: Arrays, level: float) -> None:
    """Weights 1 / v summed exactly, and scipy's normal distribution."""
    yi, vi = data
    w = [1 / float(v) for v in vi]
    mean = math.fsum(a * float(y) for a, y in zip(w, yi, strict=True)) / math.fsum(w)
    se = math.fsum(w) ** -0.5
    found = fit(yi, vi, model="fixed", ci="wald", level=level)
    low, high = stats.norm.interval(level, loc=mean, scale=se)
    assert float(found.estimate) == pytest.approx(mean, rel=1e-11, abs=1e-12 * se)
    assert float(found.se) == pytest.approx(se, rel=1e-12)
    assert float(found.low) == pytest.approx(low, rel=1e-9, abs=1e-10 * se)
    assert float(found.high) == pytest.approx(high, rel=1e-9, abs=1e-10 * se)
    p = float(2 * stats.norm.sf(abs(mean) / se))
    assert float(found.p_value) == pytest.approx(p, rel=1e-7, abs=1e-300)
    assert found.weights == pytest.approx(np.array(w) / math.fsum(w), rel=1e-12)


@given(data=some_studies(min_size=2), ci=st.sampled_from(["wald", "t", "hksj", "hksj-adhoc"]))
def test_a_fixed_effect_is_random_effects_without_variance(data: Arrays, ci: str) -> None:
    """model="fixed" and tau2=0 given: the same fit with every interval."""
    fixed = fit(*data, model="fixed", ci=ci)  # type: ignore[arg-type]
    random = random_fit(*data, 0.0, ci)
    for name, value in numbers(fixed).items():
        assert np.array_equal(value, numbers(random)[name]), name
    assert np.array_equal(fixed.weights, random.weights)


@given(data=some_studies(min_size=2), tau2=rounded(0, 5, 2))
def test_a_given_tau2_is_taken_as_it_is(data: Arrays, tau2: float) -> None:
    """The weights are those of the value, whatever the data say."""
    found = random_fit(*data, tau2)
    assert float(found.tau2) == pytest.approx(tau2, rel=1e-15)
    weights = 1 / (data[1] + tau2)
    assert found.weights == pytest.approx(weights / weights.sum(), rel=1e-12)
    assert float(found.wald_se) == pytest.approx(weights.sum() ** -0.5, rel=1e-12)


@given(data=some_studies(min_size=2), method=st.sampled_from(METHODS))
def test_the_ad_hoc_interval_is_the_wider_of_the_two_errors(data: Arrays, method: str) -> None:
    """Its standard error is the larger of Wald's and Hartung-Knapp's; t quantile with k - 1 df."""
    wald, knapp, adhoc = (random_fit(*data, method, ci) for ci in ("wald", "hksj", "hksj-adhoc"))
    larger = max(float(wald.se), float(knapp.se))
    assert float(adhoc.se) == pytest.approx(larger, rel=1e-12)
    half = float(stats.t.ppf(0.975, len(data[0]) - 1)) * larger
    assert float(adhoc.high - adhoc.estimate) == pytest.approx(half, rel=1e-9)


@given(data=some_studies(min_size=2))
def test_i2_from_tau2_by_hand(data: Arrays) -> None:
    """Higgins & Thompson 2002, eq. (9): the typical variance in exact fractions."""
    found = random_fit(*data, "REML")
    w = [1 / Fraction(float(v)) for v in data[1]]
    typical = float((len(w) - 1) * sum(w) / (sum(w) ** 2 - sum(a * a for a in w)))
    tau2, spread = float(found.tau2), found.heterogeneity
    assert float(spread.i2_from_tau2) == pytest.approx(tau2 / (tau2 + typical), rel=1e-9)
    assert float(spread.h2_from_tau2) == pytest.approx(1 + tau2 / typical, rel=1e-9)
    q, df = float(spread.q), len(w) - 1
    assert float(spread.q_p) == pytest.approx(float(stats.chi2.sf(q, df)), rel=1e-8, abs=1e-300)
    assert float(spread.i2_from_q) == pytest.approx(max(0.0, 1 - df / q) if q else 0.0, abs=1e-12)
    assert float(spread.h2_from_q) == pytest.approx(q / df, rel=1e-12)


# Roots -------------------------------------------------------------------------------------------

Step = Callable[[FloatArray], tuple[FloatArray, FloatArray]]
BAD_STEPS: dict[str, Callable[[FloatArray, FloatArray], FloatArray]] = {
    "nan": lambda x, root: np.full_like(x, np.nan),
    "infinite": lambda x, root: np.full_like(x, np.inf),
    "zero": lambda x, root: np.zeros_like(x),
    "the wrong way": lambda x, root: -(root - x),
    "far beyond": lambda x, root: 1e9 * (root - x),
    "exact": lambda x, root: root - x,
    "creeping": lambda x, root: 0.01 * (root - x),
}


def solve(root: FloatArray, newton: str, flat: float = 1.0) -> FloatArray:
    """Ask for the roots of a falling function of any steepness on [0, 10]."""

    def step(x: FloatArray) -> tuple[FloatArray, FloatArray]:
        return np.sign(root - x) * np.abs(root - x) ** flat, BAD_STEPS[newton](x, root)

    zeros = np.zeros_like(root)
    return falling_root(step, zeros, zeros + 10.0, zeros, zeros + 1.0)


@pytest.mark.parametrize("newton", BAD_STEPS)
@given(
    root=st.lists(rounded(0.001, 9.999, 3), min_size=1, max_size=5),
    flat=st.sampled_from([0.0, 0.2, 1.0, 5.0]),
)
def test_the_root_is_found_whatever_the_newton_steps(
    newton: str, root: list[float], flat: float
) -> None:
    """The value alone leads there: steps of any function, and functions as flat as a stair."""
    expected = np.array(root)
    found = solve(expected, newton, flat)
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)


@given(
    jump=rounded(0.01, 9.99, 2),
    nan=st.booleans(),
    tilt=st.sampled_from([0.0, 1e-9, 1.0]),
)
def test_the_jump_of_a_stair_is_its_root(jump: float, nan: bool, tilt: float) -> None:
    """A function without a zero that jumps from 1 to -1: the place where its sign changes."""

    def step(x: FloatArray) -> tuple[FloatArray, FloatArray]:
        value = np.where(x < jump, 1.0, -1.0) - tilt * x / 1e3
        return value, np.full_like(x, np.nan if nan else 0.37)

    one = np.ones(1)
    found = falling_root(step, 0 * one, 10 * one, 0 * one, one)
    assert found == pytest.approx(jump, rel=1e-12)


@given(low=rounded(-5, 5, 2), width=rounded(0, 5, 2), seed=st.integers(0, 10**6))
def test_the_answer_stays_in_the_bracket(low: float, width: float, seed: int) -> None:
    """Values and steps drawn at random, NaN among them: no answer outside, no warning, an end."""
    rng = np.random.default_rng(seed)
    calls = 0

    def step(x: FloatArray) -> tuple[FloatArray, FloatArray]:
        nonlocal calls
        calls += 1
        value, newton = rng.normal(size=x.shape), rng.standard_cauchy(x.shape)
        return np.where(rng.random(x.shape) < 0.1, np.nan, value), newton

    one = np.full(3, 1.0)
    found = falling_root(step, low * one, (low + width) * one, low * one, one)
    assert np.all((found >= low) & (found <= low + width))
    assert calls <= 200


def test_what_was_handed_in_is_left_as_it_was() -> None:
    """The bracket and the start belong to the caller."""
    low, high, start = np.zeros(2), np.full(2, 10.0), np.full(2, 5.0)
    falling_root(lambda x: (1.0 - x, 1.0 - x), low, high, start, np.ones(2))
    assert (low.tolist(), high.tolist(), start.tolist()) == ([0, 0], [10, 10], [5, 5])
