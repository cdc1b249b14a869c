"""Directives that pool a question as their options say: ``.. metaonc-pool:: pfs``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from metaonc.errors import ReportError
from metaonc.registry.filters import read_where
from metaonc.reports.asking import ask
from metaonc.reports.document import Block, Figure, Section
from metaonc.sphinx.directives import ReviewDirective
from metaonc.sphinx.options import CHOICES, EFFECTS, POOLED, Options, given

if TYPE_CHECKING:
    from metaonc.pooling import PooledResult, SubgroupResult
    from metaonc.reports.analyses import Analysis
    from metaonc.sphinx.reviews import Review

# Sections of the page of an analysis that are about the plan's question, not about this answer.
_OF_THE_PLAN = ("Question", "How far to trust it", "Make it again")


class PooledDirective(ReviewDirective):
    """A question or an outcome, pooled as the options say."""

    required_arguments = 1
    option_spec: ClassVar[Options] = {**ReviewDirective.option_spec, **POOLED}

    @property
    def key(self) -> str:
        """The question or outcome."""
        return str(self.arguments[0])

    @property
    def asked(self) -> dict[str, Any]:
        """Arguments of `ask` that the options give."""
        found: dict[str, Any] = given(self.options, EFFECTS)
        choices = given(self.options, CHOICES)
        if choices:
            found["choices"] = choices
        if "by" in self.options:
            found["by"] = self.options["by"] or ""
        if "where" in self.options:
            found["where"] = read_where(self.options["where"])
        return found

    def answer(self, review: Review) -> Analysis:
        """The plan's own answer, or another one that the options ask for."""
        key, asked = self.key, self.asked
        if not asked:
            return review.analysis(key)
        confirmed_only = review.place.confirmed_only
        return ask(review.registry, key, **{"confirmed_only": confirmed_only, **asked})

    def result(self, review: Review) -> PooledResult | SubgroupResult:
        """The answer where there is one.

        Raises
        ------
        ReportError
            With the reason why there is none.
        """
        found = self.answer(review)
        if found.result is None:
            raise ReportError(f"{found.key}: {found.reason}; there is nothing to draw.")
        return found.result


class PoolDirective(PooledDirective):
    """``.. metaonc-pool:: pfs``: the pooled result, its studies, notes and methods."""

    def blocks(self, review: Review) -> Sequence[Block]:
        """The page of the analysis without what is about the plan."""
        from metaonc.reports.sections import analysis_page

        found = [
            block
            for block in analysis_page(review.registry, self.answer(review)).blocks
            if not isinstance(block, Figure)
        ]
        if self.options.get("sections"):
            return self.chosen(found)
        return [b for b in found if not (isinstance(b, Section) and b.title in _OF_THE_PLAN)]
