"""Rules of the review plan: its questions, and the records they are asked of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from metaonc.errors import PlanError, Problem
from metaonc.registry.filters import check_values, known_field, vocabulary
from metaonc.registry.plan import Plan, Question
from metaonc.registry.records import Trial
from metaonc.registry.rules.breach import Breach

NO_ABSOLUTE_EFFECT = ("PRAW", "PLOGIT", "PAS", "PFT")


def plan_problems(plan: Plan, shown_as: str) -> list[Problem]:
    """Rules that need nothing but the plan."""
    problems = []
    seen: set[str] = set()
    for question in plan.questions:
        if question.key in seen:
            problems.append(
                _plan_problem(
                    shown_as,
                    question.key,
                    "key",
                    repr(question.key),
                    "is used twice",
                    "give each question its own key",
                )
            )
        seen.add(question.key)
        if question.one_arm != (question.arm is not None):
            problems.append(
                _plan_problem(
                    shown_as,
                    question.key,
                    "arm",
                    repr(question.arm),
                    f"does not go with measure {question.measure}",
                    "name the arm for a single proportion (PRAW, PLOGIT, PAS, PFT), "
                    "and leave it out for a comparison",
                )
            )
        problems += [
            _plan_problem(
                shown_as,
                question.key,
                "outcomes",
                repr(outcome),
                "is not among the plan's outcomes",
                f"add [outcomes.{outcome}] or use one of: {', '.join(plan.outcomes)}",
            )
            for outcome in question.outcomes
            if outcome not in plan.outcomes
        ]
    return [*problems, *_review_problems(plan, shown_as)]


def _review_problems(plan: Plan, shown_as: str) -> Iterator[Problem]:
    """What the review says of itself and of its certainty, as far as it cannot be."""
    for part in (plan.flow, plan.protocol, plan.search):
        for breach in part.breaches() if part else ():
            yield Problem(file=shown_as, record="review plan", **breach._asdict())
    for question in plan.questions:
        for breach in _question_breaches(question):
            yield Problem(file=shown_as, record=f"question {question.key}", **breach._asdict())


def _question_breaches(question: Question) -> Iterator[Breach]:
    if question.certainty is not None:
        yield from question.certainty.breaches()
    if question.thresholds is not None:
        yield from question.thresholds.breaches()
    for number, baseline in enumerate(question.baselines, start=1):
        where = f"baseline {number}"
        if question.measure in NO_ABSOLUTE_EFFECT:
            yield Breach(
                where,
                "",
                f"is for a comparison, and the question's measure is {question.measure}",
                "leave it out; a single proportion is a risk already",
            )
        else:
            yield from baseline.breaches(question.measure, where)


def word_problems(plan: Plan, trials: Sequence[Trial], shown_as: str) -> list[Problem]:
    """Words of the questions that choose by nothing the records hold."""
    known = vocabulary(trials)
    problems = []
    for question in plan.questions:
        for name in question.where:
            said = ""
            try:
                check_values(question.filters()[name], known) if name in known else known_field(
                    name, known
                )
            except PlanError as error:
                said = str(error)
            if name in question.eligible:
                said = f"{name} is in eligible as well; say it once."
            if said:
                problems.append(
                    _plan_problem(
                        shown_as,
                        question.key,
                        f"where.{name}",
                        repr(question.where[name]),
                        "chooses nothing",
                        said.removesuffix("."),
                    )
                )
    return problems


def unknown_trials(plan: Plan, known: set[str], shown_as: str) -> list[Problem]:
    """Exclusions and baselines of trials that the folder does not hold."""
    return [
        _plan_problem(
            shown_as,
            question.key,
            "exclude.trial",
            repr(exclusion.trial),
            "is not a trial of the folder",
            f"use one of: {', '.join(sorted(known))}",
        )
        for question in plan.questions
        for exclusion in question.exclude
        if exclusion.trial not in known
    ] + [
        _plan_problem(
            shown_as,
            question.key,
            f"baseline {number}.trial",
            repr(baseline.trial),
            "is not a trial of the folder",
            f"use one of: {', '.join(sorted(known))}",
        )
        for question in plan.questions
        for number, baseline in enumerate(question.baselines, start=1)
        if baseline.trial is not None and baseline.trial not in known
    ]


def _plan_problem(
    file: str, question: str, field: str, value: str, rule: str, remedy: str
) -> Problem:
    record = f"question {question}"
    return Problem(file=file, record=record, field=field, value=value, rule=rule, remedy=remedy)
