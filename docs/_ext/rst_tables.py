"""Rows of reStructuredText -> a table of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]], css: str) -> str:
    """A table with a heading row; a cell may have several lines."""
    lines = [".. list-table::", "   :header-rows: 1", f"   :class: {css}", ""]
    for row in [head, *rows]:
        for i, cell in enumerate(row):
            first, *rest = cell.split("\n")
            lines.append(f"   {' ' if i else '*'} - {first}".rstrip())
            lines += [f"       {line}".rstrip() for line in rest]
    return "\n".join(lines) + "\n"
