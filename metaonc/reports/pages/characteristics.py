"""The tables "Characteristics of included studies" and "… of excluded studies", as Cochrane's."""

from __future__ import annotations

from collections.abc import Iterable

from metaonc.effects import Registry
from metaonc.registry import Trial
from metaonc.registry.plan import Plan
from metaonc.registry.records import Arm
from metaonc.reports.pages.rst import bullets, capital, escape, facts, lines, page, section
from metaonc.reports.pages.words import outcome_label


def characteristics(registry: Registry) -> str:
    """A table per study with effects, and the reasons of those without."""
    used = [trial for trial in registry if not trial.unusable]
    unused = [trial for trial in registry if trial.unusable]
    excluded = facts((_link(trial), escape(trial.unusable or "")) for trial in unused)
    return page(
        "Characteristics of studies",
        f"Methods, participants, interventions, outcomes and notes of {len(used)} studies with "
        f"results that an analysis can use, then {len(unused)} without, with the reason. Each "
        "study's own page has the source and status of every statement.",
        section("Included studies", *(_study(trial, registry.plan) for trial in used)),
        section("Studies without usable results", excluded),
    )


def _link(trial: Trial) -> str:
    return f":doc:`{escape(_name(trial))} <{trial.key}>`"


def _name(trial: Trial) -> str:
    return trial.name if trial.name.endswith(str(trial.year)) else f"{trial.name} {trial.year}"


def _study(trial: Trial, plan: Plan | None) -> str:
    rows = [
        ("Methods", lines(_methods(trial))),
        ("Participants", lines(_participants(trial))),
        ("Interventions", lines(map(_arm, trial.arms))),
        ("Outcomes", escape("; ".join(_outcomes(trial, plan)))),
        ("Notes", bullets(map(escape, (*_registered(trial), *trial.notes)))),
        ("Page", _link(trial)),
    ]
    return section(_name(trial), facts(rows), line="~")


def _methods(trial: Trial) -> Iterable[str]:
    design = trial.design
    ratio = f", {design.ratio}" if design.ratio else ""
    yield f"Allocation: {escape(design.allocation + ratio)}"
    yield f"Masking: {design.masking}"
    yield f"Phase: {design.phase}"
    if design.stratified_by:
        yield f"Stratified by: {escape('; '.join(design.stratified_by))}"
    cuts = ", ".join(cut.follow_up for cut in trial.cuts if cut.follow_up)
    if cuts:
        yield f"Follow-up: {escape(cuts)}"


def _participants(trial: Trial) -> Iterable[str]:
    yield escape(trial.design.population)
    number = "not known" if trial.patients is None else f"{trial.patients:,}"
    yield f"Setting: {trial.design.setting}; patients: {number}"


def _arm(arm: Arm) -> str:
    drugs = (" ".join(filter(None, (one.drug, one.dose, one.schedule))) for one in arm.treatments)
    size = "not known" if arm.n is None else str(arm.n)
    return escape(f"{capital(arm.role)} (n = {size}): {'; '.join(drugs)}")


def _outcomes(trial: Trial, plan: Plan | None) -> Iterable[str]:
    names = dict.fromkeys(result.outcome for result in trial.results)
    primary = trial.design.primary_endpoint
    said = [f"Primary endpoint: {primary}"] if primary else []
    return [*said, *(outcome_label(plan, name) for name in names)]


def _registered(trial: Trial) -> Iterable[str]:
    return [f"Registered as {', '.join(trial.registrations)}"] if trial.registrations else []
