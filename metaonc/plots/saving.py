"""Figures into files: every page, the words and the numbers, in each format's own way."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.text import Text

from metaonc.errors import PlotError
from metaonc.plots import pdf, svg
from metaonc.plots.alt import AltText
from metaonc.plots.figure import ForestFigure, file_metadata
from metaonc.plots.lean_fonts import LeanPages
from metaonc.plots.letters import warn_of_boxes

_PICTURES = ("pdf", "svg", "png")
_TEXTS = ("html", "csv")


def save(
    figure: ForestFigure, pages: Sequence[ForestFigure], fname: Any, options: dict[str, Any]
) -> None:
    """Save some pages of a figure; the caller has set matplotlib's settings."""
    form = _format(fname, options)
    if isinstance(fname, PdfPages):  # part of a document that somebody else is making
        into: Any = fname
        for page in pages:
            Figure.savefig(page, into, **options)
    elif form in _TEXTS:
        _write(fname, form, text_of(figure, form).encode())
    elif form in _PICTURES:
        options = {name: value for name, value in options.items() if name != "format"}
        if form != "svg":  # there the reader's fonts show what ours lack
            warn_of_boxes(text for page in pages for text in page.findobj(Text))
        make = {"pdf": _pdf, "svg": _svg, "png": _png}[form]
        _write(fname, form, make(figure, pages, options))
    elif len(pages) > 1:
        raise PlotError(
            f"{form}: the figure has {len(pages)} pages, which only PDF, SVG and PNG hold; save "
            "them one by one, with page=1 and so on."
        )
    else:
        Figure.savefig(pages[0], fname, **options)


def _format(fname: Any, options: dict[str, Any]) -> str:
    asked = options.get("format")
    if not asked and isinstance(fname, str | os.PathLike):
        asked = Path(os.fspath(fname)).suffix
    return str(asked or "png").lstrip(".").lower()


def _write(fname: Any, form: str, content: bytes) -> None:
    """To a path, a binary file, or a text file."""
    if isinstance(fname, str | os.PathLike):
        path = Path(os.fspath(fname))
        (path if path.suffix else path.with_name(f"{path.name}.{form}")).write_bytes(content)
    elif isinstance(fname, io.TextIOBase):
        fname.write(content.decode())
    else:
        fname.write(content)


def text_of(figure: ForestFigure, form: str) -> str:
    """The figure as a page for a browser, or its table."""
    if form == "csv":
        return str(figure.table.to_csv(index=False, lineterminator="\n"))
    if figure.make_html is None:
        from metaonc.plots.html.page import picture_page

        return picture_page(figure)
    return figure.make_html()


# Pictures ----------------------------------------------------------------------------------------


def _pdf(figure: ForestFigure, pages: Sequence[Figure], options: dict[str, Any]) -> bytes:
    given = options.pop("metadata", None) or {}
    metadata = file_metadata("pdf", figure.title, figure.description) | given
    return _document(pages, metadata, _alternatives(pages), [], options)


def pdf_of(figures: Sequence[Figure], title: str) -> bytes:
    """Figures with all their pages as one PDF, under a list of contents."""
    pages: list[Figure] = []
    contents = []
    for figure in figures:
        contents.append((title_of(figure), len(pages)))
        pages += figure.pages if isinstance(figure, ForestFigure) else [figure]
    metadata = file_metadata("pdf", title, AltText(title))
    return _document(pages, metadata, _alternatives(pages), contents, {})


def title_of(figure: Figure) -> str:
    """Heading of any figure."""
    return str(getattr(figure, "title", "") or figure.get_suptitle() or "Figure")


def _alternatives(pages: Sequence[Figure]) -> list[str]:
    return [str(getattr(page, "description", "") or title_of(page)) for page in pages]


def _document(
    pages: Sequence[Figure],
    metadata: dict[str, Any],
    alternatives: Sequence[str],
    contents: Sequence[tuple[str, int]],
    options: dict[str, Any],
) -> bytes:
    raw = io.BytesIO()
    with LeanPages(raw, metadata=metadata) as document:
        into: Any = document
        for page in pages:
            Figure.savefig(page, into, format="pdf", **options)
    return pdf.finished(raw.getvalue(), alternatives, contents)


def _svg(figure: ForestFigure, pages: Sequence[Figure], options: dict[str, Any]) -> bytes:
    given = options.pop("metadata", None) or {}
    metadata = file_metadata("svg", figure.title, figure.description) | given
    drawn = [_drawn(page, "svg", {**options, "metadata": metadata}) for page in pages]
    table = figure.table if figure.make_table is not None else None
    return svg.finished(drawn, figure.title, figure.description, table)


def _png(figure: ForestFigure, pages: Sequence[Figure], options: dict[str, Any]) -> bytes:
    given = options.pop("metadata", None) or {}
    metadata = file_metadata("png", figure.title, figure.description) | given
    drawn = [_drawn(page, "png", {**options, "metadata": metadata}) for page in pages]
    return drawn[0] if len(drawn) == 1 else _stacked(drawn, metadata)


def _drawn(page: Figure, form: str, options: dict[str, Any]) -> bytes:
    raw = io.BytesIO()
    Figure.savefig(page, raw, format=form, **options)
    return raw.getvalue()


def _stacked(drawn: Sequence[bytes], metadata: dict[str, Any]) -> bytes:
    """Pages as one picture, each below the one before."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    images = [Image.open(io.BytesIO(content)) for content in drawn]
    size = max(image.width for image in images), sum(image.height for image in images)
    whole, y = Image.new("RGBA", size, (255, 255, 255, 0)), 0
    for image in images:
        whole.paste(image, (0, y))
        y += image.height
    info = PngInfo()
    for name, text in metadata.items():
        if text is not None:
            info.add_text(name, str(text))
    raw = io.BytesIO()
    whole.save(raw, format="png", pnginfo=info, dpi=images[0].info["dpi"])
    return raw.getvalue()
