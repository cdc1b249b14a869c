"""A figure that saves to the same bytes every time, with its fonts embedded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from metaonc._version import __version__
from metaonc.errors import PlotError

SETTINGS: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "text.hinting": "no_hinting",  # text has the same width at every resolution
    "pdf.fonttype": 42,  # TrueType, embedded: text stays text
    "ps.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "metaonc",
    "savefig.dpi": 200,
    "figure.dpi": 100,
    "axes.unicode_minus": True,
}
FORMATS = (".pdf", ".svg", ".png")


@contextmanager
def house_style() -> Iterator[None]:
    """Matplotlib's own defaults with the settings of this module; the caller's come back after."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)
        yield


class ForestFigure(Figure):
    """A matplotlib Figure whose `savefig` knows nothing of the caller's settings or the clock."""

    def __init__(self, width: float, height: float, title: str) -> None:
        super().__init__(figsize=(width / 72, height / 72), facecolor="white")
        FigureCanvasAgg(self)
        self.title = title
        self.pages: tuple[ForestFigure, ...] = (self,)

    def savefig(self, fname: Any, *, transparent: bool | None = None, **options: Any) -> None:
        """Save as matplotlib does, without a time stamp and with fixed ids and embedded fonts."""
        form = options.get("format") or Path(str(fname)).suffix.lstrip(".")
        options["metadata"] = _metadata(form.lower(), self.title) | options.get("metadata", {})
        with house_style():
            super().savefig(fname, transparent=transparent, **options)

    def draw(self, renderer: RendererBase) -> None:
        """Draw in the house's settings, whoever asks."""
        with house_style():
            super().draw(renderer)


def _metadata(form: str, title: str) -> dict[str, str | None]:
    """Title and maker in each format's own words, and no date."""
    maker = f"metaonc {__version__}"
    if form == "pdf":
        return {"Title": title, "Creator": maker, "CreationDate": None}
    if form == "svg":
        return {"Title": title, "Creator": maker, "Date": None}
    return {"Title": title, "Software": maker} if form == "png" else {}


def save_figure(figure: Figure, path: str | Path) -> None:
    """Save a figure as PDF, SVG or PNG, by the ending of its name.

    Raises
    ------
    PlotError
        If the ending is none of these.
    """
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        ending = path.suffix or "without an ending"
        raise PlotError(f"{path}: a figure is saved as {', '.join(FORMATS)}, not {ending}.")
    figure.savefig(path)


def save_pages(figures: Iterable[Figure], path: str | Path, title: str = "Forest plots") -> None:
    """Save figures as the pages of one PDF, each page the size of its figure."""
    with house_style(), PdfPages(path, metadata=_metadata("pdf", title)) as pages:
        for figure in figures:
            Figure.savefig(figure, pages, format="pdf")
