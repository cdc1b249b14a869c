"""Options of directives: how to pool, and how a forest plot is to look."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from docutils.parsers.rst import directives

Options = dict[str, Callable[[str], Any]]


def number(text: str) -> float:
    """A number.

    Examples
    --------
    >>> number("0.9")
    0.9
    """
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number; write for example 0.95.") from None


def numbers(text: str) -> tuple[float, ...]:
    """Numbers with commas between them."""
    return tuple(number(part.strip()) for part in text.split(","))


def pair(text: str) -> tuple[float, float]:
    """Two numbers.

    Examples
    --------
    >>> pair("0.25, 4")
    (0.25, 4.0)
    """
    found = numbers(text)
    if len(found) != 2:
        raise ValueError(f"{text!r} must be two numbers, for example 0.25, 4.")
    return found[0], found[1]


def number_or_name(text: str) -> float | str:
    """A number, or what is none."""
    try:
        return float(text)
    except ValueError:
        return text.strip()


def names(text: str) -> tuple[str, ...]:
    """Words with commas between them.

    Examples
    --------
    >>> names("arms, plot, effect")
    ('arms', 'plot', 'effect')
    """
    return tuple(part.strip() for part in re.split(r"[,\n]", text or "") if part.strip())


def conditions(text: str) -> tuple[str, ...]:
    """Conditions with semicolons or line ends between them.

    Examples
    --------
    >>> conditions("setting=advanced; year>=2015")
    ('setting=advanced', 'year>=2015')
    """
    return tuple(part.strip() for part in re.split(r"[;\n]", text or "") if part.strip())


def word(text: str | None) -> str:
    """Text that must be there."""
    return directives.unchanged_required(text or "").strip()


# Arguments of `Registry.effects`, of `metaonc.pool`, and of `metaonc.forest`.
EFFECTS: Options = {
    "measure": word,
    "arm": word,
    "shared-control": word,
    "confirmed-only": directives.flag,
}
CHOICES: Options = {
    "model": word,
    "tau2": number_or_name,
    "tau2-weights": word,
    "ci": word,
    "level": number,
    "policy": word,
    "seed": directives.nonnegative_int,
    "draws": directives.positive_int,
    "within-trial-correlation": number,
}
LOOKS: Options = {
    "preset": word,
    "paper": word,
    "columns": names,
    "sort": word,
    "title": word,
    "xlim": pair,
    "prediction": word,
    "reference": numbers,
    "unimportant": pair,
    "interval-band": directives.flag,
    "no-studies": directives.flag,
}
POOLED: Options = {"by": directives.unchanged, "where": conditions, **EFFECTS, **CHOICES}


def given(options: Mapping[str, Any], known: Options) -> dict[str, Any]:
    """The options of one family that are given, as arguments of Python; a flag is True.

    Examples
    --------
    >>> given({"tau2-weights": "1/vi", "interval-band": None, "sort": "effect"}, CHOICES | LOOKS)
    {'tau2_weights': '1/vi', 'sort': 'effect', 'interval_band': True}
    """
    found = {name: options[name] for name in known if name in options}
    flags = {name: True for name, value in found.items() if value is None}
    return {name.replace("-", "_"): value for name, value in (found | flags).items()}
