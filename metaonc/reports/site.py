"""The report as pages: a site that needs no server, and one PDF."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from metaonc.reports.document import check_links
from metaonc.reports.drawings import further_figures
from metaonc.reports.sections import Material, reference_files, report_document
from metaonc.reports.writers.html import html_site
from metaonc.reports.writers.typst import available, write_pdf

FRONT_PAGE, WHOLE = "index.html", "report.pdf"


def write_pages(
    material: Material, root: Path, written: Iterable[Path], forests: Mapping[str, str]
) -> list[Path]:
    """Write the pages of a report, the figures they show and, with Typst, all of it as one PDF.

    Parameters
    ----------
    material : Material
        What the report is made from.
    root : Path
        The report's folder, which exists.
    written : iterable of Path
        Files that are there already, to which pages may link: forest plots and tables.
    forests : mapping of str to str
        Name of each forest plot ("figures/pfs") and its HTML for a page.

    Returns
    -------
    list of Path
        What was written, the front page first, then the PDF.

    Raises
    ------
    ReportError
        If a link leads nowhere.
    """
    document = report_document(material)
    figures = _write_figures(material, root)
    references = reference_files(material.registry.references())
    there = {path.relative_to(root).as_posix() for path in [*written, *figures]}
    check_links(document, there | set(references))
    site = references | html_site(document, forests)
    pages = [_write(root / name, text) for name, text in site.items()]
    pages.sort(key=lambda path: path != root / FRONT_PAGE)  # stable: the front page comes first
    if not available():
        return [*pages, *figures]
    write_pdf(document, root, root / WHOLE)
    return [pages[0], root / WHOLE, *pages[1:], *figures]


def _write_figures(material: Material, root: Path) -> list[Path]:
    further = further_figures(material.registry, material.analyses, material.harms)
    paths = []
    for name, draw in further.items():
        path = root / f"{name}.svg"
        path.parent.mkdir(parents=True, exist_ok=True)
        draw().savefig(path)
        paths.append(path)
    return paths


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
