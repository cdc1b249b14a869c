"""TOML text -> a tree that still knows every comment and every digit as it was typed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import tomlkit
from tomlkit.container import Container
from tomlkit.items import AoT, Array, Comment, InlineTable, Item, String, Table, Whitespace

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}(?!")|\'\'\'.*?\'{3,5}(?!\')|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\''
    r"|#[^\n]*|[\[\]{},\n]|[^\S\n]+|[^\s\[\]{},#\"']+",
    re.DOTALL,
)


@dataclass
class Node:
    """A value with the comments around it.

    Attributes
    ----------
    value : str, dict or list
        The TOML text of a plain value, the fields of a table, or the items of an array.
    above : list of str
        Comment lines before it; an empty one is a blank line.
    beside : str
        The comment at the end of its line.
    below : list of str
        Comment lines right after the last field of a table or the last item of an array.
    """

    value: str | dict[str, Node] | list[Node]
    above: list[str] = field(default_factory=list)
    beside: str = ""
    below: list[str] = field(default_factory=list)

    def comments(self) -> Iterator[str]:
        """Every comment of the value and of what it holds, in their order."""
        yield from filter(None, self.above)
        held = self.value.values() if isinstance(self.value, dict) else self.value
        if not isinstance(held, str):
            for node in held:
                yield from node.comments()
        yield from filter(None, [*self.below, self.beside])


@dataclass
class Tree:
    """A whole file: the comments at its head, its fields, the comments at its end."""

    head: list[str]
    root: Node
    tail: list[str]


def read_tree(text: str) -> Tree:
    """Parse TOML text.

    Raises
    ------
    tomlkit.exceptions.TOMLKitError
        If tomlkit cannot read it.
    """
    fields: dict[str, Node] = {}
    root = Node(fields)
    reader = _Reader(root)
    reader.table(tomlkit.parse(text), fields)
    reader.close(at_end=True)
    return Tree(reader.head, root, reader.pending)


def comments(text: str) -> list[str]:
    """Every comment in TOML text, in its order."""
    return [token.rstrip() for token in _TOKEN.findall(text) if token.startswith("#")]


class _Reader:
    """Walks tomlkit's document in the order of the file, handing comments to what follows them."""

    def __init__(self, root: Node) -> None:
        self.head: list[str] = []
        self.pending: list[str] = []
        self._open = root  # the table whose fields are being read
        self._at_start = True

    def table(self, container: Container, into: dict[str, Node]) -> None:
        """Add the fields of a table to `into`; one table may be written in several places."""
        for key, item in container.body:
            if isinstance(item, Whitespace):
                self.pending += [""] * ("\n" in item.s)
            elif isinstance(item, Comment):
                self.pending.append(item.trivia.comment.rstrip())
            elif key is not None:
                self._field(key.key, item, into)

    def _field(self, name: str, item: Item, into: dict[str, Node]) -> None:
        if isinstance(item, AoT):
            tables = into.setdefault(name, Node([])).value
            assert isinstance(tables, list)
            for table in item.body:
                self.close()
                node = Node({}, self._taken(), table.trivia.comment.rstrip())
                tables.append(node)
                self._open = node
                self._fields(table, node)
        elif isinstance(item, Table):
            node = into.setdefault(name, Node({}))
            if isinstance(node.value, list):  # [a.b] after [[a]] is about the last of them
                node = node.value[-1]
            if not item.is_super_table():  # one that is only a part of the names of others
                self.close()
                node.above += self._taken()
                node.beside = node.beside or item.trivia.comment.rstrip()
                self._open = node
            self._fields(item, node)
        else:
            node = _node(item)
            node.above, node.beside = self._taken(), item.trivia.comment.rstrip()
            into[name] = node

    def _fields(self, table: Table, node: Node) -> None:
        assert isinstance(node.value, dict)
        self.table(table.value, node.value)

    def close(self, *, at_end: bool = False) -> None:
        """Leave the open table the comments that stand right below it and apart from the next."""
        if self._at_start:
            return
        apart = next((i for i, line in enumerate(self.pending) if not line), None)
        cut = len(self.pending) if at_end and apart is None else apart or 0
        found, self.pending = self.pending[:cut], self.pending[cut:]
        self._open.below += [line for line in found if not _is_directive(line)]
        self.head += filter(_is_directive, found)

    def _taken(self) -> list[str]:
        """The comments that wait for something to belong to, less those of the file itself."""
        found, self.pending = self.pending, []
        if self._at_start:
            self._at_start = False
            cut = max((i for i, line in enumerate(found) if not line), default=-1) + 1
            self.head, found = found[:cut], found[cut:]
        self.head += filter(_is_directive, found)  # editors look for them at the top
        return [line for line in found if not _is_directive(line)]


def _is_directive(comment: str) -> bool:
    return comment.startswith("#:schema")


def _node(item: Any) -> Node:
    """Turn a value, as tomlkit holds it, into a node."""
    if isinstance(item, Array):
        return _array(item)
    if isinstance(item, InlineTable):
        fields: dict[str, Node] = {}
        whole = Node(fields)
        _Reader(whole).table(item.value, fields)
        return whole
    if isinstance(item, bool):  # what an array holds instead of tomlkit's own item
        return Node(str(item).lower())
    if isinstance(item, String):
        raw = item.as_string()
        return Node(raw if raw.startswith(('"""', "'''")) else quoted(item.value))
    return Node(item.as_string())


def quoted(text: str) -> str:
    r"""Text as a TOML string: in double quotes, unless only single quotes spare it escapes.

    Examples
    --------
    >>> print(quoted("a"), quoted('the "best"'), quoted("it's \\ 1"))
    "a" 'the "best"' "it's \\ 1"
    """
    basic = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
    if len(basic) > len(text) + 2 and "'" not in text and text.isprintable():
        return f"'{text}'"
    return basic


def _array(array: Array) -> Node:
    """Turn an array into a node, with the comments among its items."""
    items = [_node(item) for item in array]
    whole = Node(items)
    at, depth = 0, 0  # the item that comes next or has begun; how deep inside it we are
    begun = -1  # the last item that stands on this line
    for token in _TOKEN.findall(array.as_string()):
        if token.startswith("#"):
            if depth == 1:  # one further in is in the hands of the item itself
                _attach(token.rstrip(), whole, items, at, begun)
        elif token == "\n":
            begun = at if depth > 1 else -1
        elif token == "," and depth == 1:
            at += 1
        elif token in "]}":
            depth -= 1
        elif not token.isspace():
            begun = at if depth else begun
            depth += token in "[{"
    return whole


def _attach(comment: str, whole: Node, items: list[Node], at: int, begun: int) -> None:
    """Give a comment in an array to the item that it stands beside or above."""
    if begun >= 0 and not items[begun].beside:
        items[begun].beside = comment
    elif at < len(items):
        items[at].above.append(comment)
    else:
        whole.below.append(comment)
