"""Figures beside the doctrees, made once for what they show."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment

    from metaonc.plots import ForestFigure

PICTURES = ("svg", "pdf")  # browsers show the one, LaTeX the other
# What the link to each form of a figure says.
WORDS = {
    "pdf": "PDF for print",
    "html": "page to sort, with the source of each number",
    "svg": "SVG",
    "png": "PNG",
    "csv": "the numbers in it (CSV)",
}


class Workshop:
    """The folder of what is made for the pages of a project.

    Pictures have a folder of their own, in which Sphinx looks for the format that a builder shows.

    Parameters
    ----------
    env : BuildEnvironment
        The project's; the folder stands beside its doctrees.
    """

    def __init__(self, env: BuildEnvironment) -> None:
        self.root = Path(env.doctreedir) / "metaonc"

    def path(self, name: str) -> Path:
        """Where a file is, by its name below the folder of files that are delivered."""
        kind = "pictures" if name.rpartition(".")[2] in PICTURES else "files"
        return self.root / kind / name

    def write(self, name: str, content: bytes) -> None:
        """Write a file, if it is not there with that content; several processes may try."""
        _write(self.path(name), content)

    def draw(
        self, name: str, formats: Iterable[str], shows: str, make: Callable[[], ForestFigure]
    ) -> None:
        """Draw a figure, unless it was drawn before and showed the same.

        Parameters
        ----------
        name : str
            Its files without their suffix.
        formats : iterable of str
            Their suffixes.
        shows : str
            What it shows: records and options.
        make : callable
            Draws it.
        """
        missing = [suffix for suffix in formats if not self._is_made(f"{name}.{suffix}", shows)]
        figure = make() if missing else None
        for suffix in missing:
            assert figure is not None
            path = self.path(f"{name}.{suffix}")
            path.parent.mkdir(parents=True, exist_ok=True)
            scratch = path.with_name(f"{path.stem}-{os.getpid()}.{suffix}")
            figure.savefig(scratch)
            scratch.replace(path)
            _write(self._mark(f"{name}.{suffix}"), shows.encode())

    def _is_made(self, name: str, shows: str) -> bool:
        mark = self._mark(name)
        same = mark.is_file() and mark.read_text(encoding="utf-8") == shows
        return same and self.path(name).is_file()

    def _mark(self, name: str) -> Path:
        """Where it is noted what a figure shows."""
        return self.root / "made" / f"{name}.txt"


def fingerprint(*parts: object) -> str:
    """A short name for options, so that figures with different ones have different names."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:8]


def _write(path: Path, content: bytes) -> None:
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.{os.getpid()}")
    scratch.write_bytes(content)
    scratch.replace(path)
