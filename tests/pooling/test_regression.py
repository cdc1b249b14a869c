"""Meta-regression: metafor's values at their stated tolerance, laws, formulas, messages."""

import json
import math
from collections import Counter
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import metaonc as mo
from metaonc.errors import PoolingError
from metaonc.pooling import MetaRegression, regress
from tests.reference import Case, cases, label, sections
from tests.reference.comparison import Comparison

CI = {"z": "wald", "knha": "hksj", "adhoc": "hksj-adhoc"}  # metafor's `test` -> ours
DESIGNS: dict[str, Any] = sections("regression")["designs"]
# With calendar years as a moderator the source loses digits (by solving the normal equations): its
# residual Q is up to 3e-9 off, and p values more, as exact fractions show below.
LOST_DIGITS = {
    "dat.bcg/RR/metareg/~ablat+year": 2e-9,
    "dat.hackshaw1998/logOR/metareg/~year": 2e-9,
    "dat.konstantopoulos2011/SMD/metareg/~year": 2e-9,
    "dat.li2007/OR/metareg/~year": 1e-7,  # and one study of 58,000 patients
}


def column(name: str, moderators: dict[str, list[Any]], k: int) -> list[float]:
    """One column of R's design matrix, from its name: intercept, number, or dummy of a level."""
    if name == "(Intercept)":
        return [1.0] * k
    if name in moderators:
        return [float(value) for value in moderators[name]]
    for variable, values in moderators.items():
        for start in (f"factor({variable})", variable):
            if name.startswith(start):
                return [float(str(value) == name.removeprefix(start)) for value in values]
    raise KeyError(name)


@cache
def problem(key: str) -> tuple[mo.Effects, np.ndarray]:
    """Effects, with the moderators as columns, and R's design matrix."""
    entry = DESIGNS[key]
    rows = np.array(entry["used_rows"]) - 1
    found = sections("regression")["effects"]["/".join(key.split("/")[:2])]
    yi, vi = (np.array(found[name], dtype=float)[rows] for name in ("yi", "vi"))
    effects = mo.Effects(yi, vi, measure="GEN", columns=entry["moderators"])
    columns = [column(name, entry["moderators"], len(rows)) for name in entry["columns"]]
    return effects, np.array(columns).T


@cache
def fitted(key: str, method: str = "REML", test: str = "z") -> MetaRegression:
    effects, x = problem(key)
    names = DESIGNS[key]["columns"]
    if method == "FE":
        return regress(effects, x, names=names, model="fixed", ci=CI[test])
    return regress(effects, x, names=names, tau2=method, ci=CI[test])


def comparison(case: Case, method: str) -> Comparison:
    """By the case's tolerance, or that of the digits the source lost."""
    return Comparison(case, method, rtol=max(case.rtol, LOST_DIGITS.get(case.args["design"], 0.0)))


# Reference values --------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("regression", "regression"), ids=label)
def test_coefficients_and_heterogeneity_are_those_of_rma_uni(case: Case) -> None:
    """metafor `rma.uni(mods=)`: nine estimators with tests z, knha, adhoc.

    Coefficients and limits can be near zero, and count on the scale of their standard errors.
    """
    out, method, test = case.out, case.args["method"], case.args["test"]
    compare = comparison(case, method if test == "z" else f"{method}, {test}")
    fit = fitted(case.args["design"], method, test)
    table, se = fit.coefficients, np.array(out["se"])
    assert (fit.k, fit.p) == (out["k"], out["p"])
    compare("estimate", table["estimate"], out["beta"], se)
    compare("se", table["se"], se)
    compare("statistic", table["statistic"], out["zval"], 1.0)
    compare("low", table["ci_low"], out["ci.lb"], se)
    compare("high", table["ci_high"], out["ci.ub"], se)
    compare("p", table["p_value"], out["pval"])
    assert fit.df == out.get("ddf", math.inf)
    compare("tau2", fit.tau2, out["tau2"])
    compare("qm", fit.qm, out["QM"])
    compare("qm_p", fit.qm_p, out["QMp"])
    assert fit.qm_df == out["QMdf"][0]
    compare("qe", fit.qe, out["QE"])
    compare("qe_p", fit.qe_p, out["QEp"])
    assert fit.qe_df == out["k"] - out["p"]
    compare("i2", fit.i2, out["I2"] / 100)
    compare("h2", fit.h2, out["H2"])
    if out["R2"] is not None:  # R leaves it out where tau² is 0 but for rounding
        compare("r2", 1 - fit.r2, 1 - out["R2"] / 100, floor=0.01)  # a ratio, known as such
    if out["se.tau2"] is None:
        assert math.isnan(fit.tau2_se)
    else:
        compare("tau2_se", fit.tau2_se, out["se.tau2"])
    if "vb" in out:
        compare("covariance", fit.covariance, out["vb"], np.outer(se, se))
    if "fitstats" in out:
        found = out["fitstats"]
        for name, theirs in (("log_likelihood", "logLik"), ("aic", "AIC"), ("bic", "BIC")):
            compare(name, getattr(fit, name), found[theirs])
    compare.done()


@pytest.mark.parametrize("case", cases("regression", "fitted"), ids=label)
def test_predictions_are_those_of_predict_rma(case: Case) -> None:
    """metafor `predict(newmods=)`: means after z and knha; "riley" prediction interval after z.

    "riley" has k - p - 1 degrees of freedom and the fit's standard error. Ours has the Wald
    standard error after Hartung-Knapp too, so there is nothing to compare with after knha.
    """
    compare = comparison(case, "REML")
    rows = np.column_stack([np.ones(len(case.out["newX"])), np.array(case.out["newX"])])
    for test in ("z", "knha"):
        compare.of("REML" if test == "z" else "REML, knha")
        found, out = fitted(case.args["design"], "REML", test).predict(rows), case.out[test]
        se = np.array(out["se"])
        compare(f"{test} estimate", found["estimate"], out["pred"], se)
        compare(f"{test} se", found["se"], se)
        compare(f"{test} low", found["ci_low"], out["ci.lb"], se)
        compare(f"{test} high", found["ci_high"], out["ci.ub"], se)
    wald = fitted(case.args["design"]).predict(rows)
    riley = case.out["z"]["pi"].get("riley", case.out["z"]["pi"]["default"])
    se = np.array(case.out["z"]["se"])
    compare.of("prediction, k − p − 1 df")
    compare("prediction low", wald["pi_low"], riley["lb"], se)
    compare("prediction high", wald["pi_high"], riley["ub"], se)
    compare.done()


@pytest.mark.parametrize("case", cases("regression", "hypothesis"), ids=label)
def test_one_coefficient_alone_is_that_of_anova_rma(case: Case) -> None:
    """metafor `anova(btt=)`: chi-square after z, F after knha; `btt` counts from 1."""
    compare = comparison(case, "REML")
    name = DESIGNS[case.args["design"]]["columns"][case.args["btt"] - 1]
    for test in ("z", "knha"):
        compare.of("REML" if test == "z" else "REML, knha")
        found, out = fitted(case.args["design"], "REML", test).test([name]), case.out[test]
        compare(f"{test} statistic", found.statistic, out["QM"])
        compare(f"{test} p", found.p_value, out["QMp"])
        df = out["QMdf"]
        assert (found.df, found.df_residual) == (df[0], math.inf if df[1] is None else df[1])
    compare.done()


@pytest.mark.parametrize("case", cases("regression", "inflation"), ids=label)
def test_variance_inflation_is_that_of_vif_rma(case: Case) -> None:
    compare = comparison(case, "REML")
    compare("vif", list(fitted(case.args["design"]).vif.values()), case.out["vif"])
    compare.done()


@pytest.mark.parametrize("case", cases("regression", "comparison"), ids=label)
def test_the_likelihood_ratio_is_that_of_anova_rma(case: Case) -> None:
    """metafor `anova(full, reduced)`, both by ML, against a mean alone.

    Log-likelihoods are known to `rtol` of themselves, and so is their difference.
    """
    out, compare = case.out, comparison(case, "ML")
    fit = fitted(case.args["design"], "ML")
    found = fit.compare()
    compare("full", found.log_likelihood, out["ll.full"])
    compare("reduced", found.log_likelihood_reduced, out["ll.reduced"])
    compare("statistic", found.statistic, out["LRT"])
    compare("p", found.p_value, out["pval"])
    assert found.df == out["df"]
    compare("r2", 1 - fit.r2, 1 - out["R2"] / 100, floor=0.01)
    compare.done()


@pytest.mark.parametrize("case", cases("regression", "qp"), ids=label)
def test_the_interval_of_tau2_is_that_of_confint_rma(case: Case) -> None:
    out, compare = case.out, comparison(case, "QP after REML")
    fit = fitted(case.args["design"])
    low, high = fit.tau2_interval("QP", out["level"] / 100)
    compare("tau2", fit.tau2, out["est"])
    compare("low", low, out["ci.lb"])
    compare("high", high, out["ci.ub"])
    compare.done()


def exact_residual_q(effects: mo.Effects, x: np.ndarray) -> tuple[list[Fraction], Fraction]:
    """Coefficients and residual Q by the normal equations in exact fractions."""
    y, w = [Fraction(v) for v in effects.yi], [1 / Fraction(v) for v in effects.vi]
    rows = [[Fraction(v) for v in row] for row in x.tolist()]
    p = x.shape[1]
    system = [
        [sum(a * r[i] * r[j] for a, r in zip(w, rows, strict=True)) for j in range(p)]
        + [sum(a * r[i] * z for a, r, z in zip(w, rows, y, strict=True))]
        for i in range(p)
    ]
    for i in range(p):
        system[i] = [value / system[i][i] for value in system[i]]
        for j in range(p):
            if j != i:
                f = system[j][i]
                system[j] = [a - f * b for a, b in zip(system[j], system[i], strict=True)]
    beta = [row[p] for row in system]
    residuals = [
        z - sum((b * v for b, v in zip(beta, r, strict=True)), Fraction(0))
        for r, z in zip(rows, y, strict=True)
    ]
    return beta, sum((a * e * e for a, e in zip(w, residuals, strict=True)), Fraction(0))


@pytest.mark.parametrize("key", DESIGNS)
def test_fixed_coefficients_and_q_in_exact_fractions(key: str) -> None:
    """To 1e-11, also where the source lost digits; so those exceptions are not ours."""
    effects, x = problem(key)
    beta, q = exact_residual_q(effects, x)
    fit = fitted(key, "FE")
    assert fit.qe == pytest.approx(float(q), rel=1e-11)
    error = np.abs(fit.coefficients["estimate"] - np.array([float(b) for b in beta]))
    assert np.all(error <= 1e-11 * fit.coefficients["se"])
    hs = max(0.0, float((q - fit.k) / sum(1 / Fraction(v) for v in effects.vi)))
    assert fitted(key, "HS").tau2 == pytest.approx(hs, rel=1e-10)
    p_value = float(stats.chi2.sf(float(q), fit.qe_df))
    assert fit.qe_p == pytest.approx(p_value, rel=1e-11)
    if key in LOST_DIGITS:
        theirs = next(
            case.out["QEp"]
            for case in cases("regression", "regression")
            if case.args["design"] == key and case.args["method"] == "FE"
        )
        assert abs(theirs / p_value - 1) > 1e-10


def test_the_grid_has_not_shrunk() -> None:
    counts = Counter(case.args["method"] for case in cases("regression", "regression"))
    assert counts == {
        "FE": 28, "DL": 56, "REML": 84, "ML": 28, "PM": 28, "EB": 28, "HE": 28, "SJ": 28, "HS": 28,
    }  # fmt: skip
    families = ("fitted", "hypothesis", "inflation", "comparison", "qp")
    assert [len(cases("regression", name)) for name in families] == [28, 12, 12, 28, 28]


@pytest.mark.parametrize(
    ("key", "formula"),
    [
        ("dat.bcg/RR/metareg/~ablat+year", "ablat + year"),
        ("dat.bcg/RR/metareg/~alloc", "~ alloc"),
        ("dat.bangertdrowns2004/SMD/metareg/~factor(grade)+length", "C(grade) + length"),
        ("dat.raudenbush1985/SMD/metareg/~weeks+setting", "weeks + setting"),
        ("hr_cdk46_pfs/logHR/metareg/~grp", "grp"),
    ],
)
def test_a_formula_makes_the_design_r_makes(key: str, formula: str) -> None:
    effects, x = problem(key)
    fit = regress(effects, formula, ci="wald")
    assert fit.design.matrix.tolist() == x.tolist()
    assert fit.coefficients.to_numpy() == pytest.approx(fitted(key).coefficients.to_numpy())


# Formulas, tables, matrices ----------------------------------------------------------------------

YI = [-0.9, 0.4, -0.3, -0.6, 0.5, -0.9, -0.1, 0.6]
VI = [0.04, 0.09, 0.05, 0.02, 0.1, 0.06, 0.08, 0.03]
DRUG = ["a", "b", "b", "a", "c", "c", "a", "c"]
DOSE = [1.0, 2.0, 4.0, 1.5, 3.0, 2.5, 0.5, 5.0]
LABELS = [f"T{i}" for i in range(8)]


def eight(**columns: Any) -> mo.Effects:
    given = {"drug": DRUG, "dose": DOSE} | columns
    return mo.Effects(YI, VI, measure="HR", labels=LABELS, columns=given)


def test_text_is_treatment_coded_and_terms_are_tested_together() -> None:
    fit = regress(eight(), "drug + dose")
    assert fit.design.names == ("Intercept", "drug[T.b]", "drug[T.c]", "dose")
    whole, columns = fit.test("drug"), fit.test(["drug[T.b]", "drug[T.c]"])
    assert whole == columns
    assert (whole.df, whole.df_residual) == (2, 4)
    all_moderators = fit.test(["drug", "dose"])
    assert (all_moderators.statistic, all_moderators.p_value) == (fit.qm, fit.qm_p)
    one = fit.test("dose")
    assert one.statistic == pytest.approx(fit.coefficients.loc["dose", "statistic"] ** 2)
    assert one.p_value == pytest.approx(fit.coefficients.loc["dose", "p_value"])


def test_a_table_and_a_matrix_are_the_formula() -> None:
    formula = regress(eight(), "dose + drug")
    table = regress(eight(), pd.DataFrame({"dose": DOSE, "drug": DRUG}))
    x = formula.design.matrix
    matrix = regress(eight(), x, names=formula.design.names)
    unnamed = regress(eight(), x)
    for other in (table, matrix, unnamed):
        assert other.coefficients.to_numpy() == pytest.approx(formula.coefficients.to_numpy())
        assert other.qm == pytest.approx(formula.qm)
    assert table.design.names == formula.design.names
    assert unnamed.design.names == ("Intercept", "x1", "x2", "x3")


def test_interactions_and_no_intercept() -> None:
    assert regress(eight(), "0 + drug").design.names == ("drug[a]", "drug[b]", "drug[c]")
    half = ["x", "y"] * 4
    fit = regress(eight(half=half), "dose * half")
    assert fit.design.names == ("Intercept", "dose", "half[T.y]", "dose:half[T.y]")


def test_the_sampling_variance_can_be_a_moderator() -> None:
    fit = regress(eight(), "sei")
    assert fit.design.matrix[:, 1] == pytest.approx(np.sqrt(VI))


def test_studies_without_a_moderator_are_left_out_and_listed() -> None:
    dose = [1.0, None, 4.0, 1.5, 3.0, float("nan"), 0.5, 5.0]
    drug = [*DRUG[:-1], None]
    fit = regress(eight(dose=dose, drug=drug), "dose")
    assert fit.k == 6
    assert [(out.label, out.reason) for out in fit.effects.left_out] == [
        ("T1", "no value of dose"),
        ("T5", "no value of dose"),
    ]
    both = regress(eight(dose=[1.0, *DOSE[1:]], drug=drug), "dose + drug")
    assert [out.label for out in both.effects.left_out] == ["T7"]
    keep = [0, 2, 3, 4, 6, 7]
    alone = regress(eight().take(keep), "dose")
    assert fit.coefficients.equals(alone.coefficients)
    x = np.column_stack([np.ones(8), np.array(dose, dtype=float)])
    assert regress(eight(), x, names=["one", "dose"]).coefficients.to_numpy() == pytest.approx(
        alone.coefficients.to_numpy()
    )


@pytest.mark.parametrize(
    ("moderators", "message"),
    [
        ("dosis", "the effects have no column 'dosis'; there are: vi, sei, drug, dose."),
        (
            "dose + I(2 * dose)",
            "among the 8 studies the moderator columns 'I(2 * dose)' are combinations of the "
            "columns before them; leave them out.",
        ),
        (
            "dose * drug + I(dose ** 2) + sei",
            "8 coefficients need at least 9 studies with every moderator, got 8; use fewer "
            "moderators.",
        ),
        (
            "np.log(dose - 0.5)",
            "T6: np.log(dose - 0.5) = -inf is not a finite number; correct the moderator or leave "
            "the study out.",
        ),
        (
            "0",
            "there is no coefficient to estimate; name columns of the effects as in "
            "'agent + year', 'C(line)' or '0 + agent'.",
        ),
        (
            "drug ~ dose",
            "the formula 'drug ~ dose' has more than one part; give the moderators only, and name "
            "columns of the effects as in 'agent + year', 'C(line)' or '0 + agent'.",
        ),
        (np.ones((7, 1)), "the moderators have 7 rows for 8 studies; give one per study."),
        (
            np.ones(8),
            "moderators must be a formula, a table or a matrix of shape (k, p), got shape (8,).",
        ),
        (
            [["a"]] * 8,
            "a matrix of moderators must hold numbers only; use a formula or a table for text.",
        ),
        (
            np.full((8, 1), np.nan),
            "no study has a value of every moderator (x1); leave out the emptiest.",
        ),
    ],
)
def test_a_design_that_cannot_be_used_is_one_sentence(moderators: Any, message: str) -> None:
    with pytest.raises(PoolingError) as caught:
        regress(eight(), moderators)
    assert str(caught.value) == message


def test_a_formula_that_cannot_be_read_is_one_sentence() -> None:
    with pytest.raises(PoolingError, match=r"^the formula 'dose \+' cannot be used \(.*\); name"):
        regress(eight(), "dose +")


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"model": "mixed"}, "model = 'mixed' is not one of 'fixed', 'random'."),
        (
            {"ci": "kr"},
            "ci = 'kr' is not one of 'auto', 'wald', 't', 'hksj', 'hksj-adhoc'.",
        ),
        ({"level": 95}, "level = 95 must lie between 0 and 1; write 95% as 0.95."),
        (
            {"model": "fixed", "tau2": "DL"},
            "tau2 = 'DL' does not apply to a fixed effect; use model='random' or leave it out.",
        ),
    ],
)
def test_a_choice_that_is_not_one_is_one_sentence(choices: Any, message: str) -> None:
    with pytest.raises(PoolingError) as caught:
        regress(eight(), "dose", **choices)
    assert str(caught.value) == message
    for bad in (-1, math.inf, "XX"):
        with pytest.raises(PoolingError, match=r"^tau2 = "):
            regress(eight(), "dose", tau2=bad)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"dose": 1.0}, "the table has no column 'drug'; there are: dose."),
        (
            {"dose": 1.0, "drug": "d"},
            "drug = 'd' is a value no study has; the studies have: 'a', 'b', 'c'.",
        ),
        (
            {"dose": [None], "drug": ["a"]},
            "the table has no value of 'dose' in some row; fill it in.",
        ),
        (
            [1.0, 2.0],
            "rows for prediction must be finite numbers of shape (rows, 4), got shape (1, 2); "
            "give one value per coefficient.",
        ),
    ],
)
def test_a_prediction_that_cannot_be_made_is_one_sentence(table: Any, message: str) -> None:
    with pytest.raises(PoolingError) as caught:
        regress(eight(), "dose + drug").predict(table)
    assert str(caught.value) == message


# Results -----------------------------------------------------------------------------------------


def test_predictions_for_new_values_remember_how_the_moderator_was_made() -> None:
    """center() subtracts the studies' mean, not that of the new rows."""
    plain, centered = regress(eight(), "dose + drug"), regress(eight(), "center(dose) + drug")
    table = pd.DataFrame({"drug": ["c", "a"], "dose": [3.3, 0.7]}, index=["high", "low"])
    assert list(plain.predict(table).index) == ["high", "low"]
    assert plain.predict(table).to_numpy() == pytest.approx(centered.predict(table).to_numpy())
    shown = plain.predict(table, display=True)
    assert shown["pi_high"].to_numpy() == pytest.approx(np.exp(plain.predict(table)["pi_high"]))
    fitted_values = plain.predict()
    assert list(fitted_values.index) == LABELS
    assert fitted_values["estimate"].to_numpy() == pytest.approx(
        [study["fitted"] for study in plain.to_dict()["studies"]]
    )


def test_a_contrast_is_the_difference_of_recoded_groups() -> None:
    """c against b, from a as the reference; and with b as the reference."""
    fit = regress(eight(), "drug")
    found = fit.contrast({"drug[T.c]": 1, "drug[T.b]": -1}).iloc[0]
    recoded = regress(eight(), "C(drug, contr.treatment('b'))").coefficients.iloc[2]
    assert found.to_numpy() == pytest.approx(recoded.to_numpy())
    assert fit.contrast([0, -1, 1]).iloc[0].equals(found)
    narrow = fit.contrast([0, -1, 1], level=0.5).iloc[0]
    assert narrow["ci_low"] > found["ci_low"]
    with pytest.raises(PoolingError, match="no coefficient 'drug'"):
        fit.contrast({"drug": 1})
    with pytest.raises(PoolingError, match="needs 3 finite weights"):
        fit.contrast([1, 2])
    with pytest.raises(PoolingError, match="no coefficient or term 'x'; there are: Intercept,"):
        fit.test("x")


def test_an_intercept_alone_is_the_pooled_mean() -> None:
    for choices in ({}, {"ci": "wald"}, {"tau2": "DL", "ci": "hksj-adhoc"}, {"model": "fixed"}):
        fit, pooled = regress(eight(), "1", **choices), mo.pool(eight(), **choices)
        row = fit.coefficients.loc["Intercept"]
        for name in ("estimate", "se", "ci_low", "ci_high", "p_value", "statistic"):
            assert row[name] == pytest.approx(getattr(pooled, name), rel=1e-12), name
        for ours, theirs in (
            ("tau2", "tau2"),
            ("qe", "q"),
            ("i2", "i2"),
            ("h2", "h2"),
            ("df",) * 2,
        ):
            assert getattr(fit, ours) == pytest.approx(getattr(pooled, theirs), rel=1e-12), ours
        assert tuple(fit.tau2_interval()) == pytest.approx(tuple(pooled.tau2_interval()))
        assert fit.ci_method == pooled.ci_method
        if fit.choices.model == "random":
            prediction = fit.predict().iloc[0][["pi_low", "pi_high"]]
            assert prediction.to_numpy() == pytest.approx(tuple(pooled.prediction_interval()))


def test_groups_without_residual_heterogeneity_are_groups_on_their_own() -> None:
    """Fixed effects, a dummy per group: each coefficient is the group's common effect."""
    fit = regress(eight(), "0 + drug", model="fixed")
    within = 0.0
    for name in "abc":
        alone = mo.pool(eight().take([d == name for d in DRUG]), model="fixed")
        row = fit.coefficients.loc[f"drug[{name}]"]
        assert row["estimate"] == pytest.approx(alone.estimate, rel=1e-12)
        assert row["se"] == pytest.approx(alone.se, rel=1e-12)
        within += alone.q
    assert fit.qe == pytest.approx(within, rel=1e-12)
    whole = mo.pool(eight(), model="fixed")
    assert regress(eight(), "drug", model="fixed").qm == pytest.approx(whole.q - within)


def test_auto_is_hartung_knapp_where_there_is_heterogeneity_and_room() -> None:
    fit = regress(eight(), "dose")
    assert fit.tau2 > 0
    assert (fit.ci_method, fit.df) == ("hksj", 6)
    assert regress(eight(), "dose", tau2=0).ci_method == "wald"
    assert regress(eight(), "dose", model="fixed").ci_method == "wald"
    three = eight().take([0, 1, 6])
    assert regress(three, "dose", tau2=0.5).ci_method == "wald"


def test_r2_has_no_meaning_for_a_line_through_the_origin_or_a_given_tau2() -> None:
    assert regress(eight(), "0 + drug").r2 == pytest.approx(regress(eight(), "drug").r2)
    assert math.isnan(regress(eight(), "0 + dose").r2)
    assert math.isnan(regress(eight(), "dose", tau2=0.1).r2)


def test_comparison_of_nested_models_only() -> None:
    full, part = regress(eight(), "dose + drug"), regress(eight(), "dose")
    whole, first, second = full.compare(), part.compare(), full.compare(part)
    assert whole.statistic == pytest.approx(first.statistic + second.statistic)
    assert (whole.df, first.df, second.df) == (3, 1, 2)
    assert full.compare(regress(eight(), "I(1 + dose)")).statistic == pytest.approx(
        second.statistic
    )
    message = "the other regression must have fewer coefficients, and its moderators must be among"
    for other in (regress(eight(), "sei"), full):
        with pytest.raises(PoolingError, match=message):
            full.compare(other)
    with pytest.raises(PoolingError, match="different studies cannot be compared"):
        full.compare(regress(eight().take(range(7)), "dose"))


def test_permutations_are_counted_one_by_one() -> None:
    """Every order of six studies, each fitted on its own, DL and Hartung-Knapp."""
    six = eight().take(range(6))
    fit = regress(six, "dose", tau2="DL", ci="hksj")
    found = fit.permutation_test(720)
    assert found.exact
    assert (found.permutations, found.generator) == (720, "")
    assert found.omnibus_p == found.p_values["dose"]
    sample = fit.permutation_test(150)
    assert (sample.exact, sample.generator) == (False, "default_rng(0)")
    rng, count = np.random.default_rng(0), 1
    observed = abs(fit.coefficients.loc["dose", "statistic"])
    for _ in range(149):
        x = fit.design.matrix[rng.permutation(6)]
        again = regress(six, x, tau2="DL", ci="hksj").coefficients["statistic"].iloc[1]
        count += abs(again) >= observed * (1 - 1e-9)
    assert sample.p_values["dose"] == count / 150
    assert fit.permutation_test(150).p_values == sample.p_values
    other = fit.permutation_test(150, np.random.default_rng(3))
    assert other.generator == "PCG64 passed by the caller"
    assert sample.p_values["dose"] == pytest.approx(found.p_values["dose"], abs=0.1)
    with pytest.raises(PoolingError, match="needs a moderator"):
        regress(six, "1").permutation_test()
    with pytest.raises(PoolingError, match="n = 0 must be"):
        fit.permutation_test(0)


def test_equal_groups_exchanged_count_as_ties() -> None:
    """Two against two: of 24 orders each of the 6 splits comes 4 times, the observed one twice."""
    four = mo.Effects([0.0, 0.1, 1.0, 1.2], [0.1] * 4, columns={"g": list("aabb")})
    assert regress(four, "g", model="fixed").permutation_test(24).omnibus_p == 8 / 24


def test_ratios_are_shown_as_ratios() -> None:
    fit = regress(eight(), "dose")
    assert fit.display().to_numpy() == pytest.approx(
        np.exp(fit.coefficients[["estimate", "ci_low", "ci_high"]]).to_numpy()
    )
    general = mo.Effects(YI, VI, columns={"dose": DOSE})
    assert (
        regress(general, "dose")
        .display()["estimate"]
        .equals(regress(general, "dose").coefficients["estimate"])
    )
    assert "ratio" not in regress(general, "dose").to_frame()


def test_the_result_in_words_and_as_plain_values() -> None:
    fit = regress(eight(dose=[None, *DOSE[1:]]), "dose")
    plain = json.loads(json.dumps(fit.to_dict(), allow_nan=False))
    assert plain["coefficients"][1]["coefficient"] == "dose"
    assert plain["formula"] == "dose"
    assert plain["left_out"] == [{"label": "T0", "reason": "no value of dose"}]
    text = fit.summary()
    for part in (
        "Meta-regression: hazard ratio, k = 7, p = 2",
        "Test of moderators: F = ",
        "df = 1 and 5, p",
        "Residual heterogeneity: tau² = ",
        "Left out: T0: no value of dose",
        "residual tau² by REML, Hartung-Knapp tests, 95% intervals; policy metaonc-2026.",
        "Note: Fewer than 10 studies per coefficient of a moderator",
    ):
        assert part in text
    assert repr(fit).startswith("<MetaRegression: hazard ratio on Intercept, dose, k = 7, mixed")
    fixed = regress(eight(), "dose", model="fixed")
    assert "without residual heterogeneity, Wald tests (normal)" in fixed.methods()
    assert "Test of moderators: QM = " in fixed.summary()
    assert fixed.predict()["pi_low"].isna().all()
    assert fixed.bic == pytest.approx(-2 * fixed.log_likelihood + 2 * math.log(8))
    with pytest.raises(PoolingError, match="no interval of tau² called 'profile'; use one of 'QP'"):
        fit.tau2_interval("profile")


def test_what_is_inside_is_frozen() -> None:
    fit = regress(eight(), "dose")
    with pytest.raises(AttributeError):
        fit.choices = None  # type: ignore[misc,assignment]
    with pytest.raises(ValueError, match="read-only"):
        fit.design.matrix[0, 0] = 2.0


def test_columns_of_any_name_and_inside_transformations_count_as_used() -> None:
    """Gaps are found inside center() and in a column whose name is not Python."""
    dose = [None, *DOSE[1:]]
    assert regress(eight(dose=dose), "center(dose)").k == 7
    odd = eight(**{"dose (mg)": dose})
    fit = regress(odd, "np.log(`dose (mg)`)")
    assert [out.reason for out in fit.effects.left_out] == ["no value of dose (mg)"]
    assert regress(odd, "`dose (mg)`").design.names == ("Intercept", "dose (mg)")
    assert len(fit.predict({"dose (mg)": [1.0, 2.0]})) == 2
