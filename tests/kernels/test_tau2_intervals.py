"""Intervals of tau²: metafor and meta, second computations, and laws for every method."""

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import integrate, optimize, stats

from metaonc.kernels import tau2_intervals
from metaonc.kernels.arrays import studies as ready
from metaonc.kernels.maxima import highest_tau2
from metaonc.kernels.tau2 import tau2_moment
from metaonc.kernels.tau2_errors import moment_standard_error
from metaonc.kernels.tau2_intervals import TAU2_INTERVALS, tau2_where_q_is_median
from metaonc.kernels.weighting import weigh_by
from tests.reference import Case, cases, label, studies
from tests.reference.comparison import Comparison
from tests.strategies import Arrays, batches, heterogeneous, rounded
from tests.strategies import studies as some_studies

FloatArray = NDArray[np.float64]
METHODS = tuple(TAU2_INTERVALS)
few = settings(max_examples=12)  # laws that solve for many exact limits in each example
WEIGHTS = {
    "1/vi": tau2_intervals.inverse_variances,
    "1/sei": tau2_intervals.inverse_standard_errors,
}
# metafor's `type` and `method` -> ours.
LIKELIHOOD = {
    "PL REML": "PL",
    "PL ML": "PL-ML",
    "Wald REML": "Wald",
    "wald.log REML": "Wald-log",
    "wald.sqrt REML": "Wald-sqrt",
    "HT DL": "HT",
}


def interval(method: str, yi: FloatArray, vi: FloatArray, level: float = 0.95) -> tuple[Any, Any]:
    """Limits in the units of the data."""
    data = ready(yi, vi)
    low, high = TAU2_INTERVALS[method](data, level)
    return low * data.unit**2, high * data.unit**2


def limits(method: str, yi: FloatArray, vi: FloatArray, level: float = 0.95) -> tuple[float, float]:
    """The same for one meta-analysis."""
    low, high = interval(method, yi, vi, level)
    return float(low), float(high)


# Other programs ----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("tau2_intervals", "genq"), ids=label)
def test_generalised_q_intervals_are_those_of_confint_rma(case: Case) -> None:
    """metafor `confint(type="GENQ")`, solved to full precision; empty intervals are (0, 0)."""
    method = {"1/vi": "BJ", "1/sei": "J"}[case.args["weights"]]
    found = limits(method, *studies(case.source), case.out["level"] / 100)
    compare = Comparison(case, method)
    compare("limits", found, [case.out["ci.lb.tau2"], case.out["ci.ub.tau2"]])
    compare.done()


@pytest.mark.parametrize("case", cases("tau2_intervals", "likelihood"), ids=label)
def test_likelihood_intervals_are_those_of_confint_rma(case: Case) -> None:
    """metafor `confint` with type PL, Wald, wald.log, wald.sqrt and HT."""
    method = LIKELIHOOD[f"{case.args['type']} {case.args['method']}"]
    found = limits(method, *studies(case.source), case.out["level"] / 100)
    compare = Comparison(case, method)
    compare("limits", found, [case.out["ci.lb"], case.out["ci.ub"]])
    compare.done()


@pytest.mark.parametrize("case", cases("tau2_intervals", "tauci"), ids=label)
def test_a_second_program_agrees_as_far_as_it_searches(case: Case) -> None:
    """meta `method.tau.ci`: its search stops at an absolute tolerance, and at 100."""
    low, high = limits(case.args["method.tau.ci"], *studies(case.source))
    compare, absolute = Comparison(case, case.args["method.tau.ci"]), case.atol / case.rtol
    compare("low", low, case.out["lower.tau2"], floor=absolute)
    if case.out["upper.tau2"] == 100:
        assert high > 100
    else:
        compare("high", high, case.out["upper.tau2"], floor=absolute)
    compare.done()


@pytest.mark.parametrize("case", cases("tau2_intervals", "genq_estimate"), ids=label)
def test_generalised_q_estimates_are_those_of_rma_uni(case: Case) -> None:
    """metafor `rma.uni`, GENQ (moments) and GENQM (median)."""
    data = ready(*studies(case.source))
    estimate = {"GENQ": tau2_moment, "GENQM": tau2_where_q_is_median}[case.args["method"]]
    weights = WEIGHTS[case.args["weights"]](data)
    own = estimate(data, weights)
    compare = Comparison(case, f"{case.args['method']}, weights {case.args['weights']}")
    compare("tau2", own * data.unit**2, case.out["tau2"])
    if case.args["method"] == "GENQ":
        compare(
            "its error",
            moment_standard_error(data, own, weights) * data.unit**2,
            case.out["se.tau2"],
        )
    compare.done()


@pytest.mark.parametrize("case", cases("tau2_intervals", "sj_estimate"), ids=label)
def test_the_sidik_jonkman_interval_is_its_estimate_over_quantiles(case: Case) -> None:
    """metafor's SJ estimate times (k - 1) over scipy's chi-square quantiles; Q-profile beside it.

    metafor prints the Q-profile interval whatever the estimator.
    """
    yi, vi = studies(case.source)
    df, compare = len(yi) - 1, Comparison(case, "SJ")
    expected = [df * case.out["est"] / stats.chi2.ppf(p, df) for p in (0.975, 0.025)]
    compare("limits", limits("SJ", yi, vi), expected)
    profiled = limits("QP", yi, vi, case.out["level"] / 100)
    compare.of("QP after SJ")("limits", profiled, [case.out["ci.lb"], case.out["ci.ub"]])
    compare.done()


def test_the_grid_has_not_shrunk() -> None:
    """The number of cases per family and method, as selected from the source."""
    names = {
        "genq": "weights",
        "likelihood": "type",
        "tauci": "method.tau.ci",
        "genq_estimate": "method",
        "sj_estimate": "type",
    }
    counts = {
        family: Counter(case.args[name] for case in cases("tau2_intervals", family))
        for family, name in names.items()
    }
    assert counts == {
        "genq": {"1/vi": 74, "1/sei": 74},
        "likelihood": {"PL": 191, "Wald": 74, "wald.log": 74, "wald.sqrt": 74, "HT": 73},
        "tauci": {"BJ": 74, "J": 74},
        "genq_estimate": {"GENQ": 234, "GENQM": 148},
        "sj_estimate": {"QP": 74},
    }


# Second computations -----------------------------------------------------------------------------


def upper_tail(q: float, weights: FloatArray) -> float:
    """P(sum of two weighted squared normals > q), by integration over their angle.

    Q = r² (a cos² + b sin²) with r² exponential: one smooth integral.
    """
    a, b = (float(w) for w in weights)
    value, _ = integrate.quad(
        lambda t: math.exp(-q / (2 * (a * math.cos(t) ** 2 + b * math.sin(t) ** 2))),
        0,
        math.pi / 2,
        epsabs=1e-14,
        epsrel=1e-13,
    )
    return 2 * value / math.pi


@pytest.mark.parametrize("method", ["BJ", "J"])
@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.999])
@pytest.mark.parametrize(
    ("yi", "vi"), [([0.1, 0.9, -0.6], [0.01, 0.04, 0.2]), ([5.0, -3.0, 1.0], [1.0, 0.01, 1e-4])]
)
def test_limits_put_the_observed_q_at_its_quantiles(
    method: str, level: float, yi: list[float], vi: list[float]
) -> None:
    """Three studies: eigenvalues of a dense matrix, their tail by integration over the angle."""
    y, v = np.array(yi), np.array(vi)
    a = 1 / v if method == "BJ" else v**-0.5
    p = np.diag(a) - np.outer(a, a) / a.sum()
    low, high = limits(method, y, v, level)
    for tau2, expected in ((low, (1 - level) / 2), (high, (1 + level) / 2)):
        root = np.diag(np.sqrt(v + tau2))
        eigenvalues = np.sort(np.linalg.eigvalsh(root @ p @ root))[1:]
        assert tau2 > 0 or expected < 0.5
        if tau2 > 0:
            assert upper_tail(float(y @ p @ y), eigenvalues) == pytest.approx(expected, rel=1e-9)


def minus_twice(yi: FloatArray, vi: FloatArray, tau2: float, restricted: bool) -> float:
    """-2 log-likelihood, from the multivariate normal law of contrasts (REML) or of the effects."""
    if restricted:
        contrasts = np.eye(len(yi))[1:] - np.eye(len(yi))[:1]
        law = stats.multivariate_normal(cov=contrasts @ np.diag(vi + tau2) @ contrasts.T)
        return -2 * float(law.logpdf(contrasts @ yi))
    w = 1 / (vi + tau2)
    mean = float((w * yi).sum() / w.sum())
    return -2 * float(np.sum(stats.norm.logpdf(yi, mean, w**-0.5)))


@pytest.mark.parametrize("method", ["PL", "PL-ML"])
@given(data=some_studies(min_size=2, max_size=8), level=st.sampled_from([0.5, 0.95, 0.999]))
def test_the_profile_drops_by_the_quantile_at_the_limits(
    method: str, data: Arrays, level: float
) -> None:
    """And by less anywhere inside, and there is no higher point: a scan of the likelihood."""
    yi, vi = data
    restricted = method == "PL"
    low, high = limits(method, yi, vi, level)
    drop = float(stats.chi2.ppf(level, 1))
    smallest = float(vi.min())
    inside = smallest * (np.expm1(np.linspace(0, np.log1p(high / smallest), 60)))
    top = min(minus_twice(yi, vi, float(t), restricted) for t in inside)
    top = float(
        np.min([top, *(minus_twice(yi, vi, t, restricted) for t in _best(data, restricted))])
    )
    assert minus_twice(yi, vi, high, restricted) - top == pytest.approx(drop, rel=1e-6)
    if low > 0:
        assert minus_twice(yi, vi, low, restricted) - top == pytest.approx(drop, rel=1e-6)
    within = inside[(inside > low * 1.001) & (inside < high * 0.999)]
    assert all(minus_twice(yi, vi, float(t), restricted) - top < drop * 1.001 for t in within)


def _best(data: Arrays, restricted: bool) -> list[float]:
    ready_data = ready(*data)
    return [float(highest_tau2(ready_data, restricted=restricted) * ready_data.unit**2)]


def test_a_likelihood_with_two_peaks_gives_the_part_around_the_higher() -> None:
    """Peaks at 0 and 5.5, the valley between below the cut at level 0.1: each has its part."""
    yi, vi = np.array([0.04, 0.07, 5.13]), np.array([0.0205, 0.0205, 2.7763])
    low, high = limits("PL", yi, vi, 0.1)
    assert low == 0
    assert high < 1  # the other peak is lower, though by 0.021 only
    assert limits("PL", yi, vi, 0.95)[1] > 5.5


@given(data=heterogeneous())
def test_the_gamma_approximation_has_the_moments_of_q(data: Arrays) -> None:
    """Biggerstaff & Tweedie: mean and variance from the eigenvalues, scipy's gamma law."""
    yi, vi = data
    w = 1 / vi
    p = np.diag(w) - np.outer(w, w) / w.sum()
    q = float(yi @ p @ yi)
    for tau2, expected in zip(limits("BT", yi, vi), (0.975, 0.025), strict=True):
        if tau2 > 0:
            root = np.diag(np.sqrt(vi + tau2))
            weights = np.linalg.eigvalsh(root @ p @ root)
            mean, variance = weights.sum(), 2 * (weights**2).sum()
            law = stats.gamma(mean**2 / variance, scale=variance / mean)
            assert float(law.cdf(q)) == pytest.approx(expected, rel=1e-7)


@few
@given(data=heterogeneous())
def test_the_median_estimate_puts_q_at_its_median(data: Arrays) -> None:
    """It is where an interval shrinks to as its level goes to 0."""
    ready_data = ready(*data)
    for weights in WEIGHTS.values():
        a = weights(ready_data)
        found = float(tau2_where_q_is_median(ready_data, a))
        low, high = tau2_intervals.generalised_q(ready_data, a, 1e-6)
        assert float(low) <= found * (1 + 1e-9)
        assert float(high) >= found * (1 - 1e-9)
        assert found == pytest.approx(float(high), rel=1e-4)


@given(data=heterogeneous())
def test_the_weights_of_q_have_its_mean_and_variance(data: Arrays) -> None:
    """Sum and sum of squares against the trace formulas of a dense matrix."""
    ready_data = ready(*data)
    a = tau2_intervals.inverse_standard_errors(ready_data)
    tau2 = np.asarray(0.7)
    found = tau2_intervals.q_weights(ready_data, weigh_by(ready_data, a), tau2)
    ps = (np.diag(a) - np.outer(a, a) / a.sum()) @ np.diag(ready_data.vi + tau2)
    assert float(found.sum()) == pytest.approx(float(np.trace(ps)), rel=1e-11)
    assert float((found**2).sum()) == pytest.approx(float(np.trace(ps @ ps)), rel=1e-11)
    assert int((found > 0).sum()) == len(a) - 1


@few
@given(data=some_studies(min_size=2, max_size=10, decades=0.0))
def test_equal_variances_have_closed_forms(data: Arrays) -> None:
    """Sum of squares over chi-square quantiles, minus v: Q-profile, BJ, J and BT alike."""
    yi, vi = data
    square = float(np.var(yi) * len(yi))
    for method in ("QP", "BJ", "J", "BT"):
        for found, p in zip(limits(method, yi, vi), (0.975, 0.025), strict=True):
            expected = max(0.0, square / float(stats.chi2.ppf(p, len(yi) - 1)) - float(vi[0]))
            assert found == pytest.approx(expected, rel=1e-8, abs=1e-9 * float(vi[0])), method


@few
@given(data=heterogeneous())
def test_a_regression_on_a_constant_is_the_mean(data: Arrays) -> None:
    """A design matrix of ones: the same limits as without."""
    yi, vi = data
    plain, regression = ready(yi, vi), ready(yi, vi, np.ones((len(yi), 1)))
    for method, function in TAU2_INTERVALS.items():
        for found, expected in zip(function(regression, 0.95), function(plain, 0.95), strict=True):
            assert float(found) == pytest.approx(float(expected), rel=1e-7, nan_ok=True), method


def test_moderators_by_hand() -> None:
    """BJ with a slope: the limit solved by scipy on dense matrices, two squared normals."""
    yi, vi = np.array([0.1, 1.9, -0.6, 1.4]), np.array([0.01, 0.04, 0.2, 0.02])
    x = np.column_stack([np.ones(4), [1.0, 2.0, 3.0, 5.0]])
    w = np.diag(1 / vi)
    p = w - w @ x @ np.linalg.inv(x.T @ w @ x) @ x.T @ w
    q = float(yi @ p @ yi)

    def tail(log_tau2: float) -> float:
        root = np.diag(np.sqrt(vi + math.exp(log_tau2)))
        return upper_tail(q, np.sort(np.linalg.eigvalsh(root @ p @ root))[2:])

    data = ready(yi, vi, x)
    found = tau2_intervals.biggerstaff_jackson(data, 0.95)
    for limit, expected in zip(found, (0.025, 0.975), strict=True):
        solved = optimize.brentq(lambda t, e=expected: tail(t) - e, -12, 12, xtol=1e-13)
        assert float(limit * data.unit**2) == pytest.approx(math.exp(solved), rel=1e-9)


# Laws --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@few
@given(data=some_studies(min_size=2), power=st.integers(-300, 300))
def test_units_change_only_units(method: str, data: Arrays, power: int) -> None:
    """yi times c, vi times c², c a power of two: limits times c², to the last bit."""
    yi, vi = data
    c = 2.0**power
    before, after = (TAU2_INTERVALS[method](ready(yi * u, vi * u * u), 0.95) for u in (1.0, c))
    assert np.array_equal(before, after, equal_nan=True)


@pytest.mark.parametrize("method", METHODS)
@few
@given(data=some_studies(min_size=2, max_size=6), seed=st.integers(0, 99), shift=rounded(-5, 5, 1))
def test_order_and_location_do_not_matter(
    method: str, data: Arrays, seed: int, shift: float
) -> None:
    """Any permutation, any shift, any sign."""
    yi, vi = data
    order = np.random.default_rng(seed).permutation(len(yi))
    before, after = limits(method, yi, vi), limits(method, shift - yi[order], vi[order])
    # A tau² of rounding size moves limits on the scales of its logarithm or root freely.
    if method in ("Wald-log", "Wald-sqrt") and _best(data, True)[0] < 1e-3 * float(vi.min()):
        return
    assert after == pytest.approx(before, rel=1e-6, abs=1e-9 * float(vi.min()), nan_ok=True)


@pytest.mark.parametrize("method", METHODS)
@few
@given(data=some_studies(min_size=3, max_size=6))
def test_limits_are_in_order_and_nest(method: str, data: Arrays) -> None:
    """0 <= low <= high, and a higher level gives the wider interval."""
    yi, vi = data
    narrow, wide = limits(method, yi, vi, 0.8), limits(method, yi, vi, 0.99)
    slack = 1 + 1e-9
    for low, high in (narrow, wide):
        assert low >= 0
        assert math.isnan(high) or high >= low
    if method != "BT":  # the approximation is not always monotone
        assert wide[0] <= narrow[0] * slack
        assert math.isnan(wide[1]) or wide[1] * slack >= narrow[1]


@pytest.mark.parametrize(("method", "restricted"), [("PL", True), ("PL-ML", False), ("Wald", True)])
@given(data=some_studies(min_size=2, max_size=8), level=st.sampled_from([0.05, 0.95]))
def test_the_interval_holds_its_estimate(
    method: str, restricted: bool, data: Arrays, level: float
) -> None:
    """Profile and Wald intervals hold the estimate they are made of."""
    low, high = limits(method, *data, level)
    assert low <= _best(data, restricted)[0] <= high


@pytest.mark.parametrize("method", METHODS)
@few
@given(batch=batches(rows=3, k=5))
def test_a_batch_of_rows_is_the_rows_one_by_one(method: str, batch: Arrays) -> None:
    """Row by row with the missing studies removed: the same limits."""
    yi, vi = batch
    low, high = interval(method, yi, vi)
    for row in range(len(yi)):
        there = ~np.isnan(yi[row])
        alone = limits(method, yi[row][there], vi[row][there])
        found = float(low[row]), float(high[row])
        scale = float(vi[row][there].min())
        if method in ("Wald-log", "Wald-sqrt"):
            tau2 = _best((yi[row][there], vi[row][there]), True)[0]
            if tau2 < 1e-3 * scale:
                continue
        assert found == pytest.approx(alone, rel=1e-6, abs=1e-9 * scale, nan_ok=True)


@pytest.mark.parametrize("method", METHODS)
def test_more_than_one_axis_and_too_few_studies(method: str) -> None:
    """Shape (2, 3, k) gives (2, 3); a row of one study has no interval and harms no other."""
    rng = np.random.default_rng(4)
    yi, vi = rng.normal(size=(2, 3, 5)) * 2, rng.uniform(0.1, 1, (2, 3, 5))
    yi[1, 2, 1:] = np.nan
    low, high = interval(method, yi, vi)
    assert low.shape == high.shape == (2, 3)
    assert math.isnan(high[1, 2]) or method == "QP"
    assert np.isfinite(low[0]).all()
    assert limits(method, yi[0, 1], vi[0, 1])[0] == pytest.approx(float(low[0, 1]), rel=1e-7)


@pytest.mark.parametrize("method", ["QP", "BJ", "J", "BT", "SJ"])
def test_studies_that_agree_exactly_have_an_empty_interval(method: str) -> None:
    """Effects alike: Q = 0 is below every quantile, (0, 0)."""
    assert limits(method, np.full(6, 0.3), np.linspace(0.1, 1, 6)) == (0.0, 0.0)


@pytest.mark.parametrize("method", METHODS)
@few
@given(
    yi=st.lists(rounded(-10, 10, 2), min_size=5, max_size=5),
    powers=st.lists(st.integers(-10, 10), min_size=5, max_size=5),
)
def test_variances_20_powers_of_ten_apart(method: str, yi: list[float], powers: list[int]) -> None:
    """1e-10 beside 1e10: limits in order and no warning."""
    low, high = limits(method, np.array(yi), 10.0 ** np.array(powers))
    assert low >= 0
    assert math.isnan(high) or high >= low
