"""Pooled results against metafor and meta, each at the tolerance its record states.

Tolerances are relative. Where a value can be near zero (an estimate, a limit) they are relative to
the smallest standard error among the studies if that is larger. A tau² of zero is zero exactly.
"""

from collections import Counter
from functools import cache
from typing import Any

import numpy as np
import pytest

import metaonc as mo
from tests.reference import Case, cases, label, studies

CI = {"z": "wald", "t": "t", "knha": "hksj", "adhoc": "hksj-adhoc"}  # metafor's `test` -> ours
META_CI = {"classic": "z", "HK": "knha", "HK-se": "adhoc"}  # meta's -> metafor's
SOURCES = tuple(dict.fromkeys(case.source for case in cases("pooling", "rma")))


def pool(yi: Any, vi: Any, method: str, test: str = "z", level: float = 0.95) -> Any:
    """One fit through the public interface, in metafor's words for method and test."""
    effects = mo.Effects(yi, vi, measure="GEN")
    if method == "FE":
        return mo.pool(effects, model="fixed", ci=CI[test], level=level)
    return mo.pool(effects, model="random", tau2=method, ci=CI[test], level=level)


@cache
def fitted(source: str, method: str, test: str = "z", level: float = 0.95) -> Any:
    """The fit of a data set; several records ask about the same one."""
    return pool(*studies(source), method, test, level)


class Comparison:
    """Collects what differs by more than a case allows, so that a failure names all of it."""

    def __init__(self, case: Case) -> None:
        self.rtol = case.rtol
        self.se = float(np.sqrt(studies(case.source)[1].min()))
        self.differences: list[str] = []

    def __call__(self, name: str, found: Any, expected: Any, floor: float = 0.0) -> None:
        """Compare numbers or arrays relatively, to no less than `floor`."""
        found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
        allowed = self.rtol * np.maximum(np.abs(expected), floor)
        if not np.all(np.abs(found - expected) <= allowed):
            self.differences.append(f"{name}: found {found!s}, expected {expected!s}")

    def location(self, name: str, found: Any, expected: Any) -> None:
        """Compare an estimate or a limit, which may be near zero."""
        self(name, found, expected, floor=self.se)

    def p_value(self, name: str, found: float, expected: float) -> None:
        """Compare p-values; R gives 0 where a double has no more digits."""
        self(name, found, expected, floor=1e-300 / self.rtol)

    def interval(self, name: str, found: tuple[float, float], low: float, high: float) -> None:
        """Compare both limits of an interval for an effect."""
        self.location(f"{name} low", found[0], low)
        self.location(f"{name} high", found[1], high)

    def done(self) -> None:
        """Fail if anything differed."""
        assert not self.differences, "\n".join(self.differences)


@pytest.mark.parametrize("case", cases("pooling", "rma"), ids=label)
def test_estimate_interval_and_heterogeneity_are_those_of_rma_uni(case: Case) -> None:
    """metafor `rma.uni`: FE, DL, REML, PM with every test; I² and H² from tau², for FE from Q."""
    out, compare = case.out, Comparison(case)
    fit = fitted(case.source, case.args["method"], case.args["test"])
    assert fit.k == out["k"]
    compare("tau2", fit.tau2, out["tau2"])
    compare.location("estimate", fit.estimate, out["beta"])
    compare("se", fit.se, out["se"])
    compare.interval("ci", (fit.ci_low, fit.ci_high), out["ci.lb"], out["ci.ub"])
    compare.p_value("p_value", fit.p_value, out["pval"])
    compare("i2", fit.i2, out["I2"] / 100)
    compare("h2", fit.h2, out["H2"])
    if "QE" in out:
        assert fit.q_df == out["k"] - 1
        compare("q", fit.q, out["QE"])
        compare.p_value("q_p", fit.q_p, out["QEp"])
    compare.done()


@pytest.mark.parametrize("case", cases("pooling", "predict"), ids=label)
def test_levels_and_prediction_intervals_are_those_of_predict_rma(case: Case) -> None:
    """metafor `predict`: intervals at 90, 95 and 99 %, and its "riley" prediction interval.

    "riley" takes the t distribution with k - 2 degrees of freedom and the fit's standard error.
    After a Wald fit (`test` "z" or "t") that is Higgins-Thompson-Spiegelhalter, ours for every
    `ci`; after Hartung-Knapp it is another interval (meta's HK-PR) and nothing to compare with.
    A fixed effect has none. Nor have two studies, with 0 degrees of freedom: meta gives none,
    metafor takes 1 degree of freedom instead.
    """
    method, test, level = case.args["method"], case.args["test"], case.args["level"] / 100
    out, compare = case.out, Comparison(case)
    fit = fitted(case.source, method, test, level)
    compare.location("estimate", fit.estimate, out["pred"])
    compare("se", fit.se, out["se"])
    compare.interval("ci", (fit.ci_low, fit.ci_high), out["ci.lb"], out["ci.ub"])
    predicted = fit.prediction_interval(method="HTS", level=level)
    if method == "FE" or fit.k < 3:
        assert np.isnan(predicted).all()
    elif test in ("z", "t"):
        riley = out["pi"]["riley"]
        compare.interval("prediction", predicted, riley["lb"], riley["ub"])
    compare.done()


@pytest.mark.parametrize("case", cases("pooling", "qp"), ids=label)
def test_tau2_interval_is_that_of_confint_rma(case: Case) -> None:
    """metafor `confint(type="QP")`: generalised Q-statistic method; empty intervals are (0, 0)."""
    out, compare = case.out, Comparison(case)
    fit = fitted(case.source, case.args["method"])
    low, high = fit.tau2_interval(method="QP", level=out["level"] / 100)
    compare("tau2", fit.tau2, out["est"])
    compare("low", low, out["ci.lb"])
    compare("high", high, out["ci.ub"])
    compare.done()


@pytest.mark.parametrize("case", cases("pooling", "metagen"), ids=label)
def test_a_second_program_agrees(case: Case) -> None:
    """meta `metagen`: classic, HK and HK-se intervals, HTS prediction, I² from Q, weights.

    HK-se never has a standard error below the classic one: metafor's "adhoc", our "hksj-adhoc".
    The HTS prediction interval keeps the classic standard error beside a Hartung-Knapp interval.
    """
    out, compare = case.out, Comparison(case)
    method = case.args["method.tau"]
    common = fitted(case.source, "FE")
    compare("i2", common.i2, out["I2"])
    for name, row in out["random"].items():
        fit = fitted(case.source, method, META_CI[name])
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
        compare.location("common estimate", common.estimate, out["TE.common"])
        compare("common se", common.se, out["seTE.common"])
        compare("q", common.q, out["Q"])
    for weights, fit in (("w.common", common), ("w.random", fitted(case.source, method))):
        if weights in out:
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
        for family in ("rma", "predict", "qp", "metagen")
    }
    assert counts == {
        "rma": {"FE": 234, "DL": 257, "REML": 300, "PM": 257},
        "predict": {"FE": 33, "DL": 107, "REML": 448, "PM": 107},
        "qp": {"DL": 74, "REML": 191, "PM": 74},
        "metagen": {"DL": 74, "REML": 117, "PM": 74},
    }
    assert len(SOURCES) == 117
