"""Typst at work: where its template, fonts and figures are, and the same bytes every time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from metaonc._version import __version__
from metaonc.errors import ReportError
from metaonc.reports.document import Document
from metaonc.reports.writers.typst.plain import plain_document

HOW_TO_GET_IT = "python -m pip install 'metaonc[pdf]'"

_TEMPLATES = ("look.typ", "inline.typ", "tables.typ", "blocks.typ", "report.typ")
_STANDARD = "ua-1"  # PDF/UA-1 (ISO 14289-1): tagged, titled, every picture with its words


def available() -> bool:
    """Whether Typst is installed; it is an optional part of metaonc."""
    return find_spec("typst") is not None


def write_pdf(document: Document, root: str | Path, path: str | Path) -> None:
    """Write a report as one PDF: tagged, with contents, bookmarks, links and selectable text.

    Parameters
    ----------
    document : Document
        The description.
    root : path
        Folder of its figures.
    path : path
        Where to write. The same description and figures give the same bytes, whatever fonts the
        machine has and whatever the day is.

    Raises
    ------
    ReportError
        If Typst is not installed, or cannot set the document.
    """
    if not available():
        raise ReportError(f"the report as one PDF needs Typst; get it with {HOW_TO_GET_IT}.")
    plain = plain_document(document, __version__)
    Path(path).write_bytes(compiled(plain, Path(root)))


def compiled(plain: dict[str, Any], root: Path) -> bytes:
    """The PDF of a plain document, after PDF/UA where its words allow that.

    A letter that no font has, or an empty title, is no reason for having no report: such a
    document is set all the same, with everything but the claim.
    """
    import typst

    try:
        return _compiled(plain, root, [_STANDARD])
    except typst.TypstError as error:
        if not str(error).startswith("PDF/UA"):
            raise ReportError(_sentence(error)) from error
    try:
        return _compiled(plain, root, [])
    except typst.TypstError as error:
        raise ReportError(_sentence(error)) from error


def _compiled(plain: dict[str, Any], root: Path, standards: Sequence[Any]) -> bytes:
    import typst

    set_by_typst: Any = typst.compile  # its types bind a path and the source to one type
    content: bytes = set_by_typst(
        template().encode(),
        root=root,
        font_paths=[_font_folder()],
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"document": json.dumps(plain, ensure_ascii=False)},
        pdf_standards=list(standards),
        timestamp=0,
    )
    return content


def template() -> str:
    """The Typst source that turns a plain document into pages."""
    folder = files(__package__)
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in _TEMPLATES)


def _font_folder() -> Path:
    """DejaVu, as figures use it, for what Typst's own fonts lack."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def _sentence(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return f"Typst cannot set the report: {lines[0]}."
