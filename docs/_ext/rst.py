"""Text -> reStructuredText: paragraphs, tables and lists that mean what they say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def escape(text: str) -> str:
    r"""Plain text as reStructuredText that reads the same and means nothing more.

    Examples
    --------
    >>> print(escape("P < .05*, BOLERO2_1 | `x`"))
    P < .05\*, BOLERO2\_1 \| \`x\`
    >>> print(escape("1. first"))
    \ 1. first
    """
    flat = re.sub(r"([\\*`|_])", r"\\\1", " ".join(text.split())).replace("::", r":\:")
    marker = r"([-+•‣⁃]|\(?([A-Za-z#]|\d+|[ivxlcdmIVXLCDM]+)[.)]|\.\.|:[^:]+:|>>>|__|={2,})(\s|$)"
    return rf"\ {flat}" if re.match(marker, flat) else flat


def section(heading: str, *parts: str, line: str = "-") -> str:
    """A section, or nothing if no part of it has anything to say."""
    said = [part for part in parts if part]
    title = escape(heading)
    return "\n\n".join([f"{title}\n{line * len(title)}", *said]) if said else ""


def bullets(items: Iterable[str]) -> str:
    """A list."""
    return "\n".join(f"* {item}" for item in items)


def _rows(rows: Iterable[Sequence[str]]) -> list[str]:
    lines = []
    for row in rows:
        for i, cell in enumerate(row):
            first, *rest = cell.split("\n")
            lines.append(f"   {'*' if i == 0 else ' '} - {first}".rstrip())
            lines += [f"       {line}".rstrip() for line in rest]
    return lines


def table(head: Sequence[str], rows: Iterable[Sequence[str]], css: str = "wide") -> str:
    """A table with a heading row; cells are reStructuredText."""
    options = ["   :header-rows: 1", f"   :class: {css}", ""]
    return "\n".join([".. list-table::", *options, *_rows([head, *rows])])


def listed(words: Sequence[str], last: str = "and") -> str:
    """Words as a sentence lists them: "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
