"""The summary of findings, certainty and protocol as sections of a page."""

import metaonc as mo
from metaonc.registry.plan import Plan
from metaonc.reports.document import (
    Chapter,
    Document,
    Figure,
    Page,
    Section,
    check_links,
    page_text,
)
from metaonc.reports.sections.findings import certainty_section, summary_of_findings_section
from metaonc.reports.sections.protocol import (
    conduct_section,
    discussion_section,
    eligibility_section,
    protocol_section,
    search_section,
)
from tests.reports.sections.shipped import ANALYSES, DOCUMENT, REGISTRY, tables

FOUND = mo.summary_of_findings(REGISTRY, analyses=ANALYSES)
COMPLETE = Plan.model_validate(
    {
        "title": "A",
        "summary": "B?",
        "protocol": {
            "authors": [
                {"name": "Ada", "orcid": "0000-0002-1825-0097", "affiliation": "Clinic"},
                {"name": "Bob"},
            ],
            "rationale": "Nobody knows.",
            "registration": {
                "registry": "PROSPERO", "number": "CRD1", "link": "https://example.org/1"},
            "amendments": [{"date": "2024-02-03", "change": "One more outcome.", "reason": "New."}],
            "funding": "None.",
        },
        "eligibility": {"population": "adults", "intervention": "a drug"},
        "search": {
            "sources": [{"name": "MEDLINE", "searched": "2024-01-02", "strategy": "1 drug.tw."}]
        },
        "conduct": {"selection": "Two of us."},
        "discussion": {"implications": "More trials."},
    }
)  # fmt: skip


def words(*sections: Section | None) -> str:
    return page_text(Page("x", "X", tuple(each for each in sections if each is not None)))


def test_the_summary_says_everything_that_its_cells_say():
    section = summary_of_findings_section(FOUND)
    said = words(section)
    assert "provisional" in said
    for row in FOUND.cells()[1:]:
        for cell in filter(None, row):
            assert all(part in said for part in cell.split("; "))
    for sentence in FOUND.sentences:
        assert sentence in said
    (table,) = tables(section)
    assert len(table.rows) == len(FOUND)


def test_outcomes_link_to_the_pages_of_their_analyses():
    page = Page("summary", "Summary", (summary_of_findings_section(FOUND),))
    document = Document("R", (*DOCUMENT.chapters, Chapter("Findings", (page,))))
    check_links(document, _files(document))


def _files(document: Document) -> list[str]:
    from metaonc.reports.document import links

    return [link.file for page in document.pages for link in links(page) if link.file]


def test_the_certainty_of_an_answer_has_a_row_per_domain():
    section = certainty_section(FOUND["os"])
    (table,) = tables(section)
    assert [row[2] for row in table.rows] == ["-1", "0", "0", "-1", "0"]
    said = words(section)
    assert "⊕⊕◯◯ low, by GRADE; it starts at high (randomised trials)." in said
    assert FOUND["os"].statement in said


def test_an_answer_that_nobody_judged_says_that():
    row = mo.summary_of_findings(REGISTRY, ["pfs-all"], analyses=ANALYSES)["pfs-all"]
    assert "Certainty not assessed" in words(certainty_section(row))


def test_what_the_plan_says_is_there():
    said = words(
        eligibility_section(COMPLETE),
        protocol_section(COMPLETE),
        search_section(COMPLETE, Figure("prisma", "flow", "Flow")),
        conduct_section(COMPLETE),
        discussion_section(COMPLETE),
    )
    expected = ("B?", "Nobody knows.", "adults", "a drug", "Ada; Clinic; ORCID 0000-0002-1825-0097",
                "PROSPERO CRD1", "One more outcome.", "2024-02-03", "None.", "MEDLINE",
                "2024-01-02", "1 drug.tw.", "Two of us.", "Implications: More trials.")  # fmt: skip
    for text in expected:
        assert text in said


def test_what_the_plan_does_not_say_is_named():
    bare = Plan(title="A", summary="B?")
    said = words(
        eligibility_section(bare),
        protocol_section(bare),
        search_section(bare),
        conduct_section(bare),
    )
    for name in ("eligibility", "protocol", "search", "conduct"):
        assert f"The review plan does not say: add [{name}]." in said
    assert discussion_section(bare) is None
