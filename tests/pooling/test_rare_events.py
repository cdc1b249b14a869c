"""Methods for rare events side by side: what runs, what holds and why, and empty studies."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import metaonc as mo
from metaonc.pooling.counts.count_result import CountResult
from metaonc.pooling.counts.rare_methods import METHODS
from metaonc.pooling.counts.rare_tables import RareTables

FRAME = pd.DataFrame({
    "label": ["A", "B", "C", "D", "E", "F"],
    "events_1": [6, 3, 0, 9, 2, 1],
    "n_1": [600, 550, 400, 1200, 300, 250],
    "events_2": [0, 1, 0, 2, 1, 0],
    "n_2": [580, 540, 410, 1180, 290, 260],
})  # fmt: skip
NAMES = [method.name for method in METHODS]


def verdicts(frame: pd.DataFrame) -> dict[str, object]:
    table = mo.rare_events(frame).to_frame()
    return dict(zip(table["method"], table["holds"], strict=True))


def test_every_row_is_what_pool_finds() -> None:
    found = mo.rare_events(FRAME)
    effects = mo.effect_sizes("OR", FRAME)
    table = found.to_frame().set_index("method")
    assert list(table.index) == NAMES
    for name in NAMES[:-1]:
        fit = mo.pool(effects, model=name)
        row = table.loc[name]
        assert (row["estimate"], row["low"], row["high"]) == fit.display()
        assert row["p_value"] == fit.p_value
    arcsine = mo.pool(mo.effect_sizes("AS", FRAME), tau2="DL", ci="wald")
    assert table.loc["arcsine", "estimate"] == arcsine.estimate
    assert table.loc["arcsine", "measure"] == "AS"
    assert found.results.keys() == set(NAMES)


def test_effects_of_other_measures_and_levels() -> None:
    odds = mo.rare_events(FRAME)
    risks = mo.rare_events(mo.effect_sizes("RR", FRAME), level=0.9)
    a, b = (found.to_frame().set_index("method") for found in (odds, risks))
    np.testing.assert_array_equal(a["estimate"], b["estimate"])
    assert (b["high"] < a["high"]).all()
    assert "90% CI" in risks.summary()


def test_pneumonitis_in_the_registry() -> None:
    """No control arm has a case: one of the two odds ratios there are is not to be believed."""
    found = mo.rare_events(mo.load_registry().effects("pneumonitis"))
    table = found.to_frame().set_index("method")
    assert set(table.index[table["ran"]]) == {"peto", "firth", "arcsine"}
    assert table.loc["peto", "holds"] is False
    assert "finds 5.56 on average where the odds ratio is 118" in table.loc["peto", "why"]
    assert table.loc["firth", "holds"] is None
    for name in ("mh", "CM.EL", "UM.RS", "beta-binomial"):
        assert "no finite" in table.loc[name, "why"]
    assert "cannot run" in found.summary()
    assert "no event in arm control" in found.summary()


# Empty studies ------------------------------------------------------------------------------------


def test_studies_without_events_stay_visible() -> None:
    found = mo.rare_events(FRAME)
    studies = found.studies().set_index("label")
    kinds = studies["empty"]
    assert kinds["C"] == "no event in either arm"
    assert kinds["A"] == kinds["F"] == "no event in arm Control"
    assert kinds["B"] == ""
    assert (studies.loc["C", ["mh", "peto", "CM.EL"]] == 0).all()
    assert (studies.loc["C", ["UM.RS", "beta-binomial", "firth", "arcsine"]] > 0).all()
    np.testing.assert_allclose(studies[NAMES].sum(), 1)
    text = found.summary()
    assert "in both arms: C. Weights of such a study: mh, without events it says" in text
    assert "Weights of mh are shares of the sum below the line" in text


def test_other_empty_arms_are_named() -> None:
    frame = pd.DataFrame({
        "label": ["all", "one", "none", "mixed"],
        "events_1": [10, 20, 0, 5],
        "n_1": [10, 20, 20, 20],
        "events_2": [12, 3, 4, 3],
        "n_2": [12, 20, 20, 20],
    })  # fmt: skip
    kinds = RareTables(mo.effect_sizes("OR", frame)).kinds()
    assert kinds == [
        "nothing but events in both arms",
        "nothing but events in arm Experimental",
        "no event in arm Experimental",
        "",
    ]


# Assumptions --------------------------------------------------------------------------------------


def test_the_guard_of_peto_knows_large_effects_and_unequal_arms() -> None:
    """Against Peto's estimate of expected tables: large trials of a known odds ratio."""

    def trials(odds_ratio: float, n_1: int, n_2: int) -> pd.DataFrame:
        p2 = 0.004
        p1 = odds_ratio * p2 / (1 - p2) / (1 + odds_ratio * p2 / (1 - p2))
        counts = {"events_1": round(n_1 * p1), "n_1": n_1, "events_2": round(n_2 * p2), "n_2": n_2}
        return pd.DataFrame([counts] * 6)

    assert verdicts(trials(1.5, 20_000, 20_000))["peto"] is True
    assert verdicts(trials(6.0, 20_000, 20_000))["peto"] is False
    assert verdicts(trials(3.0, 40_000, 5_000))["peto"] is False
    for odds_ratio, n_1, n_2 in (
        (1.5, 20_000, 20_000),
        (6.0, 20_000, 20_000),
        (3.0, 40_000, 5_000),
    ):
        effects = mo.effect_sizes("OR", trials(odds_ratio, n_1, n_2))
        tables = RareTables(effects)
        assert tables.log_odds_ratio == pytest.approx(np.log(odds_ratio), abs=0.02)
        # The observed tables are the expected ones here, but for rounding.
        assert tables.peto_of_it == pytest.approx(mo.pool(effects, model="peto").estimate, abs=0.01)


def test_odds_ratios_that_differ_are_not_one() -> None:
    frame = FRAME.assign(events_1=[60, 30, 1, 9, 2, 40], events_2=[5, 30, 1, 40, 12, 2])
    found = verdicts(frame)
    assert found["mh"] is found["firth"] is False
    assert found["CM.EL"] is True


def test_few_studies_are_too_few_for_a_variance() -> None:
    found = verdicts(FRAME[:4])
    assert found["CM.EL"] is found["UM.RS"] is found["beta-binomial"] is False
    assert found["mh"] is True
    one = verdicts(FRAME[3:4])
    assert one["mh"] is one["firth"] is None


def test_beta_binomial_needs_arms_that_can_be_compared() -> None:
    """Simpson's paradox: no effect in any study, one across them, which the guard foresees."""
    frame = pd.DataFrame({
        "events_1": [1, 2, 1, 10, 11, 12],
        "n_1": [100, 200, 100, 200, 220, 240],
        "events_2": [5, 4, 6, 5, 5, 5],
        "n_2": [500, 400, 600, 100, 100, 100],
    })  # fmt: skip
    found = mo.rare_events(frame)
    table = found.to_frame().set_index("method")
    assert table.loc["mh", "estimate"] == pytest.approx(1, abs=0.02)
    assert table.loc["beta-binomial", "estimate"] > 1.25
    assert table.loc["beta-binomial", "holds"] is False
    fit = found.results["beta-binomial"]
    assert isinstance(fit, CountResult)
    assert found.tables.beta_binomial_of_none(fit.rho) == pytest.approx(fit.estimate, rel=0.2)


def test_the_guard_of_the_arcsine_is_an_exact_mean() -> None:
    """Against scipy's binomial; unequal arms and few expected events move it off 0."""
    frame = pd.DataFrame({
        "events_1": [1, 1, 2, 0, 1],
        "n_1": [400, 420, 800, 500, 400],
        "events_2": [0, 1, 0, 1, 0],
        "n_2": [50, 52, 100, 60, 50],
    })  # fmt: skip
    tables = RareTables(mo.effect_sizes("OR", frame))
    weights = np.full(5, 0.2)

    def mean(n: int, p: float) -> float:
        return float(stats.binom(n, p).expect(lambda x: np.arcsin(np.sqrt(x / n))))

    p = (frame["events_1"] + frame["events_2"] + 0.5) / (frame["n_1"] + frame["n_2"] + 1)
    apart = [mean(n, q) - mean(m, q) for n, m, q in zip(frame["n_1"], frame["n_2"], p, strict=True)]
    assert tables.arcsine_of_none(weights) == pytest.approx(np.mean(apart), rel=1e-9)
    assert verdicts(frame)["arcsine"] is False


ROWS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(20, 300), st.integers(0, 5), st.integers(20, 300)),
    min_size=1,
    max_size=5,
)


@settings(max_examples=8, deadline=None)
@given(rows=ROWS)
def test_whatever_the_counts_every_method_has_a_row_and_a_reason(
    rows: list[tuple[int, int, int, int]],
) -> None:
    frame = pd.DataFrame(rows, columns=["events_1", "n_1", "events_2", "n_2"])
    if not (frame["events_1"] + frame["events_2"]).any():
        with pytest.raises(mo.PoolingError, match="no study has both patients with and without"):
            mo.rare_events(frame)
        return
    found = mo.rare_events(frame)
    table = found.to_frame()
    assert list(table["method"]) == NAMES
    assert table["why"].str.len().gt(10).all()
    assert np.isfinite(table.loc[table["ran"], "estimate"]).all()
    assert {"peto", "firth", "arcsine"} <= set(table["method"][table["ran"]])


# Documents ----------------------------------------------------------------------------------------


def test_as_a_document() -> None:
    found = mo.rare_events(FRAME)
    document = json.loads(found.to_json())
    assert [row["method"] for row in document["rows"]] == NAMES
    assert document["studies"][2]["empty"] == "no event in either arm"
    assert document["studies"][2]["mh"] == 0
    assert document["notes"] == list(found.sentences)
    assert found.to_json() == mo.rare_events(FRAME).to_json()
    assert repr(found) == "<RareEvents: Rare events: 6 studies, events in 0.4% of patients>"
    html = found._repr_html_()
    assert "Weights of studies" in html
    assert "<script" not in html


def test_what_is_refused() -> None:
    with pytest.raises(mo.PoolingError, match="have no events_1, n_1, events_2, n_2; make them"):
        mo.rare_events(mo.Effects([0.1], [0.2], measure="OR"))
    with pytest.raises(mo.PoolingError, match="is for OR, RR, RD, IRR, IRD, not HR"):
        mo.rare_events(mo.Effects([0.1], [0.2], measure="HR"))
    with pytest.raises(mo.PoolingError, match="level = 95 must lie between 0 and 1"):
        mo.rare_events(FRAME, level=95)
    plain = mo.effect_sizes("OR", FRAME)
    covariance = np.diag(plain.vi)
    covariance[0, 1] = covariance[1, 0] = 0.01
    joint = mo.Effects(plain.yi, plain.vi, "OR", columns=plain.columns, covariance=covariance)
    with pytest.raises(mo.PoolingError, match="is for independent studies"):
        mo.rare_events(joint)
