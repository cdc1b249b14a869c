"""Printed figures, sources and statuses in words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from metaonc.registry import Trial
from metaonc.registry.plan import Plan
from metaonc.registry.records import Reference, Result, Source
from metaonc.reports.document import (
    Anchor,
    Cell,
    Facts,
    Inline,
    Line,
    Lines,
    Link,
    capital,
    inlines,
    listed,
    status,
    strong,
)

TRIALS = "trials/index"
ANALYSES = "analyses/index"
REFERENCES = "references/index"


def trial_key(key: str) -> str:
    """Key of the page of a trial."""
    return f"trials/{key}"


def analysis_key(key: str) -> str:
    """Key of the page of an analysis."""
    return f"analyses/{key}"


def place_anchor(place: str) -> str:
    """Name of the place where a result, a sum or a study stands: "result 3" is at "result-3"."""
    return place.replace(" ", "-")


def facts(rows: Iterable[tuple[str, Cell]]) -> Facts | None:
    """Pairs of what and how much; those without a value are left out."""
    said = tuple((name, value) for name, value in rows if value not in ("", Lines(())))
    return Facts(said) if said else None


def lines(parts: Iterable[Line]) -> Lines:
    """Lines that say something."""
    return Lines(tuple(part for part in parts if part))


def joined(parts: Iterable[Line], between: str = "; ") -> tuple[Inline, ...]:
    """Parts of a line with something between them."""
    said: list[Inline] = []
    for part in parts:
        said += [between] if said else []
        said += inlines(part)
    return tuple(said)


def outcome_label(plan: Plan | None, key: str) -> str:
    """The plan's name of an outcome; without one, its key."""
    outcome = plan.outcomes.get(key) if plan else None
    return outcome.label if outcome else capital(key.replace("-", " "))


def names_of(trial: Trial) -> tuple[str, str]:
    """Names under which an analysis lists a trial."""
    return trial.name, f"{trial.name} {trial.year}"


def assessment_text(assessment: str) -> str:
    """Who judged the outcome, as a clause."""
    words = {
        "investigator": "assessed by the investigators",
        "central": "assessed by central review",
    }
    return words.get(assessment, "assessment not stated")


def level_text(level: Decimal | float) -> str:
    """A level as a percentage: 0.975 is 97.5%."""
    return f"{float(level) * 100:g}%"


def in_brackets(*parts: str) -> str:
    """Parts that are not empty, in brackets after a space; nothing if all are."""
    said = "; ".join(filter(None, parts))
    return f" ({said})" if said else ""


def grade_text(grade: str) -> str:
    """Severity of an adverse event."""
    return "any grade" if grade == "any" else f"grade {grade.replace('>=', '≥ ')}"


def status_line(result: Result) -> Line:
    """Whether a result is confirmed, and which of its fields are not."""
    if result.status == "confirmed" and result.unconfirmed:
        but_for = f", except {listed(result.unconfirmed)}: "
        return (status("confirmed"), but_for, status("unconfirmed"))
    return status(result.status)


# References -------------------------------------------------------------------------------------


def _short(reference: Reference) -> str:
    """Name and year as one cites it; the record's own key where there is no author."""
    author = re.match(r"([A-Z][\w'’-]*(?: [A-Z][\w'’-]*)*?) [A-Z]{1,3}[,.]", reference.citation)
    return f"{author[1]} {reference.year}" if author else capital(reference.key.replace("-", " "))


def short_names(trial: Trial) -> dict[str, str]:
    """Key of each reference -> a short name, unlike any other in the record."""
    names = {reference.key: _short(reference) for reference in trial.references}
    used = list(names.values())
    return {key: name if used.count(name) == 1 else key for key, name in names.items()}


def source_line(trial: Trial, source: Source) -> Line:
    """Link to the reference on the trial's page, and the place in it."""
    name = short_names(trial)[source.reference]
    link = Link(name, page=trial_key(trial.key), anchor=f"reference-{source.reference}")
    return (link, f": {source.where}")


def reference_line(trial: Trial, reference: Reference) -> Line:
    """An entry of the list of references, with its place and links."""
    name = short_names(trial)[reference.key]
    said = joined([reference.kind, *identifier_links(reference), status(reference.status)], " · ")
    place = Anchor(f"reference-{reference.key}")
    return (place, strong(name), f": {reference.citation} · ", *said)


def identifier_links(reference: Reference) -> list[Link]:
    """Links to what a publication is registered as."""
    return [
        Link(f"{label}{value}", url=f"https://{site}/{value}")
        for label, value, site in (
            ("doi:", reference.doi, "doi.org"),
            ("PMID ", reference.pmid, "pubmed.ncbi.nlm.nih.gov"),
            ("", reference.pmcid, "pmc.ncbi.nlm.nih.gov/articles"),
        )
        if value
    ]
