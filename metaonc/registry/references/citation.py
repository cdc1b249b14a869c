"""A citation as records hold it (Vancouver style, as far as it is known) taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

_SUFFIX = r" (?:Jr|Sr|\d(?:st|nd|rd|th))"
_AUTHOR = (
    r"[^\W\d_][\w'’-]*(?: (?:[a-z]{1,4}|[^\W\d_][\w'’-]+))* [A-Z]{1,3}"
    rf"(?:{_SUFFIX})?|[^\W\d_][\w'’-]+"
)
_NAME = re.compile(rf"(?P<surname>.+) (?P<initials>[A-Z]{{1,3}})(?P<suffix>{_SUFFIX})?")
_RANGE = re.compile(r"([A-Za-z]?)(\d+)-\1?(\d+)")
_LIST = re.compile(rf"(?:{_AUTHOR})(?:, (?:{_AUTHOR}))*(?:,? et al)?\. ")
_IN_JOURNAL = re.compile(
    r"(?P<journal>[^.]+?),? (?P<year>(?:19|20)\d\d);(?P<volume>\d+)(?:\((?P<issue>[^)]+)\))?"
    r"(?::(?P<pages>[A-Za-z]?\w+(?:-\w+)?))?\.?"
)
_REMARK = re.compile(r"\s*\((?P<remark>[^()]*\b(?:not|recalled|seen|noted|aged|interim)\b[^()]*)\)")


@dataclass(frozen=True)
class Citation:
    """The parts of a citation; empty where it does not give them.

    Attributes
    ----------
    authors : tuple of str
        Each as "Surname AB".
    more_authors : bool
        Whether the list ends in "et al.".
    title : str
        Title; for a citation that has no known form, all of it.
    journal, volume, issue, pages : str
        Where it appeared.
    remark : str
        What the record adds in brackets, e.g. that the title was not seen.
    """

    authors: tuple[str, ...] = ()
    more_authors: bool = False
    title: str = ""
    journal: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    remark: str = ""

    @property
    def last_page(self) -> str:
        """The last page in full: 2718-24 ends on 2724.

        Examples
        --------
        >>> Citation(pages="2718-24").last_page, Citation(pages="v1").last_page
        ('2724', '')
        """
        match = _RANGE.fullmatch(self.pages)
        if match is None:
            return ""
        letter, first, last = match.groups()
        return letter + first[: max(0, len(first) - len(last))] + last

    @property
    def first_page(self) -> str:
        """The first page, or the number of an article."""
        return self.pages.partition("-")[0] if self.last_page else self.pages


def inverted(name: str) -> str:
    """A name as reference managers sort it: surname, initials.

    Examples
    --------
    >>> inverted("Chow LWC"), inverted("Burris HA 3rd"), inverted("Massarweh")
    ('Chow, L. W. C.', 'Burris, 3rd, H. A.', 'Massarweh')
    """
    match = _NAME.fullmatch(name)
    if match is None:
        return name
    initials = " ".join(f"{letter}." for letter in match["initials"])
    return ", ".join(filter(None, [match["surname"], (match["suffix"] or "").strip(), initials]))


def read_citation(text: str) -> Citation:
    """Take a citation apart; what does not fit a known form stays whole, as the title.

    Examples
    --------
    >>> found = read_citation(
    ...     "Baselga J, Campone M, et al. Everolimus in cancer. N Engl J Med 2012;366(6):520-9."
    ... )
    >>> found.authors, found.more_authors, found.title
    (('Baselga J', 'Campone M'), True, 'Everolimus in cancer')
    >>> found.journal, found.volume, found.issue, found.pages
    ('N Engl J Med', '366', '6', '520-9')
    >>> read_citation("Report on MIRACLE. Medicine Matters oncology, October 2021.").title
    'Report on MIRACLE. Medicine Matters oncology, October 2021'
    """
    remarks = [match["remark"] for match in _REMARK.finditer(text)]
    plain = _REMARK.sub("", text).strip().removesuffix(".") + "."
    authors, more, rest = _authors(plain)
    *sentences, last = re.split(r"(?<=[.?]) (?=[A-Z])", rest) or [rest]
    place = _IN_JOURNAL.fullmatch(last)
    found = Citation(authors, more, rest.removesuffix("."), remark="; ".join(remarks))
    if place is None:
        return found
    where: dict[str, Any] = {
        name: value or "" for name, value in place.groupdict().items() if name != "year"
    }
    return replace(found, title=" ".join(sentences).removesuffix("."), **where)


def _authors(text: str) -> tuple[tuple[str, ...], bool, str]:
    """The list of authors, whether it goes on, and what follows it."""
    match = _LIST.match(text)
    if match is None:
        return (), False, text
    names = match[0].removesuffix(". ")
    more = names.endswith("et al")
    listed = tuple(names.removesuffix("et al").rstrip(" ,").split(", "))
    if not more and not any(map(_NAME.fullmatch, listed)):
        return (), False, text  # a title of one or two words, not a list of names
    return listed, more, text[match.end() :]
