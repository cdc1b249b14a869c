"""Funnel, Doi and limit plots: points where the findings say, nothing overlaps, same bytes."""

import itertools
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

import metaonc as mo
from tests.plots.test_diagnostics import boxes

PICTURES = {
    "funnel": lambda fit: mo.funnel_plot(mo.funnel(fit)),
    "contours": lambda fit: mo.funnel_plot(mo.funnel(mo.trim_and_fill(fit), contours=True)),
    "precision": lambda fit: mo.funnel_plot(mo.funnel(fit, "1/se", tau2=True)),
    "weight": lambda fit: mo.funnel_plot(mo.funnel(fit, "weight")),
    "doi": lambda fit: mo.doi_plot(mo.lfk_index(fit)),
    "limit": lambda fit: mo.limit_plot(mo.limit_meta_analysis(fit)),
}


def pooled(outcome: str) -> mo.PooledResult:
    return mo.pool(mo.load_registry().effects(outcome))


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("outcome", ["pfs", "os"])
def test_no_words_overlap_or_leave_the_figure(name: str, outcome: str) -> None:
    figure = PICTURES[name](pooled(outcome))
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


@pytest.mark.parametrize("name", PICTURES)
def test_the_same_finding_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    first, second = tmp_path / "a.svg", tmp_path / "b.svg"
    PICTURES[name](pooled("pfs")).savefig(first)
    with mpl.rc_context({"font.size": 20, "axes.facecolor": "red"}):
        PICTURES[name](pooled("pfs")).savefig(second)
    assert first.read_bytes() == second.read_bytes()


def points(figure: Figure) -> set[tuple[float, float]]:
    """Coordinates of all markers."""
    (axes,) = figure.axes
    marked = [line for line in axes.lines if line.get_marker() == "o"]
    return {tuple(np.round(xy, 9)) for line in marked for xy in np.column_stack(line.get_data())}


def test_points_and_limits_are_where_the_funnel_says() -> None:
    found = mo.funnel(mo.trim_and_fill(pooled("pfs")))
    figure = mo.funnel_plot(found)
    expected = np.column_stack([found.effects, found.heights])
    assert points(figure) == {tuple(np.round(xy, 9)) for xy in expected}
    (axes,) = figure.axes
    dashed = [line for line in axes.lines if len(line.get_xdata()) > 100]
    for line, side in zip(dashed, found.limits(dashed[0].get_ydata()), strict=True):
        assert np.asarray(line.get_xdata()) == pytest.approx(side)
    low, high = axes.get_ylim()
    assert low > high == 0.0  # precise studies on top


def test_precise_studies_are_on_top_of_every_axis() -> None:
    fit = pooled("pfs")
    for y in ("variance", "1/se", "1/variance", "weight"):
        bottom, top = mo.funnel_plot(mo.funnel(fit, y)).axes[0].get_ylim()
        most = int(np.argmin(fit.effects.vi))
        height = mo.funnel(fit, y).heights
        assert abs(height[most] - top) < abs(height[most] - bottom), y


def test_a_limit_plot_shows_studies_and_their_limits() -> None:
    found = mo.limit_meta_analysis(pooled("pfs"))
    figure = mo.limit_plot(found)
    sei = found.result.effects.sei
    both = [*zip(found.result.effects.yi, sei, strict=True), *zip(found.limits, sei, strict=True)]
    assert points(figure) == {tuple(np.round(xy, 9)) for xy in both}
    assert figure.table.equals(found.to_frame())


def test_the_tip_of_a_doi_plot_is_on_its_line() -> None:
    found = mo.lfk_index(pooled("pfs"))
    (axes,) = mo.doi_plot(found).axes
    tip = found.result.effects.yi[np.argmin(np.abs(found.z))]
    assert axes.lines[0].get_xdata()[0] == tip
    assert "LFK index" in mo.doi_plot(found).description.short
