"""The documents of results as JSON Schema, for other programs that read them."""

from __future__ import annotations

from typing import Any

from metaonc.effects.stored import SCHEMA_VERSION

_NUMBER = {
    "anyOf": [{"type": "number"}, {"enum": ["NaN", "Infinity", "-Infinity"]}],
    "description": "A float; texts stand for those that JSON has no word for.",
}
_MAYBE = {"type": ["number", "null"]}
_DIGEST = {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
_TEXTS = {"type": "array", "items": {"type": "string"}}
_LIMITS = {"type": "array", "items": _MAYBE, "minItems": 2, "maxItems": 2}
_INTERVAL = {
    "type": "object",
    "properties": {
        "low": _MAYBE,
        "high": _MAYBE,
        "method": {"type": "string"},
        "level": {"type": "number"},
        "reason": {"type": "string", "description": "Why it does not apply; empty where it does."},
        "seed": {"type": ["integer", "null"]},
        "draws": {"type": ["integer", "null"]},
    },
}
_LEFT_OUT = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"label": {"type": "string"}, "reason": {"type": "string"}},
        "required": ["label", "reason"],
    },
}
_EFFECTS = {
    "type": "object",
    "properties": {
        "kind": {"const": "metaonc effects"},
        "schema_version": {"const": SCHEMA_VERSION},
        "measure": {"type": "string"},
        "labels": _TEXTS,
        "yi": {"type": "array", "items": {"type": "number"}},
        "vi": {"type": "array", "items": {"type": "number", "exclusiveMinimum": 0}},
        "columns": {"type": "object", "additionalProperties": {"type": "array"}},
        "left_out": _LEFT_OUT,
        "notes": _TEXTS,
        "data_digest": _DIGEST,
        "digest": _DIGEST,
    },
    "required": ["kind", "schema_version", "measure", "labels", "yi", "vi", "digest"],
}
_COUNTS = ("k", "q_df")
_MAYBE_NUMBERS = (
    *("estimate", "se", "wald_se", "ci_low", "ci_high", "statistic", "df", "p_value"),
    *("tau2", "tau2_se", "tau", "q", "q_p", "i2", "i2_from_q", "i2_from_tau2", "h2"),
    "log_likelihood",
)


def result_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the document of a pooled result.

    It holds the shape; that the digest fits is checked when the result is read. The documents of
    subgroups, meta-regressions and compared policies are made of the same parts.

    Returns
    -------
    dict

    Examples
    --------
    >>> result_schema()["properties"]["kind"]
    {'const': 'pooled result'}
    """
    properties = {
        "kind": {"const": "pooled result"},
        "schema_version": {"const": SCHEMA_VERSION},
        "metaonc_version": {"type": "string"},
        "title": {"type": "string"},
        "measure": {"type": "string"},
        "data_digest": _DIGEST,
        "choices": {"type": "object"},
        "policy": {"type": "object"},
        **{name: {"type": "integer"} for name in _COUNTS},
        **dict.fromkeys(_MAYBE_NUMBERS, _MAYBE),
        "ci_method": {"type": "string"},
        "heterogeneity_from": {"enum": ["q", "tau2"]},
        "displayed": {"type": "object", "additionalProperties": _MAYBE},
        "tau2_interval": _LIMITS,
        "prediction_interval": _LIMITS,
        "intervals": {"type": "object", "additionalProperties": _INTERVAL},
        "certificate": {"type": "object"},
        "studies": {"type": "array", "items": {"type": "object"}},
        "left_out": _LEFT_OUT,
        "notes": _TEXTS,
        "methods": {"type": "string"},
        "effects": _EFFECTS,
        "fit": {
            "type": "object",
            "additionalProperties": {"anyOf": [{"$ref": "#/$defs/numbers"}, {"type": "object"}]},
        },
        "digest": _DIGEST,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "metaonc pooled result",
        "description": "One pooled effect with everything behind it; written by to_json().",
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "$defs": {
            "numbers": {
                "anyOf": [
                    _NUMBER,
                    {"type": "boolean"},
                    {"type": "array", "items": {"$ref": "#/$defs/numbers"}},
                ]
            }
        },
    }
