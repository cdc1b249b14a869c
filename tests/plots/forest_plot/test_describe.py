"""What a forest plot says: houses, columns, order, further results, lines and bands, as data."""

import math
import re

import numpy as np
import pytest
from matplotlib.patches import Polygon

import metaonc as mo
from metaonc.plots import ForestTable, forest_table
from metaonc.plots.forest_plot import PRESETS


@pytest.fixture(scope="module")
def progression() -> mo.PooledResult:
    return mo.pool(mo.load_registry().effects("pfs"))


@pytest.fixture(scope="module")
def benefit() -> mo.PooledResult:
    return mo.pool(mo.load_registry().effects("cbr"))


def words(table: ForestTable) -> str:
    """Every word of the rows."""
    return "\n".join([row.label + " " + " ".join(row.cells.values()) for row in table.rows()])


@pytest.mark.parametrize("name", PRESETS)
def test_every_house_shows_the_same_numbers(name: str, progression: mo.PooledResult) -> None:
    """Where the marks stand is the result's business, how they are printed the house's."""
    house, plain = forest_table(progression, preset=name), forest_table(progression)

    def places(table: ForestTable) -> list[tuple[float, float, float]]:
        kinds = ("study", "random")
        return [(r.estimate, r.low, r.high) for r in table.rows() if r.kind in kinds]

    assert places(house) == places(plain)


def test_revman_has_all_columns_left_square_brackets_and_totals(benefit: mo.PooledResult) -> None:
    """Events and totals per arm under the arm's name, weight, effect; the plot comes last."""
    table = forest_table(benefit, preset="cochrane")
    assert {column.side for column in table.columns} == {"left"}
    assert [(c.group, c.heading) for c in table.columns[:4]] == [
        ("mTOR inhibitor", "Events"),
        ("mTOR inhibitor", "Total"),
        ("Control", "Events"),
        ("Control", "Total"),
    ]
    (total,) = [row for row in table.rows() if row.pooled]
    assert total.label == "Total (95% CI)"
    assert re.fullmatch(r"\d\.\d\d \[\d\.\d\d, \d\.\d\d\]", total.cells["effect"])
    assert re.search(r"Heterogeneity: Tau² = .*; Chi² = .*, df = 3 \(P = ", words(table))


def test_revman_shows_logs_where_there_are_no_counts(progression: mo.PooledResult) -> None:
    """Generic inverse variance: log[Hazard ratio] and its standard error."""
    table = forest_table(progression, preset="cochrane")
    assert [c.heading for c in table.columns[:2]] == ["log[Hazard ratio]", "SE"]
    first = next(table.rows())
    assert float(first.cells["sei"]) == pytest.approx(progression.effects.sei[0], abs=5e-5)


def test_jama_has_no_zero_before_p_and_no_tau2(progression: mo.PooledResult) -> None:
    """P = .005, hyphens in intervals, the direction words on top and spelled its way."""
    table = forest_table(progression, preset="jama")
    assert "P = .005" in words(table)
    assert "0.60 (0.46-0.79)" in words(table)
    assert "Tau" not in words(table)
    assert "τ" not in words(table)
    assert table.favours == ("Favors mTOR inhibitor", "Favors control")
    assert table.heading == "Source"


def test_the_lancet_has_raised_points_everywhere(progression: mo.PooledResult) -> None:
    """0·60 (0·46–0·79), p=0·0051; not one plain decimal point, ticks included."""
    table = forest_table(progression, preset="lancet-oncology")
    assert "0·60 (0·46–0·79)" in words(table)
    assert not re.search(r"\d\.\d", words(table))
    figure = mo.forest(table)
    ticks = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert ticks == ["0·25", "0·5", "1", "2"]


def test_columns_are_those_that_were_asked_for(progression: mo.PooledResult) -> None:
    """Any column of the effects, in the order given, left and right of the plot."""
    table = forest_table(progression, columns=("year", "plot", "resistance", "effect"))
    assert [(c.heading, c.side, c.align) for c in table.columns[:2]] == [
        ("Year", "left", "point"),
        ("Resistance", "right", "left"),
    ]
    shown = [row.cells["year"] for row in table.rows() if row.kind == "study"]
    assert shown == [str(year) for year in progression.effects.column("year")]


@pytest.mark.parametrize(
    ("sort", "key"),
    [
        ("effect", lambda r: r.effects.yi),
        ("-weight", lambda r: -r.weights),
        ("precision", lambda r: -r.effects.vi),
        ("-year", lambda r: [-year for year in r.effects.column("year")]),
    ],
)
def test_studies_come_in_the_order_asked_for(
    progression: mo.PooledResult, sort: str, key: object
) -> None:
    """By effect, weight, precision or a column; a minus turns it round."""
    table = forest_table(progression, sort=sort)
    estimates = [row.estimate for row in table.rows() if row.kind == "study"]
    order = np.argsort(key(progression), kind="stable")  # type: ignore[operator]
    expected = progression.effects.display(progression.effects.yi[order])
    assert estimates == pytest.approx(expected, rel=1e-12)


def test_studies_without_a_value_to_sort_by_come_last() -> None:
    """Missing values are neither lost nor sorted anywhere."""
    effects = mo.Effects([0.1, 0.2, 0.3], [1, 1, 1], columns={"dose": [None, 2.0, 1.0]})
    table = forest_table(mo.pool(effects), sort="dose")
    assert [r.label for r in table.rows() if r.kind == "study"] == ["Study 3", "Study 2", "Study 1"]


def test_a_further_result_has_a_diamond_of_its_own(progression: mo.PooledResult) -> None:
    """An estimate that was not pooled from the rows above, under the name it was given."""
    other = mo.pool(progression.effects, tau2="DL")
    table = forest_table(progression, add={"DerSimonian-Laird": other})
    last = list(table.rows())[-1]
    assert (last.label, last.kind) == ("DerSimonian-Laird", "random")
    assert (last.estimate, last.low, last.high) == other.display()
    assert not any(key.startswith("weight") for key in last.cells)


def test_several_analyses_are_blocks_with_their_notes(progression: mo.PooledResult) -> None:
    """What all analyses share is said once, the rest under the analysis' name."""
    survival = mo.pool(mo.load_registry().effects("os"))
    table = forest_table({"Progression": progression, "Survival": survival})
    assert [block.heading for block in table.blocks] == ["Progression", "Survival"]
    assert any(note.startswith("Progression: Methods: ") for note in table.footnotes)
    assert math.isnan(table.pooled)  # no one line for both
    again = forest_table({"one": progression, "other": progression})
    assert sum(note.startswith("Methods: ") for note in again.footnotes) == 1


def test_analyses_of_different_measures_have_no_axis_in_common(
    progression: mo.PooledResult, benefit: mo.PooledResult
) -> None:
    """A hazard ratio and a risk ratio: drawn apart."""
    with pytest.raises(mo.PlotError, match="'b' is a risk ratio and 'a' a hazard ratio"):
        mo.forest({"a": progression, "b": benefit})


def test_the_density_is_that_of_the_prediction(progression: mo.PooledResult) -> None:
    """Its area between the prediction limits is 95% of the whole, its top is 1."""
    table = forest_table(progression, prediction="density")
    (row,) = [row for row in table.rows() if row.kind == "prediction"]
    x, height = np.log([p[0] for p in row.density]), np.array([p[1] for p in row.density])
    assert height.max() == 1
    fine = np.linspace(x[0], x[-1], 20_001)
    curve = np.interp(fine, x, height)
    inside = (fine >= np.log(row.low)) & (fine <= np.log(row.high))
    # The curve spans the 99.5% interval.
    share = np.trapezoid(curve[inside], fine[inside]) / np.trapezoid(curve, fine)
    assert share == pytest.approx(0.95 / 0.995, abs=2e-3)
    polygons = [p for p in mo.forest(table).axes[0].patches if isinstance(p, Polygon)]
    assert any(len(p.get_xy()) > 40 for p in polygons)


def test_lines_and_bands_are_where_they_were_asked(progression: mo.PooledResult) -> None:
    """Reference lines, the pooled interval, effects too small to matter, the prediction."""
    table = forest_table(
        progression,
        reference=(0.75, 1.3),
        unimportant=(0.9, 1.11),
        interval_band=True,
        prediction="shade",
    )
    assert [line.value for line in table.lines if line.kind == "asked"] == [0.75, 1.3]
    bands = {band.kind: (band.low, band.high) for band in table.bands}
    assert bands["unimportant"] == (0.9, 1.11)
    assert bands["interval"] == progression.display()[1:]
    predicted = progression.effects.display(progression.prediction_interval())
    assert bands["prediction"] == pytest.approx(predicted)


def test_only_what_was_pooled_is_shown_without_the_studies(progression: mo.PooledResult) -> None:
    """Subgroups with their diamonds; a group of one study has one too, as it is not shown else."""
    groups = mo.subgroups(progression.effects, by="resistance")
    table = forest_table(groups, studies=False)
    assert not any(row.kind == "study" for row in table.rows())
    blocks = {block.heading: block for block in table.blocks}
    assert any(row.pooled for row in blocks["AI-naive"].rows)
    mo.forest(table)


def test_the_table_that_the_plot_shows_is_a_frame(progression: mo.PooledResult) -> None:
    """One row per mark, with its texts and its numbers."""
    frame = forest_table(progression).to_frame()
    assert list(frame["kind"]) == ["study"] * 6 + ["common", "random", "prediction"]
    assert frame["effect"].iloc[7] == "0.60 (0.46 to 0.79)"
    assert frame["estimate"].iloc[7] == progression.display()[0]


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({"preset": "nature"}, "no preset called 'nature'; use one of 'metaonc', 'cochrane'"),
        ({"columns": ("effect",)}, r"columns = \('effect',\) must have 'plot' among them once"),
        ({"columns": ("plot", "dose")}, "no column called 'dose'; use 'plot' and any of 'arms'"),
        ({"sort": "-dose"}, "sort = '-dose' names nothing to sort by; use one of 'effect'"),
        ({"prediction": "line"}, "prediction = 'line' must be one of 'interval'"),
        ({"unimportant": (1.1, 0.9)}, r"unimportant = \(1.1, 0.9\) must be two numbers in order"),
        ({"reference": math.inf}, "reference = inf must be a number"),
        ({"paper": "A3"}, "paper = 'A3' must be one of 'A4'"),
    ],
)
def test_a_wish_that_cannot_be_granted_is_answered(
    progression: mo.PooledResult, wish: dict[str, object], says: str
) -> None:
    """One sentence with what was asked and what there is."""
    with pytest.raises(mo.PlotError, match=says):
        mo.forest(progression, **wish)  # type: ignore[arg-type]
