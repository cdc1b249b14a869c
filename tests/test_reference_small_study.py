"""Trim and fill, fail-safe numbers, excess significance and limit meta-analysis against R.

Each record at its tolerance. Estimates and limits count on the scale of the smallest standard
error; what differs by definition is said at the test.
"""

import math

import numpy as np
import pytest

import metaonc as mo
from tests.reference import Case, cases, label, studies
from tests.reference.comparison import Comparison


def pool(case: Case, method: str = "FE") -> mo.PooledResult:
    """The result that the program was given: FE, or random effects with that estimator."""
    effects = mo.Effects(*studies(case.source))
    if method == "FE":
        return mo.pool(effects, model="fixed")
    return mo.pool(effects, tau2=method, ci="wald")


@pytest.mark.parametrize("case", cases("small_study", "trimfill"), ids=label)
def test_trim_and_fill_is_that_of_trimfill(case: Case) -> None:
    """metafor `trimfill`, FE and REML, both sides and by default, three estimators.

    While it trims after REML the program finds tau² to 1e-5 only, so that what it mirrors is up to
    3e-5 off; its pooled values belong to those effects, at convergence. So effects are compared at
    3e-5 there, and pooled values by pooling the program's own.
    """
    args, out = case.args, case.out
    method, estimator = args["method"], args["estimator"]
    side = None if args["side"] == "default" else args["side"]
    fit = pool(case, method)
    found = mo.trim_and_fill(fit, estimator, side=side)
    compare = Comparison(case, f"{estimator}, {method}")
    assert not found.reason
    assert found.side == out["side"]
    assert (found.missing, found.filled.k) == (out["k0"], out["k"])
    compare("se of k0", found.missing_se, out["se.k0"])
    compare("p of R0", found.p_value, out["p.k0"])
    yi, vi = (np.array(out[f"filled_{name}"], dtype=float) for name in ("yi", "vi"))
    ours = found.filled.effects
    mirrored = Comparison(
        case, f"{estimator}, {method}: filled", rtol=3e-5 * (method != "FE") + 1e-10
    )
    order = np.argsort(ours.yi[found.is_filled])
    mirrored("filled", ours.yi[found.is_filled][order], np.sort(yi), floor=compare.scale)
    mirrored("variances", ours.vi[found.is_filled][order], vi[np.argsort(yi)])
    mirrored.location("estimate", found.filled.estimate, out["beta"])
    mirrored.done()
    effects = fit.effects
    whole = mo.Effects(np.append(effects.yi, yi), np.append(effects.vi, vi))
    again = (
        mo.pool(whole, model="fixed") if method == "FE" else mo.pool(whole, tau2=method, ci="wald")
    )
    compare.location("estimate", again.estimate, out["beta"])
    compare("se", again.se, out["se"])
    compare.interval("ci", (again.ci_low, again.ci_high), out["ci.lb"], out["ci.ub"])
    compare.p_value("p", again.p_value, out["pval"])
    compare("tau2", again.tau2, out["tau2"])
    compare("q", again.q, out["QE"])
    compare("i2", 100 * again.i2, out["I2"])
    compare.done()


@pytest.mark.parametrize("case", cases("small_study", "trimfill_meta"), ids=label)
def test_trim_and_fill_is_that_of_trimfill_meta(case: Case) -> None:
    """meta `trimfill(ma.common=TRUE)`: trimmed around the common effect, pooled with DL."""
    args, out = case.args, case.out
    fit = pool(case, "DL")
    side = "left" if args["left"] else "right"
    found = mo.trim_and_fill(fit, f"{args['type']}0", side=side, center="common")
    compare = Comparison(case, f"{args['type']}0, common effect")
    assert (found.missing, found.filled.k) == (out["k0"], out["k"])
    filled = found.filled.effects.yi[found.is_filled]
    compare("filled", np.sort(filled), np.sort(out["filled_TE"]), floor=compare.scale)
    for name, at in (("common", found.filled.fixed), ("random", found.filled)):
        compare.location(f"{name} estimate", at.estimate, out[f"TE.{name}"])
        compare(f"{name} se", at.wald_se, out[f"seTE.{name}"])
    limits = (found.filled.ci_low, found.filled.ci_high)
    compare.interval("ci", limits, out["lower.random"], out["upper.random"])
    compare("tau2", found.filled.tau2, out["tau2"])
    compare("q", found.filled.q, out["Q"])
    compare.p_value("p of q", found.filled.q_p, out["pval.Q"])
    compare("i2", found.filled.i2_from_q, out["I2"])
    compare.done()


@pytest.mark.parametrize("case", cases("small_study", "fsn"), ids=label)
def test_fail_safe_numbers_are_those_of_fsn(case: Case) -> None:
    """metafor `fsn`. The number of studies has to be the same, but for "General".

    There the program approximates fits with the added studies; ours is a formula for the same
    mixture of two populations, and at the program's tau² (which stops early, note N6) the numbers
    differ by 2 studies at most, of up to 442,742.
    """
    compare = Comparison(case, "Rosenthal, Orwin, Rosenberg")
    fit = pool(case)
    for name, method, options in (
        ("Rosenthal", "rosenthal", {}),
        ("Rosenthal.alpha01", "rosenthal", {"alpha": 0.01}),
        ("Orwin", "orwin", {}),
        ("Orwin.unweighted", "orwin", {"weighted": False}),
        ("Rosenberg", "rosenberg", {}),
    ):
        found, theirs = mo.fail_safe_n(fit, method, **options), case.out[name]
        assert found.n == theirs["fsnum"], name
        if "est" in theirs:
            compare.location(name, found.estimate, theirs["est"])
        if "target" in theirs:
            compare.location(name, found.target, theirs["target"])
        if "pval" in theirs:
            compare(name, found.p_value, theirs["pval"], floor=1e-15)
    for method in ("REML", "DL"):
        if f"General.{method}" in case.out:
            theirs = case.out[f"General.{method}"]
            fit = mo.pool(mo.Effects(*studies(case.source)), tau2=theirs["tau2"], ci="wald")
            found = mo.fail_safe_n(fit, "general")
            assert abs(found.n - theirs["fsnum"]) <= 2, method
            compare.location("General", found.estimate, theirs["est"])
            compare("General", found.p_value, theirs["pval"], floor=1e-15)
    compare.done()


@pytest.mark.parametrize("case", cases("small_study", "tes"), ids=label)
def test_excess_significance_is_that_of_tes(case: Case) -> None:
    """metafor `tes` after REML and FE.

    The program integrates the power over true effects up to five standard deviations from their
    mean and leaves 5.7e-7 of them out. Ours is a closed form: so powers may differ by that, their
    sum by k times that; the test's derivative by the sum is below 10.
    """
    test = {"binom": "binomial"}.get(case.args["test"], case.args["test"])
    fixed, random = Comparison(case, f"{test}, FE"), Comparison(case, f"{test}, REML", rtol=6e-7)
    for method, theirs, compare in (("REML", case.out, random), ("FE", case.out["FE"], fixed)):
        found = mo.excess_significance(pool(case, method), test)
        k = len(found.power)
        wide = method == "REML"
        assert found.observed == theirs["O"]
        compare("expected", found.expected, theirs["E"], floor=float(k) * wide)
        compare("p", found.p_value, theirs["pval"], floor=10.0 * k * wide + 1e-9)
        if theirs.get("X2") is not None:
            compare("X2", found.statistic, theirs["X2"], floor=max(1.0, 10 * k * wide))
        if theirs.get("power") is not None:
            compare("power", found.power, theirs["power"], floor=1.0 * wide)
        compare.done()


@pytest.mark.parametrize("case", cases("small_study", "limitmeta"), ids=label)
def test_limit_meta_analysis_is_that_of_limitmeta(case: Case) -> None:
    """metasens `limitmeta` after DL, all three adjustments."""
    out, method = case.out, case.args["method.adjust"]
    found = mo.limit_meta_analysis(pool(case, case.args["method.tau"]), method)
    compare = Comparison(case, method)
    compare.location("estimate", found.estimate, out["TE.adjust"])
    compare("se", found.se, out["seTE.adjust"])
    limits = (found.ci_low, found.ci_high)
    compare.interval("ci", limits, out["lower.adjust"], out["upper.adjust"])
    compare.p_value("p", found.p_value, out["pval.adjust"])
    compare("alpha", found.alpha, out["alpha.r"], floor=1.0)
    compare.location("beta", found.beta, out["beta.r"])
    compare("tau", math.sqrt(found.tau2), out["tau"])
    compare.location("limits", found.limits, out["TE.limit"])
    for name, theirs in (("q", "Q"), ("q_small", "Q.small"), ("q_residual", "Q.resid")):
        compare(name, getattr(found, name), out[theirs], floor=found.q)
    compare("g2", found.g2, out["G.squared"], floor=1.0)
    compare.done()
