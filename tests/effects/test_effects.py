"""`Effects`: checked at the door, frozen inside, and traceable."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import metaonc as mo
from metaonc.effects import MEASURES, LeftOut
from tests.strategies import Arrays, studies

COLUMNS = {"agent": ["everolimus", "everolimus", "temsirolimus"], "n": [54, 485, 556]}


def three(**changes: Any) -> mo.Effects:
    """Three hazard ratios with columns."""
    given_ = {"measure": "HR", "labels": ["A", "B", "C"], "columns": COLUMNS} | changes
    return mo.Effects([-0.6, -0.8, -0.1], [0.04, 0.008, 0.007], **given_)


# Frozen ------------------------------------------------------------------------------------------


def test_the_arrays_are_copies_and_read_only() -> None:
    """STYLE: freeze what is inside too. What the caller keeps is the caller's own."""
    yi, vi = np.array([0.1, 0.2]), np.array([0.3, 0.4])
    effects = mo.Effects(yi, vi)
    yi[0], vi[0] = 9.0, 9.0
    assert (effects.yi[0], effects.vi[0]) == (0.1, 0.3)
    for array in (effects.yi, effects.vi):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


def test_columns_are_a_read_only_view_of_tuples() -> None:
    """Neither the mapping nor a column can be changed, nor through what was handed in."""
    columns = {"agent": ["a", "b", "c"]}
    effects = three(columns=columns)
    columns["agent"][0] = "z"
    columns["more"] = ["x", "y", "z"]
    assert dict(effects.columns) == {"agent": ("a", "b", "c")}
    with pytest.raises(TypeError, match="does not support item assignment"):
        effects.columns["agent"] = ("z", "z", "z")  # type: ignore[index]


@pytest.mark.parametrize("name", ["yi", "vi", "measure", "labels", "columns", "title"])
def test_fields_cannot_be_set(name: str) -> None:
    """A change is a new object."""
    with pytest.raises(AttributeError, match="cannot assign to field"):
        setattr(three(), name, None)


def test_sequences_become_tuples() -> None:
    """Lists handed in do not stay lists inside."""
    out = LeftOut("D", "no interval")
    effects = three(left_out=[out], notes=["a note"])
    assert (effects.labels, effects.left_out, effects.notes) == (
        ("A", "B", "C"),
        (out,),
        ("a note",),
    )


@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_effects_survive_copying_and_pickling(again: Any) -> None:
    """Work is sent to other processes; what arrives is the same and as frozen."""
    before = three(title="T", notes=["a note"])
    after = again(before)
    assert (after.labels, dict(after.columns), after.title, after.notes) == (
        before.labels,
        dict(before.columns),
        before.title,
        before.notes,
    )
    assert np.array_equal(after.yi, before.yi)
    assert not after.yi.flags.writeable


# The door ----------------------------------------------------------------------------------------

REFUSED = {
    "yi is nan": (
        dict(yi=[0.1, np.nan], vi=[1, 1], labels=["A", "B"]),
        "B: yi = nan must be finite; correct the study or leave it out.",
    ),
    "yi is infinite": (
        dict(yi=[-np.inf, 0.1], vi=[1, 1], labels=["A", "B"]),
        "A: yi = -inf must be finite; correct the study or leave it out.",
    ),
    "vi is nan": (
        dict(yi=[0.1, 0.2], vi=[1, np.nan]),
        "Study 2: vi = nan must be finite and > 0; correct the study or leave it out.",
    ),
    "vi is infinite": (
        dict(yi=[0.1], vi=[np.inf]),
        "Study 1: vi = inf must be finite and > 0; correct the study or leave it out.",
    ),
    "vi is zero": (
        dict(yi=[0.1], vi=[0]),
        "Study 1: vi = 0.0 must be finite and > 0; correct the study or leave it out.",
    ),
    "vi is negative": (
        dict(yi=[0.1, 0.2, 0.3], vi=[1, -0.5, -1]),
        "Study 2: vi = -0.5 must be finite and > 0; correct the study or leave it out.",
    ),
    "fewer variances": (
        dict(yi=[0.1, 0.2], vi=[1]),
        "yi, vi and labels must have one value per study, got 2, 1 and 2.",
    ),
    "fewer labels": (
        dict(yi=[0.1, 0.2], vi=[1, 1], labels=["A"]),
        "yi, vi and labels must have one value per study, got 2, 2 and 1.",
    ),
    "one label twice": (
        dict(yi=[1, 2, 3], vi=[1, 1, 1], labels=["B", "A", "B"]),
        "labels must tell studies apart, but 'B' is used more than once; add the year or the arm.",
    ),
    "no study": (dict(yi=[], vi=[]), "there is no study to analyse; give at least one."),
    "two dimensions": (
        dict(yi=[[0.1, 0.2]], vi=[1, 1]),
        "yi must have one dimension, shape (k,), got shape (1, 2).",
    ),
    "a single number": (
        dict(yi=[0.1], vi=1.0),
        "vi must have one dimension, shape (k,), got shape ().",
    ),
    "words": (dict(yi=["low"], vi=[1]), "yi must be numbers, got ['low']."),
    "a short column": (
        dict(yi=[1, 2], vi=[1, 1], columns={"agent": ["a"]}),
        "column 'agent' has 1 values for 2 studies; give one per study.",
    ),
    "an unknown measure": (
        dict(yi=[1], vi=[1], measure="hr"),
        f"no effect measure 'hr'; the measures are {', '.join(MEASURES)}.",
    ),
}


@pytest.mark.parametrize(("arguments", "said"), REFUSED.values(), ids=REFUSED)
def test_bad_input_is_refused_with_one_sentence(arguments: dict[str, Any], said: str) -> None:
    """The whole text: the study, the value and the rule."""
    with pytest.raises(mo.EffectsError) as raised:
        mo.Effects(**arguments)
    assert str(raised.value) == said


@pytest.mark.parametrize("name", ["label", "yi", "vi", "estimate", "low", "high"])
def test_a_column_does_not_replace_a_computed_one(name: str) -> None:
    """`to_frame` promises these names for its own figures."""
    plain = three().to_frame()[name].tolist()
    try:
        effects = three(columns={name: [7.0, 8.0, 9.0]})
    except mo.EffectsError:
        return
    assert effects.to_frame()[name].tolist() == plain


def test_an_unknown_column_is_answered_with_the_known_ones() -> None:
    """With columns and without."""
    for columns, known in ((COLUMNS, "agent, n"), ({}, "none")):
        with pytest.raises(mo.EffectsError) as raised:
            three(columns=columns).column("line")
        assert str(raised.value) == f"the effects have no column 'line'; there are: {known}."
    assert three().column("n") == (54, 485, 556)


# What it offers ----------------------------------------------------------------------------------


def test_words_and_sizes() -> None:
    """Length, standard errors, names and default labels."""
    effects = mo.Effects([1.0, 2.0], [4.0, 9.0])
    assert (len(effects), effects.k, effects.labels) == (2, 2, ("Study 1", "Study 2"))
    assert effects.sei.tolist() == [2.0, 3.0]
    assert repr(effects) == "<Effects: k=2, effect>"
    assert repr(three(title="Survival")) == "<Effects: Survival, k=3, hazard ratio>"


@pytest.mark.parametrize(
    ("which", "labels"),
    [([2, 0], ("C", "A")), ([True, False, True], ("A", "C")), (slice(1, 3), ("B", "C")),
     ([-1], ("C",))],
)  # fmt: skip
def test_take_keeps_everything_about_the_studies_it_takes(which: Any, labels: Any) -> None:
    """Positions in their order, or a mask; columns go along, other fields stay or change."""
    which = which if isinstance(which, list) else list(range(3))[which]
    before = three(title="T", notes=["a note"])
    after = before.take(which, title="U")
    rows = ["ABC".index(label) for label in labels]
    assert (after.labels, after.title, after.notes) == (labels, "U", ("a note",))
    assert after.yi.tolist() == [before.yi[i] for i in rows]
    assert after.vi.tolist() == [before.vi[i] for i in rows]
    assert after.column("agent") == tuple(COLUMNS["agent"][i] for i in rows)
    assert before.k == 3


@given(data=studies(), level=st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99]))
def test_intervals_are_wald_on_the_analysis_scale(data: Arrays, level: float) -> None:
    """Against scipy's normal distribution; the width on the log scale gives the variance back."""
    yi, vi = data
    estimate, low, high = mo.Effects(yi, vi, measure="HR").intervals(level)
    expected = stats.norm.interval(level, loc=yi, scale=np.sqrt(vi))
    assert np.log(estimate) == pytest.approx(yi, abs=1e-12)
    assert np.log(low) == pytest.approx(expected[0], rel=1e-12, abs=1e-12)
    assert np.log(high) == pytest.approx(expected[1], rel=1e-12, abs=1e-12)


def test_the_frame_has_the_effects_own_columns_after_the_computed_ones() -> None:
    """Order and names, as the docstring promises."""
    frame = three().to_frame()
    assert list(frame) == ["label", "yi", "vi", "estimate", "low", "high", "agent", "n"]
    assert frame["n"].tolist() == [54, 485, 556]


@pytest.mark.parametrize("level", [95, 1.0, 0.0, -0.95, float("nan")])
def test_a_level_that_is_none_is_refused(level: float) -> None:
    """95 for 0.95 is the usual slip; limits that are NaN would be silent."""
    with pytest.raises(mo.MetaoncError, match="level"):
        three().to_frame(level)
