"""The printed results of one trial, by outcome, with their sources and what the audit says."""

from __future__ import annotations

from collections.abc import Sequence

from metaonc.registry import Trial
from metaonc.registry.audit import Finding
from metaonc.registry.derivations import sums
from metaonc.registry.plan import Plan
from metaonc.registry.records import Result
from metaonc.reports.pages.rst import escape, lines, section, table
from metaonc.reports.pages.words import (
    assessment_text,
    finding_text,
    grade_text,
    kind_text,
    outcome_label,
    printed_text,
    source_text,
    status_text,
)

Numbered = tuple[int, Result]  # a result and its place in the record, from 1


def result_sections(trial: Trial, plan: Plan | None, findings: Sequence[Finding]) -> list[str]:
    """One section per outcome, and one for all adverse events together."""
    numbered = list(enumerate(trial.results, start=1))
    graded = {result.outcome for result in trial.results if getattr(result, "grade", None)}
    outcomes = list(dict.fromkeys(result.outcome for result in trial.results))

    def of(outcome: str) -> list[Numbered]:
        return [one for one in numbered if one[1].outcome == outcome]

    sections = [
        section(
            outcome_label(plan, outcome),
            _taken(trial, outcome),
            _result_table(trial, of(outcome), None, plan, findings),
            line="~",
        )
        for outcome in outcomes
        if outcome not in graded
    ]
    events = [one for one in numbered if one[1].outcome in graded]
    adverse = _result_table(trial, events, "Event", plan, findings) if events else ""
    added = table(
        ["Outcome", "Data cut, assessment, status", "Arithmetic"],
        [
            [escape(outcome_label(plan, outcome)), escape(where), lines(map(escape, told))]
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
    trial: Trial,
    results: Sequence[Numbered],
    first: str | None,
    plan: Plan | None,
    findings: Sequence[Finding],
) -> str:
    """Every figure of `results`; with a column for the outcome where `first` names one."""
    head = ["As printed", "Data cut and assessment", "Source", "Status"]
    rows = []
    for number, result in results:
        said = [finding_text(finding) for finding in findings if finding.result == number]
        grade = getattr(result, "grade", None)
        what = [kind_text(result)]
        if first:
            name = outcome_label(plan, result.outcome)
            what = [f"{name}, {grade_text(grade)}" if grade else name]
        mark = " :primary:`primary`" if _is_primary(trial, result) else ""
        rows.append(
            [
                lines(escape(word) for word in (*what, *_subgroup(result))),
                "\n\n".join([printed_text(trial, result), *said]),
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
