"""Rules on counts that hold each other: outcomes, grades, subgroups, arms, totals."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from metaonc.registry.audit.facts import Counted, TrialFacts, listed
from metaonc.registry.audit.numbers import Span, span, total
from metaonc.registry.audit.rule import Found, TrialRule

# Whoever has the first outcome has the second as well.
_WITHIN = (
    ("complete-response", "orr"),
    ("partial-response", "orr"),
    ("orr", "cbr"),
    ("orr", "disease-control"),
    ("cbr", "disease-control"),
)
_BEST_RESPONSES = ("orr", "stable-disease", "progressive-disease", "not-evaluable")
_GRADES = {  # grade -> the grades it holds
    "any": (">=2", ">=3", "3-4", "1", "2", "3", "4", "5"),
    ">=2": (">=3", "3-4", "2", "3", "4", "5"),
    ">=3": ("3-4", "3", "4", "5"),
    "3-4": ("3", "4"),
}
_SINGLE = ("1", "2", "3", "4")


def arms_against_total(facts: TrialFacts) -> Iterator[Found]:
    """The arms do not sum to the number of patients that the trial prints.

    One arm's size is wrong, an arm is missing, or the total counts patients who were screened or
    treated rather than randomised.
    """
    trial = facts.trial
    if trial.randomised is None or len(facts.sizes) != len(trial.arms):
        return
    summed = sum(facts.sizes.values())
    if summed != trial.randomised:
        yield Found(
            None,
            "randomised",
            f"the arms hold {summed} patients, printed in all are {trial.randomised}",
            f"{' + '.join(str(n) for n in facts.sizes.values())} = {summed}",
        )


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


def grades_do_not_add(facts: TrialFacts) -> Iterator[Found]:
    """The grades of an adverse event do not sum to its total.

    Every patient is counted once, at the worst grade. Where grades and total differ, one of them
    is misprinted or misread.

    Notes
    -----
    Grades 1 to 4 (and 5 where given) against any grade; grades 3 and 4 against grade 3-4. Counts
    known only as a percentage enter as the range of counts that print so.
    """
    for group in facts.by_grade:
        by_grade = {str(row.result.grade): row for row in group}
        for wide, parts in (("any", _SINGLE), ("3-4", ("3", "4"))):
            if wide in by_grade and all(grade in by_grade for grade in parts):
                fatal = ("5",) if wide == "any" and "5" in by_grade else ()
                rows = [by_grade[grade] for grade in (*parts, *fatal)]
                if {row.count.n for row in rows} == {by_grade[wide].count.n}:
                    yield from _sum_differs(by_grade[wide], rows, f"grades {' + '.join(parts)}")


def subgroups_do_not_add(facts: TrialFacts) -> Iterator[Found]:
    """Subgroups that make up all patients have events that do not make up all events.

    Notes
    -----
    Subgroups of one arm and outcome whose denominators sum to the denominator of the whole are
    taken to be its parts: all of them together, or two. Their events must then sum to those of the
    whole; counts known only as a percentage enter as the range of counts that print so.
    """
    for whole, parts in _with_subgroups(facts):
        n = whole.count.n
        for rows in _partitions(parts, n):
            names = ", ".join(str(row.place.subgroup) for row in rows)
            found = list(_sum_differs(whole, rows, f"the subgroups ({names})"))
            yield from found
            if found:
                break


def _partitions(parts: list[Counted], n: int | None) -> Iterator[list[Counted]]:
    if n is None or any(row.count.n is None for row in parts):
        return
    if len(parts) > 1 and sum(row.count.n or 0 for row in parts) == n:
        yield parts
        return
    for pair in combinations(parts, 2):
        if sum(row.count.n or 0 for row in pair) == n:
            yield list(pair)


def _sum_differs(whole: Counted, rows: list[Counted], what: str) -> Iterator[Found]:
    every = [row.events for row in rows]
    outer = whole.events
    if not outer or not all(every):
        return
    low, high = (sum(e[at] for e in every if e) for at in (0, -1))
    if low <= outer[-1] and outer[0] <= high:
        return
    middle = [str(e[0]) if e and len(e) == 1 else f"({e[0]} to {e[-1]})" for e in every if e]
    yield Found(
        whole.index,
        f"{whole.field}.events",
        f"{what} have {low if low == high else f'{low} to {high}'} events together, "
        f"printed in all are {outer[0] if len(outer) == 1 else f'{outer[0]} to {outer[-1]}'}",
        f"{' + '.join(middle)} = {low if low == high else f'{low} to {high}'}",
    )


def part_exceeds_whole(facts: TrialFacts) -> Iterator[Found]:
    """A subgroup has more patients with the event than all patients together.

    The denominator of a percentage was guessed too large, or figures of two cuts are mixed.

    Notes
    -----
    Compared are counts of one arm, outcome, cut, assessment and grade, in a subgroup or a named
    population and in all patients.
    """
    for whole, parts in _with_subgroups(facts, populations=True):
        for part in parts:
            of = part.place.subgroup or part.place.population
            yield from _exceeds(part, whole, f"the event among {of}", "it in all")


def shares_exceed_all(facts: TrialFacts) -> Iterator[Found]:
    """Best responses that exclude each other sum to more than all patients.

    Notes
    -----
    Objective response, stable disease, progressive disease and not evaluable, of one arm with the
    same cut, assessment, patients and denominator; percentages at the lower end of their range.
    """
    for group in facts.by_outcome:
        rows = [row for row in group if row.place.outcome in _BEST_RESPONSES]
        if len(rows) < 2 or len({row.count.n for row in rows}) > 1:
            continue
        shares = [_share(row) for row in rows]
        known = [s for s in shares if s is not None]
        least = sum(s.low for s in known)
        if len(known) == len(rows) and least > 100 + 1e-6:
            names = listed(row.place.outcome for row in rows).replace(" or ", " and ")
            yield Found(
                rows[0].index,
                rows[0].field,
                f"{names} hold more than all patients",
                f"{' + '.join(f'{s.value:.1f}' for s in known)} = {total(known).value:.1f}%",
            )


def _share(row: Counted) -> Span | None:
    """The percentage of an arm, from its count where that is known."""
    events, n = row.one, row.count.n
    if events is not None and n:
        exact = 100 * events / n
        return Span(exact, exact, exact)
    return None if row.count.percent is None else span(row.count.percent)


def benefit_not_sum(facts: TrialFacts) -> Iterator[Found]:
    """Clinical benefit is not response plus stable disease.

    Clinical benefit counts responses and stable disease of a minimum duration. Where the record
    gives all three for the same patients and they do not add up, the stable disease may be of any
    duration, or a figure is wrong.

    Notes
    -----
    Percentages as the ranges of their digits, counts exactly.
    """
    for group in facts.by_outcome:
        by_outcome = {row.place.outcome: row for row in group}
        rows = [by_outcome.get(key) for key in ("orr", "stable-disease", "cbr")]
        shares = [None if row is None else _share(row) for row in rows]
        response, stable, benefit = shares
        if response is None or stable is None or benefit is None or rows[2] is None:
            continue
        if len({row.count.n for row in rows if row is not None}) > 1:
            continue
        added = total((response, stable))
        if added.low > benefit.high + 1e-6 or added.high < benefit.low - 1e-6:
            yield Found(
                rows[2].index,
                rows[2].field,
                f"clinical benefit of {benefit.value:.1f}% is not response plus stable disease",
                f"{response.value:.1f} + {stable.value:.1f} = {added.value:.1f}%",
            )


def _with_subgroups(
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
    TrialRule("CT404", "arms-against-total", "error", arms_against_total,
              "look up the sizes of all arms and the total"),
    TrialRule("CT405", "outcomes-not-nested", "error", outcomes_not_nested,
              "look up both counts, their cut, assessment and denominator"),
    TrialRule("CT406", "grades-not-nested", "error", grades_not_nested,
              "look up both counts and their grades"),
    TrialRule("CT407", "grades-do-not-add", "error", grades_do_not_add,
              "look up the grades and the total"),
    TrialRule("CT408", "subgroups-do-not-add", "error", subgroups_do_not_add,
              "look up the subgroups and the total"),
    TrialRule("CT409", "part-exceeds-whole", "error", part_exceeds_whole,
              "look up the denominator of the part"),
    TrialRule("CT410", "shares-exceed-all", "error", shares_exceed_all,
              "look up the best responses and their denominators"),
    TrialRule("CT415", "benefit-not-sum", "warning", benefit_not_sum,
              "see which duration of stable disease counts as benefit"),
)  # fmt: skip
