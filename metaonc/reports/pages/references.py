"""The page of everything that the records cite."""

from __future__ import annotations

from metaonc.registry.references import Entry, References
from metaonc.reports.pages.rst import escape, page


def references_page(library: References) -> str:
    """Every publication once, numbered, with links and files for reference managers."""
    return page(
        "References",
        f"{len(library)} publications, each with the trials whose records cite it. For reference "
        "managers: :download:`BibTeX <references.bib>`, :download:`RIS <references.ris>`. The same "
        "lists come from ``metaonc references --format bibtex`` and, in Python, from "
        "``mo.load_registry().references()``. Where a title or an author is missing, nobody has "
        "seen it yet, and the entry says so.",
        "\n\n".join(map(_entry, library)),
    )


def _entry(entry: Entry) -> str:
    ref = entry.reference
    links = [
        f"`{label}{value} <https://{site}/{value}>`__"
        for label, value, site in (
            ("doi:", ref.doi, "doi.org"),
            ("PMID ", ref.pmid, "pubmed.ncbi.nlm.nih.gov"),
            ("", ref.pmcid, "pmc.ncbi.nlm.nih.gov/articles"),
        )
        if value
    ]
    trials = f":aside:`{escape(', '.join(entry.trials))}`"
    return f"#. {' '.join([escape(ref.citation), *links])}\n   {trials}"
