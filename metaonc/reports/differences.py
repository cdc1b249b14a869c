"""Two versions of a registry: which numbers differ, and what that does to the pooled results."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from metaonc.effects import Registry
from metaonc.pooling import PooledResult
from metaonc.registry import Question
from metaonc.registry.comparison import Change, compare_records
from metaonc.registry.plan import Plan
from metaonc.reports.analyses import Analysis, analyse
from metaonc.reports.tables import estimate_text

PLAN = "review plan"


@dataclass(frozen=True)
class Moved:
    """What one record alone would have done to a pooled result.

    Attributes
    ----------
    by : str
        Key of the trial, or ``"review plan"``.
    answer : str
        The answer with only that record exchanged.
    """

    by: str
    answer: str


@dataclass(frozen=True)
class PooledChange:
    """A question of the review plan before and after.

    Attributes
    ----------
    question, title : str
        Key and title.
    before, after : str
        The answers on the displayed scale, with the number of studies, or why there is none.
    changed : bool
        Whether anything about the answer differs, printed digits or not.
    moved_by : tuple of Moved
        The changed records that move the answer by themselves, and how far.
    """

    question: str
    title: str
    before: str
    after: str
    changed: bool
    moved_by: tuple[Moved, ...] = ()

    def __str__(self) -> str:
        if self.before == self.after:
            line = f"{self.question}: {self.after}, a change beyond the printed digits"
        else:
            line = f"{self.question}: {self.before} -> {self.after}"
        if len(self.moved_by) == 1:
            return f"{line}; moved by {self.moved_by[0].by}"
        alone = "; ".join(f"{moved.by} alone gives {moved.answer}" for moved in self.moved_by)
        return f"{line}; {alone}" if alone else line


@dataclass(frozen=True)
class Difference:
    """What differs between two versions of a registry.

    Attributes
    ----------
    before, after : str
        What the versions are called.
    changes : tuple of Change
        Every field that was added, changed or removed.
    pooled : tuple of PooledChange
        Every question of the review plan.
    """

    before: str
    after: str
    changes: tuple[Change, ...]
    pooled: tuple[PooledChange, ...]

    def counts(self) -> dict[str, int]:
        """How many numbers were added, changed and removed."""
        kinds = [change.kind for change in self.changes if change.is_number]
        return {kind: kinds.count(kind) for kind in ("added", "changed", "removed")}

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, ready for JSON; numbers as they are printed."""
        changes = [
            dataclasses.asdict(change) | {"kind": change.kind, "number": change.is_number}
            for change in self.changes
        ]
        for change in changes:
            for side in ("before", "after"):
                value = change[side]
                change[side] = value if value is None or isinstance(value, bool) else str(value)
        return {
            "before": self.before,
            "after": self.after,
            "numbers": self.counts(),
            "changes": changes,
            "pooled": [dataclasses.asdict(one) for one in self.pooled],
        }

    def summary(self) -> str:
        """Both lists as text, a line per change."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        counted = ", ".join(f"{number} {kind}" for kind, number in self.counts().items())
        words = sum(not change.is_number for change in self.changes)
        yield f"Numbers: {counted}; words: {words}."
        for trial, changes in groupby(self.changes, key=lambda change: change.trial):
            yield f"\n{trial}"
            for place, inside in groupby(changes, key=lambda change: change.place):
                yield from (f"  {line}" for line in _place_lines(place, list(inside)))
        moved = [one for one in self.pooled if one.changed]
        if moved:
            yield "\nPooled results"
            yield from (f"  {one}" for one in moved)
        still = [one.question for one in self.pooled if not one.changed]
        if still:
            yield f"\nUnchanged pooled results: {', '.join(still)}"


def _place_lines(place: str, changes: list[Change]) -> Iterator[str]:
    """A line per change; one for all of a result, arm or reference that came or went whole."""
    kinds = {change.kind for change in changes}
    if not place or len(changes) == 1 or len(kinds) > 1 or "changed" in kinds:
        yield from map(str, changes)
        return
    numbers = [f"{one.field} {one.value}" for one in changes if one.is_number]
    shown = f": {', '.join(numbers)}" if numbers else ""
    yield f"{place}: {kinds.pop()}{shown}"


def compare(before: Registry, after: Registry, *, names: tuple[str, str] = ("", "")) -> Difference:
    """Compare two versions of a registry.

    Every question is answered on both sides by the plan of that side, with the default policy. If
    the answers differ, each record that differs is exchanged alone in the version before, so that
    one sees which of them moved the answer and how far.

    Parameters
    ----------
    before, after : Registry
        The two versions. One without a review plan is asked the questions of the other.
    names : tuple of two str, optional
        What the versions are called. Default: their folders.

    Examples
    --------
    >>> import metaonc as mo
    >>> registry = mo.load_registry()
    >>> found = compare(registry, registry)
    >>> found.counts(), any(one.changed for one in found.pooled)
    ({'added': 0, 'changed': 0, 'removed': 0}, False)
    """
    plans = before.plan or after.plan, after.plan or before.plan
    before, after = (
        dataclasses.replace(side, plan=plan)
        for side, plan in zip((before, after), plans, strict=True)
    )
    changes = compare_records(before, after)
    suspects = list(dict.fromkeys(change.trial for change in changes))
    keys = dict.fromkeys(q.key for side in (before, after) for q in side.questions)
    labels = names if all(names) else (str(before.folder), str(after.folder))
    return Difference(
        *labels,
        changes=changes,
        pooled=tuple(_pooled_change(key, before, after, suspects) for key in keys),
    )


def _pooled_change(
    key: str, before: Registry, after: Registry, suspects: list[str]
) -> PooledChange:
    asked = next(q for side in (after, before) for q in side.questions if q.key == key)
    old, new = (_answer(side, key) for side in (before, after))
    if _figures(old) == _figures(new):
        return PooledChange(key, asked.title, _text(old), _text(new), changed=False)
    moved = []
    for trial in suspects:
        alone = _answer(_exchanged(before, after, trial), key)
        if _figures(alone) != _figures(old):
            moved.append(Moved(trial, _text(alone)))
    if before.plan != after.plan:
        alone = _answer(dataclasses.replace(before, plan=after.plan), key)
        if _figures(alone) != _figures(old):
            moved.append(Moved(PLAN, _text(alone)))
    return PooledChange(
        key, asked.title, _text(old), _text(new), changed=True, moved_by=tuple(moved)
    )


def _exchanged(before: Registry, after: Registry, key: str) -> Registry:
    """The version before with one trial as it is after, or without it."""
    others = [trial for trial in before.trials if trial.key != key]
    new = [trial for trial in after.trials if trial.key == key]
    return dataclasses.replace(before, trials=(*others, *new))


def _answer(registry: Registry, key: str) -> Analysis | None:
    """The answer to one question without its groups; None where it is not asked."""
    asked = [question for question in registry.questions if question.key == key]
    if not asked or registry.plan is None:
        return None
    alone: Question = asked[0].model_copy(update={"subgroup": None})
    plan: Plan = registry.plan.model_copy(update={"questions": (alone,)})
    return analyse(dataclasses.replace(registry, plan=plan))[0]


def _figures(analysis: Analysis | None) -> tuple[object, ...]:
    """What has to be equal for two answers to be the same."""
    if analysis is None:
        return ("not asked",)
    fit = analysis.pooled
    if fit is None:
        return (analysis.reason,)
    studies = sorted(
        zip(fit.effects.labels, fit.effects.yi.tolist(), fit.effects.vi.tolist(), strict=True)
    )
    choices = (fit.effects.measure, fit.choices)
    return (*choices, *studies)


def _text(analysis: Analysis | None) -> str:
    if analysis is None:
        return "not asked"
    fit: PooledResult | None = analysis.pooled
    return f"not pooled: {analysis.reason}" if fit is None else f"{estimate_text(fit)}, k = {fit.k}"
