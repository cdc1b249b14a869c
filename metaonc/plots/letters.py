"""Letters that the house's font lacks: other fonts that are installed, and what to say without."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.text import Text

from metaonc.errors import PlotWarning

FAMILY = "DejaVu Sans"  # ships with matplotlib: the same on every machine
# Sans serif fonts with the letters of East and South Asia, for what FAMILY lacks.
_OTHERS = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans CJK KR", "Noto Sans SC", "Noto Sans JP"),
    *("Source Han Sans SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Droid Sans Fallback"),
    *("Microsoft YaHei", "SimHei", "PingFang SC", "Hiragino Sans", "Yu Gothic", "Malgun Gothic"),
    *("Arial Unicode MS", "Noto Sans Devanagari", "Noto Sans Thai", "Noto Sans"),
)
_BOXES = "Last Resort High-Efficiency"  # of matplotlib: a box that names the script


@lru_cache(maxsize=1)
def families() -> tuple[str, ...]:
    """Fonts of figures, each for what those before it lack."""
    known = {font.name for font in fontManager.ttflist}
    return (FAMILY, *(name for name in (*_OTHERS, _BOXES) if name in known))


@lru_cache(maxsize=32)
def _letters_of(family: str) -> frozenset[int]:
    path: Any = findfont(FontProperties(family=family))
    return frozenset(get_font(path).get_charmap())


def ours(text: str) -> bool:
    """Whether the house's font has all letters of a text.

    Examples
    --------
    >>> ours("Baselga 2012"), ours("北京 2012")
    (True, False)
    """
    return all(ord(x) in _letters_of(FAMILY) or not x.isprintable() for x in text)


def lend_fonts(texts: Iterable[Text]) -> None:
    """Let words with other letters be drawn with other fonts too; these need not have a bold."""
    for text in texts:
        if not ours(text.get_text()):
            text.set_fontfamily(list(families()))
            text.set_fontweight("normal")


def without_font(text: str) -> str:
    r"""The letters of a text that no installed font of ours has.

    Examples
    --------
    >>> without_font("Baselga 2012, τ² ≥ 0\n"), without_font("𓀀 2020")
    ('', '𓀀')
    """
    rest = {letter for letter in text if letter.isprintable() and not letter.isspace()}
    for family in families():
        rest = {x for x in rest if family == _BOXES or ord(x) not in _letters_of(family)}
    return "".join(sorted(rest))


def warn_of_boxes(texts: Iterable[Text]) -> None:
    """Say which words a picture shows with boxes, and what to do, once for all of them."""
    words = dict.fromkeys(text.get_text() for text in texts)
    found = [(word, letters) for word in words if (letters := without_font(word))]
    if not found:
        return
    word, letters = found[0]
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    warnings.warn(
        f"no installed font has {letters!r} of {word!r}{more}, which the picture shows as boxes; "
        f"install one, e.g. {_OTHERS[0]}, or save as SVG or HTML, where the reader's fonts show "
        "them.",
        PlotWarning,
        stacklevel=2,
    )
