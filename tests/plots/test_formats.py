"""What files carry besides the picture: words, numbers, pages, and text that stays text."""

import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pypdf
import pytest
from matplotlib.backends.backend_pdf import PdfPages
from PIL import Image

import metaonc as mo
from metaonc.plots import ForestFigure, forest_table, save_figure, save_pages
from metaonc.plots.style import canvas

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert('x')</script> & \"Söhne\" $x$ \x07 ]]>"


@pytest.fixture(scope="module")
def progression() -> mo.PooledResult:
    return mo.pool(mo.load_registry().effects("pfs"))


@pytest.fixture(scope="module")
def long_figure() -> ForestFigure:
    """Seventy studies on A4: two pages."""
    effects = mo.Effects(np.linspace(-1, 0.5, 70), np.full(70, 0.05), "HR", title="Long")
    figure = mo.forest(mo.pool(effects), paper="A4")
    assert len(figure.pages) == 2
    return figure


def saved(figure: ForestFigure, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=form, **options)
    return buffer.getvalue()


# SVG ---------------------------------------------------------------------------------------------


def test_text_of_an_svg_is_text_with_its_letters_inside(progression: mo.PooledResult) -> None:
    """Every word of the figure is a text element, and the fonts for them are in the file."""
    figure = mo.forest(progression)
    root = ElementTree.fromstring(saved(figure, "svg"))
    words = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    drawn = [text.get_text() for text in figure.texts]
    assert set(drawn) <= set(words)
    css = "".join(style.text or "" for style in root.iter(f"{SVG}style"))
    assert re.findall(r"font-weight:(\w+);src:url\(data:font/woff;base64", css) == [
        "normal",
        "bold",
    ]
    assert "http" not in css
    assert not list(root.iter(f"{SVG}use")) or "DejaVuSans-" not in ElementTree.tostring(
        root, encoding="unicode"
    )


def test_an_svg_says_what_it_shows(progression: mo.PooledResult) -> None:
    """Title and description first, and the root refers to both."""
    table = forest_table(progression)
    root = ElementTree.fromstring(saved(mo.forest(table), "svg"))
    title, description = root[0], root[1]
    assert (title.tag, description.tag) == (f"{SVG}title", f"{SVG}desc")
    assert title.text == table.title
    assert description.text == str(table.alt_text())
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"


def test_the_numbers_of_an_svg_are_its_data(progression: mo.PooledResult) -> None:
    """The rows of the table, to the last digit, as JSON."""
    table = forest_table(progression)
    root = ElementTree.fromstring(saved(mo.forest(table), "svg"))
    (data,) = [node for node in root.iter(f"{SVG}metadata") if node.get("id")]
    rows = json.loads(data.text or "")["rows"]
    pd.testing.assert_frame_equal(pd.DataFrame(rows), table.to_frame(), check_exact=True)


@pytest.mark.filterwarnings("ignore:Glyph 7")  # a bell has no letter, as matplotlib says
@pytest.mark.parametrize("form", ["svg", "pdf", "png"])
def test_any_label_is_text_and_nothing_else(form: str) -> None:
    """Markup, control characters and quotes in names neither break a file nor become part of it."""
    effects = mo.Effects([-0.3, 0.1], [0.04, 0.05], "HR", labels=[HOSTILE, "B"], title=HOSTILE)
    content = saved(mo.forest(mo.pool(effects), preset="bmj"), form)
    if form == "svg":
        root = ElementTree.fromstring(content)
        assert not list(root.iter(f"{SVG}script"))
        assert any("<script>" in "".join(text.itertext()) for text in root.iter(f"{SVG}text"))
    else:
        assert len(content) > 5000


# PDF ---------------------------------------------------------------------------------------------


def figures_of(reader: pypdf.PdfReader) -> list[pypdf.generic.DictionaryObject]:
    tree = reader.root_object["/StructTreeRoot"]
    return [kid.get_object() for kid in tree["/K"]["/K"]]


def test_a_pdf_is_tagged_and_has_alternative_text(progression: mo.PooledResult) -> None:
    """One figure whose marked content is the page; words are still words."""
    table = forest_table(progression)
    reader = pypdf.PdfReader(io.BytesIO(saved(mo.forest(table), "pdf")))
    (figure,) = figures_of(reader)
    (page,) = reader.pages
    assert (figure["/S"], figure["/Alt"]) == ("/Figure", str(table.alt_text()))
    assert figure["/Pg"] == page
    assert page.get_contents().get_data().startswith(b"/Figure <</MCID 0>> BDC")
    number, content = reader.root_object["/StructTreeRoot"]["/ParentTree"]["/Nums"]
    assert number == page["/StructParents"]
    assert content.get_object()[figure["/K"]].get_object() == figure
    assert reader.root_object["/MarkInfo"]["/Marked"]
    assert reader.metadata.subject == table.alt_text().short
    assert "BOLERO-2 2012" in page.extract_text()


def test_a_pdf_has_all_pages(long_figure: ForestFigure) -> None:
    """Every study on one of them; one page alone on request."""
    reader = pypdf.PdfReader(io.BytesIO(saved(long_figure, "pdf")))
    text = "\n".join(page.extract_text() for page in reader.pages)
    assert re.findall(r"^Study (\d+)", text, re.MULTILINE) == [str(i) for i in range(1, 71)]
    assert [figure["/Alt"][:12] for figure in figures_of(reader)] == [
        "Forest plot ",
        "Page 2 of 2.",
    ]
    second = pypdf.PdfReader(io.BytesIO(saved(long_figure, "pdf", page=2)))
    assert [page.extract_text() for page in second.pages] == [reader.pages[1].extract_text()]


def test_the_combined_pdf_has_a_list_of_contents(
    progression: mo.PooledResult, long_figure: ForestFigure, tmp_path: Path
) -> None:
    """Each figure by its title, at its first page."""
    path = tmp_path / "all.pdf"
    save_pages([long_figure, mo.forest(progression)], path, "Everything")
    reader = pypdf.PdfReader(path)
    entries = [(item.title, reader.get_destination_page_number(item)) for item in reader.outline]
    assert entries == [("Long", 0), (progression.effects.title, 2)]
    assert (len(reader.pages), reader.metadata.title) == (3, "Everything")
    assert len(figures_of(reader)) == 3


def test_a_figure_may_join_a_pdf_of_others(long_figure: ForestFigure, tmp_path: Path) -> None:
    """matplotlib's PdfPages gets every page."""
    with PdfPages(tmp_path / "a.pdf") as pages:
        pages.savefig(long_figure)
    assert len(pypdf.PdfReader(tmp_path / "a.pdf").pages) == 2


# PNG and several pages ---------------------------------------------------------------------------


@pytest.mark.parametrize("dpi", [100, 300])
def test_a_png_states_its_resolution_and_its_words(progression: mo.PooledResult, dpi: int) -> None:
    """Pixels are inches times dpi, and the file says so."""
    figure = mo.forest(progression)
    image = Image.open(io.BytesIO(saved(figure, "png", dpi=dpi)))
    assert image.size == tuple(int(inches * dpi) for inches in figure.get_size_inches())
    assert image.info["dpi"] == pytest.approx((dpi, dpi), abs=0.01)
    assert image.text["Description"] == str(figure.description)
    assert image.text["Title"] == figure.title


def test_pages_of_a_picture_stand_below_each_other(long_figure: ForestFigure) -> None:
    """One file of that name holds them all."""
    width, height = long_figure.get_size_inches()
    image = Image.open(io.BytesIO(saved(long_figure, "png", dpi=50)))
    assert image.size == (int(width * 50), 2 * int(height * 50))
    assert image.text["Description"] == str(long_figure.description)
    root = ElementTree.fromstring(saved(long_figure, "svg"))
    box = [float(x) for x in root.get("viewBox", "").split()]
    assert box == pytest.approx([0, 0, 72 * width, 144 * height], rel=1e-5)
    words = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    assert [w for w in words if re.fullmatch(r"Study \d+", w)] == [
        f"Study {i}" for i in range(1, 71)
    ]
    ids = [node.get("id") for node in root.iter() if node.get("id")]
    assert len(ids) == len(set(ids))
    used = re.findall(r'(?:url\(|href=")#([^)"]+)', ElementTree.tostring(root, encoding="unicode"))
    assert used
    assert set(used) <= set(ids)


def test_a_page_that_is_not_there_is_refused(long_figure: ForestFigure) -> None:
    """With the pages there are."""
    with pytest.raises(mo.PlotError) as caught:
        saved(long_figure, "pdf", page=3)
    assert str(caught.value) == (
        "page = 3: the figure has no such page; it must be between 1 and 2."
    )


def test_a_format_of_one_page_loses_none(long_figure: ForestFigure) -> None:
    """JPEG holds one page: no other is dropped in silence."""
    with pytest.raises(mo.PlotError) as caught:
        saved(long_figure, "jpg")
    assert str(caught.value) == (
        "jpg: the figure has 2 pages, which only PDF, SVG and PNG hold; save them one by one, "
        "with page=1 and so on."
    )
    assert saved(long_figure, "jpg", page=2).startswith(b"\xff\xd8")


# Tables ------------------------------------------------------------------------------------------


def test_a_figure_writes_the_table_it_shows(progression: mo.PooledResult, tmp_path: Path) -> None:
    """As a frame, and as CSV that reads back."""
    figure = mo.forest(progression)
    expected = forest_table(progression).to_frame()
    pd.testing.assert_frame_equal(figure.table, expected)
    save_figure(figure, tmp_path / "pfs.csv")
    read = pd.read_csv(tmp_path / "pfs.csv", keep_default_na=False, na_values={"estimate": [""]})
    pd.testing.assert_frame_equal(read[expected.columns], expected, check_dtype=False)


def test_other_figures_carry_words_too(tmp_path: Path) -> None:
    """Whatever is drawn on the canvas of the family."""
    frame = pd.DataFrame({"yi": [0.1]})
    notes = ("Three studies.", "Egger: p = 0.5.")
    with canvas("Deaths", kind="Funnel plot", notes=notes, table=lambda: frame) as (figure, _):
        pass
    assert str(figure.description) == "Funnel plot: Deaths\nThree studies.\nEgger: p = 0.5."
    save_figure(figure, tmp_path / "funnel.csv")
    assert (tmp_path / "funnel.csv").read_text("utf-8") == "yi\n0.1\n"
    with canvas("A funnel") as (plain, _):
        pass
    assert plain.description.short == "A funnel"
    with pytest.raises(mo.PlotError) as caught:
        save_figure(plain, tmp_path / "a.csv")
    assert str(caught.value) == (
        "the figure 'A funnel' has no table; use to_frame() of what it was drawn from."
    )


def test_a_notebook_shows_the_picture(progression: mo.PooledResult) -> None:
    """The same SVG as the file."""
    figure = mo.forest(progression)
    assert figure._repr_svg_().encode() == saved(figure, "svg")


def test_a_result_draws_itself(progression: mo.PooledResult) -> None:
    """The same bytes as from `forest`, with its options."""
    itself = progression.forest(preset="jama", sort="effect")
    assert saved(itself, "svg") == saved(
        mo.forest(progression, preset="jama", sort="effect"), "svg"
    )
    grouped = mo.subgroups(progression.effects, "resistance")
    assert grouped.forest().description == mo.forest(grouped).description
