"""A fit of correlated effects: outside values, dense matrices, and laws."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import optimize, stats

from metaonc.effects import control_variance
from metaonc.kernels import ESTIMATORS, fit, studies
from metaonc.kernels.correlated import correlated, fit_correlated
from metaonc.kernels.covariance import decorrelate, trial_correlation
from metaonc.kernels.likelihood import log_likelihood
from metaonc.kernels.mean_intervals import INDEPENDENT_ONLY, MEAN_INTERVALS
from metaonc.kernels.means import mean_at
from metaonc.kernels.moderators import regression
from metaonc.kernels.prediction import PREDICTION_INTERVALS
from metaonc.kernels.tau2_intervals import TAU2_INTERVALS
from tests.kernels import INFERENCE, SPREAD
from tests.reference import Case, cases, label
from tests.reference.comparison import Comparison

FloatArray = NDArray[np.float64]
INTERVALS = tuple(name for name in MEAN_INTERVALS if name not in INDEPENDENT_ONLY)
# SJ starts from the plain variance of the effects, which has no meaning for correlated ones; GENQM
# is slow, and solves an equation in the same quadratic forms as GENQ.
METHODS = tuple(name for name in ESTIMATORS if name not in ("SJ", "GENQM"))
FIELDS = ("estimate", "tau2", "wald_se", "weights")


@st.composite
def problems(draw: st.DrawFn, most: int = 7) -> tuple[FloatArray, FloatArray, list[int]]:
    """Effects, a covariance like that of shared controls, and the trial of each."""
    trial = sorted(draw(st.lists(st.integers(0, 3), min_size=3, max_size=most)))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    arms = 10.0 ** rng.uniform(-2, 0, len(trial))
    controls = 10.0 ** rng.uniform(-2, 0, 4)
    same = np.array(trial)[:, None] == np.array(trial)
    covariance = same * controls[trial][:, None] + np.diag(arms)
    spread = draw(st.sampled_from([0.0, 0.3, 3.0]))
    yi = rng.normal(0.2, np.sqrt(np.diag(covariance))) + spread * rng.normal(size=len(trial))
    return yi, covariance, trial


# Outside values ----------------------------------------------------------------------------------


def multivariate(case: Case) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, float]:
    """Effects, V, T, design and tau² of a call of rma.mv, whose variance parts make tau² T."""
    table, out = case.inputs, case.out
    names = ("study", "district", "trial")
    cluster = np.array(next(table[name] for name in names if name in table))
    yi, vi = np.array(table["yi"]), np.array(table["vi"])
    covariance = np.array(table["V"]) if "V" in table else np.diag(vi)
    if "V" in case.args:
        assert case.args["V"] == "vcalc(rho=0.6)"
        covariance = trial_correlation(cluster, 0.6) * np.sqrt(np.outer(vi, vi))
    x = np.ones((len(yi), 1))
    if "mods" in case.args:
        outcome = np.array(table["outcome"])
        x = np.column_stack([outcome == name[len("outcome") :] for name in out["coef_names"]])
    if "sigma2" in out:  # of clusters and of effects inside them
        tau2 = sum(out["sigma2"])
        within = out["sigma2"][0] / tau2
    else:
        tau2, within = (out.get(name, [0.0])[0] for name in ("tau2", "rho"))
    return yi, covariance, trial_correlation(cluster, within), x.astype(float), tau2


@pytest.mark.parametrize("case", cases("correlated", "mv"), ids=label)
def test_a_multivariate_model_is_that_of_rma_mv(case: Case) -> None:
    """At metafor's own correlation the likelihood has its maximum at metafor's tau²."""
    yi, covariance, between, x, expected = multivariate(case)
    restricted = case.args.get("method", "REML") != "ML"
    rotated = decorrelate(yi, covariance, moderators=x, between=between)
    fixed = case.args.get("method") == "FE"
    found = regression(
        *rotated[:3],
        model="fixed" if fixed else "random",
        tau2="REML" if restricted else "ML",
        ci="wald",
    )
    out = case.out
    scale = float(np.sqrt(np.diag(covariance).min()))
    compare = Comparison(case, case.args.get("method", "REML"))
    compare("tau2", found.tau2, expected, scale**2)
    compare("beta", found.coefficients, out["beta"], scale)
    compare("se", found.inference.se, out["se"])
    compare("low", found.inference.low, out["ci.lb"], scale)
    compare("high", found.inference.high, out["ci.ub"], scale)
    compare("Q", found.heterogeneity.q, out["QE"])
    if x.shape[1] == 1:
        held = correlated(yi, covariance, between)
        own = np.asarray(expected) / held.data.unit**2
        height = log_likelihood(held.data, own, restricted=restricted)
        compare("logLik", height + held.log_constant(restricted=restricted), out["logLik"])
        mean = fit_correlated(
            yi, covariance, between=between, model="random", tau2=expected, ci="wald"
        )
        compare("mean", mean.estimate, out["beta"][0], scale)
        compare("its se", mean.se, out["se"][0])
        compare("its high", mean.high, out["ci.ub"][0], scale)
        compare("its Q", mean.heterogeneity.q, out["QE"])
        compare.p_value("p of Q", mean.heterogeneity.q_p, out["QEp"])
    compare.done()


def network(table: Any, base: str) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Effects, V, T and design of dat.senn2013, its three-arm trial as contrasts with `base`."""
    names, one, two = (np.array(table[name]) for name in ("studlab", "treat1", "treat2"))
    several = [name for name in names if (names == name).sum() > 1]
    toward = np.where(one == base, -1.0, 1.0)  # turns a contrast of `base` with others round
    kept = np.array(
        [i for i, name in enumerate(names) if name not in several or base in (one[i], two[i])]
    )
    sign = np.where(np.isin(names, several), toward, 1.0)[kept]
    covariance = np.diag(np.array(table["seTE"])[kept] ** 2)
    pair = np.flatnonzero(np.isin(names[kept], several))
    arm = kept[pair[0]]  # the sd and size of the base's arm, wherever they are printed
    suffix = "1" if one[arm] == base else "2"
    covariance[pair[0], pair[1]] = covariance[pair[1], pair[0]] = float(
        control_variance("MD", sd=table[f"sd{suffix}"][arm], n=table[f"n{suffix}"][arm])
    )
    treatments = sorted({*one, *two} - {"placebo"})
    x = np.array([[(one[i] == t) - float(two[i] == t) for t in treatments] for i in kept])
    yi = np.array(table["TE"])[kept]
    return yi * sign, covariance, trial_correlation(names[kept], 0.5), x * sign[:, None]


@pytest.mark.parametrize("case", cases("correlated", "netmeta"), ids=label)
def test_a_network_with_a_three_arm_trial_is_that_of_netmeta(case: Case) -> None:
    """dat.senn2013; netmeta's REML estimate of tau² leaves out the covariance of the trial's arms.

    Its DL estimate and everything else take it into account, and so do we throughout.
    """
    out, method = case.out, case.args["method.tau"]
    yi, covariance, between, x = network(case.inputs, "placebo")
    for_tau2 = covariance if method == "DL" else np.diag(np.diag(covariance))
    rotated = decorrelate(yi, for_tau2, moderators=x, between=between)
    found = regression(*rotated[:3], tau2=method, ci="wald")
    compare = Comparison(case, method)
    compare("tau2", found.tau2, out["tau2"])
    rotated = decorrelate(yi, covariance, moderators=x, between=between)
    found = regression(*rotated[:3], tau2=out["tau2"], ci="wald")
    placebo = out["trts"].index("placebo")
    of = [i for i, name in enumerate(out["trts"]) if name != "placebo"]
    effects, errors = (np.array(out[name]) for name in ("TE.random", "seTE.random"))
    compare("effects", found.coefficients, effects[of, placebo])
    compare("errors", found.inference.se, errors[of, placebo])
    compare("Q", found.heterogeneity.q, out["Q"])
    compare.done()


@pytest.mark.parametrize("method", METHODS)
def test_it_does_not_matter_which_arm_of_a_trial_is_called_control(method: str) -> None:
    """With 0.5, every pair of arms has the same between-trial variance."""
    table = cases("correlated", "netmeta")[0].inputs
    tau2 = []
    for base in ("placebo", "metformin", "acarbose"):
        yi, covariance, between, x = network(table, base)
        rotated = decorrelate(yi, covariance, moderators=x, between=between)
        tau2.append(float(regression(*rotated[:3], tau2=method, ci="wald").tau2))
    assert tau2 == pytest.approx([tau2[0]] * 3, rel=1e-9)


# Computed a second way ---------------------------------------------------------------------------


class Dense:
    """Generalised least squares and likelihoods with whole matrices."""

    def __init__(self, yi: FloatArray, covariance: FloatArray, between: FloatArray) -> None:
        self.yi, self.covariance, self.between = yi, covariance, between
        self.ones = np.ones(len(yi))

    def at(self, tau2: float) -> tuple[float, float, float, FloatArray]:
        """Mean, its variance, Q and the shares of the effects."""
        inverse = np.linalg.inv(self.covariance + tau2 * self.between)
        precision = self.ones @ inverse @ self.ones
        mean = self.ones @ inverse @ self.yi / precision
        left = self.yi - mean
        return mean, 1 / precision, left @ inverse @ left, self.ones @ inverse / precision

    def projection(self, tau2: float) -> FloatArray:
        """P of the residuals, with T folded in on both sides."""
        inverse = np.linalg.inv(self.covariance + tau2 * self.between)
        along = inverse @ self.ones
        p = inverse - np.outer(along, along) / (self.ones @ along)
        lower = np.linalg.cholesky(self.between)
        return np.asarray(lower.T @ p @ lower)

    def height(self, tau2: float, mean: float | None = None, restricted: bool = False) -> float:
        """Log-likelihood of a mean (the best by default), or the restricted one."""
        best, variance, _, _ = self.at(tau2)
        center = (best if mean is None else mean) * self.ones
        marginal = self.covariance + tau2 * self.between
        value = float(stats.multivariate_normal(center, marginal).logpdf(self.yi))
        return value + restricted * 0.5 * float(np.log(2 * np.pi * variance))

    def highest(self, mean: float | None = None, restricted: bool = False) -> tuple[float, float]:
        """tau² at the best of a fine grid and a bounded search around it, and the height there."""
        scale = float(np.ptp(self.yi) ** 2 + np.trace(self.covariance) + (mean or 0) ** 2)
        grid = np.concatenate([[0.0], scale * np.geomspace(1e-8, 10, 300)])
        heights = [self.height(t, mean, restricted) for t in grid]
        i = int(np.argmax(heights))
        found = optimize.minimize_scalar(
            lambda t: -self.height(t, mean, restricted),
            bounds=(grid[max(i - 1, 0)], grid[min(i + 1, 300)]),
            method="bounded",
            options={"xatol": 1e-12 * scale},
        )
        return max([(float(found.x), -float(found.fun)), (grid[i], heights[i])], key=lambda p: p[1])


@given(problem=problems(), within=st.sampled_from([0.0, 0.5, 0.8]))
@settings(max_examples=30)
def test_the_fit_from_dense_matrices(problem: Any, within: float) -> None:
    """Mean, weights, Q, I², Hartung-Knapp, prediction and DerSimonian-Laird, written out."""
    yi, covariance, trial = problem
    between = trial_correlation(trial, within)
    dense, k = Dense(yi, covariance, between), len(yi)
    found = fit_correlated(yi, covariance, between=between, model="random", tau2="DL", ci="hksj")
    _, _, q, _ = dense.at(0.0)
    trace = np.trace(dense.projection(0.0))
    tau2 = max(0.0, (q - (k - 1)) / trace)
    mean, variance, residual, shares = dense.at(tau2)
    close = {"rel": 1e-8, "abs": 1e-12}
    assert float(found.tau2) == pytest.approx(tau2, **close)
    assert float(found.estimate) == pytest.approx(mean, **close)
    assert float(found.wald_se) == pytest.approx(np.sqrt(variance), **close)
    assert found.weights == pytest.approx(shares, rel=1e-7, abs=1e-10)
    assert float(found.se) == pytest.approx(np.sqrt(variance * residual / (k - 1)), **close)
    half = stats.t.ppf(0.975, k - 1) * float(found.se)
    assert float(found.high) == pytest.approx(mean + half, **close)
    spread = found.heterogeneity
    assert float(spread.q) == pytest.approx(q, **close)
    assert float(spread.q_p) == pytest.approx(stats.chi2.sf(q, k - 1), **close)
    assert float(spread.i2_from_q) == pytest.approx(max(0.0, (q - k + 1) / q), **close)
    assert float(spread.i2_from_tau2) == pytest.approx(float(spread.i2_from_q), **close)
    data, column, *_ = correlated(yi, covariance, between)
    predicted = PREDICTION_INTERVALS["HTS"](data, found.tau2 / data.unit**2, 0.9, column)
    half = stats.t.ppf(0.95, max(k - 2, 1)) * np.sqrt(variance + tau2)
    assert float(predicted.high * data.unit) == pytest.approx(mean + half, **close)


@given(problem=problems(6), restricted=st.booleans())
@settings(max_examples=15)
def test_likelihood_estimates_against_a_general_optimiser(problem: Any, restricted: bool) -> None:
    """No tau² that scipy finds is higher on scipy's multivariate normal."""
    yi, covariance, trial = problem
    between = trial_correlation(trial, 0.5)
    dense = Dense(yi, covariance, between)
    method = "REML" if restricted else "ML"
    ours = fit_correlated(yi, covariance, between=between, model="random", tau2=method)
    _, height = dense.highest(restricted=restricted)
    assert dense.height(float(ours.tau2), restricted=restricted) >= height - 1e-9


@given(problem=problems(6))
@settings(max_examples=15)
def test_kenward_roger_from_dense_matrices(problem: Any) -> None:
    """Kenward & Roger (1997): adjusted variance and degrees of freedom of a mean."""
    yi, covariance, trial = problem
    between = trial_correlation(trial, 0.5)
    dense = Dense(yi, covariance, between)
    found = fit_correlated(yi, covariance, between=between, model="random", ci="kr")
    tau2 = float(found.tau2)
    inverse = np.linalg.inv(covariance + tau2 * between)
    phi = dense.at(tau2)[1]
    first = dense.ones @ inverse @ between @ inverse @ dense.ones
    second = dense.ones @ inverse @ between @ inverse @ between @ inverse @ dense.ones
    p = dense.projection(tau2)
    w = 2 / np.trace(p @ p)
    adjusted = phi + 2 * phi * w * (second - first**2 * phi) * phi
    df = 2 / (w * (adjusted * first) ** 2)
    assert float(found.se) == pytest.approx(np.sqrt(adjusted), rel=1e-7)
    assert float(found.df) == pytest.approx(df, rel=1e-7)


@given(problem=problems(5))
@settings(max_examples=10)
def test_profile_likelihood_of_the_mean_from_dense_matrices(problem: Any) -> None:
    """At both limits the likelihood is a chi-square quantile below its best; beyond, lower."""
    yi, covariance, trial = problem
    between = trial_correlation(trial, 0.5)
    dense = Dense(yi, covariance, between)
    found = fit_correlated(yi, covariance, between=between, model="random", tau2="ML", ci="profile")
    best, drop = dense.highest()[1], stats.chi2.ppf(0.95, 1) / 2
    width = float(found.high - found.low)
    for sign, limit in ((-1, float(found.low)), (1, float(found.high))):
        assert best - dense.highest(limit)[1] == pytest.approx(drop, rel=1e-5)
        for step in (0.01, 1.0, 30.0):
            assert best - dense.highest(limit + sign * step * width)[1] > drop
    p = stats.chi2.sf(2 * (best - dense.highest(0.0)[1]), 1)
    assert float(found.p_value) == pytest.approx(p, rel=1e-4, abs=1e-8)


@given(problem=problems(6))
@settings(max_examples=20)
def test_predictions_of_true_effects_from_dense_matrices(problem: Any) -> None:
    """Mixed-model equations in whole matrices: Robinson (1991)."""
    yi, covariance, trial = problem
    between = trial_correlation(trial, 0.5)
    dense, k = Dense(yi, covariance, between), len(yi)
    held = correlated(yi, covariance, between)
    tau2 = 0.3
    found = held.shrink(np.asarray(tau2) / held.data.unit**2, 0.95)
    unit = float(held.data.unit)
    mean, _, _, shares = dense.at(tau2)
    gain = tau2 * between @ np.linalg.inv(covariance + tau2 * between)
    deviation = gain @ (yi - mean)
    # The prediction is linear in y: errors of y and of the true effects, each with its covariance.
    ones = np.ones((k, 1))
    of_effect = ones @ shares[None, :] + gain @ (np.eye(k) - ones @ shares[None, :])
    of_deviation = of_effect - ones @ shares[None, :]
    for values, se, linear in (
        (mean + deviation, found.se, of_effect),
        (deviation, found.deviation_se, of_deviation),
    ):
        error = linear @ covariance @ linear.T
        truth = linear - np.eye(k)
        error += tau2 * truth @ between @ truth.T
        assert se * unit == pytest.approx(np.sqrt(np.diag(error)), rel=1e-7)
        part = found.mean if linear is of_effect else found.deviation
        assert part * unit == pytest.approx(values, rel=1e-7, abs=1e-9)


@given(problem=problems(6))
@settings(max_examples=20)
def test_q_profile_limits_from_dense_matrices(problem: Any) -> None:
    """At a limit > 0 the generalised Q is a chi-square quantile."""
    yi, covariance, trial = problem
    between = trial_correlation(trial, 0.5)
    dense, k = Dense(yi, covariance, between), len(yi)
    data = correlated(yi, covariance, between).data
    limits = TAU2_INTERVALS["QP"](data, 0.9)
    for limit, tail in zip(limits, (0.95, 0.05), strict=True):
        tau2, quantile = float(limit * data.unit**2), stats.chi2.ppf(tail, k - 1)
        q = dense.at(tau2)[2]
        assert q == pytest.approx(quantile, rel=1e-6) if tau2 > 0 else q <= quantile * (1 + 1e-9)


# Laws --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ci", INTERVALS)
@pytest.mark.parametrize("method", METHODS)
@given(seed=st.integers(0, 10**6), k=st.integers(2, 9))
@settings(max_examples=4)
def test_a_diagonal_covariance_is_independence(method: str, ci: str, seed: int, k: int) -> None:
    """To a few units of rounding; very unequal variances would magnify these in both."""
    rng = np.random.default_rng(seed)
    vi = 10.0 ** rng.uniform(-1, 1, k)
    yi = rng.normal(0, np.sqrt(vi + 0.5))
    plain = fit(yi, vi, model="random", tau2=method, ci=ci)
    dense = fit_correlated(yi, np.diag(vi), model="random", tau2=method, ci=ci)
    rtol = 1e-9 if ci == "profile" else 1e-12
    scale = float(np.sqrt(vi.min()))
    for name in FIELDS:
        one, other = getattr(dense, name), getattr(plain, name)
        assert one == pytest.approx(other, rel=rtol, abs=1e-12 * scale**2), name
    for name in INFERENCE:
        one, other = getattr(dense, name), getattr(plain, name)
        assert float(one) == pytest.approx(float(other), rel=1e-9, abs=1e-10 * scale), name
    for name in SPREAD:
        one, other = (getattr(found.heterogeneity, name) for found in (dense, plain))
        assert float(one) == pytest.approx(float(other), rel=1e-12, abs=1e-15), name


@pytest.mark.parametrize("ci", INTERVALS)
@given(problem=problems(), power=st.integers(-100, 100), seed=st.integers(0, 99))
@settings(max_examples=10)
def test_units_and_order_change_only_units_and_order(
    ci: str, problem: Any, power: int, seed: int
) -> None:
    """Effects times c, covariances times c², in another order."""
    yi, covariance, trial = problem
    order, c = np.random.default_rng(seed).permutation(len(yi)), 2.0**power
    before = fit_correlated(yi, covariance, between=trial_correlation(trial), model="random", ci=ci)
    after = fit_correlated(
        yi[order] * c,
        covariance[np.ix_(order, order)] * c * c,
        between=trial_correlation(np.array(trial)[order]),
        model="random",
        ci=ci,
    )
    scale = float(np.sqrt(np.diag(covariance).min()))
    assert float(after.tau2) / c / c == pytest.approx(float(before.tau2), rel=1e-6, abs=1e-9)
    for name in ("low", "high", "se"):
        one, other = (float(getattr(found, name)) for found in (after, before))
        assert one / c == pytest.approx(other, rel=1e-6, abs=1e-7 * scale), name
    assert after.weights == pytest.approx(before.weights[order], rel=1e-6, abs=1e-8)
    assert float(after.weights.sum()) == pytest.approx(1.0, rel=1e-12)
    assert float(before.weights @ yi) == pytest.approx(float(before.estimate), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("ci", INTERVALS)
def test_a_batch_with_missing_effects_is_the_rows_one_by_one(ci: str) -> None:
    """NaN in yi or on the diagonal; whole trials, or one of their contrasts, may be missing."""
    rng = np.random.default_rng(5)
    trial = np.array([0, 0, 0, 1, 2, 2])
    same = trial[:, None] == trial
    covariance = np.array([same * c + np.diag(rng.uniform(0.1, 1, 6)) for c in (0.1, 0.3, 0.2)])
    yi, between = rng.normal(size=(3, 6)), trial_correlation(trial)
    yi[0, 1] = np.nan
    covariance[1, 4, 4] = np.nan
    yi[2, :3] = np.nan
    together = fit_correlated(yi, covariance, between=between, model="random", ci=ci)
    for row in range(3):
        there = np.flatnonzero(~np.isnan(yi[row] + np.diag(covariance[row])))
        block = np.ix_(there, there)
        alone = fit_correlated(
            yi[row][there], covariance[row][block], between=between[block], model="random", ci=ci
        )
        assert float(together.k[row]) == len(there)
        assert float(together.tau2[row]) == pytest.approx(float(alone.tau2), rel=1e-9, abs=1e-15)
        assert together.weights[row][there] == pytest.approx(alone.weights, rel=1e-9)
        assert together.weights[row].sum() == pytest.approx(1.0)
        for name in INFERENCE:
            one, other = getattr(together, name)[row], getattr(alone, name)
            assert float(one) == pytest.approx(float(other), rel=1e-8), name


@given(events=st.integers(20, 400), patients=st.integers(500, 900), more=st.integers(20, 400))
@settings(max_examples=20)
def test_two_halves_of_an_arm_against_a_shared_control_are_the_whole_arm(
    events: int, patients: int, more: int
) -> None:
    """Risk differences are linear in the arms: the best mean of both contrasts is that of all."""
    control = control_variance("RD", events=more, n=patients)
    share = events / patients
    half = share * (1 - share) / (patients / 2)  # each half has half the patients, the same share
    difference = share - more / patients
    whole = fit([difference], [share * (1 - share) / patients + control], model="fixed", ci="wald")
    split = fit_correlated(
        [difference, difference],
        [[half + control, control], [control, half + control]],
        model="fixed",
        ci="wald",
    )
    assert float(split.estimate) == pytest.approx(float(whole.estimate), rel=1e-12, abs=1e-15)
    assert float(split.wald_se) == pytest.approx(float(whole.wald_se), rel=1e-12)


def test_what_takes_independence_is_refused() -> None:
    """Henmi and Copas."""
    with pytest.raises(ValueError, match="for independent effects only"):
        fit_correlated([0.1, 0.2], np.eye(2), model="random", ci="hc")


def test_the_mean_of_rotated_effects_is_that_of_the_effects() -> None:
    """Without a column it is the plain weighted mean."""
    data = studies([0.1, 0.4], [0.2, 0.1])
    plain = mean_at(data, 0.3)
    with_ones = mean_at(data, 0.3, np.ones(2))
    for one, other in zip(plain, with_ones, strict=True):
        assert one == pytest.approx(other, rel=1e-14)
