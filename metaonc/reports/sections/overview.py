"""The page that lists every trial, with filters where the format has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from metaonc.effects import Registry
from metaonc.registry import Trial
from metaonc.registry.audit import Audit
from metaonc.reports.analyses import Analysis
from metaonc.reports.document import Cell, Link, Marked, Page, Paragraph, Table, status
from metaonc.reports.sections.characteristics import CHARACTERISTICS
from metaonc.reports.sections.trials import confirmed_results, size_text
from metaonc.reports.sections.words import TRIALS, lines, trial_key

_HEAD = ("Trial", "Year", "Setting", "Allocation", "Phase", "Agent", "Patients", "In analyses",
         "Confirmed results", "Audit findings")  # fmt: skip
_CHOICES = ("Setting", "Allocation", "Phase", "Agent", "In analyses")


def trials_index(registry: Registry, analyses: Sequence[Analysis], audit: Audit) -> Page:
    """The page that lists every trial."""
    used = _used(analyses)
    total = sum(len(trial.results) for trial in registry)
    confirmed = sum(map(confirmed_results, registry))
    patients = sum(trial.patients or 0 for trial in registry)
    counted = Paragraph(
        (
            f"{len(registry)} trials with {patients:,} patients and {total} printed results, ",
            f"of which {confirmed} are ",
            status("confirmed"),
            f" in the source that they name and {total - confirmed} are ",
            status("unconfirmed"),
            ". A result counts as confirmed when every part of it is.",
        ),
        "lead",
    )
    more = Paragraph(
        (
            Link("Characteristics of studies", page=CHARACTERISTICS),
            " has methods, participants, interventions, outcomes and notes side by side; ",
            Link("How to add a trial", manual="adding-a-trial"),
            " says how a record is written.",
        )
    )
    rows = tuple(_row(trial, used, audit) for trial in registry)
    table = Table(
        _HEAD,
        rows,
        caption="Trials of the registry",
        numeric=(1, 6),
        choices=_CHOICES,
        searched="Find in names, arms, years",
        stub=True,
    )
    return Page(TRIALS, "Trials", (counted, more, table))


def _used(analyses: Sequence[Analysis]) -> dict[str, int]:
    """In how many analyses each trial has a study."""
    found: dict[str, int] = {}
    for analysis in analyses:
        if analysis.pooled:
            for key in dict.fromkeys(analysis.pooled.effects.columns["trial"]):
                found[str(key)] = found.get(str(key), 0) + 1
    return found


def _row(trial: Trial, used: Mapping[str, int], audit: Audit) -> tuple[Cell, ...]:
    standing = [finding for finding in audit.of(trial.key) if not finding.waived]
    return (
        lines((Link(trial.name, page=trial_key(trial.key)), Marked(_arms(trial), "aside"))),
        str(trial.year),
        trial.design.setting,
        trial.design.allocation,
        trial.design.phase,
        trial.attributes.get("agent", "not stated"),
        "not known" if trial.patients is None else f"{trial.patients:,}",
        f"yes ({used[trial.key]})" if trial.key in used else "no",
        f"{confirmed_results(trial)} of {len(trial.results)}",
        str(len(standing) or "none"),
    )


def _arms(trial: Trial) -> str:
    return "; ".join(f"{arm.label} ({size_text(arm)})" for arm in trial.arms)
