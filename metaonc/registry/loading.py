"""Files in `studies/` -> records, with every problem found on the way."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Sequence
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from metaonc.errors import Problem
from metaonc.registry.plan import Plan
from metaonc.registry.plan_rules import plan_problems
from metaonc.registry.printed import FROM_TOML
from metaonc.registry.records import Trial
from metaonc.registry.rules import breaches, describe, describe_bias

PLAN_FILE = "review.toml"
Model = TypeVar("Model", bound=BaseModel)


def shipped_studies() -> Path:
    """Folder of the records that come with metaonc."""
    packaged = Path(str(files("metaonc"))) / "studies"
    return packaged if packaged.is_dir() else packaged.parent.parent / "studies"


def read_toml(path: Path, shown_as: str) -> dict[str, Any] | Problem:
    """Parse one TOML file, keeping the printed digits of every number."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except UnicodeDecodeError as error:
        return Problem(
            file=shown_as,
            rule=f"is not UTF-8 text (byte {error.start})",
            remedy="save the file as UTF-8",
        )
    except tomllib.TOMLDecodeError as error:
        return Problem(
            file=shown_as,
            rule=f"is not TOML: {str(error)[:1].lower()}{str(error)[1:]}",
            remedy="correct the line, or see https://toml.io for the syntax",
        )
    except ValueError:  # Python reads no whole number of more than 4300 digits
        return Problem(
            file=shown_as,
            rule="is no TOML that can be read: a whole number in it has thousands of digits",
            remedy="correct the number",
        )
    except RecursionError:
        return Problem(
            file=shown_as,
            rule="is no TOML that can be read: its tables or lists are nested too deeply",
            remedy="remove the nesting; no field of a record holds such a thing",
        )


def read_trial(path: Path, shown_as: str) -> Trial | list[Problem]:
    """Load one trial, or say everything that is wrong with its file."""
    data = read_toml(path, shown_as)
    return [data] if isinstance(data, Problem) else trial_of(data, shown_as, path.stem)


def trial_of(data: dict[str, Any], shown_as: str, stem: str) -> Trial | list[Problem]:
    """Check the parsed text of a record whose file is called `stem`."""
    trial = _validated(Trial, data, shown_as, record=stem)
    if isinstance(trial, list):
        return trial
    problems = [
        Problem(file=shown_as, record=trial.key, **breach._asdict()) for breach in breaches(trial)
    ]
    if trial.key != stem:
        problems.insert(
            0,
            Problem(
                file=shown_as,
                record=trial.key,
                field="key",
                value=repr(trial.key),
                rule=f"must be the file's name, {stem!r}",
                remedy="rename the file or change the key",
            ),
        )
    return problems or trial


def read_plan(path: Path, shown_as: str) -> Plan | list[Problem]:
    """Load a review plan, or say everything that is wrong with it."""
    data = read_toml(path, shown_as)
    if isinstance(data, Problem):
        return [data]
    plan = _validated(Plan, data, shown_as, record="review plan")
    if isinstance(plan, list):
        return plan
    return plan_problems(plan, shown_as) or plan


def _validated(
    model: type[Model], data: dict[str, Any], shown_as: str, record: str
) -> Model | list[Problem]:
    """`data` as a model, or one problem for each thing pydantic has against it."""
    try:
        return model.model_validate(data, context=FROM_TOML)
    except ValidationError as error:
        return [
            _as_problem(detail, data, shown_as, record)
            for detail in error.errors()
            # Pydantic also calls a list too short whose items are there and wrong: said already.
            if not (detail["type"] == "too_short" and detail["input"])
        ]


def _as_problem(detail: ErrorDetails, data: dict[str, Any], shown_as: str, record: str) -> Problem:
    """Put one pydantic error into the registry's own words."""
    kind, location = detail["type"], detail["loc"]
    value = detail["input"]
    rule, remedy = detail["msg"].lower(), "correct it"
    shown = _shown(value)
    if kind == "extra_forbidden":
        rule, remedy = "is not a known field", "remove it or correct its name"
        close = difflib.get_close_matches(str(location[-1]), _field_names(), n=1)
        remedy += f" (did you mean `{close[0]}`?)" if close else ""
    elif kind in ("string_too_short", "too_short") and not value:
        rule, remedy = "is empty", "fill it in" if value == "" else "add one at least"
    elif kind == "identifier":
        rule, remedy = detail["ctx"]["rule"], detail["ctx"]["remedy"]
    elif kind == "missing":
        shown, rule, remedy = "", "is required and missing", "add it"
        if location[-1] == "source":
            remedy = "say where the number is printed: source = { reference = ..., where = ... }"
    elif kind in ("literal_error", "union_tag_invalid"):
        context = detail.get("ctx", {})
        rule = "is not a value this field may have"
        remedy = f"use one of: {context.get('expected') or context.get('expected_tags')}"
        if kind == "union_tag_invalid":
            location = (*location, _discriminator(detail))
            shown = repr(context.get("tag"))
    elif kind == "union_tag_not_found":
        field = _discriminator(detail)
        location, shown = (*location, field), ""
        rule, remedy = "is required and missing", f"use {_KINDS[field]}"
    elif kind.endswith(("_type", "_parsing")):
        rule = f"has the wrong type: {rule}"
    return Problem(
        file=shown_as,
        record=record,
        field=_path(location, data),
        value=shown,
        rule=rule,
        remedy=remedy,
    )


_KINDS = {"kind": "hazard_ratio, counts, medians or survival", "tool": "RoB 2 or ROBINS-I"}


def _discriminator(detail: ErrorDetails) -> str:
    """The field that says which sort of table it is: `kind` of a result, `tool` of a judgement."""
    return str(detail.get("ctx", {})["discriminator"]).strip("'")


def _shown(value: object) -> str:
    """A value as written, nothing where it is long or a table within tables."""
    if isinstance(value, int) and abs(value) > 10**_LONGEST:
        return f"a number of more than {_LONGEST} digits"
    if isinstance(value, int | Decimal):
        return str(value)
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # numbers too long to print, tables too deep
        return ""
    return "" if isinstance(value, dict | list) and len(text) > 60 else text


_LONGEST = 100


def _path(location: Sequence[int | str], data: dict[str, Any]) -> str:
    """`("results", 3, "counts", "arms", ...)` in words: `result 4 (cbr counts).arms...`."""
    steps = list(location)
    if len(steps) > 1 and isinstance(steps[1], int):
        index, item = steps[1], data[str(steps[0])][steps[1]]
        if steps[0] == "results" and isinstance(item, dict):
            head = describe(index, item)
            steps = [step for i, step in enumerate(steps) if i != 2 or step != item.get("kind")]
        elif steps[0] == "risk_of_bias" and isinstance(item, dict):
            head = describe_bias(index, item)
            steps = [step for i, step in enumerate(steps) if i != 2 or step != item.get("tool")]
        else:
            name = item.get("key", index + 1) if isinstance(item, dict) else index + 1
            head = f"{str(steps[0]).removesuffix('s')} {name}"
        steps = [head, *steps[2:]]
    return ".".join(_step(step) for step in steps)


def _step(step: int | str) -> str:
    """A key as one can read it: quoted where it holds more than printable characters."""
    text = str(step)
    return text if text.strip() and text.isprintable() else repr(text)


def _field_names() -> list[str]:
    """Every field name that a record or plan knows, for suggestions."""
    names: dict[str, None] = {}
    pending: list[type[BaseModel]] = [*_all_subclasses(BaseModel)]
    for model in pending:
        if model.__module__.startswith("metaonc.registry"):
            names.update(dict.fromkeys(model.model_fields))
    return list(names)


def _all_subclasses(base: type[BaseModel]) -> list[type[BaseModel]]:
    found = []
    for child in base.__subclasses__():
        found += [child, *_all_subclasses(child)]
    return found
