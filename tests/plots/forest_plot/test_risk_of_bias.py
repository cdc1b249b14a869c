"""Risk of bias beside a forest plot: a circle per domain, in its column, with its key below."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Circle

import metaonc as mo
from metaonc.effects.trials.bias import LEVELS
from metaonc.plots import forest_table
from metaonc.plots.forest_plot.paper import paper_named
from metaonc.plots.judgements import LOOKS, key_text
from tests.plots.reading import assert_readable, assert_text_clear_of_plot, text_boxes

COLUMNS = ("arms", "plot", "effect", "risk_of_bias")
PFS = mo.load_registry().effects("pfs")


def circles(figure):
    """Middle and fill of every circle, in points."""
    found = [artist for artist in figure.artists if isinstance(artist, Circle)]
    return [(circle.center, circle.get_facecolor()[:3]) for circle in found]


def test_the_description_holds_the_words():
    table = forest_table(mo.pool(PFS), columns=COLUMNS)
    columns = [column for column in table.columns if column.draw == "judgement"]
    assert [column.heading for column in columns] == list("ABCDEF")
    assert {column.group for column in columns} == {"Risk of bias (provisional)"}
    tamrad = next(row for row in table.rows() if row.label.startswith("TAMRAD"))
    assert [tamrad.cells[column.key] for column in columns] == [
        *("some concerns",) * 3,
        *("high", "some concerns", "high"),
    ]
    assert "Risk of bias (RoB 2): (A) randomisation process; (B)" in table.footnotes[-2]
    assert table.footnotes[-2].endswith("+ low, – some concerns, × high, empty not judged.")
    assert "provisional" in table.footnotes[-1]
    assert "Risk of bias (provisional) D high" in table.alt_text().long
    assert "bias_overall" in table.to_frame()


@pytest.mark.parametrize("paper", [None, "A4"])
@pytest.mark.parametrize("preset", ["metaonc", "jama"])
def test_every_word_is_a_circle_under_its_letter(preset, paper):
    figure = mo.forest(mo.pool(PFS), columns=COLUMNS, preset=preset, paper=paper)
    assert_readable(figure)
    assert_text_clear_of_plot(figure)
    drawn = circles(figure)
    assert len(drawn) == 6 * PFS.k
    letters = {
        name.split(": ")[1]: (box[0] + box[2]) / 2 for name, box in text_boxes(figure).items()
    }
    across = sorted({round(x, 3) for (x, _), _ in drawn})
    scale = figure.dpi / 72
    assert across == pytest.approx([letters[letter] / scale for letter in "ABCDEF"], abs=0.6)
    margin = paper_named(paper).margin if paper else 14.0
    radius = next(a.get_radius() for a in figure.artists if isinstance(a, Circle))
    assert across[-1] + radius <= 72 * figure.get_figwidth() - margin + 0.1
    fills = {fill for _, fill in drawn}
    assert fills == {
        to_rgb(LOOKS[word].fill) for word in ("low", "some concerns", "high", "not judged")
    }


def test_the_key_stands_there_where_a_house_prints_no_footnotes():
    fit = mo.pool(PFS)
    house = replace(forest_table(fit, preset="bmj").preset, footnotes=False)
    notes = forest_table(fit, preset=house, columns=COLUMNS).footnotes
    assert notes[0].startswith("Risk of bias (RoB 2): ")


def test_judgements_differ_in_black_and_white_and_by_symbol():
    """Luma of ITU-R BT.601, as a copier sees them."""
    luma = [
        float(np.dot(to_rgb(LOOKS[word].fill), (0.299, 0.587, 0.114)))
        for word in ("low", "some concerns", "high", "critical")
    ]
    assert all(lighter - darker > 0.15 for lighter, darker in itertools.pairwise(luma))
    for tool in ((*LEVELS[0:2], "high"), ("low", "moderate", "serious", "critical")):
        assert len({LOOKS[word].symbol for word in tool}) == len(tool)
    assert set(LOOKS) == set(LEVELS)
    assert key_text(["low", "no information"]) == "+ low, ? no information"


def test_a_table_of_ones_own_may_carry_judgements():
    frame = pd.DataFrame(
        {
            "label": ["A", "B"],
            "estimate": [0.7, 0.8],
            "low": [0.5, 0.6],
            "high": [0.98, 1.07],
            "level": [0.95, 0.95],
            "bias_confounding": ["Serious", None],
            "bias_overall": ["serious", "no information"],
        }
    )
    table = forest_table(mo.pool(mo.effect_sizes("HR", frame)), columns=("plot", "risk_of_bias"))
    rows = [row for row in table.rows() if row.kind == "study"]
    assert [row.cells["bias_confounding"] for row in rows] == ["serious", "not judged"]
    assert table.columns[0].group == "Risk of bias"
    frame["bias_overall"] = ["serious", "unclear"]
    with pytest.raises(mo.EffectsError) as raised:
        forest_table(mo.pool(mo.effect_sizes("HR", frame)), columns=("plot", "risk_of_bias"))
    assert str(raised.value) == (
        "B: bias_overall = 'unclear' is no judgement; use one of: low, some concerns, moderate, "
        "high, serious, critical, no information, not judged."
    )


def test_studies_without_judgements_are_refused_in_a_sentence():
    fit = mo.pool(mo.load_registry().effects("stomatitis"))
    with pytest.raises(mo.EffectsError) as raised:
        mo.forest(fit, columns=COLUMNS)
    assert str(raised.value) == (
        "the studies carry no risk of bias; add it to their records, or columns such as "
        "bias_randomisation and bias_overall to the table."
    )


def test_the_page_for_a_browser_says_the_words():
    page = mo.forest(mo.pool(PFS), columns=COLUMNS)
    html = page.make_html()
    assert html.count('<span class="unseen">some concerns</span>') == 18
