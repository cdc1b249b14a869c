"""A description -> nodes whose links and figures Sphinx resolves."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx import addnodes

from metaonc.reports.document import Details, Figure, Link, Page, Table, inlines
from metaonc.reports.writers.docutils import PREFIX, DocutilsWriter, marked, reference
from metaonc.sphinx import elements
from metaonc.sphinx.config import pages_folder
from metaonc.sphinx.domain import Shown, domain_of
from metaonc.sphinx.figures import PICTURES, Workshop

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment

    from metaonc.plots import ForestFigure
    from metaonc.sphinx.reviews import Review

Drawings = Mapping[str, Callable[[], "ForestFigure"]]


class SphinxWriter(DocutilsWriter):
    """Writes parts of a review on one page of a Sphinx project.

    Parameters
    ----------
    document : docutils.nodes.document
        The page of the project.
    env : BuildEnvironment
        The project's.
    review : Review
        What is written about.
    titles : bool, default True
        Whether sections may stand where the nodes go.
    drawings : mapping of str to callable, optional
        Figures that the review itself does not have, by name.
    """

    def __init__(
        self,
        document: nodes.document,
        env: BuildEnvironment,
        review: Review,
        *,
        titles: bool = True,
        drawings: Drawings | None = None,
    ) -> None:
        super().__init__(document, titles=titles)
        self.env = env
        self.review = review
        self.drawings = {**review.drawings, **(drawings or {})}
        self.workshop = Workshop(env)

    def note_shown(self, page: Page, node_id: str) -> None:
        """Links to that page of the review now lead here."""
        shown = Shown(self.env.docname, node_id, page.title, dict(self.places))
        domain_of(self.env).note_shown(self.review.place.name, page.key, shown)

    # Links -----------------------------------------------------------------------------------

    def link(self, link: Link) -> nodes.Node:
        """Words that lead somewhere, as far as the project has that place."""
        words = marked(link.text, link.mark)
        if link.url:
            return reference(words, link.url)
        if link.file:
            return self._file(link, words)
        if link.manual:
            return self._manual(link, words)
        return self._pending(words, "metaonc", "page", link.page, place=link.anchor)

    def _pending(
        self, words: nodes.Node, domain: str, kind: str, target: str, **more: str
    ) -> nodes.Node:
        """A link that Sphinx resolves once it has read every page."""
        return addnodes.pending_xref(
            "",
            nodes.inline("", "", words),
            refdomain=domain,
            reftype=kind,
            reftarget=target,
            refdoc=self.env.docname,
            refexplicit=True,
            refwarn=domain == "std",
            review=self.review.place.name,
            **more,
        )

    def _manual(self, link: Link, words: nodes.Node) -> nodes.Node:
        manual = self.env.config.metaonc_manual
        if not manual:
            return words
        if "://" in manual:
            place = f"#{link.anchor}" if link.anchor else ""
            return reference(words, f"{manual.rstrip('/')}/{link.manual}.html{place}")
        below = (manual.strip("/"), pages_folder(self.env.config) or "")
        names = [f"{folder}/{link.manual}".lstrip("/") for folder in below]
        name = next((name for name in names if name in self.env.found_docs), names[0])
        return self._pending(words, "std", "doc", f"/{name}")

    def _file(self, link: Link, words: nodes.Node) -> nodes.Node:
        """A link to a text of the review, or to a form of one of its figures."""
        stem, _, suffix = link.file.rpartition(".")
        drawing = next((name for name in (stem, f"figures/{stem}") if name in self.drawings), "")
        if drawing:
            self._draw(drawing, [suffix])
            name = self._name(f"{drawing}.{suffix}")
        elif link.file in self.review.files:
            name = self._name(link.file)
            self.workshop.write(name, self.review.files[link.file].encode())
        else:
            return words
        domain_of(self.env).note_file(self.env.docname, name)
        return elements.delivered("", "", words, name=name)

    def _draw(self, drawing: str, suffixes: Sequence[str]) -> None:
        shows = f"{self.review.digest} {drawing}"
        self.workshop.draw(self._name(drawing), suffixes, shows, self.drawings[drawing])

    def _name(self, file: str) -> str:
        """Name of a file among those of all reviews of the project."""
        review = self.review.place.name
        return f"{review}/{file}" if review else file

    # Blocks ----------------------------------------------------------------------------------

    def figure(self, block: Figure) -> list[nodes.Element]:
        """A figure in the format that a builder shows.

        The caption ends with links to other forms of it; formats that deliver no files leave them
        out.
        """
        links = [part.file for part in inlines(block.caption) if isinstance(part, Link)]
        forms = {*PICTURES, *(file.rpartition(".")[2] for file in links if file)}
        self._draw(block.name, sorted(forms))
        folder = (Path(self.env.srcdir) / self.env.docname).parent
        path = os.path.relpath(self.workshop.path(self._name(f"{block.name}.svg")), folder)
        caption = inlines(block.caption)
        own = tuple(takewhile(lambda part: not (isinstance(part, Link) and part.file), caption))
        figure = self.framed(replace(block, caption=own), Path(path).with_suffix(".*").as_posix())
        # A theme that dims pictures in the dark leaves these as they are, on white.
        figure.children[0]["classes"].append("dark-light")  # type: ignore[index]
        if own != caption:
            others = addnodes.only("", *self.line(caption[len(own) :]), expr="html and not epub")
            caption_node = figure.children[-1]
            assert isinstance(caption_node, nodes.caption)
            caption_node += others
        return [figure]

    def details(self, block: Details) -> list[nodes.Element]:
        """Blocks behind a door, where the format has doors."""
        node = elements.door("", elements.summary("", "", *self.line(block.summary)))
        node += self.blocks(block.blocks)
        if block.anchor:
            self.place(node, block.anchor)
        return [node]

    def table(self, block: Table) -> list[nodes.Element]:
        """A table, under fields that choose among its rows where it names some."""
        found = super().table(block)
        if not (block.choices or block.searched):
            return found
        fields = elements.filters(choices=",".join(block.choices), text=block.searched)
        return [nodes.container("", fields, *found, classes=[f"{PREFIX}filtered"])]
