"""What one trial's record may hold: the shape of a file in `studies/`.

The models here and in :mod:`metaonc.registry.parts` and :mod:`metaonc.registry.results` check
structure (fields, types, single values). Rules that compare values with each other are in
:mod:`metaonc.registry.rules`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from metaonc.registry.identifiers import Registration
from metaonc.registry.parts import (
    Arm,
    Assessment,
    Cut,
    Design,
    Key,
    Overlap,
    Part,
    PrimaryChoice,
    Reference,
    Role,
    Source,
    Status,
    Text,
    Treatment,
    Waiver,
)
from metaonc.registry.printed import Patients
from metaonc.registry.results import (
    AnyResult,
    ArmCount,
    ArmMedian,
    ArmSurvival,
    Counts,
    HazardRatio,
    Medians,
    Result,
    Sum,
    Survival,
)
from metaonc.registry.risk_of_bias import (
    AnyBias,
    BiasAssessment,
    NonRandomisedBias,
    RandomisedBias,
    judged,
)

__all__ = [
    "AnyBias",
    "AnyResult",
    "Arm",
    "ArmCount",
    "ArmMedian",
    "ArmSurvival",
    "Assessment",
    "BiasAssessment",
    "Counts",
    "Cut",
    "Design",
    "HazardRatio",
    "Key",
    "Medians",
    "NonRandomisedBias",
    "Overlap",
    "Part",
    "PrimaryChoice",
    "RandomisedBias",
    "Reference",
    "Result",
    "Role",
    "Source",
    "Status",
    "Sum",
    "Survival",
    "Text",
    "Treatment",
    "Trial",
    "Waiver",
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
    registrations: tuple[Registration, ...] = ()
    """Registration numbers, e.g. `NCT01298713`."""
    summary: Text
    """One or two sentences for a reader who does not know the trial."""
    attributes: dict[Key, Text] = {}
    """What subgroups and moderators go by, e.g. `agent`, `line`, `resistance`."""
    notes: tuple[Text, ...] = ()
    """What a reader should know about the trial, a sentence each."""
    unusable: Text | None = None
    """Why no analysis can use the trial, in a sentence; every result lists it with this reason."""
    randomised: Patients | None = None
    """Patients randomised (or enrolled) in all, as printed."""
    randomised_source: Source | None = None
    """Where that total stands in print; goes with it."""
    randomised_status: Status | None = None
    """Whether it was seen there; goes with it."""
    overlaps: tuple[Overlap, ...] = ()
    """Other records of the registry with the same patients."""
    waivers: tuple[Waiver, ...] = ()
    """Findings of the audit that stand, and why."""
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
    results: tuple[AnyResult, ...] = ()
    """Every printed result; none only where `unusable` says why."""
    derived: tuple[Sum, ...] = ()
    """Results that are not printed but add up from printed ones."""
    risk_of_bias: tuple[AnyBias, ...] = ()
    """Judgements on the risk of bias, per outcome."""

    @property
    def year(self) -> int:
        """Year of the first article; without one, of the first abstract or of anything else."""
        articles = [ref.year for ref in self.references if ref.kind == "article"]
        abstracts = [ref.year for ref in self.references if ref.kind == "abstract"]
        return min(articles or abstracts or [ref.year for ref in self.references])

    @property
    def patients(self) -> int | None:
        """Patients in the trial: the printed total, or its arms together where all are known."""
        if self.randomised is not None:
            return self.randomised
        sizes = [arm.n for arm in self.arms]
        return None if None in sizes else sum(n for n in sizes if n is not None)

    def arm(self, key: str) -> Arm:
        """Return the arm called `key`."""
        return next(arm for arm in self.arms if arm.key == key)

    def reference(self, key: str) -> Reference:
        """Return the reference called `key`."""
        return next(ref for ref in self.references if ref.key == key)

    def cut(self, key: str) -> Cut:
        """Return the data cut called `key`."""
        return next(cut for cut in self.cuts if cut.key == key)

    def bias_of(
        self, outcome: str, assessment: Assessment = "not stated"
    ) -> RandomisedBias | NonRandomisedBias | None:
        """Risk of bias of results of an outcome; None where nobody has judged it."""
        return judged(self.risk_of_bias, outcome, assessment)

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
