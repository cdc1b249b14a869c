"""Results as values that JSON can hold."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """Plain numbers, text, lists and dicts at any depth; NaN and infinities become None."""
    if isinstance(value, dict):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def readable(value: Any) -> Any:
    """Any value of a column for a reader: what JSON has no word for as text, missing as None."""
    value = plain(value)
    if value is None or isinstance(value, str | int | float | list):
        return value
    return None if type(value).__name__ in ("NAType", "NaTType") else str(value)
