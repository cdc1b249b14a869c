"""Rules on counts of which one holds the other: outcomes, grades, subgroups."""

from __future__ import annotations

from collections.abc import Iterator

from metaonc.registry.audit.facts import Counted, TrialFacts
from metaonc.registry.audit.numbers import span
from metaonc.registry.audit.rule import Found, TrialRule

# Whoever has the first outcome has the second as well.
_WITHIN = (
    ("complete-response", "orr"),
    ("partial-response", "orr"),
    ("orr", "cbr"),
    ("orr", "disease-control"),
    ("cbr", "disease-control"),
)
_GRADES = {  # grade -> the grades it holds
    "any": (">=2", ">=3", "3-4", "1", "2", "3", "4", "5"),
    ">=2": (">=3", "3-4", "2", "3", "4", "5"),
    ">=3": ("3-4", "3", "4", "5"),
    "3-4": ("3", "4"),
}


def outcomes_not_nested(facts: TrialFacts) -> Iterator[Found]:
    """More patients have an outcome than have the outcome that includes it.

    Every responder has clinical benefit, and everyone with a particular adverse event has an
    adverse event. The finding is often a swapped pair, a figure of another cut or assessment, or
    the percentage of another denominator.

    Notes
    -----
    Compared are counts of one arm with the same cut, assessment, patients and grade, the first not
    with a larger denominator; where a count is known only as a percentage, its whole range; where a
    denominator is not known, the percentages. Complete and partial response are
    within objective response, that is within clinical benefit, that is within disease control;
    every adverse event is within `any-ae` of its grade.
    """
    for group in facts.by_outcome:
        by_outcome = {row.place.outcome: row for row in group}
        everyone = by_outcome.get("any-ae")
        pairs = [(by_outcome.get(a), by_outcome.get(b)) for a, b in _WITHIN]
        if everyone is not None and everyone.result.grade is not None:
            pairs += [(row, everyone) for row in group if row is not everyone]
        for part, whole in pairs:
            if part is not None and whole is not None:
                yield from _exceeds(part, whole, part.place.outcome, whole.place.outcome)


def grades_not_nested(facts: TrialFacts) -> Iterator[Found]:
    """More patients have a severe adverse event than have it at any grade.

    The two rows of a table were exchanged, or one of them is about another event or another
    population.

    Notes
    -----
    As CT405, for the grades of one adverse event: each grade is within the wider ones (3-4 within
    3 or higher, within 2 or higher, within any).
    """
    for group in facts.by_grade:
        by_grade = {row.result.grade: row for row in group}
        for wide, narrower in _GRADES.items():
            for narrow in narrower:
                part, whole = by_grade.get(narrow), by_grade.get(wide)  # type: ignore[call-overload]
                if part is not None and whole is not None:
                    yield from _exceeds(part, whole, f"grade {narrow}", f"grade {wide}")


def _exceeds(part: Counted, whole: Counted, name: str, of: str) -> Iterator[Found]:
    """A finding where `part` holds more than `whole`: patients, or percent where n is not known."""
    inner, outer = part.events, whole.events
    n, among = part.count.n, whole.count.n
    if n is not None and among is not None:
        if n <= among and inner and outer and inner[0] > outer[-1]:
            yield Found(
                part.index,
                f"{part.field}.events",
                f"{inner[0]} patients have {name}, only {outer[-1]} have {of}",
            )
        return
    a, b = part.count.percent, whole.count.percent
    if a is not None and b is not None and span(a).low > span(b).high:
        yield Found(part.index, f"{part.field}.percent", f"{a}% have {name}, only {b}% have {of}")


def part_exceeds_whole(facts: TrialFacts) -> Iterator[Found]:
    """A subgroup has more patients with the event than all patients together.

    The denominator of a percentage was guessed too large, or figures of two cuts are mixed.

    Notes
    -----
    Compared are counts of one arm, outcome, cut, assessment and grade, in a subgroup or a named
    population and in all patients.
    """
    for whole, parts in with_subgroups(facts, populations=True):
        for part in parts:
            of = part.place.subgroup or part.place.population
            yield from _exceeds(part, whole, f"the event among {of}", "it in all")


def with_subgroups(
    facts: TrialFacts, *, populations: bool = False
) -> Iterator[tuple[Counted, list[Counted]]]:
    """Counts of everyone, each with those of the subgroups of the same arm and outcome."""
    what: tuple[object, ...]
    whole: dict[tuple[object, ...], Counted] = {}
    parts: dict[tuple[object, ...], list[Counted]] = {}
    for row in facts.counted:
        what = row.place[:3], row.result.grade, row.arm
        is_part = row.place.subgroup is not None or row.place.population is not None
        if not is_part:
            whole.setdefault(what, row)
        elif populations or row.place.population is None:
            parts.setdefault(what, []).append(row)
    for what, rows in parts.items():
        if what in whole:
            yield whole[what], rows


RULES: tuple[TrialRule, ...] = (
    TrialRule("CT405", "outcomes-not-nested", "error", outcomes_not_nested,
              "look up both counts, their cut, assessment and denominator"),
    TrialRule("CT406", "grades-not-nested", "error", grades_not_nested,
              "look up both counts and their grades"),
    TrialRule("CT409", "part-exceeds-whole", "error", part_exceeds_whole,
              "look up the denominator of the part"),
)  # fmt: skip
