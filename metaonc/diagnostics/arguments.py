"""Arguments that several diagnostics of conclusions share, checked once."""

from __future__ import annotations

import math

import numpy as np

from metaonc.effects import Effects
from metaonc.errors import DiagnosticsError


def fraction(name: str, value: object) -> float:
    """A number between 0 and 1, both excluded."""
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not (number and 0 < float(value) < 1):  # type: ignore[arg-type]
        raise DiagnosticsError(f"{name} = {value!r} must be a number between 0 and 1.")
    return float(value)  # type: ignore[arg-type]


def positive(name: str, value: object) -> float:
    """A finite number > 0."""
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not (number and math.isfinite(float(value)) and float(value) > 0):  # type: ignore[arg-type]
        raise DiagnosticsError(f"{name} = {value!r} must be a number > 0.")
    return float(value)  # type: ignore[arg-type]


def whole(name: str, value: object, least: int = 1) -> int:
    """A whole number, at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise DiagnosticsError(f"{name} = {value!r} must be a whole number >= {least}.")
    return int(value)


def wanted_effect(effects: Effects, value: object) -> float:
    """An effect of the displayed scale (0.8 for a hazard ratio) on the analysis scale, not null.

    Raises
    ------
    DiagnosticsError
        If there is no null to differ from, or the effect is the null or off the scale.
    """
    scale = effects.scale
    if scale.null is None:
        raise DiagnosticsError(
            f"a {scale.name} of one arm has no null value, so nothing to show; compare two arms."
        )
    if not isinstance(value, int | float | np.number) or not math.isfinite(value):
        raise DiagnosticsError(f"effect = {value!r} must be a {scale.name}.")
    found = float(effects.analysis([float(value)])[0])
    if found == 0 or not math.isfinite(found):
        raise DiagnosticsError(
            f"effect = {value!r} must be a {scale.name} that differs from {scale.null:g}, on the "
            "scale people read."
        )
    return found


def tested_against_null(effects: Effects) -> None:
    """Refuse effects of one arm, which no test compares with anything."""
    if effects.scale.null is None:
        raise DiagnosticsError(
            f"a {effects.scale.name} of one arm has no null value, so no significance to lose or "
            "gain; compare two arms."
        )
