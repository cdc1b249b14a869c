"""Which printed results the analyses rest on: the way from a pooled estimate back, and forth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from metaonc.effects import Effects
from metaonc.reports.analyses import Analysis
from metaonc.reports.document import Inline, Link, Marked
from metaonc.reports.sections.words import analysis_key, joined, place_anchor, trial_key


@dataclass(frozen=True)
class Use:
    """A printed result (or a sum of some) in an analysis.

    Attributes
    ----------
    trial, place : str
        Key of the trial, and which of its results it is: "result 3", or "sum 1".
    analysis, title : str
        Key and title of the analysis.
    study : int
        Row of the analysis' table of studies, counted from 1.
    """

    trial: str
    place: str
    analysis: str
    title: str
    study: int


def places(effects: Effects, study: int) -> list[str]:
    """Which results of its record a study rests on; none if it comes from no record."""
    named = effects.columns.get("result")
    return str(named[study]).split("; ") if named is not None else []


def uses(analyses: Sequence[Analysis]) -> Iterator[Use]:
    """Every use of every result, in the order of the analyses and their studies."""
    for analysis in analyses:
        if analysis.pooled is None:
            continue
        effects = analysis.pooled.effects
        for i, trial in enumerate(effects.columns.get("trial", ())):
            for place in places(effects, i):
                yield Use(str(trial), place, analysis.key, analysis.question.title, i + 1)


def uses_of(trial: str, analyses: Sequence[Analysis]) -> dict[str, list[Use]]:
    """Place in the trial's record -> its uses."""
    own = sorted((use for use in uses(analyses) if use.trial == trial), key=lambda use: use.place)
    return {place: list(found) for place, found in groupby(own, key=lambda use: use.place)}


def used_line(place: str, used: Mapping[str, Sequence[Use]]) -> tuple[Inline, ...]:
    """Links from a result to the rows of the analyses that use it; nothing where none does."""
    links = [
        Link(use.title, page=analysis_key(use.analysis), anchor=f"study-{use.study}", mark="aside")
        for use in used.get(place, ())
    ]
    return (Marked("used in ", "aside"), *joined(links)) if links else ()


def place_links(effects: Effects, study: int, text: str) -> tuple[Inline, ...]:
    """Links from a study of an analysis to the results of its trial that it rests on."""
    trial = trial_key(str(effects.columns["trial"][study]))
    found = places(effects, study)
    if not found:
        return (text,)
    first = Link(text, page=trial, anchor=place_anchor(found[0]), mark="strong")
    others = [Link(place, page=trial, anchor=place_anchor(place)) for place in found[1:]]
    return joined([first, *others])
