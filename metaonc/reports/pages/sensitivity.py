"""The section of an analysis' page that says how far to trust it."""

from __future__ import annotations

from metaonc.pooling import PooledResult
from metaonc.reports.pages.rst import bullets, escape, table
from metaonc.reports.sensitivity import asked


def sensitivity_section(result: PooledResult) -> tuple[str, ...]:
    """Heading, table of verdicts and answers, and what the verdicts mean."""
    found = asked(result)
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
