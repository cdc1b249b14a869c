"""The format of the files in `studies/` as JSON Schema, for editors and other programs."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from metaonc.registry.plan import Plan
from metaonc.registry.records import Trial

Format = Literal["trial", "review"]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_MODELS: dict[Format, tuple[type[BaseModel], str, str]] = {
    "trial": (
        Trial,
        "metaonc trial record",
        "One trial as published: one TOML file in the folder of studies, named after its key.",
    ),
    "review": (
        Plan,
        "metaonc review plan",
        "The outcomes and the questions asked of the trials: review.toml in the folder of studies.",
    ),
}


def schema(which: Format = "trial") -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a trial record or of the review plan.

    It holds the shape of a file. The rules that compare values with each other (events within n,
    limits around their estimate, ...) are checked when the file is loaded.

    Parameters
    ----------
    which : {"trial", "review"}, default "trial"
        The file it describes.

    Returns
    -------
    dict

    Examples
    --------
    >>> found = schema("review")
    >>> found["title"], found["required"]
    ('metaonc review plan', ['title', 'summary'])
    """
    model, title, description = _MODELS[which]
    body = model.model_json_schema(schema_generator=_ForToml)
    return {"$schema": _DRAFT} | body | {"title": title, "description": description}


def schema_text(which: Format = "trial") -> str:
    """`schema` as the text of a ``.json`` file; the same bytes every time."""
    return json.dumps(schema(which), indent=2, ensure_ascii=False) + "\n"


class _ForToml(GenerateJsonSchema):
    """Pydantic's schema without what TOML cannot say or a reader does not need."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """No titles that only repeat the name of a field."""
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """TOML has no null: an optional field is one that may be absent."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Name a default only where there is one."""
        found = super().default_schema(schema)
        if found.get("default", ...) in (None, [], {}):
            del found["default"]
        return found

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Keys that do not look like keys are errors here as they are when loading."""
        found = super().dict_schema(schema)
        return found | {"additionalProperties": False} if "patternProperties" in found else found
