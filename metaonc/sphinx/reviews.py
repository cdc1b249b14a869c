"""Records for the pages of a project: read once, and known by what is in them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from metaonc._version import __version__
from metaonc.effects import Registry, load_registry
from metaonc.errors import ReportError
from metaonc.registry.filters import nearest_first
from metaonc.registry.loading import shipped_studies
from metaonc.reports.asking import ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx.config import Config

    from metaonc.plots import ForestFigure
    from metaonc.registry import Trial
    from metaonc.registry.audit import Audit
    from metaonc.reports.analyses import Analysis
    from metaonc.reports.document import Chapter, Page

SHOWN = 8  # names that a sentence lists of those there are


@dataclass(frozen=True)
class Place:
    """Where the records of a review are, and what a project calls them.

    Attributes
    ----------
    name : str
        "" for the review of `conf.py`; for another folder, its name in files and links.
    folder : Path
        The folder.
    confirmed_only, skip_broken : bool
        As in `conf.py`.
    """

    name: str
    folder: Path
    confirmed_only: bool = False
    skip_broken: bool = False

    def digest(self) -> str:
        """Fingerprint of the records, the plan, the settings and the version of metaonc."""
        found = hashlib.sha256(f"{__version__} {self.confirmed_only} {self.skip_broken}".encode())
        for path in sorted(self.folder.glob("*.toml")):
            found.update(b"\0".join((path.name.encode(), path.read_bytes(), b"")))
        return found.hexdigest()


@dataclass(frozen=True)
class Review:
    """The records of one folder with everything that pages say of them."""

    place: Place
    digest: str
    registry: Registry

    @cached_property
    def analyses(self) -> tuple[Analysis, ...]:
        """Every question of the plan with its answer; none without a plan."""
        from metaonc.reports.analyses import analyse

        if not self.registry.questions:
            return ()
        return tuple(analyse(self.registry, confirmed_only=self.place.confirmed_only))

    @cached_property
    def chapters(self) -> tuple[Chapter, ...]:
        """Every page of the review's report."""
        from metaonc.reports.sections import chapters

        return chapters(self.registry, self.analyses)

    @cached_property
    def audit(self) -> Audit:
        """What the audit found in the records."""
        return self.registry.audit()

    @cached_property
    def files(self) -> dict[str, str]:
        """Files that pages link: name -> text."""
        from metaonc.reports.sections import reference_files

        return reference_files(self.registry.references())

    @cached_property
    def drawings(self) -> dict[str, Callable[[], ForestFigure]]:
        """Figures that pages show, by name."""
        from metaonc.plots import forest
        from metaonc.reports.drawings import further_figures

        forests = {
            f"figures/{analysis.key}": partial(forest, analysis.result)
            for analysis in self.analyses
            if analysis.result is not None
        }
        return forests | further_figures(self.registry, self.analyses, None)

    def page(self, key: str) -> Page:
        """A page by its key.

        Raises
        ------
        ReportError
            If there is none.
        """
        pages = {page.key: page for chapter in self.chapters for page in chapter.pages}
        if key not in pages:
            near = ", ".join(nearest_first(key, pages)[:SHOWN])
            raise ReportError(f"the review has no page {key!r}; among its pages are {near}.")
        return pages[key]

    def trial(self, key: str) -> Trial:
        """A trial by its key.

        Raises
        ------
        ReportError
            If there is none.
        """
        trials = {trial.key: trial for trial in self.registry}
        if key not in trials:
            near = ", ".join(nearest_first(key, trials)[:SHOWN])
            raise ReportError(
                f"no trial {key!r} in {self.registry.folder}; among those there are {near}."
            )
        return trials[key]

    def analysis(self, key: str) -> Analysis:
        """An answered question of the plan; failing that, an outcome pooled by default.

        Raises
        ------
        MetaoncError
            If there is neither, or no answer.
        """
        for analysis in self.analyses:
            if analysis.key == key:
                return analysis
        return ask(self.registry, key, confirmed_only=self.place.confirmed_only)


def place_of(config: Config, srcdir: Path, folder: str | None = None) -> Place:
    """The place of the review of `conf.py`, or of another folder, as seen from the sources."""
    asked = config.metaonc_studies if folder is None else folder
    path = shipped_studies() if asked is None else Path(srcdir) / asked
    name = "" if folder is None else re.sub(r"[^a-z0-9]+", "-", folder.lower()).strip("-") or "here"
    return Place(name, path, config.metaonc_confirmed_only, config.metaonc_skip_broken)


def open_review(place: Place) -> Review:
    """Read the records of a place, unless they were read before and are the same.

    Raises
    ------
    RecordError
        If a record breaks a rule, and `skip_broken` is not set.
    """
    return _opened(place, place.digest())


@lru_cache(maxsize=8)
def _opened(place: Place, digest: str) -> Review:
    return Review(place, digest, load_registry(place.folder, strict=not place.skip_broken))
