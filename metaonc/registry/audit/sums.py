"""Rules on counts that sum to another: arms, grades, subgroups, best responses."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from metaonc.registry.audit.facts import Counted, TrialFacts, listed
from metaonc.registry.audit.nested import with_subgroups
from metaonc.registry.audit.numbers import Span, span, total
from metaonc.registry.audit.rule import Found, TrialRule

_BEST_RESPONSES = ("orr", "stable-disease", "progressive-disease", "not-evaluable")
_SINGLE = ("1", "2", "3", "4")


def arms_against_total(facts: TrialFacts) -> Iterator[Found]:
    """The arms do not sum to the number of patients that the trial prints.

    One arm's size is wrong, an arm is missing, or the total counts patients who were screened or
    treated rather than randomised.

    Notes
    -----
    The sum of `n` over all arms against `randomised`, where every arm has an `n`.
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

    A total that its parts contradict is misprinted, or some patients are in two of the subgroups.
    An analysis should not use it before that is settled.

    Notes
    -----
    Subgroups of one arm and outcome whose denominators sum to the denominator of the whole are
    taken to be its parts: all of them together, or two. Their events must then sum to those of the
    whole; counts known only as a percentage enter as the range of counts that print so.
    """
    for whole, parts in with_subgroups(facts):
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


def shares_exceed_all(facts: TrialFacts) -> Iterator[Found]:
    """Best responses that exclude each other sum to more than all patients.

    One of the percentages has another denominator, or belongs to another assessment or cut.

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


RULES: tuple[TrialRule, ...] = (
    TrialRule("CT404", "arms-against-total", "error", arms_against_total,
              "look up the sizes of all arms and the total"),
    TrialRule("CT407", "grades-do-not-add", "error", grades_do_not_add,
              "look up the grades and the total"),
    TrialRule("CT408", "subgroups-do-not-add", "error", subgroups_do_not_add,
              "look up the subgroups and the total"),
    TrialRule("CT410", "shares-exceed-all", "error", shares_exceed_all,
              "look up the best responses and their denominators"),
    TrialRule("CT415", "benefit-not-sum", "warning", benefit_not_sum,
              "see which duration of stable disease counts as benefit"),
)  # fmt: skip
