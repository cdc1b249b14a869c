"""`sensitivity`: what a reviewer asks of a result, asked and answered at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from metaonc.diagnostics.sensitivity_checks import QUESTIONS, Check, asked
from metaonc.errors import DiagnosticsError
from metaonc.pooling import PooledResult, SubgroupResult, effect_text
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity(Finding):
    """Answers to the questions of a sensitivity analysis; made by :func:`metaonc.sensitivity`.

    Attributes
    ----------
    result : PooledResult
        What was asked about.
    checks : tuple of Check
        Questions with verdict, answer and the finding behind it.
    """

    kind: ClassVar[str] = "sensitivity analysis"
    result: PooledResult
    checks: tuple[Check, ...]

    @property
    def depends(self) -> tuple[Check, ...]:
        """The checks whose answer the conclusion depends on."""
        return tuple(check for check in self.checks if check.verdict == "depends")

    def __getitem__(self, key: str) -> Check:
        """Return the check of one question.

        Raises
        ------
        DiagnosticsError
            If no such question was asked.
        """
        for check in self.checks:
            if check.key == key:
                return check
        keys = ", ".join(repr(check.key) for check in self.checks)
        raise DiagnosticsError(f"no question {key!r} was asked; these were: {keys}.")

    def to_frame(self) -> pd.DataFrame:
        """One row per question: ``key question verdict answer``."""
        import pandas as pd

        columns = ("key", "question", "verdict", "answer")
        return pd.DataFrame(
            [{name: getattr(check, name) for name in columns} for check in self.checks]
        )

    def numbers(self) -> dict[str, Any]:
        """The findings behind the answers, each as its document."""
        found = {check.key: check.finding for check in self.checks}
        return {
            "findings": {key: None if one is None else one.to_dict() for key, one in found.items()}
        }

    @property
    def title(self) -> str:
        """The result, and how many answers it depends on."""
        counted = Counter(check.verdict for check in self.checks)
        said = [f"{counted[v]} {v}" for v in ("depends", "holds", "not done") if counted[v]]
        return f"Sensitivity of {effect_text(self.result)}: {', '.join(said)}"

    def cells(self) -> list[list[str]]:
        """Questions with their verdicts; the answers are below."""
        return [["", "verdict"], *([check.question, check.verdict] for check in self.checks)]

    @property
    def sentences(self) -> Sequence[str]:
        """The answers, a line each."""
        return tuple(f"{check.question} {check.answer}" for check in self.checks)


def sensitivity(
    result: PooledResult | SubgroupResult, *, ask: Iterable[str] | None = None
) -> Sensitivity:
    """Ask of a result what a reviewer asks: whether it hangs on one trial, choice or rounding.

    Parameters
    ----------
    result : PooledResult or SubgroupResult
        The result; of subgroups all studies together.
    ask : iterable of str, optional
        Questions by their keys: ``"one-trial"``, ``"influential"``, ``"trials"``, ``"model"``,
        ``"policy"``, ``"new-trial"``, ``"rounding"``, ``"confirmed"``, ``"patients"``,
        ``"small-study"``, ``"missing"``. Default: all.

    Returns
    -------
    Sensitivity
        For each question a verdict, an answer in a sentence and the finding behind it. The verdict
        is "depends" where the answer puts the confidence interval on another side of the null, or
        a test of funnel plot asymmetry has p < 0.1; "not done" where a diagnostic does not apply or
        has too few studies, with the reason.

    Raises
    ------
    DiagnosticsError
        If `result` is not a pooled one, or there is no such question.

    Examples
    --------
    >>> import metaonc as mo
    >>> found = mo.sensitivity(
    ...     mo.pool(mo.load_registry().effects("pfs")), ask=["model", "rounding"]
    ... )
    >>> found["model"].verdict, found["model"].answer
    ('holds', 'Common effect instead: 0.62 (0.56 to 0.69).')
    """
    overall = result.overall if isinstance(result, SubgroupResult) else result
    if not isinstance(overall, PooledResult):
        raise DiagnosticsError(
            f"sensitivity() is about the result of pool() or subgroups(), got "
            f"{type(result).__name__}; leave_one_out() and influence() take meta-regressions too."
        )
    known = {question.key: question for question in QUESTIONS}
    keys = list(known) if ask is None else list(ask)
    for key in keys:
        if key not in known:
            names = ", ".join(map(repr, known))
            raise DiagnosticsError(f"ask = {key!r} is no question; use any of {names}.")
    return Sensitivity(overall, tuple(asked(known[key], overall) for key in keys))
