"""Statistics of a result by name, for many samples at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

from metaonc.errors import DiagnosticsError
from metaonc.kernels import Fit, FloatArray, fit
from metaonc.kernels.moderators import Regression, regression
from metaonc.kernels.subsets import tiles
from metaonc.pooling import MetaRegression, PooledResult
from metaonc.pooling.choices import SIMULATED_INTERVALS

# A statistic of a batch of fits, shape (n,).
Statistic: TypeAlias = str | Callable[[Any], FloatArray]

_OF_FIT = ("estimate", "se", "statistic", "p_value", "tau2", "low", "high", "wald_se")
_OF_SPREAD = ("q", "q_p", "i2_from_q", "i2_from_tau2", "h2_from_q", "h2_from_tau2")
_OF_REGRESSION = ("tau2", "r2")
Batch: TypeAlias = Fit | Regression


def named(result: PooledResult | MetaRegression, statistic: Statistic) -> tuple[str, Any]:
    """The name of a statistic, and what finds it in a batch of fits.

    Raises
    ------
    DiagnosticsError
        If there is no statistic of this name.
    """
    if callable(statistic):
        return getattr(statistic, "__name__", "statistic"), statistic
    if isinstance(result, MetaRegression):
        return statistic, _of_regression(result, statistic)
    return statistic, _of_pooled(result, statistic)


def _of_pooled(result: PooledResult, name: str) -> Callable[[Fit], FloatArray]:
    if name == "i2":
        name = "i2_from_q" if result.heterogeneity_from == "q" else "i2_from_tau2"
    if name == "tau":
        return lambda found: np.sqrt(found.tau2)
    if name in _OF_FIT:
        return lambda found: np.asarray(getattr(found, name))
    if name in _OF_SPREAD:
        return lambda found: np.asarray(getattr(found.heterogeneity, name))
    known = ", ".join(map(repr, (*_OF_FIT, "tau", "i2", *_OF_SPREAD)))
    raise DiagnosticsError(f"statistic = {name!r} is not one of {known}, nor a function of a fit.")


def _of_regression(result: MetaRegression, name: str) -> Callable[[Regression], FloatArray]:
    names = result.design.names
    if name in names:
        place = names.index(name)
        return lambda found: found.coefficients[..., place]
    if name in _OF_REGRESSION:
        return lambda found: np.asarray(getattr(found, name))
    if name == "qm":
        return lambda found: found.omnibus.statistic
    if name == "qe":
        return lambda found: found.heterogeneity.q
    known = ", ".join(map(repr, (*names, *_OF_REGRESSION, "qm", "qe")))
    raise DiagnosticsError(f"statistic = {name!r} is not one of {known}, nor a function of a fit.")


def independent(result: PooledResult | MetaRegression, what: str) -> None:
    """Refuse results that cannot be fitted to many samples as one batch.

    Raises
    ------
    DiagnosticsError
        If the effects covary, come from counts, or the result is itself resampled.
    """
    choices = result.choices
    if choices.count_model is not None:
        why = f"{choices.count_model!r} is a model of counts"
    elif result.effects.covariance is not None:
        why = "these effects covary"
    elif choices.ci in SIMULATED_INTERVALS:
        why = f"its interval, {choices.ci!r}, is resampled already"
    elif choices.tau2_weights not in (None, "1/sei"):
        why = "its tau² has weights of a column"
    else:
        return
    raise DiagnosticsError(
        f"{what} is for independent effects with variances, and {why}; use another model of pool()."
    )


def batch(
    result: PooledResult | MetaRegression, yi: FloatArray, vi: FloatArray, x: FloatArray | None
) -> Batch:
    """The result's model, with its choices, fitted to samples of shape (n, k)."""
    choices = result.choices
    how: dict[str, Any] = {
        "model": choices.model,
        "tau2": choices.tau2,
        "ci": choices.ci,
        "level": choices.level,
    }
    if x is None:
        return fit(yi, vi, **how)
    with np.errstate(divide="ignore", invalid="ignore"):  # of samples that tell nothing apart
        return regression(yi, vi, x, **how)


def chunks(n: int, k: int, p: int = 1) -> Iterator[slice]:
    """Rows of each tile of n samples of k studies with p coefficients."""
    return tiles(n, k * p * p)
