"""What a review says of itself: question and eligibility, protocol, search, conduct, discussion."""

from __future__ import annotations

from collections.abc import Iterable

from metaonc.registry.plan import Plan
from metaonc.registry.review.protocol import Author
from metaonc.reports.document import (
    Bullets,
    Cell,
    Code,
    Details,
    Facts,
    Figure,
    Line,
    Link,
    Paragraph,
    Section,
    Table,
    section,
)
from metaonc.reports.sections.words import facts, joined, lines

_NOT_SAID = "The review plan does not say: add "


def eligibility_section(plan: Plan) -> Section | None:
    """What the review asks, and which studies belong to it."""
    said, protocol = plan.eligibility, plan.protocol
    objectives = (protocol and protocol.objectives) or plan.summary
    rows = (
        ()
        if said is None
        else (
            ("Patients", said.population),
            ("Intervention", said.intervention),
            ("Comparison", said.comparison or ""),
            ("Setting", said.setting or ""),
            ("Designs", said.designs or ""),
            ("Reports", said.reports or ""),
            ("Not let in", said.excluded or ""),
            ("Groups for the syntheses", said.grouping or ""),
        )
    )
    rationale = protocol.rationale if protocol else None
    return section(
        "Question and eligibility",
        Paragraph(objectives, "lead"),
        Paragraph(rationale) if rationale else None,
        facts(rows) or Paragraph(f"{_NOT_SAID}[eligibility].", "note"),
        anchor="eligibility",
    )


def protocol_section(plan: Plan) -> Section | None:
    """Who made the review, what was laid down before, what changed, who paid."""
    said = plan.protocol
    if said is None:
        return section("Protocol", Paragraph(f"{_NOT_SAID}[protocol].", "note"), anchor="protocol")
    registration: Line = said.not_registered or ""
    if said.registration is not None:
        named = f"{said.registration.registry} {said.registration.number}"
        link = said.registration.link
        registration = Link(named, url=link) if link else named
    changes = tuple((str(each.date or ""), each.change, each.reason) for each in said.amendments)
    return section(
        "Protocol",
        facts(
            [
                ("Authors", lines(map(_author, said.authors))),
                ("Registration", registration),
                ("Protocol", said.protocol or ""),
                ("Funding", said.funding or ""),
                ("Competing interests", said.interests or ""),
                ("Data and code", said.data or ""),
            ]
        ),
        Table(("Date", "Change to the protocol", "Reason"), changes) if changes else None,
        anchor="protocol",
    )


def _author(author: Author) -> Line:
    orcid = author.orcid and Link(f"ORCID {author.orcid}", url=f"https://orcid.org/{author.orcid}")
    parts: Iterable[Line | None] = (author.name, author.affiliation, orcid, author.interests)
    return joined([part for part in parts if part])


def search_section(plan: Plan, figure: Figure | None = None) -> Section | None:
    """Where and how studies were looked for, with the PRISMA flow diagram if there is one.

    Parameters
    ----------
    plan : Plan
        The review plan.
    figure : Figure, optional
        The diagram that :func:`metaonc.prisma_diagram` drew.
    """
    said = plan.search
    rows: list[tuple[str, Cell]] = []
    parts: list[Table | Details] = []
    if said is not None:
        rows = [
            ("Last search", str(said.latest or "")),
            ("Limits", said.limits or ""),
            ("Note", said.note or ""),
        ]
        named = tuple(
            (x.name, x.platform or "", x.covers or "", str(x.searched or "")) for x in said.sources
        )
        if named:
            parts.append(Table(("Source", "Platform", "Covers", "Searched"), named, stub=True))
        parts += [
            Details(f"Strategy: {x.name}", (Code(x.strategy),)) for x in said.sources if x.strategy
        ]
    note = plan.flow.note if plan.flow else None
    return section(
        "Search and selection",
        facts(rows),
        parts,
        Paragraph(note) if note else None,
        figure,
        None if said is not None else Paragraph(f"{_NOT_SAID}[search].", "note"),
        anchor="search",
    )


def conduct_section(plan: Plan) -> Section | None:
    """How the review was done, as far as only its authors know."""
    said = plan.conduct
    if said is None:
        return section(
            "How the review was done", Paragraph(f"{_NOT_SAID}[conduct].", "note"), anchor="conduct"
        )
    found: Facts | None = facts(
        [
            ("Selection of studies", said.selection or ""),
            ("Extraction of figures", said.extraction or ""),
            ("Data items", said.items or ""),
            ("Risk of bias", said.risk_of_bias or ""),
            ("Synthesis", said.synthesis or ""),
            ("Missing results", said.reporting_bias or ""),
            ("Certainty", said.certainty or ""),
        ]
    )
    return section("How the review was done", found, anchor="conduct")


def discussion_section(plan: Plan) -> Section | None:
    """What the results mean to the review's authors; nothing where they do not say."""
    said = plan.discussion
    if said is None:
        return None
    pairs = (
        ("Results and other evidence", said.interpretation),
        ("Limitations of the evidence", said.limitations_of_evidence),
        ("Limitations of the review", said.limitations_of_review),
        ("Implications", said.implications),
    )
    named = tuple(f"{name}: {text}" for name, text in pairs if text)
    return section("Discussion", Bullets(named) if named else None, anchor="discussion")
