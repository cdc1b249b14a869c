"""The description of a report: what it refuses, and what a reader finds in it."""

from __future__ import annotations

import pytest

from metaonc.errors import ReportError
from metaonc.reports.document import (
    Anchor,
    Chapter,
    Details,
    Document,
    Facts,
    Figure,
    Lines,
    Link,
    Marked,
    Page,
    Paragraph,
    Section,
    Table,
    anchors,
    blocks,
    check_links,
    links,
    listed,
    plain_text,
    section,
    walk,
)


def document(*pages: Page) -> Document:
    return Document("A review", (Chapter("Pages", pages),))


TRIAL = Page(
    "trials/tamrad",
    "TAMRAD",
    (
        Section(
            "Results",
            (
                Table(("What", "Source"), (((Anchor("hr"), "HR 0.54"), "Table 2"),)),
                Details("Arithmetic", (Paragraph("(0.36, 0.81)"),), anchor="audit-1"),
            ),
            anchor="results",
        ),
        Facts((("Phase", Lines(("II", Link("protocol", file="protocol.pdf")))),)),
    ),
)


def test_places_and_links_are_found_wherever_they_stand() -> None:
    assert anchors(TRIAL) == ["results", "audit-1", "hr"]
    assert [link.text for link in links(TRIAL)] == ["protocol"]
    assert [type(block).__name__ for block in walk(TRIAL.blocks)] == [
        "Section",
        "Table",
        "Details",
        "Paragraph",
        "Facts",
    ]


@pytest.mark.parametrize(
    ("link", "lost"),
    [
        (Link("x", page="trials/bolero"), "the page trials/bolero"),
        (Link("x", page="trials/tamrad", anchor="os"), "the place os on the page trials/tamrad"),
        (Link("x", file="figures/pfs.pdf"), "the file figures/pfs.pdf"),
    ],
)
def test_a_link_that_leads_nowhere_is_refused(link: Link, lost: str) -> None:
    front = Page("index", "Front", (Figure("figures/pfs", "A plot", ("see ", link)),))
    with pytest.raises(ReportError, match=lost):
        check_links(document(front, TRIAL), ["protocol.pdf"])


def test_links_that_lead_somewhere_pass() -> None:
    ways = (
        Link("a", page="trials/tamrad", anchor="hr"),
        Link("b", file="figures/pfs.pdf"),
        Link("c", url="https://doi.org/10.1200/JCO.2011.39.0708"),
        Link("d", manual="methods/policy"),
    )
    front = Page("index", "Front", (Paragraph(ways),))
    check_links(document(front, TRIAL), ["figures/pfs.pdf", "protocol.pdf"])


def test_names_used_twice_are_refused() -> None:
    with pytest.raises(ReportError, match="page trials/tamrad is there 2 times"):
        check_links(document(TRIAL, TRIAL), ["protocol.pdf"])
    twice = Page("index", "Front", (Paragraph((Anchor("a"), Anchor("a"))),))
    with pytest.raises(ReportError, match="place on page index a is there 2 times"):
        check_links(document(twice))


def test_a_link_leads_one_way() -> None:
    with pytest.raises(ValueError, match="leads 0"):
        Link("nowhere")
    with pytest.raises(ValueError, match="leads 2"):
        Link("both", page="index", url="https://example.org")


def test_a_table_is_a_rectangle() -> None:
    with pytest.raises(ValueError, match="1 cells under 2 headings"):
        Table(("a", "b"), (("1",),))
    with pytest.raises(ValueError, match="do not span 2 columns"):
        Table(("a", "b"), (), groups=(("both", 3),))


def test_what_says_nothing_is_left_out() -> None:
    assert section("Empty", None, ()) is None
    assert section("Said", None, Paragraph("x")) == Section("Said", (Paragraph("x"),))
    assert blocks(None, [Paragraph("x"), Paragraph("y")]) == (Paragraph("x"), Paragraph("y"))


def test_words_without_marks() -> None:
    line = ("HR ", Marked("0.60", "strong"), Anchor("x"), " in ", Link("TAMRAD", page="t"))
    assert plain_text(line) == "HR 0.60 in TAMRAD"
    assert plain_text(Lines((line, "two"))) == "HR 0.60 in TAMRAD\ntwo"
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"], "or") == "a, b or c"
