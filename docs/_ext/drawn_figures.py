"""A figure in a page, drawn by the line of Python that the page shows.

``.. drawn:: EXPRESSION`` evaluates the expression, a figure, and shows it with its own words as the
alternative text; lines below the options are carried out first. So a figure cannot be older than
the code beside it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import metaonc as mo
from metaonc.plots import save_figure

FOLDER = "_drawn"
MARK = ".. drawn::"


class Drawn(SphinxDirective):
    """The directive."""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True
    option_spec = {"caption": directives.unchanged}  # noqa: RUF012 - docutils reads it from the class

    def run(self) -> list[nodes.Node]:
        names: dict[str, Any] = {"mo": mo, "np": np, "pd": pd}
        exec("\n".join(self.content), names)
        figure = eval(self.arguments[0], names)
        number = self.env.new_serialno("drawn")
        name = f"{FOLDER}/{self.env.docname.replace('/', '-')}-{number}.svg"
        path = Path(self.env.srcdir) / name
        path.parent.mkdir(exist_ok=True)
        save_figure(figure, path)
        image = nodes.image(uri=f"/{name}", alt=figure.description.short)
        shown = nodes.figure("", image, classes=["forest"])
        image["classes"] += ["forest", "dark-light"]
        if "caption" in self.options:
            words, messages = self.parse_inline(self.options["caption"])
            shown += [nodes.caption("", "", *words), *messages]
        self.set_source_info(image)
        return [shown]


def always(app: Sphinx, env: Any, added: set, changed: set, removed: set) -> list[str]:
    """Pages with drawn figures are read again in every build: what draws them may have changed."""
    return [
        name
        for name in env.found_docs
        if MARK in Path(env.doc2path(name)).read_text(encoding="utf-8")
    ]


def setup(app: Sphinx) -> dict[str, bool]:
    """Sphinx calls this."""
    app.add_directive("drawn", Drawn)
    app.connect("env-get-outdated", always)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
