"""Bubble plots: bubbles at the studies, the line of the regression, nothing covered."""

import numpy as np
import pytest
from matplotlib.collections import PathCollection

import metaonc as mo
from tests.plots.reading import assert_readable


@pytest.fixture(scope="module")
def by_year() -> mo.MetaRegression:
    return mo.pool(mo.load_registry().effects("pfs"), moderators="year")


def test_bubbles_and_line_stand_where_the_regression_says(by_year: mo.MetaRegression) -> None:
    """Read back from the figure; areas follow the weights."""
    figure = mo.bubble_plot(by_year)
    axes = figure.axes[0]
    bubbles = next(c for c in axes.collections if isinstance(c, PathCollection))
    effects = by_year.effects
    at = np.column_stack([effects.column("year"), effects.yi]).astype(float)
    assert np.asarray(bubbles.get_offsets()) == pytest.approx(at)
    weights = 1 / (effects.vi + by_year.tau2)
    areas = np.asarray(bubbles.get_sizes())
    assert areas / areas.sum() == pytest.approx(weights / weights.sum())
    line = axes.lines[0]
    intercept, slope = by_year.coefficients["estimate"]
    assert line.get_ydata() == pytest.approx(intercept + slope * np.asarray(line.get_xdata()))
    assert_readable(figure)


def test_only_one_numeric_moderator_can_be_drawn(by_year: mo.MetaRegression) -> None:
    """Two coefficients with an intercept; a pooled result has no moderator."""
    effects = by_year.effects
    with pytest.raises(mo.PlotError, match="got PooledResult; use pool"):
        mo.bubble_plot(mo.pool(effects))  # type: ignore[arg-type]
    both = mo.pool(effects, moderators="year + n_1")
    with pytest.raises(mo.PlotError, match="one numeric moderator, and the coefficients are"):
        mo.bubble_plot(both)
