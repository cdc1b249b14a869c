"""Trim and fill: laws, what is filled, and when there is no estimate."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import metaonc as mo
from metaonc.kernels.trimming import ESTIMATORS, signed_ranks
from tests.strategies import Arrays, studies

LOPSIDED = mo.Effects(
    [0.1, 0.2, 0.3, 0.9, 1.1, 1.4, 1.6, 0.25], [0.01, 0.02, 0.03, 0.2, 0.25, 0.3, 0.4, 0.02]
)


def found(effects: mo.Effects, estimator: str, side: str, **choices: object) -> mo.PooledResult:
    return mo.trim_and_fill(mo.pool(effects, **choices), estimator, side=side)


@given(data=studies(min_size=3), c=st.sampled_from([2.0**-20, 4.0, 2.0**17]))
@settings(max_examples=25)
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_unit_of_the_effects_does_not_matter(data: Arrays, c: float, estimator: str) -> None:
    """Powers of two, so that equal distances stay equal and nothing on an edge falls over."""
    yi, vi = data
    before = found(mo.Effects(yi, vi), estimator, "left", model="fixed")
    after = found(mo.Effects(c * yi, c**2 * vi), estimator, "left", model="fixed")
    assert (after.missing, after.reason) == (before.missing, before.reason)
    unit = before.filled.se
    near = pytest.approx(before.filled.estimate, abs=1e-8 * unit)
    assert after.filled.estimate / c == near
    assert after.filled.p_value == pytest.approx(before.filled.p_value, rel=1e-7, abs=1e-300)


@given(data=studies(min_size=3))
@settings(max_examples=25)
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_mirrored_funnel_misses_studies_on_the_other_side(data: Arrays, estimator: str) -> None:
    yi, vi = data
    before = found(mo.Effects(yi, vi), estimator, "left", model="fixed")
    after = found(mo.Effects(-yi, vi), estimator, "right", model="fixed")
    assert (after.missing, after.reason) == (before.missing, before.reason)
    assert np.sort(-after.filled.effects.yi) == pytest.approx(np.sort(before.filled.effects.yi))


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_symmetrical_funnel_misses_nothing(estimator: str) -> None:
    yi = np.array([-3.0, -2.0, -1.0, 0.0, 1.1, 2.1, 3.1])
    at = found(mo.Effects(yi, np.full(7, 0.5)), estimator, "left", model="fixed")
    assert at.missing == 0
    assert at.filled.estimate == at.result.estimate


def test_filled_studies_mirror_the_most_extreme_ones() -> None:
    """Around the mean of the trimmed studies; they keep variances and sizes."""
    sizes = {"n": list(range(100, 108)), "agent": list("abcdefgh")}
    effects = mo.Effects(LOPSIDED.yi, LOPSIDED.vi, columns=sizes)
    at = mo.trim_and_fill(mo.pool(effects, model="fixed"))
    assert (at.side, at.missing) == ("left", 4)
    trimmed = [3, 4, 5, 6]
    center = mo.pool(effects.take(~np.isin(np.arange(8), trimmed)), model="fixed").estimate
    whole = at.filled.effects
    assert whole.yi[8:] == pytest.approx(2 * center - effects.yi[trimmed])
    assert whole.vi[8:] == pytest.approx(effects.vi[trimmed])
    assert whole.columns["n"][8:] == (103, 104, 105, 106)
    assert list(whole.columns) == ["n", "filled"]
    assert whole.labels[8:] == tuple(f"Filled: Study {i}" for i in (4, 5, 6, 7))
    assert at.is_filled.tolist() == [False] * 8 + [True] * 4
    assert at.filled.estimate == mo.pool(whole, model="fixed").estimate
    assert "4 studies missing on the left" in at.title


def test_the_filled_result_has_the_choices_of_the_result() -> None:
    """Also those that depend on the number of studies, as sign flips do."""
    for ci in ("hksj", "permutation"):
        at = mo.trim_and_fill(mo.pool(LOPSIDED, ci=ci, tau2="PM"))
        again = mo.pool(at.filled.effects, ci=ci, tau2="PM")
        assert at.missing > 0
        assert (at.filled.ci_low, at.filled.choices) == (again.ci_low, again.choices)


def test_center_common_trims_around_the_common_effect() -> None:
    fit = mo.pool(LOPSIDED)
    at = mo.trim_and_fill(fit, center="common", side="left")
    fixed = mo.trim_and_fill(fit.fixed, side="left")
    assert at.filled.effects.yi == pytest.approx(fixed.filled.effects.yi)
    assert at.filled.tau2 > 0


def test_ranks_carry_the_side() -> None:
    assert signed_ranks(np.array([-0.5, 0.1, 2.0, -0.2])).tolist() == [-3.0, 1.0, 4.0, -2.0]


@pytest.mark.parametrize(
    ("ranks", "expected"),
    [
        # By hand: k = 5; T = sum of the positive ranks; gamma = run of the largest ranks.
        ([-1.0, 2.0, 3.0, 4.0, 5.0], {"R0": 3.0, "L0": (4 * 14 - 30) / 9}),
        ([-5.0, 4.0, 3.0, -2.0, 1.0], {"R0": -1.0, "L0": (4 * 8 - 30) / 9,
                                       "Q0": 4.5 - (50 - 32 + 0.25) ** 0.5}),
    ],
)  # fmt: skip
def test_estimators_by_hand(ranks: list[float], expected: dict[str, float]) -> None:
    for name, value in expected.items():
        assert ESTIMATORS[name](np.array(ranks))[0] == pytest.approx(value)


def test_an_estimator_without_a_value_says_so() -> None:
    """Q0 where nearly all studies are on one side of the mean."""
    yi = np.array([0.0, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6])
    vi = np.array([1e-6, *[0.2] * 7])
    at = mo.trim_and_fill(mo.pool(mo.Effects(yi, vi), model="fixed"), "Q0", side="left")
    assert at.reason == "Q0 has no value, the effects being too lopsided; use L0 or R0"
    assert (at.missing, at.filled.k) == (0, 8)
    assert at.title == "Trim and fill, Q0: no estimate"
    assert at.sentences == (f"No estimate: {at.reason}.",)
    assert json.loads(at.to_json())["missing_se"] is None


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"estimator": "N0"}, "estimator = 'N0' is not one of 'L0', 'R0', 'Q0'"),
        ({"side": "top"}, "side = 'top' is not one of 'left', 'right'"),
        ({"center": "median"}, "center = 'median' is not one of 'model', 'common'"),
    ],
)
def test_wrong_arguments_are_answered(options: dict, says: str) -> None:
    with pytest.raises(mo.DiagnosticsError, match=says):
        mo.trim_and_fill(mo.pool(LOPSIDED), **options)


def test_a_side_that_cannot_be_chosen_has_to_be_said() -> None:
    fit = mo.pool(mo.Effects([0.1, 0.3, 0.2], [0.1, 0.1, 0.1]))
    with pytest.raises(mo.DiagnosticsError, match="say side='left' or side='right'"):
        mo.trim_and_fill(fit)
    assert mo.trim_and_fill(fit, side="right").missing == 0


def test_tables_cannot_be_mirrored() -> None:
    import pandas as pd

    frame = pd.DataFrame({"label": list("abc"), "events_1": [5, 3, 8], "n_1": [50, 40, 90],
                          "events_2": [9, 4, 9], "n_2": [50, 41, 88]})  # fmt: skip
    with pytest.raises(mo.DiagnosticsError, match="model = 'mh' pools tables"):
        mo.trim_and_fill(mo.pool(mo.effect_sizes("OR", frame), model="mh"))
