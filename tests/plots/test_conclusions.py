"""Figures of sequential analyses and specification curves: what is drawn is what was found."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

import metaonc as mo


@pytest.fixture(scope="module")
def survival() -> mo.PooledResult:
    return mo.pool(mo.load_registry().effects("os"))


def curve_of(result: mo.PooledResult) -> Figure:
    return mo.specification_plot(mo.specification_curve(result.effects, leave_out=2, threshold=0.8))


def sequence_of(result: mo.PooledResult) -> Figure:
    return mo.sequential_plot(mo.trial_sequential_analysis(result, effect=0.8))


@pytest.mark.parametrize("draw", [curve_of, sequence_of])
@pytest.mark.parametrize("ending", ["pdf", "svg"])
def test_the_same_input_gives_the_same_bytes(
    survival: mo.PooledResult,
    tmp_path: Path,
    draw: Callable[[mo.PooledResult], Figure],
    ending: str,
) -> None:
    first, second = tmp_path / f"first.{ending}", tmp_path / f"second.{ending}"
    for path in (first, second):
        draw(survival).savefig(path)
    assert first.read_bytes() == second.read_bytes()


def test_the_path_and_its_boundaries(survival: mo.PooledResult) -> None:
    found = mo.trial_sequential_analysis(survival, effect=0.8)
    (axes,) = mo.sequential_plot(found).axes
    lines = [line.get_xydata() for line in axes.lines]
    path = np.column_stack([[0, *found.information], [0, *found.z]])
    assert any(np.array_equal(line, path) for line in lines)
    for side in (1, -1):
        limits = np.column_stack([found.information, side * found.boundary])
        assert any(np.array_equal(line, limits) for line in lines)
    assert any(np.allclose(line[:, 0], found.size.required) for line in lines)
    assert "Favours" in axes.get_ylabel()


def test_boundaries_that_are_not_there_yet_are_not_drawn() -> None:
    result = mo.pool(mo.Effects([-0.3, -0.3], [2.0, 0.04], "HR"), model="fixed")
    found = mo.trial_sequential_analysis(result, effect=0.95)
    (axes,) = mo.sequential_plot(found).axes
    assert all(np.isfinite(line.get_ydata()).all() for line in axes.lines)
    assert axes.get_ylabel() == "Cumulative z"


def test_points_in_order_and_a_row_for_every_choice(survival: mo.PooledResult) -> None:
    curve = mo.specification_curve(survival.effects, leave_out=2, threshold=0.8)
    above, below = mo.specification_plot(curve).axes
    points = next(line for line in above.lines if line.get_marker() == "o")
    assert np.array_equal(points.get_ydata(), curve.estimate[curve.unique])
    words = [text.get_text() for text in below.texts]
    assert [word for word in words if word in survival.effects.labels] == list(
        survival.effects.labels
    )
    frame = curve.to_frame()[curve.unique].reset_index(drop=True)
    marks = [line.get_xdata() for line in below.lines if line.get_marker() == "|"]
    names = [word for word in words if word not in ("left out", "model", "tau²", "interval")]
    for label in survival.effects.labels:
        expected = frame.index[frame["left out"].str.contains(label)]
        assert list(marks[names.index(label)]) == list(expected)


def test_duplicates_mark_the_choice_at_the_point_they_share() -> None:
    registry = mo.load_registry()
    curve = mo.specification_curve(registry, "pfs", status=[None, "confirmed"], model=["fixed"])
    _, below = mo.specification_plot(curve).axes
    marks = [list(line.get_xdata()) for line in below.lines if line.get_marker() == "|"]
    assert marks == [[0], [0]]
