"""The review plan: which questions are asked of the trials. The shape of `review.toml`."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from metaonc.registry.filters import Filter, Wanted, make_filter
from metaonc.registry.flow import Flow
from metaonc.registry.pooling_words import Pooling, override
from metaonc.registry.printed import Level, Percent, Positive
from metaonc.registry.records import Assessment, Key, Part, Role, Status, Text
from metaonc.registry.review.baselines import Baseline, Thresholds
from metaonc.registry.review.certainty import CertaintyJudgement, Importance
from metaonc.registry.review.protocol import Conduct, Discussion, Eligibility, Protocol, Search

TwoArmMeasure = Literal["HR", "OR", "RR", "RD"]
OneArmMeasure = Literal["PRAW", "PLOGIT", "PAS", "PFT"]
SharedControl = Literal["covariance", "combine", "split", "error"]
Whole = Annotated[int, Field(strict=True)]
Said = Text | Whole | Annotated[tuple[Text | Whole, ...], Field(min_length=1)]


class Outcome(Part):
    """What an outcome key means, and whether its event is something one wants to happen."""

    label: Text
    """What tables and pages call it."""
    event: Literal["wanted", "unwanted"]
    """Response is wanted; progression, death and adverse events are unwanted."""
    happening: Text | None = None
    """What happens to a patient with the event, for sentences: `progression or death`. Without it
    sentences speak of the label, which for survival is the opposite of the event."""
    harm: bool = False
    """Whether it is a harm of treatment rather than of the disease: an adverse event, or stopping
    treatment or dying because of one. Tables of harms hold these outcomes."""
    definition: Text | None = None
    """What counts, in a sentence."""


class Exclusion(Part):
    """An eligible trial that a question leaves out, and why."""

    trial: Key
    """Key of the trial."""
    reason: Text
    """Why it is left out; every result lists it."""


class Question(Part):
    """One analysis: which trials, which of their results, as which effect measure."""

    key: Key
    """What the command line and `Registry.effects` call the question."""
    title: Text
    """Heading of its table, figure and page."""
    outcomes: Annotated[tuple[Key, ...], Field(min_length=1)]
    """Outcomes that answer the question; a trial contributes the first that it reports."""
    measure: TwoArmMeasure | OneArmMeasure
    """Effect measure."""
    arm: Role | None = None
    """For a single proportion: the arm it is about."""
    grade: Text | None = None
    """For an adverse event: the grade it is about."""
    eligible: dict[Key, Annotated[tuple[Text, ...], Field(min_length=1)]] = {}
    """Trait -> values that make a trial eligible, e.g. `allocation = ["randomised"]`."""
    where: dict[Key, Said] = {}
    """Field of a trial or result -> what it must hold: a value, a list of values (any of them),
    `"!value"` (anything else), `">=2015"` for numbers. The same words as in `Registry.effects`."""
    exclude: tuple[Exclusion, ...] = ()
    """Eligible trials that are left out all the same."""
    cut: Literal["primary", "first", "latest"] = "primary"
    """Data cut to take: the one the record calls primary, the oldest or the latest."""
    assessment: Literal["primary"] | Assessment = "primary"
    """Assessment to take: the one the record calls primary, or a named one."""
    shared_control: SharedControl = "covariance"
    """What becomes of contrasts of one trial that share an arm."""
    subgroup: Key | None = None
    """Trait by which the trials are grouped."""
    importance: Importance | None = None
    """How much the outcome matters to patients; summaries of findings show those that do."""
    baselines: tuple[Baseline, ...] = ()
    """Patients without the treatment, for absolute effects. Counts take the control arms of the
    question's own trials where it is left out."""
    thresholds: Thresholds | None = None
    """From which difference on an effect matters; without it nothing calls an effect small or
    large."""
    certainty: CertaintyJudgement | None = None
    """Certainty of the evidence by GRADE."""
    pooling: Pooling | None = None
    """How its studies are pooled; what is left out is as the plan says in general."""
    note: Text | None = None
    """What a reader should know about the question."""

    @property
    def one_arm(self) -> bool:
        """Whether the question is about single arms rather than a comparison."""
        return self.measure.startswith("P")

    def filters(self) -> dict[str, Filter]:
        """Every word of the question by its field; primary reports of all patients by default."""
        said: dict[str, Wanted] = {
            **self.eligible,
            "subgroup": "none",
            "assessment": self.assessment,
            "cut": self.cut,
        }
        said |= {} if self.grade is None else {"grade": self.grade}
        return {name: make_filter(name, value) for name, value in (said | self.where).items()}

    def outcomes_asked(self) -> tuple[str, ...]:
        """The outcomes that answer it, in the order in which a trial's first one is taken."""
        wanted = self.filters().get("outcome", Filter("outcome"))
        asked = wanted.wanted or self.outcomes
        return tuple(outcome for outcome in asked if not wanted.excludes((outcome,)))

    def asked(self, **words: Wanted) -> Question:
        """The question with other words for these fields; None lifts the question's own word."""
        kept = {name: value for name, value in self.eligible.items() if name not in words}
        said = {name: value for name, value in (self.where | words).items() if value is not None}
        changes: dict[str, object] = {"eligible": kept, "where": said}
        if "grade" in words:
            changes["grade"] = None
        return self.model_copy(update=changes)


class ArmNames(Part):
    """What the arms are called across trials, in tables and figures."""

    experimental: Text = "Experimental"
    """Name of the experimental arms."""
    control: Text = "Control"
    """Name of the control arms."""


class PublishedPool(Part):
    """A pooled hazard ratio that a meta-analysis published, beside the trials it rests on.

    The audit pools the trials' own figures and compares.
    """

    key: Key
    """What findings call it."""
    citation: Text
    """The meta-analysis."""
    where: Text
    """Where in it the result is printed."""
    status: Status
    """Whether it was seen there."""
    question: Key
    """Question of the plan whose result of each trial is pooled."""
    trials: Annotated[tuple[Key, ...], Field(min_length=2)]
    """Keys of its trials."""
    estimate: Positive
    """The printed pooled hazard ratio, of a common-effect model."""
    low: Positive
    """Lower limit."""
    high: Positive
    """Upper limit."""
    level: Level
    """Confidence level of the limits."""
    q: Annotated[Decimal, Field(ge=0, allow_inf_nan=False)] | None = None
    """Cochran's Q as printed."""
    i2: Percent | None = None
    """I² as printed, in percent."""


class Plan(Part):
    """The whole of `review.toml`."""

    title: Text
    """Name of the review."""
    summary: Text
    """What it asks and of which trials, in a few sentences."""
    arms: ArmNames = ArmNames()
    """What the arms are called across trials."""
    outcomes: dict[Key, Outcome] = {}
    """Outcome key -> what it means."""
    questions: tuple[Question, ...] = ()
    """The analyses, in the order of the report."""
    pooling: Pooling | None = None
    """How studies are pooled, where the question says nothing else."""
    published: tuple[PublishedPool, ...] = ()
    """Pooled results of others, to be compared with what their trials give."""
    flow: Flow | None = None
    """How the studies were found: the counts of the PRISMA 2020 flow diagram."""
    protocol: Protocol | None = None
    """Who made the review, and what was laid down before."""
    eligibility: Eligibility | None = None
    """Which studies belong to it, in words."""
    search: Search | None = None
    """How studies were looked for."""
    conduct: Conduct | None = None
    """How the review was done."""
    discussion: Discussion | None = None
    """What the results mean, in the authors' words."""

    def pooling_of(self, question: Question) -> dict[str, Any]:
        """The arguments of `metaonc.pool` for a question; those left out follow from the policy."""
        general, own = (said.words() if said else {} for said in (self.pooling, question.pooling))
        return override(general, own)
