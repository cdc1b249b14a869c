"""What one trial's record may hold: the shape of a file in `studies/`.

These models check structure (fields, types, single values). Rules that compare values with each
other are in :mod:`metaonc.registry.rules`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from metaonc.registry.printed import Count, Level, Patients, Percent, Positive, Probability

Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Text = Annotated[str, Field(min_length=1)]
Status = Literal["confirmed", "unconfirmed"]
Assessment = Literal["investigator", "central", "not stated"]
Role = Literal["experimental", "control"]


class Part(BaseModel):
    """Any piece of a record: immutable, and closed to fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Source(Part):
    """Where a number stands in print."""

    reference: Key
    """Key of one of the record's references."""
    where: Text
    """Where in that reference: abstract, a table, a page."""


class Reference(Part):
    """A publication about the trial."""

    key: Key
    kind: Literal[
        "article", "abstract", "registration", "review", "news", "website", "comment", "erratum"
    ]
    citation: Text
    year: Annotated[int, Field(ge=1950, le=2100, strict=True)]
    doi: Annotated[str, Field(pattern=r"^10\.\d{4,9}/\S+$")] | None = None
    pmid: Annotated[int, Field(gt=0, strict=True)] | None = None
    pmcid: Annotated[str, Field(pattern=r"^PMC\d+$")] | None = None
    status: Status
    """`confirmed` if the bibliographic details were seen at the publisher or in an index."""


class Treatment(Part):
    """One drug of an arm, with its dose and schedule."""

    drug: Text
    dose: Text | None = None
    schedule: Text | None = None


class Arm(Part):
    """A treatment group."""

    key: Key
    role: Role
    label: Text
    treatments: Annotated[tuple[Treatment, ...], Field(min_length=1)]
    n: Patients
    """Patients allocated to the arm."""
    source: Source
    status: Status


class Cut(Part):
    """A data cut: the state of follow-up that a publication reports. Listed oldest first."""

    key: Key
    label: Text
    date: Text | None = None
    follow_up: Text | None = None


class Design(Part):
    """How the trial was built."""

    phase: Literal["I", "I/II", "II", "II/III", "III", "IIIb", "IV", "not stated"]
    allocation: Literal["randomised", "single-arm", "non-randomised"]
    masking: Literal["open-label", "double-blind", "not stated"]
    setting: Literal["advanced", "neoadjuvant", "adjuvant"]
    ratio: Text | None = None
    population: Text
    stratified_by: tuple[Text, ...] = ()
    primary_endpoint: Text | None = None
    notes: tuple[Text, ...] = ()
    source: Source
    status: Status


class PrimaryChoice(Part):
    """The cut and assessment of one outcome that an analysis takes unless told otherwise."""

    cut: Key
    assessment: Assessment


class Result(Part):
    """What every printed result says about itself."""

    outcome: Key
    cut: Key
    assessment: Assessment
    subgroup: Text | None = None
    """Patients it is about; everyone randomised (or treated) when absent."""
    source: Source
    status: Status
    """`unconfirmed` = awaiting a look at the paper."""
    unconfirmed: tuple[Text, ...] = ()
    """Fields still awaiting confirmation in a result that is otherwise confirmed."""
    note: Text | None = None

    def awaits_confirmation(self, *fields: str) -> bool:
        """Whether any of `fields` (all of the result when none is named) is not yet confirmed."""
        if self.status == "unconfirmed":
            return True
        wanted = fields or self.unconfirmed
        return any(field in self.unconfirmed for field in wanted)


class HazardRatio(Result):
    """A hazard ratio, experimental over control."""

    kind: Literal["hazard_ratio"]
    experimental: Key
    control: Key
    estimate: Positive
    low: Positive | None = None
    high: Positive | None = None
    level: Level | None = None
    p: Probability | None = None
    p_sides: Literal[1, 2] | None = None


class ArmCount(Part):
    """Events among the patients of one arm."""

    events: Count | None = None
    n: Patients
    percent: Percent | None = None
    events_from: Literal["print", "percent"] = "print"
    """`percent`: the count was worked out from the printed percentage."""
    low: Percent | None = None
    high: Percent | None = None
    level: Level | None = None


class Counts(Result):
    """Patients with an event, per arm: response, benefit, an adverse event, a death."""

    kind: Literal["counts"]
    arms: Annotated[dict[Key, ArmCount], Field(min_length=1)]
    grade: Literal["any", "3", "4", "3-4", ">=2", ">=3"] | None = None
    """Severity of an adverse event."""
    p: Probability | None = None
    p_sides: Literal[1, 2] | None = None


class ArmMedian(Part):
    """Median time to an event in one arm, in months."""

    median: Positive
    low: Positive | None = None
    high: Positive | None = None
    level: Level | None = None


class Medians(Result):
    """Median times, per arm, in months."""

    kind: Literal["medians"]
    arms: Annotated[dict[Key, ArmMedian], Field(min_length=1)]


class ArmSurvival(Part):
    """Share of one arm free of the event at a time point."""

    percent: Percent
    low: Percent | None = None
    high: Percent | None = None
    level: Level | None = None


class Survival(Result):
    """Survival (freedom from the event) at a time point, per arm."""

    kind: Literal["survival"]
    months: Positive
    arms: Annotated[dict[Key, ArmSurvival], Field(min_length=1)]


AnyResult = Annotated[
    HazardRatio | Counts | Medians | Survival,
    Field(discriminator="kind"),
]


class Trial(Part):
    """One trial as published: the whole of one file in the registry."""

    key: Key
    """The file's name without `.toml`."""
    name: Text
    also_known_as: tuple[Text, ...] = ()
    title: Text | None = None
    registrations: tuple[Text, ...] = ()
    summary: Text
    """One or two sentences for a reader who does not know the trial."""
    attributes: dict[Key, Text] = {}
    """What subgroups and moderators go by, e.g. `agent`, `line`, `resistance`."""
    notes: tuple[Text, ...] = ()
    references: Annotated[tuple[Reference, ...], Field(min_length=1)]
    design: Design
    arms: Annotated[tuple[Arm, ...], Field(min_length=1)]
    cuts: Annotated[tuple[Cut, ...], Field(min_length=1)]
    primary: dict[Key, PrimaryChoice] = {}
    """Outcome -> the cut and assessment an analysis takes; needed where there are several."""
    results: Annotated[tuple[AnyResult, ...], Field(min_length=1)]

    @property
    def year(self) -> int:
        """Year of the trial's first article, or of its first reference without one."""
        articles = [ref.year for ref in self.references if ref.kind == "article"]
        return min(articles or [ref.year for ref in self.references])

    def arm(self, key: str) -> Arm:
        """Return the arm called `key`."""
        return next(arm for arm in self.arms if arm.key == key)

    def reference(self, key: str) -> Reference:
        """Return the reference called `key`."""
        return next(ref for ref in self.references if ref.key == key)

    def cut(self, key: str) -> Cut:
        """Return the data cut called `key`."""
        return next(cut for cut in self.cuts if cut.key == key)

    def traits(self) -> dict[str, str]:
        """Everything eligibility and subgroups may ask for: design words and attributes."""
        design = self.design
        words = {
            "phase": design.phase,
            "allocation": design.allocation,
            "masking": design.masking,
            "setting": design.setting,
        }
        return {**words, **self.attributes}
