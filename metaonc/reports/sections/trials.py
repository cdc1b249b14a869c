"""The page of one trial: everything in its record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from metaonc.registry import Trial
from metaonc.registry.audit import Finding
from metaonc.registry.identifiers import registration_url
from metaonc.registry.plan import Plan
from metaonc.registry.records import Arm
from metaonc.reports.analyses import Analysis
from metaonc.reports.document import (
    Block,
    Bullets,
    Cell,
    Inline,
    Line,
    Link,
    Marked,
    Page,
    Paragraph,
    Table,
    blocks,
    capital,
    section,
    status,
)
from metaonc.reports.sections.bias import bias_sections
from metaonc.reports.sections.printed import finding_line
from metaonc.reports.sections.results import ResultTables
from metaonc.reports.sections.uses import uses_of
from metaonc.reports.sections.words import (
    analysis_key,
    facts,
    in_brackets,
    joined,
    lines,
    names_of,
    reference_line,
    source_line,
    trial_key,
)


def trial_page(
    trial: Trial,
    plan: Plan | None,
    analyses: Sequence[Analysis],
    findings: Sequence[Finding] = (),
) -> Page:
    """The page of one trial: everything in its record, and what the audit found in it.

    Parameters
    ----------
    trial : Trial
        The record.
    plan : Plan or None
        The review plan, for the names of outcomes.
    analyses : sequence of Analysis
        The analyses that the trial may be part of.
    findings : sequence of Finding
        What the audit found in this record.
    """
    results = ResultTables(trial, plan, findings, uses_of(trial.key, analyses))
    return Page(
        trial_key(trial.key),
        trial.name,
        blocks(
            Paragraph(trial.summary, "lead"),
            _how_many_confirmed(trial),
            section("In the analyses", _appearances(trial, analyses), anchor="analyses"),
            section("Design", _design(trial), anchor="design"),
            section("Arms", _arms(trial), _in_all(trial), anchor="arms"),
            section("Data cuts", _cuts(trial), anchor="cuts"),
            section("Results", _unusable(trial), results.sections(), anchor="results"),
            section("Risk of bias", bias_sections(trial, plan), anchor="risk-of-bias"),
            section("Audit", _audit(findings), anchor="audit"),
            section("Shared patients", _overlaps(trial), anchor="overlaps"),
            section("Notes", _bullets(trial.notes), anchor="notes"),
            section(
                "References",
                _bullets(tuple(reference_line(trial, ref) for ref in trial.references)),
                anchor="references",
            ),
        ),
    )


def _bullets(items: tuple[Line, ...]) -> Bullets | None:
    return Bullets(items) if items else None


def confirmed_results(trial: Trial) -> int:
    """How many results are confirmed in every part."""
    return sum(not result.awaits_confirmation() for result in trial.results)


def size_text(arm: Arm) -> str:
    """Patients of an arm, or that their number is not known."""
    return "not known" if arm.n is None else str(arm.n)


def _how_many_confirmed(trial: Trial) -> Paragraph | None:
    confirmed, total = confirmed_results(trial), len(trial.results)
    if not total:
        return None
    if confirmed == total:
        return Paragraph((f"All {total} printed results are ", status("confirmed"), "."))
    said = f"{confirmed} of {total} printed results are "
    others = ("; the others are ", status("unconfirmed"), ".")
    return Paragraph((said, status("confirmed"), *others))


def _appearances(trial: Trial, analyses: Sequence[Analysis]) -> Bullets | None:
    """The figure the trial gives to each analysis; then the others, by the reason why it is out."""
    said: dict[str, list[Link]] = {}
    for analysis in analyses:
        question = analysis.question
        link = Link(question.title, page=analysis_key(question.key))
        said.setdefault(_part(trial, analysis), []).append(link)
    first = sorted(said, key=lambda part: part.startswith("left out"))  # stable
    return _bullets(tuple((*joined(said[part]), f": {part}") for part in first))


def _part(trial: Trial, analysis: Analysis) -> str:
    for out in analysis.left_out:
        if out.label in names_of(trial):
            return f"left out; {out.reason}"
    if analysis.pooled is None:
        return f"not pooled: {analysis.reason}"
    columns = analysis.pooled.effects.columns
    printed = zip(columns["trial"], columns["printed"], strict=True)
    return "; ".join(str(figure) for key, figure in printed if key == trial.key)


def _design(trial: Trial) -> Iterator[Block]:
    design = trial.design
    words: list[tuple[str, Cell]] = [
        ("Title", trial.title or ""),
        ("Also known as", "; ".join(trial.also_known_as)),
        ("Registration", joined(map(_registration, trial.registrations), ", ") or ""),
        ("Phase", design.phase),
        ("Allocation", f"{design.allocation}{in_brackets(design.ratio or '')}"),
        ("Masking", design.masking),
        ("Setting", design.setting),
        ("Population", design.population),
        ("Stratified by", "; ".join(design.stratified_by)),
        ("Primary endpoint", design.primary_endpoint or ""),
        *((capital(name.replace("-", " ")), value) for name, value in trial.attributes.items()),
        ("Source", _with_status(source_line(trial, design.source), design.status)),
    ]
    yield from blocks(facts(words), _bullets(design.notes))


def _with_status(source: Line, word: str) -> Line:
    return (*joined([source, status(word)], ", "),)


def _registration(number: str) -> Line:
    url = registration_url(number)
    return Link(number, url=url) if url else number


def _arms(trial: Trial) -> Table:
    head = ("Arm", "Role", "Patients", "Treatment", "Source", "Status")
    return Table(head, tuple(_arm(trial, arm) for arm in trial.arms), numeric=(2,), stub=True)


def _arm(trial: Trial, arm: Arm) -> tuple[Cell, ...]:
    return (
        lines([arm.label, Marked(arm.note, "aside") if arm.note else ""]),
        arm.role,
        size_text(arm),
        lines(" ".join(filter(None, (t.drug, t.dose, t.schedule))) for t in arm.treatments),
        source_line(trial, arm.source),
        status(arm.status),
    )


def _in_all(trial: Trial) -> Paragraph | None:
    """The printed total of patients, with its source."""
    if trial.randomised is None or trial.randomised_source is None:
        return None
    source = source_line(trial, trial.randomised_source)
    said: tuple[Inline, ...] = joined([f"In all: {trial.randomised}", source])
    return Paragraph((*said, ", ", status(trial.randomised_status or "unconfirmed"), "."))


def _cuts(trial: Trial) -> Table:
    rows = tuple(
        (cut.label, cut.date or "not stated", cut.follow_up or "not stated") for cut in trial.cuts
    )
    return Table(("Data cut, oldest first", "Date", "Follow-up"), rows, stub=True)


def _unusable(trial: Trial) -> Paragraph | None:
    """Why every analysis leaves the trial out; most trials have no such reason."""
    if not trial.unusable:
        return None
    return Paragraph(f"No analysis takes this trial: {trial.unusable}.", "warning")


def _audit(findings: Sequence[Finding]) -> Iterator[Block]:
    """What the audit says of the record as a whole, and how much it says of single results."""
    about = len([finding for finding in findings if finding.result is not None])
    general = _bullets(tuple(finding_line(f) for f in findings if f.result is None))
    if about:
        listed = "1 finding stands" if about == 1 else f"{about} findings stand"
        yield Paragraph(f"{listed} beside the results above.")
    elif general is None:
        yield Paragraph("The audit found nothing that a reader would have to know.")
    yield from blocks(general)


def _overlaps(trial: Trial) -> Bullets | None:
    """Other records with the same patients."""
    return _bullets(
        tuple(
            (
                Link(one.trial, page=trial_key(one.trial)),
                f": {one.patients} of the patients; {one.reason}",
            )
            for one in trial.overlaps
        )
    )
