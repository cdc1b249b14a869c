"""Nodes that docutils has not: doors, filters of tables, and files beside the pages."""

from __future__ import annotations

import posixpath
from html import escape
from typing import Any
from urllib.parse import quote

from docutils import nodes
from sphinx.application import Sphinx

FILES = "metaonc"  # folder below `_downloads`


class door(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes so
    """Blocks that a reader of HTML opens; its first child is the summary."""


class summary(nodes.General, nodes.TextElement):  # noqa: N801
    """What stands on a closed door."""


class filters(nodes.Invisible, nodes.Element):  # noqa: N801
    """Where a script puts the fields that filter the table after it."""


class delivered(nodes.Inline, nodes.TextElement):  # noqa: N801
    """Words that link a file which is delivered with the pages."""


def _open_doors(app: Sphinx, document: nodes.document, _page: str) -> None:
    """Formats without doors show what is behind them, under a heading."""
    if app.builder.format == "html":
        return
    for node in list(document.findall(door)):
        first, *others = node.children
        assert isinstance(first, summary)
        heading = nodes.rubric("", "", *first.children, ids=node["ids"])
        node.replace_self([heading, *others])


def register(app: Sphinx) -> None:
    """Tell every writer what to do with them."""
    app.add_node(door, html=(_visit_door, _depart_door), **_passed())
    app.add_node(summary, html=(_visit_summary, _depart_summary), **_passed())
    app.add_node(filters, html=(_visit_filters, _nothing), **_skipped())
    app.add_node(delivered, html=(_visit_delivered, _depart_delivered), **_passed())
    app.connect("doctree-resolved", _open_doors)


def _nothing(_translator: Any, _node: nodes.Element) -> None:
    pass


def _skip(_translator: Any, _node: nodes.Element) -> None:
    raise nodes.SkipNode


def _passed() -> dict[str, Any]:
    return dict.fromkeys(("latex", "text", "man", "texinfo"), (_nothing, _nothing))


def _skipped() -> dict[str, Any]:
    return dict.fromkeys(("latex", "text", "man", "texinfo"), (_skip, None))


def _visit_door(translator: Any, node: door) -> None:
    translator.body.append(translator.starttag(node, "details", CLASS="metaonc-details"))


def _depart_door(translator: Any, _node: door) -> None:
    translator.body.append("</details>\n")


def _visit_summary(translator: Any, node: summary) -> None:
    translator.body.append(translator.starttag(node, "summary", suffix=""))


def _depart_summary(translator: Any, _node: summary) -> None:
    translator.body.append("</summary>\n")


def _visit_filters(translator: Any, node: filters) -> None:
    choices, text = (escape(node[name]) for name in ("choices", "text"))
    translator.body.append(
        f'<div class="metaonc-filters" data-choices="{choices}" data-text="{text}"></div>\n'
    )
    raise nodes.SkipNode


def _visit_delivered(translator: Any, node: delivered) -> None:
    if not translator.builder.download_support:
        translator.context.append("")
        return
    name = node["name"]
    address = posixpath.join(translator.builder.dlpath, FILES, quote(name))
    saves = {} if name.endswith(".html") else {"download": ""}
    attributes = {"CLASS": "reference download internal", "href": address, **saves}
    translator.body.append(translator.starttag(node, "a", suffix="", **attributes))
    translator.context.append("</a>")


def _depart_delivered(translator: Any, _node: delivered) -> None:
    translator.body.append(translator.context.pop())
