"""A figure in words, as a table, and as files that are the same bytes every time."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from metaonc._version import __version__
from metaonc.errors import PlotError
from metaonc.plots.alt import AltText
from metaonc.plots.letters import FAMILY, lend_fonts

if TYPE_CHECKING:
    import pandas as pd

SETTINGS: dict[Any, Any] = {
    "font.family": FAMILY,
    "text.hinting": "no_hinting",  # text has the same width at every resolution
    "pdf.fonttype": 42,  # TrueType, embedded: text stays text
    "ps.fonttype": 42,
    "svg.fonttype": "none",  # text stays text here too
    "svg.hashsalt": "metaonc",
    "savefig.dpi": 200,
    "figure.dpi": 100,
    "axes.unicode_minus": True,
}
FORMATS = (".pdf", ".svg", ".png", ".html", ".csv")


@contextmanager
def house_style() -> Iterator[None]:
    """Matplotlib's own defaults with the settings of this module; the caller's come back after."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)
        yield


class ForestFigure(Figure):
    """A matplotlib Figure whose `savefig` knows nothing of the caller's settings or the clock.

    Attributes
    ----------
    title : str
        Its heading.
    description : AltText
        What it shows, in words; every format carries them.
    pages : tuple of ForestFigure
        The figure itself, and the pages that follow it.
    """

    def __init__(self, width: float, height: float, title: str) -> None:
        super().__init__(figsize=(width / 72, height / 72), facecolor="white")
        FigureCanvasAgg(self)
        self.title = title
        self.description = AltText(title)
        self.pages: tuple[ForestFigure, ...] = (self,)
        self.make_table: Callable[[], pd.DataFrame] | None = None
        self.make_html: Callable[[], str] | None = None

    @property
    def table(self) -> pd.DataFrame:
        """The numbers that the figure shows, as a new frame.

        Raises
        ------
        PlotError
            If whoever drew the figure left none.
        """
        if self.make_table is None:
            raise PlotError(
                f"the figure {self.title!r} has no table; use to_frame() of what it was drawn from."
            )
        return self.make_table()

    def savefig(
        self,
        fname: Any,
        *,
        transparent: bool | None = None,
        page: int | None = None,
        **options: Any,
    ) -> None:
        """Save as matplotlib does, without a time stamp and with fixed ids and embedded fonts.

        Parameters
        ----------
        fname : str, path or file
            Where to write. All pages go into a PDF, and one below the other into an SVG or PNG.
        transparent : bool, optional
            As in matplotlib.
        page : int, optional
            Only this page, counted from 1.
        **options
            As in matplotlib, e.g. ``dpi`` (default 200) and ``format``.

        Raises
        ------
        PlotError
            If there is no such page, or the format cannot hold several pages.
        """
        from metaonc.plots import saving

        pages = self.pages if page is None else (_numbered(self.pages, page),)
        with house_style():
            saving.save(self, pages, fname, {"transparent": transparent, **options})

    def draw(self, renderer: RendererBase) -> None:
        """Draw in the house's settings, whoever asks."""
        with house_style():
            found: Any = self.findobj(Text)
            lend_fonts(found)
            super().draw(renderer)

    def _repr_svg_(self) -> str:
        """For a notebook: the picture, with its words and its numbers."""
        text = io.BytesIO()
        self.savefig(text, format="svg")
        return text.getvalue().decode()


def _numbered(pages: tuple[ForestFigure, ...], page: int) -> ForestFigure:
    if not 1 <= page <= len(pages):
        last = f"between 1 and {len(pages)}" if len(pages) > 1 else "1"
        raise PlotError(f"page = {page}: the figure has no such page; it must be {last}.")
    return pages[page - 1]


def file_metadata(form: str, title: str, description: AltText) -> dict[str, str | None]:
    """Title, words and maker in each format's own terms, and no date."""
    maker = f"metaonc {__version__}"
    if form == "pdf":
        subject = description.short if description.short != title else None
        return {"Title": title, "Subject": subject, "Creator": maker, "CreationDate": None}
    if form == "svg":
        return {"Title": title, "Creator": maker, "Date": None}
    return {"Title": title, "Description": str(description), "Software": maker}


def save_figure(figure: Figure, path: str | Path, **options: Any) -> None:
    """Save a figure, in the format that the ending of its name says.

    Parameters
    ----------
    figure : Figure
        What to save.
    path : str or path
        ``.pdf``, ``.svg`` or ``.png`` is the picture, ``.html`` a page with it that explains
        itself, ``.csv`` the table that it shows.
    **options
        For `savefig`, e.g. ``dpi=300``.

    Raises
    ------
    PlotError
        If the ending is none of these, or the figure has no table.
    """
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        ending = path.suffix or "without an ending"
        raise PlotError(f"{path}: a figure is saved as {', '.join(FORMATS)}, not {ending}.")
    figure.savefig(path, **options)


def save_pages(figures: Iterable[Figure], path: str | Path, title: str = "Forest plots") -> None:
    """Save figures as the pages of one PDF, each page the size of its figure.

    A reader's list of contents names each figure by its title.
    """
    from metaonc.plots import saving

    with house_style():
        Path(path).write_bytes(saving.pdf_of(list(figures), title))
