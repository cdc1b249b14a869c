"""Pages of analyses: what was pooled, what was not, and the way to every printed number."""

from __future__ import annotations

from dataclasses import replace

import pytest

from metaonc.registry import Question
from metaonc.reports import Analysis
from metaonc.reports.document import (
    Chapter,
    Code,
    Document,
    Figure,
    Lines,
    Link,
    anchors,
    check_links,
    inlines,
    links,
    page_text,
    plain_text,
    walk,
)
from metaonc.reports.sections import (
    alt_text,
    analysis_page,
    chapters,
    figure_files,
    front,
    reference_files,
    verdict,
)
from metaonc.reports.sections.uses import places, uses
from tests.reports.sections.shipped import (
    ANALYSES,
    BY_KEY,
    DOCUMENT,
    PAGES,
    REGISTRY,
    WORDS,
    figures,
    sections,
    tables,
)

FILES = [
    *(name for analysis in ANALYSES for name in figure_files(analysis)),
    *reference_files(REGISTRY.references()),
]
UNANSWERED = Analysis(
    question=Question(key="qol", title="Quality of life", outcomes=("qol",), measure="HR"),
    result=None,
    reason="no trial reports it",
)
each_analysis = pytest.mark.parametrize("key", BY_KEY)


def test_there_is_a_page_for_every_trial_and_every_question():
    expected = {f"trials/{key}" for key in ("index", "characteristics", *(t.key for t in REGISTRY))}
    expected |= {f"analyses/{question.key}" for question in REGISTRY.questions}
    assert PAGES.keys() == expected | {"analyses/index", "references/index", "risk-of-bias"}


def test_every_link_leads_somewhere():
    check_links(DOCUMENT, FILES)


def test_the_same_records_give_the_same_pages():
    assert chapters(REGISTRY, ANALYSES) == DOCUMENT.chapters


@each_analysis
def test_a_page_says_what_was_pooled_and_what_was_not(key):
    analysis, text = BY_KEY[key], WORDS[f"analyses/{key}"]
    assert analysis.pooled is not None
    effects = analysis.pooled.effects
    said = [verdict(analysis.pooled), *effects.labels, *map(str, effects.columns["printed"])]
    said += [out.reason for out in analysis.left_out]
    said += [analysis.pooled.methods(), f'effects("{key}")', f"$ metaonc pool {key}"]
    for words in said:
        assert words in text


@each_analysis
def test_from_the_diamond_to_the_printed_number_and_back(key):
    """Pooled row -> table of studies -> row of the printed result -> source; and back again."""
    analysis = BY_KEY[key]
    assert analysis.pooled is not None
    page, effects = PAGES[f"analyses/{key}"], analysis.pooled.effects
    found = sections(page)
    names = [row[0] for table in tables(found["pooled"]) for row in table.rows]
    ways = {name for name in names if isinstance(name, Link)}
    assert {(way.page, way.anchor) for way in ways} == {(page.key, "studies")}
    (studies,) = tables(found["studies"])
    assert len(studies.rows) == len(effects.labels)
    for i, row in enumerate(studies.rows):
        trial = PAGES[f"trials/{effects.columns['trial'][i]}"]
        steps = [link for link in _links(row[1]) if link.page == trial.key]
        assert [step.anchor for step in steps] == [p.replace(" ", "-") for p in places(effects, i)]
        for step in steps:
            target = _row_at(trial, step.anchor)
            back = {(link.page, link.anchor) for link in _links(target)}
            assert (page.key, f"study-{i + 1}") in back
            assert f"study-{i + 1}" in anchors(page)
            text = "\n".join(map(plain_text, target))
            told = str(effects.columns["derivation"][i])
            assert all(part in text for part in told.split("; ")), told
            if step.anchor.startswith("result"):
                assert any(link.anchor.startswith("reference-") for link in _links(target))
                assert "audit" in text


def _links(cells) -> list[Link]:
    found = []
    for cell in cells if isinstance(cells, tuple) else (cells,):
        for line in cell.lines if isinstance(cell, Lines) else (cell,):
            found += [part for part in inlines(line) if isinstance(part, Link)]
    return found


def _row_at(page, anchor):
    for table in tables(page):
        for row in table.rows:
            if f"Anchor(name='{anchor}')" in repr(row):
                return row
    raise AssertionError(f"{page.key} has no row at {anchor}")


def test_every_use_is_told_where_the_number_stands():
    for use in uses(ANALYSES):
        row = _row_at(PAGES[f"trials/{use.trial}"], use.place.replace(" ", "-"))
        assert use.title in "\n".join(map(plain_text, row))


def test_a_page_shows_its_figures():
    analysis = BY_KEY["pfs"]
    assert figure_files(analysis) == ("figures/pfs.svg", "pfs.pdf", "figures/pfs.html")
    figure = figures(PAGES["analyses/pfs"])[0]
    assert (figure.name, figure.alt) == ("figures/pfs", alt_text(analysis))
    linked = {link.file for link in inlines(figure.caption) if isinstance(link, Link)}
    assert linked == {"pfs.pdf", "figures/pfs.html"}


def test_the_source_of_a_study_is_a_link():
    ways = {(link.text, link.page, link.anchor) for link in links(PAGES["analyses/pfs"])}
    assert ("Yardley 2013", "trials/bolero-2", "reference-yardley-2013") in ways


def test_an_unanswered_question_has_a_page_with_the_reason():
    page = analysis_page(REGISTRY, UNANSWERED)
    assert "Not pooled: no trial reports it." in page_text(page)
    assert not figures(page)
    assert figure_files(UNANSWERED) == ()
    assert "no trial reports it" in str(front(UNANSWERED))
    both = Document("Both", chapters(REGISTRY, [*ANALYSES, UNANSWERED]))
    check_links(both, FILES)
    texts = {page.key: page_text(page) for page in both.pages}
    assert "not pooled: no trial reports it" in texts["trials/tamrad"]
    assert "no trial reports it" in texts["analyses/index"]


def test_why_studies_are_not_grouped_is_a_note():
    analysis = replace(BY_KEY["cbr"], reason="not grouped by line: TAMRAD has none")
    notes = sections(analysis_page(REGISTRY, analysis))["notes"]
    assert "'Not grouped by line: TAMRAD has none'" in repr(notes)


def test_the_front_says_the_result_and_describes_the_figure():
    said, figure = front(BY_KEY["pfs"])
    result = BY_KEY["pfs"].pooled
    assert result is not None
    assert verdict(result) in plain_text(said.line)
    assert isinstance(figure, Figure)
    assert verdict(result) in figure.alt


def test_the_references_are_numbered_and_linked():
    text, library = WORDS["references/index"], REGISTRY.references()
    urls = {link.url for link in links(PAGES["references/index"])}
    (numbered,) = [b for b in PAGES["references/index"].blocks if hasattr(b, "ordered")]
    assert numbered.ordered
    assert len(numbered.items) == len(library)
    for entry in library:
        assert entry.reference.citation in text
        assert entry.reference.doi is None or f"https://doi.org/{entry.reference.doi}" in urls
    files = reference_files(library)
    assert files == {"references.bib": library.bibtex(), "references.ris": library.ris()}


def test_what_a_reader_types_is_code():
    blocks = walk(PAGES["analyses/pfs"].blocks)
    languages = [block.language for block in blocks if isinstance(block, Code)]
    assert languages == ["pycon", "console"]


def test_a_chapter_needs_no_analysis():
    found = Document("None", chapters(REGISTRY, []))
    assert [chapter.title for chapter in found.chapters] == ["Analyses", "Trials", "References"]
    assert isinstance(found.chapters[0], Chapter)
