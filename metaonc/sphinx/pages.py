"""A page of the project for every page of the review, below one folder of its sources."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ConfigError
from sphinx.util import logging

from metaonc.errors import MetaoncError
from metaonc.reports.document import Chapter
from metaonc.sphinx.config import pages_folder
from metaonc.sphinx.reviews import open_review, place_of

LOGGER = logging.getLogger(__name__)
MARK = ".. Made by metaonc.sphinx; what is written here is lost.\n"


def register(app: Sphinx) -> None:
    """Write the pages before Sphinx looks for any."""
    app.connect("builder-inited", _write)


def _write(app: Sphinx) -> None:
    folder = pages_folder(app.config)
    if folder is None:
        return
    if ".rst" not in app.config.source_suffix:
        raise ConfigError(
            "metaonc_pages makes pages in reStructuredText, which source_suffix does not name; add "
            "'.rst': 'restructuredtext' to it."
        )
    try:
        review = open_review(place_of(app.config, app.srcdir))
        texts = page_texts(review.chapters)
    except MetaoncError as error:
        LOGGER.warning("%s", error, location="conf.py: metaonc_pages", type="metaonc")
        return
    update(Path(app.srcdir) / folder, texts)


def page_texts(chapters: Iterable[Chapter]) -> dict[str, str]:
    """File name -> text: one directive, and under the first page of a chapter its others.

    Examples
    --------
    >>> from metaonc.reports.document import Page
    >>> chapter = Chapter("Trials", (Page("trials/index", "", ()), Page("trials/tamrad", "", ())))
    >>> print(page_texts([chapter])["trials/index.rst"])
    .. Made by metaonc.sphinx; what is written here is lost.
    <BLANKLINE>
    .. metaonc-page:: trials/index
    <BLANKLINE>
       .. toctree::
          :hidden:
    <BLANKLINE>
          tamrad
    """
    found: dict[str, str] = {}
    for chapter in chapters:
        first, *others = (page.key for page in chapter.pages)
        found |= {f"{key}.rst": f"{MARK}\n.. metaonc-page:: {key}\n" for key in (first, *others)}
        if others:
            folder = posixpath.dirname(first)
            entries = (f"      {posixpath.relpath(key, folder or '.')}" for key in others)
            below = "\n".join(["   .. toctree::", "      :hidden:", "", *entries])
            found[f"{first}.rst"] += f"\n{below}\n"
    return found


def update(folder: Path, texts: Mapping[str, str]) -> None:
    """Write what changed, and remove pages that were made here and are made no more."""
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
    for path in folder.rglob("*.rst"):
        ours = path.read_text(encoding="utf-8").startswith(MARK)
        if ours and path.relative_to(folder).as_posix() not in texts:
            path.unlink()
