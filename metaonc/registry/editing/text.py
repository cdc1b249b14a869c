"""Records in their normal form: `metaonc fmt`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tomlkit.exceptions import TOMLKitError

from metaonc.errors import Problem, RecordError
from metaonc.registry.editing import layout
from metaonc.registry.editing.tree import Node, Tree, comments, quoted, read_tree
from metaonc.registry.plan import Plan
from metaonc.registry.records import Trial

WIDTH = 100
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def format_text(text: str, file: str | Path = "record") -> str:
    r"""Bring the TOML text of a record, or of a review plan, into its normal form.

    Fields and tables stand in one order, strings in double quotes, a space around each ``=``, one
    blank line before each table, long arrays an item per line. Comments stay with what they stand
    above or beside, and every number keeps the digits it is typed with. What is not a field of a
    record is kept, after those that are.

    Parameters
    ----------
    text : str
        The text of a file.
    file : str or Path, default "record"
        What errors call it.

    Returns
    -------
    str
        The text in its normal form; formatting that again changes nothing.

    Raises
    ------
    RecordError
        If `text` is not TOML, is no record at all, or cannot be rewritten without a loss.

    Examples
    --------
    >>> print(format_text("name='TAMRAD' # GINECO\nkey = 'tamrad'\nestimate=0.70"), end="")
    key = "tamrad"
    name = "TAMRAD"  # GINECO
    estimate = 0.70
    """
    before = _values(text, file)
    if not before.keys() & (Trial.model_fields.keys() | Plan.model_fields.keys()):
        rule = "has no field of a trial's record or of a review plan"
        raise RecordError([Problem(file=str(file), rule=rule, remedy="name a file that has")])
    try:
        tree = read_tree(text)
    except TOMLKitError as error:
        raise RecordError([_cannot(file, str(error))]) from error
    found = "\n".join(_document(tree)).strip("\n") + "\n"
    if _values(found, file) != before or sorted(comments(found)) != sorted(comments(text)):
        raise RecordError([_cannot(file, "a value or a comment would be lost")])
    return found


def _values(text: str, file: str | Path) -> dict[str, object]:
    """What the text says, its numbers as they are typed."""
    try:
        return tomllib.loads(text, parse_float=str)
    except tomllib.TOMLDecodeError as error:
        rule = f"is not TOML: {str(error)[:1].lower()}{str(error)[1:]}"
        remedy = "correct the line, or see https://toml.io for the syntax"
        raise RecordError([Problem(file=str(file), rule=rule, remedy=remedy)]) from error


def _cannot(file: str | Path, why: str) -> Problem:
    return Problem(
        file=str(file),
        rule=f"cannot be brought into the normal form ({why})",
        remedy="bring the tables into the order of a shipped record by hand; the file is unchanged",
    )


def _document(tree: Tree) -> Iterator[str]:
    yield from _paragraphs(tree.head)
    yield ""
    yield from _table(tree.root, ())
    yield ""
    yield from _paragraphs(tree.tail)


def _table(table: Node, path: layout.Path) -> Iterator[str]:
    """The lines of a table: its plain fields, then the tables in it."""
    fields = table.value
    assert isinstance(fields, dict)
    names = layout.ordered(fields, path)
    sections = [name for name in names if layout.is_section((*path, name), fields[name])]
    first = True
    for name in names:
        if name not in sections:
            node = fields[name]
            yield from _paragraphs(node.above, open_above=not first)
            yield from _assignment(name, node, (*path, name))
            first = False
    yield from filter(None, table.below)
    for name in sections:
        yield from _section(fields[name], (*path, name))


def _section(node: Node, path: layout.Path) -> Iterator[str]:
    """One table with its header, or every table of an array with its own."""
    if isinstance(node.value, list):
        shared = [*node.above, *filter(None, [node.beside, *node.below])]  # typed as one array
        for i, item in enumerate(node.value):
            above = [*shared, *item.above] if i == 0 else item.above
            yield from _section_of(replace(item, above=above), path, "[[{}]]")
        return
    assert isinstance(node.value, dict)
    only_tables = node.value and all(
        layout.is_section((*path, name), inner) for name, inner in node.value.items()
    )
    if only_tables and not any([*node.above, node.beside, *node.below]):
        yield from _table(node, path)  # [primary.pfs] needs no [primary]
    else:
        yield from _section_of(node, path, "[{}]")


def _section_of(node: Node, path: layout.Path, header: str) -> Iterator[str]:
    yield ""
    yield from _paragraphs(node.above, open_below=True)
    yield _with(header.format(".".join(map(_key, path))), node.beside)
    yield from _table(node, path)


def _paragraphs(
    lines: list[str], *, open_above: bool = False, open_below: bool = False
) -> Iterator[str]:
    """Comment lines with single blank lines between them, and around them where asked for."""
    if not any(lines):
        return
    first = next(i for i, line in enumerate(lines) if line)
    last = max(i for i, line in enumerate(lines) if line)
    if open_above and first > 0:
        yield ""
    for i in range(first, last + 1):
        if lines[i] or lines[i - 1]:
            yield lines[i]
    if open_below and last + 1 < len(lines):
        yield ""


def _assignment(name: str, node: Node, path: layout.Path) -> Iterator[str]:
    """`name = value`, over several lines where the value is a long array."""
    start = f"{_key(name)} = "
    if isinstance(node.value, list) and _is_long(node, path, len(start)):
        yield f"{start}["
        for item in node.value:
            yield from (f"    {line}" for line in _hoisted(item) if line)
            yield f"    {_with(_inline(item, path) + ',', item.beside)}"
        yield from (f"    {line}" for line in node.below if line)
        yield _with("]", node.beside)
        return
    yield from _hoisted(replace(node, above=[]))
    yield _with(start + _inline(node, path), node.beside)


def _is_long(node: Node, path: layout.Path, used: int) -> bool:
    assert isinstance(node.value, list)
    if any(any(item.above) or item.beside for item in node.value) or any(node.below):
        return True
    if len(node.value) < 2:
        return False
    tables = any(isinstance(item.value, dict) for item in node.value)
    return tables or used + len(_inline(node, path)) > WIDTH


def _hoisted(node: Node) -> list[str]:
    """Comments that have no line of their own any more, as lines above the value."""
    return [*filter(None, node.above), *replace(node, above=[], beside="").comments()]


def _inline(node: Node, path: layout.Path) -> str:
    """A value on one line."""
    if isinstance(node.value, str):
        return node.value
    if isinstance(node.value, list):
        return f"[{', '.join(_inline(item, path) for item in node.value)}]"
    names = layout.ordered(node.value, path)
    pairs = [f"{_key(name)} = {_inline(node.value[name], (*path, name))}" for name in names]
    return f"{{ {', '.join(pairs)} }}" if pairs else "{}"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else quoted(name)


def _with(line: str, comment: str) -> str:
    return f"{line}  {comment}" if comment else line
