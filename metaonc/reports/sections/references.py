"""The page of everything that the records cite."""

from __future__ import annotations

from metaonc.registry.references import Entry, References
from metaonc.reports.document import Bullets, Line, Link, Marked, Page, Paragraph
from metaonc.reports.sections.words import REFERENCES, identifier_links, joined

BIBTEX, RIS = "references.bib", "references.ris"


def references_page(library: References) -> Page:
    """Every publication once, numbered, with links and files for reference managers."""
    said = Paragraph(
        (
            f"{len(library)} publications, each with the trials whose records cite it. ",
            "For reference managers: ",
            Link("BibTeX", file=BIBTEX),
            ", ",
            Link("RIS", file=RIS),
            ". Where a title or an author is missing, nobody has seen it yet, ",
            "and the entry says so.",
        ),
        "lead",
    )
    return Page(REFERENCES, "References", (said, Bullets(tuple(map(_entry, library)), True)))


def reference_files(library: References) -> dict[str, str]:
    """The files that the page links: name -> text."""
    return {BIBTEX: library.bibtex(), RIS: library.ris()}


def _entry(entry: Entry) -> Line:
    links = joined(identifier_links(entry.reference), " ")
    trials = Marked(f" {', '.join(entry.trials)}", "aside")
    return (f"{entry.reference.citation} ", *links, trials)
