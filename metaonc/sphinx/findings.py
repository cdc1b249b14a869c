"""What a review found and how certain that is, and what its plan says of its making."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from docutils.parsers.rst import directives

from metaonc.errors import ReportError
from metaonc.reports.certainty import summary_of_findings
from metaonc.reports.document import Block, blocks
from metaonc.reports.sections.findings import certainty_section, summary_of_findings_section
from metaonc.reports.sections.protocol import (
    conduct_section,
    discussion_section,
    eligibility_section,
    protocol_section,
    search_section,
)
from metaonc.sphinx.directives import ReviewDirective
from metaonc.sphinx.options import Options, names

if TYPE_CHECKING:
    from metaonc.reports.certainty import SummaryOfFindings
    from metaonc.sphinx.reviews import Review


class _FoundDirective(ReviewDirective):
    """A part of the summary of findings."""

    def found(self, review: Review, questions: Sequence[str] | None) -> SummaryOfFindings:
        """The summary of some questions; of those that the plan calls important, if None."""
        confirmed_only = review.place.confirmed_only
        given = review.analyses or None
        return summary_of_findings(
            review.registry, questions, analyses=given, confirmed_only=confirmed_only
        )


class SummaryDirective(_FoundDirective):
    """``.. metaonc-summary-of-findings::``: a row per outcome, with certainty and reasons."""

    option_spec: ClassVar[Options] = {"studies": directives.path, "questions": names}

    def blocks(self, review: Review) -> Sequence[Block]:
        """The table with its footnotes; its heading is the page's business."""
        section = summary_of_findings_section(self.found(review, self.options.get("questions")))
        return section.blocks if section else ()


class CertaintyDirective(_FoundDirective):
    """``.. metaonc-certainty:: pfs``: how certain one answer is, and every judgement of it."""

    required_arguments = 1
    option_spec: ClassVar[Options] = {"studies": directives.path}

    def blocks(self, review: Review) -> Sequence[Block]:
        """The statement and the judgements."""
        (row,) = self.found(review, [self.arguments[0]])
        section = certainty_section(row)
        return section.blocks if section else ()


class ProtocolDirective(ReviewDirective):
    """``.. metaonc-protocol::``: eligibility, protocol, search, conduct and discussion."""

    def blocks(self, review: Review) -> Sequence[Block]:
        """The sections for which the plan says something."""
        return self.chosen(blocks(*self._said(review)))

    def _said(self, review: Review) -> Iterator[Block | None]:
        plan = review.registry.plan
        if plan is None:
            raise ReportError(
                f"{review.registry.folder} has no review.toml that says how the review was made; "
                "add one (`metaonc schema review` prints the format)."
            )
        yield eligibility_section(plan)
        yield protocol_section(plan)
        yield search_section(plan)
        yield conduct_section(plan)
        yield discussion_section(plan)
