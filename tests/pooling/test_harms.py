"""The table of harms: the registry's toxicity figures beside its benefits."""

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest

import metaonc as mo
from metaonc.errors import PlanError, PlotError
from metaonc.pooling import HarmsTable
from metaonc.registry.loading import shipped_studies

Counts = tuple[int, int, int, int]
# As the trials print them: events and patients, mTOR inhibitor and control.
STOMATITIS: list[Counts] = [(284, 482, 29, 238), (30, 54, 4, 57), (34, 64, 8, 65)]
PNEUMONITIS: list[Counts] = [(77, 482, 0, 238), (11, 64, 0, 65)]


@pytest.fixture(scope="module")
def registry() -> mo.Registry:
    return mo.load_registry()


@pytest.fixture(scope="module")
def table(registry: mo.Registry) -> HarmsTable:
    return mo.harms(registry)


def risk_ratio(tables: list[Counts]) -> tuple[float, float]:
    """Mantel-Haenszel, log scale, by hand: Greenland & Robins 1985, eq. (13)."""
    total = [n1 + n2 for _, n1, _, n2 in tables]
    up = sum(a * n2 / n for (a, n1, c, n2), n in zip(tables, total, strict=True))
    down = sum(c * n1 / n for (a, n1, c, n2), n in zip(tables, total, strict=True))
    spread = sum(
        (n1 * n2 * (a + c) - a * c * n) / n**2
        for (a, n1, c, n2), n in zip(tables, total, strict=True)
    )
    return math.log(up / down), math.sqrt(spread / (up * down))


def risk_difference(tables: list[Counts]) -> float:
    total = [n1 + n2 for _, n1, _, n2 in tables]
    up = sum((a * n2 - c * n1) / n for (a, n1, c, n2), n in zip(tables, total, strict=True))
    return up / sum(n1 * n2 / n for (_, n1, _, n2), n in zip(tables, total, strict=True))


def test_stomatitis_is_pooled_by_mantel_haenszel(table: HarmsTable) -> None:
    row = table.row("stomatitis", "any")
    assert (row.k, row.kind, row.label, row.name) == (
        3, "harm", "Stomatitis", "Stomatitis, any grade"
    )  # fmt: skip
    log, se = risk_ratio(STOMATITIS)
    half = 1.959963984540054 * se
    expected = [math.exp(x) for x in (log, log - half, log + half)]
    assert row.numbers("RR") == pytest.approx(expected, rel=1e-12)
    assert row.numbers("RD")[0] == pytest.approx(risk_difference(STOMATITIS), rel=1e-12)
    assert row.studies == (
        "BOLERO-2 2012 284/482 v 29/238", "TAMRAD 2012 30/54 v 4/57", "PrE0102 2018 34/64 v 8/65"
    )  # fmt: skip
    assert (row.events_1, row.n_1, row.events_2, row.n_2) == (348, 600, 41, 360)


def test_an_arm_without_events_leaves_the_difference_and_says_so(table: HarmsTable) -> None:
    """Pneumonitis: no event in the control arms; nothing is added to any cell."""
    row = table.row("pneumonitis", "any")
    assert set(row.results) == {"RD"}
    assert row.reasons == {"RR": "no event in one arm", "OR": "no event in one arm"}
    assert row.numbers("RD")[0] == pytest.approx(risk_difference(PNEUMONITIS), rel=1e-12)
    assert np.isnan(row.numbers("RR")).all()
    assert (
        "Pneumonitis, any grade: no event with control; RR and OR not estimable (no event in one "
        "arm)."
    ) in table.notes
    assert "without continuity correction" in table.methods()


def test_benefits_come_first_and_severe_harms_last(table: HarmsTable) -> None:
    groups = [row.group for row in table.rows]
    assert groups == sorted(groups, key=["", "any grade", "grade 3-4"].index)
    assert [row.outcome for row in table.rows if row.kind == "benefit"] == ["cbr", "orr"]
    severe = table.row("pneumonitis", ">=3")
    assert (severe.k, severe.name) == (1, "Pneumonitis, grade ≥3")


def test_every_harm_of_the_plan_is_a_row_or_has_its_reason(
    registry: mo.Registry, table: HarmsTable
) -> None:
    assert registry.plan is not None
    harms = {o.label for o in registry.plan.outcomes.values() if o.harm}
    for group in ("any grade", "grade 3-4"):
        there = {row.label for row in table.rows if row.group == group}
        missing = {name.rpartition(", ")[0] for name in table.not_pooled if name.endswith(group)}
        assert there | missing == harms
        assert not there & missing
    said = " ".join(table.notes)
    assert all(name in said for name in table.not_pooled)


def test_the_frame_holds_what_the_rows_hold(table: HarmsTable) -> None:
    frame = table.to_frame()
    assert len(frame) == len(table) == len(table.rows)
    for i, row in enumerate(table.rows):
        for measure in ("RR", "OR", "RD"):
            names = [measure.lower() + end for end in ("", "_low", "_high")]
            assert frame.loc[i, names].astype(float).tolist() == pytest.approx(
                row.numbers(measure), nan_ok=True
            )


def test_the_document_is_json_and_the_same_every_time(
    registry: mo.Registry, table: HarmsTable
) -> None:
    text = table.to_json()
    assert text == mo.harms(registry).to_json()
    document = json.loads(text)
    [row] = [row for row in document["rows"] if row["outcome"] == "rash"]
    assert row["measures"]["RR"]["estimate"] == table.row("rash").numbers("RR")[0]
    assert {out["label"] for out in row["left_out"]} >= {"HORIZON", "BOLERO-4"}
    [severe] = [r for r in document["rows"] if (r["outcome"], r["grade"]) == ("stomatitis", ">=3")]
    assert severe["measures"]["RR"] == {"reason": "no event in one arm"}


def test_differences_are_printed_per_thousand_and_kept_as_fractions(table: HarmsTable) -> None:
    row = table.row("stomatitis", "any")
    text = table.summary()
    assert "RD per 1000 (95% CI)" in text
    assert f"{1000 * row.numbers('RD')[0]:.1f} (" in text
    assert table.to_html().count("<tr>") == len(table) + 1
    assert "<table>" in table._repr_html_()


def test_random_effects_and_other_levels(registry: mo.Registry) -> None:
    found = mo.harms(registry, outcomes=["rash"], benefits=(), model="random", level=0.9)
    row = found.row("rash")
    alone = mo.pool(row.results["RR"].effects, model="random", level=0.9)
    assert row.numbers("RR") == alone.display()
    assert "RR (90% CI)" in found.summary()
    assert "model = 'random'" in found.methods()


def test_words_narrow_the_trials(registry: mo.Registry) -> None:
    found = mo.harms(registry, outcomes=["stomatitis"], benefits=(), trial="tamrad")
    assert [row.k for row in found.rows] == [1]
    assert found.row("stomatitis").numbers("OR")[0] == pytest.approx(30 * 53 / (24 * 4), rel=1e-12)


def test_grades_of_ones_own(registry: mo.Registry) -> None:
    found = mo.harms(registry, outcomes=["anaemia"], benefits=(), grades={"grade 3": ["3"]})
    assert [(row.name, row.k) for row in found.rows] == [("Anaemia, grade 3", 1)]
    found = mo.harms(registry, outcomes=["anaemia"], benefits=(), grades={"none": ["4b"]})
    assert dict(found.not_pooled) == {"Anaemia, none": "no record prints such a grade"}


def test_what_does_not_exist_is_answered(registry: mo.Registry, table: HarmsTable) -> None:
    with pytest.raises(PlanError):
        mo.harms(registry, outcomes=["hiccups"])
    with pytest.raises(PlanError):
        mo.harms(registry, question="hiccups")
    with pytest.raises(KeyError, match="no row for 'rash' of grade '5'"):
        table.row("rash", "5")
    nothing = mo.harms(registry, outcomes=["cough"], benefits=())
    assert len(nothing) == 0
    with pytest.raises(PlotError, match="at least one row"):
        mo.harms_plot(nothing)
    with pytest.raises(PlotError, match=r"^harms_plot\(\) draws the table of harms\(\), got int"):
        mo.harms_plot(3)  # type: ignore[arg-type]


def test_records_without_a_plan_show_what_they_print_with_a_grade(tmp_path: Path) -> None:
    shutil.copy(shipped_studies() / "tamrad.toml", tmp_path / "tamrad.toml")
    found = mo.harms(mo.load_registry(tmp_path))
    assert {"stomatitis", "rash"} <= {row.outcome for row in found.rows}
    assert all(row.kind == "harm" for row in found.rows)
    assert found.arm_labels == ("Experimental", "Control")
