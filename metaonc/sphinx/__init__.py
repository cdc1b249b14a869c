"""A Sphinx extension: any group documents its own review in its own Sphinx project.

``extensions = ["metaonc.sphinx"]`` in ``conf.py``, and ``metaonc_studies`` names the folder of
records. Directives show a trial, a pooled result, a forest plot, an audit; the role ``:metaonc:``
puts a number into a sentence; ``metaonc_pages`` makes a page for every trial and every analysis.
Needs ``metaonc[sphinx]``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


def setup(app: Sphinx) -> ExtensionMetadata:
    """Tell Sphinx what there is."""
    from metaonc._version import __version__
    from metaonc.sphinx import (
        config,
        delivery,
        domain,
        elements,
        freshness,
        known,
        pages,
        roles,
    )

    for part in (config, elements, domain, roles, known, pages, freshness, delivery):
        part.register(app)
    return {
        "version": __version__,
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
