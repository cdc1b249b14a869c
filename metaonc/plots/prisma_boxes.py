"""The boxes of a PRISMA 2020 flow diagram: what each says, before anything is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from metaonc.registry.flow import Flow, FlowReports, FlowSource

STAGES = ("Identification", "Screening", "Screening", "Screening", "Included")  # of each row
ROUTES = ("databases and registers", "other methods")


@dataclass(frozen=True)
class Line:
    """A line of a box."""

    name: str
    """What is counted."""
    count: int | None = None
    heading: bool = False
    """Whether it has no count of its own, but stands above others that do."""
    depth: int = 0
    """How far it is indented."""

    def __str__(self) -> str:
        if self.heading:
            return f"{self.name}:"
        return f"{self.name} ({said(self.count)})"


@dataclass(frozen=True)
class Box:
    """A box and its place: row from the top, column from the left."""

    row: int
    column: int
    lines: tuple[Line, ...]

    @property
    def stage(self) -> str:
        """Identification, Screening or Included."""
        return STAGES[self.row]

    @property
    def route(self) -> str:
        """How the studies were looked for; that of the included ones is all of them."""
        return "all" if self.stage == "Included" else ROUTES[self.column // 2]

    def __str__(self) -> str:
        """All of it in one sentence."""
        first, *rest = self.lines
        if first.heading:
            return f"{first} {'; '.join(map(str, rest))}."
        return f"{'; '.join(map(str, self.lines))}."


def said(count: int | None) -> str:
    """A count as the diagram writes it."""
    return "not recorded" if count is None else f"n = {count}"


def boxes(flow: Flow, studies: int | None) -> tuple[Box, ...]:
    """Every box of a flow, row by row within each of its columns.

    Parameters
    ----------
    flow : Flow
    studies : int or None
        Studies in the review, where the flow does not count them.
    """
    return tuple(_boxes(flow, studies))


def _boxes(flow: Flow, studies: int | None) -> Iterator[Box]:
    yield Box(0, 0, _identified(flow))
    yield Box(0, 1, _removed(flow))
    yield Box(1, 0, (Line("Records screened", flow.screened),))
    yield Box(1, 1, (Line("Records excluded", flow.excluded),))
    yield from _reports(flow, 0)
    elsewhere = flow.sources("other")
    if elsewhere or flow.other is not None:
        yield Box(0, 2, _group("Records identified from", elsewhere))
        yield from _reports(flow.other or FlowReports(), 2)
    included = studies if flow.included_studies is None else flow.included_studies
    yield Box(
        4,
        0,
        (
            Line("Studies included in review", included),
            Line("Reports of included studies", flow.included_reports),
        ),
    )


def _identified(flow: Flow) -> tuple[Line, ...]:
    """Databases and registers, each with its sources."""
    if not flow.sources("database", "register"):
        return (Line("Records identified from databases and registers"),)
    lines = [Line("Records identified from", heading=True)]
    for kind, name in (("database", "Databases"), ("register", "Registers")):
        sources = flow.sources(kind)
        if sources:
            lines.append(Line(name, _sum(sources), depth=1))
            lines += [Line(source.name, source.records, depth=2) for source in sources]
    return tuple(lines)


def _group(name: str, sources: Sequence[FlowSource]) -> tuple[Line, ...]:
    if not sources:
        return (Line(f"{name} other places"),)
    lines = [Line(source.name, source.records, depth=1) for source in sources]
    return (Line(name, heading=True), *lines)


def _removed(flow: Flow) -> tuple[Line, ...]:
    """Without the lines that a flow leaves out where there is nothing to count."""
    lines = [Line("Duplicate records", flow.duplicates, depth=1)]
    others = (
        ("Records marked as ineligible by automation tools", flow.automation),
        ("Records removed for other reasons", flow.removed_otherwise),
    )
    lines += [Line(name, count, depth=1) for name, count in others if count is not None]
    return (Line("Records removed before screening", heading=True), *lines)


def _reports(reports: FlowReports, column: int) -> Iterator[Box]:
    yield Box(2, column, (Line("Reports sought for retrieval", reports.sought),))
    yield Box(2, column + 1, (Line("Reports not retrieved", reports.not_retrieved),))
    yield Box(3, column, (Line("Reports assessed for eligibility", reports.assessed),))
    if reports.excluded_reports:
        reasons = [Line(each.reason, each.reports, depth=1) for each in reports.excluded_reports]
        yield Box(3, column + 1, (Line("Reports excluded", heading=True), *reasons))
    else:
        yield Box(3, column + 1, (Line("Reports excluded"),))


def _sum(sources: Sequence[FlowSource]) -> int | None:
    """None where one of them was not recorded."""
    counts = [source.records for source in sources]
    return None if None in counts else sum(count or 0 for count in counts)
