"""PDFs whose fonts are cut to their letters in a quarter of the time.

To embed the letters of a figure, matplotlib parses the whole font and follows its layout tables
(ligatures, kerning, marks), which a PDF with placed glyphs never reads. Here the font is copied
without them once per process, and matplotlib cuts the copy; glyphs keep their numbers. Only the
files written by `LeanPages` do so: matplotlib itself is as the caller left it.
"""

from __future__ import annotations

import atexit
from functools import lru_cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from matplotlib.backends.backend_pdf import PdfFile, PdfPages

_LAYOUT = ("GSUB", "GPOS", "GDEF", "BASE", "JSTF", "kern", "FFTM")


@lru_cache(maxsize=1)
def _folder() -> Path:
    """Where the copies are, until the process ends."""
    folder = mkdtemp(prefix="metaonc-fonts-")
    atexit.register(rmtree, folder, ignore_errors=True)
    return Path(folder)


@lru_cache(maxsize=16)
def lean(font: Any) -> Any:
    """A copy of a TrueType font without its layout tables, or the font where none can be made.

    Parameters
    ----------
    font : str or FontPath
        As matplotlib names it.

    Returns
    -------
    str or FontPath
        The same kind.
    """
    from fontTools.ttLib import TTFont

    source = Path(str(font))
    if source.suffix.lower() != ".ttf":
        return font
    try:
        copy = _folder() / f"{len(list(_folder().iterdir()))}-{source.name}"
        with TTFont(source, lazy=True, recalcTimestamp=False, recalcBBoxes=False) as whole:
            for table in _LAYOUT:
                if table in whole:
                    del whole[table]
            whole.save(copy, reorderTables=None)
    except OSError:  # nowhere to write
        return font
    index = getattr(font, "face_index", None)
    return str(copy) if index is None else type(font)(str(copy), index)


class _LeanFile(PdfFile):
    """A PDF that embeds lean fonts."""

    def embedTTF(self, filename: Any, *letters: Any) -> Any:  # noqa: N802 - matplotlib's name
        copy, tracker = lean(filename), self._character_tracker
        # What the letters of a glyph are is looked up by the font's name.
        for known in (getattr(tracker, "glyph_maps", {}), tracker.used):
            if filename in known:
                known[copy] = known[filename]
        embed: Any = super().embedTTF
        return embed(copy, *letters)


class LeanPages(PdfPages):
    """Matplotlib's `PdfPages`, with lean fonts."""

    _file: Any
    _filename: Any
    _metadata: Any

    def _ensure_file(self) -> Any:
        if self._file is None:
            make: Any = _LeanFile
            self._file = make(self._filename, metadata=self._metadata)
        return self._file
