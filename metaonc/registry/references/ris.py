"""A publication as a RIS record."""

from __future__ import annotations

from collections.abc import Iterator

from metaonc.registry.references.citation import inverted
from metaonc.registry.references.library import Entry

_TYPES = {
    "abstract": "CONF",
    "registration": "DBASE",
    "news": "NEWS",
    "website": "ELEC",
}


def ris(entry: Entry) -> str:
    """The record as text, with a newline at its end; one field per line, as RIS wants it."""
    lines = [f"{tag}  - {' '.join(value.split())}".rstrip() for tag, value in _fields(entry)]
    return "\n".join([*lines, "ER  - ", ""])


def _fields(entry: Entry) -> Iterator[tuple[str, str]]:
    ref, said = entry.reference, entry.citation
    yield "TY", "JOUR" if said.journal else _TYPES.get(ref.kind, "GEN")
    yield "ID", entry.key
    for name in said.authors:
        yield "AU", _surname_initials_suffix(name)
    pairs = {
        "TI": said.title,
        "T2": said.journal,
        "PY": str(ref.year),
        "VL": said.volume,
        "IS": said.issue,
        "SP": said.first_page,
        "EP": said.last_page,
        "DO": ref.doi or "",
        "AN": str(ref.pmid or ""),
        "C2": ref.pmcid or "",
    }
    yield from ((tag, value) for tag, value in pairs.items() if value)
    for trial in entry.trials:
        yield "KW", trial
    for note in (*entry.notes, *["and other authors"] * said.more_authors):
        yield "N1", note


def _surname_initials_suffix(name: str) -> str:
    """RIS puts the suffix last."""
    surname, *rest = inverted(name).split(", ")
    return ", ".join([surname, *reversed(rest)])
