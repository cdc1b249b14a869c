"""Prediction intervals and predicted true effects: outside values, second computations, laws."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from metaonc.kernels import ESTIMATORS, prediction_hts
from metaonc.kernels import studies as ready
from metaonc.kernels.prediction import (
    PREDICTION_INTERVALS,
    Prediction,
    _predict,
    draw_tau2,
    predict_nnf,
    probability_above,
    shrink,
)
from metaonc.kernels.weighting import weigh
from tests.reference import Case, cases, label, studies
from tests.reference.comparison import Comparison
from tests.strategies import Arrays, batches, heterogeneous, rounded
from tests.strategies import studies as some_studies

FloatArray = NDArray[np.float64]
METHODS = tuple(PREDICTION_INTERVALS)
# Hartung and Knapp (2001): cisapride in non-ulcer dyspepsia, responders and patients.
RESPONDERS = np.array([15, 12, 29, 42, 14, 44, 14, 29, 10, 17, 38, 19, 21])
PATIENTS = np.array([16, 16, 34, 56, 22, 54, 17, 58, 14, 26, 44, 29, 38])
PLACEBO_RESPONDERS = np.array([9, 1, 18, 31, 6, 17, 7, 23, 3, 6, 12, 22, 19])
PLACEBO_PATIENTS = np.array([16, 16, 34, 56, 22, 55, 15, 58, 15, 27, 45, 30, 38])


def predict(
    yi: Any, vi: Any, method: str, tau2: str = "REML", level: float = 0.95
) -> dict[str, FloatArray]:
    """A prediction interval by name, in the units of the data."""
    data = ready(yi, vi)
    found = PREDICTION_INTERVALS[method](data, ESTIMATORS[tau2](data), level)
    lengths = {name: part * data.unit for name, part in found._asdict().items() if name != "df"}
    return {**lengths, "df": found.df}


def same(found: Any, expected: Any, rtol: float, floor: float = 0.0) -> bool:
    """Equal, or as close as `rtol` of the value or of `floor` if that is larger."""
    first, second = float(found), math.nan if expected is None else float(expected)
    if first == second or (math.isnan(first) and math.isnan(second)):
        return True
    return abs(first - second) <= rtol * max(abs(second), floor)


def cisapride() -> Arrays:
    """Log odds ratios with a half added to every cell."""
    cells = [
        part + 0.5
        for part in (
            RESPONDERS,
            PATIENTS - RESPONDERS,
            PLACEBO_RESPONDERS,
            PLACEBO_PATIENTS - PLACEBO_RESPONDERS,
        )
    ]
    a, b, c, d = cells
    return np.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d


# Outside values ----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("mean_intervals", "mean"), ids=label)
def test_every_interval_is_that_of_metagen(case: Case) -> None:
    """meta `metagen` after every estimator: V, HTS, HK, HK-se, HK-PR, S; after REML KR, KR-PR.

    What meta leaves out has 0 or fewer degrees of freedom: ours is NaN.
    """
    yi, vi = studies(case.source)
    tau2 = case.args["method.tau"]
    compare = Comparison(case, tau2)
    for name, row in case.out["predict"].items():
        found = predict(yi, vi, name, tau2)
        compare.of(f"prediction {name} after {tau2}")
        compare("se", found["se"], row["seTE"])
        compare("df", found["df"], row["df"])
        compare.interval("limits", (found["low"], found["high"]), row["lower"], row["upper"])
    compare.done()
    for name in set(METHODS) - set(case.out["predict"]):
        if tau2 == "REML" or not name.startswith("KR"):
            assert np.isnan(predict(yi, vi, name, tau2)["low"]), name


@pytest.mark.parametrize("case", cases("mean_intervals", "blup"), ids=label)
def test_true_effects_are_those_of_blup_and_ranef(case: Case) -> None:
    """metafor `blup` and `ranef` after REML."""
    data = ready(*studies(case.source))
    found = shrink(data, ESTIMATORS["REML"](data), 0.95)
    compare, unit, out = Comparison(case, "REML"), data.unit, case.out
    compare.location("mean", found.mean * unit, out["pred"])
    compare("se", found.se * unit, out["se"])
    compare.location("low", found.low * unit, out["pi.lb"])
    compare.location("high", found.high * unit, out["pi.ub"])
    compare.location("deviation", found.deviation * unit, out["ranef"])
    compare("deviation se", found.deviation_se * unit, out["ranef.se"])
    compare.done()


def test_nnf_is_that_of_pimeta() -> None:
    """pimeta 1.1.4, article "Introduction": exp of (0.533, 33.692) from 25000 draws.

    Its draws and ours leave limits with a standard error of about 0.02 on the log scale.
    """
    yi, vi = cisapride()
    assert yi[:3] == pytest.approx([2.098986, 3.357026, 1.565232], abs=1e-6)
    assert np.sqrt(vi[:3]) == pytest.approx([0.9847737, 1.0165653, 0.5747840], abs=1e-6)
    data = ready(yi, vi)
    low, high = predict_nnf(data, 0.95, np.random.default_rng(2), 100_000)
    assert float(low * data.unit) == pytest.approx(math.log(0.533), abs=0.06)
    assert float(high * data.unit) == pytest.approx(math.log(33.692), abs=0.06)


def test_the_grid_has_not_shrunk() -> None:
    """The number of cases, and of intervals."""
    assert len(cases("mean_intervals", "blup")) == 74
    found = sum(len(case.out["predict"]) for case in cases("mean_intervals", "mean"))
    assert found == 430 * 6 - 8 * 2 + 117 + 111


# Computed a second way ---------------------------------------------------------------------------


@given(data=some_studies(min_size=3))
def test_hts_is_the_function_that_results_use(data: Arrays) -> None:
    """The same numbers as `prediction_hts`, from the mean and its standard error."""
    held = ready(*data)
    tau2 = ESTIMATORS["REML"](held)
    at = weigh(held, tau2)
    expected = prediction_hts(at.mean, 1 / np.sqrt(at.total), tau2, held.k, 0.9)
    found = PREDICTION_INTERVALS["HTS"](held, tau2, 0.9)
    assert [float(found.low), float(found.high)] == pytest.approx(
        [float(part) for part in expected]
    )


@given(data=some_studies(min_size=2, max_size=8))
def test_true_effects_from_henderson_equations(data: Arrays) -> None:
    """Mixed-model equations for the mean and the deviations, and the inverse of their matrix."""
    yi, vi = data
    held = ready(yi, vi)
    tau2 = ESTIMATORS["REML"](held)
    found = shrink(held, tau2, 0.95)
    if float(tau2) < 1e-6:
        assert found.deviation == pytest.approx(np.zeros(len(yi)), abs=1e-4)
        return
    k, w = len(yi), 1 / held.vi
    matrix = np.zeros((k + 1, k + 1))
    matrix[0, 0] = w.sum()
    matrix[0, 1:] = matrix[1:, 0] = w
    matrix[1:, 1:] = np.diag(w + 1 / float(tau2))
    inverse = np.linalg.inv(matrix)
    mean, *deviations = inverse @ np.append((w * held.yi).sum(), w * held.yi)
    of_sum = np.diag(inverse)[1:] + inverse[0, 0] + 2 * inverse[0, 1:]
    assert found.deviation == pytest.approx(np.array(deviations), rel=1e-6, abs=1e-7)
    assert found.deviation_se == pytest.approx(np.sqrt(np.diag(inverse)[1:]), rel=1e-6)
    assert found.mean == pytest.approx(mean + np.array(deviations), rel=1e-6, abs=1e-7)
    assert found.se == pytest.approx(np.sqrt(of_sum), rel=1e-6)


def test_draws_of_tau2_have_the_confidence_distribution() -> None:
    """P(draw <= t) is P(Q(t) >= q), and that from simulated studies with tau² = t."""
    yi, vi = np.array([0.1, 0.9, 0.3, -0.4, 0.6]), np.array([0.04, 0.09, 0.02, 0.05, 0.2])
    data = ready(yi, vi)
    drawn = np.sort(draw_tau2(data, np.random.default_rng(1), 100_000)) * float(data.unit) ** 2
    rng, w = np.random.default_rng(2), 1 / vi
    observed = (w * (yi - np.average(yi, weights=w)) ** 2).sum()
    for tau2 in (0.0, 0.02, 0.1, 0.5, 3.0):
        effects = rng.normal(size=(100_000, 5)) * np.sqrt(vi + tau2)
        mean = (effects * w).sum(axis=-1, keepdims=True) / w.sum()
        share = np.mean((w * (effects - mean) ** 2).sum(axis=-1) >= observed)
        assert np.mean(drawn <= tau2) == pytest.approx(share, abs=0.01)


def test_draws_of_tau2_with_equal_variances_are_scaled_chi_squares() -> None:
    """Q(tau²) / (1 + tau²/v) is chi-square with k - 1 degrees of freedom."""
    data = ready([0.0, 3.0, 1.0, -2.0], np.full(4, 0.25))
    drawn = draw_tau2(data, np.random.default_rng(1), 50_000)
    at_zero = weigh(data).q
    v = float(data.vi[0])

    def distribution(tau2: float) -> float:
        return float(stats.chi2.sf(float(at_zero) / (1 + tau2 / v), 3))

    for tau2 in np.quantile(drawn, [0.2, 0.5, 0.8]):
        assert np.mean(drawn <= tau2) == pytest.approx(distribution(tau2), abs=0.01)


@pytest.mark.parametrize("method", METHODS)
@given(data=heterogeneous(max_size=8), level=st.sampled_from([0.5, 0.9, 0.95]))
@settings(max_examples=20)
def test_probability_beyond_a_limit_is_half_of_what_the_interval_leaves(
    method: str, data: Arrays, level: float
) -> None:
    """The tail above the upper limit, from scipy's distributions; the tails of a point sum to 1."""
    held = ready(*data)
    found = PREDICTION_INTERVALS[method](held, ESTIMATORS["REML"](held), level)
    if not np.isfinite(found.high):
        return
    assert float(probability_above(found, found.high)) == pytest.approx((1 - level) / 2, rel=1e-6)
    df = float(found.df)
    there = stats.norm() if math.isinf(df) else stats.t(df)
    distance = (0.3 - float(found.mean)) / float(found.se)
    assert float(probability_above(found, 0.3)) == pytest.approx(there.sf(distance), rel=1e-9)


def test_no_probability_without_a_distribution() -> None:
    """Two studies have no HTS distribution."""
    held = ready([0.1, 0.5], [0.04, 0.09])
    found = PREDICTION_INTERVALS["HTS"](held, ESTIMATORS["REML"](held), 0.95)
    assert isinstance(found, Prediction)
    assert np.isnan(probability_above(found, 0.0))


def test_next_to_no_degrees_of_freedom_give_infinite_limits() -> None:
    """As Kenward and Roger's can be; quantiles up to the end of the range of floats, silently."""
    df = np.linspace(0.003, 0.006, 2000)
    found = _predict(np.zeros(2000), np.full(2000, 1e4), np.zeros(2000), df, 0.95)
    assert np.isinf(found.high[0])
    assert np.isfinite(found.high[-1])
    assert np.all(found.high[:-1] >= found.high[1:])
    assert np.array_equal(found.low, -found.high)


# Laws --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@given(batch=batches())
@settings(max_examples=15)
def test_a_batch_of_rows_is_the_rows_one_by_one(method: str, batch: Arrays) -> None:
    """Row by row with the missing studies removed."""
    yi, vi = batch
    together = predict(yi, vi, method)
    for row in range(len(yi)):
        there = ~np.isnan(yi[row])
        alone = predict(yi[row][there], vi[row][there], method)
        scale = float(np.sqrt(vi[row][there].min()))
        for name, value in alone.items():
            assert same(together[name][row], value, 1e-6, scale), name


@pytest.mark.parametrize("method", METHODS)
@given(data=some_studies(min_size=3), power=st.integers(-300, 300))
@settings(max_examples=20)
def test_units_change_only_units(method: str, data: Arrays, power: int) -> None:
    """Powers of two change no digit; the mirror image is exchanged limits."""
    yi, vi = data
    before, c = predict(yi, vi, method), 2.0**power
    after, mirror = predict(yi * c, vi * c * c, method), predict(-yi, vi, method)
    for name in ("mean", "se", "low", "high"):
        assert same(after[name], before[name] * c, 0.0)
    assert same(-mirror["low"], before["high"], 1e-9, float(np.sqrt(vi.min())))
    assert same(-mirror["high"], before["low"], 1e-9, float(np.sqrt(vi.min())))


@pytest.mark.parametrize("method", METHODS)
@given(data=heterogeneous(max_size=7), shift=rounded(-20, 20, 3), seed=st.integers(0, 99))
@settings(max_examples=20)
def test_a_shift_shifts_and_order_does_not_matter(
    method: str, data: Arrays, shift: float, seed: int
) -> None:
    """Every study plus a constant, in another order: the interval plus that constant."""
    yi, vi = data
    order = np.random.default_rng(seed).permutation(len(yi))
    before, after = predict(yi, vi, method), predict(yi[order] + shift, vi[order], method)
    for name in ("mean", "low", "high"):
        assert same(after[name], before[name] + shift, 1e-7, float(np.sqrt(vi.max()))), name


@given(data=some_studies(min_size=3))
def test_intervals_are_nested_as_their_quantiles_are(data: Arrays) -> None:
    """S inside V inside HTS; HK inside HK-PR and inside HK-se."""
    found = {name: predict(*data, name) for name in METHODS}
    width = {name: float(one["high"] - one["low"]) for name, one in found.items()}
    assert width["S"] < width["V"] < width["HTS"]
    assert width["HK"] <= width["HK-PR"]
    assert width["HK"] <= width["HK-se"]
    assert width["KR"] <= width["KR-PR"] or math.isnan(width["KR-PR"])


@given(data=some_studies(min_size=2, max_size=6), shift=st.integers(-8, 8), seed=st.integers(0, 9))
@settings(max_examples=20)
def test_nnf_with_the_same_seed(data: Arrays, shift: int, seed: int) -> None:
    """The same state, the same interval; units and shifts pass through it."""
    yi, vi = data

    def limits(effects: FloatArray, variances: FloatArray) -> tuple[float, float]:
        held = ready(effects, variances)
        found = predict_nnf(held, 0.9, np.random.default_rng(seed), 500)
        return float(found[0] * held.unit), float(found[1] * held.unit)

    low, high = limits(yi, vi)
    assert low <= high  # equal where all studies agree
    assert limits(yi, vi) == (low, high)
    assert limits(8 * yi, 64 * vi) == (8 * low, 8 * high)
    scale = float(np.sqrt(vi.max())) + float(np.ptp(yi))
    assert limits(yi + shift, vi) == pytest.approx((low + shift, high + shift), abs=1e-8 * scale)


@given(data=some_studies(min_size=2))
def test_true_effects_lie_between_study_and_mean(data: Arrays) -> None:
    """Shrinking moves a study toward the mean and not past it; missing studies stay missing."""
    yi, vi = np.append(data[0], np.nan), np.append(data[1], 1.0)
    held = ready(yi, vi)
    tau2 = ESTIMATORS["REML"](held)
    found, mean = shrink(held, tau2, 0.95), float(weigh(held, tau2).mean)
    assert all(np.isnan(part[-1]) for part in found)
    own, new = held.yi[:-1], found.mean[:-1]
    slack = 1e-12 * (1 + np.abs(own))
    assert np.all(new >= np.minimum(own, mean) - slack)
    assert np.all(new <= np.maximum(own, mean) + slack)
    assert np.all(found.se[:-1] <= np.sqrt(held.vi[:-1]) * (1 + 1e-12))
