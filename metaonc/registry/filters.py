"""The words by which trials and results are chosen, and what they may say.

One language for :meth:`metaonc.Registry.effects`, the command line (``--where``) and the questions
of ``review.toml``: a word names a field, a value says what the field must hold. A list of values
means any of them, ``"!value"`` anything but that, and a field that holds a number also takes
``">=2015"``, ``"<2020"`` and the like.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from metaonc.errors import PlanError
from metaonc.registry.derived import ROUTES
from metaonc.registry.parts import Assessment, Design, Status
from metaonc.registry.records import Trial

Value = str | int
Wanted = Value | Sequence[Value] | None

# Fields of a trial; the record's own attributes come on top.
TRIAL_FIELDS = (
    "trial", "year", "patients", "arms", "phase", "allocation", "masking", "setting",
)  # fmt: skip
# Fields of a result, in the order in which they narrow the choice.
RESULT_FIELDS = (
    "outcome", "subgroup", "grade", "population", "adjusted", "experimental", "control",
    "assessment", "cut", "status", "derived", "route",
)  # fmt: skip
# What `Registry.effects` takes besides words.
ARGUMENTS = ("name", "measure", "arm", "confirmed_only", "add", "to", "shared_control", "where")
NUMBERS = ("year", "patients", "arms")
# What a word may say besides what the records hold.
CUT_WORDS = ("primary", "first", "latest", "final")
WORDS: dict[str, tuple[str, ...]] = {
    "subgroup": ("none",),
    "population": ("everyone",),
    "adjusted": ("no",),
    "grade": ("not stated",),
    "assessment": ("primary", *get_args(Assessment)),
    "cut": CUT_WORDS,
    "status": get_args(Status),
    "derived": ("yes", "no"),
    "route": tuple(ROUTES),
    **{
        name: get_args(Design.model_fields[name].annotation)
        for name in ("phase", "allocation", "masking", "setting")
    },
}
_COMPARISON = re.compile(r"(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)$")


@dataclass(frozen=True)
class Filter:
    """What one field must hold: any of `wanted`, none of `unwanted`."""

    field: str
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()

    @property
    def of_trial(self) -> bool:
        """Whether it is about the trial rather than about one of its results."""
        return self.field not in RESULT_FIELDS

    def excludes(self, has: Iterable[str]) -> bool:
        """Whether one of `has` is named as unwanted."""
        held = tuple(has)
        return any(self._is(value, held) for value in self.unwanted)

    def admits(self, has: Iterable[str]) -> bool:
        """Whether a field that holds `has` (several values for an arm's names) will do."""
        held = tuple(has)
        if self.excludes(held):
            return False
        if self.field in NUMBERS:
            return self._admits_number(held)
        return not self.wanted or any(value in held for value in self.wanted)

    def _is(self, value: str, held: tuple[str, ...]) -> bool:
        if self.field in NUMBERS and _COMPARISON.match(value):
            return Filter(self.field, (value,)).admits(held)
        return value in held

    def _admits_number(self, held: tuple[str, ...]) -> bool:
        bounds = [match for value in self.wanted if (match := _COMPARISON.match(value))]
        plain = [value for value in self.wanted if not _COMPARISON.match(value)]
        if not held and (bounds or plain):
            return False
        within = all(_compare(float(held[0]), match[1], float(match[2])) for match in bounds)
        return within and (not plain or any(float(value) == float(held[0]) for value in plain))

    def __str__(self) -> str:
        joint = " and " if any(_COMPARISON.match(value) for value in self.wanted) else " or "
        words = [joint.join(self.wanted)] if self.wanted else []
        words += [f"other than {' or '.join(self.unwanted)}"] if self.unwanted else []
        return " and ".join(words)


def _compare(has: float, sign: str, bound: float) -> bool:
    if sign[0] == ">":
        return has > bound or (sign == ">=" and has == bound)
    return has < bound or (sign == "<=" and has == bound)


def make_filter(field: str, wanted: Wanted) -> Filter:
    """Read what a caller, a command line or a plan says about one field.

    Examples
    --------
    >>> make_filter("setting", "!neoadjuvant")
    Filter(field='setting', wanted=(), unwanted=('neoadjuvant',))
    >>> str(make_filter("phase", ["II", "III"]))
    'II or III'
    """
    values: list[object] = [wanted]
    if isinstance(wanted, Iterable) and not isinstance(wanted, str):
        values = list(wanted)
    texts = [_text(field, value) for value in values]
    return Filter(
        field,
        tuple(text for text in texts if not text.startswith("!")),
        tuple(text.removeprefix("!") for text in texts if text.startswith("!")),
    )


def single(field: str, wanted: Wanted) -> str | None:
    """The one value of a field that takes no list, such as the effect measure.

    Raises
    ------
    PlanError
        If there are several, or one to be left out.
    """
    if wanted is None:
        return None
    found = make_filter(field, wanted)
    if found.unwanted or len(found.wanted) != 1:
        raise PlanError(f"{field} takes one value, not {found}; name one.")
    return found.wanted[0]


def _text(field: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int):
        return str(value).strip()
    raise PlanError(
        f"{field} = {value!r} is not a word to choose by; give text, a number or a list of these."
    )


def trial_values(trial: Trial) -> dict[str, tuple[str, ...]]:
    """What each field of a trial holds, as words; nothing where it is not known."""
    numbers = {"year": trial.year, "patients": trial.patients, "arms": len(trial.arms)}
    return {
        "trial": (trial.key,),
        **{name: () if number is None else (str(number),) for name, number in numbers.items()},
        **{name: (value,) for name, value in trial.traits().items()},
    }


def arm_words(trial: Trial, key: str) -> tuple[str, ...]:
    """Everything an arm may be called: its key, its label, its drugs."""
    arm = trial.arm(key)
    return tuple(dict.fromkeys((arm.key, arm.label, *(drug.drug for drug in arm.treatments))))


def vocabulary(trials: Iterable[Trial]) -> dict[str, tuple[str, ...]]:
    """Every field that these trials can be chosen by, with every value that one of them holds."""
    found: dict[str, dict[str, None]] = {
        name: dict.fromkeys(WORDS.get(name, ())) for name in (*TRIAL_FIELDS, *RESULT_FIELDS)
    }
    for trial in trials:
        for name, values in trial_values(trial).items():
            found.setdefault(name, {}).update(dict.fromkeys(values))
        for cut in trial.cuts:
            found["cut"][cut.key] = None
        for arm in trial.arms:
            side = "experimental" if arm.role == "experimental" else "control"
            found[side].update(dict.fromkeys(arm_words(trial, arm.key)))
        for result in (*trial.results, *trial.derived):
            found["outcome"][result.outcome] = None
            for name in ("subgroup", "population", "adjusted", "grade"):
                value = getattr(result, name, None)
                if value is not None:
                    found[name][value] = None
    return {name: tuple(values) for name, values in found.items()}


def known_field(name: str, known: Mapping[str, Sequence[str]]) -> str:
    """The field that `name` means (a Python keyword has ``_`` for ``-``), or an error.

    Raises
    ------
    PlanError
        With the fields there are, nearest first.
    """
    if name in known:
        return name
    hyphened = name.replace("_", "-")
    if hyphened in known:
        return hyphened
    raise PlanError(
        f"{name!r} is nothing that trials or results are chosen by; there are: "
        f"{', '.join(nearest_first(name, known))}."
    )


def check_values(wanted: Filter, known: Mapping[str, Sequence[str]]) -> None:
    """Refuse a value that no record holds.

    Raises
    ------
    PlanError
        With the values there are, nearest first.
    """
    for value in (*wanted.wanted, *wanted.unwanted):
        if value in known[wanted.field]:
            continue
        if wanted.field in NUMBERS:
            if _COMPARISON.match(value) or re.fullmatch(r"\d+", value):
                continue
            raise PlanError(
                f"{wanted.field} = {value!r} is not a whole number or a comparison such as "
                "'>=2015'; correct it."
            )
        there = nearest_first(value, known[wanted.field])
        raise PlanError(
            f"{wanted.field} = {value!r} is in no record; use one of: {', '.join(there) or 'none'}."
        )


def nearest_first(word: str, known: Iterable[str]) -> list[str]:
    """The known words, the most similar ones first.

    Examples
    --------
    >>> nearest_first("settings", ["phase", "setting", "year"])
    ['setting', 'phase', 'year']
    """
    words = list(known)
    close = difflib.get_close_matches(word.lower(), [text.lower() for text in words], n=3)
    rank = {text: i for i, text in enumerate(close)}
    return sorted(words, key=lambda text: rank.get(text.lower(), len(close)))


_WHERE = re.compile(r"\s*([A-Za-z][\w-]*)\s*(!=|>=|<=|=|>|<)(.*)$", re.DOTALL)


def read_where(texts: Iterable[str]) -> dict[str, list[str]]:
    """Read the command line's ``--where FIELD=VALUE``; one field several times is a list.

    Raises
    ------
    PlanError
        If a text is not ``FIELD=VALUE``, ``FIELD!=VALUE`` or a comparison.

    Examples
    --------
    >>> read_where(["phase=II", "phase=III", "trial!=horizon", "year>=2015"])
    {'phase': ['II', 'III'], 'trial': ['!horizon'], 'year': ['>=2015']}
    """
    found: dict[str, list[str]] = {}
    for text in texts:
        match = _WHERE.match(text)
        if not match or not match[3].strip():
            raise PlanError(
                f"--where {text!r} is not FIELD=VALUE, FIELD!=VALUE or a comparison such as "
                "year>=2015; correct it."
            )
        sign = {"=": "", "!=": "!"}.get(match[2], match[2])
        found.setdefault(match[1], []).append(sign + match[3].strip())
    return found
