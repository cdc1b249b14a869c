"""Risk of bias as a record holds it: RoB 2 for randomised trials, ROBINS-I for the others."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from metaonc.registry.parts import Assessment, Key, Part, Source, Status, Text

RandomisedLevel = Literal["low", "some concerns", "high"]
NonRandomisedLevel = Literal["low", "moderate", "serious", "critical", "no information"]
NO_INFORMATION = "no information"


class BiasJudgement(Part):
    """What a judgement on one domain rests on."""

    reason: Text
    """Why, in a sentence that names the fact."""
    source: Source
    """Where that fact stands in print."""
    status: Status
    """`confirmed` if it was judged from the full paper; `unconfirmed` = provisional."""


class RandomisedJudgement(BiasJudgement):
    """The risk of bias of a randomised trial in one domain of RoB 2."""

    judgement: RandomisedLevel


class NonRandomisedJudgement(BiasJudgement):
    """The risk of bias of a study without randomisation in one domain of ROBINS-I."""

    judgement: NonRandomisedLevel


class BiasAssessment(Part):
    """What every assessment of risk of bias says about itself."""

    domains: ClassVar[dict[str, str]]
    """Field of each domain -> what tables call it, in the tool's order."""
    levels: ClassVar[tuple[str, ...]]
    """Judgements from the best to the worst, without `no information`."""

    outcome: Key
    """Outcome whose results are judged."""
    assessment: Assessment | None = None
    """Judged for results of this assessment only; for all results of the outcome when absent."""
    effect: Literal["assignment", "adherence"] = "assignment"
    """Effect of interest: of assignment to the treatment (intention to treat), or of taking it."""
    overall: str
    """Judgement on the result as a whole; it follows from the domains."""
    judged_by: Text
    """Who judged, and from what."""
    note: Text | None = None
    """What a reader should know about the judgements."""

    def judgements(self) -> dict[str, BiasJudgement]:
        """Domain -> judgement, in the tool's order."""
        return {name: getattr(self, name) for name in self.domains}

    def said(self) -> dict[str, str]:
        """Domain -> the word of its judgement, in the tool's order."""
        return {name: getattr(self, name).judgement for name in self.domains}

    @property
    def status(self) -> Status:
        """`confirmed` once every domain is."""
        every = all(each.status == "confirmed" for each in self.judgements().values())
        return "confirmed" if every else "unconfirmed"

    def allowed_overall(self) -> tuple[str, ...]:
        """Overall judgements that the tool's algorithm lets follow from the domains."""
        raise NotImplementedError


class RandomisedBias(BiasAssessment):
    """Risk of bias of one outcome of a randomised trial, by RoB 2.

    The overall judgement is low where all domains are, high where one is, and otherwise some
    concerns; several domains with some concerns may add up to high (Sterne et al., BMJ
    2019;366:l4898).
    """

    domains: ClassVar[dict[str, str]] = {
        "randomisation": "Randomisation process",
        "deviations": "Deviations from intended interventions",
        "missing_data": "Missing outcome data",
        "measurement": "Measurement of the outcome",
        "reporting": "Selection of the reported result",
    }
    levels: ClassVar[tuple[str, ...]] = ("low", "some concerns", "high")

    tool: Literal["RoB 2"]
    """The tool: RoB 2, for randomised trials."""
    overall: RandomisedLevel
    """Judgement on the result as a whole; it follows from the domains."""
    randomisation: RandomisedJudgement
    """Bias from the randomisation process."""
    deviations: RandomisedJudgement
    """Bias from deviations from the intended interventions."""
    missing_data: RandomisedJudgement
    """Bias from missing outcome data."""
    measurement: RandomisedJudgement
    """Bias in the measurement of the outcome."""
    reporting: RandomisedJudgement
    """Bias in the selection of the reported result."""

    def allowed_overall(self) -> tuple[str, ...]:
        """Table 1 of Sterne 2019."""
        times = Counter(self.said().values())
        if times["high"]:
            return ("high",)
        if times["some concerns"] > 1:
            return ("some concerns", "high")
        return ("some concerns",) if times["some concerns"] else ("low",)


class NonRandomisedBias(BiasAssessment):
    """Risk of bias of one outcome of a study without randomisation, by ROBINS-I.

    The overall judgement is at least as severe as that of the worst domain, and where several
    domains share the worst it may be one step more severe. No information is the overall judgement
    where a domain without information is a key one and no other is at serious or critical risk
    (Sterne et al., BMJ 2016;355:i4919).
    """

    domains: ClassVar[dict[str, str]] = {
        "confounding": "Confounding",
        "selection": "Selection of participants",
        "classification": "Classification of interventions",
        "deviations": "Deviations from intended interventions",
        "missing_data": "Missing data",
        "measurement": "Measurement of the outcome",
        "reporting": "Selection of the reported result",
    }
    levels: ClassVar[tuple[str, ...]] = ("low", "moderate", "serious", "critical")

    tool: Literal["ROBINS-I"]
    """The tool: ROBINS-I, for studies without randomisation."""
    overall: NonRandomisedLevel
    """Judgement on the result as a whole; it follows from the domains."""
    confounding: NonRandomisedJudgement
    """Bias from confounding."""
    selection: NonRandomisedJudgement
    """Bias in the selection of participants into the study."""
    classification: NonRandomisedJudgement
    """Bias in the classification of interventions."""
    deviations: NonRandomisedJudgement
    """Bias from deviations from the intended interventions."""
    missing_data: NonRandomisedJudgement
    """Bias from missing data."""
    measurement: NonRandomisedJudgement
    """Bias in the measurement of outcomes."""
    reporting: NonRandomisedJudgement
    """Bias in the selection of the reported result."""

    def allowed_overall(self) -> tuple[str, ...]:
        """Table 2 of Sterne 2016."""
        times = Counter(self.said().values())
        unknown = times.pop(NO_INFORMATION, 0)
        if not times:
            return (NO_INFORMATION,)
        worst = max(map(self.levels.index, times))
        steps = 1 + (times[self.levels[worst]] > 1 and worst > 0)
        found = self.levels[worst : worst + steps]
        settled = worst >= self.levels.index("serious")
        return (*found, NO_INFORMATION) if unknown and not settled else found


AnyBias = Annotated[RandomisedBias | NonRandomisedBias, Field(discriminator="tool")]
TOOLS: dict[str, type[BiasAssessment]] = {"RoB 2": RandomisedBias, "ROBINS-I": NonRandomisedBias}


def judged(
    assessments: tuple[AnyBias, ...], outcome: str, assessment: str
) -> RandomisedBias | NonRandomisedBias | None:
    """The assessment that is about such a result: of assignment first, and the closest one."""
    about = [
        each
        for each in assessments
        if each.outcome == outcome and each.assessment in (None, assessment)
    ]
    about.sort(key=lambda each: (each.effect != "assignment", each.assessment is None))
    return about[0] if about else None
