"""Figures of diagnostics: every point where the finding says, no name on another, same bytes."""

import itertools
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy import stats

import metaonc as mo
from metaonc.plots import forest_table
from metaonc.plots.forest_plot.subsets import subsets_table

TABLE = pd.DataFrame(
    {"events_1": [4, 9, 0], "n_1": [40, 60, 20], "events_2": [8, 15, 3], "n_2": [40, 60, 22]}
)
Draw = Callable[[mo.PooledResult], Figure]
PICTURES: dict[str, Draw] = {
    "baujat": lambda fit: mo.baujat_plot(mo.baujat(fit)),
    "gosh": lambda fit: mo.gosh_plot(mo.gosh(fit), highlight="HORIZON 2013"),
    "radial": lambda fit: mo.radial_plot(mo.radial(fit)),
    "qq": lambda fit: mo.qq_plot(mo.normal_qq(fit)),
    "profile": lambda fit: mo.profile_plot(mo.tau2_profile(fit)),
    "likelihood": lambda fit: mo.likelihood_plot(mo.study_likelihoods(fit)),
    "drapery": lambda fit: mo.drapery_plot(mo.drapery(fit)),
    "influence": lambda fit: mo.influence_plot(mo.influence(fit)),
    "leave-one-out": lambda fit: mo.forest(mo.leave_one_out(fit)),
    "cumulative": lambda fit: mo.forest(mo.cumulative(fit, "year")),
}


@pytest.fixture(scope="module")
def progression() -> mo.PooledResult:
    return mo.pool(mo.load_registry().effects("pfs"))


def boxes(figure: Figure) -> dict[str, tuple[float, ...]]:
    """Names of points and words of the figure, with their boxes in pixels."""
    renderer = figure.canvas.get_renderer()
    texts = [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]
    return {
        f"{i}: {text.get_text()}": tuple(text.get_window_extent(renderer).extents)
        for i, text in enumerate(texts)
        if text.get_text()
    }


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("outcome", ["pfs", "os"])
def test_no_words_overlap_or_leave_the_figure(name: str, outcome: str) -> None:
    figure = PICTURES[name](mo.pool(mo.load_registry().effects(outcome)))
    width, height = figure.canvas.get_width_height()
    found = boxes(figure)
    for label, (x0, y0, x1, y1) in found.items():
        assert min(x0, y0) >= 0, label
        assert x1 <= width, label
        assert y1 <= height, label
    for (a, one), (b, other) in itertools.combinations(found.items(), 2):
        apart = one[2] <= other[0] + 1 or other[2] <= one[0] + 1
        apart |= one[3] <= other[1] + 1.5 or other[3] <= one[1] + 1.5  # line boxes may touch
        assert apart, f"{a!r} on {b!r}"


@pytest.mark.parametrize("name", ["gosh", "qq", "drapery", "leave-one-out"])
def test_the_same_finding_gives_the_same_bytes(
    name: str, progression: mo.PooledResult, tmp_path: Path
) -> None:
    """Also where the caller has settings of his own."""
    first, second = tmp_path / "a.pdf", tmp_path / "b.pdf"
    PICTURES[name](progression).savefig(first)
    with mpl.rc_context({"font.size": 20, "axes.facecolor": "red"}):
        PICTURES[name](progression).savefig(second)
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("scale", ["p", "z"])
def test_curves_of_a_drapery_are_the_findings_p_values(
    progression: mo.PooledResult, scale: str
) -> None:
    """In the middle of the figure every curve is drawn at its p, or at the z that has it."""
    found = mo.drapery(progression)
    axes = mo.drapery_plot(found, scale=scale).axes[0]
    drawn = [line.get_ydata() for line in axes.lines if len(line.get_xdata()) == len(found.effect)]
    wanted = [found.prediction, *found.studies, *found.pooled.values()]
    assert len(drawn) == len(wanted)
    for curve, p in zip(drawn, wanted, strict=True):
        back = curve if scale == "p" else 2 * stats.norm.cdf(curve)
        assert np.allclose(back, p, rtol=1e-9, atol=1e-299)
    with pytest.raises(mo.PlotError, match="scale = 's' must be one of 'p', 'z'"):
        mo.drapery_plot(found, scale="s")


def test_forty_names_stand_apart_above_their_curves() -> None:
    rng = np.random.default_rng(4)
    labels = [f"A trial with a long name, number {i}" for i in range(40)]
    many = mo.Effects(rng.normal(0, 0.1, 40), rng.uniform(0.01, 0.3, 40), labels=labels)
    figure = mo.drapery_plot(mo.drapery(mo.pool(many)))
    names = sorted(box for label, box in boxes(figure).items() if "A trial" in label)
    assert len(names) == 40
    assert all(one[2] <= other[0] + 1 for one, other in itertools.pairwise(names))
    assert names[-1][2] <= figure.canvas.get_width_height()[0]


def test_points_are_where_the_findings_say(progression: mo.PooledResult) -> None:
    baujat = mo.baujat(progression)
    (points,) = mo.baujat_plot(baujat).axes[0].lines
    assert points.get_xydata() == pytest.approx(np.column_stack([baujat.x, baujat.y]))
    radial = mo.radial(progression)
    axes = mo.radial_plot(radial).axes[0]
    drawn = {tuple(row) for line in axes.lines[2:] for row in line.get_xydata()}
    assert drawn == set(zip(radial.x, radial.z, strict=True))
    gosh = mo.gosh(progression)
    cloud = mo.gosh_plot(gosh, against="tau2", highlight="TAMRAD 2012").axes[0].lines
    assert [len(line.get_xdata()) for line in cloud[:2]] == [31, 32]
    assert set(cloud[1].get_ydata()) == set(gosh.tau2[gosh.includes("TAMRAD 2012")])


def test_the_curve_of_labbe_is_the_pooled_effect() -> None:
    found = mo.labbe(mo.pool(mo.effect_sizes("OR", TABLE)))
    axes = mo.labbe_plot(found).axes[0]
    _, curve = axes.lines
    x, y = curve.get_data()
    assert y == pytest.approx(100 * found.expected(np.asarray(x) / 100), nan_ok=True)
    (circles,) = axes.collections
    shares = circles.get_sizes() / found.weights
    assert shares == pytest.approx(shares[0])


def test_a_dollar_in_a_name_is_a_dollar() -> None:
    """Nothing is read as mathematics."""
    effects = mo.Effects([0.1, 0.5, 0.2], [0.1, 0.05, 0.2], labels=["a $x$", "$y", "c_1"])
    for name, draw in PICTURES.items():
        if name not in ("gosh", "cumulative", "profile"):
            figure = draw(mo.pool(effects))
            assert any("$" in text for text in boxes(figure)), name


def test_a_forest_of_subsets_says_what_the_table_says(progression: mo.PooledResult) -> None:
    found = mo.leave_one_out(progression)
    table = subsets_table(found, preset="jama")
    rows = [row for row in table.rows() if row.kind == "study"]
    frame = found.to_frame(display=True)
    assert [row.estimate for row in rows] == frame["estimate"].tolist()
    assert [row.label for row in rows] == frame["left_out"].tolist()
    assert "-" in rows[0].cells["effect"]  # the house's way to write an interval
    (diamond,) = (row for row in table.rows() if row.pooled)
    whole = next(row for row in forest_table(progression).rows() if row.kind == "random")
    assert (diamond.low, diamond.high) == (whole.low, whole.high)


def test_one_arm_and_one_model_have_fewer_columns() -> None:
    proportions = mo.pool(mo.Effects([-1.0, -0.8, -1.2], [0.1] * 3, measure="PLOGIT"))
    keys = [column.key for column in subsets_table(mo.leave_one_out(proportions)).columns]
    assert keys == ["k", "effect", "tau2", "i2"]
    fixed = mo.pool(mo.Effects([-1.0, -0.8, -1.2], [0.1] * 3), model="fixed")
    keys = [column.key for column in subsets_table(mo.leave_one_out(fixed)).columns]
    assert keys == ["k", "effect", "p", "i2"]


def test_subsets_without_a_mean_are_rows_of_words() -> None:
    counts = TABLE.assign(events_1=[0, 5, 0], events_2=[0, 9, 0])
    found = mo.leave_one_out(mo.pool(mo.effect_sizes("OR", counts), model="mh"))
    table = subsets_table(found)
    assert [row.cells["effect"] for row in table.rows() if row.label == "Study 2"] == [
        "no finite mean"
    ]
    assert mo.forest(found).axes


def test_many_points_are_thinned_and_many_studies_not_named() -> None:
    rng = np.random.default_rng(1)
    fit = mo.pool(mo.Effects(rng.normal(size=25), rng.uniform(0.1, 1, 25)), tau2="DL")
    cloud = mo.gosh_plot(mo.gosh(fit, subsets=30_000)).axes[0].lines[0]
    assert len(cloud.get_xdata()) == 15_000
    assert not mo.likelihood_plot(mo.study_likelihoods(fit)).axes[0].texts


def test_what_cannot_be_drawn_is_refused(progression: mo.PooledResult) -> None:
    with pytest.raises(mo.PlotError, match="against = 'k' is not one of 'i2', 'tau2', 'q'"):
        mo.gosh_plot(mo.gosh(progression), against="k")
    with pytest.raises(mo.PlotError, match="subsets of a pooled result"):
        mo.gosh_plot(mo.gosh(mo.regress(progression.effects, "line")))
    with pytest.raises(mo.DiagnosticsError, match="no study 'HORIZON'"):
        mo.gosh_plot(mo.gosh(progression), highlight="HORIZON")
