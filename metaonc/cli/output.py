"""What commands print: results on stdout, remarks and refusals on stderr, on any console."""

from __future__ import annotations

import codecs
import json
import sys
import unicodedata
from typing import Any, NoReturn

import typer

PROBLEMS_FOUND = 1
WRONG_INPUT = 2


def print_json(data: Any) -> None:
    """Print JSON; a console that is not UTF-8 gets escapes, so nothing is lost."""
    narrow = codecs.lookup(sys.stdout.encoding or "ascii").name != "utf-8"
    print(json.dumps(data, indent=2, ensure_ascii=narrow, allow_nan=False, default=float))


def print_list(head: str, names: list[str]) -> None:
    """Print names after a heading, wrapped under it."""
    import shutil
    import textwrap

    width = shutil.get_terminal_size().columns
    indent = " " * len(head)
    print(textwrap.fill(", ".join(names), width, initial_indent=head, subsequent_indent=indent,
                        break_on_hyphens=False, break_long_words=False))  # fmt: skip


def remark(text: str) -> None:
    """Say something beside the result."""
    print(text, file=sys.stderr)


def refuse(sentence: str) -> NoReturn:
    """Answer wrong input: the sentence on stderr, and exit code 2."""
    remark(f"Error: {sentence}")
    raise typer.Exit(WRONG_INPUT)


def count(number: int, thing: str) -> str:
    """Return the number with its noun.

    Examples
    --------
    >>> count(1, "record"), count(0, "problem")
    ('1 record', '0 problems')
    """
    return f"{number} {thing}{'' if number == 1 else 's'}"


def survive_any_encoding() -> None:
    """Print what the console's encoding lacks as plain ASCII instead of failing."""
    codecs.register_error("metaonc-plain", _plain)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="metaonc-plain")


def _plain(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    spelled = {"–": "-", "—": "-", "‐": "-", "‑": "-", "≥": ">=", "≤": "<=", "×": "x", "τ": "tau",
               "χ": "chi", "±": "+/-", "’": "'", "‘": "'", "“": '"', "”": '"', "·": ".", "…": "...",
               "∞": "infinity", "\N{MINUS SIGN}": "-"}  # fmt: skip
    found = []
    for character in error.object[error.start : error.end]:
        plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
        found.append(spelled.get(character) or plain or "?")
    return "".join(found), error.end
