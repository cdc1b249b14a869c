"""How a review found its studies: the counts of a PRISMA 2020 flow diagram."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field

from metaonc.registry.parts import Part, Text
from metaonc.registry.rules.breach import Breach

Number = Annotated[int, Field(ge=0, strict=True)]


class FlowSource(Part):
    """A database, register or other place that was searched."""

    name: Text
    """What the diagram calls it, e.g. `MEDLINE`."""
    kind: Literal["database", "register", "other"]
    """`other`: websites, organisations, reference lists; the diagram has a column of its own."""
    records: Number | None = None
    """Records found there; left out where nobody recorded it."""


class FlowReason(Part):
    """Reports that were read and excluded for one reason."""

    reason: Text
    """Why, in a few words."""
    reports: Number | None = None
    """How many."""


class FlowReports(Part):
    """What became of the reports that were sought."""

    sought: Number | None = None
    """Reports sought for retrieval."""
    not_retrieved: Number | None = None
    """Reports that could not be had."""
    assessed: Number | None = None
    """Reports assessed for eligibility."""
    excluded_reports: tuple[FlowReason, ...] = ()
    """Reports excluded after that, by reason."""


class Flow(FlowReports):
    """From the search to the included studies (Page et al., BMJ 2021;372:n71).

    A count that is left out was not recorded, and the diagram says so. Counts that are there must
    add up.
    """

    identified: tuple[FlowSource, ...] = ()
    """Where records were looked for."""
    duplicates: Number | None = None
    """Duplicate records removed before screening."""
    automation: Number | None = None
    """Records that a program marked as ineligible; left out where none was used."""
    removed_otherwise: Number | None = None
    """Records removed before screening for other reasons; left out where there were none."""
    screened: Number | None = None
    """Records screened."""
    excluded: Number | None = None
    """Records excluded by screening."""
    other: FlowReports | None = None
    """Reports that other places than databases and registers led to."""
    included_studies: Number | None = None
    """Studies in the review; the trials of the folder are counted where it is left out."""
    included_reports: Number | None = None
    """Reports of these studies."""
    note: Text | None = None
    """What a reader should know about the search."""

    def sources(self, *kinds: str) -> tuple[FlowSource, ...]:
        """Sources of these kinds."""
        return tuple(source for source in self.identified if source.kind in kinds)

    def breaches(self) -> Iterator[Breach]:
        """Every sum of the diagram that does not add up."""
        searched = [source.records for source in self.sources("database", "register")]
        elsewhere = [source.records for source in self.sources("other")]
        removed = [self.duplicates, self.automation or 0, self.removed_otherwise or 0]
        if searched:
            yield from _left("screened", self.screened, "records identified", searched, removed)
        yield from _left("sought", self.sought, "screened", [self.screened], [self.excluded])
        yield from _reports("", self)
        if self.other is not None:
            if elsewhere:
                yield from _left(
                    "other.sought", self.other.sought, "other records identified", elsewhere, []
                )
            yield from _reports("other.", self.other)
        yield from _included(self)


def _reports(prefix: str, reports: FlowReports) -> Iterator[Breach]:
    yield from _left(
        f"{prefix}assessed",
        reports.assessed,
        f"{prefix}sought",
        [reports.sought],
        [reports.not_retrieved],
    )
    excluded = sum(reason.reports or 0 for reason in reports.excluded_reports)
    if reports.assessed is not None and excluded > reports.assessed:
        yield Breach(
            f"flow.{prefix}excluded_reports",
            str(excluded),
            f"exceeds the {reports.assessed} reports assessed",
            "look the counts up again",
        )


def _left(
    name: str,
    value: int | None,
    whole: str,
    parts: Sequence[int | None],
    removed: Sequence[int | None],
) -> Iterator[Breach]:
    """`value` is what is left of the whole once some are removed, as far as that is known."""
    total = sum(part or 0 for part in parts)
    gone = sum(part or 0 for part in removed)
    if None in parts:
        return
    known = None not in removed
    if known and value is not None and value != total - gone:
        yield Breach(
            f"flow.{name}",
            str(value),
            f"must be {total - gone} ({whole}: {total}, less {gone})",
            "look the counts up again, or leave out what was not recorded",
        )
    elif gone + (value or 0) > total:
        yield Breach(
            f"flow.{name}",
            str(value) if value is not None else "",
            f"and what was removed before it ({gone}) exceed {total} ({whole})",
            "look the counts up again",
        )


def _included(flow: Flow) -> Iterator[Breach]:
    """Reports assessed and not excluded are reports of included studies."""
    routes: list[FlowReports] = [flow]
    if flow.other is not None or flow.sources("other"):
        routes.append(flow.other or FlowReports())
    assessed = [route.assessed for route in routes]
    excluded = [
        reason.reports
        for route in routes
        for reason in route.excluded_reports or (FlowReason(reason="not recorded"),)
    ]
    if flow.included_reports is not None:
        yield from _left(
            "included_reports", flow.included_reports, "reports assessed", assessed, excluded
        )
        if flow.included_studies is not None and flow.included_studies > flow.included_reports:
            yield Breach(
                "flow.included_studies",
                str(flow.included_studies),
                f"exceeds the {flow.included_reports} reports of these studies",
                "look the counts up again; every study has a report",
            )
