"""Results as documents: what a reader wants, and what brings the result back without loss."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from metaonc.effects import Effects, stored
from metaonc.kernels import Fit
from metaonc.pooling.choices import Choices
from metaonc.pooling.plain import plain, readable
from metaonc.pooling.policies import policy_named

if TYPE_CHECKING:
    from metaonc.pooling.result import PooledResult

POOLED = "pooled result"

# Attributes that a reader of the document finds under their own names.
_NUMBERS = (
    *("k", "estimate", "se", "ci_low", "ci_high", "ci_method", "statistic", "df", "p_value"),
    *("wald_se", "tau2", "tau2_se", "tau", "q", "q_df", "q_p"),
    *("i2", "i2_from_q", "i2_from_tau2", "h2", "heterogeneity_from", "log_likelihood"),
)


def about(effects: Effects, choices: Choices, version: str) -> dict[str, Any]:
    """What every result says of itself first: data, settings, policy, version."""
    return {
        "metaonc_version": version,
        "title": effects.title,
        "measure": effects.measure,
        "data_digest": effects.digest,
        "choices": asdict(choices),
        "policy": plain(asdict(policy_named(choices.policy))),
    }


def choices_of(document: dict[str, Any]) -> Choices:
    """The choices in a document; a policy that this metaonc does not know is an error."""
    choices = Choices(**document["choices"])
    policy_named(choices.policy)
    return choices


def pooled_document(result: PooledResult) -> dict[str, Any]:
    """A pooled result as a document."""
    prediction, tau2_interval = result.prediction_interval(), result.tau2_interval()
    estimate, low, high = result.display()
    content = {
        **about(result.effects, result.choices, result.metaonc_version),
        **{name: plain(getattr(result, name)) for name in _NUMBERS},
        "displayed": plain({"estimate": estimate, "low": low, "high": high}),
        "tau2_interval": plain(tuple(tau2_interval)),
        "prediction_interval": plain(tuple(prediction)),
        "intervals": {
            "tau2": tau2_interval.to_dict(),
            "tau": result.tau_interval().to_dict(),
            "i2": result.i2_interval().to_dict(),
            "h2": result.h2_interval().to_dict(),
            "prediction": prediction.to_dict(),
        },
        "certificate": result.certificate().to_dict(),
        "studies": _study_rows(result),
        "left_out": [asdict(out) for out in result.effects.left_out],
        "notes": list(result.notes),
        "methods": result.methods(),
        "effects": result.effects.to_dict(),
        "fit": stored.numbers_out(result._fit.arrays()),
    }
    return stored.sealed(POOLED, content)


def _study_rows(result: PooledResult) -> list[dict[str, Any]]:
    """One row per study for reading; the exact values stand under ``effects``."""
    effects = result.effects
    estimate, low, high = effects.intervals(result.choices.level)
    columns: dict[str, Any] = {
        "label": effects.labels,
        "yi": effects.yi,
        "vi": effects.vi,
        "estimate": estimate,
        "low": low,
        "high": high,
        **effects.columns,
        "weight": result.weights,
    }
    rows = zip(*columns.values(), strict=True)
    return [
        {name: readable(value) for name, value in zip(columns, row, strict=True)} for row in rows
    ]


def pooled_parts(document: dict[str, Any]) -> tuple[Effects, Choices, Fit, str]:
    """What a pooled result is made of, from its document."""
    effects = Effects.from_dict(document["effects"])
    return effects, choices_of(document), fit_in(document["fit"]), document["metaonc_version"]


def fit_in(document: dict[str, Any]) -> Fit:
    """A fit of the kernels from its document."""
    return Fit.from_arrays({name: stored.array_in(value) for name, value in document.items()})
