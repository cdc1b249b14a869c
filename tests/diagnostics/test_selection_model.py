"""Selection models: against other computations, and where the data do not decide."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

import metaonc as mo
from metaonc.kernels.selection.selection_likelihood import Point
from metaonc.kernels.selection.selection_models import selection_likelihood

YI = np.array([-0.9, -0.7, -0.6, -0.5, -0.45, -0.4, -0.3, -0.2, -0.1, 0.05, 0.3, -0.02])
VI = np.array([0.09, 0.08, 0.06, 0.05, 0.04, 0.03, 0.05, 0.02, 0.03, 0.02, 0.04, 0.01])
WEIGHTS = {
    "stepfun": lambda p, d: np.where(p <= 0.025, 1.0, d[0]),
    "beta": lambda p, d: (
        np.clip(p, 1e-5, 1 - 1e-5) ** (d[0] - 1) * (1 - np.clip(p, 1e-5, 1 - 1e-5)) ** (d[1] - 1)
    ),
    "halfnormal": lambda p, d: np.exp(-d[0] * p**2),
    "negexp": lambda p, d: np.exp(-d[0] * p),
    "logistic": lambda p, d: 2 / (1 + np.exp(d[0] * p)),
    "power": lambda p, d: np.clip(1 - p, 1e-5, 1 - 1e-5) ** d[0],
    "negexppow": lambda p, d: np.exp(-d[0] * p ** (1 / d[1])),
}
DELTAS = {"beta": [0.8, 1.4], "negexppow": [2.0, 0.7]}


def result(sign: float = 1.0, scale: float = 1.0, **choices: object) -> mo.PooledResult:
    return mo.pool(mo.Effects(sign * scale * YI, scale**2 * VI, measure="GEN"), **choices)


def by_quadrature(kind: str, mu: float, tau2: float, delta: list[float], two_sided: bool) -> float:
    """The log-likelihood from scipy's adaptive integration, study by study."""
    weight, total = WEIGHTS[kind], 0.0

    def p_of(y: np.ndarray, s: float) -> np.ndarray:
        return 2 * stats.norm.sf(abs(y) / s) if two_sided else stats.norm.sf(y / s)

    for y, v in zip(-YI, VI, strict=True):
        s, spread = np.sqrt(v), np.sqrt(v + tau2)
        tails = (0.025 / (1 + two_sided), 1e-5 / (1 + two_sided), 0.5)
        cut = [stats.norm.isf(tail) * s * side for tail in tails for side in (-1, 1)]
        mean = integrate.quad(
            lambda x, s=s, spread=spread: weight(p_of(x, s), delta) * stats.norm.pdf(x, mu, spread),
            mu - 12 * spread,
            mu + 12 * spread,
            points=sorted({0.0, *cut}),
            limit=400,
            epsabs=1e-12,
        )[0]
        own = np.log(weight(p_of(y, s), delta))
        total += own + stats.norm.logpdf(y, mu, spread) - np.log(mean)
    return float(total)


@pytest.mark.parametrize(
    ("kind", "two_sided"),
    [*((kind, False) for kind in WEIGHTS), ("stepfun", True), ("power", True)],
)
def test_the_likelihood_is_that_of_adaptive_integration(kind: str, two_sided: bool) -> None:
    delta = DELTAS.get(kind, [0.6])
    likelihood = selection_likelihood(
        -YI,
        VI,
        np.ones((12, 1)),
        kind=kind,
        cuts=np.array([0.025] if kind == "stepfun" else []),
        two_sided=two_sided,
    )
    found = likelihood(Point(np.array([0.2]), 0.05, np.array(delta)))
    expected = by_quadrature(kind, 0.2, 0.05, delta, two_sided)
    assert found.value == pytest.approx(expected, abs=1e-6)  # what is left of kinks in the other


@pytest.mark.parametrize("kind", WEIGHTS)
def test_slopes_are_those_of_differences(kind: str) -> None:
    delta = np.array(DELTAS.get(kind, [0.6]))
    cuts = np.array([0.025] if kind == "stepfun" else [])
    x = np.column_stack([np.ones(12), np.linspace(-1, 1, 12)])
    likelihood = selection_likelihood(-YI, VI, x, kind=kind, cuts=cuts, imprecision=np.sqrt(VI))
    at = np.array([0.2, -0.1, 0.05, *delta])

    def value(theta: np.ndarray) -> float:
        return likelihood(Point(theta[:2], float(theta[2]), theta[3:])).value

    found = likelihood(Point(at[:2], at[2], at[3:]))
    slopes = [*found.by_beta, found.by_tau2, *found.by_delta]
    for i, slope in enumerate(slopes):
        step = np.zeros(len(at))
        step[i] = 1e-5
        assert slope == pytest.approx((value(at + step) - value(at - step)) / 2e-5, abs=1e-6)


@pytest.mark.parametrize("kind", ["stepfun", "halfnormal", "logistic"])
def test_no_point_of_a_wide_search_is_better(kind: str) -> None:
    """Differential evolution over a box as a second way to the maximum."""
    found = mo.selection_model(result(), kind)

    def minus(theta: np.ndarray) -> float:
        point = Point(theta[:1], float(np.exp(theta[1])), np.exp(theta[2:]))
        return -found._likelihood(point).value

    box = [(-3.0, 3.0), (-30.0, 2.0), (-9.0, 5.0)]
    best = optimize.differential_evolution(minus, box, seed=1, tol=1e-10, maxiter=200)
    assert found.log_likelihood >= -best.fun - 1e-7
    assert found.log_likelihood == pytest.approx(-best.fun, abs=1e-4)


@settings(max_examples=6)
@given(scale=st.floats(1e-6, 1e6), kind=st.sampled_from(["stepfun", "halfnormal", "beta"]))
def test_units_do_not_matter(scale: float, kind: str) -> None:
    """yi*c with vi*c²: tests, weights and counts stay, the mean and tau scale."""
    one, other = mo.selection_model(result(), kind), mo.selection_model(result(scale=scale), kind)
    assert other.lr_statistic == pytest.approx(one.lr_statistic, abs=1e-8)
    assert other.delta == pytest.approx(one.delta, rel=1e-5)
    assert other.estimate / scale == pytest.approx(one.estimate, abs=1e-6)
    assert other.tau2 / scale**2 == pytest.approx(one.tau2, abs=1e-6)
    assert other.counts == one.counts
    assert other.states == one.states


def test_the_other_side_mirrors() -> None:
    one = mo.selection_model(result(), alternative="less")
    other = mo.selection_model(result(sign=-1.0), alternative="greater")
    assert other.estimate == pytest.approx(-one.estimate, rel=1e-9)
    assert other.se == pytest.approx(one.se, rel=1e-7)
    assert (other.ci_low, other.ci_high) == pytest.approx((-one.ci_high, -one.ci_low), rel=1e-7)
    mirrored = other.profile_interval()
    assert tuple(mirrored) == pytest.approx([-x for x in one.profile_interval()][::-1], rel=1e-6)


def test_without_selection_it_is_maximum_likelihood() -> None:
    """All weights one: the ML fit of pooling itself."""
    found = mo.selection_model(result(), steps=[0.025, 0.5], delta=[1, 1, 1])
    plain = result(tau2="ML", ci="wald")
    assert found.estimate == pytest.approx(plain.estimate, rel=1e-8)
    assert found.tau2 == pytest.approx(plain.tau2, rel=1e-7)
    assert found.unadjusted == pytest.approx(plain.estimate, rel=1e-8)
    assert found.lr_df == 0
    assert np.isnan(found.lr_p)


def test_a_profile_limit_is_where_the_likelihood_has_fallen() -> None:
    """The limit of the mean, by maximising over the rest with another program's search."""
    found = mo.selection_model(result(), "halfnormal")
    drop = stats.chi2.isf(0.05, 1) / 2
    for limit in found.profile_interval("mu"):

        def minus(theta: np.ndarray, limit: float = limit) -> float:
            rest = np.exp(theta)
            return -found._likelihood(Point(np.array([-limit]), rest[0], rest[1:])).value

        tries = [
            optimize.minimize(minus, start, method="Nelder-Mead", options={"xatol": 1e-9})
            for start in itertools.product((-6.0, -2.0), (-4.0, 1.0))
        ]
        best = max(-one.fun for one in tries)
        assert found.log_likelihood - best == pytest.approx(drop, abs=1e-5)


def test_a_moderator_is_adjusted_beside_the_mean() -> None:
    effects = mo.Effects(YI, VI, measure="HR", columns={"x": np.linspace(-1, 1, 12).tolist()})
    found = mo.selection_model(mo.regress(effects, "x"), alternative="less")
    assert list(found.to_frame()["parameter"]) == ["Intercept", "x", "tau2", "delta_2"]
    assert found.unadjusted_coefficients == pytest.approx(
        mo.regress(effects, "x", tau2="ML").coefficients["estimate"].to_numpy(), rel=1e-7
    )
    assert "Intercept" in found.summary()
    assert found.profile_interval("x").applies


def test_an_empty_interval_has_weight_zero_and_says_so() -> None:
    effects = mo.Effects(YI[YI < 0], VI[YI < 0])
    found = mo.selection_model(mo.pool(effects), steps=[0.025, 0.5])
    assert found.counts[-1] == 0
    assert found.states[-1] == "empty"
    assert found.delta[-1] == 0
    assert np.isnan(found.delta_se[-1])
    assert "no study, so that the likelihood is highest at 0" in found.summary()
    assert np.isnan(found.wald_p)


def test_a_likelihood_without_a_maximum_gives_no_number() -> None:
    """Equal effects just past the cut, nothing beyond: the mean runs off against its weights."""
    yi, vi = np.array([0.3921, 0.3922, 0.39205, 0.3921]), np.full(4, 0.04)
    found = mo.selection_model(mo.pool(mo.Effects(yi, vi)), alternative="greater")
    assert not found.has_maximum
    assert np.isnan(found.estimate)
    assert np.isnan(found.tau2)
    assert not found.profile_interval().applies
    assert "no adjusted estimate is given" in found.summary()
    assert found.to_dict()["rows"][0]["estimate"] is None


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"type": "steps"}, "type = 'steps' must be one of 'stepfun'"),
        ({"steps": [0.5, 0.1]}, "in increasing order"),
        ({"steps": 1.5}, "between 0 and 1"),
        ({"alternative": "both"}, "alternative = 'both' must be one of"),
        ({"delta": [0.5, 1]}, "must begin with 1"),
        ({"delta": [1, 1, 1]}, "must be 2 values"),
        ({"delta": "mild"}, "'moderate' or 'severe'"),
        ({"prec": "sei"}, "prec = 'sei' must be"),
        ({"type": "beta", "steps": 0.1}, "takes no `steps`"),
        ({"type": "trunc", "steps": 0.1}, "it is one-sided and has no"),
        ({"steps": 1e-9}, "no study has a p value up to 1e-09"),
        ({"type": "power", "steps": 1e-9}, "needs a p value on either side"),
    ],
)
def test_wrong_arguments_are_answered(options: dict[str, object], says: str) -> None:
    with pytest.raises(mo.DiagnosticsError, match=says):
        mo.selection_model(result(), **options)


def test_what_has_no_p_values_is_refused() -> None:
    single = mo.pool(mo.Effects([-0.5, -0.2, 0.1], [0.1, 0.1, 0.1], measure="PLOGIT"))
    with pytest.raises(mo.DiagnosticsError, match="no value that means no effect"):
        mo.selection_model(single)
    few = mo.pool(mo.Effects([-0.9, -0.2], [0.04, 0.04]))
    with pytest.raises(mo.DiagnosticsError, match="3 parameters, and there are 2 studies"):
        mo.selection_model(few)


def test_the_curve_is_the_weight_function() -> None:
    found = mo.selection_model(result(), "halfnormal")
    frame = found.curve([0.01, 0.5])
    expected = np.exp(-found.delta[0] * (np.array([0.01, 0.5]) ** 2 - 0.01**2))
    assert frame["weight"].to_numpy() == pytest.approx(expected, rel=1e-9)
    assert (frame["low"] <= frame["weight"]).all()


def test_fixed_weights_by_name() -> None:
    """Vevea and Woods 2005, Table 1: severe one-tailed selection."""
    found = mo.selection_model(result(), delta="severe")
    assert found.delta[:4].tolist() == [0.99, 0.9, 0.75, 0.6]
    assert "severe by Vevea and Woods" in found.summary()
    assert abs(found.estimate) < abs(found.unadjusted)
