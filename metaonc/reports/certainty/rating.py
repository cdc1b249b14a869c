"""The certainty of one answer: where its evidence starts, what moves it, and where it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from metaonc.errors import Problem, ReportError
from metaonc.registry import Question, Trial
from metaonc.registry.review.certainty import (
    CERTAINTIES,
    LOWERING,
    RAISING,
    STEPS,
    Certainty,
    Start,
)

DOMAINS = LOWERING | RAISING
SCHUNEMANN = "Schünemann et al., J Clin Epidemiol 2019;111:105-114"


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One judgement on the evidence.

    Attributes
    ----------
    domain : str
        E.g. ``"risk_of_bias"``.
    judgement : str
        E.g. ``"serious"``.
    steps : int
        Levels that it adds; below 0 where it lowers, 0 where it leaves the certainty as it is.
    reason : str
        Why.
    """

    domain: str
    judgement: str
    steps: int
    reason: str

    @property
    def name(self) -> str:
        """The domain in words."""
        return DOMAINS[self.domain]

    @property
    def said(self) -> str:
        """The reason with what it does, as a footnote."""
        if not self.steps:
            return f"{self.name}: {self.judgement}. {self.reason}"
        size = ("one level", "two levels", "three levels")[abs(self.steps) - 1]
        verb = "lowered" if self.steps < 0 else "raised"
        return f"{self.name}: {verb} by {size} ({self.judgement}). {self.reason}"


@dataclass(frozen=True, kw_only=True)
class Rating:
    """Certainty of the evidence for one answer, by GRADE.

    Attributes
    ----------
    level : {"high", "moderate", "low", "very low"}
        The certainty; it follows from `start` and `reasons`.
    start : {"high", "low"}
        Where the evidence starts.
    started : str
        Why there.
    reasons : tuple of Reason
        All judgements, in GRADE's order.
    judged_by : str
        Who judged, and from what.
    provisional : bool
        Whether the judgements are not agreed on yet.
    note : str
        What else a reader should know; "" for nothing.
    """

    level: Certainty
    start: Start
    started: str
    reasons: tuple[Reason, ...]
    judged_by: str
    provisional: bool
    note: str = ""

    @property
    def symbols(self) -> str:
        """The level in GRADE's symbols.

        Examples
        --------
        >>> [symbols_of(level) for level in ("high", "moderate", "low", "very low")]
        ['⊕⊕⊕⊕', '⊕⊕⊕◯', '⊕⊕◯◯', '⊕◯◯◯']
        """
        return symbols_of(self.level)

    @property
    def moving(self) -> tuple[Reason, ...]:
        """The judgements that lower or raise the certainty."""
        return tuple(each for each in self.reasons if each.steps)

    def to_dict(self) -> dict[str, Any]:
        """The rating as plain values."""
        return {
            "level": self.level,
            "symbols": self.symbols,
            "start": self.start,
            "started": self.started,
            "judged_by": self.judged_by,
            "provisional": self.provisional,
            "note": self.note or None,
            "reasons": [
                {
                    "domain": each.domain,
                    "judgement": each.judgement,
                    "steps": each.steps,
                    "reason": each.reason,
                }
                for each in self.reasons
            ],
        }


def symbols_of(level: Certainty) -> str:
    """A level in GRADE's symbols."""
    filled = CERTAINTIES.index(level) + 1
    return "⊕" * filled + "◯" * (len(CERTAINTIES) - filled)


def rate(question: Question, trials: Sequence[Trial], file: str = "review.toml") -> Rating | None:
    """The certainty of a question's answer; None where nobody judged it.

    Parameters
    ----------
    question : Question
        With its judgements.
    trials : sequence of Trial
        The trials behind the answer: their design says where the evidence starts.
    file : str
        What errors call the plan.

    Raises
    ------
    ReportError
        If a judgement raises evidence that starts at high.

    Examples
    --------
    >>> import metaonc as mo
    >>> registry = mo.load_registry()
    >>> found = rate(registry.question("os"), [registry["bolero-2"], registry["tamrad"]])
    >>> found.level, [reason.domain for reason in found.moving]
    ('low', ['risk_of_bias', 'imprecision'])
    """
    judged = question.certainty
    if judged is None:
        return None
    start, started = starting_level(question, trials)
    if judged.start is not None:
        start, started = judged.start, "stated in the review plan"
    reasons = tuple(
        Reason(
            domain=domain,
            judgement=each.judgement,
            steps=STEPS[each.judgement],
            reason=each.reason,
        )
        for domain, each in judged.said().items()
    )
    for each in reasons:
        if each.steps > 0 and start == "high":
            raise ReportError(str(_raised_from_high(question, each, started, file)))
    return Rating(
        level=judged.level(start),
        start=start,
        started=started,
        reasons=reasons,
        judged_by=judged.judged_by,
        provisional=judged.status == "unconfirmed",
        note=judged.note or "",
    )


def _raised_from_high(question: Question, each: Reason, started: str, file: str) -> Problem:
    return Problem(
        file=file,
        record=f"question {question.key}",
        field=f"certainty.{each.domain}",
        value=repr(each.judgement),
        rule=f"raises evidence that starts at high ({started}), and nothing is above that",
        remedy='leave it out, or say start = "low" where the comparison is not a randomised one',
    )


def starting_level(question: Question, trials: Sequence[Trial]) -> tuple[Start, str]:
    """Where the evidence starts by the design of the trials, and why.

    Randomised comparisons start at high, others at low (Balshem et al., J Clin Epidemiol
    2011;64:401-406); comparisons without randomisation whose risk of bias was judged by ROBINS-I
    start at high, since that tool already counts the missing randomisation (Schünemann et al.,
    2019;111:105-114).
    """
    if question.one_arm:
        return "low", "single arms, without a comparison"
    others = [trial for trial in trials if trial.design.allocation != "randomised"]
    if not others:
        return "high", "randomised trials"
    judged = [
        assessment.tool == "ROBINS-I"
        for trial in others
        for outcome in question.outcomes
        if (assessment := trial.bias_of(outcome)) is not None
    ]
    if len(judged) >= len(others) and all(judged):
        return "high", f"risk of bias judged by ROBINS-I ({SCHUNEMANN})"
    return "low", f"not randomised: {', '.join(trial.name for trial in others)}"
