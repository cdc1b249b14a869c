"""The map of methods: formula, function, paper and test, gathered from the pages on methods.

Every section of ``methods/`` that computes something ends in fields ``:Function:``, ``:Paper:``
and ``:Tested:``. ``.. methods-map::`` puts them into one table per page, so that there is no second
list to be kept up to date; a test that is named and not there is a warning, which ends a build
with -W.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from rst_tables import table
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

LOGGER = logging.getLogger(__name__)
ROOT = Path(__file__).parent.parent.parent
_FIELD = re.compile(r"^:(Function|Paper|Source)s?:[ ]|^:Tested:[ ]")
_TEST = re.compile(r"``(tests/[\w/.]+?)``")


class Entry(NamedTuple):
    """A section of a page on methods, with what its fields say."""

    label: str  # of the section, "" where it has none
    title: str
    functions: str
    papers: str
    tests: str


def entries(text: str) -> Iterator[Entry]:
    """Every section that names its functions, in the order of the page."""
    lines = text.splitlines()
    label, title, said = "", "", {"Function": [], "Paper": [], "Tested": []}
    for i, line in enumerate([*lines, "The end", "======="]):
        if (i + 1 < len(lines) and _underlined(line, lines[i + 1])) or line == "The end":
            if said["Function"]:
                yield Entry(label, title, *(" ".join(words) for words in said.values()))
            label, title, said = (
                _label(lines, i),
                line.replace("``", ""),
                {name: [] for name in said},
            )
        elif _FIELD.match(line):
            name = line[1:].partition(":")[0].removesuffix("s").replace("Source", "Paper")
            said[name].append(_field(lines, i))


def _underlined(line: str, below: str) -> bool:
    alike = len(below) >= 3 and len(set(below)) == 1 and below[0] in "=-~"
    return alike and len(below) == len(line) and not line.startswith((" ", below[0]))


def _label(lines: list[str], i: int) -> str:
    """The label above a title."""
    above = next((line for line in reversed(lines[:i]) if line.strip()), "")
    found = re.fullmatch(r"\.\. _([\w-]+):", above)
    return found[1] if found else ""


def _field(lines: list[str], i: int) -> str:
    """A field's text with the lines that go on."""
    words = [lines[i].split(": ", 1)[1]]
    for line in lines[i + 1 :]:
        if not line.startswith("   "):
            break
        words.append(line.strip())
    return " ".join(words)


class MethodsMap(SphinxDirective):
    """``.. methods-map::`` and below it the names of the pages, in the order that readers need."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        parts = [self._page(name.strip()) for name in self.content if name.strip()]
        return self.parse_text_to_nodes("\n\n".join(parts), allow_section_headings=True)

    def _page(self, name: str) -> str:
        path = Path(self.env.srcdir) / f"{name}.rst"
        self.env.note_dependency(str(path))
        text = path.read_text(encoding="utf-8")
        rows = []
        for entry in entries(text):
            for test in _TEST.findall(entry.tests):
                if not (ROOT / test).exists():
                    LOGGER.warning("%s names %s, which is not there", name, test)
            what = f":ref:`{entry.title} <{entry.label}>`" if entry.label else entry.title
            rows.append((what, entry.functions, entry.papers, entry.tests))
        lines = itertools.pairwise(text.splitlines())
        title = next(line for line, below in lines if _underlined(line, below))
        head = f":doc:`{title} </{name}>`"
        shown = table(("Formula", "Functions", "Papers", "Tested"), rows, "wide map")
        return f"{head}\n{'-' * len(head)}\n\n{shown}\n"


def setup(app: Sphinx) -> dict[str, bool]:
    """Sphinx calls this."""
    app.add_directive("methods-map", MethodsMap)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
