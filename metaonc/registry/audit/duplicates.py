"""Rules on patients that are in the registry twice."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from metaonc.registry.audit.facts import RegistryFacts, TrialFacts
from metaonc.registry.audit.rule import Found, RegistryRule
from metaonc.registry.audit.selected import answers

_OWN = ("article", "abstract", "registration")


def registration_twice(facts: RegistryFacts) -> Iterator[Found]:
    """Two records have the same registration number.

    They are one trial, or reports of one trial: an interim report beside the final one, a subgroup
    paper beside the main paper. A published meta-analysis of this class counted one trial of 724
    patients about five times. Say under `overlaps` of one of the records how their patients
    overlap, and which record an analysis keeps; or make one record of the two.

    Notes
    -----
    Numbers are compared without regard to case, spaces and hyphens.
    """
    numbers = (
        ("".join(c for c in number.casefold() if c.isalnum()), trial.trial.key)
        for trial in facts
        for number in trial.trial.registrations
    )
    for number, first, second in facts.repeated(numbers):
        yield Found(
            None,
            "registrations",
            f"{second} has the registration number {number.upper()} of {first}",
            trial=second,
        )


def publication_twice(facts: RegistryFacts) -> Iterator[Found]:
    """Two records name the same article or abstract as a publication of their trial.

    The records may hold the same patients: a subgroup paper, a pooled analysis or a later report
    entered as a trial of its own.

    Notes
    -----
    Compared are the DOI and the PubMed number of articles, abstracts and registrations; reviews and
    news about several trials are not. Records that say under `overlaps` how their patients overlap
    are left alone.
    """
    names = (
        (name.casefold(), trial.trial.key)
        for trial in facts
        for reference in trial.trial.references
        if reference.kind in _OWN
        for name in (reference.doi, reference.pmid and f"PMID {reference.pmid}")
        if name
    )
    told: set[str] = set()
    for name, first, second in facts.repeated(names):
        if second not in told:
            told.add(second)
            yield Found(
                None, "references", f"{second} names a publication of {first}: {name}", trial=second
            )


def figures_twice(facts: RegistryFacts) -> Iterator[Found]:
    """Two records print the same arms and the same hazard ratio or counts.

    One trial under two names looks like agreement between two trials.

    Notes
    -----
    The sizes of all arms agree, and so do at least two of: hazard ratios with their intervals,
    counts of all arms with their denominators; or one, where a record has no more. Records that
    say under `overlaps` how their patients overlap are left alone.
    """
    printed: dict[str, int] = {}
    figures: list[tuple[str, str]] = []
    for trial in facts:
        sizes = sorted(trial.sizes.values())
        own = set(_figures(trial)) if sizes else set()
        printed[trial.trial.key] = len(own)
        figures += [(f"{sizes} {figure}", trial.trial.key) for figure in sorted(own)]
    shared: dict[tuple[str, str], list[str]] = {}
    for figure, first, second in facts.repeated(figures):
        shared.setdefault((first, second), []).append(figure.partition("] ")[2])
    for (first, second), same in shared.items():
        if len(same) >= min(2, printed[first], printed[second]):
            yield Found(
                None,
                "results",
                f"{second} prints the arms and figures of {first}: {'; '.join(same)}",
                trial=second,
            )


def _figures(facts: TrialFacts) -> Iterator[str]:
    """The hazard ratios and counts of all patients, as printed."""
    for ratio in facts.ratios:
        if ratio.se is not None and ratio.place.subgroup is None:
            yield f"{ratio.place.outcome} {ratio.result.estimate} ({ratio.interval()})"
    for _, result in facts.counts:
        arms = [(count.events, count.n) for count in result.arms.values()]
        if result.subgroup is None and all(events and n for events, n in arms):
            grade = f" grade {result.grade}" if result.grade else ""
            counts = " v ".join(f"{events}/{n}" for events, n in arms)
            yield f"{result.outcome}{grade} {counts}"


def patients_twice(facts: RegistryFacts) -> Iterator[Found]:
    """A question of the review plan takes two records with the same patients.

    Their patients would count twice, and the pooled interval would be too narrow. Name under
    `overlaps` the record to keep, or exclude one of them from the question.

    Notes
    -----
    Two records of which one says that all or some of its patients are in the other, both of which
    have a result for the question.
    """
    shared = {
        frozenset((trial.trial.key, overlap.trial)): overlap.patients
        for trial in facts
        for overlap in trial.trial.overlaps
        if overlap.patients != "none" and overlap.keep is None
    }
    kept = {
        frozenset((trial.trial.key, overlap.trial))
        for trial in facts
        for overlap in trial.trial.overlaps
        if overlap.keep is not None
    }
    if facts.plan is None or not set(shared) - kept:
        return
    involved = {key for pair in shared for key in pair}
    some = [trial.trial for trial in facts if trial.trial.key in involved]
    for question in facts.plan.questions:
        taken = [trial.key for trial in some if answers(trial, question)]
        for first, second in combinations(taken, 2):
            pair = frozenset((first, second))
            if pair in shared and pair not in kept:
                yield Found(
                    None,
                    "overlaps",
                    f"the question {question.key} takes {first} and {second}, which share "
                    f"{shared[pair]} of their patients",
                    trial=second,
                )


REGISTRY_RULES: tuple[RegistryRule, ...] = (
    RegistryRule("DU701", "registration-twice", "error", registration_twice,
                 "say under overlaps how the patients overlap, or make one record of the two"),
    RegistryRule("DU702", "publication-twice", "warning", publication_twice,
                 "say under overlaps how the patients overlap, or correct the reference"),
    RegistryRule("DU703", "patients-twice", "error", patients_twice,
                 "name under overlaps the record to keep, or exclude one from the question"),
    RegistryRule("DU704", "figures-twice", "warning", figures_twice,
                 "say under overlaps how the patients overlap, or look the figures up again"),
)  # fmt: skip
