"""The page of one trial: everything in its record."""

from __future__ import annotations

from collections.abc import Sequence

from metaonc.registry import Trial
from metaonc.registry.audit import Finding
from metaonc.registry.identifiers import registration_url
from metaonc.registry.plan import Plan
from metaonc.registry.records import Arm
from metaonc.reports.analyses import Analysis
from metaonc.reports.pages.bias import bias_sections
from metaonc.reports.pages.results import result_sections
from metaonc.reports.pages.rst import (
    AWAITING,
    CONFIRMED,
    bullets,
    capital,
    escape,
    facts,
    lines,
    page,
    section,
    table,
)
from metaonc.reports.pages.words import (
    finding_text,
    in_brackets,
    names_of,
    reference_entry,
    source_text,
    status_word,
)


def trial_page(
    trial: Trial,
    plan: Plan | None,
    analyses: Sequence[Analysis],
    findings: Sequence[Finding] = (),
) -> str:
    """The page of one trial: everything in its record, and what the audit found in it."""
    return page(
        trial.name,
        escape(trial.summary),
        _how_many_confirmed(trial),
        section("In the analyses", _appearances(trial, analyses)),
        section("Design", _design(trial)),
        section("Arms", _arms(trial), _in_all(trial)),
        section("Data cuts", _cuts(trial)),
        section("Results", escape(_unusable(trial)), *result_sections(trial, plan, findings)),
        section("Risk of bias", *bias_sections(trial, plan)),
        section("Audit", *_audit(findings)),
        section("Shared patients", _overlaps(trial)),
        section("Notes", bullets(map(escape, trial.notes))),
        section("References", "\n\n".join(reference_entry(trial, ref) for ref in trial.references)),
    )


def _how_many_confirmed(trial: Trial) -> str:
    confirmed, total = confirmed_results(trial), len(trial.results)
    if not total:
        return ""
    if confirmed == total:
        return f"All {total} printed results are {CONFIRMED}."
    return f"{confirmed} of {total} printed results are {CONFIRMED}; the others are {AWAITING}."


def _appearances(trial: Trial, analyses: Sequence[Analysis]) -> str:
    """The figure the trial gives to each analysis; then the others, by the reason why it is out."""
    said: dict[str, list[str]] = {}
    for analysis in analyses:
        question = analysis.question
        link = f":doc:`{escape(question.title)} <../analyses/{question.key}>`"
        said.setdefault(_part(trial, analysis), []).append(link)
    first = sorted(said, key=lambda part: part.startswith("left out"))  # stable
    return bullets(f"{'; '.join(said[part])}: {escape(part)}" for part in first)


def _part(trial: Trial, analysis: Analysis) -> str:
    for out in analysis.left_out:
        if out.label in names_of(trial):
            return f"left out; {out.reason}"
    if analysis.pooled is None:
        return f"not pooled: {analysis.reason}"
    columns = analysis.pooled.effects.columns
    printed = zip(columns["trial"], columns["printed"], strict=True)
    return "; ".join(str(figure) for key, figure in printed if key == trial.key)


def _design(trial: Trial) -> str:
    design = trial.design
    words = [
        ("Title", trial.title or ""),
        ("Also known as", "; ".join(trial.also_known_as)),
        ("Phase", design.phase),
        ("Allocation", f"{design.allocation}{in_brackets(design.ratio or '')}"),
        ("Masking", design.masking),
        ("Setting", design.setting),
        ("Population", design.population),
        ("Stratified by", "; ".join(design.stratified_by)),
        ("Primary endpoint", design.primary_endpoint or ""),
        *((capital(name.replace("-", " ")), value) for name, value in trial.attributes.items()),
    ]
    origin = f"{source_text(trial, design.source)}, {status_word(design.status)}"
    rows = [(name, escape(value)) for name, value in words] + [("Source", origin)]
    rows.insert(2, ("Registration", ", ".join(map(_registration, trial.registrations))))
    return "\n\n".join(filter(None, [facts(rows), bullets(map(escape, design.notes))]))


def _arms(trial: Trial) -> str:
    rows = [
        [
            lines(
                filter(
                    None, [escape(arm.label), f":aside:`{escape(arm.note)}`" if arm.note else ""]
                )
            ),
            arm.role,
            size_text(arm),
            lines(
                escape(" ".join(filter(None, (drug.drug, drug.dose, drug.schedule))))
                for drug in arm.treatments
            ),
            source_text(trial, arm.source),
            status_word(arm.status),
        ]
        for arm in trial.arms
    ]
    return table(["Arm", "Role", "Patients", "Treatment", "Source", "Status"], rows)


def _registration(number: str) -> str:
    url = registration_url(number)
    return f"`{escape(number)} <{url}>`__" if url else escape(number)


def _in_all(trial: Trial) -> str:
    """The printed total of patients, with its source."""
    if trial.randomised is None or trial.randomised_source is None:
        return ""
    status = status_word(trial.randomised_status or "unconfirmed")
    return f"In all: {trial.randomised}; {source_text(trial, trial.randomised_source)}, {status}."


def _audit(findings: Sequence[Finding]) -> list[str]:
    """What the audit says of the record as a whole, and how much it says of single results."""
    about = len([finding for finding in findings if finding.result is not None])
    general = bullets(finding_text(finding) for finding in findings if finding.result is None)
    if about:
        listed = "1 finding stands" if about == 1 else f"{about} findings stand"
        return [f"{listed} beside the results above.", general]
    return [general or "The audit found nothing that a reader would have to know."]


def _overlaps(trial: Trial) -> str:
    """Other records with the same patients."""
    return bullets(
        f":doc:`{escape(one.trial)} <{one.trial}>`: {one.patients} of the patients; "
        f"{escape(one.reason)}"
        for one in trial.overlaps
    )


def confirmed_results(trial: Trial) -> int:
    """How many results are confirmed in every part."""
    return sum(not result.awaits_confirmation() for result in trial.results)


def size_text(arm: Arm) -> str:
    """Patients of an arm, or that their number is not known."""
    return "not known" if arm.n is None else str(arm.n)


def _cuts(trial: Trial) -> str:
    rows = [
        [escape(cut.label), escape(cut.date or "not stated"), escape(cut.follow_up or "not stated")]
        for cut in trial.cuts
    ]
    return table(["Data cut, oldest first", "Date", "Follow-up"], rows, css="plain")


def _unusable(trial: Trial) -> str:
    """Why every analysis leaves the trial out, as a sentence; blank for most trials."""
    return f"No analysis takes this trial: {trial.unusable}." if trial.unusable else ""
