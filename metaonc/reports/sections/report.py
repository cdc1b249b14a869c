"""`report_document`: a whole report, chapter by chapter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from metaonc.effects import Registry
from metaonc.errors import MetaoncError
from metaonc.pooling import HarmsTable
from metaonc.registry.audit import Audit
from metaonc.reports.analyses import Analysis
from metaonc.reports.certainty import summary_of_findings
from metaonc.reports.document import Block, Chapter, Document, Page, Paragraph
from metaonc.reports.sections.audit import audit_page
from metaonc.reports.sections.bias import bias_page
from metaonc.reports.sections.chapters import (
    analyses_chapter,
    references_chapter,
    trials_chapter,
)
from metaonc.reports.sections.findings import summary_of_findings_section
from metaonc.reports.sections.flow import flow_page
from metaonc.reports.sections.harms import harms_page
from metaonc.reports.sections.opening import front_page


@dataclass(frozen=True, eq=False)
class Material:
    """Everything that a report is made from.

    Attributes
    ----------
    registry : Registry
        Trials and the review plan.
    analyses : sequence of Analysis
        One per question of the plan.
    harms : HarmsTable, optional
        Harms beside benefits.
    confirmed_only : bool
        Whether figures that await confirmation were left out.
    """

    registry: Registry
    analyses: Sequence[Analysis]
    harms: HarmsTable | None = None
    confirmed_only: bool = False

    @cached_property
    def audit(self) -> Audit:
        """What the audit found in the records."""
        return self.registry.audit()


def _front(material: Material) -> Iterable[Page]:
    yield front_page(
        material.registry,
        material.analyses,
        material.audit,
        _findings(material),
        confirmed_only=material.confirmed_only,
    )


def _findings(material: Material) -> Sequence[Block]:
    """The summary of findings, where the plan calls outcomes critical or important."""
    plan = material.registry.plan
    if plan is None or not any(question.importance for question in plan.questions):
        return ()
    try:
        found = summary_of_findings(
            material.registry, analyses=material.analyses, confirmed_only=material.confirmed_only
        )
    except MetaoncError as error:  # a baseline that is not there stops no other page
        return (Paragraph(f"Not made: {error}", "warning"),)
    said = summary_of_findings_section(found)
    return said.blocks if said else ()


def _studies(material: Material) -> Iterable[Page]:
    trials = trials_chapter(material.registry, material.analyses, material.audit)
    first, *others = trials.pages
    return (first, flow_page(material.registry), *others)


def _bias(material: Material) -> Iterable[Page]:
    yield bias_page(material.registry, material.analyses)


def _analyses(material: Material) -> Iterable[Page]:
    return analyses_chapter(material.registry, material.analyses, material.audit).pages


def _harms(material: Material) -> Iterable[Page]:
    if material.harms:
        yield harms_page(material.harms)


def _references(material: Material) -> Iterable[Page]:
    return references_chapter(material.registry).pages


def _appendix(material: Material) -> Iterable[Page]:
    yield audit_page(material.registry, material.audit)


# In the order of reading; a chapter without pages is left out.
CHAPTERS: tuple[tuple[str, Callable[[Material], Iterable[Page]]], ...] = (
    ("", _front),
    ("Studies", _studies),
    ("Risk of bias", _bias),
    ("Analyses", _analyses),
    ("Harms", _harms),
    ("References", _references),
    ("Appendix", _appendix),
)


def report_document(material: Material) -> Document:
    """The whole report as a description, for any writer.

    Examples
    --------
    >>> import metaonc as mo
    >>> from metaonc.reports import analyse
    >>> registry = mo.load_registry()
    >>> document = report_document(Material(registry, analyse(registry)))
    >>> [chapter.title for chapter in document.chapters]
    ['', 'Studies', 'Risk of bias', 'Analyses', 'References', 'Appendix']
    """
    made = ((title, tuple(pages(material))) for title, pages in CHAPTERS)
    chapters = tuple(Chapter(title, pages) for title, pages in made if pages)
    plan = material.registry.plan
    return Document(plan.title if plan else "Report", chapters)
