"""A rule broken, and how a result is named in what is said about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from metaonc.registry.records import BiasAssessment, Result, Trial


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


def describe_bias(index: int, judged: BiasAssessment | dict[str, object]) -> str:
    """Name a risk-of-bias assessment by its place in the file, its tool and its outcome."""
    if isinstance(judged, BiasAssessment):
        tool, outcome = getattr(judged, "tool", "?"), judged.outcome
    else:
        tool, outcome = str(judged.get("tool", "?")), str(judged.get("outcome", "?"))
    return f"risk of bias {index + 1} ({tool}, {outcome})"
