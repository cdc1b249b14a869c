"""References of the records for reference managers: BibTeX, RIS, text."""

from metaonc.registry.references.citation import Citation, read_citation
from metaonc.registry.references.library import Entry, References, references_of

__all__ = ["Citation", "Entry", "References", "read_citation", "references_of"]
