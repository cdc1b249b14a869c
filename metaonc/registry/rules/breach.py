"""A rule broken, and how a result is named in what is said about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from metaonc.registry.records import Result, Trial


class Breach(NamedTuple):
    """A rule broken: the field, its value, what must hold, and the way out."""

    field: str
    value: str
    rule: str
    remedy: str
    code: str = ""


Rule = Callable[[Trial], Iterator[Breach]]


def describe(index: int, result: Result | dict[str, object]) -> str:
    """Name a result as a person would look for it: its place in the file and what it reports."""
    if isinstance(result, Result):
        kind, outcome = getattr(result, "kind", "?"), result.outcome
    else:
        kind, outcome = str(result.get("kind", "?")), str(result.get("outcome", "?"))
    return f"result {index + 1} ({outcome} {kind.replace('_', ' ')})"
