"""Who made a review, what it set out to do, and how: what PRISMA 2020 asks of its authors."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from metaonc.registry.parts import Part, Text
from metaonc.registry.rules.breach import Breach

Address = Annotated[str, Field(pattern=r"^https?://[^\s]+$")]
Orcid = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]$")]


class Author(Part):
    """One of the review's authors."""

    name: Text
    """As it is to be printed."""
    affiliation: Text | None = None
    """Where they work."""
    orcid: Orcid | None = None
    """As `0000-0002-1825-0097`."""
    interests: Text | None = None
    """Competing interests, or that there are none."""


class ReviewRegistration(Part):
    """Where the review was registered before it was done."""

    registry: Text
    """E.g. `PROSPERO`."""
    number: Text
    """E.g. `CRD42024512345`."""
    link: Address | None = None
    """Address of the entry."""


class Amendment(Part):
    """A change to what the registration or the protocol says."""

    date: datetime.date | None = None
    """When it was decided."""
    change: Text
    """What is done otherwise."""
    reason: Text
    """Why."""


class Protocol(Part):
    """Who made the review, and what was laid down before (PRISMA 2020, items 3, 4, 24 to 27)."""

    authors: tuple[Author, ...] = ()
    """In the order of the title page."""
    rationale: Text | None = None
    """Why the review is needed beside what is known."""
    objectives: Text | None = None
    """What it sets out to answer; the plan's summary where it is left out."""
    registration: ReviewRegistration | None = None
    """Where it was registered."""
    not_registered: Text | None = None
    """Why it was not, in a sentence; instead of `registration`."""
    protocol: Text | None = None
    """Where the protocol can be read, or that none was written."""
    amendments: tuple[Amendment, ...] = ()
    """What was changed since."""
    funding: Text | None = None
    """Who paid for the review, or that nobody did, and what part they had in it."""
    interests: Text | None = None
    """Competing interests of the authors together, or that there are none."""
    data: Text | None = None
    """Where data, code and other materials are to be had."""

    def breaches(self) -> Iterator[Breach]:
        """Statements that contradict each other."""
        if self.registration is not None and self.not_registered is not None:
            yield Breach(
                "protocol.not_registered",
                repr(self.not_registered),
                f"contradicts the registration {self.registration.number}",
                "keep the one that is true",
            )


class Eligibility(Part):
    """Which studies belong to the review, in words (PRISMA 2020, item 5)."""

    population: Text
    """Patients, as a sentence names them: `women with advanced breast cancer`."""
    intervention: Text
    """What they are treated with, with its article: `an mTOR inhibitor with endocrine therapy`."""
    comparison: Text | None = None
    """What that is compared with: `endocrine therapy alone`; left out for reviews of one arm."""
    setting: Text | None = None
    """Where they are treated."""
    designs: Text | None = None
    """Designs of studies that are let in."""
    reports: Text | None = None
    """Reports that are let in: languages, years, publication status."""
    excluded: Text | None = None
    """What keeps a study out all the same."""
    grouping: Text | None = None
    """How studies are grouped for the syntheses."""


class SearchSource(Part):
    """A place that was searched, and how."""

    name: Text
    """E.g. `MEDLINE`."""
    platform: Text | None = None
    """E.g. `Ovid`."""
    covers: Text | None = None
    """Years or issues that were searched."""
    searched: datetime.date | None = None
    """Date of the last search there."""
    strategy: Text | None = None
    """The full search, line by line, or where it can be read."""


class Search(Part):
    """How studies were looked for (PRISMA 2020, items 6 and 7)."""

    last: datetime.date | None = None
    """Date of the last search."""
    sources: tuple[SearchSource, ...] = ()
    """Databases, registers and other places."""
    limits: Text | None = None
    """Filters and limits, or that there were none."""
    note: Text | None = None
    """Anything else a reader should know about the search."""

    @property
    def latest(self) -> datetime.date | None:
        """The last date on which anything was searched."""
        dates = [each.searched for each in self.sources if each.searched is not None]
        return self.last or max(dates, default=None)

    def breaches(self) -> Iterator[Breach]:
        """Places that were searched after the last search."""
        for source in self.sources:
            if self.last and source.searched and source.searched > self.last:
                yield Breach(
                    "search.last",
                    str(self.last),
                    f"is before the search of {source.name} on {source.searched}",
                    "correct one of the two dates",
                )


class Conduct(Part):
    """How the review was done (PRISMA 2020, items 8 to 11, 14 and 15)."""

    selection: Text | None = None
    """How it was decided which studies belong to it: who, how many independently, with what."""
    extraction: Text | None = None
    """How figures were taken from reports: who, how many independently, with what."""
    items: Text | None = None
    """Which outcomes and other data were sought, and what was assumed where one is missing."""
    risk_of_bias: Text | None = None
    """How risk of bias was judged: by whom, how many independently."""
    synthesis: Text | None = None
    """What the settings of the analyses do not say, e.g. why these methods were chosen."""
    reporting_bias: Text | None = None
    """How missing results were looked for."""
    certainty: Text | None = None
    """How certainty was judged: by whom, how many independently."""


class Discussion(Part):
    """What the results mean, in the authors' words (PRISMA 2020, item 23)."""

    interpretation: Text | None = None
    """The results in the context of other evidence."""
    limitations_of_evidence: Text | None = None
    """Limitations of the studies."""
    limitations_of_review: Text | None = None
    """Limitations of the way in which the review was done."""
    implications: Text | None = None
    """What follows for practice, policy and research."""
