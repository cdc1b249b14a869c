"""The review plan: which questions are asked of the trials. The shape of `review.toml`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from metaonc.registry.records import Assessment, Key, Part, Role, Text

TwoArmMeasure = Literal["HR", "OR", "RR", "RD"]
OneArmMeasure = Literal["PRAW", "PLOGIT", "PAS", "PFT"]


class Outcome(Part):
    """What an outcome key means, and whether its event is something one wants to happen."""

    label: Text
    event: Literal["wanted", "unwanted"]
    """Response is wanted; progression, death and adverse events are unwanted."""
    definition: Text | None = None


class Exclusion(Part):
    """An eligible trial that a question leaves out, and why."""

    trial: Key
    reason: Text


class Question(Part):
    """One analysis: which trials, which of their results, as which effect measure."""

    key: Key
    title: Text
    outcomes: Annotated[tuple[Key, ...], Field(min_length=1)]
    """Outcomes that answer the question; a trial contributes the first that it reports."""
    measure: TwoArmMeasure | OneArmMeasure
    arm: Role | None = None
    """For a single proportion: the arm it is about."""
    grade: Text | None = None
    """For an adverse event: the grade it is about."""
    eligible: dict[Key, tuple[Text, ...]] = {}
    """Trait -> values that make a trial eligible, e.g. `allocation = ["randomised"]`."""
    exclude: tuple[Exclusion, ...] = ()
    cut: Literal["primary", "first", "latest"] = "primary"
    assessment: Literal["primary"] | Assessment = "primary"
    subgroup: Key | None = None
    """Trait by which the trials are grouped."""
    note: Text | None = None

    @property
    def one_arm(self) -> bool:
        """Whether the question is about single arms rather than a comparison."""
        return self.measure.startswith("P")


class ArmNames(Part):
    """What the arms are called across trials, in tables and figures."""

    experimental: Text = "Experimental"
    control: Text = "Control"


class Plan(Part):
    """The whole of `review.toml`."""

    title: Text
    summary: Text
    arms: ArmNames = ArmNames()
    outcomes: dict[Key, Outcome] = {}
    questions: tuple[Question, ...] = ()
