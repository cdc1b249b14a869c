"""The frame of a page: everything inside the file, and a rule that nothing else is fetched."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metaonc.plots.figure import ForestFigure


@cache
def resource(name: str) -> str:
    """A style sheet or script of this folder."""
    return files("metaonc.plots.html").joinpath(name).read_text(encoding="utf-8")


def document(title: str, body: str, *, script: str = "", style: str = "") -> str:
    """A whole page.

    Its content security policy lets the browser fetch nothing, and run no script but this one.
    """
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    allowed = f"'sha256-{digest}'" if script else "'none'"
    policy = (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "font-src data:; base-uri 'none'; form-action 'none'"
    )
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{escape(title)}</title>",
        f"<style>\n{resource('page.css')}{style}</style>",
        "</head>",
        "<body>",
        f"<main>\n{body}\n</main>",
        f"<script>{script}</script>" if script else "",
        "</body>",
        "</html>",
    ]
    return "\n".join(filter(None, parts)) + "\n"


def picture_page(figure: ForestFigure) -> str:
    """A figure as a page: the picture, its words, and its table if it has one."""
    picture = base64.b64encode(figure._repr_svg_().encode()).decode()
    short, long = figure.description.short, figure.description.long
    said = [f"<p>{escape(line)}</p>" for line in (short, *long.split("\n")) if line]
    body = [
        f"<h1>{escape(figure.title)}</h1>",
        f'<img class="picture" alt="{escape(short)}" src="data:image/svg+xml;base64,{picture}">',
        *(said if said != [f"<p>{escape(figure.title)}</p>"] else []),
        _table(figure),
    ]
    return document(figure.title, "\n".join(filter(None, body)))


def _table(figure: ForestFigure) -> str:
    """The numbers behind the picture, in a part that opens on request."""
    if figure.make_table is None:
        return ""
    frame = figure.table
    head = "".join(f'<th scope="col">{escape(str(name))}</th>' for name in frame.columns)
    rows = [
        "<tr>" + "".join(f"<td>{escape(_cell(value))}</td>" for value in row) + "</tr>"
        for row in frame.itertuples(index=False)
    ]
    return "\n".join(
        [
            "<details>\n<summary>The numbers</summary>",
            f'<table class="numbers">\n<thead>\n<tr>{head}</tr>\n</thead>\n<tbody>',
            *rows,
            "</tbody>\n</table>\n</details>",
        ]
    )


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:.6g}"
    return str(value)
