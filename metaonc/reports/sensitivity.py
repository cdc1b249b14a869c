"""The sensitivity analysis of every answer, asked once and shown in several places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from metaonc.diagnostics import Sensitivity, sensitivity
from metaonc.pooling import PooledResult
from metaonc.reports.analyses import Analysis

SENSITIVITY_COLUMNS = ("analysis", "key", "question", "verdict", "answer")


@lru_cache(maxsize=64)
def asked(result: PooledResult) -> Sensitivity:
    """Asked once of each result, however many files show the answers."""
    return sensitivity(result)


def sensitivity_rows(analyses: Iterable[Analysis]) -> Iterator[dict[str, str]]:
    """One row per answer and question of a sensitivity analysis."""
    for analysis in analyses:
        if analysis.pooled is None:
            continue
        for check in asked(analysis.pooled).checks:
            yield {
                "analysis": analysis.key,
                "key": check.key,
                "question": check.question,
                "verdict": check.verdict,
                "answer": check.answer,
            }
