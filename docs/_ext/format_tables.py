"""The file formats and the command line, described from the code that reads them."""

from __future__ import annotations

import datetime
import inspect
import re
import types
import typing
from decimal import Decimal

from pydantic import BaseModel
from pydantic.fields import FieldInfo

_WORDS = {
    str: "text",
    int: "whole number",
    Decimal: "number as printed",
    float: "number",
    datetime.date: "date",
}
_WIDTH = {"terminal_width": 84, "max_content_width": 84}
_IS_KEY = "key"
_KEY = r"^[a-z0-9][a-z0-9_-]*$"


def model_sections(top: type[BaseModel]) -> str:
    """One section per kind of table in a file, with its fields; the file itself comes first."""
    return "\n\n".join(_section(model) for model in _models(top)) + "\n"


def _models(kind: object) -> list[type[BaseModel]]:
    """Every model that `kind` is or holds, in the order in which a reader meets them."""
    if not (inspect.isclass(kind) and issubclass(kind, BaseModel)):
        inner = [model for arg in typing.get_args(kind) for model in _models(arg)]
        return list(dict.fromkeys(inner))
    fields = [model for info in kind.model_fields.values() for model in _models(info.annotation)]
    return list(dict.fromkeys([kind, *fields]))


def _section(model: type[BaseModel]) -> str:
    name = _spaced(model.__name__)
    rows = [_row(key, info) for key, info in model.model_fields.items()]
    head = [".. list-table::", "   :header-rows: 1", "   :class: wide fields", ""]
    table = "\n".join([*head, "   * - Field", "     - Type", "     - Meaning", *rows])
    anchor = f".. _format-{model.__name__.lower()}:"
    said = (inspect.getdoc(model) or "").replace("`", "``")
    return f"{anchor}\n\n{name}\n{'~' * len(name)}\n\n{said}\n\n{table}"


def _row(key: str, info: FieldInfo) -> str:
    needed = " (required)" if info.is_required() else ""
    meaning = re.sub(r"`+([^`]+)`+", r"``\1``", " ".join((info.description or "").split()))
    default = info.get_default(call_default_factory=True)
    if isinstance(default, str):
        meaning = f'{meaning} Default: ``"{default}"``.'.strip()
    kind = words(info.annotation, info.metadata)
    return f"   * - ``{key}``\n     - {kind}{needed}\n     - {meaning}".rstrip()


def _spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


def words(kind: object, rules: list | tuple = ()) -> str:
    """A type in words.

    >>> words(tuple[int, ...])
    'list of: whole number'
    """
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return words(args[0], args[1:])
    if origin in (typing.Union, types.UnionType):
        said = [words(arg) for arg in args if arg is not type(None)]
        return " or ".join(dict.fromkeys(said))
    if origin is typing.Literal:
        return ", ".join(f'``"{arg}"``' if isinstance(arg, str) else f"``{arg}``" for arg in args)
    if origin is tuple:
        return f"list of: {words(args[0])}"
    if origin is dict:
        return f"table: {words(args[0])} to {words(args[1])}"
    if inspect.isclass(kind) and issubclass(kind, BaseModel):
        return f":ref:`{_spaced(kind.__name__).lower()} <format-{kind.__name__.lower()}>`"
    limits = _limits(rules)
    return "key" if limits == _IS_KEY else f"{_WORDS.get(kind, 'text')}{limits}"


def _limits(rules: list | tuple) -> str:
    """Bounds and patterns of a value, as pydantic stores them."""
    said = []
    for rule in rules:
        parts = getattr(rule, "metadata", None) or [rule]
        for part in parts:
            for name, sign in (("gt", ">"), ("ge", "≥"), ("lt", "<"), ("le", "≤")):
                value = getattr(part, name, None)
                if value is not None:
                    said.append(f"{sign} {value}")
            pattern = getattr(part, "pattern", None)
            if pattern == _KEY:
                return _IS_KEY
            if pattern:
                said.append(f"like ``{pattern}``")
    said = list(dict.fromkeys(said))
    return f" {', '.join(said)}" if said else ""


def command_help() -> str:
    """What the program says about itself, one block per command."""
    from typer.main import get_command

    from metaonc.cli import app

    group = get_command(app)
    top = group.context_class(group, info_name="metaonc", **_WIDTH)
    parts = [_help("metaonc", group.get_help(top))]
    for name in group.list_commands(top):
        command = group.get_command(top, name)
        below = command.context_class(command, info_name=name, parent=top, **_WIDTH)
        parts.append(_help(f"metaonc {name}", command.get_help(below)))
    return "\n\n".join(parts) + "\n"


def _help(title: str, text: str) -> str:
    body = "\n".join(f"   {line}".rstrip() for line in text.splitlines())
    return f"{title}\n{'-' * len(title)}\n\n.. code-block:: text\n\n{body}"
