"""What stands within a line: plain text, marked text, links and the places they lead to.

Plain text is a `str` and means nothing but itself: escaping is the writers' business, so a record
whose title looks like markup is shown as what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Mark = Literal["strong", "emphasis", "aside", "code", "confirmed", "awaiting", "primary"]


@dataclass(frozen=True, slots=True)
class Marked:
    """Text with a meaning that a format may show: weight, or whether a figure is confirmed.

    Attributes
    ----------
    text : str
        The words; they say everything that the mark says, for readers who see no marks.
    mark : {"strong", "emphasis", "aside", "code", "confirmed", "awaiting", "primary"}
        "aside" is said in a lower voice; "confirmed" and "awaiting" are states of a figure, and
        "primary" is the one that analyses take.
    """

    text: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead somewhere; exactly one of the four ways.

    Attributes
    ----------
    text : str
        The words.
    page : str
        Key of a page of the same document, with `anchor` for a place in it.
    url : str
        An address in the world; nothing is fetched from it when the page is read.
    file : str
        A file that is delivered with the document, relative to its root.
    manual : str
        A page of metaonc's own manual, such as "methods/policy". The manual links it; a report
        that stands alone prints the words.
    anchor : str
        A place on `page` or in `manual`.
    mark : {"", "strong", "aside", "code"}
        How the words look.
    """

    text: str
    page: str = ""
    url: str = ""
    file: str = ""
    manual: str = ""
    anchor: str = ""
    mark: Literal["", "strong", "aside", "code"] = ""

    def __post_init__(self) -> None:
        ways = [way for way in (self.page, self.url, self.file, self.manual) if way]
        if len(ways) != 1:
            raise ValueError(f"a link leads one way, and {self.text!r} leads {len(ways)}: {ways}")


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place within a line, without words, to which links lead."""

    name: str


Inline: TypeAlias = str | Marked | Link | Anchor
Line: TypeAlias = Inline | tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines that stay lines, inside a cell."""

    lines: tuple[Line, ...]


def inlines(line: Line) -> tuple[Inline, ...]:
    """The parts of a line, also where it is one part.

    Examples
    --------
    >>> inlines("HR 0.60")
    ('HR 0.60',)
    """
    return line if isinstance(line, tuple) else (line,)


def strong(text: str) -> Marked:
    """Text that weighs more."""
    return Marked(text, "strong")


def status(word: str) -> Marked:
    """Whether a figure was confirmed in its source, as a word with its mark.

    Examples
    --------
    >>> status("unconfirmed").text
    'awaiting confirmation'
    """
    if word == "confirmed":
        return Marked("confirmed", "confirmed")
    return Marked("awaiting confirmation", "awaiting")


def capital(text: str) -> str:
    """Text with a capital first letter and the rest as it was."""
    return text[:1].upper() + text[1:]


def listed(words: Sequence[str], last: str = "and") -> str:
    """Words as a sentence lists them.

    Examples
    --------
    >>> listed(["TAMRAD", "BOLERO-2", "HORIZON"])
    'TAMRAD, BOLERO-2 and HORIZON'
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
