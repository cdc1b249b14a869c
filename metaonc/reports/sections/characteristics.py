"""The tables "Characteristics of included studies" and "… of excluded studies", as Cochrane's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from metaonc.effects import Registry
from metaonc.registry import Trial
from metaonc.registry.plan import Plan
from metaonc.registry.records import Arm
from metaonc.reports.document import (
    Facts,
    Link,
    Page,
    Paragraph,
    Section,
    Table,
    blocks,
    capital,
    section,
)
from metaonc.reports.sections.words import facts, lines, outcome_label, trial_key

CHARACTERISTICS = "trials/characteristics"


def characteristics(registry: Registry) -> Page:
    """A table per study with effects, and the reasons of those without."""
    used = [trial for trial in registry if not trial.unusable]
    unused = [trial for trial in registry if trial.unusable]
    said = Paragraph(
        f"Methods, participants, interventions, outcomes and notes of {len(used)} studies with "
        f"results that an analysis can use, then {len(unused)} without, with the reason. Each "
        "study's own page has the source and status of every statement.",
        "lead",
    )
    excluded = Table(
        ("Study", "Reason"), tuple((_link(trial), trial.unusable or "") for trial in unused)
    )
    return Page(
        CHARACTERISTICS,
        "Characteristics of studies",
        blocks(
            said,
            section("Included studies", (_study(trial, registry.plan) for trial in used)),
            section("Studies without usable results", excluded if unused else None),
        ),
    )


def _link(trial: Trial) -> Link:
    return Link(_name(trial), page=trial_key(trial.key))


def _name(trial: Trial) -> str:
    return trial.name if trial.name.endswith(str(trial.year)) else f"{trial.name} {trial.year}"


def _study(trial: Trial, plan: Plan | None) -> Section:
    found: Facts | None = facts(
        (
            ("Methods", lines(_methods(trial))),
            ("Participants", lines(_participants(trial))),
            ("Interventions", lines(map(_arm, trial.arms))),
            ("Outcomes", "; ".join(_outcomes(trial, plan))),
            ("Notes", lines((*_registered(trial), *trial.notes))),
            ("Page", _link(trial)),
        )
    )
    return Section(_name(trial), blocks(found), anchor=f"study-{trial.key}")


def _methods(trial: Trial) -> Iterator[str]:
    design = trial.design
    ratio = f", {design.ratio}" if design.ratio else ""
    yield f"Allocation: {design.allocation}{ratio}"
    yield f"Masking: {design.masking}"
    yield f"Phase: {design.phase}"
    if design.stratified_by:
        yield f"Stratified by: {'; '.join(design.stratified_by)}"
    cuts = ", ".join(cut.follow_up for cut in trial.cuts if cut.follow_up)
    if cuts:
        yield f"Follow-up: {cuts}"


def _participants(trial: Trial) -> Iterator[str]:
    yield trial.design.population
    number = "not known" if trial.patients is None else f"{trial.patients:,}"
    yield f"Setting: {trial.design.setting}; patients: {number}"


def _arm(arm: Arm) -> str:
    drugs = (" ".join(filter(None, (one.drug, one.dose, one.schedule))) for one in arm.treatments)
    size = "not known" if arm.n is None else str(arm.n)
    return f"{capital(arm.role)} (n = {size}): {'; '.join(drugs)}"


def _outcomes(trial: Trial, plan: Plan | None) -> Iterable[str]:
    names = dict.fromkeys(result.outcome for result in trial.results)
    primary = trial.design.primary_endpoint
    said = [f"Primary endpoint: {primary}"] if primary else []
    return [*said, *(outcome_label(plan, name) for name in names)]


def _registered(trial: Trial) -> Iterable[str]:
    return [f"Registered as {', '.join(trial.registrations)}"] if trial.registrations else []
