"""Models for counts against metafor: Mantel-Haenszel and Peto."""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar

import metaonc as mo
from metaonc.kernels.counts.count_likelihoods import Binomial, Counts, Poisson
from metaonc.kernels.counts.mantel_haenszel import mantel_haenszel
from metaonc.kernels.counts.mixed_levels import fit_random_levels, random_levels_likelihood
from metaonc.kernels.counts.table_tests import breslow_day, cochran_mantel_haenszel
from metaonc.pooling.counts.count_result import CountResult
from tests.reference import Case, cases, label
from tests.reference.comparison import Comparison

PATIENTS = {"events_1": "ai", "n_1": "n1i", "events_2": "ci", "n_2": "n2i"}
TIMES = {"events_1": "x1i", "time_1": "t1i", "events_2": "x2i", "time_2": "t2i"}
_TINY = 1e-12  # p values and I² of 0 or 1


def table(case: Case) -> pd.DataFrame:
    """The counts of a case under our names."""
    names = TIMES if "x1i" in case.inputs else PATIENTS
    frame = pd.DataFrame({ours: case.inputs[theirs] for ours, theirs in names.items()})
    return frame.astype(float)


def effects_of(case: Case) -> mo.Effects:
    """The studies' own effects, with 1/2 in the cells of tables that have an empty one."""
    frame, measure = table(case), case.args.get("measure", "OR")
    if "time_1" not in frame:
        return mo.effect_sizes(measure, frame, drop00=case.args.get("drop00") == [True, True])
    x1, t1, x2, t2 = frame.to_numpy().T
    half = 0.5 * ((x1 == 0) | (x2 == 0))
    x1, x2 = x1 + half, x2 + half
    if measure == "IRR":
        yi, vi = np.log(x1 / t1 / (x2 / t2)), 1 / x1 + 1 / x2
    else:
        yi, vi = x1 / t1 - x2 / t2, x1 / t1**2 + x2 / t2**2
    return mo.Effects(yi, vi, measure=measure, columns=frame.to_dict("list"))


def assert_same(compare: Comparison, fit: mo.PooledResult, out: dict[str, Any]) -> None:
    """Mean, test, interval and heterogeneity."""
    compare("estimate", fit.estimate, out["beta"], fit.se)
    compare("se", fit.se, out["se"])
    compare("low", fit.ci_low, out["ci.lb"], fit.se)
    compare("high", fit.ci_high, out["ci.ub"], fit.se)
    compare("z", fit.statistic, out["zval"], 1.0)
    compare("p", fit.p_value, out["pval"], _TINY)
    compare("q", fit.q, out["QE"])
    compare("q p", fit.q_p, out["QEp"], _TINY)
    compare("i2", 100 * fit.i2, out["I2"], 100.0)
    compare("h2", fit.h2, out["H2"])


@pytest.mark.parametrize("case", cases("counts", "mh"), ids=label)
def test_mantel_haenszel_agrees_with_rma_mh(case: Case) -> None:
    """metafor `rma.mh`: the counts as they are, and with 1/2 in tables that have an empty cell."""
    compare = Comparison(case, f"{case.args['measure']}, Mantel-Haenszel")
    if "add" in case.args:
        assert_same_corrected(compare.of(f"{compare.method}, corrected"), case)
    else:
        fit = mo.pool(effects_of(case), model="mh")
        assert isinstance(fit, CountResult)
        assert_same(compare, fit, case.out)
        assert_same_tests(compare, fit, case)
    compare.done()


def assert_same_tests(compare: Comparison, fit: CountResult, case: Case) -> None:
    """Cochran-Mantel-Haenszel, Breslow-Day, Tarone, where the program gives them."""
    out: dict[str, Any] = case.out
    if out["MH"] is not None:
        found = fit.association_test(correct=case.args.get("correct", True))
        compare("CMH", found.statistic, out["MH"])
        compare("CMH p", found.p_value, out["MHp"], _TINY)
    if out["BD"] is not None:
        for name, tarone in (("BD", False), ("TA", True)):
            test = fit.homogeneity_test(tarone=tarone)
            compare(name, test.statistic, out[name])
            compare(f"{name} p", test.p_value, out[f"{name}p"], _TINY)


def assert_same_corrected(compare: Comparison, case: Case) -> None:
    """The kernels, from counts that were added to: `pool` adds to none."""
    x1, n1, x2, n2 = table(case).dropna().to_numpy().T
    half = 0.5 * ((x1 == 0) | (x2 == 0) | (x1 == n1) | (x2 == n2))
    counts = x1 + half, n1 + 2 * half, x2 + half, n2 + 2 * half
    mean, out = mantel_haenszel(case.args["measure"], *counts), case.out
    compare("estimate", mean.estimate, out["beta"], mean.se)
    compare("se", mean.se, out["se"])
    if out["MH"] is not None:
        compare("CMH", cochran_mantel_haenszel(*counts).statistic, out["MH"])
    if out["BD"] is not None:
        compare("BD", breslow_day(*counts, tarone=False).statistic, out["BD"])
        compare("TA", breslow_day(*counts).statistic, out["TA"])


@pytest.mark.parametrize("case", cases("counts", "peto"), ids=label)
def test_peto_agrees_with_rma_peto(case: Case) -> None:
    """metafor `rma.peto`."""
    compare = Comparison(case, "OR, Peto")
    assert_same(compare, mo.pool(effects_of(case), model="peto"), case.out)
    compare.done()


@pytest.mark.parametrize("case", cases("counts", "firth"), ids=label)
def test_penalised_regression_agrees_with_metabin(case: Case) -> None:
    """meta `metabin(method="LRP")`, which keeps studies without events in either arm."""
    fit, out = mo.pool(effects_of(case), model="firth"), case.out
    compare = Comparison(case, "OR, Firth")
    compare("estimate", fit.estimate, out["TE.common"], fit.se)
    compare("se", fit.se, out["seTE.common"])
    compare("low", fit.ci_low, out["lower.common"], fit.se)
    compare("high", fit.ci_high, out["upper.common"], fit.se)
    compare("p", fit.p_value, out["pval.common"], _TINY)
    compare.done()


def test_revman_prints_the_same_for_fleiss() -> None:
    """Cochrane RevMan, Fleiss 1993 (aspirin after infarction), OR by Mantel-Haenszel, as exported.

    RevMan's Q is around the Mantel-Haenszel mean, as here.
    """
    (case,) = (one for one in cases("counts", "mh") if one.id == "Fleiss1993bin/mh/OR")
    fit = mo.pool(effects_of(case), model="mh")
    assert fit.display() == pytest.approx((0.89686556, 0.8405144, 0.95699471), abs=5e-9)
    assert fit.q == pytest.approx(9.94605598, abs=5e-9)
    assert 100 * fit.i2 == pytest.approx(39.67458046, abs=5e-9)


# meta's functions ---------------------------------------------------------------------------------


def effects_for_meta(case: Case) -> mo.Effects:
    """The effects of a case of meta, with its rules for empty cells."""
    sm, args = case.args["sm"], case.args
    if case.family == "metarate":
        events, time = ("xi", "ti") if "xi" in case.inputs else ("x1i", "t1i")
        columns = {"events": case.inputs[events], "time": case.inputs[time]}
        return mo.effect_sizes(sm, pd.DataFrame(columns).astype(float).dropna())
    frame = table(case).dropna()
    if sm in ("OR", "RR") and not args.get("allstudies"):
        none = frame["events_1"] + frame["events_2"] == 0
        every = frame["events_1"] + frame["events_2"] == frame["n_1"] + frame["n_2"]
        frame = frame[~(none | every)]
    return mo.effect_sizes({"ASD": "AS"}.get(sm, sm), frame, to=args.get("method.incr", "only0"))


@pytest.mark.parametrize(
    "case",
    [one for name in ("metabin", "metainc", "metarate") for one in cases("counts", name)],
    ids=label,
)
def test_counts_are_pooled_as_meta_pools_them(case: Case) -> None:
    """meta `metabin`, `metainc`, `metarate`: everything that does not rest on how it adds to cells.

    Its standard error of a Mantel-Haenszel risk difference is another (Greenland & Robins 1985),
    as are its Q around other means, where it has one.
    """
    effects, out = effects_for_meta(case), case.out
    method = case.args.get("method", "Inverse")
    compare = Comparison(case, f"{effects.measure}, {method}")
    if "lower" in out:
        low, high = (effects.yi + side * 1.959963984540054 * effects.sei for side in (-1, 1))
        compare("low", low, out["lower"], effects.sei)
        compare("high", high, out["upper"], effects.sei)
    if "TE.common" in out and case.args.get("Q.Cochrane") is None:
        model = {"MH": "mh", "Peto": "peto"}.get(method, "fixed")
        mean = mo.pool(effects, model=model)
        compare("common", mean.estimate, out["TE.common"], mean.se)
        if not (model == "mh" and effects.measure == "RD"):
            compare("common se", mean.se, out["seTE.common"])
            compare("common low", mean.ci_low, out["lower.common"], mean.se)
            compare("common high", mean.ci_high, out["upper.common"], mean.se)
        if model != "mh":
            compare("q", mean.q, out["Q"], 1.0)
    if "TE.random" in out and method != "Peto":
        fit = mo.pool(effects, model="random", tau2=case.args["method.tau"], ci="wald")
        compare("tau2", fit.tau2, out["tau2"], float(np.median(effects.vi)))
        compare("random", fit.estimate, out["TE.random"], fit.se)
        compare("random se", fit.se, out["seTE.random"])
        compare("random low", fit.ci_low, out["lower.random"], fit.se)
        compare("random high", fit.ci_high, out["upper.random"], fit.se)
    compare.done()


# Mixed models -------------------------------------------------------------------------------------

ONE_ARM = {"PLO": ("PLOGIT", "xi", "ni"), "IRLN": ("IRLN", "xi", "ti")}
# Converged optima of the same likelihoods, by a program of its own, are known to 1e-6.
OPTIMUM = 1e-6


def mixed(case: Case) -> tuple[mo.Effects, str]:
    """The effects of a case, with the counts that count, and the model."""
    if case.args["measure"] in ONE_ARM:
        measure, events, size = ONE_ARM[case.args["measure"]]
        if events not in case.inputs:  # one arm of a two-arm table
            events, size = "x1i", "t1i"
        columns = {
            "events": case.inputs[events],
            "n" if measure == "PLOGIT" else "time": case.inputs[size],
        }
        model = "glmm"
    else:
        measure, model = case.args["measure"], case.args["model"]
        columns = table(case).to_dict("list")
    frame = pd.DataFrame(columns).astype(float).dropna()
    effects = mo.Effects(
        np.zeros(len(frame)), np.ones(len(frame)), measure, columns=frame.to_dict("list")
    )
    return effects, model


@pytest.mark.parametrize("case", cases("counts", "glmm"), ids=label)
def test_mixed_models_agree_with_rma_glmm(case: Case) -> None:
    """metafor `rma.glmm`; where a converged optimum is known, that is the target.

    The program's own fits stop early or fail for some of them, and for the common effect its
    standard errors come from numerical differences: these have the tolerance of the record.
    """
    effects, model = mixed(case)
    common = case.args.get("method") == "EE"
    fit = mo.pool(effects, model=model, tau2=0.0 if common else None)
    assert isinstance(fit, CountResult)
    out: dict[str, Any] = case.out.get("optimum_exact", case.out.get("metafor"))
    known = "optimum_exact" in case.out
    compare = Comparison(case, f"{effects.measure}, {model}", rtol=OPTIMUM if known else case.rtol)
    compare("estimate", fit.estimate, out["beta"], fit.se)
    compare("se", fit.se, out["se"])
    compare("tau2", fit.tau2, out["tau2"], 0.01)
    if known:
        compare("log-likelihood", fit.log_likelihood, out["logLik"])
        assert fit.log_likelihood >= out["logLik"] - 1e-7 * abs(out["logLik"])
        assert fit.certificate().holds
    compare.done()


@pytest.mark.parametrize(
    "case",
    [case for case in cases("counts", "glmm") if case.out.get("metafor", {}).get("QE.LRT")],
    ids=label,
)
def test_q_is_the_likelihood_ratio_of_rma_glmm(case: Case) -> None:
    """metafor's `QE.LRT`, from its own fits of both models."""
    effects, model = mixed(case)
    fit = mo.pool(effects, model=model, tau2=0.0)
    assert fit.q == pytest.approx(case.out["metafor"]["QE.LRT"], rel=1e-5, abs=1e-5)
    assert fit.q_df == case.out["metafor"]["QE.df"]


FAILED = [case for case in cases("counts", "glmm") if "metafor_error" in case.out]


def test_some_fits_of_rma_glmm_end_in_an_error() -> None:
    """Three do not converge; six were not tried, their tables being large."""
    ends = [case.id for case in FAILED if "Cannot fit ML model" in case.out["metafor_error"]]
    data = ("dat.nissen2007", "dat.quan2000", "dat.yusuf1985.6")
    assert ends == [f"{name}/glmm/CM.EL" for name in data]
    assert len(FAILED) == 9


@pytest.mark.parametrize("case", FAILED, ids=label)
def test_without_a_fit_of_rma_glmm_the_maximum_is_no_lower_than_the_known_one(
    case: Case,
) -> None:
    """Every maximum is listed, the highest taken, and no tau² beside it is more likely."""
    effects, model = mixed(case)
    fit = mo.pool(effects, model=model)
    assert fit.certificate().holds
    assert fit.log_likelihood >= case.out["optimum_exact"]["logLik"] - 1e-9
    for factor in (0.9, 1.1):
        beside = mo.pool(effects, model=model, tau2=fit.tau2 * factor or 1e-3)
        assert beside.log_likelihood < fit.log_likelihood


# Random study effects ----------------------------------------------------------------------------


def levels(case: Case) -> tuple[Counts, Counts, int]:
    """Both arms as the program takes them: without studies that have no events at all."""
    frame = table(case).dropna()
    rates = "time_1" in frame
    x1, s1, x2, s2 = frame.to_numpy().T
    says = x1 + x2 > 0
    if not rates:
        says &= x1 + x2 < s1 + s2
    x1, s1, x2, s2 = (values[says] for values in (x1, s1, x2, s2))
    kind = Poisson if rates else Binomial
    return kind(x1, s1), kind(x2, s2), int(says.sum())


@pytest.mark.parametrize("case", cases("counts", "levels"), ids=label)
def test_random_study_effects_agree_with_rma_glmm(case: Case) -> None:
    """metafor `rma.glmm(model="UM.RS")`, which has Laplace's approximation of the integrals.

    A general search from the program's result over the same approximation stays where it is; what
    metaonc finds with the integrals themselves is no less likely than that result. The program's
    standard errors are up to 1% off the curvature of its own likelihood, and are not compared.
    """
    arm_1, arm_2, k = levels(case)
    out: dict[str, Any] = case.out
    assert k == out["k"]
    theirs = [out["beta"], np.sqrt(out["sigma2"]), np.sqrt(out["tau2"])]

    def lower(at: NDArray[np.float64], nodes: int = 1) -> float:
        at = np.array([*at[:2], *np.abs(at[2:])])
        return -random_levels_likelihood(arm_1, arm_2, at, k, nodes=nodes)

    level = minimize_scalar(lambda value: lower(np.array([value, *theirs])), (-8.0, 0.0)).x
    start = np.array([level, *theirs])
    best = minimize(lower, start, method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-9})
    compare = Comparison(case, "two arms, UM.RS, Laplace")
    compare("estimate", best.x[1], out["beta"], out["se"])
    compare("sigma2", best.x[2] ** 2, out["sigma2"], 0.05)
    compare("tau2", best.x[3] ** 2, out["tau2"], 0.05)
    compare.done()
    found = fit_random_levels(arm_1, arm_2, (level, out["beta"]), k)
    assert found.log_likelihood >= -lower(start, 21) - 1e-7


def test_rma_glmm_ends_at_the_lower_of_two_maxima() -> None:
    """Fleiss 1993: the program's tau² of 0.0072 is a maximum, and tau² = 0 a higher one."""
    (case,) = (one for one in cases("counts", "levels") if one.id.startswith("Fleiss1993bin"))
    fit = mo.pool(effects_of(case), model="UM.RS")
    found = fit.certificate()
    assert found.holds
    assert found.maxima[0] == fit.tau2 == 0
    assert found.maxima[1] == pytest.approx(case.out["tau2"], abs=2e-4)
    assert found.log_likelihoods[1] < -0.004


def test_the_grid_has_not_shrunk() -> None:
    """The number of cases per measure, as first selected."""
    mh = Counter(case.args["measure"] for case in cases("counts", "mh"))
    assert mh == {"OR": 76, "RR": 57, "RD": 57, "IRR": 4, "IRD": 2}
    assert len(cases("counts", "peto")) == 19
    assert len(cases("counts", "firth")) == 17
    assert len(cases("counts", "levels")) == 18
    assert len(cases("counts", "metabin")) == 190
    assert len(cases("counts", "metainc")) == 10
    assert len(cases("counts", "metarate")) == 5
    assert Counter(case.args.get("model", "one arm") for case in cases("counts", "glmm")) == {
        "UM.FS": 36,
        "CM.EL": 28,
        "CM.AL": 32,
        "one arm": 23,
    }
