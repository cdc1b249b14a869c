"""Policies: what each decides, against the programs they are named after, and their comparison."""

import dataclasses
import json
import math
import re
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from scipy import stats

import metaonc as mo
from metaonc.kernels import ESTIMATORS
from metaonc.kernels.mean_intervals import MEAN_INTERVALS
from metaonc.kernels.prediction import PREDICTION_INTERVALS
from metaonc.pooling import DEFAULT_POLICY, POLICIES
from metaonc.pooling.compare import PolicyComparison, compare_policies
from metaonc.pooling.policies import HeterogeneityFrom
from tests.pooling import PROGRESSION, from_print
from tests.reference import Case, cases, label
from tests.reference import studies as reference_studies
from tests.reference.comparison import Comparison
from tests.strategies import Arrays, studies

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs" / "methods" / "policy.rst"
NAMES = ("metaonc-2026", "revman-2025", "revman-5", "metafor-5", "meta-8", "stata-19", "iqwig-6")
TWO = mo.Effects([0.3, 0.9], [0.1, 0.1], measure="HR")
ALIKE = mo.Effects([-0.30, -0.31, -0.29, -0.30], [0.04, 0.05, 0.03, 0.06], measure="HR")


@cache
def fitted(source: str, policy: str, level: float = 0.95) -> mo.PooledResult:
    """A reference data set under a policy."""
    return mo.pool(
        mo.Effects(*reference_studies(source), measure="GEN"), policy=policy, level=level
    )


@pytest.fixture(scope="module")
def progression() -> mo.Effects:
    """Progression in the six trials of the shipped review, from the printed numbers."""
    return from_print(PROGRESSION)


class Near:
    """Numbers at a case's relative tolerance; estimates and limits on the scale of √vi."""

    def __init__(self, case: Case) -> None:
        self.rtol = case.rtol
        self.scale = float(np.sqrt(reference_studies(case.source)[1].min()))

    def number(self, expected: float) -> Any:
        """A number that is exactly zero where it is zero, or is as small as R can print."""
        return pytest.approx(expected, rel=self.rtol, abs=1e-300)

    def location(self, *expected: float) -> Any:
        """Estimates or limits."""
        return pytest.approx(expected, rel=self.rtol, abs=self.rtol * self.scale)


# What a policy is --------------------------------------------------------------------------------


def test_the_policies_and_the_default() -> None:
    """In the order in which a comparison lists them."""
    assert tuple(POLICIES) == NAMES
    assert DEFAULT_POLICY is POLICIES["metaonc-2026"]
    assert all(policy.name == name for name, policy in POLICIES.items())


@pytest.mark.parametrize("policy", POLICIES.values(), ids=NAMES)
def test_every_choice_is_one_that_the_kernels_know(policy: Any) -> None:
    """A policy with a typing error would fail only when it is used."""
    assert policy.model in ("fixed", "random")
    assert policy.tau2 in ESTIMATORS
    assert policy.ci == "auto" or policy.ci in MEAN_INTERVALS
    assert policy.prediction is None or policy.prediction in PREDICTION_INTERVALS
    assert policy.i2 in get_args(HeterogeneityFrom)
    assert policy.level == 0.95
    assert policy.program
    assert policy.source
    assert all(text.endswith(".") for text in (policy.source, *policy.differences))


def test_a_policy_is_frozen() -> None:
    """A policy never changes; a new set of choices gets a new name."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        DEFAULT_POLICY.tau2 = "DL"  # type: ignore[misc]


def test_what_each_policy_decides() -> None:
    """Pinned: changing one of these means a new policy, not a new value."""
    found = {
        name: (p.model, p.tau2, p.ci, p.level, p.prediction, p.min_k_prediction, p.i2)
        for name, p in POLICIES.items()
    }
    assert found == {
        "metaonc-2026": ("random", "REML", "auto", 0.95, "HTS", 3, "tau2"),
        "revman-2025": ("random", "REML", "auto", 0.95, "HTS", 3, "tau2"),
        "revman-5": ("random", "DL", "wald", 0.95, None, 3, "q"),
        "metafor-5": ("random", "REML", "wald", 0.95, "S", 2, "tau2"),
        "meta-8": ("random", "REML", "wald", 0.95, "V", 2, "q"),
        "stata-19": ("random", "REML", "wald", 0.95, "HTS", 3, "tau2"),
        "iqwig-6": ("random", "PM", "hksj-iqwig", 0.95, "HTS", 3, "q"),
    }


def test_the_page_says_of_every_policy_what_the_object_says() -> None:
    """docs/methods/policy.rst: the table of choices, each source and each difference."""
    page = " ".join(DOCS.read_text(encoding="utf-8").split())
    for policy in POLICIES.values():
        choices = (policy.tau2, policy.ci, str(policy.prediction), policy.i2)
        row = " - ".join([f"``{policy.name}``", policy.program, *(f"``{c}``" for c in choices)])
        for text in (row, policy.source, *policy.differences):
            assert " ".join(text.split()) in page, text


# Against the programs ----------------------------------------------------------------------------


def recorded(family: str, **wanted: Any) -> list[Case]:
    """Cases of one family with the given arguments."""
    found = cases("pooling", family)
    estimated = [case for case in found if "tau2" not in case.args]
    return [case for case in estimated if wanted.items() <= case.args.items()]


@pytest.mark.parametrize("case", recorded("rma", method="REML", test="z"), ids=label)
def test_metafor_5_is_rma(case: Case) -> None:
    """metafor `rma.uni` with its defaults: REML, z, I² and H² from tau²."""
    fit, out, near = fitted(case.source, "metafor-5"), case.out, Near(case)
    assert fit.tau2 == near.number(out["tau2"])
    found = (fit.estimate, fit.ci_low, fit.ci_high)
    assert found == near.location(out["beta"], out["ci.lb"], out["ci.ub"])
    assert fit.p_value == near.number(out["pval"])
    assert fit.i2 == near.number(out["I2"] / 100)
    assert fit.h2 == near.number(out["H2"])


@pytest.mark.parametrize("case", recorded("predict", method="REML", test="z"), ids=label)
def test_metafor_5_predicts_as_predict_does(case: Case) -> None:
    """metafor `predict.rma` with its default prediction interval, at 90, 95 and 99%."""
    fit = fitted(case.source, "metafor-5", case.args["level"] / 100)
    expected = case.out["pi"]["default"]
    found = fit.prediction_interval()
    assert tuple(found) == Near(case).location(expected["lb"], expected["ub"])
    assert found.method == "S"


@pytest.mark.parametrize("case", recorded("metagen", **{"method.tau": "REML"}), ids=label)
def test_meta_8_is_metagen(case: Case) -> None:
    """meta `metagen`: REML, classic interval, prediction interval V also at k = 2, I² from Q."""
    fit, out, near = fitted(case.source, "meta-8"), case.out, Near(case)
    row, predicted = out["random"]["classic"], out["predict"]["V"]
    assert fit.tau2 == near.number(out["tau2"])
    found = (fit.estimate, fit.ci_low, fit.ci_high, *fit.prediction_interval())
    expected = (row["TE"], row["lower"], row["upper"], predicted["lower"], predicted["upper"])
    assert found == near.location(*expected)
    assert fit.p_value == near.number(row["pval"])
    assert fit.i2 == near.number(out["I2"])


@pytest.mark.parametrize("case", recorded("metagen", **{"method.tau": "DL"}), ids=label)
def test_revman_5_is_metagen_with_its_choices(case: Case) -> None:
    """DerSimonian-Laird, the normal interval and I² from Q, as meta has them; no prediction."""
    fit, out, near = fitted(case.source, "revman-5"), case.out, Near(case)
    row = out["random"]["classic"]
    assert fit.tau2 == near.number(out["tau2"])
    found = (fit.estimate, fit.ci_low, fit.ci_high)
    assert found == near.location(row["TE"], row["lower"], row["upper"])
    assert fit.i2 == near.number(out["I2"])
    assert not fit.prediction_interval().applies


@pytest.mark.parametrize("case", recorded("rma", method="REML", test="knha"), ids=label)
def test_revman_2025_is_hartung_knapp_where_there_is_heterogeneity(case: Case) -> None:
    """REML with Hartung-Knapp where tau² > 0 and k > 2, from metafor's records; I² from tau²."""
    fit, out, near = fitted(case.source, "revman-2025"), case.out, Near(case)
    assert fit.i2 == near.number(out["I2"] / 100)
    if out["tau2"] > 0 and out["k"] > 2:
        found = (fit.estimate, fit.ci_low, fit.ci_high)
        assert found == near.location(out["beta"], out["ci.lb"], out["ci.ub"])
    else:
        assert fit.ci_method == "wald"


@pytest.mark.parametrize("case", cases("policies", "iqwig"), ids=label)
def test_iqwig_6_is_metagen_with_its_preset(case: Case) -> None:
    """meta `metagen`: Paule-Mandel, Hartung-Knapp with `adhoc.hakn.ci = "IQWiG6"`, I² from Q."""
    fit, out, compare = fitted(case.source, "iqwig-6"), case.out, Comparison(case, "IQWiG6")
    compare("tau2", fit.tau2, out["tau2"])
    compare.location("estimate", fit.estimate, out["TE"])
    compare("se", fit.se, out["seTE"])
    compare.interval("ci", (fit.ci_low, fit.ci_high), out["lower"], out["upper"])
    compare.p_value("p", fit.p_value, out["pval"])
    compare("i2", fit.i2, out["I2"])
    predicted = fit.prediction_interval()
    if out["lower.predict"] is None:  # two studies
        assert not predicted.applies
    else:
        compare.interval("prediction", predicted, out["lower.predict"], out["upper.predict"])
    compare.done()


def test_the_records_of_iqwig_6_have_both_sides_of_the_rule() -> None:
    """Nine of the 74 intervals were widened; the grid has not shrunk."""
    widened = [case.out["widened"] for case in cases("policies", "iqwig")]
    assert (len(widened), sum(widened)) == (74, 9)


# Stata's example data `metaset` (fictional) as `meta summarize` prints it, StataCorp's manual and
# www.statalist.org thread 1696829: effect, 95% limits, weight in percent.
METASET = np.array([
    (1.480, -0.352, 3.311, 2.30), (0.999, -0.933, 2.931, 2.07), (1.272, 0.427, 2.117, 10.15),
    (1.001, 0.750, 1.252, 63.77), (1.179, -0.527, 2.884, 2.65), (1.939, 0.427, 3.452, 3.35),
    (2.377, 1.005, 3.750, 4.05), (0.694, -0.569, 1.956, 4.75), (1.099, -0.147, 2.345, 4.88),
    (1.805, -0.151, 3.761, 2.02),
])  # fmt: skip


def test_stata_19_is_what_stata_prints() -> None:
    """REML, z test and I² from tau², as far as limits printed to three decimals determine them.

    Three decimals leave tau² uncertain by 3e-4, I² by 0.1 percent points and the largest weight by
    0.2 (the range over 300 data sets that round to the printed ones). From Q, 6.34 on 9 degrees of
    freedom, I² would be 0.
    """
    yi, low, high, weights = METASET.T
    se = (high - low) / (2 * 1.959963984540054)
    fit = mo.pool(mo.Effects(yi, se**2), policy="stata-19")
    found = (fit.estimate, fit.ci_low, fit.ci_high)
    assert found == pytest.approx((1.138, 0.857, 1.418), abs=1e-3)
    assert fit.tau2 == pytest.approx(0.0157, abs=3e-4)
    assert fit.weights * 100 == pytest.approx(weights, abs=0.2)
    assert (fit.q, fit.q_p) == pytest.approx((6.34, 0.7054), abs=0.02)
    assert fit.statistic == pytest.approx(7.95, abs=0.02)
    assert math.isinf(fit.df)
    assert fit.i2 == pytest.approx(0.0530, abs=1e-3)
    assert fit.h2 == pytest.approx(1.06, abs=0.01)


# What pooling makes of a policy ------------------------------------------------------------------


def test_arguments_override_a_policy(progression: mo.Effects) -> None:
    """One by one; what is not named stays the policy's."""
    fit = mo.pool(progression, policy="meta-8", tau2="DL", ci="hksj", level=0.9)
    chosen = fit.choices
    found = (chosen.policy, chosen.model, chosen.tau2, chosen.ci, chosen.level)
    assert found == ("meta-8", "random", "DL", "hksj", 0.9)
    assert fit.i2 == fit.i2_from_q
    assert fit.prediction_interval().method == "V"


@pytest.mark.parametrize("name", NAMES)
def test_a_fixed_effect_is_the_same_under_every_policy(name: str, progression: mo.Effects) -> None:
    """Wald, I² from Q, no prediction interval."""
    fit, default = (mo.pool(progression, model="fixed", policy=p) for p in (name, None))
    assert (fit.ci_method, fit.i2, fit.h2) == ("wald", fit.i2_from_q, default.h2)
    assert (fit.ci_low, fit.ci_high) == (default.ci_low, default.ci_high)
    assert fit.prediction_interval().reason == "a fixed effect is the same in every study"


@pytest.mark.parametrize("name", NAMES)
def test_one_study_is_its_own_result_under_every_policy(name: str) -> None:
    """Also where the policy's interval needs two studies."""
    fit = mo.pool(mo.Effects([0.3], [0.25]), policy=name)
    assert (fit.ci_low, fit.ci_high) == pytest.approx(stats.norm(0.3, 0.5).interval(0.95))
    assert not fit.prediction_interval().applies


PREDICTED = {  # standard error of the mean and degrees of freedom, for k studies
    "HTS": ("wald", 2), "V": ("wald", 1), "S": ("wald", None),
    "HK": ("hksj", 1), "HK-se": ("hksj-adhoc", 1), "HK-PR": ("hksj", 2),
}  # fmt: skip


@pytest.mark.parametrize("method", PREDICTED)
@pytest.mark.parametrize("name", NAMES)
def test_a_named_method_comes_before_the_policy(
    name: str, method: str, progression: mo.Effects
) -> None:
    """By the formula: mean plus or minus a quantile times √(tau² + SE²), at any level."""
    ci, fewer = PREDICTED[method]
    fit = mo.pool(progression, policy=name, tau2="REML", ci=ci)
    spread = math.hypot(fit.se, math.sqrt(fit.tau2))
    tail = stats.norm if fewer is None else stats.t(fit.k - fewer)
    half = tail.ppf(0.95) * spread
    found = fit.prediction_interval(method, level=0.9)
    assert tuple(found) == pytest.approx((fit.estimate - half, fit.estimate + half), rel=1e-12)
    assert (found.method, found.level) == (method, 0.9)


def test_a_prediction_interval_does_not_depend_on_the_units_of_the_effects() -> None:
    """The kernel works in units of its own."""
    for method in PREDICTION_INTERVALS:
        low, high = mo.pool(TWO_MORE).prediction_interval(method)
        scaled = mo.Effects(3e-5 * TWO_MORE.yi, 9e-10 * TWO_MORE.vi)
        found = mo.pool(scaled).prediction_interval(method)
        assert np.array(found) / 3e-5 == pytest.approx((low, high), rel=1e-9)


TWO_MORE = mo.Effects([0.3, 0.9, -0.2, 1.4, 0.1], [0.1, 0.1, 0.05, 0.2, 0.08])


@pytest.mark.parametrize(
    ("policy", "method", "reason"),
    [
        ("metaonc-2026", None, "a prediction interval needs at least 3 studies, got 2"),
        ("iqwig-6", None, "a prediction interval needs at least 3 studies, got 2"),
        ("meta-8", "HTS", "a prediction interval needs at least 3 studies, got 2"),
        ("revman-5", None, "policy revman-5 has no prediction interval; name a method"),
        ("metafor-5", "KR-PR", "a prediction interval needs at least 3 studies, got 2"),
        ("metafor-5", None, ""),
        ("meta-8", None, ""),
        ("metaonc-2026", "V", ""),
    ],
)
def test_two_studies(policy: str, method: str | None, reason: str) -> None:
    """By the policy's own minimum, or by that of the method that is asked for."""
    assert mo.pool(TWO, policy=policy).prediction_interval(method).reason == reason


def test_one_study_has_no_prediction_interval_by_any_method() -> None:
    """With the reason."""
    one = mo.pool(mo.Effects([0.3], [0.1]))
    for method in PREDICTION_INTERVALS:
        assert "at least" in one.prediction_interval(method).reason


def test_no_degrees_of_freedom_are_left() -> None:
    """Kenward-Roger's less one, where one study outweighs the others."""
    fit = mo.pool(mo.Effects([0.3, -0.3, 1.3], [1e-4, 1e2, 1e1]))
    assert fit.prediction_interval("KR").applies
    assert fit.prediction_interval("KR-PR").reason == "KR-PR has no degrees of freedom left"


@pytest.mark.parametrize(
    ("method", "options", "said"),
    [
        (
            "riley",
            {},
            "no prediction interval called 'riley'; use one of 'V', 'HTS', 'HK', 'HK-se', "
            "'HK-PR', 'KR', 'KR-PR', 'S', 'NNF'.",
        ),
        ("none", {}, "no prediction interval called 'none'; use one of 'V', 'HTS', 'HK', "
         "'HK-se', 'HK-PR', 'KR', 'KR-PR', 'S', 'NNF'."),
        ("KR", {"tau2": "DL"}, "the prediction interval 'KR' needs tau2='REML'."),
        ("KR-PR", {"tau2": 0.1}, "the prediction interval 'KR-PR' needs tau2='REML'."),
    ],
)  # fmt: skip
def test_what_cannot_be_predicted_is_refused(
    method: str, options: dict[str, Any], said: str, progression: mo.Effects
) -> None:
    """The whole text."""
    with pytest.raises(mo.PoolingError) as raised:
        mo.pool(progression, **options).prediction_interval(method)
    assert str(raised.value) == said


METHODS = {
    "revman-5": "tau² by DerSimonian-Laird, Wald 95% interval, I² from Q",
    "metafor-5": (
        "tau² by restricted maximum likelihood (REML), Wald 95% interval, "
        "prediction interval with the normal quantile, I² from tau²"
    ),
    "meta-8": (
        "tau² by restricted maximum likelihood (REML), Wald 95% interval, "
        "prediction interval with k \u2212 1 df, I² from Q"
    ),
    "iqwig-6": (
        "tau² by Paule-Mandel, Hartung-Knapp-Sidik-Jonkman (widened where narrower than "
        "DerSimonian-Laird's Wald) 95% interval, prediction interval of "
        "Higgins-Thompson-Spiegelhalter (k \u2212 2 df), I² from Q"
    ),
}


@pytest.mark.parametrize("name", METHODS)
def test_the_methods_line_names_the_policys_choices(name: str, progression: mo.Effects) -> None:
    """A figure can be made again from its footer."""
    assert mo.pool(progression, policy=name).methods() == (
        "Inverse-variance pooling of the log hazard ratio, random effects, "
        f"{METHODS[name]}; policy {name}."
    )


def test_the_summary_prints_the_other_i2_as_well(progression: mo.Effects) -> None:
    """The policy's I² in the line on heterogeneity, the other one below it."""
    lines = mo.pool(progression, policy="meta-8").summary()
    fit = mo.pool(progression)
    assert f"p < 0.001; I² = {fit.i2_from_q:.0%}\n" in lines
    assert f"(Q-profile); I² from tau² {fit.i2_from_tau2:.0%}\n" in lines


def test_iqwigs_interval_may_be_narrower_than_wald_and_says_so() -> None:
    """It is widened by another rule: only where DerSimonian and Laird's interval is wider."""
    alike = mo.pool(ALIKE, policy="iqwig-6")
    assert alike.se == pytest.approx(alike.wald_se)  # widened
    for case in cases("policies", "iqwig"):
        fit = fitted(case.source, "iqwig-6")
        half = stats.norm.ppf(0.975) * fit.wald_se
        # The tail of t with many studies is that of the normal: then the factor decides.
        noted = any("narrower than the Wald" in note for note in fit.notes)
        assert noted == (fit.ci_high - fit.estimate < half)


# Comparison --------------------------------------------------------------------------------------


def test_a_comparison_has_one_row_per_policy(progression: mo.Effects) -> None:
    """The numbers are those of `pool`; ratios, not logs; NaN where there is no interval."""
    frame = compare_policies(progression).to_frame()
    assert tuple(frame["policy"]) == NAMES
    assert list(frame) == [
        *("policy", "estimate", "ci_low", "ci_high", "p_value", "tau2", "i2"),
        *("prediction_low", "prediction_high"),
        *("tau2_method", "ci_method", "prediction_method", "i2_method"),
    ]
    for _, row in frame.iterrows():
        fit = mo.pool(progression, policy=row["policy"])
        limits = (row["estimate"], row["ci_low"], row["ci_high"])
        assert limits == tuple(np.exp([fit.estimate, fit.ci_low, fit.ci_high]))
        assert (row["p_value"], row["tau2"], row["i2"]) == (fit.p_value, fit.tau2, fit.i2)
        predicted = np.exp(fit.prediction_interval())
        found = np.array([row["prediction_low"], row["prediction_high"]], dtype=float)
        assert np.array_equal(found, predicted, equal_nan=True)
    words = frame.set_index("policy").loc["meta-8"]
    assert tuple(words[["tau2_method", "ci_method", "prediction_method", "i2_method"]]) == (
        "restricted maximum likelihood (REML)", "Wald", "with k \u2212 1 df", "from Q"
    )  # fmt: skip


SUMMARY = """\
Meta-analysis: hazard ratio, k = 6

          Hazard ratio        95% CI          p    tau²   I²    Prediction
--------------------------------------------------------------------------
revman-5          0.60  0.45 to 0.80  p < 0.001  0.1028  85%          none
stata-19          0.60  0.48 to 0.76  p < 0.001  0.0593  76%  0.28 to 1.28
iqwig-6           0.60  0.46 to 0.80  p = 0.006  0.0463  85%  0.31 to 1.18

revman-5, against metaonc-2026: tau² 0.1028 by DerSimonian-Laird instead of 0.0593 by restricted \
maximum likelihood (REML); 95% interval 0.45 to 0.80 by Wald instead of 0.46 to 0.79 by \
Hartung-Knapp-Sidik-Jonkman; prediction interval none instead of 0.28 to 1.28 of \
Higgins-Thompson-Spiegelhalter (k \u2212 2 df); I² 85% from Q instead of 76% from tau².
stata-19, against metaonc-2026: 95% interval 0.48 to 0.76 by Wald instead of 0.46 to 0.79 by \
Hartung-Knapp-Sidik-Jonkman.
iqwig-6, against metaonc-2026: tau² 0.0463 by Paule-Mandel instead of 0.0593 by restricted \
maximum likelihood (REML); 95% interval 0.46 to 0.80 by Hartung-Knapp-Sidik-Jonkman (widened \
where narrower than DerSimonian-Laird's Wald) instead of 0.46 to 0.79 by \
Hartung-Knapp-Sidik-Jonkman; I² 85% from Q instead of 76% from tau²."""


def test_the_summary_shows_the_table_and_says_why_the_rows_differ(
    progression: mo.Effects,
) -> None:
    """The default is what the others are explained by, also where it has no row.

    tau² by scipy's `minimize_scalar` and `brentq` from the likelihood and from Q, the limits from
    them by hand: REML 0.05932, Paule-Mandel 0.04633, DerSimonian-Laird 0.10282.
    """
    found = compare_policies(progression, ["revman-5", "stata-19", "iqwig-6"])
    assert found.summary() == SUMMARY


def test_choices_that_come_to_the_same_are_not_reported() -> None:
    """Where tau² is 0 the default's interval is Wald's; revman-2025 decides the same anyway."""
    differences = compare_policies(ALIKE, ("stata-19", "revman-2025", "metaonc-2026")).differences()
    assert differences == {"stata-19": (), "revman-2025": (), "metaonc-2026": ()}
    text = compare_policies(ALIKE, ("metaonc-2026", "stata-19")).summary()
    assert text.endswith("stata-19 makes the same choices as metaonc-2026 for these studies.")


def test_one_study_leaves_nothing_to_differ_about() -> None:
    """Neither tau² nor I² nor a prediction interval."""
    one = compare_policies(mo.Effects([-0.3], [0.04], measure="HR"))
    assert set(one.differences().values()) == {()}
    assert len(set(one.to_frame()["ci_low"])) == 1


def test_a_comparison_as_plain_values(progression: mo.Effects) -> None:
    """JSON without NaN; each row with its program and its differences."""
    found = compare_policies(progression, ["revman-5", "metaonc-2026"]).to_dict()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert {key: found[key] for key in ("title", "measure", "k", "default")} == {
        "title": progression.title, "measure": "HR", "k": 6, "default": "metaonc-2026"
    }  # fmt: skip
    first, second = found["policies"]
    assert first["policy"] == "revman-5"
    assert first["program"] == "Cochrane Review Manager 5.4, 2020"
    assert first["prediction_low"] is None
    assert len(first["differences"]) == 4
    assert second["differences"] == []


def test_one_arm_is_not_tested_against_anything() -> None:
    """A proportion has no null value: no p value."""
    effects = mo.Effects([0.1, -0.4, 0.3], [0.1, 0.2, 0.1], measure="PLOGIT")
    found = compare_policies(effects)
    assert found.to_frame()["p_value"].isna().all()
    assert "p <" not in found.summary()
    assert "p =" not in found.summary()


def test_which_policies_are_compared(progression: mo.Effects) -> None:
    """One name alone, names twice, in the given order; the representation counts them."""
    assert tuple(compare_policies(progression, "meta-8").results) == ("meta-8",)
    twice = compare_policies(progression, ["stata-19", "meta-8", "stata-19"])
    assert tuple(twice.results) == ("stata-19", "meta-8")
    assert isinstance(twice, PolicyComparison)
    assert repr(twice) == "<PolicyComparison: 2 policies, k = 6, hazard ratio 0.60>"
    assert repr(compare_policies(TWO, "meta-8")).startswith("<PolicyComparison: 1 policy, k = 2")
    with pytest.raises(dataclasses.FrozenInstanceError):
        twice.results = {}  # type: ignore[misc]


@pytest.mark.parametrize(
    ("policies", "said"),
    [
        ([], "no policies to compare; name some, or leave `policies` out for all."),
        (["meta-8", "cma"], f"no policy 'cma'; the policies are {', '.join(NAMES)}."),
        ("cma", f"no policy 'cma'; the policies are {', '.join(NAMES)}."),
    ],
)
def test_what_cannot_be_compared_is_refused(
    policies: Any, said: str, progression: mo.Effects
) -> None:
    """The whole text."""
    with pytest.raises(mo.PoolingError) as raised:
        compare_policies(progression, policies)
    assert str(raised.value) == said


@given(studies())
def test_laws_between_the_policies(arrays: Arrays) -> None:
    """REML policies share mean and tau²; more degrees of freedom, a narrower prediction."""
    fits = compare_policies(mo.Effects(*arrays)).results
    same = [fits[name] for name in NAMES if POLICIES[name].tau2 == "REML"]
    assert len({(fit.estimate, fit.tau2) for fit in same}) == 1
    widths = [np.ptp(fits[name].prediction_interval()) for name in ("metafor-5", "meta-8")]
    widths += [np.ptp(fits["stata-19"].prediction_interval())]
    assert not any(wide < narrow * (1 - 1e-12) for narrow, wide in pairwise(widths))
    for name, fit in fits.items():
        assert fit.i2 == (fit.i2_from_q if POLICIES[name].i2 == "q" else fit.i2_from_tau2)
        assert re.search(rf"policy {name}\.$", fit.methods())
