"""A publication as a BibTeX entry."""

from __future__ import annotations

from metaonc.registry.references.citation import inverted
from metaonc.registry.references.library import Entry

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}


def bibtex(entry: Entry) -> str:
    """The entry as text, with a newline at its end.

    Titles keep their capitals. Letters beyond ASCII stay as they are: the file is UTF-8. DOIs and
    addresses are verbatim, as BibTeX styles expect them.
    """
    ref, said = entry.reference, entry.citation
    url = "" if ref.doi or not ref.pmid else f"https://pubmed.ncbi.nlm.nih.gov/{ref.pmid}/"
    fields = {
        "author": " and ".join([*map(_author, said.authors), *["others"] * said.more_authors]),
        "title": f"{{{escape(said.title)}}}" if said.title else "",
        "journal": escape(said.journal),
        "year": str(ref.year),
        "volume": escape(said.volume),
        "number": escape(said.issue),
        "pages": escape(_pages(said.first_page, said.last_page)),
        "doi": _verbatim(ref.doi or ""),
        "url": url,
        "pmid": str(ref.pmid or ""),
        "pmcid": ref.pmcid or "",
        "keywords": escape(", ".join(entry.trials)),
        "note": escape("; ".join(entry.notes)),
    }
    kind = "article" if said.journal else "misc"
    lines = [f"  {name} = {{{value}}},\n" for name, value in fields.items() if value]
    return f"@{kind}{{{entry.key},\n{''.join(lines)}}}\n"


def escape(text: str) -> str:
    r"""Text that LaTeX prints as it stands.

    Examples
    --------
    >>> print(escape("HR+ & HER2_low, 50%"))
    HR+ \& HER2\_low, 50\%
    """
    return "".join(_SPECIAL.get(sign, sign) for sign in " ".join(text.split()))


def _author(name: str) -> str:
    last_first = inverted(name)
    return escape(last_first) if "," in last_first else f"{{{escape(name)}}}"


def _pages(first: str, last: str) -> str:
    return f"{first}--{last}" if last else first


def _verbatim(doi: str) -> str:
    """Braces of an address would end the field."""
    return doi.replace("{", "%7B").replace("}", "%7D")
