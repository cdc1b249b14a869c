"""A sensitivity analysis: its verdicts against direct recomputation, and what it says when it
cannot answer."""

import numpy as np
import pytest
from hypothesis import given

import metaonc as mo
from metaonc.diagnostics.sensitivity_checks import QUESTIONS
from tests.strategies import Arrays, studies


def excludes_null(fit: mo.PooledResult) -> bool:
    """Whether the interval lies on one side of 0."""
    return fit.ci_low > 0 or fit.ci_high < 0


@given(data=studies(min_size=3, max_size=7))
def test_it_hangs_on_one_trial_where_pooling_without_one_says_otherwise(data: Arrays) -> None:
    """Each study left out by hand, and the model exchanged."""
    effects = mo.Effects(*data, measure="MD")
    fit = mo.pool(effects)
    found = mo.sensitivity(fit, ask=["one-trial", "model", "trials"])
    rest = [mo.pool(effects.take([j for j in range(fit.k) if j != i])) for i in range(fit.k)]
    changed = any(excludes_null(other) != excludes_null(fit) for other in rest)
    assert found["one-trial"].verdict == ("depends" if changed else "holds")
    if fit.k > 3:  # with three studies none of two may go beside the one
        assert (found["trials"].verdict == "depends") == changed
    other = mo.pool(effects, model="fixed")
    assert found["model"].verdict == (
        "depends" if excludes_null(other) != excludes_null(fit) else "holds"
    )


def test_a_new_trial_may_find_nothing_although_the_mean_is_clear() -> None:
    """The registry's progression: the interval excludes 1, the prediction does not."""
    found = mo.sensitivity(mo.pool(mo.load_registry().effects("pfs")))
    assert found["new-trial"].verdict == "depends"
    assert found["new-trial"].answer.endswith("which holds 1.")
    assert [check.key for check in found.depends] == ["new-trial"]
    assert found["small-study"].verdict == "not done"
    assert "fewer than 10" in found["small-study"].answer


def test_figures_awaiting_confirmation_are_left_out_on_trial() -> None:
    """Overall survival without the trials whose figures were not confirmed."""
    effects = mo.load_registry().effects("os")
    found = mo.sensitivity(mo.pool(effects), ask=["confirmed"])["confirmed"]
    status = np.array(effects.column("status"))
    without = mo.pool(effects.take(status != "unconfirmed"))
    assert f"{without.display()[0]:.2f} (" in found.answer
    assert all(effects.labels[i] in found.answer for i in np.flatnonzero(status == "unconfirmed"))


@pytest.mark.parametrize(
    "effects",
    [
        mo.Effects([0.2], [0.1], measure="HR"),
        mo.Effects([0.2, 0.4], [0.1, 0.2], measure="PLOGIT"),
        mo.Effects([0.1, 0.4, 0.2], [0.04, 0.05, 0.03], covariance=[[0.04, 0.02, 0.0],
                   [0.02, 0.05, 0.0], [0.0, 0.0, 0.03]]),
    ],
    ids=["one study", "one arm", "correlated"],
)  # fmt: skip
def test_every_question_gets_an_answer_whatever_the_result(effects: mo.Effects) -> None:
    """One study, one arm, correlated effects: what cannot be done says why."""
    found = mo.sensitivity(mo.pool(effects))
    assert [check.key for check in found.checks] == [question.key for question in QUESTIONS]
    assert all(check.answer.endswith((".", "`")) for check in found.checks)
    assert list(found.to_frame()["verdict"]) == [check.verdict for check in found.checks]
    assert found.to_json() == mo.sensitivity(mo.pool(effects)).to_json()


def test_models_of_counts_are_asked_too() -> None:
    """Mantel-Haenszel risk ratios: inverse variance for comparison, patients for fragility."""
    fit = mo.pool(mo.load_registry().effects("cbr"), model="mh")
    found = mo.sensitivity(fit)
    assert found["model"].answer.startswith("Pooled by inverse variance instead: 1.75")
    assert found["patients"].verdict == "for information"


def test_what_is_no_question_and_what_is_no_result_is_answered() -> None:
    """One sentence each."""
    effects = mo.Effects([0.1, 0.3, 0.2], [0.02, 0.05, 0.03], columns={"x": [1.0, 2.0, 4.0]})
    with pytest.raises(mo.DiagnosticsError, match="ask = 'luck' is no question; use any of"):
        mo.sensitivity(mo.pool(effects), ask=["luck"])
    with pytest.raises(mo.DiagnosticsError, match="got MetaRegression"):
        mo.sensitivity(mo.pool(effects, moderators="x"))  # type: ignore[arg-type]
