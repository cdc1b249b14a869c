"""What every directive does, and directives that show pages of a review."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from metaonc.errors import MetaoncError, ReportError
from metaonc.reports.document import Block, Page, Section
from metaonc.sphinx.domain import domain_of
from metaonc.sphinx.options import Options, names
from metaonc.sphinx.reviews import Place, Review, open_review, place_of
from metaonc.sphinx.writing import Drawings, SphinxWriter

_WITH_SECTIONS = (nodes.document, nodes.section)
LOGGER = logging.getLogger(__name__)


class ReviewDirective(SphinxDirective):
    """What every directive does: open the review, write a part of it, say what is wrong."""

    option_spec: ClassVar[Options] = {"studies": directives.path, "sections": names}

    def run(self) -> list[nodes.Node]:
        """Nodes for the page; none, and a warning, where the review cannot say it."""
        try:
            place = self.place()
            domain_of(self.env).note_read(self.env.docname, place, place.digest())
            return self.written(open_review(place))
        except MetaoncError as error:
            LOGGER.warning("%s", error, location=self.get_location(), type="metaonc")
            return []

    def place(self) -> Place:
        """Where the records are: as `conf.py` says, or the option `studies`."""
        folder = self.options.get("studies")
        if folder is not None:
            folder, _ = self.env.relfn2path(folder)
        return place_of(self.config, self.env.srcdir, folder)

    def written(self, review: Review) -> list[nodes.Node]:
        """What stands in the place of the directive."""
        return list(self.writer(review).blocks(self.blocks(review)))

    def blocks(self, review: Review) -> Sequence[Block]:
        """The part of the review that the directive shows."""
        raise NotImplementedError

    def writer(self, review: Review, drawings: Drawings | None = None) -> SphinxWriter:
        """A writer for this place of the page."""
        # docutils says False after another directive, where sections may stand all the same; other
        # parsers, such as MyST's, say True and know no parent.
        titles = self.state_machine.match_titles or isinstance(self.state.parent, _WITH_SECTIONS)
        return SphinxWriter(self.state.document, self.env, review, titles=titles, drawings=drawings)

    def chosen(self, blocks: Sequence[Block]) -> Sequence[Block]:
        """Blocks, or only those sections that the option `sections` names."""
        wanted = self.options.get("sections")
        if not wanted:
            return blocks
        there = {block.title.casefold(): block for block in blocks if isinstance(block, Section)}
        for name in wanted:
            if name.casefold() not in there:
                titles = ", ".join(block.title for block in there.values())
                raise ReportError(f"there is no section {name!r} here; there are: {titles}.")
        return [there[name.casefold()] for name in wanted]


class PartDirective(ReviewDirective):
    """A page of the review as part of a page of the project: its contents, without its title."""

    required_arguments = 1

    def page(self, review: Review) -> Page:
        """The page that is shown."""
        raise NotImplementedError

    def written(self, review: Review) -> list[nodes.Node]:
        """The contents of the page, and a place to which links to it lead."""
        page = self.page(review)
        writer = self.writer(review)
        here = nodes.target()
        writer.place(here, f"metaonc-{page.key}")
        found = writer.blocks(self.chosen(page.blocks))
        writer.note_shown(page, here["ids"][0])
        return [here, *found]


class StudyDirective(PartDirective):
    """``.. metaonc-study:: tamrad``: everything in the record of a trial."""

    def page(self, review: Review) -> Page:
        """The page of the trial."""
        return review.page(f"trials/{review.trial(self.arguments[0]).key}")


class AnalysisDirective(PartDirective):
    """``.. metaonc-analysis:: pfs``: the whole answer to a question of the plan."""

    def page(self, review: Review) -> Page:
        """The page of the analysis."""
        return review.page(f"analyses/{review.analysis(self.arguments[0]).key}")


class ListDirective(PartDirective):
    """A page that lists things, such as ``.. metaonc-trials::``."""

    required_arguments = 0
    key: ClassVar[str]

    def page(self, review: Review) -> Page:
        """The page."""
        return review.page(self.key)


class TrialsDirective(ListDirective):
    """``.. metaonc-trials::``: the table of trials."""

    key = "trials/index"


class CharacteristicsDirective(ListDirective):
    """``.. metaonc-characteristics::``: characteristics of included and excluded studies."""

    key = "trials/characteristics"


class AnalysesDirective(ListDirective):
    """``.. metaonc-analyses::``: the table of analyses with their results."""

    key = "analyses/index"


class ReferencesDirective(ListDirective):
    """``.. metaonc-references::``: everything that the records cite."""

    key = "references/index"


class PageDirective(ReviewDirective):
    """``.. metaonc-page:: trials/tamrad``: a page of the review, as a page of the project.

    What the directive holds, such as a list of contents, ends the page.
    """

    required_arguments = 1
    has_content = True

    def written(self, review: Review) -> list[nodes.Node]:
        """The page, with its title."""
        page = review.page(self.arguments[0])
        writer = self.writer(review)
        whole = writer.page(page)
        whole += self.parse_content_to_nodes()
        writer.note_shown(page, "")
        return [whole]
