"""Paper sizes that a figure can be made for."""

from __future__ import annotations

from dataclasses import dataclass

from metaonc.errors import PlotError

_MILLIMETRE = 72 / 25.4


@dataclass(frozen=True)
class Paper:
    """A page, in points; without a height it is as long as it needs to be."""

    width: float
    height: float | None
    margin: float


PAPERS = {
    "A4": Paper(210 * _MILLIMETRE, 297 * _MILLIMETRE, 15 * _MILLIMETRE),
    "A4-landscape": Paper(297 * _MILLIMETRE, 210 * _MILLIMETRE, 15 * _MILLIMETRE),
    "letter": Paper(8.5 * 72, 11 * 72, 0.6 * 72),
    "letter-landscape": Paper(11 * 72, 8.5 * 72, 0.6 * 72),
    # The widths that most journals print: 84 and 174 mm.
    "one-column": Paper(84 * _MILLIMETRE, None, 1 * _MILLIMETRE),
    "two-column": Paper(174 * _MILLIMETRE, None, 1 * _MILLIMETRE),
}


def paper_named(paper: str | None) -> Paper | None:
    """A paper by its name, in any case; None for as large as the text needs.

    Raises
    ------
    PlotError
        If there is none of that name.
    """
    if paper is None:
        return None
    found = {name.lower(): size for name, size in PAPERS.items()}
    if paper.lower() not in found:
        names = ", ".join(map(repr, PAPERS))
        raise PlotError(f"paper = {paper!r} must be one of {names}, or None.")
    return found[paper.lower()]
