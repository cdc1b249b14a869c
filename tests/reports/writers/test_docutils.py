"""Descriptions as nodes of docutils: text stays text, places and tables keep their shape."""

import pytest
from docutils import nodes
from docutils.core import publish_from_doctree
from docutils.utils import new_document
from hypothesis import given
from hypothesis import strategies as st

from metaonc.reports.document import (
    Anchor,
    Block,
    Bullets,
    Code,
    Details,
    Facts,
    Figure,
    Lines,
    Link,
    Page,
    Paragraph,
    Section,
    Table,
    status,
    strong,
)
from metaonc.reports.writers.docutils import DocutilsWriter


def written(*blocks: Block, titles: bool = True) -> nodes.document:
    document = new_document("test")
    document += DocutilsWriter(document, titles=titles).blocks(blocks)
    return document


def html(document: nodes.document) -> str:
    settings = {"embed_stylesheet": False, "stylesheet_path": "", "_disable_config": True}
    made = publish_from_doctree(document, writer="html5", settings_overrides=settings)
    return made.decode("utf-8")


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc",)), min_size=1))
def test_text_is_text(text: str) -> None:
    """Whatever a record says: no markup is read in it, and no quote is replaced."""
    (said,) = written(
        Paragraph((text, strong(text), Link(text, url="https://example.org")))
    ).children
    assert isinstance(said, nodes.paragraph)
    assert said.astext() == text * 3
    assert [type(node) for node in said.findall()] == [
        nodes.paragraph, nodes.Text, nodes.strong, nodes.Text, nodes.reference, nodes.Text,
    ]  # fmt: skip
    assert said["support_smartquotes"] is False


def test_tags_of_html_are_shown() -> None:
    text = html(written(Paragraph("<script>alert(1)</script> & *all*")))
    assert "<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp; *all*</p>" in text


def test_links_lead_their_ways() -> None:
    line = (
        Link("trial", page="trials/tamrad", anchor="arms"),
        Link("paper", url="https://example.org/1"),
        Link("numbers", file="studies.csv", mark="strong"),
        Link("policy", manual="methods/policy"),
    )
    found = [node["refuri"] for node in written(Paragraph(line)).findall(nodes.reference)]
    assert found == ["trials/tamrad.html#arms", "https://example.org/1", "studies.csv"]


def test_a_table_has_groups_a_stub_and_figures_to_the_right() -> None:
    table = Table(
        ("Study", "n", "n"),
        (("TAMRAD", "54", ""), (Lines(("BOLERO-2", status("confirmed"))), "485", "239")),
        caption="Patients",
        numeric=(1, 2),
        groups=(("", 1), ("Arms", 2)),
        stub=True,
    )
    text = html(written(table))
    assert "<caption>Patients</caption>" in text
    assert '<th class="head stub" colspan="2"' in text or 'colspan="2"' in text
    assert text.count('class="stub"') == 2
    assert text.count("metaonc-numeric") == 2 + 4
    (found,) = written(table).findall(nodes.table)
    assert [len(list(row.children)) for row in found.findall(nodes.row)] == [2, 3, 3, 3]


def test_places_keep_their_names_apart() -> None:
    writer = DocutilsWriter(new_document("test"))
    first = writer.blocks([Section("Arms", (Paragraph(Anchor("note")),), anchor="arms")])
    second = writer.blocks([Section("Arms", (Paragraph("Two."),), anchor="arms")])
    assert (first[0]["ids"], second[0]["ids"]) == (["arms"], ["arms-2"])
    assert writer.places == {"note": "note", "arms": "arms"}


def test_headings_without_rank_where_sections_may_not_stand() -> None:
    block = Section("Results", (Section("Progression", (Paragraph("0.60"),)),), anchor="results")
    assert not list(written(block, titles=False).findall(nodes.section))
    assert [n.astext() for n in written(block, titles=False).findall(nodes.rubric)] == [
        "Results",
        "Progression",
    ]
    assert len(list(written(block).findall(nodes.section))) == 2


@pytest.mark.parametrize(
    ("block", "kind"),
    [
        (Bullets(("one", "two")), nodes.bullet_list),
        (Bullets(("one", "two"), ordered=True), nodes.enumerated_list),
        (Facts((("tau²", "0.06"),)), nodes.container),
        (Code("metaonc report", "console"), nodes.literal_block),
        (Code(">>> 1 + 1\n2", "pycon"), nodes.doctest_block),
        (Details("Why", (Paragraph("Because."),), anchor="why"), nodes.compound),
        (Figure("figures/pfs", "A plot.", "The plot."), nodes.figure),
        (Paragraph("Mind this.", "warning"), nodes.warning),
        (Paragraph("By the way.", "note"), nodes.note),
        (Paragraph("First."), nodes.paragraph),
    ],
)
def test_every_block_has_its_node_and_is_html(block: Block, kind: type[nodes.Element]) -> None:
    document = written(block)
    (node,) = document.children
    assert type(node) is kind
    html(document)


def test_a_figure_is_described_and_a_page_has_its_title() -> None:
    writer = DocutilsWriter(new_document("test"))
    figure = Figure("figures/pfs", "Six <studies>.", ("PFS. ", Link("PDF", file="pfs.pdf")))
    page = writer.page(Page("analyses/pfs", "Progression & death", (figure,)))
    writer.document += page
    text = html(writer.document)
    assert "Progression &amp; death" in text
    assert 'alt="Six &lt;studies&gt;." src="figures/pfs.svg"' in text
    assert '<a class="reference external" href="pfs.pdf">PDF</a>' in text
