"""Formulas as inline SVG, drawn while building by matplotlib, which metaonc needs anyway.

They look the same in every browser, take the colour and the size of the text around them, and need
no script, no font and no CDN. MathML would be left to the browser, which without a mathematical
font neither stretches brackets nor places accents; MathJax, Sphinx's default, comes from a CDN.
"""

from __future__ import annotations

import re
from html import escape

from docutils import nodes
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextPath, text_to_path
from sphinx.application import Sphinx
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
SIZE = 100.0  # drawn large, scaled to the text by the width in em
EM = 1.08  # the font's letters are a little smaller than those of the pages
FONT = FontProperties(size=SIZE, math_fontfamily="stix")
_COMMANDS = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C"}


def mathtext(tex: str, block: bool) -> str:
    r"""LaTeX in the dialect of matplotlib, which wants every argument in braces.

    >>> mathtext(r"\tfrac12 \arcsin\sqrt p", block=False)
    '$\\frac{1}{2} \\arcsin\\sqrt{p}$'
    """
    text = " ".join(tex.split()).replace(r"\tfrac", r"\frac")
    text = re.sub(r"\\([lg]e)(?![A-Za-z])", r"\\\1q", text)
    token = r"(\\[A-Za-z]+|[A-Za-z0-9])"
    text = re.sub(rf"(\\d?frac)\s*{token}\s*{token}", r"\1{\2}{\3}", text)
    text = re.sub(rf"(\\d?frac)\s*{token}\s*\{{", r"\1{\2}{", text)
    text = re.sub(rf"(\\(?:sqrt|hat|bar|overline))\s*{token}", r"\1{\2}", text)
    return f"${text.replace(chr(92) + 'frac', chr(92) + 'dfrac') if block else text}$"


def svg(tex: str, block: bool) -> str:
    """One formula; its baseline is that of the text."""
    text = mathtext(tex, block)
    width, height, descent = text_to_path.get_text_width_height_descent(text, FONT, ismath=True)
    outline = TextPath((0, 0), text, prop=FONT)
    steps = []
    for points, code in outline.iter_segments(curves=True, simplify=False):
        if code == Path.CLOSEPOLY:
            steps.append("Z")
            continue
        pairs = zip(points[::2], -points[1::2], strict=True)
        steps.append(_COMMANDS[code] + " ".join(f"{x:.1f} {y:.1f}" for x, y in pairs))
    margin = 4.0  # accents and italics reach a little beyond the box
    box = (-margin, descent - height - margin, width + 2 * margin, height + 2 * margin)
    em = [f"{value * EM / SIZE:.3f}em" for value in (box[2], box[3], -descent - margin)]
    return (
        f'<svg class="math" role="img" aria-label="{escape(tex.strip(), quote=True)}" '
        f'viewBox="{" ".join(f"{value:.1f}" for value in box)}" '
        f'style="width:{em[0]};height:{em[1]};vertical-align:{em[2]}">'
        f'<path fill="currentColor" d="{"".join(steps)}"/></svg>'
    )


def _drawn(self, node: nodes.math | nodes.math_block, block: bool) -> str:
    try:
        return svg(node.astext(), block)
    except ValueError as error:  # a warning, so that -W stops at a formula that cannot be read
        LOGGER.warning("formula %r: %s", node.astext(), error, location=node)
        return f"<code>{self.encode(node.astext())}</code>"


def visit_inline(self, node: nodes.math) -> None:
    self.body.append(_drawn(self, node, block=False))
    raise nodes.SkipNode


def visit_block(self, node: nodes.math_block) -> None:
    self.body.append(f'<div class="formula">{_drawn(self, node, block=True)}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("drawn", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
