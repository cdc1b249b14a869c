"""Covariances of contrasts that share a control arm."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import metaonc as mo
from metaonc.effects import control_variance, shared_control_covariance
from metaonc.effects.counts.two_arms import two_arm_effects


@given(
    n=st.integers(2, 500), share=st.floats(0.01, 0.99), measure=st.sampled_from(["OR", "RR", "RD"])
)
def test_two_equal_arms_have_twice_the_variance_of_one(n: int, share: float, measure: str) -> None:
    """The variance of a contrast is that of its two arms; the shared arm's is the covariance."""
    events = np.array([n * share])
    _, vi = two_arm_effects(measure, events, np.array([n]), events, np.array([n]))
    assert 2 * control_variance(measure, events=events, n=n) == pytest.approx(vi, rel=1e-12)


def slope(function: Callable[[float], float], at: float) -> float:
    """Derivative by central differences."""
    step = 1e-6 * at
    return (function(at + step) - function(at - step)) / (2 * step)


@pytest.mark.parametrize(
    ("measure", "arm", "summary", "at", "variance"),
    [
        ("HR", {"events": 40}, np.log, 40, 40),
        ("IRR", {"events": 40}, np.log, 40, 40),
        ("IRD", {"events": 40, "time": 900}, lambda e: e / 900, 40, 40),
        ("OR", {"events": 12, "n": 50}, lambda p: np.log(p / (1 - p)), 0.24, 0.24 * 0.76 / 50),
        ("RR", {"events": 12, "n": 50}, np.log, 0.24, 0.24 * 0.76 / 50),
        ("RD", {"events": 12, "n": 50}, lambda p: p, 0.24, 0.24 * 0.76 / 50),
        ("AS", {"n": 50}, lambda p: np.arcsin(np.sqrt(p)), 0.24, 0.24 * 0.76 / 50),
        ("MD", {"sd": 3, "n": 50}, lambda x: x, 8, 9 / 50),
        ("ROM", {"mean": 8, "sd": 3, "n": 50}, np.log, 8, 9 / 50),
    ],
)
def test_each_variance_by_the_delta_method(
    measure: str, arm: Any, summary: Callable[[float], float], at: float, variance: float
) -> None:
    """A Poisson count, a binomial share or a mean, and the slope of what is made of it."""
    expected = slope(summary, at) ** 2 * variance
    assert control_variance(measure, **arm) == pytest.approx(expected, rel=1e-7)


def test_a_column_per_contrast_becomes_a_matrix() -> None:
    """Three arms give two correlated contrasts; a two-arm trial needs no numbers."""
    found = shared_control_covariance(
        "OR", [0.3, 0.4, 0.2], ["A", "A", "B"], events=[12, 12, np.nan], n=[50, 50, np.nan]
    )
    shared = 1 / 12 + 1 / 38
    assert found == pytest.approx(np.array([[0.3, shared, 0], [shared, 0.4, 0], [0, 0, 0.2]]))
    effects = mo.Effects([0.1, 0.2, 0.3], [0.3, 0.4, 0.2], covariance=found)
    assert np.array_equal(effects.covariance_frame(), found)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((("HR", [0.1, 0.1], ["A", "A"]), {"events": [50, 40]}), "A: the contrasts come with diff"),
        (
            (("HR", [0.1, 0.1], ["A", "A"]), {"events": [9, 9]}),
            "A: the control arm's variance 0.11",
        ),
        ((("HR", [0.1, 0.1], ["A", "A"]), {"events": [0, 0]}), "A: the numbers of the shared"),
        ((("HR", [0.1, 0.1], ["A", "A"]), {}), "the covariance of HR contrasts needs the control"),
        ((("RR", [0.1, 0.1], ["A", "A"]), {"events": [5, 5]}), "control arm's events and n; n not"),
        ((("SMD", [0.1, 0.1], ["A", "A"]), {"n": [5, 5]}), "covariances of SMD do not follow"),
        ((("HR", [0.1, 0.1], ["A"]), {"events": [50, 50]}), "trial has 1 names for 2 contrasts"),
    ],
)
def test_what_cannot_be_is_refused(arguments: Any, message: str) -> None:
    """One sentence that names the trial and the way out."""
    positional, named = arguments
    with pytest.raises(mo.EffectsError, match=message):
        shared_control_covariance(*positional, **named)


# Effects -----------------------------------------------------------------------------------------

V = np.array([[0.04, 0.02, 0.0], [0.02, 0.05, 0.0], [0.0, 0.0, 0.03]])


def correlated(covariance: Any = V, **changes: Any) -> mo.Effects:
    """Two contrasts of a trial and one of another."""
    return mo.Effects(
        [-0.6, -0.4, -0.1],
        [0.04, 0.05, 0.03],
        "HR",
        ["A", "B", "C"],
        covariance=covariance,
        **changes,
    )


def test_a_covariance_is_kept_frozen_and_shown() -> None:
    """A copy, read-only, exactly symmetric; the repr says so."""
    given_ = V.copy()
    given_[0, 1] *= 1 + 1e-12
    effects = correlated(given_)
    given_[0, 1] = 9.0
    assert effects.covariance is not None
    assert np.array_equal(effects.covariance, effects.covariance.T)
    assert np.array_equal(np.diagonal(effects.covariance), effects.vi)
    assert effects.covariance == pytest.approx(V, rel=1e-9)
    with pytest.raises(ValueError, match="read-only"):
        effects.covariance[0, 1] = 0.0
    assert repr(effects) == "<Effects: k=3, hazard ratio, correlated>"
    pd.testing.assert_frame_equal(
        effects.covariance_frame(),
        pd.DataFrame(effects.covariance, index=list("ABC"), columns=list("ABC")),
    )


def test_taking_studies_takes_their_covariances() -> None:
    """In the new order; two trials with a contrast each are independent."""
    effects = correlated().take([2, 1, 0])
    assert effects.covariance is not None
    assert np.array_equal(effects.covariance, V[::-1, ::-1])
    assert correlated().take([0, 2]).covariance is None
    assert correlated(np.diag([0.04, 0.05, 0.03])).covariance is None
    assert correlated(None).covariance is None


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (V[:2], r"covariance must have shape \(3, 3\)"),
        (V * 1.1, "A: the diagonal of covariance is 0.044, but vi = 0.04"),
        (V + np.triu(V, 1), "A and B: covariance = 0.04 and 0.02 must be the same both ways"),
        (np.where(V == 0.02, np.nan, V), "A and B: covariance = nan and nan must be finite"),
        (np.where(V == 0.02, 0.045, V), "positive definite, .* .A and B: correlation 1.01."),
        ("V", "covariance must be numbers, got 'V'"),
    ],
)
def test_a_matrix_that_is_no_covariance_is_refused(changed: Any, message: str) -> None:
    """Shape, diagonal, symmetry, finite, definite."""
    with pytest.raises(mo.EffectsError, match=message):
        correlated(changed)


def test_three_contrasts_that_cannot_be_correlated_like_that() -> None:
    """Each pair could be; all three cannot."""
    correlation = np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
    with pytest.raises(mo.EffectsError, match="or a negative one; give smaller"):
        mo.Effects([0.0, 0.0, 0.0], [1.0, 1.0, 1.0], covariance=correlation)
