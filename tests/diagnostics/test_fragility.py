"""Fragility index against exhaustive search, and the searches' own words."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

import metaonc as mo

TABLES = pd.DataFrame({"events_1": [4, 8], "n_1": [60, 90], "events_2": [12, 17], "n_2": [60, 90]})
SMALL = pd.DataFrame({"events_1": [2, 5], "n_1": [15, 20], "events_2": [7, 10], "n_2": [15, 20]})
WEAK = pd.DataFrame({"events_1": [3, 6], "n_1": [30, 40], "events_2": [7, 9], "n_2": [30, 40]})


def significant(frame: pd.DataFrame, measure: str, model: str) -> bool:
    fit = mo.pool(mo.effect_sizes(measure, frame), model=model)
    return fit.ci_low > 0 or fit.ci_high < 0


def smallest_change(frame: pd.DataFrame, measure: str, model: str, most: int) -> int | None:
    """Fewest changes by trying all combinations in all four cells, in both directions."""
    before = significant(frame, measure, model)
    columns = ("events_1", "events_2")
    for total in range(1, most + 1):
        for moves in product(range(-total, total + 1), repeat=4):
            if sum(map(abs, moves)) != total:
                continue
            changed = frame.copy()
            changed["events_1"] += np.array(moves[:2])
            changed["events_2"] += np.array(moves[2:])
            within = all(
                changed[name].between(0, changed[n]).all()
                for name, n in zip(columns, ("n_1", "n_2"), strict=True)
            )
            if within and significant(changed, measure, model) != before:
                return total
    return None


@pytest.mark.parametrize("model", ["mh", "peto", "fixed"])
@pytest.mark.parametrize("frame", [SMALL, WEAK], ids=["significant", "not significant"])
def test_index_is_the_smallest_number_of_changes(frame: pd.DataFrame, model: str) -> None:
    """On small tables the published search finds what exhaustive search finds."""
    found = mo.fragility_index(mo.pool(mo.effect_sizes("OR", frame), model=model))
    assert found.index == smallest_change(frame, "OR", model, most=4)


@pytest.mark.parametrize(
    ("measure", "model"),
    [
        *((measure, model) for measure in ("OR", "RR", "RD") for model in ("mh", "fixed")),
        *(("OR", model) for model in ("random", "peto", "firth")),
    ],
)
def test_the_changes_lead_there_and_no_fewer_of_them_do(measure: str, model: str) -> None:
    """Made one by one and pooled anew, the last change and no earlier one turns the result."""
    frame = TABLES.copy()
    result = mo.pool(mo.effect_sizes(measure, frame), model=model)
    found = mo.fragility_index(result)
    assert found.index == len(found.changes) > 0
    for i, change in enumerate(found.changes, start=1):
        frame.loc[change.study, f"events_{change.arm}"] += 1 if change.gained else -1
        fit = mo.pool(mo.effect_sizes(measure, frame), model=model)
        assert (fit.ci_low, fit.ci_high) == pytest.approx((change.low, change.high), abs=1e-9)
        turned = (fit.ci_low > 0 or fit.ci_high < 0) != found.significant
        assert turned == (i == found.index)


@pytest.mark.parametrize(("add", "to"), [(0.5, "all"), (0.25, "if0all"), ("TACC", "only0")])
def test_other_continuity_corrections_are_kept(add: float, to: str) -> None:
    frame = TABLES.assign(events_1=[0, 8])
    result = mo.pool(mo.effect_sizes("OR", frame, add=add, to=to), model="fixed")
    found = mo.fragility_index(result, add=add, to=to)
    for change in found.changes:
        frame.loc[change.study, f"events_{change.arm}"] += 1 if change.gained else -1
    last = mo.pool(mo.effect_sizes("OR", frame, add=add, to=to), model="fixed")
    assert last.ci_high == pytest.approx(found.changes[-1].high, abs=1e-9)


def test_a_correction_that_is_not_the_effects_own_is_refused() -> None:
    result = mo.pool(mo.effect_sizes("OR", TABLES.assign(events_1=[0, 8]), add=0.25))
    with pytest.raises(mo.DiagnosticsError, match=r"Study 1: .* add = 0.5, to = 'only0'; name"):
        mo.fragility_index(result)


def test_hazard_ratios_have_no_event_status() -> None:
    result = mo.pool(mo.load_registry().effects("pfs"))
    with pytest.raises(mo.DiagnosticsError, match="hazard ratios; pool OR, RR or RD"):
        mo.fragility_index(result)


def test_effects_without_counts_are_refused() -> None:
    with pytest.raises(mo.DiagnosticsError, match="have no events_1, n_1"):
        mo.fragility_index(mo.pool(mo.Effects([0.1, 0.2], [0.1, 0.1], "OR")))


def test_a_limit_on_the_changes_ends_without_an_index() -> None:
    found = mo.fragility_index(mo.pool(mo.effect_sizes("OR", TABLES), model="mh"), max_changes=2)
    assert found.index is None
    assert np.isnan(found.quotient)
    assert "found no changes" in found.summary()


def test_what_a_reader_sees() -> None:
    found = mo.fragility_index(mo.pool(mo.effect_sizes("OR", TABLES), model="mh"))
    assert found.title == "Fragility index of the pooled odds ratio: 5"
    assert found.quotient == pytest.approx(5 / 300)
    assert list(found.to_frame()["change"].unique()) == ["event added"]
    assert found.to_dict()["index"] == 5
    assert "had 5 of 300 patients had the other outcome" in found.summary()
