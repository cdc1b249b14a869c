"""Saved figures: the same bytes for the same input, fonts inside, nothing left behind."""

import io
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pypdf
import pytest

import metaonc as mo
from metaonc.plots import save_figure, save_pages


@pytest.fixture(scope="module")
def progression() -> mo.PooledResult:
    return mo.pool(mo.load_registry().effects("pfs"))


@pytest.mark.parametrize("ending", ["pdf", "svg", "png"])
def test_the_same_input_gives_the_same_bytes(
    progression: mo.PooledResult, tmp_path: Path, ending: str
) -> None:
    """Drawn twice, in a process with other settings the second time."""
    first, second = tmp_path / f"first.{ending}", tmp_path / f"second.{ending}"
    save_figure(mo.forest(progression), first)
    settings = {"pdf.fonttype": 3, "svg.fonttype": "none", "savefig.dpi": 30, "font.size": 20}
    with mpl.rc_context(settings):
        save_figure(mo.forest(progression), second)
    assert first.read_bytes() == second.read_bytes()
    assert len(first.read_bytes()) > 5000


def test_another_process_gives_the_same_bytes(progression: mo.PooledResult, tmp_path: Path) -> None:
    """No ids or orders that depend on the process (hash seeds, addresses, the clock)."""
    script = (
        "import sys, metaonc as mo;"
        "mo.forest(mo.pool(mo.load_registry().effects('pfs'))).savefig(sys.argv[1])"
    )
    for ending in ("pdf", "svg"):
        here, there = tmp_path / f"here.{ending}", tmp_path / f"there.{ending}"
        mo.forest(progression).savefig(here)
        subprocess.run([sys.executable, "-c", script, str(there)], check=True)
        assert here.read_bytes() == there.read_bytes()


def test_fonts_are_embedded_and_text_stays_text(
    progression: mo.PooledResult, tmp_path: Path
) -> None:
    """TrueType fonts inside the PDF, its words extractable, its title set, no date."""
    path = tmp_path / "pfs.pdf"
    mo.forest(progression).savefig(path)
    reader = pypdf.PdfReader(path)
    (page,) = reader.pages
    fonts = page["/Resources"]["/Font"].values()
    for font in fonts:
        descendant = font.get_object().get("/DescendantFonts", [font])[0].get_object()
        assert "/FontFile2" in descendant["/FontDescriptor"].get_object()
    assert "BOLERO-2 2012" in page.extract_text()
    assert reader.metadata is not None
    assert reader.metadata["/Title"] == progression.effects.title
    assert "/CreationDate" not in reader.metadata


def test_pages_of_one_pdf_have_the_size_of_their_figures(
    progression: mo.PooledResult, tmp_path: Path
) -> None:
    """Several figures in one file, twice the same."""
    figures = [mo.forest(progression), mo.forest(progression.fixed)]
    for name in ("a.pdf", "b.pdf"):
        save_pages(figures, tmp_path / name, title="Both")
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    pages = pypdf.PdfReader(tmp_path / "a.pdf").pages
    for page, figure in zip(pages, figures, strict=True):
        width, height = figure.get_size_inches() * 72
        assert float(page.mediabox.width) == pytest.approx(width, abs=0.01)
        assert float(page.mediabox.height) == pytest.approx(height, abs=0.01)


def test_an_unknown_ending_is_refused(progression: mo.PooledResult, tmp_path: Path) -> None:
    """One sentence with the endings that work."""
    with pytest.raises(mo.PlotError) as caught:
        save_figure(mo.forest(progression), Path("plot.doc"))
    assert (
        str(caught.value)
        == "plot.doc: a figure is saved as .pdf, .svg, .png, .html, .csv, not .doc."
    )


def test_a_figure_saves_to_a_buffer_too(progression: mo.PooledResult) -> None:
    """As any matplotlib figure."""
    buffer = io.BytesIO()
    mo.forest(progression).savefig(buffer, format="pdf")
    assert buffer.getvalue().startswith(b"%PDF")


def test_drawing_opens_no_pyplot_figure(progression: mo.PooledResult) -> None:
    """forestplot asks pyplot for a current figure; none may appear."""
    before = plt.get_fignums()
    mo.forest(progression)
    assert plt.get_fignums() == before


def test_a_fresh_process_keeps_its_state(tmp_path: Path) -> None:
    """forestplot silences numpy and all warnings on import; after forest() nothing has changed."""
    script = """
import warnings, numpy as np, matplotlib as mpl, pandas, statsmodels.stats.proportion
import matplotlib.pyplot as plt
import metaonc as mo
def state():
    seed = np.random.get_state()[1].tolist()
    return np.geterr(), list(warnings.filters), dict(mpl.rcParams), seed
before = state()
result = mo.pool(mo.load_registry().effects("pfs"))
mo.forest(result).savefig("plot.pdf")
assert before == state()
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=tmp_path)
