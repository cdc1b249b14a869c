"""Tests of funnel plot asymmetry against metafor and meta, each at the tolerance of its record.

A test's statistic and p value are compared relatively, the statistic to 1 where it is smaller; the
limit of the line on the scale of the smallest standard error; slopes on that of their errors.
"""

from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.special import gammaln

import metaonc as mo
from metaonc.diagnostics.small_study.asymmetry_results import RankTest, RegressionTest
from metaonc.kernels.rank_correlation import rank_correlation
from metaonc.kernels.score_tests import counts_given_margins
from tests.reference import Case, cases, label
from tests.reference.comparison import Comparison

PREDICTORS = {
    "sei": "se", "vi": "variance", "ni": "n", "ninv": "1/n",
    "sqrtni": "sqrt(n)", "sqrtninv": "1/sqrt(n)",
}  # fmt: skip
TESTS = {None: "wald", "knha": "hksj"}  # metafor's `test` -> our interval
# meta's `method.bias` -> ours.
METHODS = {
    "Egger": "egger", "Thompson": "thompson-sharp", "Begg": "begg", "Harbord": "harbord",
    "Peters": "peters", "Macaskill": "macaskill", "Deeks": "deeks", "Schwarzer": "schwarzer",
    "Pustejovsky": "pustejovsky",
}  # fmt: skip


@cache
def effects_of(source: str) -> mo.Effects:
    """Effects of a data set with the sizes of the studies, where they are known."""
    inputs = next(one for one in cases("small_study", "regtest") if one.source == source).inputs
    columns = {name: np.array(inputs[name], dtype=float) for name in ("yi", "vi")}
    usable = np.isfinite(columns["yi"]) & (columns["vi"] > 0)
    sizes = {} if "ni" not in inputs else {"n": np.array(inputs["ni"])[usable].tolist()}
    return mo.Effects(columns["yi"][usable], columns["vi"][usable], columns=sizes)


def asymmetry(effects: mo.Effects, method: str, choices: dict[str, Any], **options: Any) -> Any:
    """The test, also on few studies."""
    return mo.asymmetry_test(mo.pool(effects, **choices), method, minimum=0, **options)


@pytest.mark.parametrize("case", cases("small_study", "regtest"), ids=label)
def test_regression_tests_are_those_of_regtest(case: Case) -> None:
    """metafor `regtest`: lm is "egger", rma is "egger-random"; six predictors, FE, DL, REML.

    The z statistics of the program after REML are those of tau² at convergence.
    """
    args, out = case.args, case.out
    method, on = args.get("method"), PREDICTORS[args["predictor"]]
    choices: dict[str, Any] = {"model": "fixed"}
    if method not in (None, "FE"):
        choices = {"tau2": method, "ci": TESTS[args.get("test")]}
    name = "egger" if args["model"] == "lm" else "egger-random"
    compare = Comparison(case, f"{args['model']} {method or ''} {args.get('test', '')}".strip())
    found = asymmetry(effects_of(case.source), name, choices, predictor=on)
    assert isinstance(found, RegressionTest)
    compare("statistic", found.statistic, out["stat"], floor=1.0)
    compare.p_value("p_value", found.p_value, out["pval"])
    if "dfs" in out:
        assert found.df == out["dfs"]
    if "limit" in out:
        compare.location("limit", found.limit, out["limit"])
        compare.interval("limit", (found.limit_low, found.limit_high), out["limit.ci.lb"],
                         out["limit.ci.ub"])  # fmt: skip
    else:
        assert np.isnan(found.limit)
    if "beta" in out:
        compare("slope", found.bias, out["beta"][1], floor=out["se"][1])
        compare("se", found.bias_se, out["se"][1])
        compare("tau2", found.tau2, out["tau2"])
    compare.done()


@pytest.mark.parametrize("case", cases("small_study", "ranktest"), ids=label)
def test_the_rank_test_is_that_of_ranktest(case: Case) -> None:
    """metafor `ranktest`: exact without ties, else normal without a continuity correction.

    The program takes an exact p value as 1 less a sum, whose last digit is 1e-16: on 102 studies
    (dat.curtis1998) p = 4.6e-8 has six digits there. So p counts on the scale of 1e-3.
    """
    compare = Comparison(case, "ranktest")
    found = asymmetry(effects_of(case.source), "begg", {"model": "fixed"})
    assert isinstance(found, RankTest)
    compare("tau", found.tau, case.out["tau"], floor=1 / (found.k * (found.k - 1)))
    compare("p_value", found.p_value, case.out["pval"], floor=1e-3)
    compare.done()


def compare_with_metabias(compare: Comparison, found: Any, out: dict[str, Any]) -> None:
    """What a record of meta's `metabias` holds; the factor of the variances is its `tau2`."""
    compare("statistic", found.statistic, out["statistic"], floor=1.0)
    compare.p_value("p_value", found.p_value, out["pval"])
    if isinstance(found, RankTest):
        compare("score", found.score, out["bias"])
        compare("se", found.score_se, out["se.bias"])
        return
    compare("slope", found.bias, out["bias"], floor=out["se.bias"])
    compare("se", found.bias_se, out["se.bias"])
    assert found.df == out["df"]
    added = found.method == "thompson-sharp"
    compare("residual variance", found.tau2 if added else found.dispersion, out["tau2"])


@pytest.mark.parametrize("case", cases("small_study", "metabias"), ids=label)
def test_tests_of_effects_are_those_of_metabias(case: Case) -> None:
    """meta `metabias` on effects: Egger, Thompson and Sharp, Begg (p always normal)."""
    method = METHODS[case.args["method.bias"]]
    exact = {"exact": False} if method == "begg" else {}
    found = asymmetry(effects_of(case.source), method, {"model": "fixed"}, **exact)
    compare = Comparison(case, case.args["method.bias"])
    compare_with_metabias(compare, found, case.out)
    compare.done()


@pytest.mark.parametrize("case", cases("small_study", "metabias_counts"), ids=label)
def test_tests_of_counts_and_means_are_those_of_metabias(case: Case) -> None:
    """meta `metabias` on tables. Its effects are made by hand where they are not escalc's.

    `metabin` adds 1/2 once to the patients of a risk ratio, and `metacont` has approximations of
    a standardised mean difference and its variance: see `README.md`.
    """
    method = METHODS[case.args["method.bias"]]
    if method == "schwarzer":
        compare_with_counts(case)
        return
    effects = {"RR": risk_ratios, "SMD": mean_differences}.get(case.args["sm"], odds_ratios)(case)
    exact = {"exact": False} if method == "begg" else {}
    found = asymmetry(effects, method, {"model": "fixed"}, **exact)
    compare = Comparison(case, f"{case.args['method.bias']} ({case.args['sm']})")
    compare_with_metabias(compare, found, case.out)
    compare.done()


def compare_with_counts(case: Case) -> None:
    """Schwarzer's test. meta corrects tables with an empty cell in the Mantel-Haenszel estimate.

    So the arithmetic is compared at its estimate; and the public test where no cell is empty.
    """
    counts = counts_of(case)
    a, n1, c, n2 = counts
    telling = (a + c > 0) & (a + c < n1 + n2)
    a, n1, c, n2 = (column[telling] for column in counts)
    cells = np.array([a, n1 - a, c, n2 - c])
    empty = (cells == 0).any(axis=0)
    x1, y1, x2, y2 = cells + 0.5 * empty
    n = x1 + y1 + x2 + y2
    common = np.log((x1 * y2 / n).sum() / (y1 * x2 / n).sum())
    away, variance = counts_given_margins(a, n1, c, n2, float(common))
    compare = Comparison(case, "Schwarzer (OR)")
    found = rank_correlation(away / np.sqrt(variance), 1 / variance, exact=False)
    compare("score", found.score, case.out["bias"])
    compare("se", found.score_se, case.out["se.bias"])
    compare("statistic", found.statistic, case.out["statistic"], floor=1.0)
    compare.p_value("p_value", found.p_value, case.out["pval"])
    if not empty.any():
        public = asymmetry(odds_ratios(case), "schwarzer", {"model": "fixed"}, exact=False)
        compare_with_metabias(compare, public, case.out)
    compare.done()


def counts_of(case: Case) -> tuple[np.ndarray, ...]:
    """Events and patients of both arms, studies with all of them."""
    columns = np.array([case.inputs[name] for name in ("ai", "n1i", "ci", "n2i")], dtype=float)
    return tuple(columns[:, np.isfinite(columns).all(axis=0)])


def odds_ratios(case: Case) -> mo.Effects:
    """Log odds ratios, 1/2 in every cell of a table with an empty one."""
    a, n1, c, n2 = counts_of(case)
    telling = (a + c > 0) & (a + c < n1 + n2)
    a, n1, c, n2 = (column[telling] for column in (a, n1, c, n2))
    cells = np.array([a, n1 - a, c, n2 - c])
    cells = cells + 0.5 * (cells == 0).any(axis=0)
    yi = np.log(cells[0] * cells[3] / (cells[1] * cells[2]))
    return mo.Effects(yi, (1 / cells).sum(axis=0), measure="OR", columns=columns_of(a, n1, c, n2))


def risk_ratios(case: Case) -> mo.Effects:
    """Log risk ratios as `metabin` has them: 1/2 to the events and to the patients."""
    a, n1, c, n2 = counts_of(case)
    telling = a + c > 0
    a, n1, c, n2 = (column[telling] for column in (a, n1, c, n2))
    add = 0.5 * ((a == 0) | (c == 0) | (a == n1) | (c == n2))
    x1, m1, x2, m2 = a + add, n1 + add, c + add, n2 + add
    return mo.Effects(
        np.log(x1 / m1 / (x2 / m2)), 1 / x1 - 1 / m1 + 1 / x2 - 1 / m2, measure="RR",
        columns=columns_of(a, n1, c, n2),
    )  # fmt: skip


def mean_differences(case: Case) -> mo.Effects:
    """Standardised mean differences as `metacont` has them: Hedges' g and its unbiased variance."""
    names = ("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i")
    columns = np.array([case.inputs[name] for name in names], dtype=float)
    m1, s1, n1, m2, s2, n2 = columns[:, np.isfinite(columns).all(axis=0)]
    m, size = n1 + n2 - 2, n1 * n2 / (n1 + n2)
    pooled = np.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / m)
    factor = np.exp(gammaln(m / 2) - gammaln((m - 1) / 2)) / np.sqrt(m / 2)
    g = factor * (m1 - m2) / pooled
    vi = 1 / size + g**2 * (1 - (m - 2) / (m * factor**2))
    return mo.Effects(g, vi, measure="SMD", columns={"n_1": n1.tolist(), "n_2": n2.tolist()})


def columns_of(*counts: np.ndarray) -> dict[str, list[float]]:
    """Columns of two-arm effects."""
    names = ("events_1", "n_1", "events_2", "n_2")
    return {name: values.tolist() for name, values in zip(names, counts, strict=True)}
