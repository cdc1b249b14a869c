"""Survival curves as figures: drawn where the numbers are, nothing on anything else."""

import itertools

import numpy as np
import pandas as pd
import pytest

import metaonc as mo
from tests.plots.test_diagnostics import boxes

PATIENTS = pd.DataFrame(
    {
        "arm": ["Everolimus and exemestane"] * 5 + ["Placebo and exemestane"] * 5,
        "time": [4, 9, 13, 20, 26, 2, 4, 7, 11, 24],
        "event": [1, 0, 1, 1, 0, 1, 1, 1, 0, 1],
    }
)
READINGS = pd.DataFrame(
    {
        "arm": ["A"] * 3 + ["B"] * 3,
        "time": [0, 6, 12] * 2,
        "survival": [1, 0.7, 0.52, 1, 0.6, 0.5],
        "at_risk": [100, 61, 40, 98, 55, 38],
    }
)


@pytest.mark.parametrize("frame", [PATIENTS, READINGS], ids=["patients", "readings"])
def test_curves_and_numbers_at_risk_are_the_tables(frame: pd.DataFrame) -> None:
    curves = mo.survival_curves(frame)
    figure = mo.survival_plot(curves)
    axes = figure.axes[0]
    for arm in curves.arms:
        drawn = [line for line in axes.lines if np.array_equal(line.get_xdata(), arm.time)]
        assert any(np.array_equal(line.get_ydata(), arm.survival) for line in drawn)
    ticks = axes.get_xticks()
    texts = [text.get_text() for text in axes.texts]
    for arm in curves.arms:
        numbers = [f"{n:.0f}" for n in arm.at_risk(ticks)]
        place = len(texts) - 1 - texts[::-1].index(arm.label)  # beside its numbers
        assert texts[place + 1 : place + 1 + len(ticks)] == numbers
    pd.testing.assert_frame_equal(figure.table, curves.to_frame())
    assert "median" in figure.description.long or "%" in figure.description.long


@pytest.mark.parametrize("frame", [PATIENTS, READINGS], ids=["patients", "readings"])
def test_no_words_overlap_or_leave_the_figure(frame: pd.DataFrame) -> None:
    figure = mo.survival_plot(mo.survival_curves(frame, title="Progression-free survival"))
    width, height = figure.canvas.get_width_height()
    found = boxes(figure)
    for label, (x0, y0, x1, y1) in found.items():
        assert min(x0, y0) >= 0, label
        assert x1 <= width, label
        assert y1 <= height, label
    for (a, one), (b, other) in itertools.combinations(found.items(), 2):
        apart = one[2] <= other[0] + 1 or other[2] <= one[0] + 1
        apart |= one[3] <= other[1] + 1.5 or other[3] <= one[1] + 1.5
        assert apart, f"{a!r} on {b!r}"


def test_a_pooled_ratio_over_time() -> None:
    fit = mo.pool(mo.load_registry().effects("pfs"))
    found = mo.absolute_effects(fit, survival=[0.6, 0.3], at=[3, 6], unit="months", at_risk=50)
    figure = mo.survival_plot(found)
    assert figure.axes[0].get_xlabel() == "Time (months)"
    pd.testing.assert_frame_equal(figure.table, found.curves().to_frame())


def test_what_cannot_be_drawn_is_said() -> None:
    with pytest.raises(mo.PlotError, match="got DataFrame"):
        mo.survival_plot(PATIENTS)
    many = pd.concat([READINGS[:3].assign(arm=str(i)) for i in range(7)])
    with pytest.raises(mo.PlotError, match="7 curves in one figure"):
        mo.survival_plot(mo.survival_curves(many))
