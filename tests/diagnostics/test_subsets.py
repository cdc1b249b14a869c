"""Leave-one-out and cumulative tables: every row is the subset fitted by itself."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

import metaonc as mo

PARTS = ("k", "estimate", "se", "ci_low", "ci_high", "p_value", "tau2", "i2")


@pytest.fixture(scope="module")
def progression() -> mo.Effects:
    return mo.load_registry().effects("pfs")


def assert_row(row: Any, alone: mo.PooledResult) -> None:
    """A row of a table against a result."""
    for name in PARTS:
        assert row[name] == pytest.approx(getattr(alone, name), rel=1e-9, abs=1e-12), name


@pytest.mark.parametrize("choices", [{}, {"model": "fixed"}, {"tau2": "DL", "ci": "hksj-adhoc"}])
def test_each_row_is_the_result_without_it(progression: mo.Effects, choices: Any) -> None:
    found = mo.leave_one_out(mo.pool(progression, **choices)).to_frame()
    assert found["left_out"].tolist() == list(progression.labels)
    for i, row in found.iterrows():
        rest = np.arange(progression.k) != i
        assert_row(row, mo.pool(progression.take(rest), **choices))


def test_groups_are_left_out_together(progression: mo.Effects) -> None:
    found = mo.leave_one_out(mo.pool(progression), by="agent").to_frame()
    agents = np.array(progression.column("agent"))
    for _, row in found.iterrows():
        assert_row(row, mo.pool(progression.take(agents != row["left_out"])))


def test_order_direction_and_ties(progression: mo.Effects) -> None:
    """By year, backwards, ties as they stand or at once; by precision; by values of one's own."""
    fit = mo.pool(progression)
    labels = list(progression.labels)
    assert mo.cumulative(fit, "year", descending=True).to_frame()["added"].tolist() == [
        *labels[:2:-1], labels[2], *labels[:2]
    ]  # fmt: skip
    together = mo.cumulative(fit, "year", together=True).to_frame()
    assert together["added"][0] == "BOLERO-2 2012, TAMRAD 2012"
    assert together["k"].tolist() == [2, 3, 4, 5, 6]
    precise = mo.cumulative(fit, "precision")
    assert precise.labels == tuple(labels[i] for i in np.argsort(progression.vi))
    own = mo.cumulative(fit, order=range(6, 0, -1))
    assert own.labels == tuple(reversed(labels))
    for n, (_, row) in enumerate(precise.to_frame().iterrows(), start=1):
        assert_row(row, mo.pool(progression.take(np.argsort(progression.vi)[:n])))


def test_the_whole_conclusion_is_in_words(progression: mo.Effects) -> None:
    """Which study carries it, seen in the table above the sentences."""
    lone = mo.leave_one_out(mo.pool(progression), by="agent")
    assert lone.sentences == [
        "The hazard ratio lies between 0.52 (without temsirolimus) and 0.90 (without everolimus).",
        "The interval excludes 1; without everolimus it holds 1.",
        "tau² falls from 0.0593 to 0 without everolimus.",
    ]
    whole = mo.leave_one_out(mo.pool(progression)).sentences
    assert whole[1] == "The interval excludes 1, whichever is left out."
    since = mo.cumulative(mo.pool(progression), "year", together=True)
    assert since.sentences == ["The interval excludes 1 from MIRACLE 2021 on."]


def test_a_table_displays_saves_and_prints(progression: mo.Effects) -> None:
    found = mo.leave_one_out(mo.pool(progression))
    analysis, shown = found.to_frame(), found.to_frame(display=True)
    assert shown["ci_low"].to_numpy() == pytest.approx(np.exp(analysis["ci_low"]))
    assert "se" not in shown
    document = json.loads(found.to_json())
    assert document["kind"] == "leave-one-out" or "leave-one-out" in str(document)
    assert len(document["rows"]) == 6
    assert "None left out" in found.summary()
    assert "<table>" in found._repr_html_()


def test_one_arm_has_no_p_value() -> None:
    frame = pd.DataFrame({"label": ["a", "b", "c"], "events": [3, 4, 9], "n": [30, 50, 60]})
    found = mo.leave_one_out(mo.pool(mo.effect_sizes("PLOGIT", frame)))
    assert "p" not in found.cells()[0]
    assert len(found.sentences) == 1


COUNTS = pd.DataFrame(
    {
        "label": ["a", "b", "c"],
        "events_1": [0, 5, 0],
        "n_1": [40, 50, 30],
        "events_2": [0, 9, 0],
        "n_2": [40, 52, 30],
    }
)


def test_counts_without_a_finite_mean_say_so() -> None:
    """Without the only study with events nothing is left to estimate."""
    fit = mo.pool(mo.effect_sizes("OR", COUNTS), model="mh")
    found = mo.leave_one_out(fit)
    assert found.to_frame()["estimate"].isna().tolist() == [False, True, False]
    assert found.sentences[-1] == "The counts that are left have no finite mean: b."
    assert ["b", "2", "no finite mean", "", "", ""] in found.cells()


def test_single_studies_have_walds_interval() -> None:
    """Where the result's interval needs two."""
    effects = mo.Effects([0.1, 0.3, 0.8], [0.02, 0.05, 0.03])
    first = mo.cumulative(mo.pool(effects, ci="hksj")).to_frame().iloc[0]
    assert first["ci_high"] == pytest.approx(0.1 + 1.959963984540054 * 0.02**0.5)


# Regressions and subgroups ------------------------------------------------------------------------


def test_a_regression_is_fitted_without_each(progression: mo.Effects) -> None:
    whole = mo.regress(progression, "line")
    found = mo.leave_one_out(whole).to_frame()
    for label, rows in found.groupby("left_out"):
        rest = np.array([name != label for name in progression.labels])
        alone = mo.regress(progression.take(rest), "line")
        for name in ("estimate", "se", "p_value", "ci_low", "ci_high"):
            assert rows[name].to_numpy() == pytest.approx(alone.coefficients[name].to_numpy())
        assert rows["qe"].iloc[0] == pytest.approx(alone.qe)
        assert rows["qm_p"].iloc[0] == pytest.approx(alone.qm_p)


def test_a_regression_waits_for_studies_that_tell_its_coefficients_apart(
    progression: mo.Effects,
) -> None:
    found = mo.cumulative(mo.regress(progression, "line"))
    frame = found.to_frame()
    assert frame["estimate"].isna().tolist() == [True] * 4 + [False] * 8
    assert frame.loc[frame["estimate"].isna(), ["tau2", "qe", "qe_p"]].isna().all(axis=None)
    assert found.sentences == [
        "The studies that are left cannot tell the coefficients apart: BOLERO-2 2012, TAMRAD 2012."
    ]


@pytest.mark.parametrize("tau2_common", [False, True])
def test_subgroups_are_made_again_without_each(progression: mo.Effects, tau2_common: bool) -> None:
    whole = mo.subgroups(progression, by="resistance", tau2_common=tau2_common)
    found = mo.leave_one_out(whole).to_frame().groupby("left_out", sort=False)
    for label, rows in found:
        rest = np.array([name != label for name in progression.labels])
        alone = mo.subgroups(progression.take(rest), by="resistance", tau2_common=tau2_common)
        assert rows["q_between"].iloc[0] == alone.q_between
        for name, group in alone.groups.items():
            assert_row(rows.set_index("group").loc[name], group)


def test_subgroups_add_up(progression: mo.Effects) -> None:
    found = mo.cumulative(mo.subgroups(progression, by="resistance", model="fixed"), "year")
    assert found.cells()[1][-3:] == ["0.00", "0", "–"]  # one group has no test
    assert found.to_frame()["k"].iloc[-1] == 6


# Refusals -----------------------------------------------------------------------------------------


def test_what_cannot_be_left_out_is_refused(progression: mo.Effects) -> None:
    one = mo.pool(mo.Effects([0.1], [0.02]))
    with pytest.raises(mo.DiagnosticsError, match="needs two, and there is one study"):
        mo.leave_one_out(one)
    with pytest.raises(mo.DiagnosticsError, match="one group by 'setting'"):
        mo.leave_one_out(mo.pool(progression), by="setting")
    with pytest.raises(mo.DiagnosticsError, match="BOLERO-2 2012: no grade"):
        mo.leave_one_out(mo.pool(progression), by="grade")
    with pytest.raises(mo.DiagnosticsError, match=r"a result of pool\(\).* not Effects"):
        mo.leave_one_out(progression)  # type: ignore[arg-type]


def test_an_order_that_is_none_is_refused(progression: mo.Effects) -> None:
    fit = mo.pool(progression)
    with pytest.raises(mo.DiagnosticsError, match="order has 2 values for 6 studies"):
        mo.cumulative(fit, order=[1, 2])
    with pytest.raises(mo.DiagnosticsError, match="TAMRAD 2012: no value to order by"):
        mo.cumulative(fit, order=[1, None, 2, 3, 4, 5])
    with pytest.raises(mo.DiagnosticsError, match="cannot be put in order"):
        mo.cumulative(fit, order=[1, "b", 2, 3, 4, 5])
