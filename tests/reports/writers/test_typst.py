"""The report as one PDF: what it says, how it is built, and that records cannot speak Typst."""

import io
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from metaonc.errors import ReportError
from metaonc.reports.document import (
    Anchor,
    Bullets,
    Chapter,
    Code,
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
    status,
    strong,
)
from metaonc.reports.writers import typst
from metaonc.reports.writers.typst.columns import measured_columns
from metaonc.reports.writers.typst.compiling import compiled
from metaonc.reports.writers.typst.plain import plain_document, shown

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{0}pt" height="90pt" viewBox="0 0 {0} 90">'
    '<text x="10" y="50" font-family="DejaVu Sans" font-size="10">TAMRAD drawn</text></svg>'
)
STUDIES = Table(
    head=("Study", "As printed", "Weight"),
    rows=tuple(
        (f"Trial number {i}", Lines((strong(f"0.{i}"), Marked("derived", "aside"))), f"{i}%")
        for i in range(10, 90)
    ),
    caption="Eighty studies",
    numeric=(2,),
    groups=(("Group heading", 2), ("", 1)),
    stub=True,
)
WIDE = Table(
    head=tuple(f"Heading{i}" for i in range(14)),
    rows=(tuple(f"incomprehensible{i}" for i in range(14)),),
)


def document(*pages):
    front = Page("index", "Report", (Paragraph("The answer first.", "lead"),))
    return Document("A review of trials", (Chapter("", (front,)), Chapter("Analyses", pages)))


EVERYTHING = document(
    Page(
        "analyses/pfs",
        "Progression-free survival",
        (
            Paragraph(("Six studies: ", strong("HR 0.60"), " and ", status("unconfirmed"))),
            Paragraph("Beside the text.", "note"),
            Paragraph("Not to be missed.", "warning"),
            Bullets(("first point", "second point")),
            Bullets(("step one", "step two"), ordered=True),
            Facts((("tau²", "0.0593"), ("I²", Lines(("76%", "from tau²"))))),
            Figure("figures/pfs", "A picture in words", "The forest plot", ("svg", "pdf")),
            Section(
                "Studies",
                (
                    STUDIES,
                    Details("What else", (Paragraph("Shown open."),), anchor="more"),
                    Code("metaonc report --studies mine"),
                ),
            ),
        ),
    ),
    Page(
        "trials/tamrad",
        "TAMRAD",
        (
            Paragraph(
                (Anchor("paper"), "Bachelot 2012, ", Link("doi", url="https://doi.org/10.1"))
            ),
            Paragraph(Link("To the pool", page="analyses/pfs", anchor="more")),
            Paragraph((Link("All results", file="results.json"), Link("manual", manual="methods"))),
        ),
    ),
    Page("wide", "Wide", (WIDE, Paragraph("Below the wide table."))),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("figures")
    (root / "figures").mkdir()
    (root / "figures" / "pfs.svg").write_text(SVG.format(300), encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def content(folder):
    path = folder / "report.pdf"
    typst.write_pdf(EVERYTHING, folder, path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def pdf(content):
    return PdfReader(io.BytesIO(content))


def words(pages):
    return " ".join(" ".join(page.extract_text() for page in pages).split())


# What a reader finds ----------------------------------------------------------------------------


def test_everything_that_is_said_can_be_read_and_selected(pdf):
    text = words(pdf.pages)
    for said in (
        *("A review of trials", "The answer first.", "Contents", "Progression-free survival"),
        *("Six studies: HR 0.60 and awaiting confirmation", "Beside the text.", "second point"),
        *("Not to be missed.", "1. step one", "2. step two", "tau² 0.0593", "76% from tau²"),
        *("TAMRAD drawn", "The forest plot", "Eighty studies", "What else", "Shown open."),
        *("metaonc report --studies mine", "Bachelot 2012, doi", "All results (results.json)"),
        *("Trial number 10", "Trial number 89", "Below the wide table.", "manual"),
    ):
        assert said in text, said


def test_headings_of_a_table_stand_on_every_page_that_it_takes(pdf):
    pages = [words([page]) for page in pdf.pages]
    taken = [text for text in pages if "Trial number" in text]
    assert len(taken) > 1
    for text in taken:
        assert "Study As printed Weight" in text
        assert "Group heading" in text


def test_a_wide_table_turns_its_page_and_stays_on_the_paper(pdf):
    sizes = {tuple(round(float(x)) for x in page.mediabox[2:]) for page in pdf.pages}
    assert sizes == {(595, 842), (842, 595)}  # A4, upright and turned
    (wide,) = (page for page in pdf.pages if "Below the wide table." in page.extract_text())
    assert wide.mediabox.width > wide.mediabox.height
    places = []

    def note(text, page, line, *_):
        if text.strip():
            x, y = line[4:]
            a, b, c, d, e, f = page
            places.append((a * x + c * y + e, b * x + d * y + f))

    wide.extract_text(visitor_text=note)
    assert len(places) > 2 * 14  # words that a column cannot hold are broken: more than cells
    assert all(50 < x < 842 - 50 and 25 < y < 595 - 40 for x, y in places)
    whole = words([wide]).replace("\u200b", "").replace(" ", "")
    assert whole.count("incomprehensible") == 14


def test_pages_have_heads_and_numbers(pdf):
    last = words([pdf.pages[-1]])
    assert "A review of trials Wide" in last
    assert f"{len(pdf.pages)} / {len(pdf.pages)}" in last


def test_links_lead_within_the_file_or_into_the_world_and_nowhere_else(pdf):
    found = [note.get_object() for page in pdf.pages for note in page.get("/Annots", ())]
    assert {note["/Subtype"] for note in found} == {"/Link"}
    addresses = [note["/A"]["/URI"] for note in found if "/A" in note and "/URI" in note["/A"]]
    assert addresses == ["https://doi.org/10.1"]
    assert len(found) > 5  # the contents, and the link to a place on another page


# How it is built --------------------------------------------------------------------------------


def test_it_is_tagged_and_says_that_it_follows_pdf_ua(pdf):
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en-GB"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert pdf.metadata["/Title"] == "A review of trials"
    assert b"pdfuaid:part>1<" in root["/Metadata"].get_data()
    kinds = structure(root["/StructTreeRoot"])
    assert {"/H1", "/H2", "/H3", "/P", "/L", "/Table", "/TH", "/TD", "/Figure", "/Link"} <= kinds


def structure(element):
    """Every kind of structure element below one."""
    found, open_ = set(), [element]
    while open_:
        here = open_.pop().get_object()
        if isinstance(here, list):
            open_ += here
        elif isinstance(here, dict):
            found.add(str(here.get("/S", "")))
            open_ += [here[name] for name in ("/K",) if name in here]
    return found


def test_a_figure_carries_its_words(content):
    tree = PdfReader(io.BytesIO(content)).trailer["/Root"]["/StructTreeRoot"]
    assert "A picture in words" in alternatives(tree)


def alternatives(element):
    here = element.get_object()
    if isinstance(here, list):
        return [text for one in here for text in alternatives(one)]
    if not isinstance(here, dict):
        return []
    own = [str(here["/Alt"])] if "/Alt" in here else []
    return own + (alternatives(here["/K"]) if "/K" in here else [])


def test_bookmarks_name_chapters_pages_and_sections(pdf):
    def flat(items):
        return [
            name
            for item in items
            for name in (flat(item) if isinstance(item, list) else [item.title])
        ]

    assert flat(pdf.outline) == [
        *("Analyses", "Progression-free survival", "Studies", "TAMRAD", "Wide"),
    ]


def test_every_letter_is_embedded(pdf):
    fonts = {}
    for page in pdf.pages:
        fonts |= page["/Resources"]["/Font"].get_object()
    assert fonts
    for font in fonts.values():
        (inner,) = font.get_object()["/DescendantFonts"]
        descriptor = inner.get_object()["/FontDescriptor"].get_object()
        assert {"/FontFile2", "/FontFile3"} & set(descriptor)
        assert "/ToUnicode" in font.get_object()


def test_another_folder_and_day_give_the_same_bytes(content, folder, tmp_path, monkeypatch):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "pfs.svg").write_bytes((folder / "figures" / "pfs.svg").read_bytes())
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    monkeypatch.chdir(tmp_path)
    typst.write_pdf(EVERYTHING, tmp_path, tmp_path / "other.pdf")
    assert (tmp_path / "other.pdf").read_bytes() == content


def test_a_large_figure_is_made_to_fit_and_a_small_one_is_not_blown_up(tmp_path):
    for width in (300, 3000):
        (tmp_path / f"f{width}.svg").write_text(SVG.format(width), encoding="utf-8")
    figures = [Figure(f"f{width}", "alt", "caption", ("svg",)) for width in (300, 3000)]
    pages = [Page(f"p{i}", f"P{i}", (figure,)) for i, figure in enumerate(figures)]
    found = PdfReader(io.BytesIO(compiled(plain_document(document(*pages), "1"), tmp_path)))
    small, large = found.pages[-2:]
    assert small.mediabox.width < small.mediabox.height
    assert large.mediabox.width > large.mediabox.height  # a wide picture turns the page


def test_a_figure_without_a_picture_for_paper_is_named(tmp_path):
    page = Page("p", "P", (Figure("x", "alt", "Only for a browser", ("html",)),))
    found = PdfReader(io.BytesIO(compiled(plain_document(document(page), "1"), tmp_path)))
    assert "Only for a browser" in words(found.pages)


def test_a_figure_that_is_not_there_is_one_sentence(tmp_path):
    page = Page("p", "P", (Figure("gone", "alt", "caption", ("svg",)),))
    with pytest.raises(ReportError) as caught:
        typst.write_pdf(document(page), tmp_path, tmp_path / "out.pdf")
    assert str(caught.value).startswith("Typst cannot set the report: file not found")
    assert len(str(caught.value).splitlines()) == 1
    assert not (tmp_path / "out.pdf").exists()


def test_without_typst_one_sentence_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr("metaonc.reports.writers.typst.compiling.find_spec", lambda _: None)
    assert not typst.available()
    with pytest.raises(ReportError) as caught:
        typst.write_pdf(EVERYTHING, tmp_path, tmp_path / "out.pdf")
    assert str(caught.value) == (
        "the report as one PDF needs Typst; get it with python -m pip install 'metaonc[pdf]'."
    )


# Records cannot speak Typst ---------------------------------------------------------------------

SPEECH = (
    '#set page(flipped: true) #panic("x") $x^2$ *b* _i_ `c` <l> @r // c \\ [x] {y} = h "q" ~ -- ?'
)


def everywhere(text):
    """A document with the same text in every place that a text can stand in."""
    line = (text, Marked(text, "strong"), Marked(text, "code"), Marked(text, "awaiting"))
    table = Table((text, text), ((text, Lines((line, text))),), text, groups=((text, 2),))
    blocks = (
        Paragraph((*line, Link(text, url="https://example.org"), Link(text, page="index"))),
        *(Paragraph(text, kind) for kind in ("lead", "note", "warning")),
        Bullets((text, line)),
        table,
        replace(table, caption="", stub=True, numeric=(1,)),
        Facts(((text, line),)),
        Code(text, text),
        Details(text, (Paragraph(text),)),
        Section(text, (Paragraph(text),), anchor="a"),
        Figure("x", text, text, ("html",)),
    )
    page = Page("index", text, blocks)
    return Document(text, (Chapter("", (page,)), Chapter(text, (Page("b", text, ()),))))


def test_typst_in_a_record_is_printed(tmp_path):
    found = PdfReader(io.BytesIO(compiled(plain_document(everywhere(SPEECH), "1"), tmp_path)))
    text = words(found.pages)
    assert text.count('#panic("x") $x^2$ *b* _i_') > 15
    assert {tuple(page.mediabox) for page in found.pages} == {tuple(found.pages[0].mediabox)}


@settings(max_examples=10, deadline=None)
@given(text=st.text(max_size=60))
def test_any_text_can_stand_anywhere(text, tmp_path_factory):
    root = tmp_path_factory.getbasetemp()
    content = compiled(plain_document(everywhere(text), "1"), root)
    assert content.startswith(b"%PDF")
    assert len(PdfReader(io.BytesIO(content)).pages) >= 3


@settings(max_examples=15, deadline=None)
@given(word=st.text("abcxyzäöüßñφτχ²≥±#$*_`<>@\\/[]{}\"'~=+-.,:;!?&%()", min_size=1, max_size=20))
def test_letters_come_back_as_they_went_in(word, tmp_path_factory):
    page = Page("p", "P", (Paragraph(f"beginning {word} end"),))
    root = tmp_path_factory.getbasetemp()
    found = PdfReader(io.BytesIO(compiled(plain_document(document(page), "1"), root)))
    assert f"beginning {word} end" in words(found.pages)


@given(text=st.text(st.characters(), max_size=40))
def test_what_no_font_can_show_is_marked_and_all_else_kept(text):
    found = shown(text)
    assert len(found) == len(text)
    for before, after in zip(text, found, strict=True):
        assert after == before or after == "\N{REPLACEMENT CHARACTER}"
    found.encode("utf-8")  # half a character would not be text


# Columns ----------------------------------------------------------------------------------------


@given(st.lists(st.text(st.sampled_from("ab il-/ "), max_size=40), min_size=1, max_size=8))
def test_candidates_are_among_the_words_and_lines_of_their_column(texts):
    head, *cells = [[[text]] for text in texts]
    (column,) = measured_columns([head], [[cell] for cell in cells])
    assert all(line in texts for line in column["lines"])
    assert all(any(word in text for text in texts) for word in column["words"])
    assert max(map(len, column["words"]), default=0) <= 22
