"""The parts of a trial's record that describe the trial: sources, arms, cuts, design."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from metaonc.registry.identifiers import Doi, Pmcid, Pmid
from metaonc.registry.printed import Patients

Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=80)]
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
    doi: Doi | None = None
    """As `10.1200/JCO.2011.39.0708`, without an address before it."""
    pmid: Pmid | None = None
    """Number in PubMed."""
    pmcid: Pmcid | None = None
    """Number in PubMed Central."""
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
    n: Patients | None = None
    """Patients allocated to the arm; left out where it is not known, which `note` then says."""
    note: Text | None = None
    """What a reader should know about the arm; needed where `n` is left out."""
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
    interim: Annotated[bool, Field(strict=True)] | None = None
    """Whether it is an interim look; left out where that is not stated."""
    superseded_by: Key | None = None
    """Key of the later cut that replaces its figures, for two versions of the same data."""


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


class Overlap(Part):
    """Another trial or publication of the registry with the same patients."""

    trial: Key
    """Key of the other record."""
    patients: Literal["all", "some", "none"]
    """How many of this record's patients are in the other one too; `none` settles a suspicion."""
    keep: Key | None = None
    """Key of the record an analysis keeps when both would enter; without it, it is refused."""
    reason: Text
    """How that is known, in a sentence."""


class Waiver(Part):
    """A finding of the audit that stands, and why."""

    rule: Text
    """Code of the audit's rule."""
    result: Annotated[int, Field(gt=0, strict=True)] | None = None
    """The result it is about, counted from 1; the whole record when absent."""
    field: Text | None = None
    """The field it is about."""
    reason: Text
    """Why the number stands all the same; reports print it."""
