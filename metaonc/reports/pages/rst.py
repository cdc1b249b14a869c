"""Text -> reStructuredText: paragraphs, tables and lists that mean what they say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

# Classes that the style sheet of the documentation knows; the words stand beside the colours.
_ROLES = "\n".join(
    f".. role:: {name}\n   :class: {name}" for name in ("confirmed", "awaiting", "primary", "aside")
)
CONFIRMED = ":confirmed:`confirmed`"
AWAITING = ":awaiting:`awaiting confirmation`"


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


def page(heading: str, *parts: str) -> str:
    """A page: roles, heading, and the parts that have something to say."""
    title = escape(heading)
    return "\n\n".join([_ROLES, f"{title}\n{'=' * len(title)}", *filter(None, parts)]) + "\n"


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


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """Two columns, what and how much; rows without a value are left out."""
    said = [(name, value) for name, value in rows if value]
    head = [".. list-table::", "   :stub-columns: 1", "   :class: facts", ""]
    return "\n".join([*head, *_rows(said)]) if said else ""


def lines(lines: Iterable[str]) -> str:
    """Lines that stay lines inside a cell."""
    return "\n".join(f"| {line}" for line in lines)


def code(language: str, *lines: str) -> str:
    """A block of code."""
    return "\n".join([f".. code-block:: {language}", "", *(f"   {line}" for line in lines)])


def toctree(keys: Iterable[str]) -> str:
    """Pages below this one, kept out of the text."""
    return "\n".join([".. toctree::", "   :hidden:", "", *(f"   {key}" for key in keys)])


def capital(text: str) -> str:
    """Text with a capital first letter and the rest as it was."""
    return text[:1].upper() + text[1:]


def listed(words: Sequence[str], last: str = "and") -> str:
    """Words as a sentence lists them: "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
