"""Where a reader finds a study's number: as printed, how it was worked out, in which paper."""

from __future__ import annotations

from collections.abc import Iterator

from metaonc.effects import Effects


def study_sources(effects: Effects) -> list[str]:
    """A text per study from what the effects know of their origin; empty where they know nothing.

    Examples
    --------
    >>> import metaonc as mo
    >>> study_sources(mo.load_registry().effects("cbr"))[1]
    'Worked out: 33/54 v 24/57; 33 is the only count of 54 that prints as 61%; 24 is the only
    count of 57 that prints as 42%. Source: Skolariki A, et al. 2022, explorationpub.com article
    100278. (Table 1).'
    """
    return [" ".join(_parts(effects, i)) for i in range(effects.k)]


def _parts(effects: Effects, i: int) -> Iterator[str]:
    printed, derivation = _text(effects, "printed", i), _text(effects, "derivation", i)
    if printed and derivation:
        yield f"Worked out: {printed}; {derivation.rstrip('.')}."
    elif printed:
        yield f"As printed: {printed}."
    elif derivation:
        yield f"Worked out: {derivation.rstrip('.')}."
    if source := _text(effects, "source", i):
        yield f"Source: {source.rstrip('.')}."
    if _text(effects, "status", i) == "unconfirmed":
        yield "Awaiting confirmation in the paper."


def _text(effects: Effects, name: str, i: int) -> str:
    value = effects.columns[name][i] if name in effects.columns else None
    return value.strip() if isinstance(value, str) else ""
