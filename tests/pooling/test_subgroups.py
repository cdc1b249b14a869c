"""`subgroups`: the same pooling within groups, and the test between them."""

import json
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import metaonc as mo
from tests.pooling import ratio
from tests.reference import Case, cases, label
from tests.reference.comparison import Comparison
from tests.strategies import Arrays, studies

CI = {"classic": "wald", "HK": "hksj"}


def grouped(case: Case) -> mo.Effects:
    """The case's effects with their groups; the rows are those that the program used."""
    rows = [row - 1 for row in case.args["used_rows"]]
    yi, vi = (np.array(case.inputs[name], dtype=float)[rows] for name in ("yi", "vi"))
    return mo.Effects(yi, vi, columns={"group": case.args["subgroup"]})


@pytest.mark.parametrize("case", cases("subgroups", "subgroup"), ids=label)
def test_groups_and_their_test_are_those_of_metagen(case: Case) -> None:
    """meta `metagen(subgroup=...)`: groups with a tau² each or in common, and Q between them.

    A group of one study keeps its own standard error beside Hartung-Knapp groups, as in meta.
    Relative tolerance as stated, or the absolute one where that is wider: the proportions of
    dat.crisafulli2020 have a tau² of 1e-6, which an optimiser that stops at 1e-10 knows to four
    digits. Standard errors with a tau² in common carry its error, and Q and its p value those of
    all groups, hence ten and a hundred times that; for those proportions and a tau² in common once
    more ten times.
    """
    ci, common = CI[case.args["method.random.ci"]], case.args["tau.common"]
    effects, estimator = grouped(case), case.args["method.tau"]
    found = mo.subgroups(effects, by="group", tau2=estimator, ci=ci, tau2_common=common)
    out = case.out
    assert list(found.groups) == [str(name) for name in out["subgroup.levels"]]
    groups = list(found.groups.values())
    assert [fit.k for fit in groups] == out["k.w"]
    kind = "common" if common else "separate"
    compare = Comparison(case, f"{estimator}, {case.args['method.random.ci']}, tau² {kind}")
    absolute = case.atol / case.rtol
    for fit, mean, se, tau2 in zip(
        groups, out["TE.random.w"], out["seTE.random.w"], out["tau2.w"], strict=True
    ):
        compare("estimate", fit.estimate, mean, floor=se)
        compare("se", fit.se, se, floor=absolute * (10 if common else 1))
        if fit.k > 1:  # the program gives NA for one study
            compare("tau2", fit.tau2, tau2, floor=absolute)
    if common:
        compare("tau2", found.tau2_within, out["tau2.resid"], floor=absolute)
    compare.done()
    assert found.q_within == pytest.approx(out["Q.w.common"], rel=1e-9, abs=1e-12)
    assert found.q_within_df == out["df.Q.w"]
    assert found.q_within_p == pytest.approx(out["pval.Q.w.common"], rel=1e-7)
    if common:
        assert found.tau2_residual == found.tau2_within
    q_rtol = 10 * case.rtol * (10 if common and case.source.startswith("dat.crisafulli") else 1)
    assert found.q_between == pytest.approx(out["Q.b.random"], rel=q_rtol)
    assert found.q_between_df == out["df.Q.b.random"]
    assert found.q_between_p == pytest.approx(out["pval.Q.b.random"], rel=10 * q_rtol)


def test_common_effects_of_groups_are_those_of_metagen() -> None:
    """meta's common-effect model: means, errors and Q between the groups."""
    for case in cases("subgroups", "subgroup"):
        out = case.out
        found = mo.subgroups(grouped(case), by="group", model="fixed")
        groups = list(found.groups.values())
        se = np.array(out["seTE.common.w"])
        means = np.array(out["TE.common.w"])
        np.testing.assert_allclose([fit.se for fit in groups], se, rtol=1e-10)
        np.testing.assert_allclose(
            [fit.estimate for fit in groups], means, rtol=1e-10, atol=1e-10 * se.max()
        )
        assert found.q_between == pytest.approx(out["Q.b.common"], rel=1e-8, abs=1e-10)
        assert found.q_between_p == pytest.approx(out["pval.Q.b.common"], rel=1e-7)
        assert found.q_within == pytest.approx(out["Q.w.common"], rel=1e-9, abs=1e-12)


def test_the_grid_has_not_shrunk() -> None:
    """Cases by estimator and interval, as first selected."""
    found = Counter(
        (case.args["method.tau"], case.args["method.random.ci"])  # tau² separate and in common
        for case in cases("subgroups", "subgroup")
    )
    assert found == {("REML", "classic"): 40, ("REML", "HK"): 40, ("DL", "classic"): 40}


@given(data=studies(min_size=4), cut=st.integers(1, 3))
def test_two_groups_are_compared_like_two_means(data: Arrays, cut: int) -> None:
    """Q between two groups is the squared z of their difference (scipy's normal distribution)."""
    yi, vi = data
    names = ["a"] * cut + ["b"] * (len(yi) - cut)
    found = mo.subgroups(mo.Effects(yi, vi, columns={"g": names}), by="g", model="fixed")
    first, second = found.groups.values()
    z = (first.estimate - second.estimate) / math.hypot(first.se, second.se)
    assert found.q_between == pytest.approx(z**2, rel=1e-7, abs=1e-9)
    assert found.q_between_p == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-6, abs=1e-9)


@given(data=studies(min_size=2), seed=st.integers(0, 99))
def test_common_effects_split_q(data: Arrays, seed: int) -> None:
    """Cochran's Q of all studies is the sum of Q within the groups and Q between them."""
    names = np.random.default_rng(seed).choice(["x", "y", "z"], size=len(data[0])).tolist()
    found = mo.subgroups(mo.Effects(*data, columns={"g": names}), by="g", model="fixed")
    within = sum(fit.q for fit in found.groups.values())
    assert within + found.q_between == pytest.approx(found.overall.q, rel=1e-7, abs=1e-9)


def test_each_group_is_the_pool_of_its_studies() -> None:
    """In order of first appearance, titled by its name, without the notes of the whole."""
    effects = mo.load_registry().effects("pfs")
    found = mo.subgroups(effects, by="resistance", tau2="DL")
    assert list(found.groups) == ["AI-resistant", "AI-naive", "SERM-resistant"]
    assert [fit.k for fit in found.groups.values()] == [4, 1, 1]
    assert found.overall.to_dict() == mo.pool(effects, tau2="DL").to_dict()
    resistant = found.groups["AI-resistant"]
    assert resistant.effects.title == "AI-resistant"
    assert set(resistant.effects.column("resistance")) == {"AI-resistant"}
    assert ratio(resistant) == [0.4855, 0.4223, 0.5581]
    assert [round(math.exp(fit.estimate), 2) for fit in found.groups.values()][1:] == [0.90, 0.64]


def test_one_group_has_nothing_to_be_compared_with() -> None:
    """Q between is 0 on 0 degrees of freedom, p = 1."""
    effects = mo.Effects([0.1, 0.5], [0.1, 0.1], columns={"g": ["a", "a"]})
    found = mo.subgroups(effects, by="g")
    assert (found.q_between, found.q_between_df, found.q_between_p) == (0.0, 0, 1.0)


@pytest.mark.parametrize("missing", [None, float("nan"), ""])
def test_a_study_without_a_group_is_named(missing: object) -> None:
    """The whole sentence."""
    effects = mo.Effects([0.1, 0.5], [0.1, 0.1], labels=["A", "B"], columns={"g": ["a", missing]})
    with pytest.raises(mo.PoolingError) as raised:
        mo.subgroups(effects, by="g")
    assert str(raised.value) == "B: no g; give every study a group or leave it out."


def test_an_unknown_column_is_refused() -> None:
    """With the columns there are."""
    effects = mo.Effects([0.1, 0.5], [0.1, 0.1], columns={"g": ["a", "b"]})
    with pytest.raises(mo.EffectsError) as raised:
        mo.subgroups(effects, by="agent")
    assert str(raised.value) == "the effects have no column 'agent'; there are: g."


def test_groups_that_agree_exactly_are_no_accident_of_arithmetic() -> None:
    """A Hartung-Knapp error of 0 cannot weigh a group; the sentence says so, without a warning."""
    effects = mo.Effects(
        [0.1, 0.1, 0.3, 0.4], [0.1, 0.2, 0.1, 0.1], columns={"g": ["a", "a", "b", "b"]}
    )
    with pytest.raises(mo.PoolingError, match=r"^a: "):
        mo.subgroups(effects, by="g", ci="hksj")


def test_words_and_plain_values() -> None:
    """One line; and JSON with every group in it."""
    effects = mo.load_registry().effects("pfs")
    found = mo.subgroups(effects, by="agent")
    assert repr(found) == f"<SubgroupResult: by agent, 2 groups, {found.overall!r}>"
    plain = found.to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert list(plain["groups"]) == ["everolimus", "temsirolimus"]
    assert plain["q_between"] == found.q_between


# Several columns ---------------------------------------------------------------------------------

LINES = ["1", "2", "1", "2", "2", "1", "1", "2"]
AGENTS = ["e", "e", "t", "t", "e", "e", "t", "e"]
CROSSED = mo.Effects(
    [0.1, 0.4, -0.3, 0.9, 0.2, 0.5, 0.0, -0.1],
    [0.1, 0.2, 0.1, 0.3, 0.2, 0.1, 0.4, 0.2],
    columns={"line": LINES, "agent": AGENTS},
)


@pytest.mark.parametrize(
    "options",
    [{}, {"tau2_common": True}, {"model": "fixed"}, {"ci": "hksj", "tau2": "DL"}, {"ci": "kr"}],
)
def test_crossed_groups_are_those_of_one_column_of_pairs(options: dict[str, object]) -> None:
    """And one column at a time is what it is alone."""
    pairs = [f"{agent}, {line}" for agent, line in zip(AGENTS, LINES, strict=True)]
    paired = mo.Effects(CROSSED.yi, CROSSED.vi, columns={"pair": pairs})
    found = mo.subgroups(CROSSED, by=["agent", "line"], **options)
    expected = mo.subgroups(paired, by="pair", **options)
    assert found.by == "agent × line"
    assert dict(found.levels)["t, 2"] == ("t", "2")
    for name, group in expected.groups.items():
        assert found.groups[name].estimate == group.estimate
    assert (found.q_between, found.q_between_df) == (expected.q_between, 3)
    assert list(found.each) == ["agent", "line"]
    for name, one in found.each.items():
        assert one.to_frame().equals(mo.subgroups(CROSSED, by=name, **options).to_frame())
    frame = found.to_frame()
    assert frame["group"].tolist() == [*found.groups, "All studies"]
    assert frame["agent"].tolist() == [*(values[0] for values in found.levels.values()), ""]
    assert frame["k"].sum() == 16


@given(
    data=studies(min_size=3),
    seed=st.integers(0, 99),
    tau2=st.sampled_from(["DL", "REML", "PM"]),
    ci=st.sampled_from(["auto", "wald", "t", "hksj-adhoc", "kr", "profile", "hc"]),
)
def test_a_group_in_the_batch_is_that_group_pooled_alone(
    data: Arrays, seed: int, tau2: str, ci: str
) -> None:
    """A row filled up with missing studies gives what `pool` gives of those that are there."""
    names = np.random.default_rng(seed).choice(["x", "y", "z"], size=len(data[0])).tolist()
    options = {"ci": ci} if ci in ("kr", "profile", "hc") else {"ci": ci, "tau2": tau2}
    effects = mo.Effects(*data, columns={"g": names})
    found = mo.subgroups(effects, by="g", **options)
    for name, group in found.groups.items():
        alone = options | {"ci": "wald"} if group.k == 1 and ci != "auto" else options
        part = effects.take([other == name for other in names])
        fit = mo.pool(part, **alone)
        assert group.ci_method == fit.ci_method
        size = float(np.abs(data[0]).max()) + fit.se
        for attribute in ("estimate", "se", "ci_low", "ci_high"):
            expected = getattr(fit, attribute)
            assert getattr(group, attribute) == pytest.approx(expected, rel=1e-9, abs=1e-9 * size)
        assert group.tau2 == pytest.approx(fit.tau2, rel=1e-8, abs=1e-10)
        assert group.weights == pytest.approx(fit.weights, rel=1e-8, abs=1e-12)


def test_what_is_left_is_what_a_regression_on_the_groups_leaves() -> None:
    """tau², I² and R²; for a fixed effect, I² from Q and no tau²."""
    found = mo.subgroups(CROSSED, by="line")
    fit = mo.regress(CROSSED, "line")
    assert found.tau2_residual == pytest.approx(fit.tau2, rel=1e-9)
    assert found.i2_within == pytest.approx(fit.i2, rel=1e-9)
    assert found.h2_within == pytest.approx(fit.h2, rel=1e-9)
    assert found.r2 == pytest.approx(fit.r2, rel=1e-9)
    fixed = mo.subgroups(CROSSED, by="line", model="fixed")
    q, df = fixed.q_within, fixed.q_within_df
    assert fixed.i2_within == pytest.approx(max(0, 1 - df / q))
    assert fixed.tau2_residual == 0
    assert fixed.r2 == pytest.approx(max(0, 1 - (q / df) / (fixed.overall.q / 7)))
    each = mo.Effects([0.1, 0.5], [0.1, 0.1], columns={"g": ["a", "b"]})
    alone = mo.subgroups(each, by="g")
    assert math.isnan(alone.tau2_residual)
    assert math.isnan(alone.r2)
    assert "within groups" not in alone.summary()
    given = mo.subgroups(CROSSED, by="line", tau2=0.1)
    assert (given.tau2_residual, math.isnan(given.r2)) == (pytest.approx(0.1), True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"by": []}, "by = [] must name one column or several different ones."),
        (
            {"by": ["line", "line"]},
            "by = ['line', 'line'] must name one column or several different ones.",
        ),
        ({"by": "line", "moderators": "agent"}, "subgroups take no moderators; use regress()."),
        (
            {"by": "line", "ci": "kr", "tau2_common": True},
            "ci = 'kr' has a tau² of its own in every group; use tau2_common=False or another "
            "interval.",
        ),
    ],
)
def test_groups_that_cannot_be_are_refused(options: dict[str, object], said: str) -> None:
    """The whole sentence."""
    with pytest.raises(mo.PoolingError) as raised:
        mo.subgroups(CROSSED, **options)
    assert str(raised.value) == said


def test_two_groups_of_one_name_are_not_mixed() -> None:
    """A value with a comma in it could make two combinations look alike."""
    effects = mo.Effects([0.1, 0.2], [0.1, 0.1], columns={"a": ["x", "x, y"], "b": ["y, z", "z"]})
    with pytest.raises(mo.PoolingError, match="two different groups by a and b have the same name"):
        mo.subgroups(effects, by=["a", "b"])


def test_what_is_inside_is_frozen() -> None:
    """Groups cannot be exchanged."""
    found = mo.subgroups(CROSSED, by="line")
    with pytest.raises(TypeError):
        found.groups["1"] = found.overall  # type: ignore[index]
    with pytest.raises(AttributeError):
        found.by = "agent"  # type: ignore[misc]
