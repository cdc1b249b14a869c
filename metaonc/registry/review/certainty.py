"""GRADE: how certain the evidence of one question is, as judgements with reasons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, get_args

from metaonc.registry.parts import Part, Status, Text
from metaonc.registry.rules.breach import Breach

Start = Literal["high", "low"]
Certainty = Literal["very low", "low", "moderate", "high"]
Importance = Literal["critical", "important", "not important"]
Lowering = Literal["not serious", "serious", "very serious"]
FurtherLowering = Literal["not serious", "serious", "very serious", "extremely serious"]

CERTAINTIES: tuple[Certainty, ...] = get_args(Certainty)
# Levels that each word takes away or adds: Guyatt et al., J Clin Epidemiol 2011;64:383-394; three
# levels: Schünemann et al., 2019;111:105-114 (risk of bias), Zeng et al., 2022;150:216-224
# (imprecision).
STEPS = {
    "not serious": 0,
    "serious": -1,
    "very serious": -2,
    "extremely serious": -3,
    "present": 1,
    "large": 1,
    "very large": 2,
}
LOWERING = {
    "risk_of_bias": "Risk of bias",
    "inconsistency": "Inconsistency",
    "indirectness": "Indirectness",
    "imprecision": "Imprecision",
    "publication_bias": "Publication bias",
}
RAISING = {
    "large_effect": "Large effect",
    "dose_response": "Dose-response gradient",
    "plausible_confounding": "Plausible confounding",
}


class Lowered(Part):
    """How far one domain lowers the certainty, and why."""

    judgement: Lowering
    """`serious` takes one level away, `very serious` two."""
    reason: Text
    """Why, in a sentence that names the fact; also where nothing is taken away."""


class LoweredFurther(Part):
    """The same for a domain that may take three levels away."""

    judgement: FurtherLowering
    """`serious` takes one level away, `very serious` two, `extremely serious` three."""
    reason: Text
    """Why, in a sentence that names the fact; also where nothing is taken away."""


class LargeEffect(Part):
    """An effect so large that bias alone hardly explains it."""

    judgement: Literal["large", "very large"]
    """`large`, at least a halving or doubling of the risk, adds one level; `very large`, a fifth or
    five times it, adds two."""
    reason: Text
    """Why, in a sentence that names the fact."""


class Raised(Part):
    """A reason to raise the certainty by one level."""

    judgement: Literal["present"]
    """It adds one level."""
    reason: Text
    """Why, in a sentence that names the fact."""


class CertaintyJudgement(Part):
    """Certainty of the evidence for one question, by GRADE.

    The level itself is not written down: it follows from where the evidence starts and from the
    judgements.
    """

    judged_by: Text
    """Who judged, and from what."""
    status: Status
    """`confirmed` once the review's authors agree on it; `unconfirmed` = provisional."""
    start: Start | None = None
    """Level before the judgements; that of the studies' design where it is left out."""
    risk_of_bias: LoweredFurther
    """Limitations of the studies."""
    inconsistency: Lowered
    """Results that differ beyond chance without an explanation."""
    indirectness: Lowered
    """Patients, treatments, comparisons or outcomes other than those asked about."""
    imprecision: LoweredFurther
    """Too few patients or events, or an interval that allows for different decisions."""
    publication_bias: Lowered
    """Results that are missing because of what they are."""
    large_effect: LargeEffect | None = None
    """Raises evidence that starts at low."""
    dose_response: Raised | None = None
    """Raises evidence that starts at low."""
    plausible_confounding: Raised | None = None
    """All plausible confounding would weaken the effect; raises evidence that starts at low."""
    note: Text | None = None
    """What a reader should know about the judgement."""

    def said(self) -> dict[str, Lowered | LoweredFurther | LargeEffect | Raised]:
        """Domain -> judgement, in GRADE's order; reasons to raise only where they are given."""
        found = {name: getattr(self, name) for name in (*LOWERING, *RAISING)}
        return {name: each for name, each in found.items() if each is not None}

    def level(self, start: Start) -> Certainty:
        """The certainty that follows, from "high" to "very low".

        Examples
        --------
        >>> no = {"judgement": "not serious", "reason": "None seen."}
        >>> domains = dict.fromkeys(LOWERING, no)
        >>> domains |= {"imprecision": {"judgement": "very serious", "reason": "12 events."}}
        >>> judged = {"judged_by": "AB", "status": "confirmed", **domains}
        >>> CertaintyJudgement.model_validate(judged).level("high")
        'low'
        """
        begun = CERTAINTIES.index(self.start or start)
        moved = begun + sum(STEPS[each.judgement] for each in self.said().values())
        return CERTAINTIES[min(max(moved, 0), len(CERTAINTIES) - 1)]

    def breaches(self) -> Iterator[Breach]:
        """Reasons to raise that GRADE does not count (Guyatt et al., 2011;64:1311-1316)."""
        raising = [name for name in RAISING if getattr(self, name) is not None]
        lowering = [name for name in LOWERING if STEPS[getattr(self, name).judgement]]
        for name in raising:
            said = repr(getattr(self, name).judgement)
            if self.start == "high":
                yield Breach(
                    f"certainty.{name}",
                    said,
                    "raises evidence that starts at high, and nothing is above that",
                    'leave it out, or say start = "low" for observational studies',
                )
            elif lowering:
                yield Breach(
                    f"certainty.{name}",
                    said,
                    f"raises evidence that {' and '.join(lowering)} lowers, and only evidence "
                    "without a reason to lower it is raised",
                    "leave it out, or reconsider the reason to lower",
                )
