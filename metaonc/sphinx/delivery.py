"""What goes with the pages of HTML: style sheet and script where they are needed, and files."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from metaonc.sphinx import elements
from metaonc.sphinx.domain import domain_of
from metaonc.sphinx.figures import Workshop

STATIC = Path(__file__).parent / "static"
STYLE, FILTERS = "metaonc-review.css", "metaonc-filters.js"


def register(app: Sphinx) -> None:
    """Be there when settings are read, when a page is written, and at the end."""
    app.connect("config-inited", _add_folder)
    app.connect("html-page-context", _add_files)
    app.connect("build-finished", _deliver)


def _add_folder(_app: Sphinx, config: Config) -> None:
    """Before Sphinx compares the settings with those of the last build."""
    config.html_static_path.append(str(STATIC))


def _add_files(
    app: Sphinx,
    page: str,
    _template: str,
    _context: dict[str, Any],
    tree: nodes.document | None,
) -> None:
    """Name the style sheet on pages that need it, and the script on those that it helps."""
    read = domain_of(app.env).read
    if tree is None or not (page in read or (app.builder.name == "singlehtml" and read)):
        return
    app.add_css_file(STYLE)
    scripts = app.builder.name != "epub"
    if scripts and next(iter(tree.findall(elements.filters)), None) is not None:
        app.add_js_file(FILTERS, loading_method="defer")


def _deliver(app: Sphinx, error: Exception | None) -> None:
    """Copy the files that pages link."""
    if error is not None or not getattr(app.builder, "download_support", False):
        return
    workshop = Workshop(app.env)
    folder = Path(app.outdir) / "_downloads" / elements.FILES
    for name in sorted(domain_of(app.env).files):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(workshop.path(name), path)
