"""Rules on what analyses take from a record: cuts, versions, assessments."""

from __future__ import annotations

from collections.abc import Iterator

from metaonc.registry.audit.facts import RegistryFacts, TrialFacts
from metaonc.registry.audit.rule import Found, RegistryRule, TrialRule
from metaonc.registry.plan import Question
from metaonc.registry.records import Counts, HazardRatio, Result, Trial
from metaonc.registry.selection import Chosen, choose

_PROGRESSION, _RESPONSE = ("pfs", "ttp"), ("orr", "cbr", "disease-control")


def answers(trial: Trial, question: Question) -> Chosen | None:
    """The (first) result by which a trial answers a question, on its own."""
    chosen, _ = choose(trial, question)
    return chosen[0] if chosen else None


def older_cut_selected(facts: TrialFacts) -> Iterator[Found]:
    """An outcome is taken at an interim or older data cut, or in a replaced version.

    An interim look that stopped a trial overstates the effect, and an older cut has fewer events.
    Unless the protocol of the review asks for it, the latest cut is the one to pool.

    Notes
    -----
    The cut under `[primary.<outcome>]` is followed by one (cuts are listed oldest first) that has a
    hazard ratio with an interval, or counts, of the same outcome and assessment; or it has a
    `superseded_by`.

    References
    ----------
    Bassler et al., JAMA 2010;303:1180-1187 (trials stopped early for benefit).
    """
    trial = facts.trial
    for outcome, choice in trial.primary.items():
        reports = [
            result
            for result in trial.results
            if result.outcome == outcome
            and result.assessment == choice.assessment
            and result.subgroup is None
        ]
        kinds = {result.kind for result in reports if result.cut == choice.cut}
        order = facts.cut_order
        later = {
            result.cut: None
            for result in sorted(reports, key=lambda r: order[r.cut])
            if order[result.cut] > order[choice.cut]
            and result.kind in kinds
            and _usable(result)
            and trial.cut(result.cut).superseded_by is None
        }
        replaced = trial.cut(choice.cut).superseded_by
        if later or replaced:
            kind = "an interim cut" if trial.cut(choice.cut).interim else "an older cut"
            what = f"the version that {replaced} replaces" if replaced else kind
            yield Found(
                None,
                f"primary.{outcome}.cut",
                f"analyses take {outcome} at {choice.cut}, {what}; there is also "
                f"{', '.join(later) or replaced}",
            )


def _usable(result: Result) -> bool:
    if isinstance(result, HazardRatio):
        return result.estimate is not None and result.low is not None
    return isinstance(result, Counts) and any(c.events is not None for c in result.arms.values())


def versions_differ(facts: TrialFacts) -> Iterator[Found]:
    """Two versions of one data cut print different figures.

    A meeting abstract and the paper may differ by a few events. The record keeps both; an analysis
    must take the later one.

    Notes
    -----
    Hazard ratios of a cut with `superseded_by`, or of two cuts with the same date, against those of
    the other cut: same outcome, assessment, arms and patients.
    """
    cuts = facts.trial.cuts
    pairs = [(cut.key, cut.superseded_by) for cut in cuts if cut.superseded_by]
    pairs += [
        (a.key, b.key)
        for at, a in enumerate(cuts)
        for b in cuts[at + 1 :]
        if a.date and a.date == b.date and not a.superseded_by
    ]
    for old, new in pairs:
        found = {
            (ratio.place._replace(cut=""), ratio.arms): ratio
            for ratio in facts.ratios
            if ratio.place.cut == new
        }
        for ratio in facts.ratios:
            other = found.get((ratio.place._replace(cut=""), ratio.arms))
            if ratio.place.cut != old or other is None:
                continue
            said = [_figures(facts, index) for index in (ratio.index, other.index)]
            if said[0] != said[1]:
                yield Found(
                    ratio.index,
                    "cut",
                    f"{ratio.place.outcome} is {said[0]} at {old} and {said[1]} at {new}",
                )


def _figures(facts: TrialFacts, index: int) -> str:
    ratio = next(r for r in facts.ratios if r.index == index)
    events = facts.events_in_all(ratio)
    counted = f" from {events} events" if events is not None else ""
    interval = f" ({ratio.interval()})" if ratio.se else ""
    return f"{ratio.result.estimate}{interval}{counted}"


def primary_assessments_mixed(facts: TrialFacts) -> Iterator[Found]:
    """Response is taken from central review and progression from the investigators, or the reverse.

    Reviews have printed the central response pair beside the investigators' progression. An
    analysis should take one assessment throughout where the trial reports both.

    Notes
    -----
    The assessments under `[primary.pfs]` (or ttp) and under `[primary.orr]`, `[primary.cbr]` and
    `[primary.disease-control]` differ, and the record has the response by the other assessment too.
    """
    primary = facts.trial.primary
    progression = next((primary[key] for key in _PROGRESSION if key in primary), None)
    if progression is None or progression.assessment == "not stated":
        return
    for outcome in _RESPONSE:
        choice = primary.get(outcome)
        if choice is None or choice.assessment in ("not stated", progression.assessment):
            continue
        if any(
            result.outcome == outcome and result.assessment == progression.assessment
            for _, result in facts.counts
        ):
            yield Found(
                None,
                f"primary.{outcome}.assessment",
                f"analyses take {outcome} by {choice.assessment} assessment and progression by "
                f"{progression.assessment} assessment",
            )


def pair_may_be_mixed(facts: TrialFacts) -> Iterator[Found]:
    """One arm has the same count by central and by investigator assessment, the other has not.

    One of the two pairs may be put together from both assessments: reviews print such pairs. It may
    also be a coincidence, which is why this is a note.

    Notes
    -----
    Counts of one outcome at one cut for the same patients and denominators, by both assessments.
    """
    pairs: dict[tuple[object, ...], dict[str, tuple[int, Counts]]] = {}
    for index, result in facts.counts:
        if result.assessment != "not stated" and len(result.arms) > 1:
            what = (result.outcome, result.cut, result.subgroup, result.population, result.grade)
            pairs.setdefault(what, {})[result.assessment] = (index, result)
    for both in pairs.values():
        if len(both) < 2:
            continue
        (at, central), (_, local) = both["central"], both["investigator"]
        same = [
            arm
            for arm, count in central.arms.items()
            if arm in local.arms and _printed(count) == _printed(local.arms[arm])
        ]
        if 0 < len(same) < len(set(central.arms) & set(local.arms)):
            said = " and ".join(
                " v ".join(_shown(count) for count in result.arms.values())
                for result in (local, central)
            )
            yield Found(
                at,
                f"arms.{same[0]}",
                f"{same[0]} has the same {central.outcome} by both assessments, the other arm not: "
                f"{said} (investigator and central)",
            )


def _printed(count: object) -> tuple[object, ...]:
    return tuple(getattr(count, name) for name in ("events", "n", "percent"))


def _shown(count: object) -> str:
    events, n, percent = _printed(count)
    return f"{percent}%" if events is None else f"{events}/{n}"


def assessments_mixed(facts: RegistryFacts) -> Iterator[Found]:
    """A question pools central and investigator assessments of different trials.

    Investigators and central review differ in when they call progression, more so in open-label
    trials, so that a pool of both mixes two outcomes.

    Notes
    -----
    The assessments of the results that answer a question of the review plan; "not stated" is left
    aside.
    """
    for question in facts.plan.questions if facts.plan else ():
        outcomes = question.outcomes_asked()
        by: dict[str, list[str]] = {}
        for trial in facts:
            asked = not trial.assessed.isdisjoint(outcomes)
            found = answers(trial.trial, question) if asked else None
            if found is not None and found.result.assessment != "not stated":
                by.setdefault(found.result.assessment, []).append(trial.trial.name)
        if len(by) > 1:
            said = "; ".join(f"{name}: {', '.join(trials)}" for name, trials in by.items())
            yield Found(None, f"question {question.key}.assessment", f"the question pools {said}")


RULES: tuple[TrialRule, ...] = (
    TrialRule("SE751", "older-cut-selected", "warning", older_cut_selected,
              "name the latest cut under primary, or waive it with the reason"),
    TrialRule("SE752", "versions-differ", "note", versions_differ,
              "take the later version"),
    TrialRule("SE753", "primary-assessments-mixed", "warning", primary_assessments_mixed,
              "take one assessment for both"),
    TrialRule("CT414", "pair-may-be-mixed", "note", pair_may_be_mixed,
              "see that both arms of each pair are of one assessment"),
)  # fmt: skip

REGISTRY_RULES: tuple[RegistryRule, ...] = (
    RegistryRule("SE754", "assessments-mixed", "note", assessments_mixed,
                 "name an assessment in the question, or say why it does not matter"),
)  # fmt: skip
