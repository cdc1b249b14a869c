"""Which pages are read again, and which records are left out, said before any page is read."""

from __future__ import annotations

from collections.abc import Set

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from metaonc.errors import MetaoncError
from metaonc.sphinx.domain import domain_of
from metaonc.sphinx.reviews import open_review, place_of

LOGGER = logging.getLogger(__name__)


def register(app: Sphinx) -> None:
    """Be there when a build starts, and be asked which pages are out of date."""
    app.connect("builder-inited", _name_broken)
    app.connect("env-get-outdated", _outdated)


def _name_broken(app: Sphinx) -> None:
    """Warn of every record that is left out because it breaks a rule."""
    place = place_of(app.config, app.srcdir)
    if not place.skip_broken:
        return  # a page that shows the records refuses them
    try:
        problems = open_review(place).registry.problems
    except MetaoncError:
        return  # likewise
    for problem in problems:
        LOGGER.warning("skipped: %s", problem, type="metaonc", subtype="record")


def _outdated(
    _app: Sphinx,
    env: BuildEnvironment,
    _added: Set[str],
    _changed: Set[str],
    _removed: Set[str],
) -> list[str]:
    read = domain_of(env).read
    now = {place: place.digest() for places in read.values() for place in places}
    return [
        docname
        for docname, places in read.items()
        if any(now[place] != digest for place, digest in places.items())
    ]
