"""Intervals of the pooled mean: outside values, second computations, and laws for all of them."""

import itertools
import math
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import integrate, optimize, stats

from metaonc.kernels import ESTIMATORS
from metaonc.kernels import studies as ready
from metaonc.kernels.intervals import quantile
from metaonc.kernels.kenward_roger import kenward_roger
from metaonc.kernels.mean_intervals import MEAN_INTERVALS
from metaonc.kernels.resampling import parametric_bootstrap, permutation_test
from tests.reference import Case, cases, label, studies
from tests.reference.comparison import Comparison
from tests.strategies import Arrays, batches, heterogeneous, rounded
from tests.strategies import studies as some_studies

FloatArray = NDArray[np.float64]
METHODS = tuple(MEAN_INTERVALS)
META = {  # meta's words -> ours
    "classic": "wald",
    "HK": "hksj",
    "HK-se": "hksj-adhoc",
    "HK-ci": "hksj-ci",
    "HK-IQWiG6": "hksj-iqwig",
    "KR": "kr",
}
LIMITS = ("estimate", "se", "low", "high")


def interval(
    yi: Any, vi: Any, method: str, tau2: str = "REML", level: float = 0.95
) -> dict[str, FloatArray]:
    """An interval by name, in the units of the data."""
    data = ready(yi, vi)
    found = MEAN_INTERVALS[method](data, ESTIMATORS[tau2](data), level)
    inference = found.inference._asdict()
    lengths = {name: inference.pop(name) * data.unit for name in ("se", "low", "high")}
    return {
        "estimate": found.mean * data.unit,
        "tau2": found.tau2 * data.unit**2,
        **lengths,
        **inference,
    }


def same(found: Any, expected: Any, rtol: float, floor: float = 0.0) -> bool:
    """Equal, or as close as `rtol` of the value or of `floor` if that is larger."""
    first, second = float(found), math.nan if expected is None else float(expected)
    if first == second or (math.isnan(first) and math.isnan(second)):
        return True
    return abs(first - second) <= rtol * max(abs(second), floor)


# Outside values ----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("mean_intervals", "mean"), ids=label)
def test_every_interval_is_that_of_metagen(case: Case) -> None:
    """meta `metagen` after every estimator: HK with each correction, and KR after REML."""
    yi, vi = studies(case.source)
    tau2 = case.args["method.tau"]
    compare = Comparison(case, tau2)
    for name, row in case.out["random"].items():
        found = interval(yi, vi, META[name], tau2)
        compare.of(f"{name} after {tau2}")
        compare.location("estimate", found["estimate"], row["TE"])
        compare("se", found["se"], row["seTE"])
        compare("df", found["df"], row["df"])
        compare.p_value("p", found["p_value"], row["pval"])
        compare.interval("ci", (found["low"], found["high"]), row["lower"], row["upper"])
    compare.done()


@pytest.mark.parametrize("case", cases("mean_intervals", "hc"), ids=label)
def test_henmi_copas_is_that_of_metafor(case: Case) -> None:
    """metafor `hc`, whose quadrature stops at 1e-4; without it 1e-10 remains."""
    found = interval(*studies(case.source), "hc")
    exact = Comparison(case, "mean, error, tau²", rtol=1e-10)
    exact.location("estimate", found["estimate"], case.out["beta"])
    exact("se", found["se"], case.out["se"])
    exact("tau2", found["tau2"], case.out["tau2"])
    exact.done()
    compare = Comparison(case, "interval")
    compare.interval("ci", (found["low"], found["high"]), case.out["ci.lb"], case.out["ci.ub"])
    compare.done()


@pytest.mark.parametrize("case", cases("mean_intervals", "permutation"), ids=label)
def test_permutation_p_is_that_of_permutest(case: Case) -> None:
    """metafor `permutest(exact=TRUE)` after DL."""
    found = permutation_test(
        ready(*studies(case.source)), ESTIMATORS["DL"], np.random.default_rng(0)
    )
    assert found.exact
    compare = Comparison(case, "exact, after DL", rtol=1e-15)  # a count over a count
    compare("p", found.p_value, case.out["pval"])
    compare.done()


def test_the_grid_has_not_shrunk() -> None:
    """The number of cases per family, and of intervals."""
    counts = {name: len(cases("mean_intervals", name)) for name in ("mean", "hc", "permutation")}
    assert counts == {"mean": 430, "hc": 73, "permutation": 22}
    assert sum(len(case.out["random"]) for case in cases("mean_intervals", "mean")) == 430 * 5 + 117


# Computed a second way ---------------------------------------------------------------------------


@given(data=some_studies(min_size=2, max_size=8))
def test_kenward_roger_from_matrices(data: Arrays) -> None:
    """Kenward & Roger (1997) with matrices; the degrees of freedom by a change of variance."""
    yi, vi = data
    held = ready(yi, vi)
    tau2 = ESTIMATORS["REML"](held)
    inverse = np.linalg.inv(np.diag(held.vi + float(tau2)))
    x = np.ones((len(yi), 1))
    phi = np.linalg.inv(x.T @ inverse @ x)
    p = inverse - inverse @ x @ phi @ x.T @ inverse
    variance_of_tau2 = 2 / np.trace(p @ p)
    first, second = -x.T @ inverse @ inverse @ x, x.T @ inverse @ inverse @ inverse @ x
    adjusted = phi + 2 * phi * variance_of_tau2 * (second - first @ phi @ first) @ phi
    slope = adjusted @ -first @ adjusted  # of the variance of the mean, in tau²
    df = 2 * adjusted**2 / (variance_of_tau2 * slope**2)
    se, found_df = kenward_roger(held, tau2)
    assert float(se) == pytest.approx(math.sqrt(adjusted.item()), rel=1e-9)
    assert float(found_df) == pytest.approx(df.item(), rel=1e-9)


def profile_height(yi: FloatArray, vi: FloatArray, mean: float) -> float:
    """Log-likelihood at a mean, the best of a fine scan of tau² and a bounded search around it."""
    squares = (yi - mean) ** 2

    def loss(log_tau2: float) -> float:
        variances = vi + math.exp(log_tau2)
        return float(np.sum(np.log(variances) + squares / variances)) / 2

    grid = np.linspace(math.log(1e-9 * vi.min()), math.log(2 * squares.max() + vi.min()), 400)
    best = int(np.argmin([loss(point) for point in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    refined = optimize.minimize_scalar(
        loss, bounds=(low, high), method="bounded", options={"xatol": 1e-12}
    ).fun
    at_zero = float(np.sum(np.log(vi) + squares / vi)) / 2
    return -min(refined, at_zero)


@given(data=some_studies(min_size=2, max_size=6), level=st.sampled_from([0.8, 0.95, 0.99]))
@settings(max_examples=15)
def test_profile_likelihood_by_brute_force(data: Arrays, level: float) -> None:
    """At both limits the likelihood is a chi-square quantile below its best, beyond them lower."""
    yi, vi = data
    found = interval(yi, vi, "profile", level=level)
    best = profile_height(yi, vi, float(found["estimate"]))
    drop = stats.chi2.ppf(level, 1) / 2
    width = float(found["high"] - found["low"])
    for sign, limit in ((-1, float(found["low"])), (1, float(found["high"]))):
        assert best - profile_height(yi, vi, limit) == pytest.approx(drop, rel=1e-6)
        for step in (0.001, 0.1, 1.0, 10.0):
            assert best - profile_height(yi, vi, limit + sign * step * width) > drop
    assert float(found["p_value"]) == pytest.approx(
        stats.chi2.sf(max(0.0, 2 * (best - profile_height(yi, vi, 0.0))), 1), rel=1e-5, abs=1e-9
    )


@given(data=some_studies(min_size=2, max_size=6), level=st.sampled_from([0.5, 0.95, 0.999]))
@settings(max_examples=25)
def test_henmi_copas_from_matrices_and_adaptive_quadrature(data: Arrays, level: float) -> None:
    """Conditional moments by matrices, P(|U| > u) by QUADPACK: at our u it is 1 - level."""
    yi, vi = data
    k, found = len(yi), interval(yi, vi, "hc", level=level)
    w, tau2 = 1 / vi, float(found["tau2"])
    total, square = w.sum(), (w**2).sum()
    a = np.diag(w) - np.outer(w, w) / total
    sigma = np.diag(vi + tau2)
    c = sigma @ w / total
    variance = w @ sigma @ w / total**2
    given_mean, b = sigma - np.outer(c, c) / variance, c / math.sqrt(variance)

    def below(r: float, u: float) -> float:
        mean = np.trace(a @ given_mean) + r**2 * (b @ a @ b)
        spread = 2 * np.trace(a @ given_mean @ a @ given_mean)
        spread += 4 * r**2 * (b @ a @ given_mean @ a @ b)
        needed = (r**2 * variance * total / u**2 - 1) * total / square
        limit = k - 1 + needed * (total - square / total)
        return float(stats.gamma.cdf(limit, mean**2 / spread, scale=spread / mean))

    u = float(found["high"] - found["estimate"]) / float(found["se"])
    start = u / math.sqrt(variance * total)
    tail, _ = integrate.quad(
        lambda r: 2 * stats.norm.pdf(r) * below(r, u), start, start + 12, epsabs=1e-13, limit=200
    )
    assert tail == pytest.approx(1 - level, rel=1e-7)
    assert float(found["se"]) == pytest.approx(math.sqrt(variance), rel=1e-9)


@pytest.mark.parametrize("method", ["DL", "REML"])
@given(data=some_studies(min_size=2, max_size=5))
@settings(max_examples=15)
def test_permutation_test_one_flip_at_a_time(method: str, data: Arrays) -> None:
    """All 2^k sign patterns, each fitted on its own."""
    yi, vi = data

    def z(effects: FloatArray) -> float:
        found = interval(effects, vi, "wald", method)
        return abs(float(found["estimate"] / found["se"]))

    flips = itertools.product([1.0, -1.0], repeat=len(yi))
    observed = z(yi)
    share = np.mean([z(yi * np.array(signs)) >= observed * (1 - 1e-8) for signs in flips])
    found = permutation_test(ready(yi, vi), ESTIMATORS[method], np.random.default_rng(0))
    assert float(found.p_value) == share


def test_a_sample_of_flips_comes_near_all_of_them() -> None:
    """Twelve studies: 2048 patterns against 1024 at random; the data count as one of them."""
    rng = np.random.default_rng(7)
    yi, vi = rng.normal(0.3, 0.5, 12), rng.uniform(0.05, 0.3, 12)
    data, estimator = ready(yi, vi), ESTIMATORS["DL"]
    every = permutation_test(data, estimator, rng)
    some = permutation_test(data, estimator, np.random.default_rng(1), most=1024)
    assert (every.exact, every.flips, some.exact, some.flips) == (True, 2048, False, 1024)
    assert float(some.p_value) >= 1 / 1024
    assert float(some.p_value) == pytest.approx(float(every.p_value), abs=4 * 0.5 / 32)
    again = permutation_test(data, estimator, np.random.default_rng(1), most=1024)
    assert float(again.p_value) == float(some.p_value)


def test_bootstrap_of_studies_without_heterogeneity_is_a_z_interval() -> None:
    """With tau² known to be 0 the statistic is standard normal: c comes near 1.96, p near z's."""
    yi, vi = np.array([0.1, 0.4, 0.3]), np.array([0.04, 0.09, 0.02])
    data = ready(yi, vi)
    none = np.zeros(())
    found = parametric_bootstrap(
        data, none, 0.95, lambda held: np.zeros_like(held.k), np.random.default_rng(3), 39_999
    )
    z = interval(yi, vi, "wald", "DL")
    assert float((found.high - found.low) / found.se) == pytest.approx(2 * 1.95996, rel=0.02)
    assert float(found.p_value) == pytest.approx(float(z["p_value"]), abs=0.01)


def test_bootstrap_interval_one_sample_at_a_time() -> None:
    """The critical value is an order statistic of |z| of samples that are fitted one by one."""
    yi, vi = np.array([0.1, 0.9, 0.3, -0.4]), np.array([0.04, 0.09, 0.02, 0.05])
    data, estimator = ready(yi, vi), ESTIMATORS["REML"]
    tau2 = estimator(data)
    found = parametric_bootstrap(data, tau2, 0.9, estimator, np.random.default_rng(5), 199)
    noise = np.random.default_rng(5).standard_normal((199, 4))
    spread = np.sqrt(vi + float(tau2 * data.unit**2))
    sizes = []
    for sample in noise * spread:
        one = interval(sample, vi, "wald")
        sizes.append(abs(float(one["estimate"] / one["se"])))
    critical = sorted(sizes)[179]  # the 180th of 199
    assert float(found.high - found.low) / 2 == pytest.approx(critical * float(found.se), rel=1e-7)
    wald = interval(yi, vi, "wald")
    larger = sum(size >= abs(float(wald["statistic"])) for size in sizes)
    assert float(found.p_value) == (1 + larger) / 200


def test_bootstrap_too_small_for_its_level_is_infinite() -> None:
    """Nine samples cannot bound 95 percent."""
    data = ready([0.1, 0.4, 0.3], [0.04, 0.09, 0.02])
    found = parametric_bootstrap(
        data, np.zeros(()), 0.95, ESTIMATORS["DL"], np.random.default_rng(3), 9
    )
    assert (float(found.low), float(found.high)) == (-np.inf, np.inf)


@pytest.mark.parametrize("df", [0.005, 0.01, 0.05, 0.5, 1.0, 3.0, 100.0])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_quantiles_of_t_for_any_degrees_of_freedom(df: float, level: float) -> None:
    """Back through the tail of scipy's distribution; where that ends, the tail is a power law."""
    found, tail = float(quantile(level, np.array(df))), (1 - level) / 2
    if found < 1e150:
        assert stats.t.sf(found, df) == pytest.approx(tail, rel=1e-9)
    else:
        expected = math.log(stats.t.isf(0.25, df)) + math.log(0.25 / tail) / df
        largest = math.log(np.finfo(float).max)
        assert math.log(found) == (
            math.inf if expected > largest else pytest.approx(expected, rel=1e-9)
        )


def test_a_quantile_beyond_all_numbers_is_infinite() -> None:
    """dat.chiarito2020 has 0.0023 degrees of freedom after Kenward and Roger: a limit of 10^563."""
    assert float(quantile(0.95, np.array(0.0023))) == np.inf


# Laws --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@given(batch=batches())
@settings(max_examples=15)
def test_a_batch_of_rows_is_the_rows_one_by_one(method: str, batch: Arrays) -> None:
    """Row by row with the missing studies removed."""
    yi, vi = batch
    together = interval(yi, vi, method)
    for row in range(len(yi)):
        there = ~np.isnan(yi[row])
        alone = interval(yi[row][there], vi[row][there], method)
        scale = float(np.sqrt(vi[row][there].min()))
        for name in LIMITS:
            found, expected = float(together[name][row]), float(alone[name])
            assert found == pytest.approx(expected, rel=1e-6, abs=1e-7 * scale), name


@pytest.mark.parametrize("method", METHODS)
@given(data=some_studies(min_size=2, max_size=7), power=st.integers(-300, 300))
@settings(max_examples=20)
def test_units_change_only_units(method: str, data: Arrays, power: int) -> None:
    """Powers of two change no digit; the mirror image is exchanged limits."""
    yi, vi = data
    before = interval(yi, vi, method)
    c = 2.0**power
    after = interval(yi * c, vi * c * c, method)
    assert [float(after[name]) for name in LIMITS] == [float(before[name]) * c for name in LIMITS]
    assert float(after["p_value"]) == float(before["p_value"])
    mirror, scale = interval(-yi, vi, method), float(np.sqrt(vi.min()))
    assert -float(mirror["low"]) == pytest.approx(float(before["high"]), rel=1e-9, abs=1e-9 * scale)
    assert -float(mirror["high"]) == pytest.approx(float(before["low"]), rel=1e-9, abs=1e-9 * scale)


@pytest.mark.parametrize("method", METHODS)
@given(data=heterogeneous(max_size=7), shift=rounded(-20, 20, 3), seed=st.integers(0, 99))
@settings(max_examples=20)
def test_a_shift_shifts_and_order_does_not_matter(
    method: str, data: Arrays, shift: float, seed: int
) -> None:
    """Every study plus a constant, in another order: the interval plus that constant."""
    yi, vi = data
    order = np.random.default_rng(seed).permutation(len(yi))
    before = interval(yi, vi, method)
    after = interval(yi[order] + shift, vi[order], method)
    scale = float(np.sqrt(vi.min()))
    for name in ("estimate", "low", "high"):
        expected = float(before[name]) + shift
        assert float(after[name]) == pytest.approx(expected, rel=1e-7, abs=1e-7 * scale), name


@pytest.mark.parametrize("method", [name for name in METHODS if name != "hksj-iqwig"])
@given(data=some_studies(min_size=2, max_size=7))
@settings(max_examples=20)
def test_a_higher_level_is_a_wider_interval(method: str, data: Arrays) -> None:
    """80 percent lies inside 95, and 95 inside 99; IQWiG's choice depends on the level."""
    yi, vi = data
    found = [interval(yi, vi, method, level=level) for level in (0.8, 0.95, 0.99)]
    for narrow, wide in itertools.pairwise(found):
        assert wide["low"] <= narrow["low"] <= narrow["estimate"]
        assert wide["high"] >= narrow["high"] >= narrow["estimate"]


@pytest.mark.parametrize("method", [m for m in METHODS if m not in ("profile", "skovgaard")])
@given(data=some_studies(min_size=2, max_size=7))
@settings(max_examples=20)
def test_the_test_and_the_interval_agree(method: str, data: Arrays) -> None:
    """p below 0.05 is 0 outside the 95 percent interval; at a limit p is 0.05."""
    yi, vi = data
    found = interval(yi, vi, method)
    outside = bool(found["low"] > 0 or found["high"] < 0)
    assert outside == (float(found["p_value"]) < 0.05)
    limit = float(found["high"])
    half = limit - float(found["estimate"])  # 0 but for rounding where all studies agree
    if 1e-6 * np.sqrt(vi.min()) < half < 1e6:
        assert float(interval(yi - limit, vi, method)["p_value"]) == pytest.approx(0.05, rel=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_one_study(method: str) -> None:
    """One study has a Wald interval and no other."""
    found = interval([0.4], [0.04], method)
    expected = method == "wald"
    assert bool(np.isfinite(found["low"]) and np.isfinite(found["high"])) == expected


@given(data=some_studies(min_size=2, max_size=7))
@settings(max_examples=30)
def test_what_each_correction_of_hartung_knapp_promises(data: Arrays) -> None:
    """se: not below Wald's; ci: no narrower than either; iqwig: Hartung-Knapp or Wald's se."""
    yi, vi = data
    found = {name: interval(yi, vi, name) for name in METHODS}
    width = {name: float(one["high"] - one["low"]) for name, one in found.items()}
    assert float(found["hksj-adhoc"]["se"]) >= float(found["wald"]["se"]) * (1 - 1e-12)
    assert width["hksj-ci"] == max(width["hksj"], width["wald"])
    if width["hksj"] >= float(np.ptp([*_dl_wald(yi, vi)])):
        assert width["hksj-iqwig"] == width["hksj"]
    else:
        assert float(found["hksj-iqwig"]["se"]) == pytest.approx(float(found["wald"]["se"]))


def _dl_wald(yi: FloatArray, vi: FloatArray) -> tuple[float, float]:
    found = interval(yi, vi, "wald", "DL")
    return float(found["low"]), float(found["high"])


@cache
def wild() -> Arrays:
    """Two hundred rows of five studies with variances over twelve powers of ten."""
    rng = np.random.default_rng(11)
    vi = 10.0 ** rng.uniform(-6, 6, size=(200, 5))
    return rng.normal(size=(200, 5)) * np.sqrt(vi) + rng.normal(size=(200, 5)) * 3, vi


@pytest.mark.parametrize("method", METHODS)
def test_every_input_has_an_interval(method: str) -> None:
    """Limits exist, around the estimate, however unequal the variances."""
    found = interval(*wild(), method, "DL")
    assert not np.isnan(found["low"]).any()
    assert not np.isnan(found["high"]).any()
    assert np.all(found["low"] <= found["estimate"])
    assert np.all(found["estimate"] <= found["high"])
    assert np.all((found["p_value"] >= 0) & (found["p_value"] <= 1))
