"""Which of a trial's results answer a question, and why a trial has none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from metaonc.registry.candidates import Candidate, candidates, narrowed
from metaonc.registry.derived import ROUTES
from metaonc.registry.filters import Filter, trial_values
from metaonc.registry.overlaps import without_overlaps
from metaonc.registry.plan import Question
from metaonc.registry.records import Counts, HazardRatio, Trial


@dataclass(frozen=True)
class Chosen:
    """A result by which a trial answers a question, and the arms it compares.

    `control` is empty for a question about one arm. `derivation` is the arithmetic behind figures
    that are not printed, and `fields` the printed ones that the effect rests on.
    """

    trial: Trial
    result: HazardRatio | Counts
    experimental: str
    control: str = ""
    fields: tuple[str, ...] = ()
    derivation: str = ""

    @property
    def status(self) -> str:
        """Whether the figures the effect rests on were all seen in their source."""
        return status_of(self.result, self.fields)


@dataclass(frozen=True)
class LeftOut:
    """A study without an effect in an analysis, and the reason."""

    label: str
    reason: str


@dataclass(frozen=True)
class Selection:
    """What a question takes from the registry, and what it leaves.

    `conflicts` are trials that would both enter with the same patients, a sentence each.
    """

    question: Question
    chosen: tuple[Chosen, ...]
    left_out: tuple[LeftOut, ...]
    conflicts: tuple[str, ...] = field(default=())


def select(
    trials: Iterable[Trial], question: Question, *, confirmed_only: bool = False
) -> Selection:
    """Choose what answers the question; every trial without an answer is listed with the reason.

    A trial with several arms may answer with several contrasts. Of two records with the same
    patients one is left out, where they declare which one is kept.
    """
    if confirmed_only:
        question = question.asked(status="confirmed")
    chosen: list[Chosen] = []
    left_out: list[LeftOut] = []
    for trial in trials:
        found, missing = choose(trial, question)
        chosen += found
        left_out += missing
    kept, doubled, conflicts = without_overlaps([choice.trial for choice in chosen])
    left_out += [LeftOut(trial.name, reason) for trial, reason in doubled]
    return Selection(
        question,
        tuple(choice for choice in chosen if choice.trial.key in kept),
        tuple(left_out),
        tuple(conflicts),
    )


def choose(trial: Trial, question: Question) -> tuple[list[Chosen], list[LeftOut]]:
    """The contrasts by which `trial` answers `question`, and what it leaves out, with reasons."""
    words = question.filters()
    reason = trial.unusable or _not_eligible(trial, question, words)
    if reason:
        return [], [LeftOut(trial.name, reason)]
    groups = candidates(trial, question, words)
    if isinstance(groups, str):
        return [], [LeftOut(trial.name, groups)]
    chosen: list[Chosen] = []
    reasons: dict[str, str] = {}
    for contrast, reported in groups.items():
        found = _one(trial, reported, words)
        if isinstance(found, Chosen):
            chosen.append(found)
        else:
            reasons[contrast] = found
    if not chosen:
        told = dict.fromkeys(reasons.values())
        said = next(iter(told)) if len(told) == 1 else _by_contrast(reasons)
        return [], [LeftOut(trial.name, said)]
    return chosen, [LeftOut(f"{trial.name}, {name}", why) for name, why in reasons.items()]


def _by_contrast(reasons: dict[str, str]) -> str:
    return "; ".join(f"{contrast}: {reason}" for contrast, reason in reasons.items())


def _not_eligible(trial: Trial, question: Question, words: dict[str, Filter]) -> str:
    held = trial_values(trial)
    for name, wanted in words.items():
        if wanted.of_trial and not wanted.admits(held.get(name, ())):
            has = " and ".join(held.get(name, ())) or "not stated"
            but = "" if wanted.excludes(held.get(name, ())) else f", not {wanted}"
            return f"not eligible: {name} is {has}{but}"
    for exclusion in question.exclude:
        if exclusion.trial == trial.key:
            return f"excluded: {exclusion.reason}"
    return ""


def _one(trial: Trial, reported: list[Candidate], words: dict[str, Filter]) -> Chosen | str:
    """The one report of a contrast that the words leave, or why there is none."""
    left = narrowed(trial, reported, words)
    if isinstance(left, str):
        return left
    reasons = [_not_taken(trial, candidate, words) for candidate in left]
    if all(reasons):
        return "; ".join(dict.fromkeys(reasons))
    left = [candidate for candidate, reason in zip(left, reasons, strict=True) if not reason]
    if len(left) > 1:
        ways = "; ".join(candidate.described(trial) for candidate in left)
        return f"matches in {len(left)} ways ({ways}); {_way_out(left)}"
    candidate = left[0]
    return Chosen(
        trial,
        candidate.result,
        candidate.experimental,
        candidate.control,
        candidate.fields,
        candidate.derivation,
    )


def _not_taken(trial: Trial, candidate: Candidate, words: dict[str, Filter]) -> str:
    """Why a report cannot be taken, or the words leave it out; "" if neither."""
    status, derived = words.get("status"), words.get("derived")
    where = f"{candidate.result.outcome}, {trial.cut(candidate.result.cut).label}"
    if status and not status.admits((status_of(candidate.result, candidate.fields),)):
        waits = status.wanted == ("confirmed",)
        return f"awaits confirmation: {where}" if waits else f"is not {status}: {where}"
    if isinstance(candidate.figures, str):
        return candidate.figures
    route = words.get("route")
    if route and not route.admits((candidate.route,)):
        told = f" ({candidate.derivation})" if candidate.derivation else ""
        return f"its variance would come from {ROUTES[candidate.route]}, not asked for{told}"
    if derived and not derived.admits(("yes" if candidate.derivation else "no",)):
        told = candidate.derivation
        return f"derived, not printed: {told}" if told else f"printed, not derived: {where}"
    return ""


def _way_out(left: list[Candidate]) -> str:
    """Which word would tell the matches apart."""
    telling = [
        name
        for name in ("cut", "assessment", "grade", "subgroup", "population", "adjusted")
        if len({getattr(candidate.result, name, None) for candidate in left}) > 1
    ]
    return (
        f"say which by {' or '.join(telling)}" if telling else "the record has to tell them apart"
    )


def status_of(result: HazardRatio | Counts, fields: tuple[str, ...]) -> str:
    """`confirmed` if all of `fields` were seen in the source of `result`."""
    return "unconfirmed" if result.awaits_confirmation(*fields) else "confirmed"
