"""The sensitivity analysis of every answer: rows of a table, and a section of its page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from metaonc.diagnostics import Sensitivity, sensitivity
from metaonc.pooling import PooledResult
from metaonc.reports.analyses import Analysis
from metaonc.reports.pages.rst import bullets, escape, table

SENSITIVITY_COLUMNS = ("analysis", "key", "question", "verdict", "answer")


@lru_cache(maxsize=64)
def _asked(result: PooledResult) -> Sensitivity:
    """Asked once of each result, however many files show the answers."""
    return sensitivity(result)


def sensitivity_rows(analyses: Iterable[Analysis]) -> Iterator[dict[str, str]]:
    """One row per answer and question of a sensitivity analysis."""
    for analysis in analyses:
        if analysis.pooled is None:
            continue
        for check in _asked(analysis.pooled).checks:
            yield {
                "analysis": analysis.key,
                "key": check.key,
                "question": check.question,
                "verdict": check.verdict,
                "answer": check.answer,
            }


def sensitivity_section(result: PooledResult) -> tuple[str, ...]:
    """Heading, table of verdicts and answers, and what the verdicts mean."""
    found = _asked(result)
    done = [check for check in found.checks if check.verdict != "not done"]
    rows = [[escape(c.question), f"**{c.verdict}**", escape(c.answer)] for c in done]
    left = [
        f"{escape(check.question)} {escape(check.answer)}"
        for check in found.checks
        if check.verdict == "not done"
    ]
    meaning = (
        'The conclusion "depends" where the answer puts the confidence interval on another side of '
        "the value of no effect; see :doc:`/methods/sensitivity`."
    )
    return (
        "How far to trust it",
        table(["Question", "Conclusion", "Answer"], rows, css="plain"),
        meaning,
        "Not answered:" if left else "",
        bullets(left) if left else "",
    )
