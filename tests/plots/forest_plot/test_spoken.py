"""A forest plot in words: what is said, what is left open, and that nothing is missing."""

import math

import numpy as np
import pytest

import metaonc as mo
from metaonc.plots import forest_table
from metaonc.plots.forest_plot import PRESETS, Block, ForestTable, Row
from metaonc.plots.forest_plot.sources import study_sources


def effects(yi: list[float], vi: float = 0.01, **more: object) -> mo.Effects:
    return mo.Effects(yi, [vi] * len(yi), "HR", **more)  # type: ignore[arg-type]


def test_an_effect_that_is_clear_says_whom_it_favours() -> None:
    """Common effect of two equal studies: by hand 0.61 (0.53 to 0.70)."""
    both = effects([-0.5, -0.5], favours_low="Favours A", favours_high="Favours B", title="Death")
    assert forest_table(mo.pool(both, model="fixed")).alt_text().short == (
        "Forest plot of 2 studies: Death. Common effect: hazard ratio 0.61 (95% CI 0.53 to 0.70), "
        "favours A; the interval excludes 1 (no effect). "
        "Heterogeneity: Q = 0.00, df = 1, p > 0.99; I² = 0%."
    )


@pytest.mark.parametrize(
    ("yi", "said"),
    [
        (0.1, "favours B, but the interval includes 1 (no effect)"),
        (-0.1, "favours A, but the interval includes 1 (no effect)"),
        (0.5, "favours B; the interval excludes 1 (no effect)"),
        (0.0, "); the interval includes 1 (no effect)"),
    ],
)
def test_direction_and_doubt_are_both_said(yi: float, said: str) -> None:
    """An interval over 1 leaves open what the estimate favours."""
    one = effects([yi, yi], favours_low="Favours A", favours_high="Favours B")
    assert said in forest_table(mo.pool(one, model="fixed")).alt_text().short


def test_without_words_the_measure_says_the_direction() -> None:
    """Nobody named the arms."""
    short = forest_table(mo.pool(effects([-0.5, -0.5]), model="fixed")).alt_text().short
    assert "lower hazard; the interval excludes 1" in short


def test_one_group_has_nothing_to_compare() -> None:
    """A proportion has a unit, and no value of no effect."""
    short = forest_table(mo.pool(mo.load_registry().effects("cbr-control"))).alt_text().short
    assert "no effect" not in short
    assert "favours" not in short
    assert " to " in short
    assert "%)" in short


def test_several_outcomes_are_said_one_by_one() -> None:
    """Each with its own result, under its name; nothing is said of a mean of them."""
    registry = mo.load_registry()
    results = {name: mo.pool(registry.effects(name.lower())) for name in ("PFS", "OS")}
    short = forest_table(results).alt_text().short
    assert short.startswith("Forest plot of 11 estimates in 2 groups. PFS: hazard ratio 0.60")
    assert "OS: hazard ratio 0.86 (95% CI 0.74 to 1.01), favours mTOR inhibitor, but" in short


def test_another_level_is_named() -> None:
    """90% intervals are not called 95%."""
    result = mo.pool(effects([-0.5, -0.4]), model="fixed", level=0.9)
    assert "(90% CI " in forest_table(result).alt_text().short


@pytest.mark.parametrize("preset", PRESETS)
def test_the_long_text_has_every_cell_and_note(preset: str) -> None:
    """Whatever is printed in the figure is in its words."""
    table = forest_table(
        mo.subgroups(mo.load_registry().effects("pfs"), "resistance"), preset=preset
    )
    long = table.alt_text().long
    for block in table.blocks:
        assert block.heading in long
        for row in block.rows:
            assert row.label.rstrip(".") in long
            assert all(text in long for text in row.cells.values())
    assert all(note in long for note in table.footnotes)


def test_missing_limits_and_a_plot_of_nothing_pooled_still_speak() -> None:
    """A description made by hand, with an estimate that has no interval."""
    plain = forest_table(mo.pool(effects([-0.5, -0.4])))
    rows = (Row(kind="study", label="A", estimate=0.5), Row(kind="space"))
    table = ForestTable(
        title="By hand",
        measure=plain.measure,
        axis_label="Hazard ratio",
        columns=(),
        blocks=(Block("", rows),),
        pooled=math.nan,
        favours=("", ""),
    )
    assert str(table.alt_text()) == (
        "Forest plot of 1 estimate: By hand.\nA: hazard ratio 0.50.\nAxis: Hazard ratio."
    )


def test_a_minus_is_a_minus() -> None:
    """Screen readers skip hyphens."""
    result = mo.pool(mo.Effects([-0.5, -0.5], [0.01, 0.01], "MD"), model="fixed")
    assert "mean difference −0.50" in forest_table(result).alt_text().short


def test_sources_are_those_of_the_records() -> None:
    """Printed figures, where they were worked out, and what awaits confirmation."""
    registry = mo.load_registry()
    survival = registry.effects("os")
    found = dict(zip(survival.labels, study_sources(survival), strict=True))
    assert found["BOLERO-2 2012"].startswith("As printed: HR 0.89 (95% CI 0.73 to 1.10). Source: ")
    assert found["HORIZON 2013"].endswith("Awaiting confirmation in the paper.")
    rows = {row.label: row.source for row in forest_table(mo.pool(survival)).rows()}
    assert rows["BOLERO-2 2012"] == found["BOLERO-2 2012"]


def test_effects_without_an_origin_have_no_source() -> None:
    """Nothing is made up."""
    assert study_sources(effects([0.1, 0.2])) == ["", ""]
    odd = effects([0.1], columns={"source": [np.nan]})
    assert study_sources(odd) == [""]
