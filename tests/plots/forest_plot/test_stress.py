"""Whatever the words and numbers: nothing cropped, nothing overlapping, on any paper."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import metaonc as mo
from metaonc.effects import measure_named
from metaonc.plots import ForestFigure, forest_table
from metaonc.plots.forest_plot import PRESETS, Block, Column, ForestTable, Row
from metaonc.plots.forest_plot.layout import measured
from metaonc.plots.forest_plot.lines import ROW_HEIGHT
from metaonc.plots.forest_plot.paper import PAPERS, paper_named
from tests.plots.reading import assert_readable, assert_text_clear_of_plot

LETTERS = st.characters(max_codepoint=0x24F, categories=["L", "N", "P", "S", "Zs"])
OTHER = st.sampled_from(
    ["ניסוי אקראי 2019", "تجربة عشوائية", "Исследование", "Δοκιμή β₂", "é" * 60]
)
LABELS = st.one_of(st.text(LETTERS, min_size=1, max_size=120), OTHER)
quietly = settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking figures takes minutes
    suppress_health_check=[HealthCheck.too_slow],
)


def assert_all_pages_readable(figure: ForestFigure) -> None:
    """Every page of the figure."""
    for page in figure.pages:
        assert_readable(page)
        assert_text_clear_of_plot(page)


@st.composite
def tables(draw: st.DrawFn) -> ForestTable:
    """A description made by hand: any words, up to 12 columns, limits missing or infinite."""
    measure = draw(st.sampled_from(["HR", "RD", "PLOGIT", "GEN"]))
    preset = PRESETS[draw(st.sampled_from(list(PRESETS)))]
    k, columns = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    left = draw(st.integers(0, columns))
    words = st.text(LETTERS, max_size=20)
    keys = [f"c{i}" for i in range(columns)]
    named = tuple(
        Column(
            key,
            draw(words),
            "left" if i < left else "right",
            draw(st.sampled_from(["left", "center", "right", "point"])),
            draw(st.sampled_from(["", "One arm", "Other"])),
        )
        for i, key in enumerate(keys)
    )
    decades = draw(st.floats(0, 6))
    rows = []
    for _ in range(k):
        place = draw(st.floats(-decades / 2, decades / 2))
        estimate = 10**place if measure == "HR" else place
        estimate = 0.5 + place / 10 if measure == "PLOGIT" else estimate
        below, above = estimate - abs(estimate) / 2, estimate + abs(estimate)
        lowest = 0.0 if measure == "HR" else -math.inf
        low = draw(st.sampled_from([below, lowest, math.nan]))
        high = draw(st.sampled_from([above, math.inf, math.nan]))
        cells = {key: draw(st.one_of(words, st.just("0.60 (0.46 to 0.79)"))) for key in keys}
        rows.append(
            Row(
                kind="study",
                label=draw(LABELS),
                cells=cells,
                estimate=estimate,
                low=low,
                high=high,
                weight=draw(st.floats(0, 1)),
            )
        )
    return ForestTable(
        title=draw(LABELS),
        measure=measure_named(measure),
        axis_label=draw(words),
        columns=named,
        blocks=(Block(draw(words), tuple(rows)),),
        pooled=math.nan,
        favours=(draw(words), draw(words)),
        footnotes=tuple(draw(st.lists(LABELS, max_size=3))),
        preset=preset,
    )


@quietly
@given(table=tables(), paper=st.sampled_from([None, *PAPERS]))
def test_any_description_is_readable_on_any_paper(table: ForestTable, paper: str | None) -> None:
    """Measured, then placed: the figure grows or is made smaller until everything fits."""
    assert_all_pages_readable(mo.forest(table, paper=paper))


@quietly
@given(
    labels=st.lists(LABELS, min_size=1, max_size=12, unique=True),
    favours=st.tuples(LABELS, LABELS),
    title=LABELS,
    spread=st.floats(0.001, 6),
    measure=st.sampled_from(["HR", "RD", "PLOGIT", "GEN"]),
    preset=st.sampled_from(list(PRESETS)),
    paper=st.sampled_from([None, *PAPERS]),
)
def test_any_words_and_any_spread_are_readable(
    labels: list[str],
    favours: tuple[str, str],
    title: str,
    spread: float,
    measure: str,
    preset: str,
    paper: str | None,
) -> None:
    """Whatever the labels, titles and effects, in every house's style."""
    yi = np.linspace(-spread, spread, len(labels))
    effects = mo.Effects(
        yi,
        np.full(len(yi), spread**2),
        measure=measure,
        labels=labels,
        title=title,
        favours_low=favours[0],
        favours_high=favours[1],
    )
    assert_all_pages_readable(mo.forest(mo.pool(effects), preset=preset, paper=paper))


def many(k: int) -> mo.SubgroupResult:
    """A meta-analysis of `k` studies in two groups."""
    rng = np.random.default_rng(k)
    effects = mo.Effects(
        rng.normal(-0.3, 0.3, k),
        rng.uniform(0.01, 0.3, k),
        measure="HR",
        labels=[f"Study {i}" + " of many words" * (i % 7) for i in range(k)],
        columns={"group": ["first" if i < k // 3 else "second" for i in range(k)]},
        title="Many studies",
        favours_low="Favours one",
        favours_high="Favours the other",
    )
    return mo.subgroups(effects, by="group")


def test_three_hundred_studies_go_over_pages_and_none_is_lost() -> None:
    """Every study is on exactly one page, under the headings, and a block says that it goes on."""
    result = many(300)
    table = forest_table(result)
    layout = measured(table, paper_named("A4"))
    shown = [line.row.label for page in layout.pages for line in page.lines if line.row]
    assert shown == [row.label for row in table.rows()]
    assert len(layout.pages) > 4
    headings = [line.label for page in layout.pages for line in page.lines if line.row is None]
    assert ("second (continued)",) in headings
    figure = mo.forest(table, paper="A4")
    sizes = {tuple(page.get_size_inches() * 25.4) for page in figure.pages}
    assert [tuple(map(round, size)) for size in sizes] == [(210, 297)]
    assert_all_pages_readable(figure)
    for page in figure.pages:
        assert any(text.get_text() == "Study" for text in page.texts)


@pytest.mark.parametrize("k", [3, 30, 300])
def test_rows_have_the_same_height_however_many(k: int) -> None:
    """Rows of one line are as high in a plot of 3 studies as in one of 300."""
    effects = mo.Effects(np.linspace(-1, 1, k), np.full(k, 0.2), measure="HR")
    figure = mo.forest(mo.pool(effects))
    height = figure.axes[0].get_window_extent().height / figure.dpi * 72
    low, high = figure.axes[0].get_ylim()
    assert height / (high - low) == pytest.approx(ROW_HEIGHT, rel=1e-9)


@pytest.mark.parametrize(("paper", "millimetres"), [("one-column", 84), ("two-column", 174)])
def test_a_figure_for_a_journals_column_is_as_wide_as_the_column(
    paper: str, millimetres: float
) -> None:
    """To the hundredth of a millimetre, as long as its rows need."""
    figure = mo.forest(mo.pool(mo.load_registry().effects("pfs")), paper=paper)
    assert figure.get_size_inches()[0] * 25.4 == pytest.approx(millimetres, abs=0.005)
