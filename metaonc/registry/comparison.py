"""What differs between two versions of the same records, number by number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from metaonc.registry.collection import Records
from metaonc.registry.records import HazardRatio, Trial

_Flat = dict[tuple[str, str], Any]


@dataclass(frozen=True)
class Change:
    """One field that is not what it was.

    Attributes
    ----------
    trial : str
        Key of the record.
    place : str
        Where in the record: a result in words, an arm, a reference, the design; empty for the
        record as a whole.
    field : str
        The field.
    before, after : Decimal, int, str, bool or None
        The value on either side; None where there is none.
    """

    trial: str
    place: str
    field: str
    before: Any
    after: Any

    @property
    def kind(self) -> str:
        """``"added"``, ``"changed"`` or ``"removed"``."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"

    @property
    def is_number(self) -> bool:
        """Whether it is about a number rather than a word."""
        return isinstance(self.value, int | Decimal) and not isinstance(self.value, bool)

    @property
    def value(self) -> Any:
        """The value after; the one before where there is none."""
        return self.before if self.after is None else self.after

    def __str__(self) -> str:
        sides = [_shown(value) for value in (self.before, self.after) if value is not None]
        arrow = " -> ".join(sides)
        where = " ".join(filter(None, (self.place, self.field)))
        return f"{where}: {arrow}" if self.kind == "changed" else f"{where}: {self.kind} {arrow}"


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def compare_records(before: Records, after: Records) -> tuple[Change, ...]:
    """Every field that was added, changed or removed, in the order of the records.

    Results are recognised by what they report (kind, outcome, cut, assessment, patients, arms) and
    not by their place in the file, arms, cuts and references by their keys: moving them about
    changes nothing. Digits count: 0.70 is not 0.7.
    """
    sides = [{trial.key: trial for trial in records} for records in (before, after)]
    keys = dict.fromkeys(key for side in sides for key in side)
    return tuple(change for key in keys for change in _trial_changes(key, *sides))


def _trial_changes(
    key: str, before: Mapping[str, Trial], after: Mapping[str, Trial]
) -> Iterator[Change]:
    old, new = (_flat(side[key]) if key in side else {} for side in (before, after))
    for place, field in {**old, **new}:
        values = old.get((place, field)), new.get((place, field))
        if _digits(values[0]) != _digits(values[1]):
            yield Change(key, place, field, *values)


def _digits(value: Any) -> Any:
    """0.70 and 0.7 are the same number and not the same print."""
    return str(value) if isinstance(value, Decimal) else value


def _flat(trial: Trial) -> _Flat:
    """Every value of a record by its place and field."""
    data = trial.model_dump(exclude_unset=True)
    del data["key"]
    found: _Flat = {}
    for name, value in data.items():
        if name == "results":
            for place, dumped in zip(_places(trial), value, strict=True):
                _add(found, place, "", dumped)
        elif name in ("arms", "cuts", "references"):
            for part in value:
                _add(found, f"{name.removesuffix('s')} {part.pop('key')}", "", part)
        elif name == "design":
            _add(found, "design", "", value)
        else:
            _add(found, "", name, value)
    return found


def _add(found: _Flat, place: str, field: str, value: Any) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            _add(found, place, f"{field}.{name}".lstrip("."), inner)
    elif isinstance(value, list | tuple):
        for i, inner in enumerate(value, start=1):
            _add(found, place, f"{field} {i}", inner)
    elif value is not None:
        found[place, field] = value


def _places(trial: Trial) -> Iterator[str]:
    """Each result in words that no other has: with its arms, or a number, where it must be."""
    words = [result_words(result) for result in trial.results]
    for i, result in enumerate(trial.results):
        if words.count(words[i]) > 1 and hasattr(result, "arms"):
            words[i] += f", {' and '.join(sorted(result.arms))}"
    for i, place in enumerate(words):
        again = words[:i].count(place)
        yield f"{place} ({again + 1})" if again else place


def result_words(result: Any) -> str:
    """A result by what it reports: outcome, kind, cut, assessment, patients, and contrast."""
    words = [result.outcome, result.kind.replace("_", " ")]
    for name in ("grade", "time_point", "cut", "assessment", "subgroup", "population"):
        value = getattr(result, name, None)
        if value and value != "not stated":
            words.append(f"grade {value}" if name == "grade" else str(value))
    if isinstance(result, HazardRatio):
        words.append(f"{result.experimental} v {result.control}")
        words += ["adjusted"] * bool(result.adjusted)
    return ", ".join(words)
