"""The publications of a registry, each once, with the trials that they are about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from metaonc.registry.parts import Reference
from metaonc.registry.records import Trial
from metaonc.registry.references.citation import Citation, read_citation

Format = Literal["bibtex", "ris", "text"]


@dataclass(frozen=True)
class Entry:
    """A publication.

    Attributes
    ----------
    key : str
        What a reference manager calls it: its key in the records, with the trial's key before it
        where the same key names another publication elsewhere.
    reference : Reference
        The record's reference; of several the one with the most identifiers.
    trials : tuple of str
        Names of the trials whose records list it.
    """

    key: str
    reference: Reference
    trials: tuple[str, ...]

    @property
    def citation(self) -> Citation:
        """The citation taken apart."""
        return read_citation(self.reference.citation)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know about the reference itself."""
        awaiting = self.reference.status == "unconfirmed"
        parts = (self.citation.remark, "bibliographic details unconfirmed" if awaiting else "")
        return tuple(part for part in parts if part)

    def text(self) -> str:
        """The citation with its identifiers, as a list of references prints it."""
        ref = self.reference
        links = (
            f"doi:{ref.doi}" if ref.doi else "",
            f"PMID {ref.pmid}" if ref.pmid else "",
            ref.pmcid or "",
        )
        known = ". ".join(filter(None, links))
        stopped = ref.citation if ref.citation.endswith((".", "?")) else f"{ref.citation}."
        return f"{stopped} {known}." if known else stopped


@dataclass(frozen=True)
class References:
    """Publications in the order of their trials, ready for a reference manager.

    Attributes
    ----------
    entries : tuple of Entry
        One per publication.
    """

    entries: tuple[Entry, ...]

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def bibtex(self) -> str:
        """BibTeX, in UTF-8, for LaTeX and most reference managers."""
        from metaonc.registry.references.bibtex import bibtex

        return "\n".join(map(bibtex, self.entries))

    def ris(self) -> str:
        """RIS, for EndNote, Zotero, Mendeley, Covidence, RevMan and others."""
        from metaonc.registry.references.ris import ris

        return "\n".join(map(ris, self.entries))

    def text(self) -> str:
        """A numbered list in Vancouver style."""
        return "".join(f"{i}. {entry.text()}\n" for i, entry in enumerate(self.entries, 1))

    def to(self, form: Format) -> str:
        """The list in the named form: ``bibtex``, ``ris`` or ``text``."""
        return {"bibtex": self.bibtex, "ris": self.ris, "text": self.text}[form]()


def references_of(trials: Iterable[Trial]) -> References:
    """Every publication that `trials` list, once each.

    Two references are the same publication if they have the same DOI, PMID or PMCID, or, without
    any of them, the same citation.
    """
    found: dict[tuple[str, str], list[tuple[Trial, Reference]]] = {}
    known: dict[tuple[str, str], tuple[str, str]] = {}
    for trial in trials:
        for reference in trial.references:
            names = _names(reference)
            first = next((known[name] for name in names if name in known), names[0])
            known |= dict.fromkeys(names, first)
            found.setdefault(first, []).append((trial, reference))
    uses: dict[str, int] = {}
    for listed in found.values():
        for key in {reference.key for _, reference in listed}:
            uses[key] = uses.get(key, 0) + 1
    return References(tuple(_entry(listed, uses) for listed in found.values()))


def _names(reference: Reference) -> list[tuple[str, str]]:
    """Everything by which the same publication is known elsewhere."""
    parts = {
        "doi": (reference.doi or "").lower(),
        "pmid": str(reference.pmid or ""),
        "pmcid": reference.pmcid or "",
    }
    names = [(kind, value) for kind, value in parts.items() if value]
    return names or [("citation", reference.citation)]


def _entry(listed: list[tuple[Trial, Reference]], uses: dict[str, int]) -> Entry:
    trial, reference = max(listed, key=lambda pair: len(_names(pair[1])))  # the first of the best
    alone = uses[reference.key] == 1
    key = reference.key if alone else f"{trial.key}-{reference.key}"
    return Entry(key, reference, tuple(dict.fromkeys(trial.name for trial, _ in listed)))
