"""The studies of a result, and their groups."""

from __future__ import annotations

from metaonc.effects import Effects
from metaonc.errors import DiagnosticsError
from metaonc.pooling import MetaRegression, PooledResult, SubgroupResult


def groups_of(effects: Effects, by: str) -> tuple[str, ...]:
    """The group of each study, as text.

    Raises
    ------
    DiagnosticsError
        If a study has none.
    EffectsError
        If there is no such column.
    """
    values = effects.column(by)
    for label, value in zip(effects.labels, values, strict=True):
        if value is None or value != value or value == "":
            raise DiagnosticsError(f"{label}: no {by}; give every study a group.")
    return tuple(map(str, values))


def effects_of(result: PooledResult | SubgroupResult | MetaRegression) -> Effects:
    """The studies of any result.

    Raises
    ------
    DiagnosticsError
        If it is none.
    """
    if isinstance(result, SubgroupResult):
        return result.overall.effects
    if not isinstance(result, PooledResult | MetaRegression):
        raise DiagnosticsError(
            f"a result of pool(), subgroups() or regress() is needed, not {type(result).__name__}."
        )
    return result.effects


def pooled(result: object) -> PooledResult:
    """The result of `pool`, or of nothing else.

    Raises
    ------
    DiagnosticsError
        If it is something else.
    """
    if not isinstance(result, PooledResult):
        raise DiagnosticsError(f"a result of pool() is needed, not {type(result).__name__}.")
    return result


def pooled_or_regression(result: object) -> PooledResult | MetaRegression:
    """The result of `pool` or `regress`, or of nothing else.

    Raises
    ------
    DiagnosticsError
        If it is something else.
    """
    if not isinstance(result, PooledResult | MetaRegression):
        raise DiagnosticsError(
            f"a result of pool() or regress() is needed, not {type(result).__name__}."
        )
    return result
