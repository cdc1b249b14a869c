"""Rules on judgements of the risk of bias."""

from __future__ import annotations

from collections.abc import Iterator

from metaonc.registry.records import Trial
from metaonc.registry.risk_of_bias import TOOLS
from metaonc.registry.rules.breach import Breach, describe_bias

_TOOL = {
    "randomised": "RoB 2",
    "single-arm": "ROBINS-I",
    "non-randomised": "ROBINS-I",
}


def overall_follows_domains(trial: Trial) -> Iterator[Breach]:
    """The overall judgement is one that the tool's algorithm lets follow from the domains."""
    for i, judged in enumerate(trial.risk_of_bias):
        allowed = judged.allowed_overall()
        if judged.overall not in allowed:
            words = ", ".join(judged.said().values())
            yield Breach(
                f"{describe_bias(i, judged)}.overall",
                repr(judged.overall),
                f"does not follow from the domains ({words}) by {judged.tool}",
                f"use {' or '.join(allowed)}, or correct a domain",
            )
        elif judged.overall != allowed[0] and judged.note is None:
            yield Breach(
                f"{describe_bias(i, judged)}.overall",
                repr(judged.overall),
                f"differs from {allowed[0]!r}, to which the domains add up by themselves",
                f"say why in note, or use {allowed[0]}",
            )


def outcomes_are_reported(trial: Trial) -> Iterator[Breach]:
    """Judgements are about outcomes, and assessments of them, that the record reports."""
    reported = [*trial.results, *trial.derived]
    outcomes = list(dict.fromkeys(result.outcome for result in reported))
    for i, judged in enumerate(trial.risk_of_bias):
        where = describe_bias(i, judged)
        if judged.outcome not in outcomes:
            yield Breach(
                f"{where}.outcome",
                repr(judged.outcome),
                "is not an outcome with results in the record",
                f"use one of: {', '.join(outcomes)}" if outcomes else "enter its results first",
            )
            continue
        seen = dict.fromkeys(r.assessment for r in reported if r.outcome == judged.outcome)
        if judged.assessment is not None and judged.assessment not in seen:
            yield Breach(
                f"{where}.assessment",
                repr(judged.assessment),
                f"is not how any result of {judged.outcome} was assessed",
                f"use one of: {', '.join(seen)}, or leave it out",
            )


def judged_once(trial: Trial) -> Iterator[Breach]:
    """No result has two assessments of the same effect."""
    first: dict[tuple[object, ...], int] = {}
    for i, judged in enumerate(trial.risk_of_bias):
        earlier = first.setdefault((judged.outcome, judged.assessment, judged.effect), i)
        if earlier != i:
            yield Breach(
                describe_bias(i, judged),
                "",
                f"judges the same results as risk of bias {earlier + 1}",
                "keep one of them, or tell them apart by assessment or effect",
            )


def tool_fits_design(trial: Trial) -> Iterator[Breach]:
    """RoB 2 is for randomised trials, ROBINS-I for studies without randomisation."""
    fitting = _TOOL[trial.design.allocation]
    for i, judged in enumerate(trial.risk_of_bias):
        if judged.tool != fitting:
            domains = ", ".join(TOOLS[fitting].domains)
            yield Breach(
                f"{describe_bias(i, judged)}.tool",
                repr(judged.tool),
                f"does not go with design.allocation = {trial.design.allocation!r}",
                f"use {fitting} with its domains ({domains})",
            )
