"""Roles that link a trial or an analysis by its key: ``:metaonc:trial:`tamrad```."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.roles import XRefRole
from sphinx.util import logging

from metaonc.errors import MetaoncError
from metaonc.sphinx.reviews import open_review, place_of

if TYPE_CHECKING:
    from docutils.nodes import Element
    from sphinx.environment import BuildEnvironment

LOGGER = logging.getLogger(__name__)


class NamedRole(XRefRole):
    """A link whose words, if none are given, are the name in the record or the plan.

    Parameters
    ----------
    kind : {"trial", "analysis"}
        What is linked.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(innernodeclass=nodes.inline, warn_dangling=True)
        self.kind = kind

    def process_link(
        self,
        env: BuildEnvironment,
        refnode: Element,
        has_explicit_title: bool,
        title: str,
        target: str,
    ) -> tuple[str, str]:
        """Words and target of the link."""
        if has_explicit_title:
            return title, target
        try:
            registry = open_review(place_of(env.config, env.srcdir)).registry
        except MetaoncError:
            return title, target  # the page that shows it says what is wrong
        trials = {trial.key: trial.name for trial in registry}
        questions = {question.key: question.title for question in registry.questions}
        return (trials if self.kind == "trial" else questions).get(target, title), target
