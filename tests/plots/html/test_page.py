"""The forest plot as a page, read without a browser."""

import base64
import hashlib
import json
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings

import metaonc as mo
from metaonc.plots import forest_html, forest_table, save_figure
from metaonc.plots.forest_plot import PRESETS, Block, ForestTable, Row
from metaonc.plots.forest_plot.presets import Colours
from metaonc.plots.html.colours import NIGHT, _contrast, colour_variables
from tests.plots.forest_plot.test_stress import tables


@pytest.fixture(scope="module")
def progression() -> mo.PooledResult:
    return mo.pool(mo.load_registry().effects("pfs"))


@pytest.fixture(scope="module")
def page(progression: mo.PooledResult) -> str:
    return forest_html(progression)


@pytest.mark.parametrize("preset", PRESETS)
def test_the_table_reads_back(preset: str) -> None:
    """Every row with every cell, in the order of the columns, as the plot prints them."""
    result = mo.pool(mo.load_registry().effects("cbr"))
    table = forest_table(result, preset=preset)
    shown = [row for row in table.rows() if row.kind not in ("text", "space")]
    left = [column.key for column in table.columns if column.side == "left"]
    right = [column.key for column in table.columns if column.side == "right"]
    expected = [
        [row.label, *(row.cells.get(key, "") for key in left), ""]
        + [row.cells.get(key, "") for key in right]
        for row in shown
    ]
    rows = re.findall(
        r'<tr class="(?:study|common|random|prediction)">(.*?)</tr>', forest_html(table)
    )
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]
    assert [[re.sub(r"<[^>]+>", "", cell) for cell in row] for row in found] == expected


class Nesting(HTMLParser):
    """Elements that are open; each end must close the last of them."""

    EMPTY = frozenset({"meta", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.EMPTY:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            elif name in ("href", "src", "aria-describedby", "aria-labelledby"):
                self.links.append((value or "").lstrip("#"))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_it_is_well_formed_and_leads_nowhere_else(page: str) -> None:
    """Every element is closed, every id is one, every link stays in the page."""
    reader = Nesting()
    reader.feed(page)
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))
    assert reader.links
    assert set(reader.links) <= set(reader.ids)
    assert "url(" not in page


@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(table=tables())
def test_any_description_is_well_formed(table: ForestTable) -> None:
    """Whatever the words and numbers, limits missing or infinite."""
    page = forest_html(table)
    reader = Nesting()
    reader.feed(page)
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))
    assert page.count('<tr class="study">') == sum(row.kind == "study" for row in table.rows())
    drawn = re.findall(r"<svg.*?</svg>", page)
    assert not [svg for svg in drawn if "nan" in svg or "inf" in svg]


def test_a_diamond_without_limits_is_as_wide_as_it_is_known() -> None:
    """A pooled row made by hand, and a missing one."""
    table = forest_table(mo.pool(mo.Effects([-0.5, 0.1], [0.1, 0.1], "HR"), model="fixed"))
    rows = (
        *(row for row in table.rows() if row.kind == "study"),
        Row(kind="random", label="No limits", estimate=0.8),
        Row(kind="random", label="Nothing"),
        Row(kind="prediction", label="Neither"),
    )
    page = forest_html(replace(table, blocks=(Block("", rows),)))
    (points,) = re.findall(r'<polygon class="random" points="([^"]*)"', page)
    assert len({point.split(",")[0] for point in points.split()}) == 1


def test_only_its_own_script_may_run(page: str) -> None:
    """The policy names the digest of the one script, and forbids to fetch anything."""
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


def test_the_numbers_are_its_data(progression: mo.PooledResult, page: str) -> None:
    """As JSON, to the last digit."""
    (data,) = re.findall(r'<script type="application/json">(.*?)</script>', page)
    frame = pd.DataFrame(json.loads(data)["rows"])
    pd.testing.assert_frame_equal(frame, forest_table(progression).to_frame(), check_exact=True)


def test_the_same_input_gives_the_same_page(progression: mo.PooledResult, page: str) -> None:
    """Here, and in another process."""
    assert forest_html(progression) == page
    script = (
        "import sys, metaonc as mo; from metaonc.plots import forest_html;"
        "sys.stdout.buffer.write("
        "forest_html(mo.pool(mo.load_registry().effects('pfs'))).encode())"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    assert done.stdout.decode() == page


def test_marks_stand_where_the_result_says(progression: mo.PooledResult, page: str) -> None:
    """On an axis from 0.25 to 2, in per cent of its length; 1 lies at two thirds."""
    estimates, lows, highs = progression.effects.intervals()
    place = lambda x: 100 * (np.log2(x) + 2) / 3  # noqa: E731
    whiskers = re.findall(r'class="whisker" x1="([\d.]+)%" x2="([\d.]+)%"', page)
    expected = np.column_stack([place(lows), place(highs)])
    assert np.array(whiskers, float) == pytest.approx(expected, rel=1e-5)
    squares = re.findall(r'class="square" x="([\d.]+)%" y="[-\d.]+" width="([\d.]+)"', page)
    places, sides = np.array(squares, float).T
    assert places == pytest.approx(place(estimates), rel=1e-5)
    assert sides**2 / (sides**2).sum() == pytest.approx(progression.weights, rel=1e-3)
    assert f'class="null" x1="{200 / 3:.6g}%"' in page
    (random,) = re.findall(r'class="random" points="([\d.]+),1 ([\d.]+),0 ([\d.]+),1', page)
    estimate, low, high = progression.display()
    assert np.array(random, float) == pytest.approx(
        place(np.array([low, estimate, high])), rel=1e-5
    )


def test_an_interval_beyond_the_axis_ends_in_an_arrow() -> None:
    """And an interval without an end has none on that side."""
    effects = mo.Effects(np.log([0.1, 0.9, 1.1]), [4.0, 0.01, 0.01], measure="HR")
    page = forest_html(mo.pool(effects, model="fixed"), xlim=(0.5, 2))
    assert page.count('class="beyond study"') == 2
    assert page.count('class="square"') == 2
    assert "0.10 (0.002 to 5.04)" in re.sub(r"<[^>]+>", "", page)


def test_a_plot_without_numbers_says_them() -> None:
    """Where no column has the effect, its words stand beside the mark, unseen."""
    page = forest_html(mo.pool(mo.load_registry().effects("pfs")), columns=("plot",))
    assert '<span class="unseen">hazard ratio 0.45 (95% CI 0.38 to 0.54)</span>' in page


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_marks_stand_out_from_dark_paper(preset: object) -> None:
    """At least 3 to 1 (WCAG 2.2, 1.4.11), whatever the house's colours are."""
    colours: Colours = preset.colours  # type: ignore[attr-defined]
    _, dark = colour_variables(colours)
    found = dict(part.removeprefix("--").split(":") for part in dark.split(";"))
    for name in ("study", "pooled", "pooled-edge", "line"):
        assert _contrast(found[name], NIGHT) >= 3, name


def test_every_figure_has_a_page(progression: mo.PooledResult, tmp_path: Path) -> None:
    """A forest plot its own; another figure a picture with its words and table."""
    figure = mo.forest(progression, xlim=(0.25, 4))
    save_figure(figure, tmp_path / "forest.html")
    assert (tmp_path / "forest.html").read_text("utf-8") == forest_html(progression, xlim=(0.25, 4))
    figure.make_html = None
    save_figure(figure, tmp_path / "picture.html")
    text = (tmp_path / "picture.html").read_text("utf-8")
    reader = Nesting()
    reader.EMPTY = reader.EMPTY | {"img"}
    reader.feed(text)
    assert reader.open == []
    assert text.count("<td>BOLERO-2 2012</td>") == 1
    assert "data:image/svg+xml;base64," in text
