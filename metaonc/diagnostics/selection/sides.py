"""Which way studies point, for diagnostics that ask whether significant ones are seen more."""

from __future__ import annotations

from typing import Literal, cast

import numpy as np

from metaonc.errors import DiagnosticsError
from metaonc.pooling import MetaRegression, PooledResult

Alternative = Literal["greater", "less", "two-sided"]
ALTERNATIVES = ("greater", "less", "two-sided")
ONE_SIDED = ALTERNATIVES[:2]


def alternative_of(
    result: PooledResult | MetaRegression,
    alternative: str | None,
    allowed: tuple[str, ...] = ALTERNATIVES,
) -> Alternative:
    """The side that was asked for, or the one to which the pooled effect points.

    Raises
    ------
    DiagnosticsError
        If the side is none of the allowed ones.
    """
    if alternative is None:
        return "less" if common_mean(result) < 0 else "greater"
    if alternative not in allowed:
        names = ", ".join(map(repr, allowed))
        raise DiagnosticsError(f"alternative = {alternative!r} must be one of {names}.")
    return cast(Alternative, alternative)


def common_mean(result: PooledResult | MetaRegression) -> float:
    """The pooled effect; for a meta-regression that of its studies without moderators."""
    if isinstance(result, PooledResult):
        return result.estimate
    return float(np.average(result.effects.yi, weights=1 / result.effects.vi))


def side_text(result: PooledResult | MetaRegression, alternative: Alternative) -> str:
    """The side in the words of the effect measure."""
    if alternative == "two-sided":
        return "in either direction"
    scale = result.effects.scale
    value = float(result.effects.display([1.0 if alternative == "greater" else -1.0])[0])
    words = scale.direction(value)
    return f"for {words}" if words else f"for effects {'above' if value > 0 else 'below'} 0"


def check_p_values(result: PooledResult | MetaRegression, what: str) -> None:
    """Refuse results whose studies have no independent normal tests of "no effect".

    Raises
    ------
    DiagnosticsError
        If effects are correlated, come from a model of counts, or have no null value.
    """
    effects = result.effects
    if effects.covariance is not None:
        raise DiagnosticsError(
            f"{what} takes studies to be independent, and these effects have a known covariance; "
            "keep one contrast of each trial."
        )
    if effects.scale.null is None:
        raise DiagnosticsError(
            f"{what} is about p values of the studies, and a {effects.scale.name} has none: "
            "a single group has no value that means no effect."
        )
    if result.choices.count_model is not None:
        raise DiagnosticsError(
            f"{what} works on effects with their variances, and this result is a model of counts; "
            'pool the same effects with model="random".'
        )
