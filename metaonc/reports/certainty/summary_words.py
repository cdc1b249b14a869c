"""A summary of findings in cells and sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from metaonc.effects import level_text
from metaonc.kernels.absolute import Estimated
from metaonc.reports.certainty.anticipated import Anticipated
from metaonc.reports.document import capital

if TYPE_CHECKING:
    from metaonc.reports.certainty.summary_result import FoundRow, SummaryOfFindings

PER = 1000
MEANINGS = {
    "high": "we are very confident that the true effect lies close to the estimate",
    "moderate": "the true effect is likely to be close to the estimate, and may differ from it "
    "substantially",
    "low": "the true effect may be substantially different from the estimate",
    "very low": "the true effect is likely to be substantially different from the estimate",
}


def headings(found: SummaryOfFindings) -> list[str]:
    """What each column holds."""
    treatment = found.asked.treatment
    return [
        "Outcome",
        "Participants (studies)",
        "Relative effect",
        f"Per {PER} without",
        f"Per {PER} with {treatment}",
        "Difference",
        "Certainty",
        "What it means",
    ]


def cells(found: SummaryOfFindings) -> list[list[str]]:
    """The table: headings, then an outcome per row; several baselines are lines of one cell."""
    return [headings(found), *([*row_cells(found, row)] for row in found.rows)]


def row_cells(found: SummaryOfFindings, row: FoundRow) -> list[str]:
    """One outcome."""
    if row.analysis.pooled is None:
        return [row.title, "0 (0)", "", "", "", "", "", capital(f"{row.analysis.reason}.")]
    marks = found.marks(row)
    return [
        row.title,
        counted(row),
        row.relative,
        *("; ".join(each) for each in zip(*map(absolute_cells, row.absolute), strict=True)),
        *([] if row.absolute else ["", "", ""]),
        f"{row.certainty} ({marks})" if marks else row.certainty,
        row.statement,
    ]


def counted(row: FoundRow) -> str:
    """Participants and studies: ``"2,436 (6 studies)"``."""
    studies = f"{row.studies} {'study' if row.studies == 1 else 'studies'}"
    return f"{row.participants:,} ({studies})" if row.participants else f"not known ({studies})"


def absolute_cells(each: Anticipated) -> tuple[str, str, str]:
    """Without, with, and the difference, per 1000."""
    where = ", ".join(filter(None, (each.label, each.at)))
    without = whole(each.without.estimate)
    return (
        f"{without} ({where})" if where else without,
        f"{whole(each.with_treatment.estimate)} ({limits(each.with_treatment)})",
        difference_text(each.difference),
    )


def whole(fraction: float) -> str:
    """A fraction as patients per 1000: whole ones, decimals where there would be none.

    Examples
    --------
    >>> whole(0.4651), whole(0.0004), whole(0.0)
    ('465', '0.4', '0')
    """
    found = PER * fraction
    if found == 0 or math.isnan(found):
        return "0" if found == 0 else "not known"
    return f"{found:.0f}" if abs(found) >= 1 else f"{found:.1g}"


def limits(found: Estimated) -> str:
    """An interval per 1000."""
    return f"{whole(found.low)} to {whole(found.high)}"


def difference_text(found: Estimated) -> str:
    """A difference in words: ``"48 fewer (103 fewer to 4 more)"``.

    Examples
    --------
    >>> difference_text(Estimated(-0.048, -0.103, 0.004))
    '48 fewer (103 fewer to 4 more)'
    """
    return f"{_sided(found.estimate)} ({_sided(found.low)} to {_sided(found.high)})"


def _sided(fraction: float) -> str:
    size = whole(abs(fraction))
    if size == "0":
        return "0"
    return f"{size} {'fewer' if fraction < 0 else 'more'}"


def sentences(found: SummaryOfFindings) -> Iterator[str]:
    """What stands below the table."""
    asked = found.asked
    if asked.population:
        yield f"Patients: {asked.population}."
    if asked.setting:
        yield f"Setting: {asked.setting}."
    against = f"; comparison: {asked.comparison}" if asked.comparison else ""
    yield f"Treatment: {asked.treatment}{against}."
    yield from _level_sentence(found)
    for text, mark in found.footnotes.items():
        yield f"{mark}. {text}"
    for row in found.rows:
        yield from source_sentences(row)
    yield from _provisional(found)
    levels = {row.rating.level for row in found.rows if row.rating}
    if levels:
        told = "; ".join(f"{level}: {said}" for level, said in MEANINGS.items() if level in levels)
        yield f"GRADE levels of certainty. {capital(told)}."


def _level_sentence(found: SummaryOfFindings) -> Iterator[str]:
    levels = {row.analysis.pooled.choices.level for row in found.rows if row.analysis.pooled}
    if levels:
        told = " and ".join(map(level_text, sorted(levels)))
        yield (
            f"Intervals in brackets: {told} confidence intervals. Absolute effects: patients with "
            f"the event per {PER}; their intervals carry the uncertainty of the pooled effect and, "
            "where it is known, of the baseline."
        )


def source_sentences(row: FoundRow) -> Iterator[str]:
    """Where the baselines of a row come from, and why it has no absolute effect."""
    for each in row.absolute:
        who = f", {each.label}" if each.label else ""
        waits = " (awaiting confirmation)" if each.status == "unconfirmed" else ""
        assumed = f"; {each.assumed}" if each.assumed else ""
        yield f"{row.title}{who}: baseline from {each.source.removesuffix('.')}{waits}{assumed}."
    if row.no_absolute:
        yield f"{row.title}: no absolute effect: {row.no_absolute}."
    if row.unconfirmed:
        of = f"{row.unconfirmed} of {row.studies}"
        yield f"{row.title}: figures of {of} studies await confirmation in their source."


def _provisional(found: SummaryOfFindings) -> Iterator[str]:
    """Whose judgements these are, where they are not agreed on."""
    judges = dict.fromkeys(
        row.rating.judged_by for row in found.rows if row.rating and row.rating.provisional
    )
    for judge in judges:
        yield f"Judgements of the certainty are provisional: {judge}."
