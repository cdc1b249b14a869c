"""Forest plots: nothing cropped, nothing overlapping, every shape where the result says."""

import math

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

import metaonc as mo
from metaonc.plots import forest_table
from metaonc.plots.forest_plot.axis import choose_axis
from metaonc.plots.text import text_width, wrap
from tests.plots.reading import assert_readable, assert_text_clear_of_plot, text_boxes


@pytest.fixture(scope="module")
def progression() -> mo.PooledResult:
    return mo.pool(mo.load_registry().effects("pfs"))


@pytest.mark.parametrize("key", [q.key for q in mo.load_registry().questions])
def test_every_shipped_analysis_is_readable(key: str) -> None:
    """Measured text never leaves the figure, never overlaps, never covers the plot."""
    registry = mo.load_registry()
    effects = registry.effects(key)
    results = [mo.pool(effects), mo.pool(effects, model="fixed")]
    if by := registry.question(key).subgroup:
        results.append(mo.subgroups(effects, by))
    for result in results:
        figure = mo.forest(result)
        assert_readable(figure)
        assert_text_clear_of_plot(figure)


def squares(figure: Figure) -> PathCollection:
    return next(c for c in figure.axes[0].collections if isinstance(c, PathCollection))


def whiskers(figure: Figure) -> dict[int, tuple[float, float]]:
    """Row -> ends of its interval as drawn."""
    found = next(c for c in figure.axes[0].collections if isinstance(c, LineCollection))
    return {
        round(segment[0][1]): (segment[0][0], segment[1][0])
        for segment in found.get_segments()
        if len(segment) and np.isfinite(segment).all()
    }


def test_square_areas_are_proportional_to_the_weights(progression: mo.PooledResult) -> None:
    """The area (not the side) of each square follows the study's random-effects weight."""
    figure = mo.forest(progression)
    drawn = squares(figure)
    offsets = np.ma.masked_invalid(drawn.get_offsets())
    visible = ~np.ma.getmaskarray(offsets).any(axis=1)
    areas = np.broadcast_to(drawn.get_sizes(), visible.shape)[visible]
    top_down = np.argsort(-np.asarray(offsets[visible][:, 1]))
    shares = areas[top_down] / areas.sum()
    assert shares == pytest.approx(progression.weights, rel=1e-12)


def test_correlated_effects_are_drawn_even_with_a_share_below_0() -> None:
    """A covariance above a variance: the better effect is corrected by the other."""
    covariance = [[0.01, 0.02], [0.02, 0.1]]
    result = mo.pool(
        mo.Effects([-0.3, -0.2], [0.01, 0.1], "HR", covariance=covariance), model="fixed"
    )
    assert result.weights.min() < 0
    figure = mo.forest(result)
    squares = [c for c in figure.axes[0].collections if isinstance(c, PathCollection)]
    assert all((c.get_sizes() >= 0).all() for c in squares)
    assert_readable(figure)


def test_whiskers_and_diamonds_stand_where_the_result_says(progression: mo.PooledResult) -> None:
    """Interval ends, diamond corners and prediction bar, read back from the figure."""
    figure = mo.forest(progression)
    _, low, high = progression.effects.intervals()
    drawn = [whiskers(figure)[row] for row in sorted(whiskers(figure), reverse=True)]
    assert np.array(drawn) == pytest.approx(np.column_stack([low, high]), rel=1e-12)
    axes = figure.axes[0]
    diamonds = [p.get_xy() for p in axes.patches if isinstance(p, Polygon)]
    for corners, result in zip(diamonds, (progression.fixed, progression), strict=True):
        estimate, low_end, high_end = result.display()
        assert corners[:3, 0] == pytest.approx([low_end, estimate, high_end], rel=1e-12)
    (bar,) = [p for p in axes.patches if isinstance(p, Rectangle)]
    predicted = progression.effects.display(progression.prediction_interval())
    assert [bar.get_x(), bar.get_x() + bar.get_width()] == pytest.approx(predicted, rel=1e-12)


def test_an_interval_beyond_the_axis_ends_in_an_arrow_and_keeps_its_numbers() -> None:
    """A clipped interval is never just cut off."""
    effects = mo.Effects(np.log([0.1, 0.9, 1.1]), [4.0, 0.01, 0.01], measure="HR")
    figure = mo.forest(mo.pool(effects), xlim=(0.5, 2))
    arrows = [
        (line.get_marker(), line.get_xdata()[0], line.get_ydata()[0])
        for line in figure.axes[0].lines
        if line.get_marker() in ("<", ">")
    ]
    top = max(row for *_, row in arrows)
    assert [a[:2] for a in arrows if a[2] == top] == [("<", 0.5), (">", 2)]
    assert any("0.10 (0.002 to 5.04)" in text.get_text() for text in figure.texts)


@pytest.mark.parametrize(
    ("ratios", "ticks"),
    [
        ((0.3, 1.3), ["0.25", "0.5", "1", "2"]),
        ((0.12, 3.5), ["0.0625", "0.125", "0.25", "0.5", "1", "2", "4"]),
        ((0.9, 1.2), ["0.9", "1", "1.1"]),
        ((0.001, 500), ["0.001", "0.01", "0.1", "1", "10", "100"]),
    ],
)
def test_ticks_of_a_ratio_are_those_a_person_would_choose(
    ratios: tuple[float, float], ticks: list[str]
) -> None:
    """Halves and doubles of 1; closer around 1 for narrow ranges, powers of ten for wide ones."""
    yi = np.log(ratios)
    table = forest_table(mo.pool(mo.Effects(yi, [1e-4, 1e-4], measure="HR"), model="fixed"))
    assert list(choose_axis(table).labels) == ticks


def test_columns_show_patients_events_and_weights() -> None:
    """Hazard ratios come with patients per arm, counts with events; totals stand at the diamond."""
    table = forest_table(mo.pool(mo.load_registry().effects("cbr")))
    assert [c.heading for c in table.columns] == [
        "mTOR inhibitor\nevents / n",
        "Control\nevents / n",
        "Risk ratio\n(95% CI)",
        "Weight\ncommon",
        "Weight\nrandom",
    ]
    tamrad = next(row for row in table.rows() if row.label.startswith("TAMRAD"))
    assert (tamrad.cells["arm_1"], tamrad.cells["arm_2"]) == ("33 / 54", "24 / 57")
    common = next(row for row in table.rows() if row.kind == "common")
    rows = [row for row in table.rows() if row.kind == "study"]
    events = sum(int(row.cells["arm_1"].split(" / ")[0]) for row in rows)
    assert common.cells["arm_1"].startswith(f"{events} / ")


def test_doubtful_studies_are_marked_and_the_mark_is_explained() -> None:
    """A dagger for numbers awaiting confirmation, a double dagger for another interval level."""
    registry = mo.load_registry()
    survival = forest_table(mo.pool(registry.effects("os")))
    assert any(row.label == "HORIZON 2013†" for row in survival.rows())
    assert "† Awaiting confirmation in the paper." in survival.footnotes
    progression = forest_table(mo.pool(registry.effects("pfs")))
    assert any(row.label == "BOLERO-5 2024‡" for row in progression.rows())


def test_favours_labels_follow_the_outcome() -> None:
    """Low hazards favour the experimental arm; low response rates favour control."""
    registry = mo.load_registry()
    assert forest_table(mo.pool(registry.effects("pfs"))).favours == (
        "Favours mTOR inhibitor",
        "Favours control",
    )
    assert forest_table(mo.pool(registry.effects("orr"))).favours == (
        "Favours control",
        "Favours mTOR inhibitor",
    )


def test_subgroups_become_blocks_with_their_own_diamonds() -> None:
    """One block per group and one for all; a group of one study has no diamond of its own."""
    table = forest_table(mo.subgroups(mo.load_registry().effects("pfs"), by="resistance"))
    kinds = {block.heading: [row.kind for row in block.rows] for block in table.blocks}
    assert list(kinds) == ["AI-resistant", "AI-naive", "SERM-resistant", "All studies"]
    assert kinds["AI-resistant"].count("study") == 4
    assert kinds["AI-resistant"].count("random") == 1
    assert kinds["AI-naive"] == ["study", "space"]
    assert [kind for kind in kinds["All studies"] if kind != "text"] == [
        "common",
        "random",
        "prediction",
    ]


def test_wrap_never_exceeds_the_width_it_is_given() -> None:
    """Lines are measured, and the words come out in order."""
    text = "Inverse-variance pooling of the log hazard ratio, random effects " * 5
    lines = wrap(text, 7.0, 150.0)
    assert " ".join(lines).split() == text.split()
    assert all(text_width(line, 7.0) <= 150 for line in lines)


@pytest.mark.parametrize("xlim", [(2, 0.5), (0, 2), (-1, 1), (0.5, math.inf), (math.nan, 1)])
def test_impossible_limits_are_refused(
    progression: mo.PooledResult, xlim: tuple[float, float]
) -> None:
    """Limits out of order, not finite, or not positive on a log axis."""
    with pytest.raises(mo.PlotError, match=r"^xlim = \("):
        mo.forest(progression, xlim=xlim)


def test_only_results_can_be_drawn() -> None:
    """A frame is not a result; the sentence says what is."""
    with pytest.raises(mo.PlotError) as caught:
        mo.forest(pd.DataFrame())  # type: ignore[arg-type]
    assert str(caught.value) == (
        "forest() draws the result of pool() or subgroups(), got DataFrame."
    )


def test_the_callers_settings_do_not_reach_the_figure(progression: mo.PooledResult) -> None:
    """rcParams of the session change nothing in the picture, and stay as they were."""
    plain = mo.forest(progression)
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "xtick.labelsize": 40}):
        styled = mo.forest(progression)
        assert mpl.rcParams["font.size"] == 30
    assert text_boxes(plain) == text_boxes(styled)


def test_trials_left_out_are_named_but_of_many_the_ineligible_are_counted(
    progression: mo.PooledResult,
) -> None:
    """Four of the registry's trials might have answered; 27 ask or treat something else."""
    last = forest_table(progression).footnotes[-1]
    assert last == (
        "Not in this analysis: Carpenter, Bhattacharyya, LEO, S1222, "
        "27 trials that are not eligible."
    )
    two = [
        mo.effects.LeftOut("A", "not eligible: phase is I"),
        mo.effects.LeftOut("B", "no counts"),
    ]
    few = mo.Effects([-0.5, -0.2], [0.04, 0.02], measure="HR", left_out=two)
    assert forest_table(mo.pool(few)).footnotes[-1] == "Not in this analysis: A, B."
