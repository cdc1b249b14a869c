"""Leave-one-out, cumulative and influence against metafor and meta, at each record's tolerance."""

from functools import cache
from typing import Any

import numpy as np
import pytest

import metaonc as mo
from tests.pooling.test_regression import LOST_DIGITS
from tests.pooling.test_regression import fitted as regressed
from tests.reference import Case, cases, label, studies
from tests.reference.comparison import Comparison
from tests.test_reference_counts import effects_of

_TINY = 1e-12  # p values and I² of 0 or 1


@cache
def fitted(source: str, method: str) -> mo.PooledResult:
    """The effects of a case, pooled with a z test."""
    effects = mo.Effects(*studies(source))
    if method == "FE":
        return mo.pool(effects, model="fixed")
    return mo.pool(effects, tau2=method, ci="wald")


def compare_rows(compare: Comparison, frame: Any, out: dict[str, Any], start: int = 0) -> None:
    """Rows of subsets under metafor's names, from the row `start` on.

    Where the likelihood is highest at tau² = 0, the program stops just above it (2e-15, say): there
    tau² counts on the scale of the smallest variance, and I² on that of 1.
    """
    found = {name: frame[name].to_numpy()[start:] for name in frame}
    none = found["tau2"] == 0
    compare.location("estimate", found["estimate"], out["estimate"])
    compare("se", found["se"], out["se"])
    compare.location("low", found["ci_low"], out["ci.lb"])
    compare.location("high", found["ci_high"], out["ci.ub"])
    compare.p_value("p", found["p_value"], out["pval"])
    compare("q", found["q"], out["Q"], floor=1.0)
    if "Qp" in out:
        compare.p_value("q p", found["q_p"], out["Qp"])
    if "tau2" in out:
        compare("tau2", found["tau2"], out["tau2"], floor=compare.scale**2 * none)
    compare("i2", 100 * found["i2"], out["I2"], floor=100.0 * none)


@pytest.mark.parametrize("case", cases("influence", "leave1out"), ids=label)
def test_leave_one_out_is_that_of_metafor(case: Case) -> None:
    """metafor `leave1out.rma.uni` after FE and REML."""
    method = case.args["method"]
    compare = Comparison(case, f"without each, {method}")
    compare_rows(compare, mo.leave_one_out(fitted(case.source, method)).to_frame(), case.out)
    compare.done()


@pytest.mark.parametrize("case", cases("influence", "cumul"), ids=label)
def test_cumulative_is_that_of_metafor(case: Case) -> None:
    """metafor `rma.uni` on the first two studies, three, ... in the order of a column."""
    compare = Comparison(case, "cumulative, REML")
    result = fitted(case.source, "REML")
    frame = mo.cumulative(result, order=case.args["order"]).to_frame()
    compare_rows(compare, frame, case.out, start=1)
    compare.done()


@pytest.mark.parametrize("case", cases("influence", "metainf"), ids=label)
def test_leave_one_out_is_that_of_meta(case: Case) -> None:
    """meta `metainf`, DL; its I² is from Q, as that of the fixed model."""
    compare, out = Comparison(case, "without each, DL"), case.out
    frame = mo.leave_one_out(fitted(case.source, "DL")).to_frame()
    compare.location("estimate", frame["estimate"], out["TE"])
    compare("se", frame["se"], out["seTE"])
    compare.location("low", frame["ci_low"], out["lower"])
    compare.location("high", frame["ci_high"], out["upper"])
    compare("tau2", frame["tau2"], out["tau2"])
    fixed = mo.leave_one_out(fitted(case.source, "FE")).to_frame()
    compare("i2", fixed["i2"], out["I2"], floor=_TINY)
    compare.done()


def compare_counts(compare: Comparison, frame: Any, out: dict[str, Any]) -> None:
    """Rows of subsets of counts; NaN where the counts have no finite mean."""
    compare("estimate", frame["estimate"], out["estimate"], floor=frame["se"])
    compare("se", frame["se"], out["se"])
    compare("z", frame["statistic"], out["zval"], floor=1.0)
    compare("low", frame["ci_low"], out["ci.lb"], floor=frame["se"])
    compare("high", frame["ci_high"], out["ci.ub"], floor=frame["se"])
    compare("p", frame["p_value"], out["pval"], floor=_TINY)


@pytest.mark.parametrize("case", cases("influence_counts", "leave1out"), ids=label)
def test_leave_one_out_of_counts_is_that_of_metafor(case: Case) -> None:
    """metafor `leave1out.rma.mh` and `leave1out.rma.peto`."""
    model = "peto" if "peto" in case.id else "mh"
    compare = Comparison(case, f"without each, {model}")
    frame = mo.leave_one_out(mo.pool(effects_of(case), model=model)).to_frame()
    compare_counts(compare, frame, case.out)
    compare("q", frame["q"], case.out["Q"])
    compare("q p", frame["q_p"], case.out["Qp"], floor=_TINY)
    compare.done()


@pytest.mark.parametrize("case", cases("influence_counts", "cumul"), ids=label)
def test_cumulative_of_counts_is_that_of_metafor(case: Case) -> None:
    """metafor `cumul.rma.mh`: risk ratios by Mantel and Haenszel, NaN until there is a mean."""
    compare = Comparison(case, "cumulative, mh")
    frame = mo.cumulative(mo.pool(effects_of(case), model="mh")).to_frame()
    compare_counts(compare, frame, case.out)
    compare.done()


def compare_set(compare: Comparison, found: Any, out: dict[str, Any]) -> None:
    """The influence set of a fit under metafor's names."""
    residuals, change = found.residuals, found.moved
    # What is near zero counts on the scale of a standard error, or of the smallest variance.
    compare("rstudent", residuals.rstudent, out["rstudent"], floor=1.0)
    compare("dffits", residuals.dffits, out["dffits"], floor=1.0)
    compare("cook", change.cooks_distance, out["cook.d"], floor=1.0)
    compare("cov.r", change.covariance_ratio, out["cov.r"])
    none = found.tau2_deleted == 0
    compare("tau2", found.tau2_deleted, out["tau2.del"], floor=found.result.effects.vi.min() * none)
    compare("q", found.q_deleted, out["QE.del"], floor=1.0)
    compare("hat", residuals.hat, out["hat"])
    compare("weight", 100 * found.weights, out["weight"])
    dfbetas = out["dfbs"]
    each = dfbetas.values() if isinstance(dfbetas, dict) else [dfbetas]
    compare("dfbetas", change.dfbetas, np.array(list(each), dtype=float).T, floor=1.0)


@pytest.mark.parametrize("case", cases("influence", "influence"), ids=label)
def test_influence_is_that_of_metafor(case: Case) -> None:
    """metafor `influence.rma.uni` after FE and REML, and which studies it stars."""
    method = case.args["method"]
    compare = Comparison(case, f"influence, {method}")
    found = mo.influence(fitted(case.source, method))
    compare_set(compare, found, case.out)
    assert found.influential.tolist() == case.out["is.infl"]
    compare.done()


@pytest.mark.parametrize("case", cases("regression", "influence"), ids=label)
def test_influence_in_a_regression_is_that_of_metafor(case: Case) -> None:
    """metafor `influence.rma.uni` with moderators, DL; `LOST_DIGITS` as for its regressions."""
    rtol = LOST_DIGITS.get(case.args["design"])
    compare = Comparison(case, "influence, DL", rtol=10 * rtol if rtol else None)
    found = mo.influence(regressed(case.args["design"], case.args["method"]))
    compare_set(compare, found, case.out)
    compare.done()


@pytest.mark.parametrize("case", cases("influence", "residuals"), ids=label)
def test_residuals_are_those_of_metafor(case: Case) -> None:
    """metafor `residuals` of three kinds, `rstandard` and `rstudent`.

    For independent effects the Cholesky residuals are the Pearson residuals.
    """
    method, out = case.args["method"], case.out
    compare = Comparison(case, f"residuals, {method}")
    result = fitted(case.source, method)
    found = mo.influence(result).residuals
    compare.location("raw", result.effects.yi - result.estimate, out["resid"])
    compare("pearson", found.pearson, out["pearson"], floor=1.0)
    compare("cholesky", found.pearson, out["cholesky"], floor=1.0)
    compare("rstandard", found.rstandard, out["rstandard"]["z"], floor=1.0)
    away = np.array(out["rstudent"]["resid"]) / np.array(out["rstudent"]["se"])
    compare("rstudent", found.rstudent, away, floor=1.0)
    compare.done()


@pytest.mark.parametrize("case", cases("influence", "baujat"), ids=label)
def test_baujat_is_that_of_metafor(case: Case) -> None:
    """metafor `baujat` after FE and REML."""
    compare = Comparison(case, f"Baujat, {case.args['method']}")
    found = mo.baujat(fitted(case.source, case.args["method"]))
    compare("x", found.x, case.out["x"], floor=1.0)
    compare("y", found.y, case.out["y"], floor=1.0)
    compare.done()
