"""The figure of harms beside benefits."""

import math
from pathlib import Path

import pytest

import metaonc as mo
from metaonc.pooling import HarmsTable


@pytest.fixture(scope="module")
def table() -> HarmsTable:
    registry = mo.load_registry()
    return mo.harms(registry, outcomes=["stomatitis", "pneumonitis", "rash"])


def texts(figure: object) -> list[str]:
    return [text.get_text() for text in figure.texts]  # type: ignore[attr-defined]


def test_every_row_is_named_and_every_number_is_printed(table: HarmsTable) -> None:
    said = texts(mo.harms_plot(table))
    for row in table.rows:
        assert row.name in said
        assert f"{row.events_1}/{row.n_1}" in said
    missing = sum(3 - len(row.results) for row in table.rows)
    assert said.count("not estimable") == missing > 0
    assert {"Benefits", "Harms, any grade", "Harms, grade 3-4"} <= set(said)


def test_marks_stand_at_the_pooled_estimates(table: HarmsTable) -> None:
    ratios, _, differences = mo.harms_plot(table).axes
    marks = [float(line.get_xdata()[0]) for line in ratios.lines if line.get_marker() in ("s", "o")]
    rows = [row for row in table.rows if "RR" in row.results]
    assert marks == pytest.approx([math.log(row.numbers("RR")[0]) for row in rows])
    marks = [
        float(line.get_xdata()[0]) for line in differences.lines if line.get_marker() in ("s", "o")
    ]
    assert marks == pytest.approx([row.numbers("RD")[0] for row in table.rows])


@pytest.mark.parametrize("ending", ["pdf", "svg", "png"])
def test_the_same_table_gives_the_same_bytes(
    table: HarmsTable, tmp_path: Path, ending: str
) -> None:
    first, second = tmp_path / f"first.{ending}", tmp_path / f"second.{ending}"
    for path in (first, second):
        mo.harms_plot(table).savefig(path)
    assert first.read_bytes() == second.read_bytes()


def test_no_text_leaves_the_figure(table: HarmsTable) -> None:
    figure = mo.harms_plot(table, title="A title of one's own")
    assert "A title of one's own" in texts(figure)
    width, height = figure.get_size_inches() * figure.dpi
    for text in figure.texts:
        box = text.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= width
        assert box.y0 >= 0
        assert box.y1 <= height
