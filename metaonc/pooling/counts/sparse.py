"""Single arms without an event, or with nothing but events: which model a policy takes for them."""

from __future__ import annotations

import numpy as np

from metaonc.effects import Effects
from metaonc.pooling.counts.count_models import COUNT_MODELS
from metaonc.pooling.policies import Policy

# Scales on which a study has no effect without a continuity correction.
_SINGLE_ARM = COUNT_MODELS["glmm"].columns


def sparse_studies(effects: Effects) -> tuple[str, ...]:
    """Labels of single-arm studies whose log odds or log rate needs a continuity correction.

    Empty for other measures, and for effects without their counts.

    Examples
    --------
    >>> import pandas as pd, metaonc as mo
    >>> frame = pd.DataFrame({"label": ["A", "B"], "events": [0, 3], "n": [20, 25]})
    >>> sparse_studies(mo.effect_sizes("PLOGIT", frame))
    ('A',)
    """
    if effects.measure not in _SINGLE_ARM or not _counted(effects):
        return ()
    events, size = (_numbers(effects, name) for name in _SINGLE_ARM[effects.measure])
    empty = events == 0
    if effects.measure == "PLOGIT":
        empty |= events == size
    return tuple(label for label, none in zip(effects.labels, empty, strict=True) if none)


def sparse_model(effects: Effects, policy: Policy) -> str | None:
    """The model of counts that a policy takes for these effects where the caller names none.

    None where no study is sparse, where the policy has no such rule, and where the mixed model has
    no finite maximum: with no event in any study, or nothing but events.
    """
    if policy.sparse is None or effects.covariance is not None or not sparse_studies(effects):
        return None
    events, size = (_numbers(effects, name) for name in _SINGLE_ARM[effects.measure])
    if events.sum() == 0 or (effects.measure == "PLOGIT" and (events == size).all()):
        return None
    return policy.sparse


def sparse_note(effects: Effects, policy: Policy, *, counted: bool) -> str:
    """What a reader should know of sparse studies; empty where there are none.

    Parameters
    ----------
    counted : bool
        Whether the counts themselves were pooled.
    """
    studies = sparse_studies(effects)
    if not studies:
        return ""
    named = ", ".join(studies[:5]) + (f" and {len(studies) - 5} more" if len(studies) > 5 else "")
    what = "Without an event" if effects.measure == "IRLN" else "Without an event, or only events"
    if counted:
        rule = (
            f", the model that policy {policy.name} takes for such data unless told otherwise"
            if policy.sparse == "glmm"
            else ""
        )
        return (
            f"{what}: {named}. The counts were pooled as they are by a generalised linear mixed "
            f"model{rule}; model='random' pools the {effects.scale.analysis_scale} after a "
            "continuity correction."
        )
    return (
        f"{what}: {named}. The pooled {effects.scale.name} rests on the continuity correction of "
        "these studies; model='glmm' pools the counts as they are."
    )


def _counted(effects: Effects) -> bool:
    """Whether the columns hold counts, so that the model could be fitted."""
    names = _SINGLE_ARM[effects.measure]
    if not set(names) <= effects.columns.keys():
        return False
    try:
        events, size = (_numbers(effects, name) for name in names)
    except (TypeError, ValueError):
        return False
    return bool(np.isfinite(events).all() and np.isfinite(size).all())


def _numbers(effects: Effects, name: str) -> np.ndarray:
    return np.asarray(effects.columns[name], dtype=float)
