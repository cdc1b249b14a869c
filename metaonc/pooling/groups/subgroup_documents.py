"""Subgroups as documents; see :mod:`metaonc.pooling.documents`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metaonc.effects import stored
from metaonc.pooling.plain import plain
from metaonc.pooling.result import PooledResult

if TYPE_CHECKING:
    from metaonc.pooling.groups.subgroup_result import SubgroupResult

SUBGROUPS = "subgroup result"

_TESTS = ("q_between", "q_between_df", "q_between_p", "q_within", "q_within_df", "q_within_p")
_LEFT = ("tau2_residual", "i2_within", "h2_within", "r2")


def subgroup_document(result: SubgroupResult) -> dict[str, Any]:
    """Groups of studies as a document."""
    shared = result.tau2_within
    return stored.sealed(
        SUBGROUPS,
        {
            "metaonc_version": result.metaonc_version,
            "title": result.overall.effects.title,
            "by": result.by,
            "variables": list(result.variables),
            "overall": result.overall.to_dict(),
            "groups": {name: group.to_dict() for name, group in result.groups.items()},
            "levels": {name: list(values) for name, values in result.levels.items()},
            "tau2_within": shared,
            **{name: stored.numbers_out(getattr(result, name)) for name in _TESTS},
            **{name: plain(getattr(result, name)) for name in _LEFT},
            "each": {name: inner.to_dict() for name, inner in result.each.items()},
        },
    )


def subgroup_parts(document: dict[str, Any]) -> dict[str, Any]:
    """What a subgroup result is made of, from its document."""
    groups = {name: PooledResult.from_dict(found) for name, found in document["groups"].items()}
    numbers = {name: stored.number_in(document[name]) for name in _TESTS}
    counts = {name: int(numbers[name]) for name in _TESTS if name.endswith("df")}
    shared = document["tau2_within"]
    return {
        "by": document["by"],
        "variables": tuple(document["variables"]),
        "overall": PooledResult.from_dict(document["overall"]),
        "groups": groups,
        "levels": {name: tuple(values) for name, values in document["levels"].items()},
        "tau2_within": None if shared is None else float(shared),
        **numbers,
        **counts,
        "metaonc_version": document["metaonc_version"],
    }
