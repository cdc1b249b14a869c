"""The chapters that every report of a registry has: its trials, its analyses, its references."""

from __future__ import annotations

from collections.abc import Sequence

from metaonc.effects import Registry
from metaonc.registry.audit import Audit
from metaonc.reports.analyses import Analysis
from metaonc.reports.document import Chapter
from metaonc.reports.sections.analyses import analyses_index, analysis_page
from metaonc.reports.sections.bias import bias_page
from metaonc.reports.sections.characteristics import characteristics
from metaonc.reports.sections.overview import trials_index
from metaonc.reports.sections.references import references_page
from metaonc.reports.sections.trials import trial_page


def chapters(registry: Registry, analyses: Sequence[Analysis]) -> tuple[Chapter, ...]:
    """Analyses, trials and references of a registry as pages.

    Parameters
    ----------
    registry : Registry
        The records.
    analyses : sequence of Analysis
        One per question of the plan, in its order, as :func:`metaonc.reports.analyse` gives them.

    Returns
    -------
    tuple of Chapter
        The pages show ``figures/<key>.svg`` and link ``figures/<key>.html``, ``<key>.pdf``
        (`figure_files`) and the files of `reference_files`.

    Examples
    --------
    >>> import metaonc as mo
    >>> from metaonc.reports import analyse
    >>> registry = mo.load_registry()
    >>> for chapter in chapters(registry, analyse(registry)):
    ...     print(chapter.title, len(chapter.pages), chapter.pages[0].key)
    Analyses 18 analyses/index
    Trials 40 trials/index
    References 1 references/index
    """
    audit = registry.audit()
    first, *others = trials_chapter(registry, analyses, audit).pages
    return (
        analyses_chapter(registry, analyses, audit),
        Chapter("Trials", (first, bias_page(registry, analyses), *others)),
        references_chapter(registry),
    )


def trials_chapter(registry: Registry, analyses: Sequence[Analysis], audit: Audit) -> Chapter:
    """The list of trials, their characteristics, and a page for each."""
    pages = (trial_page(trial, registry.plan, analyses, audit.of(trial.key)) for trial in registry)
    overview = trials_index(registry, analyses, audit)
    return Chapter("Trials", (overview, characteristics(registry), *pages))


def analyses_chapter(registry: Registry, analyses: Sequence[Analysis], audit: Audit) -> Chapter:
    """The list of analyses, and a page for each."""
    pages = (analysis_page(registry, analysis, audit) for analysis in analyses)
    return Chapter("Analyses", (analyses_index(registry, analyses), *pages))


def references_chapter(registry: Registry) -> Chapter:
    """Everything that the records cite."""
    return Chapter("References", (references_page(registry.references()),))
