"""Letters outside the house's font, and fonts cut to what a PDF needs of them."""

import io
import logging
from pathlib import Path

import matplotlib.backends.backend_pdf as backend
import pytest
from fontTools.ttLib import TTFont
from matplotlib.font_manager import FontProperties, findfont

import metaonc as mo
from metaonc.plots.lean_fonts import lean
from metaonc.plots.letters import families, without_font


def drawn(label: str, form: str) -> bytes:
    effects = mo.Effects([0.1, 0.3], [0.02, 0.03], measure="HR", labels=[label, "B"], title=label)
    raw = io.BytesIO()
    mo.forest(mo.pool(effects)).savefig(raw, format=form)
    return raw.getvalue()


@pytest.mark.parametrize("form", ["pdf", "png"])
def test_boxes_are_said_in_one_sentence(form: str, caplog: pytest.LogCaptureFixture) -> None:
    """Hieroglyphs, which no font of the list has; warnings of matplotlib would fail the test."""
    with (
        caplog.at_level(logging.WARNING),
        pytest.warns(mo.PlotWarning, match="no installed font has '𓀀' of '𓀀 2020'") as said,
    ):
        drawn("𓀀 2020", form)
    assert len(said) == 1
    assert "install one" in str(said[0].message)
    assert not caplog.records


@pytest.mark.parametrize("form", ["svg", "html"])
def test_where_the_readers_fonts_show_them_nothing_is_said(form: str) -> None:
    assert "𓀀 2020" in drawn("𓀀 2020", form).decode()


def test_ordinary_words_need_no_other_font() -> None:
    assert without_font("Baselga 2012 – Ärzte, Łódź, Ελλάδα, Москва, العربية, ≥ τ² −1") == ""
    assert families()[0] == "DejaVu Sans"


def test_a_lean_font_has_the_same_glyphs_and_no_layout() -> None:
    source = findfont(FontProperties(family="DejaVu Sans"))
    before, after = TTFont(str(source)), TTFont(str(lean(source)))
    assert before.getGlyphOrder() == after.getGlyphOrder()
    assert before["cmap"].getBestCmap() == after["cmap"].getBestCmap()
    assert before["head"].modified == after["head"].modified
    assert not {"GSUB", "GPOS", "kern"} & set(after.keys())
    assert lean("letters.otf") == "letters.otf"


def test_matplotlib_is_left_as_it_was(tmp_path: Path) -> None:
    from matplotlib.backends import _backend_pdf_ps

    before = (backend.PdfFile.embedTTF, backend.PdfPages._ensure_file)
    cut = _backend_pdf_ps.get_glyphs_subset
    drawn("A", "pdf")
    assert (backend.PdfFile.embedTTF, backend.PdfPages._ensure_file) == before
    assert _backend_pdf_ps.get_glyphs_subset is cut
