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
    """What sources call the publication."""
    kind: Literal[
        "article", "abstract", "registration", "review", "news", "website", "comment", "erratum"
    ]
    """What sort of publication it is."""
    citation: Text
    """Authors, title, journal: as far as they are known."""
    year: Annotated[int, Field(ge=1950, le=2100, strict=True)]
    """Year of the journal's issue."""
    doi: Annotated[str, Field(pattern=r"^10\.\d{4,9}/\S+$")] | None = None
    pmid: Annotated[int, Field(gt=0, strict=True)] | None = None
    pmcid: Annotated[str, Field(pattern=r"^PMC\d+$")] | None = None
    status: Status
    """`confirmed` if the bibliographic details were seen at the publisher or in an index."""


class Treatment(Part):
    """One drug of an arm, with its dose and schedule."""

    drug: Text
    """Generic name."""
    dose: Text | None = None
    """With its unit, e.g. `10 mg`."""
    schedule: Text | None = None
    """E.g. `daily`."""


class Arm(Part):
    """A treatment group."""

    key: Key
    """What results call the arm."""
    role: Role
    """Whether it holds the treatment in question or what that is compared with."""
    label: Text
    """What tables and figures call the arm."""
    treatments: Annotated[tuple[Treatment, ...], Field(min_length=1)]
    n: Patients
    """Patients allocated to the arm."""
    source: Source
    """Where `n` stands in print."""
    status: Status
    """Whether `n` was seen there."""


class Cut(Part):
    """A data cut: the state of follow-up that a publication reports. Listed oldest first."""

    key: Key
    """What results call the cut."""
    label: Text
    """What tables call the cut."""
    date: Text | None = None
    """Date of the cut, as printed."""
    follow_up: Text | None = None
    """Median follow-up at the cut, as printed."""


class Design(Part):
    """How the trial was built."""

    phase: Literal["I", "I/II", "II", "II/III", "III", "IIIb", "IV", "not stated"]
    """Development phase."""
    allocation: Literal["randomised", "single-arm", "non-randomised"]
    """How patients came to their arm."""
    masking: Literal["open-label", "double-blind", "not stated"]
    """Who knew the treatment."""
    setting: Literal["advanced", "neoadjuvant", "adjuvant"]
    """Stage of the disease that is treated."""
    ratio: Text | None = None
    """Allocation ratio, e.g. `2:1`."""
    population: Text
    """Who was treated, in a sentence."""
    stratified_by: tuple[Text, ...] = ()
    """Factors that stratified the randomisation."""
    primary_endpoint: Text | None = None
    """What the trial was designed on."""
    notes: tuple[Text, ...] = ()
    """Anything else about the design, a sentence each."""
    source: Source
    """Where the design is described."""
    status: Status
    """Whether it was seen there."""


class PrimaryChoice(Part):
    """The cut and assessment of one outcome that an analysis takes unless told otherwise."""

    cut: Key
    """Key of a data cut."""
    assessment: Assessment
    """Who judged the outcome."""


class Result(Part):
    """What every printed result says about itself."""

    outcome: Key
    """What was observed, e.g. `pfs`, `orr`, `stomatitis`."""
    cut: Key
    """Key of the data cut."""
    assessment: Assessment
    """Who judged it: the investigator, or central review."""
    subgroup: Text | None = None
    """Patients it is about; everyone randomised (or treated) when absent."""
    source: Source
    """Where the numbers stand in print."""
    status: Status
    """`unconfirmed` = awaiting a look at the paper."""
    unconfirmed: tuple[Text, ...] = ()
    """Fields still awaiting confirmation in a result that is otherwise confirmed."""
    note: Text | None = None
    """What a reader should know about the numbers."""

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
    """Key of the arm in the numerator."""
    control: Key
    """Key of the arm in the denominator."""
    estimate: Positive
    """The printed hazard ratio."""
    low: Positive | None = None
    """Lower limit."""
    high: Positive | None = None
    """Upper limit."""
    level: Level | None = None
    """Confidence level of the limits; never assumed."""
    p: Probability | None = None
    """The printed p value."""
    p_sides: Literal[1, 2] | None = None
    """Whether that is one- or two-sided; goes with `p`."""


class ArmCount(Part):
    """Events among the patients of one arm."""

    events: Count | None = None
    """Patients with the event."""
    n: Patients
    """Patients counted: the denominator."""
    percent: Percent | None = None
    """The printed percentage, with its printed digits."""
    events_from: Literal["print", "percent"] = "print"
    """`percent`: the count was worked out from the printed percentage."""
    low: Percent | None = None
    """Lower limit of the percentage."""
    high: Percent | None = None
    """Upper limit of the percentage."""
    level: Level | None = None
    """Confidence level of the limits."""


class Counts(Result):
    """Patients with an event, per arm: response, benefit, an adverse event, a death."""

    kind: Literal["counts"]
    arms: Annotated[dict[Key, ArmCount], Field(min_length=1)]
    """Arm key -> its count."""
    grade: Literal["any", "3", "4", "3-4", ">=2", ">=3"] | None = None
    """Severity of an adverse event."""
    p: Probability | None = None
    """The printed p value of the comparison."""
    p_sides: Literal[1, 2] | None = None
    """Whether that is one- or two-sided; goes with `p`."""


class ArmMedian(Part):
    """Median time to an event in one arm, in months."""

    median: Positive
    """Months."""
    low: Positive | None = None
    """Lower limit, months."""
    high: Positive | None = None
    """Upper limit, months."""
    level: Level | None = None
    """Confidence level of the limits."""


class Medians(Result):
    """Median times, per arm, in months."""

    kind: Literal["medians"]
    arms: Annotated[dict[Key, ArmMedian], Field(min_length=1)]
    """Arm key -> its median."""


class ArmSurvival(Part):
    """Share of one arm free of the event at a time point."""

    percent: Percent
    """Patients free of the event, in percent."""
    low: Percent | None = None
    """Lower limit."""
    high: Percent | None = None
    """Upper limit."""
    level: Level | None = None
    """Confidence level of the limits."""


class Survival(Result):
    """Survival (freedom from the event) at a time point, per arm."""

    kind: Literal["survival"]
    months: Positive
    """The time point."""
    arms: Annotated[dict[Key, ArmSurvival], Field(min_length=1)]
    """Arm key -> its survival."""


AnyResult = Annotated[
    HazardRatio | Counts | Medians | Survival,
    Field(discriminator="kind"),
]


class Trial(Part):
    """One trial as published: the whole of one file in the registry."""

    key: Key
    """The file's name without `.toml`."""
    name: Text
    """The name people use."""
    also_known_as: tuple[Text, ...] = ()
    """Other names."""
    title: Text | None = None
    """Title of the main publication."""
    registrations: tuple[Text, ...] = ()
    """Registration numbers, e.g. `NCT01298713`."""
    summary: Text
    """One or two sentences for a reader who does not know the trial."""
    attributes: dict[Key, Text] = {}
    """What subgroups and moderators go by, e.g. `agent`, `line`, `resistance`."""
    notes: tuple[Text, ...] = ()
    """What a reader should know about the trial, a sentence each."""
    references: Annotated[tuple[Reference, ...], Field(min_length=1)]
    """Everything its numbers were found in, and its own papers."""
    design: Design
    """How the trial was built."""
    arms: Annotated[tuple[Arm, ...], Field(min_length=1)]
    """Treatment groups."""
    cuts: Annotated[tuple[Cut, ...], Field(min_length=1)]
    """Data cuts, oldest first."""
    primary: dict[Key, PrimaryChoice] = {}
    """Outcome -> the cut and assessment an analysis takes; needed where there are several."""
    results: Annotated[tuple[AnyResult, ...], Field(min_length=1)]
    """Every printed result."""

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
