"""Single arms with an empty cell: the default pools the counts, and says so."""

import numpy as np
import pandas as pd
import pytest

import metaonc as mo
from metaonc.pooling.counts.sparse import sparse_studies
from metaonc.pooling.policies import POLICIES


def effects(events: list[int], n: list[int], measure: str = "PLOGIT") -> mo.Effects:
    size = "time" if measure == "IRLN" else "n"
    labels = [f"S{i}" for i in range(1, len(n) + 1)]
    return mo.effect_sizes(measure, pd.DataFrame({"label": labels, "events": events, size: n}))


SPARSE = ([0, 3, 9], [20, 25, 40])
FULL = ([20, 3, 9], [20, 25, 40])
PLENTY = ([4, 3, 9], [20, 25, 40])


@pytest.mark.parametrize("counts", [SPARSE, FULL])
def test_an_empty_cell_makes_the_default_a_mixed_model(counts: tuple[list[int], list[int]]) -> None:
    fit, named = mo.pool(effects(*counts)), mo.pool(effects(*counts), model="glmm")
    assert fit.to_json() == named.to_json()
    assert fit.choices.count_model == "glmm"
    assert fit.methods().startswith("Generalised linear mixed model of the counts of one arm")
    assert (
        "Without an event, or only events: S1. The counts were pooled as they are by a generalised "
        "linear mixed model, the model that policy metaonc-2026 takes for such data unless told "
        "otherwise; model='random' pools the log odds after a continuity correction."
    ) in fit.notes


def test_without_an_empty_cell_the_default_is_inverse_variance() -> None:
    fit = mo.pool(effects(*PLENTY))
    assert fit.choices.count_model is None
    assert not any("mixed model" in note for note in fit.notes)


@pytest.mark.parametrize("choice", [{"model": "random"}, {"tau2": "DL"}, {"ci": "hksj"}])
def test_a_choice_of_the_callers_is_kept(choice: dict[str, str]) -> None:
    fit = mo.pool(effects(*SPARSE), **choice)  # type: ignore[call-overload]
    assert fit.choices.count_model is None
    assert (
        "Without an event, or only events: S1. The pooled proportion rests on the continuity "
        "correction of these studies; model='glmm' pools the counts as they are."
    ) in fit.notes


@pytest.mark.parametrize("policy", [name for name, p in POLICIES.items() if p.sparse is None])
def test_policies_after_other_programs_keep_their_model(policy: str) -> None:
    assert mo.pool(effects(*SPARSE), policy=policy).choices.count_model is None


def test_counts_without_a_finite_maximum_fall_back_and_say_so() -> None:
    for events, n in (([0, 0], [20, 30]), ([20, 30], [20, 30])):
        fit = mo.pool(effects(events, n))
        assert fit.choices.count_model is None
        assert any(
            note.startswith("Without an event, or only events: S1, S2.") for note in fit.notes
        )


def test_rates_without_an_event_are_sparse_too() -> None:
    fit = mo.pool(effects(*SPARSE, "IRLN"))
    assert fit.choices.count_model == "glmm"
    assert any(note.startswith("Without an event: S1.") for note in fit.notes)


def test_only_effects_that_carry_counts_are_sparse() -> None:
    assert sparse_studies(effects(*SPARSE)) == ("S1",)
    assert sparse_studies(effects(*SPARSE, "PRAW")) == ()
    bare = mo.Effects(np.array([-3.0]), np.array([1.0]), "PLOGIT")
    assert sparse_studies(bare) == ()
    broken = mo.Effects([-3.0], [1.0], "PLOGIT", columns={"events": ["none"], "n": [20]})
    assert sparse_studies(broken) == ()


def test_the_registry_of_pneumonitis_by_arm() -> None:
    """Pneumonitis has no event in the control arms of this registry: the mixed model or nothing."""
    registry = mo.load_registry()
    control = registry.effects("pneumonitis", measure="PLOGIT", arm="control")
    fit = mo.pool(control)
    assert sum(control.column("events")) == 0
    assert fit.choices.count_model is None
    assert any("rests on the continuity correction" in note for note in fit.notes)
