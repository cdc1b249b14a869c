"""`CHANGELOG.md` as reStructuredText: the headings, lists, links and code that it uses."""

from __future__ import annotations

import re
from pathlib import Path

_UNDERLINES = {1: "=", 2: "-", 3: "~"}


def changelog(path: Path) -> str:
    """The text of a changelog in the format of Keep a Changelog."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        heading = re.match(r"(#{1,3}) (.+)", line)
        if heading:
            title = heading[2].replace("[", "").replace("]", "")
            lines += [title, _UNDERLINES[len(heading[1])] * len(title)]
        elif not re.match(r"\[[^]]+\]: ", line):  # where the version numbers lead
            lines.append(_inline(line))
    return "\n".join(lines) + "\n"


def _inline(line: str) -> str:
    linked = re.sub(r"\[([^]]+)\]\((https?://[^)]+)\)", r"`\1 <\2>`__", line)
    return re.sub(r"(?<!`)`([^`<]+)`(?![`_])", r"``\1``", linked)
