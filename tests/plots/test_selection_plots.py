"""Figures of selection models and of the Copas model."""

import io

import numpy as np
import pytest
from matplotlib.figure import Figure

import metaonc as mo

EFFECTS = mo.Effects(
    [-0.9, -0.7, -0.6, -0.5, -0.45, -0.4, -0.3, -0.2, -0.1, 0.05],
    [0.09, 0.08, 0.06, 0.05, 0.04, 0.03, 0.05, 0.02, 0.03, 0.02],
    measure="HR",
)


def saved(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="svg")
    return file.getvalue()


@pytest.mark.parametrize("kind", ["stepfun", "beta"])
def test_the_curve_is_that_of_the_model(kind: str) -> None:
    found = mo.selection_model(mo.pool(EFFECTS), kind)
    figure = mo.selection_plot(found)
    (axes,) = figure.axes
    line = max(axes.lines, key=lambda one: len(one.get_xdata()))
    assert np.asarray(line.get_ydata()) == pytest.approx(found.curve()["weight"].to_numpy())
    marks = axes.collections[-1].get_segments()
    assert sorted(mark[0, 0] for mark in marks) == pytest.approx(sorted(found.p_values))
    assert saved(figure) == saved(mo.selection_plot(found))


def test_nothing_is_drawn_without_a_maximum() -> None:
    yi, vi = np.array([0.3921, 0.3922, 0.39205, 0.3921]), np.full(4, 0.04)
    found = mo.selection_model(mo.pool(mo.Effects(yi, vi)), alternative="greater")
    with pytest.raises(mo.PlotError, match="its likelihood has no maximum"):
        mo.selection_plot(found)


def test_copas_shows_the_path_and_the_choice() -> None:
    found = mo.copas(mo.pool(EFFECTS))
    figure = mo.copas_plot(found)
    assert len(figure.axes) == 3
    path = figure.axes[1].lines[0]
    assert np.asarray(path.get_ydata()) == pytest.approx(found.path["estimate"].to_numpy())
    assert figure.axes[1].lines[-1].get_ydata()[0] == pytest.approx(found.estimate)
    assert saved(figure) == saved(mo.copas_plot(found))
