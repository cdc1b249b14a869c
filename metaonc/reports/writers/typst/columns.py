"""What the widths of a table's columns depend on, found among its cells.

The template measures exactly, but not every word of every cell: for each column it is handed the
few that can be the widest, by a rough estimate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

PlainCell = Sequence[Sequence[Any]]  # lines of parts

_BREAKS = re.compile(r"\s+|(?<=[-–—/])")
_LONGEST_WORD = 22  # characters; longer ones are broken where they must be (look.typ)
_CANDIDATES = 3
_LONG = 1200  # letters; so much may fill a column of a page
_NARROW, _WIDE = frozenset("fijltrI1.,;:'|()[] -"), frozenset("mwMWQO@%—")


def measured_columns(
    head: Sequence[PlainCell], rows: Sequence[Sequence[PlainCell]]
) -> list[dict[str, Any]]:
    """Per column: candidates for its widest word and line, and how much text it has in all.

    Examples
    --------
    >>> measured_columns([[["Study"]]], [[[["TAMRAD 2012"]]]])
    [{'words': ['TAMRAD', 'Study', '2012'], 'lines': ['TAMRAD 2012', 'Study'], 'amount': 10.7}]
    """
    return [_measured(column) for column in zip(head, *rows, strict=True)]


def _measured(cells: Sequence[PlainCell]) -> dict[str, Any]:
    lines = [[_text(line) for line in cell] for cell in cells]
    every = [line for cell in lines for line in cell]
    words = (word[:_LONGEST_WORD] for line in every for word in _BREAKS.split(line))
    sizes = sorted(sum(map(width, cell)) for cell in lines[1:])
    return {
        "words": _widest(words),
        "lines": _widest(every),
        "amount": sizes[(9 * len(sizes)) // 10] if sizes else 1,  # that of a long cell
    }


def is_long(*cells: PlainCell) -> bool:
    """Whether cells have so much to say that a page break may fall into them.

    Examples
    --------
    >>> is_long([["a line"]], [["another"]])
    False
    """
    return sum(width(_text(line)) for cell in cells for line in cell) > _LONG


def _text(line: Iterable[Any]) -> str:
    return "".join(part if isinstance(part, str) else part["text"] for part in line)


def _widest(texts: Iterable[str]) -> list[str]:
    return sorted(dict.fromkeys(filter(None, texts)), key=width, reverse=True)[:_CANDIDATES]


def width(text: str) -> float:
    """Roughly, in letters.

    Examples
    --------
    >>> width("mill") < width("wood")
    True
    """
    return sum(0.6 if sign in _NARROW else 1.5 if sign in _WIDE else 1.0 for sign in text)
