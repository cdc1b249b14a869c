"""Cells as lines of text."""

from __future__ import annotations

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of cells as lines: the first column to the left, the others to the right.

    Examples
    --------
    >>> for line in aligned([["", "k"], ["everolimus", "5"], ["temsirolimus", "1"]]):
    ...     print(line)
                  k
    everolimus    5
    temsirolimus  1
    """
    first, *others = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join([row[0].ljust(first), *map(str.rjust, row[1:], others)]).rstrip() for row in rows
    ]


def ruled(rows: Sequence[Sequence[str]]) -> list[str]:
    """`aligned`, with a rule under the first row."""
    head, *lines = aligned(rows)
    return [head, "-" * len(head), *lines]
