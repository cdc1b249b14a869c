"""Documents: effects and results as plain values, there and back without loss.

A document is a dict that JSON can hold. It names its `kind` and `schema_version` and carries a
`digest` of everything else in it, so that a changed file is noticed. Numbers are written with the
digits that bring the same float back. JSON has no word for three of them:

- in a place that holds numbers only they are the texts ``"NaN"``, ``"Infinity"`` and
  ``"-Infinity"`` (as in the JSON mapping of Protocol Buffers, and as R and JavaScript read them);
- in a column of study data, where a text may stand too, they are ``{"float": "NaN"}`` and so on.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import numpy as np

from metaonc.errors import EffectsError, MetaoncError

SCHEMA_VERSION = 1
Document = dict[str, Any]
Made = TypeVar("Made")

_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
# Integers up to here are floats too, so that a reader who knows only floats changes nothing.
_EXACT_INTEGERS = 2**53


# Numbers -----------------------------------------------------------------------------------------


def number_out(value: float) -> float | str:
    """One number, for a place that holds numbers only.

    Examples
    --------
    >>> number_out(0.1), number_out(float("inf"))
    (0.1, 'Infinity')
    """
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def number_in(value: Any) -> float:
    """A number that `number_out` wrote."""
    if isinstance(value, str):
        return _NOT_FINITE[value]
    return float(value)


def numbers_out(value: Any) -> Any:
    """Numbers in arrays, tuples, dicts and dataclasses of any depth as lists and dicts."""
    if isinstance(value, np.ndarray):
        return numbers_out(value.tolist())
    if isinstance(value, np.generic):
        value = value.item()
    if is_dataclass(value):
        return {f.name: numbers_out(getattr(value, f.name)) for f in fields(value)}
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):
        return {name: numbers_out(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [numbers_out(inner) for inner in value]
    return number_out(value) if isinstance(value, float) else value


def array_in(value: Any) -> np.ndarray[Any, Any]:
    """An array that `numbers_out` wrote: of bool, or of float."""

    def read(inner: Any) -> Any:
        if isinstance(inner, list):
            return [read(one) for one in inner]
        return inner if isinstance(inner, bool) else number_in(inner)

    return np.array(read(value))


# Any values --------------------------------------------------------------------------------------


def value_out(value: Any, place: str) -> Any:
    """One value of a column, for JSON; numbers of numpy become those of Python.

    Raises
    ------
    EffectsError
        If it is not a number, text, truth value, date or None; `place` names it.

    Examples
    --------
    >>> value_out("NaN", "line"), value_out(float("nan"), "line")
    ('NaN', {'float': 'NaN'})
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": number_out(value)}
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, list | tuple):
        return {type(value).__name__: [value_out(inner, place) for inner in value]}
    if type(value) in (date, datetime):
        return {type(value).__name__: value.isoformat()}
    name = type(value).__name__
    if name in ("NAType", "NaTType"):  # pandas' words for a missing value
        return {"missing": name}
    raise EffectsError(
        f"{place} = {value!r} is a {name}, which JSON cannot hold; turn it into text or a number."
    )


def value_in(value: Any) -> Any:
    """A value that `value_out` wrote."""
    if not isinstance(value, dict):
        return value
    (kind, inner), *others = value.items()
    if others or kind not in _READERS:
        raise ValueError(f"{value!r} is no value")
    return _READERS[kind](inner)


def _missing(name: str) -> Any:
    import pandas as pd

    return {"NAType": pd.NA, "NaTType": pd.NaT}[name]


_READERS: dict[str, Callable[[Any], Any]] = {
    "float": number_in,
    "decimal": Decimal,
    "list": lambda values: [value_in(inner) for inner in values],
    "tuple": lambda values: tuple(value_in(inner) for inner in values),
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "missing": _missing,
}


# Documents ---------------------------------------------------------------------------------------


def digest_of(values: Any) -> str:
    """SHA-256 of plain values in a canonical form: keys sorted, no spaces, numbers as floats.

    Examples
    --------
    >>> digest_of({"yi": [0.5, 1], "k": 2}) == digest_of({"k": 2.0, "yi": [0.5, 1.0]})
    True
    """
    text = json.dumps(
        _canonical(values),
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
    )
    # A lone surrogate, which a label may hold, is no UTF-8; it is hashed all the same.
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _canonical(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _canonical(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_canonical(inner) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _EXACT_INTEGERS:
        return float(value)
    return value


def sealed(kind: str, content: Mapping[str, Any]) -> Document:
    """The document of some content: its kind first, its digest last."""
    document = {"kind": kind, "schema_version": SCHEMA_VERSION, **content}
    return document | {"digest": digest_of(document)}


def opened(
    document: Any, kind: str, read: Callable[[Document], Made], error: type[MetaoncError]
) -> Made:
    """What `read` makes of a document, once its kind, version and digest are checked.

    Raises
    ------
    MetaoncError
        Of the given type, in one sentence, if it is not such a document, a newer metaonc wrote it,
        or it was changed.
    """
    if not isinstance(document, Mapping) or "kind" not in document or "digest" not in document:
        raise error(f"this is not a {kind} written by metaonc; write one with to_json().")
    if document["kind"] != kind:
        raise error(f"this is a {document['kind']}, not a {kind}; read it as what it is.")
    version = document.get("schema_version")
    if version != SCHEMA_VERSION:
        raise error(
            f"this {kind} is in format {version!r} and this metaonc reads {SCHEMA_VERSION}; "
            "use the metaonc that wrote it, or a newer one."
        )
    content = {name: value for name, value in document.items() if name != "digest"}
    try:
        genuine = digest_of(content) == document["digest"]
    except (TypeError, ValueError):  # not plain values
        genuine = False
    if not genuine:
        raise error(
            f"the {kind} {str(document.get('title') or '')!r} does not match its digest, so it was "
            "changed after metaonc wrote it; make it anew from its data."
        )
    try:
        return read(dict(document))
    except MetaoncError as wrong:
        raise error(f"the {kind} cannot be read: {str(wrong).removesuffix('.')}.") from wrong
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        raise error(
            f"the {kind} cannot be read ({type(wrong).__name__}: {wrong}); make it anew from its "
            "data."
        ) from wrong


def text_of(document: Document) -> str:
    """The document as JSON text; the same document gives the same bytes."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def document_of(text: str | bytes, kind: str, error: type[MetaoncError]) -> Any:
    """The document in a JSON text.

    Raises
    ------
    MetaoncError
        Of the given type, if the text is not JSON.
    """
    try:
        return json.loads(text, parse_constant=_refuse)
    except ValueError as wrong:
        raise error(
            f"this is not a {kind} written by metaonc, because it is not JSON ({wrong}); write one "
            "with to_json()."
        ) from wrong


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")
