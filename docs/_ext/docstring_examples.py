"""Examples in docstrings are shown; pytest runs them, each with the names of its own module.

The doctest builder then runs the examples of the pages alone.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx


def leave_to_pytest(app: Sphinx, doctree: nodes.document) -> None:
    """Turn the doctest blocks of docstrings into plain sessions."""
    for block in list(doctree.findall(nodes.doctest_block)):
        if ":docstring of " in (block.source or ""):
            shown = nodes.literal_block(block.rawsource, block.astext(), language="pycon")
            shown.source, shown.line = block.source, block.line
            block.replace_self(shown)


def setup(app: Sphinx) -> dict[str, bool]:
    """Sphinx calls this."""
    app.connect("doctree-read", leave_to_pytest)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
