"""Meta-regressions as documents; see :mod:`metaonc.pooling.documents`."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from metaonc.effects import Effects, stored
from metaonc.kernels import Heterogeneity
from metaonc.kernels import moderators as kernel
from metaonc.kernels.intervals import Inference
from metaonc.pooling.choices import Choices
from metaonc.pooling.documents import about, choices_of
from metaonc.pooling.moderators.design import Design
from metaonc.pooling.plain import plain

if TYPE_CHECKING:
    from metaonc.pooling.moderators.meta_regression import MetaRegression

REGRESSION = "meta-regression"

_NUMBERS = (
    *("qm", "qm_df", "qm_p", "qe", "qe_df", "qe_p", "tau2", "tau2_se", "tau", "i2", "h2", "r2"),
    *("k", "p", "df", "ci_method", "log_likelihood", "aic", "bic"),
)
_TUPLES: dict[str, Any] = {
    "inference": Inference,
    "omnibus": kernel.Hypothesis,
    "heterogeneity": Heterogeneity,
}


def regression_document(result: MetaRegression) -> dict[str, Any]:
    """A meta-regression as a document."""
    effects, tau2_interval = result.effects, result.tau2_interval()
    rows = zip(effects.labels, effects.yi, effects.vi, result._fit.fitted, strict=True)
    reading = {
        "formula": result.design.formula,
        "coefficients": result.to_frame().to_dict("records"),
        "covariance": result.covariance.tolist(),
        "tau2_interval": list(tau2_interval),
        "intervals": {"tau2": tau2_interval.to_dict()},
        "certificate": result.certificate().to_dict(),
        **{name: getattr(result, name) for name in _NUMBERS},
        "vif": result.vif,
        "studies": [dict(zip(("label", "yi", "vi", "fitted"), row, strict=True)) for row in rows],
        "left_out": [asdict(out) for out in effects.left_out],
        "notes": list(result.notes),
        "methods": result.methods(),
    }
    return stored.sealed(
        REGRESSION,
        about(effects, result.choices, result.metaonc_version)
        | plain(reading)
        | {
            "effects": effects.to_dict(),
            "design": result.design.to_dict(),
            "fit": stored.numbers_out(result._fit),
        },
    )


def regression_parts(
    document: dict[str, Any],
) -> tuple[Effects, Choices, Design, kernel.Regression, str]:
    """What a meta-regression is made of, from its document."""
    return (
        Effects.from_dict(document["effects"]),
        choices_of(document),
        Design.from_dict(document["design"]),
        _fit_in(document["fit"]),
        document["metaonc_version"],
    )


def _fit_in(document: dict[str, Any]) -> kernel.Regression:
    values: dict[str, Any] = {}
    for name in (f.name for f in fields(kernel.Regression)):
        value = document[name]
        if name in _TUPLES:
            parts = {inner: stored.array_in(part) for inner, part in value.items()}
            values[name] = _TUPLES[name](**parts)
        else:
            values[name] = np.asarray(stored.array_in(value))
    return kernel.Regression(**values)
