"""Which of a trial's results answers a question, and why a trial has none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from metaonc.registry.plan import Question
from metaonc.registry.records import Counts, HazardRatio, Role, Trial


@dataclass(frozen=True)
class Chosen:
    """The result by which a trial answers a question, and the arms it compares.

    `control` is empty for a question about one arm.
    """

    trial: Trial
    result: HazardRatio | Counts
    experimental: str
    control: str = ""


@dataclass(frozen=True)
class LeftOut:
    """A study without an effect in an analysis, and the reason."""

    label: str
    reason: str


@dataclass(frozen=True)
class Selection:
    """What a question takes from the registry, and what it leaves."""

    question: Question
    chosen: tuple[Chosen, ...]
    left_out: tuple[LeftOut, ...]


def select(trials: Iterable[Trial], question: Question, *, confirmed_only: bool) -> Selection:
    """Choose one result per eligible trial; every other trial is listed with the reason."""
    chosen: list[Chosen] = []
    left_out: list[LeftOut] = []
    for trial in trials:
        found = choose(trial, question, confirmed_only=confirmed_only)
        if isinstance(found, Chosen):
            chosen.append(found)
        else:
            left_out.append(LeftOut(trial.name, found))
    return Selection(question, tuple(chosen), tuple(left_out))


def choose(trial: Trial, question: Question, *, confirmed_only: bool) -> Chosen | str:
    """Choose the result by which `trial` answers `question`, or say why there is none."""
    reason = trial.unusable or _not_eligible(trial, question)
    if reason:
        return reason
    result = _reported(trial, question)
    if isinstance(result, str):
        return result
    if confirmed_only and result.awaits_confirmation(*fields_used(result)):
        return f"awaits confirmation: {result.outcome}, {trial.cut(result.cut).label}"
    if isinstance(result, HazardRatio):
        if result.estimate is None or result.low is None:
            return f"the hazard ratio for {result.outcome} is printed without an interval"
        return Chosen(trial, result, result.experimental, result.control)
    return _arms_compared(trial, result, question)


def _not_eligible(trial: Trial, question: Question) -> str:
    traits = trial.traits()
    for trait, wanted in question.eligible.items():
        has = traits.get(trait)
        if has not in wanted:
            return f"not eligible: {trait} is {has or 'not stated'}, not {' or '.join(wanted)}"
    for exclusion in question.exclude:
        if exclusion.trial == trial.key:
            return f"excluded: {exclusion.reason}"
    return ""


def _reported(trial: Trial, question: Question) -> HazardRatio | Counts | str:
    """Find the trial's result for the first of the question's outcomes that it reports."""
    for outcome in question.outcomes:
        candidates = [
            result
            for result in trial.results
            if isinstance(result, HazardRatio if question.measure == "HR" else Counts)
            and (result.outcome, result.subgroup) == (outcome, None)
            and question.grade in (None, getattr(result, "grade", None))
        ]
        if candidates:
            return _at_cut(trial, outcome, candidates, question)
    what = "hazard ratio" if question.measure == "HR" else "counts"
    return f"no {what} for {' or '.join(question.outcomes)} in the record"


def _at_cut(
    trial: Trial, outcome: str, candidates: list[HazardRatio | Counts], question: Question
) -> HazardRatio | Counts | str:
    """Narrow several reports of one outcome to the cut and assessment that are asked for."""
    choice = trial.primary.get(outcome)
    assessment = question.assessment
    if assessment == "primary":
        assessment = choice.assessment if choice else candidates[0].assessment
    candidates = [result for result in candidates if result.assessment == assessment]
    if not candidates:
        return f"no {outcome} by {assessment} assessment in the record"
    order = [cut.key for cut in trial.cuts]
    cuts = sorted((result.cut for result in candidates), key=order.index)
    primary = choice.cut if choice else cuts[0]
    wanted = {"first": cuts[0], "latest": cuts[-1], "primary": primary}[question.cut]
    found = [result for result in candidates if result.cut == wanted]
    if not found:
        return f"{outcome} is not reported at the primary data cut"
    if len(found) > 1:
        grades = ", ".join(str(getattr(result, "grade", None)) for result in found)
        return f"{outcome} is reported for several grades ({grades}); the question must name one"
    return found[0]


def fields_used(result: HazardRatio | Counts) -> tuple[str, ...]:
    """Fields that an effect is computed from."""
    return ("estimate", "low", "high", "level") if isinstance(result, HazardRatio) else ("arms",)


def _arms_compared(trial: Trial, result: Counts, question: Question) -> Chosen | str:
    by_role = {trial.arm(key).role: key for key in reversed(result.arms)}
    roles: list[Role] = [question.arm] if question.arm else ["experimental", "control"]
    for role in roles:
        key = by_role.get(role)
        if key is None:
            return f"no {result.outcome} counts for the {role} arm in the record"
        count = result.arms[key]
        if count.n is None:
            return f"{result.outcome} is printed as {count.percent}% without a denominator"
        if count.events is None:
            return (
                f"{result.outcome} is printed as {count.percent}% of {count.n} only, "
                "which does not fix a count"
            )
    if question.arm:
        return Chosen(trial, result, by_role[question.arm])
    return Chosen(trial, result, by_role["experimental"], by_role["control"])
