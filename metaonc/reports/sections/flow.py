"""How the studies were found: the PRISMA 2020 flow diagram and its counts."""

from __future__ import annotations

from collections.abc import Iterator

from metaonc.effects import Registry
from metaonc.registry.flow import Flow
from metaonc.reports.document import Cell, Figure, Page, Paragraph, Table, blocks
from metaonc.reports.sections.figures import FLOW

FLOW_PAGE = "flow"
_CITED = "Page et al., BMJ 2021;372:n71"


def flow_page(registry: Registry) -> Page:
    """The diagram with its counts; or that nobody counted anything."""
    flow = registry.plan.flow if registry.plan else None
    title = "How the studies were found"
    if flow is None:
        said = (
            "Nothing was recorded of how the studies were found: the review plan has no [flow] "
            f"table. The report is about the {len(registry)} studies of the registry."
        )
        return Page(FLOW_PAGE, title, (Paragraph(said, "warning"),))
    caption = f"PRISMA 2020 flow diagram ({_CITED})."
    figure = Figure(FLOW, _in_words(flow, len(registry)), caption, formats=("svg",))
    counts = Table(("Stage", "Where", "What", "Count"), tuple(_rows(flow, len(registry))),
                   caption="The counts of the diagram", numeric=(3,))  # fmt: skip
    note = Paragraph(flow.note, "note") if flow.note else None
    return Page(FLOW_PAGE, title, blocks(note, figure, counts))


def _in_words(flow: Flow, studies: int) -> str:
    from metaonc.plots.prisma_boxes import boxes

    return f"PRISMA 2020 flow diagram. {' '.join(map(str, boxes(flow, studies)))}"


def _rows(flow: Flow, studies: int) -> Iterator[tuple[Cell, ...]]:
    from metaonc.plots.prisma_boxes import boxes

    for box in boxes(flow, studies):
        for line in box.lines:
            if not line.heading:
                above = box.lines[0]
                name = f"{above.name}: {line.name}" if above.heading else line.name
                count = "not recorded" if line.count is None else f"{line.count:,}"
                yield (box.stage, box.route, name, count)
