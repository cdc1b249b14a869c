"""The results of a trial that could answer a question, contrast by contrast."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from metaonc.registry.derived import EventCount, LogHazardRatio, event_count, log_hazard_ratio
from metaonc.registry.filters import Filter, arm_words
from metaonc.registry.plan import Question
from metaonc.registry.records import Counts, HazardRatio, Role, Trial
from metaonc.registry.sums import SummedCounts, summed_counts

Figures = LogHazardRatio | tuple[EventCount, ...] | str


class Candidate(NamedTuple):
    """One report of one contrast (or one arm, `control` being empty), and what it amounts to."""

    result: HazardRatio | Counts
    experimental: str
    control: str
    figures: Figures

    @property
    def fields(self) -> tuple[str, ...]:
        """The printed fields that an effect rests on."""
        return self.figures.fields if isinstance(self.figures, LogHazardRatio) else ("arms",)

    @property
    def route(self) -> str:
        """What the sampling variance comes from: the interval, p, ..., or the counts."""
        return self.figures.route if isinstance(self.figures, LogHazardRatio) else "counts"

    @property
    def derivation(self) -> str:
        """The arithmetic behind figures that are not printed."""
        if isinstance(self.figures, LogHazardRatio):
            return self.figures.derivation
        if isinstance(self.figures, str):
            return ""
        return "; ".join(count.derivation for count in self.figures if count.derivation)

    def described(self, trial: Trial) -> str:
        """How the report is told from others."""
        result = self.result
        parts = (
            result.outcome,
            trial.cut(result.cut).label,
            result.assessment,
            f"grade {result.grade}" if isinstance(result, Counts) and result.grade else "",
            result.subgroup,
            result.population,
            f"adjusted for {result.adjusted}"
            if isinstance(result, HazardRatio) and result.adjusted
            else "",
        )
        return ", ".join(filter(None, parts))


def candidates(
    trial: Trial, question: Question, words: dict[str, Filter]
) -> dict[str, list[Candidate]] | str:
    """Reports of the first outcome that the trial reports, by contrast, or why there is none."""
    for outcome in question.outcomes_asked():
        found = [
            result
            for result in _results(trial, question, outcome)
            if _admits(words, "subgroup", result.subgroup or "none")
            and _admits(words, "grade", getattr(result, "grade", None) or "not stated")
        ]
        if found:
            return _by_contrast(trial, question, words, outcome, found)
    what = "hazard ratio" if question.measure == "HR" else "counts"
    who = words["subgroup"]
    of = "" if who.admits(("none",)) else f" of {who}"
    return f"no {what} for {' or '.join(question.outcomes_asked())}{of} in the record"


def _results(trial: Trial, question: Question, outcome: str) -> list[HazardRatio | Counts]:
    kind = HazardRatio if question.measure == "HR" else Counts
    printed = [result for result in trial.results if isinstance(result, kind)]
    summed = [summed_counts(trial, total) for total in trial.derived if total.outcome == outcome]
    added = [result for result in summed if isinstance(result, kind)]
    return [result for result in (*printed, *added) if result.outcome == outcome]


def _admits(words: dict[str, Filter], name: str, value: str) -> bool:
    return name not in words or words[name].admits((value,))


def _by_contrast(
    trial: Trial,
    question: Question,
    words: dict[str, Filter],
    outcome: str,
    found: list[HazardRatio | Counts],
) -> dict[str, list[Candidate]] | str:
    arms = _Arms(trial, question, words)
    groups: dict[str, list[Candidate]] = {}
    reasons: dict[str, None] = {}
    for result in found:
        if isinstance(result, HazardRatio):
            pairs = arms.compared(result)
        else:
            pairs = arms.counted(result)
        if isinstance(pairs, str):
            reasons[pairs] = None
            continue
        for experimental, control in pairs:
            name = arms.contrast(experimental, control)
            figures = _figures(trial, result, experimental, control)
            candidate = Candidate(result, experimental, control, figures)
            groups.setdefault(name, []).append(candidate)
    return groups or "; ".join(reasons)


def _figures(
    trial: Trial, result: HazardRatio | Counts, experimental: str, control: str
) -> Figures:
    if isinstance(result, HazardRatio):
        return log_hazard_ratio(result, {arm.key: arm.n for arm in trial.arms})
    counts = []
    for key in (experimental, control) if control else (experimental,):
        count = _count(result, key)
        if count.events is None:
            told = count.derivation
            return (
                f"{result.outcome} is {told}"
                if told.startswith("printed")
                else (f"the count of {result.outcome} in {trial.arm(key).label} is unknown: {told}")
            )
        counts.append(count)
    return tuple(counts)


def arm_counts(result: HazardRatio | Counts, key: str) -> tuple[int | None, int | None]:
    """Events and patients of one arm of a result, printed or worked out."""
    assert isinstance(result, Counts)
    return _count(result, key).events, result.arms[key].n


def arm_events(trial: Trial, result: HazardRatio, key: str) -> int | None:
    """Events of one arm behind a hazard ratio, printed with it or counted beside it."""
    if key in result.events:
        return result.events[key]
    same = (result.outcome, result.cut, result.assessment, result.subgroup, result.population)
    for other in trial.results:
        found = (other.outcome, other.cut, other.assessment, other.subgroup, other.population)
        if isinstance(other, Counts) and found == same and key in other.arms:
            return event_count(other.arms[key]).events
    return None


def _count(result: Counts, key: str) -> EventCount:
    if isinstance(result, SummedCounts):
        return EventCount(result.arms[key].events, result.sums[key])
    return event_count(result.arms[key])


class _Arms:
    """Which arms of a trial a question compares."""

    def __init__(self, trial: Trial, question: Question, words: dict[str, Filter]) -> None:
        self.trial = trial
        self.question = question
        self.words = words

    def contrast(self, experimental: str, control: str) -> str:
        label = self.trial.arm(experimental).label
        return f"{label} v {self.trial.arm(control).label}" if control else label

    def compared(self, result: HazardRatio) -> list[tuple[str, str]] | str:
        """The contrast of a hazard ratio, if it is one of experimental against control arms."""
        roles = (self.trial.arm(result.experimental).role, self.trial.arm(result.control).role)
        name = self.contrast(result.experimental, result.control)
        if roles != ("experimental", "control"):
            return f"{result.outcome} is compared between {name} (two {roles[0]} arms)"
        for side, key in (("experimental", result.experimental), ("control", result.control)):
            if not self._wanted(side, key):
                return f"{result.outcome} is compared between {name}, not {self.words[side]}"
        return [(result.experimental, result.control)]

    def counted(self, result: Counts) -> list[tuple[str, str]] | str:
        """Every experimental arm with every control arm, or each arm of the role asked about."""
        roles: list[Role] = (
            [self.question.arm] if self.question.arm else ["experimental", "control"]
        )
        sides = []
        for role in roles:
            keys = [key for key in result.arms if self.trial.arm(key).role == role]
            if not keys:
                return f"no {result.outcome} counts for the {role} arm in the record"
            wanted = [key for key in keys if self._wanted(role, key)]
            if not wanted:
                return f"no {result.outcome} counts for the {role} arm {self.words[role]}"
            sides.append(wanted)
        if len(sides) == 1:
            return [(key, "") for key in sides[0]]
        return [(first, second) for first in sides[0] for second in sides[1]]

    def _wanted(self, side: str, key: str) -> bool:
        return side not in self.words or self.words[side].admits(arm_words(self.trial, key))


def narrowed(
    trial: Trial, reported: list[Candidate], words: dict[str, Filter]
) -> list[Candidate] | str:
    """The reports of one contrast that the words about a report leave, or which one left none."""
    outcome = reported[0].result.outcome
    for name, blank in (("population", "everyone"), ("adjusted", "no")):
        if name in words:
            held = {(getattr(c.result, name, None) or blank): None for c in reported}
            reported = [
                c for c in reported if words[name].admits((getattr(c.result, name, None) or blank,))
            ]
            if not reported:
                return f"{outcome} is reported for {name} {' or '.join(held)}, not {words[name]}"
    for narrow in (_by_assessment, _by_cut):
        left = narrow(trial, outcome, reported, words)
        if isinstance(left, str):
            return left
        reported = left
    return reported


Narrow = Callable[[Trial, str, list[Candidate], dict[str, Filter]], list[Candidate] | str]


def _by_assessment(
    trial: Trial, outcome: str, reported: list[Candidate], words: dict[str, Filter]
) -> list[Candidate] | str:
    wanted, choice = words["assessment"], trial.primary.get(outcome)
    if wanted.wanted == ("primary",):
        if choice is None:
            return reported
        wanted = Filter("assessment", (choice.assessment,), wanted.unwanted)
    left = [c for c in reported if wanted.admits((c.result.assessment,))]
    return left or f"no {outcome} by {wanted} assessment in the record"


def _by_cut(
    trial: Trial, outcome: str, reported: list[Candidate], words: dict[str, Filter]
) -> list[Candidate] | str:
    wanted = words["cut"]
    meant: dict[str, tuple[str, ...]] = {}
    for word in (*wanted.wanted, *wanted.unwanted):
        found = _cuts_meant(trial, outcome, word, reported)
        if isinstance(found, str):
            return found
        meant[word] = found
    exact = Filter(
        "cut",
        tuple(key for word in wanted.wanted for key in meant[word]),
        tuple(key for word in wanted.unwanted for key in meant[word]),
    )
    if wanted.wanted and not exact.wanted:
        return f"{outcome} is reported at an interim data cut only"
    left = [c for c in reported if exact.admits((c.result.cut,))]
    if left:
        return left
    if wanted.wanted == ("primary",):
        return f"{outcome} is not reported at the primary data cut"
    there = dict.fromkeys(trial.cut(c.result.cut).label for c in reported)
    return f"{outcome} is reported at the {' and the '.join(there)}, not at cut {wanted}"


def _cuts_meant(
    trial: Trial, outcome: str, word: str, reported: list[Candidate]
) -> tuple[str, ...] | str:
    """Keys of the data cuts that a word means for these reports."""
    there = [cut for cut in trial.cuts if any(c.result.cut == cut.key for c in reported)]
    current = [cut for cut in there if cut.superseded_by is None] or there
    choice = trial.primary.get(outcome)
    if word == "primary":
        return (choice.cut,) if choice else tuple(cut.key for cut in there)
    meant = {
        "first": current[:1],
        "latest": current[-1:],
        "final": [cut for cut in current if not cut.interim][-1:],
    }.get(word)
    named = [cut for cut in trial.cuts if cut.key == word]
    if meant is None:
        return tuple(cut.key for cut in named)
    if named and meant and named != meant:
        return (
            f"cut {word} matches in 2 ways (the data cut of that name, {named[0].label}; the "
            f"{word} one that reports {outcome}, {meant[0].label}); name the cut by its key or "
            "change that key"
        )
    return tuple(cut.key for cut in meant)
