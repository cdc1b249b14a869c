"""`Registry`: trial records that answer a question with effects."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from metaonc.effects.continuity import Correction
from metaonc.effects.effects import Effects
from metaonc.effects.measures import level_text, measure_named
from metaonc.effects.tables import effect_sizes
from metaonc.errors import EffectsError, PlanError
from metaonc.registry import (
    Chosen,
    Counts,
    HazardRatio,
    Question,
    Records,
    load_records,
    select,
)
from metaonc.registry.plan import ArmNames
from metaonc.registry.records import Arm, Role
from metaonc.registry.selection import fields_used

if TYPE_CHECKING:
    from metaonc.registry.plan import OneArmMeasure, TwoArmMeasure


@dataclass(frozen=True, repr=False)
class Registry(Records):
    """Trial records, the questions asked of them, and the effects that answer these.

    Made by :func:`load_registry`; everything about the records themselves is inherited from
    `Records`: iterate over it, index it by key, read its `plan` and its `problems`.
    """

    def effects(
        self,
        name: str,
        *,
        measure: str | None = None,
        arm: Role | None = None,
        confirmed_only: bool = False,
        add: float = 0.5,
        to: Correction = "only0",
    ) -> Effects:
        """Effects that answer a question of the review plan.

        Parameters
        ----------
        name : str
            Key of a question of the plan, e.g. ``"pfs"``; without one, an outcome key, for which
            every trial's primary result is taken.
        measure : str, optional
            Another effect measure than the question's: one of HR; OR, RR, RD; PRAW, PLOGIT, PAS,
            PFT.
        arm : {"experimental", "control"}, optional
            For single proportions: the arm. Default: the question's, or experimental.
        confirmed_only : bool, default False
            Leave out numbers that still await a look at the paper.
        add, to
            Continuity correction, as in :func:`effect_sizes`.

        Returns
        -------
        Effects
            One study per trial that has a result; the others in `left_out`, each with its reason.
            Columns hold arms, counts, traits, source and status of every study.

        Raises
        ------
        PlanError
            If the registry has no such question or outcome.
        EffectsError
            If no trial has a result for it.

        Examples
        --------
        >>> import metaonc as mo
        >>> effects = mo.load_registry().effects("pfs")
        >>> effects.k, effects.measure
        (6, 'HR')
        """
        question = self._adapted(self.question(name), measure, arm)
        selection = select(self.trials, question, confirmed_only=confirmed_only)
        if not selection.chosen:
            reasons = "; ".join(f"{out.label}: {out.reason}" for out in selection.left_out)
            raise EffectsError(f"no trial answers the question {name!r} ({reasons}).")
        import pandas as pd

        frame = pd.DataFrame([study_row(chosen) for chosen in selection.chosen])
        effects = effect_sizes(question.measure, frame, add=add, to=to)
        return self._described(effects, question, selection.left_out)

    def _adapted(self, question: Question, measure: str | None, arm: Role | None) -> Question:
        """Put the caller's measure and arm in place of the question's own."""
        code = cast("TwoArmMeasure | OneArmMeasure", measure or question.measure)
        one_arm = measure_named(code).null is None
        if arm not in (None, "experimental", "control"):
            raise PlanError(f"arm = {arm!r} is not 'experimental' or 'control'.")
        if arm and not one_arm:
            raise PlanError(
                f"{code} compares two arms, so arm = {arm!r} does not apply; "
                "choose a single proportion (PRAW, PLOGIT, PAS, PFT) or leave arm out."
            )
        chosen_arm = (arm or question.arm or "experimental") if one_arm else None
        return question.model_copy(update={"measure": code, "arm": chosen_arm})

    def _described(self, effects: Effects, question: Question, left_out: Any) -> Effects:
        """Add the words that tables and figures need."""
        low, high = self._favours(question)
        values = {f.name: getattr(effects, f.name) for f in fields(effects)}
        values |= {
            "left_out": (*left_out, *effects.left_out),
            "notes": (*effects.notes, *_notes(effects)),
            "title": question.title,
            "favours_low": low,
            "favours_high": high,
            "arm_labels": self._arm_labels(question),
        }
        return Effects(**values)

    def _arm_labels(self, question: Question) -> tuple[str, ...]:
        names = self.plan.arms if self.plan else ArmNames()
        if question.arm == "control":
            return (names.control,)
        return (names.experimental,) if question.arm else (names.experimental, names.control)

    def _favours(self, question: Question) -> tuple[str, str]:
        """Whom an effect below and above the null favours; blank where the plan does not say."""
        outcome = self.plan.outcomes.get(question.outcomes[0]) if self.plan else None
        if outcome is None or question.one_arm:
            return "", ""
        better, worse = (f"Favours {name}" for name in self._arm_labels(question))
        return (worse, better) if outcome.event == "wanted" else (better, worse)


def load_registry(folder: str | Path | None = None, *, strict: bool = True) -> Registry:
    """Load trial records and their review plan.

    Parameters
    ----------
    folder : path, optional
        Folder with one TOML file per trial and, usually, a ``review.toml``. Default: the records
        shipped with metaonc.
    strict : bool, default True
        Refuse the folder if any file breaks a rule. Otherwise keep the valid records and list what
        is wrong with the others under `problems`.

    Returns
    -------
    Registry

    Raises
    ------
    RecordError
        With one sentence on the first problem, and all of them under `problems`.

    Examples
    --------
    >>> import metaonc as mo
    >>> registry = mo.load_registry()
    >>> registry["tamrad"].design.phase
    'II'
    """
    records = load_records(folder, strict=strict)
    return Registry(**{f.name: getattr(records, f.name) for f in fields(records)})


def study_row(chosen: Chosen) -> dict[str, Any]:
    """One trial's result as a row of a raw table, with its arms, traits and origin beside it."""
    trial, result = chosen.trial, chosen.result
    reference = trial.reference(result.source.reference)
    row: dict[str, Any] = {"label": f"{trial.name} {trial.year}"}
    if isinstance(result, HazardRatio):
        row |= _hazard_ratio_cells(result)
        row |= {"n_1": trial.arm(chosen.experimental).n, "n_2": trial.arm(chosen.control).n}
    else:
        row |= _count_cells(result, chosen)
    arms = [trial.arm(key) for key in (chosen.experimental, chosen.control) if key]
    return (
        row
        | _arm_cells(arms)
        | {
            "trial": trial.key,
            "year": trial.year,
            **trial.traits(),
            "outcome": result.outcome,
            "grade": getattr(result, "grade", None),
            "cut": trial.cut(result.cut).label,
            "assessment": result.assessment,
            "printed": printed_as(chosen),
            "source": f"{reference.citation} ({result.source.where})",
            "status": (
                "unconfirmed" if result.awaits_confirmation(*fields_used(result)) else "confirmed"
            ),
        }
    )


def _hazard_ratio_cells(result: HazardRatio) -> dict[str, Any]:
    return {
        "estimate": float(cast(float, result.estimate)),
        "low": float(cast(float, result.low)),
        "high": float(cast(float, result.high)),
        "level": float(cast(float, result.level)),
    }


def _count_cells(result: Counts, chosen: Chosen) -> dict[str, Any]:
    first = result.arms[chosen.experimental]
    if not chosen.control:
        return {"events": first.events, "n": first.n}
    second = result.arms[chosen.control]
    return {
        "events_1": first.events,
        "n_1": first.n,
        "events_2": second.events,
        "n_2": second.n,
    }


def _arm_cells(arms: list[Arm]) -> dict[str, str]:
    return {f"arm_{i}": arm.label for i, arm in enumerate(arms, start=1)}


def printed_as(chosen: Chosen) -> str:
    """The result in the digits of its source.

    Examples
    --------
    >>> import metaonc as mo
    >>> from metaonc.registry import select
    >>> registry = mo.load_registry()
    >>> chosen = select([registry["bolero-5"]], registry.question("pfs"), confirmed_only=False)
    >>> printed_as(chosen.chosen[0])
    'HR 0.52 (90% CI 0.38 to 0.71)'
    """
    result = chosen.result
    if isinstance(result, HazardRatio):
        level = float(cast(float, result.level))
        return f"HR {result.estimate} ({level_text(level)} CI {result.low} to {result.high})"
    keys = [key for key in (chosen.experimental, chosen.control) if key]
    return " v ".join(f"{result.arms[key].events}/{result.arms[key].n}" for key in keys)


def _notes(effects: Effects) -> list[str]:
    """What a reader of the pooled result should know about its inputs."""
    notes = []
    if "printed_level" in effects.columns:
        other = [
            f"{label} ({level_text(level)})"
            for label, level in zip(effects.labels, effects.columns["printed_level"], strict=True)
            if level != 0.95
        ]
        if other:
            notes.append(
                f"Printed with an interval of another level than 95%: {', '.join(other)}; "
                "its variance follows from that level."
            )
    grades = dict(zip(effects.labels, effects.columns["grade"], strict=True))
    if len(set(grades.values())) > 1:
        listed = ", ".join(f"{label} ({grade or 'not stated'})" for label, grade in grades.items())
        notes.append(f"The grades differ: {listed}.")
    awaiting = [
        label
        for label, status in zip(effects.labels, effects.columns["status"], strict=True)
        if status == "unconfirmed"
    ]
    if awaiting:
        notes.append(f"Awaiting confirmation in the paper: {', '.join(awaiting)}.")
    return notes
