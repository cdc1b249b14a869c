"""The page of one trial, and the page that lists them."""

from __future__ import annotations

from collections.abc import Sequence

from metaonc.effects import Registry
from metaonc.registry import Trial
from metaonc.registry.derivations import sums
from metaonc.registry.plan import Plan
from metaonc.registry.records import Arm, Result
from metaonc.reports.analyses import Analysis
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
    toctree,
)
from metaonc.reports.pages.words import (
    assessment_text,
    grade_text,
    in_brackets,
    kind_text,
    names_of,
    outcome_label,
    printed_text,
    reference_entry,
    source_text,
    status_text,
    status_word,
)


def trials_index(registry: Registry) -> str:
    """The page that lists every trial."""
    rows = [_trial_row(trial) for trial in registry]
    total = sum(len(trial.results) for trial in registry)
    confirmed = sum(_confirmed(trial) for trial in registry)
    patients = sum(trial.patients or 0 for trial in registry)
    return page(
        "Trials",
        f"{len(registry)} trials with {patients:,} patients and {total} printed results, of which "
        f"{confirmed} are {CONFIRMED} in the source that they name and {total - confirmed} are "
        f"{AWAITING}. A result counts as confirmed when every part of it is.",
        table(["Trial", "Year", "Phase", "Masking", "Patients", "Arms", "Confirmed results"], rows),
        toctree(trial.key for trial in registry),
    )


def _confirmed(trial: Trial) -> int:
    return sum(not result.awaits_confirmation() for result in trial.results)


def _trial_row(trial: Trial) -> list[str]:
    return [
        f":doc:`{escape(trial.name)} <{trial.key}>`",
        str(trial.year),
        trial.design.phase,
        trial.design.masking,
        "not known" if trial.patients is None else f"{trial.patients:,}",
        lines(escape(f"{arm.label} ({_size(arm)})") for arm in trial.arms),
        f"{_confirmed(trial)} of {len(trial.results)}",
    ]


def trial_page(trial: Trial, plan: Plan | None, analyses: Sequence[Analysis]) -> str:
    """The page of one trial: everything in its record."""
    return page(
        trial.name,
        escape(trial.summary),
        f"{_confirmed(trial)} of {len(trial.results)} printed results are {CONFIRMED}; the others "
        f"are {AWAITING}.",
        section("In the analyses", _appearances(trial, analyses)),
        section("Design", _design(trial)),
        section("Arms", _arms(trial)),
        section("Data cuts", _cuts(trial)),
        section("Results", escape(_unusable(trial)), *_results(trial, plan)),
        section("Notes", bullets(map(escape, trial.notes))),
        section("References", "\n\n".join(reference_entry(trial, ref) for ref in trial.references)),
    )


def _appearances(trial: Trial, analyses: Sequence[Analysis]) -> str:
    """The analyses, each with the figure the trial gives to it or the reason why it gives none."""
    items = []
    for analysis in analyses:
        question = analysis.question
        link = f":doc:`{escape(question.title)} <../analyses/{question.key}>`"
        items.append(f"{link}: {escape(_part(trial, analysis))}")
    return bullets(items)


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
        ("Registration", ", ".join(trial.registrations)),
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
    return "\n\n".join(filter(None, [facts(rows), bullets(map(escape, design.notes))]))


def _arms(trial: Trial) -> str:
    rows = [
        [
            escape(arm.label),
            arm.role,
            _size(arm),
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


def _size(arm: Arm) -> str:
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


def _results(trial: Trial, plan: Plan | None) -> list[str]:
    """One section per outcome, and one for all adverse events together."""
    graded = {result.outcome for result in trial.results if getattr(result, "grade", None)}
    outcomes = list(dict.fromkeys(result.outcome for result in trial.results))
    sections = [
        section(
            outcome_label(plan, outcome),
            _taken(trial, outcome),
            _result_table(trial, [r for r in trial.results if r.outcome == outcome], None, plan),
            line="~",
        )
        for outcome in outcomes
        if outcome not in graded
    ]
    events = [result for result in trial.results if result.outcome in graded]
    adverse = _result_table(trial, events, "Event", plan) if events else ""
    added = table(
        ["Outcome", "Data cut, assessment, status", "Arithmetic"],
        [
            [escape(outcome_label(plan, outcome)), escape(where), escape(told)]
            for outcome, where, told in sums(trial)
        ],
    )
    told = "Not printed: added up from the counts above." if trial.derived else ""
    return [
        *sections,
        section("Adverse events", adverse, line="~"),
        section("Derived", told, added if trial.derived else "", line="~"),
    ]


def _taken(trial: Trial, outcome: str) -> str:
    choice = trial.primary.get(outcome)
    if choice is None:
        return ""
    return (
        f"Analyses take the figures at the {escape(trial.cut(choice.cut).label)}, "
        f"{assessment_text(choice.assessment)}, unless they say otherwise; these are marked "
        ":primary:`primary`."
    )


def _is_primary(trial: Trial, result: Result) -> bool:
    choice = trial.primary.get(result.outcome)
    if choice is None or result.subgroup is not None:
        return False
    return (choice.cut, choice.assessment) == (result.cut, result.assessment)


def _result_table(
    trial: Trial, results: Sequence[Result], first: str | None, plan: Plan | None
) -> str:
    """Every figure of `results`; with a column for the outcome where `first` names one."""
    head = ["As printed", "Data cut and assessment", "Source", "Status"]
    rows = []
    for result in results:
        grade = getattr(result, "grade", None)
        what = [kind_text(result)]
        if first:
            name = outcome_label(plan, result.outcome)
            what = [f"{name}, {grade_text(grade)}" if grade else name]
        mark = " :primary:`primary`" if _is_primary(trial, result) else ""
        rows.append(
            [
                lines(escape(word) for word in (*what, *_subgroup(result))),
                printed_text(trial, result),
                lines(
                    [
                        f"{escape(trial.cut(result.cut).label)}{mark}",
                        assessment_text(result.assessment),
                    ]
                ),
                source_text(trial, result.source),
                status_text(result),
            ]
        )
    return table([first or "Figure", *head], rows, css="wide results")


def _subgroup(result: Result) -> list[str]:
    about = (("subgroup", result.subgroup), ("analysed", result.population))
    return [f"{name}: {who}" for name, who in about if who]
