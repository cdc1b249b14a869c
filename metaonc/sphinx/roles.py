"""The role ``:metaonc:``: a number of the review in a running sentence."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from metaonc.errors import MetaoncError, ReportError
from metaonc.reports.document import Link
from metaonc.sphinx.domain import domain_of
from metaonc.sphinx.numbers import SENTENCES, number_text
from metaonc.sphinx.reviews import open_review, place_of
from metaonc.sphinx.writing import SphinxWriter

LOGGER = logging.getLogger(__name__)


class NumberRole(SphinxRole):
    """``:metaonc:`pfs``` is the pooled result of an analysis, ``:metaonc:`pfs.k``` one number.

    It links the analysis where the project shows it.
    """

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """The number; the text of the role, and a warning, where there is none."""
        key, _, name = self.text.strip().partition(".")
        try:
            place = place_of(self.config, self.env.srcdir)
            domain_of(self.env).note_read(self.env.docname, place, place.digest())
            review = open_review(place)
            analysis = review.analysis(key)
            if analysis.pooled is None:
                raise ReportError(f"{key}: {analysis.reason}; there is no number to print.")
            said = number_text(analysis.pooled, name)
        except MetaoncError as error:
            LOGGER.warning("%s", error, location=self.get_location(), type="metaonc")
            return [nodes.literal(self.rawtext, self.text)], []
        writer = SphinxWriter(self.inliner.document, self.env, review)
        linked = Link(said, page=f"analyses/{key}")
        link = nodes.Text(said) if name in SENTENCES else writer.link(linked)
        number = nodes.inline("", "", link, classes=["metaonc-number"], support_smartquotes=False)
        return [number], []


def register(app: Sphinx) -> None:
    """Give the role its name."""
    app.add_role("metaonc", NumberRole())
