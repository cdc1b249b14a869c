"""Pooled results against metafor and meta, each at the tolerance its record states.

Tolerances are relative. Where a value can be near zero (an estimate, a limit) they are relative to
the smallest standard error among the studies if that is larger. A tau² of zero is zero exactly.
"""

import math
from collections import Counter
from functools import cache
from typing import Any

import numpy as np
import pytest

import metaonc as mo
from tests.reference import Case, cases, label, studies
from tests.reference.comparison import Comparison

CI = {"z": "wald", "t": "t", "knha": "hksj", "adhoc": "hksj-adhoc"}  # metafor's `test` -> ours
META_CI = {"classic": "z", "HK": "knha", "HK-se": "adhoc"}  # meta's -> metafor's
SOURCES = tuple(dict.fromkeys(case.source for case in cases("pooling", "rma")))


def pool(yi: Any, vi: Any, method: str | float, test: str = "z", level: float = 0.95) -> Any:
    """One fit through the public interface, in metafor's words for method and test."""
    effects = mo.Effects(yi, vi, measure="GEN")
    if method == "FE":
        return mo.pool(effects, model="fixed", ci=CI[test], level=level)
    return mo.pool(effects, model="random", tau2=method, ci=CI[test], level=level)


@cache
def fitted(source: str, method: str | float, test: str = "z", level: float = 0.95) -> Any:
    """The fit of a data set; several records ask about the same one."""
    return pool(*studies(source), method, test, level)


def named(method: str, test: str) -> str:
    """What the validation page calls a fit."""
    return method if test == "z" else f"{method}, {test}"


@pytest.mark.parametrize("case", cases("pooling", "rma"), ids=label)
def test_estimate_interval_and_heterogeneity_are_those_of_rma_uni(case: Case) -> None:
    """metafor `rma.uni`: every estimator and test; I² and H² from tau², for FE from Q.

    The iterated Sidik-Jonkman estimate never gets to 0 in the program (6e-17, say), so there tau²
    counts on the scale of the smallest variance and I² on that of 1.
    """
    out, method, test = case.out, case.args["method"], case.args["test"]
    given = case.args.get("tau2", method)
    row = named(method, test) if given == method else "tau² given"
    compare = Comparison(case, row)
    fit = fitted(case.source, given, test)
    assert fit.k == out["k"]
    assert fit.df == out.get("ddf", math.inf)
    iterated = method == "SJIT"
    compare("tau2", fit.tau2, out["tau2"], floor=compare.scale**2 * iterated)
    compare.location("estimate", fit.estimate, out["beta"])
    compare("se", fit.se, out["se"])
    compare("statistic", fit.statistic, out["zval"], floor=1.0)
    compare.interval("ci", (fit.ci_low, fit.ci_high), out["ci.lb"], out["ci.ub"])
    compare.p_value("p_value", fit.p_value, out["pval"])
    compare("i2", fit.i2, out["I2"] / 100, floor=1.0 * iterated)
    compare("h2", fit.h2, out["H2"])
    if "QE" in out:
        assert fit.q_df == out["k"] - 1
        compare("q", fit.q, out["QE"])
        compare.p_value("q_p", fit.q_p, out["QEp"])
    if given == method and method != "FE":
        compare("se of tau2", fit.tau2_se, out["se.tau2"])
    if "local_maxima" in out:
        maxima = fit.certificate().maxima
        compare("maxima", maxima, out["local_maxima"], floor=compare.scale**2)
    if "fitstats" in out:
        theirs = out["fitstats"]
        scale = fit.k + fit.q  # of the sum that a log-likelihood is; it can be near zero
        compare("log-likelihood", fit.log_likelihood, theirs["logLik"], floor=scale)
        compare("aic", fit.aic, theirs["AIC"], floor=scale)
        compare("bic", fit.bic, theirs["BIC"], floor=scale)
    compare.done()


# metafor's `pi.type` -> our prediction interval, by its `test`; `simple` is tau² alone and no
# interval of ours.
PREDICTION = {
    "z": {"default": "S", "riley": "HTS", "t": "V"},
    "t": {"default": "V", "riley": "HTS", "t": "V"},
    "knha": {"default": "HK", "riley": "HK-PR", "t": "HK"},
    "adhoc": {"default": "HK-se", "t": "HK-se"},
}


@pytest.mark.parametrize("case", cases("pooling", "predict"), ids=label)
def test_levels_and_prediction_intervals_are_those_of_predict_rma(case: Case) -> None:
    """metafor `predict`: intervals at 90, 95 and 99 %, and its prediction intervals.

    The interval of a fit by default has the test's quantile and standard error, "t" its standard
    error and k - 1 degrees of freedom, "riley" k - 2. A fixed effect has none. Nor has "riley" for
    two studies, with 0 degrees of freedom: meta gives none, metafor takes 1 degree instead.
    """
    method, test, level = case.args["method"], case.args["test"], case.args["level"] / 100
    out, compare = case.out, Comparison(case, named(method, test))
    fit = fitted(case.source, method, test, level)
    compare.location("estimate", fit.estimate, out["pred"])
    compare("se", fit.se, out["se"])
    compare.interval("ci", (fit.ci_low, fit.ci_high), out["ci.lb"], out["ci.ub"])
    if method == "FE":
        assert np.isnan(fit.prediction_interval(level=level)).all()
    else:
        for kind, name in PREDICTION[test].items():
            predicted, theirs = fit.prediction_interval(name, level=level), out["pi"][kind]
            if kind == "riley" and fit.k < 3:
                assert np.isnan(predicted).all()
            else:
                compare.of(f"prediction {name}")
                compare.interval("prediction", predicted, theirs["lb"], theirs["ub"])
    compare.done()


@pytest.mark.parametrize("case", cases("pooling", "exp"), ids=label)
def test_ratios_are_those_of_predict_rma_with_exp(case: Case) -> None:
    """metafor `predict(transf=exp)`: hazard and odds ratios with their limits."""
    method, test = case.args["method"], case.args["test"]
    compare = Comparison(case, named(method, test))
    effects = mo.Effects(*studies(case.source), measure=case.inputs["measure"])
    choices = {"model": "fixed"} if method == "FE" else {"tau2": method}
    shown = mo.pool(effects, ci=CI[test], **choices).to_dict()["displayed"]
    compare("ratio", shown["estimate"], case.out["pred"])
    compare("low", shown["low"], case.out["ci.lb"])
    compare("high", shown["high"], case.out["ci.ub"])
    compare.done()


@pytest.mark.parametrize("case", cases("pooling", "qp"), ids=label)
def test_tau2_interval_is_that_of_confint_rma(case: Case) -> None:
    """metafor `confint(type="QP")`: generalised Q-statistic method; empty intervals are (0, 0)."""
    out, compare = case.out, Comparison(case, f"QP after {case.args['method']}")
    fit, level = fitted(case.source, case.args["method"]), out["level"] / 100
    low, high = fit.tau2_interval(method="QP", level=level)
    compare("tau2", fit.tau2, out["est"])
    compare("low", low, out["ci.lb"])
    compare("high", high, out["ci.ub"])
    compare("tau", [fit.tau, *fit.tau_interval(level=level)], out["tau"])
    i2 = [100 * value for value in (fit.i2_from_tau2, *fit.i2_interval(level=level))]
    compare("i2", i2, out["I2"])
    compare("h2", [fit.h2, *fit.h2_interval(level=level)], out["H2"])
    compare.done()


@pytest.mark.parametrize("case", cases("pooling", "i2"), ids=label)
def test_i2_from_tau2_is_that_of_metagen(case: Case) -> None:
    """meta `metagen(method.I2="tau2")` after DL; H is the root of H².

    Its limits are those of Jackson's interval of tau², which the program finds to 1e-4 absolute
    only (they are compared as such among the intervals of tau²).
    """
    fit, compare = fitted(case.source, "DL"), Comparison(case, "DL", rtol=1e-10)  # closed forms
    compare("i2", fit.i2_from_tau2, case.out["I2"])
    compare("h", math.sqrt(fit.h2), case.out["H"])
    compare.done()


@pytest.mark.parametrize("case", cases("pooling", "metagen"), ids=label)
def test_a_second_program_agrees(case: Case) -> None:
    """meta `metagen`: classic, HK and HK-se intervals, HTS prediction, I² from Q, weights.

    HK-se never has a standard error below the classic one: metafor's "adhoc", our "hksj-adhoc".
    The HTS prediction interval keeps the classic standard error beside a Hartung-Knapp interval.
    """
    out, method = case.out, case.args["method.tau"]
    compare = Comparison(case, method)
    common = fitted(case.source, "FE")
    compare("i2", common.i2, out["I2"])
    for name, row in out["random"].items():
        fit = fitted(case.source, method, META_CI[name])
        compare.of(named(method, name) if name != "classic" else method)
        compare("tau2", fit.tau2, out["tau2"])
        compare.location(f"{name} estimate", fit.estimate, row["TE"])
        compare(f"{name} se", fit.se, row["seTE"])
        compare.interval(f"{name} ci", (fit.ci_low, fit.ci_high), row["lower"], row["upper"])
        compare.p_value(f"{name} p", fit.p_value, row["pval"])
        predicted, hts = fit.prediction_interval(method="HTS"), out["predict"].get("HTS")
        if hts is None:  # two studies
            assert np.isnan(predicted).all()
        else:
            compare.interval(f"{name} prediction", predicted, hts["lower"], hts["upper"])
    if "TE.common" in out:
        compare.of("common effect")
        compare.location("common estimate", common.estimate, out["TE.common"])
        compare("common se", common.se, out["seTE.common"])
        compare("q", common.q, out["Q"])
    for weights, fit in (("w.common", common), ("w.random", fitted(case.source, method))):
        if weights in out:
            compare.of(method if fit is not common else "common effect")
            compare(weights, fit.weights, np.array(out[weights]) / np.sum(out[weights]))
    compare.done()


@pytest.mark.parametrize("method", ["DL", "REML", "PM"])
@pytest.mark.parametrize("source", SOURCES)
def test_a_change_of_unit_changes_the_unit_and_nothing_else(source: str, method: str) -> None:
    """Effects times c and variances times c² (hours for years): same p and I², estimate times c."""
    yi, vi = studies(source)
    before = fitted(source, method, "knha")
    for c in (1e-6, 3.0, 1e5):
        after = pool(c * yi, c**2 * vi, method, "knha")
        assert after.tau2 == pytest.approx(c**2 * before.tau2, rel=1e-8, abs=0)
        assert after.estimate / c == pytest.approx(before.estimate, abs=1e-8 * before.se)
        assert after.i2 == pytest.approx(before.i2, rel=1e-8, abs=0)
        assert after.p_value == pytest.approx(before.p_value, rel=1e-7, abs=1e-300)


def test_the_grid_has_not_shrunk() -> None:
    """The number of cases per family and method, as selected from the source."""
    counts = {
        family: Counter(
            case.args.get("method") or case.args["method.tau"] for case in cases("pooling", family)
        )
        for family in ("rma", "predict", "exp", "qp", "metagen", "i2")
    }
    assert counts == {
        "rma": {
            "FE": 234,
            "DL": 257,
            "REML": 407,
            "PM": 257,
            "HE": 117,
            "SJ": 117,
            "ML": 191,
            **dict.fromkeys(("HS", "HSk", "EB", "PMM", "DLIT", "SJIT"), 74),
        },
        "predict": {
            "FE": 33,
            "DL": 107,
            "REML": 448,
            "PM": 107,
            "HE": 33,
            "SJ": 33,
            "ML": 74,
        },
        "exp": {"FE": 7, "DL": 14, "REML": 14, "PM": 14, "ML": 7},
        "qp": {"DL": 74, "REML": 191, "PM": 74},
        "i2": {"DL": 74},
        "metagen": {
            "DL": 74,
            "REML": 117,
            "PM": 74,
            **dict.fromkeys(("HE", "HS", "SJ", "ML", "EB"), 33),
        },
    }
    assert len(SOURCES) == 117
