"""Printed figures, sources and statuses in words."""

from __future__ import annotations

import re
from decimal import Decimal

from metaonc.registry import Counts, HazardRatio, Trial
from metaonc.registry.audit import Finding
from metaonc.registry.derivations import derivations
from metaonc.registry.plan import Plan
from metaonc.registry.records import (
    ArmCount,
    ArmMedian,
    ArmSurvival,
    Medians,
    Reference,
    Result,
    Source,
    Survival,
)
from metaonc.reports.pages.rst import AWAITING, CONFIRMED, capital, escape, lines, listed

AnyArm = ArmCount | ArmMedian | ArmSurvival
_SIDES = {1: "one-sided", 2: "two-sided"}


def outcome_label(plan: Plan | None, key: str) -> str:
    """The plan's name of an outcome; without one, its key."""
    outcome = plan.outcomes.get(key) if plan else None
    return outcome.label if outcome else capital(key.replace("-", " "))


def names_of(trial: Trial) -> tuple[str, str]:
    """Names under which an analysis lists a trial."""
    return trial.name, f"{trial.name} {trial.year}"


def assessment_text(assessment: str) -> str:
    """Who judged the outcome, as a clause."""
    words = {
        "investigator": "assessed by the investigators",
        "central": "assessed by central review",
    }
    return words.get(assessment, "assessment not stated")


def level_text(level: Decimal | float) -> str:
    """A level as a percentage: 0.975 is 97.5%."""
    return f"{float(level) * 100:g}%"


def _interval(figure: HazardRatio | AnyArm, unit: str = "") -> str:
    """The printed interval with its level, or nothing."""
    if figure.low is None or figure.high is None or figure.level is None:
        return ""
    return f"{level_text(figure.level)} CI {figure.low}{unit} to {figure.high}{unit}"


def in_brackets(*parts: str) -> str:
    """Parts that are not empty, in brackets after a space; nothing if all are."""
    said = "; ".join(filter(None, parts))
    return f" ({said})" if said else ""


def _count(arm: ArmCount) -> str:
    if arm.events is None:
        of = "" if arm.n is None else f" of {arm.n}"
        return f"**{arm.percent}%**{of}{in_brackets(_interval(arm, '%'))}"
    percent = "" if arm.percent is None else f"{arm.percent}%"
    return f"**{arm.events}/{arm.n}**{in_brackets(percent, _interval(arm, '%'))}"


def _arm_figure(result: Result, arm: AnyArm) -> str:
    if isinstance(arm, ArmCount):
        return _count(arm)
    if isinstance(arm, ArmMedian):
        return f"**{arm.median}** {getattr(result, 'unit', '')}{in_brackets(_interval(arm))}"
    return f"**{arm.percent}%**{in_brackets(_interval(arm, '%'))}"


def printed_text(trial: Trial, result: Result) -> str:
    """What the source prints: one line for a comparison, one line per arm otherwise."""
    if isinstance(result, HazardRatio):
        arms = f"{trial.arm(result.experimental).label} v {trial.arm(result.control).label}"
        estimate = "not printed" if result.estimate is None else f"**{result.estimate}**"
        said = [f"{estimate}{in_brackets(_interval(result))}", escape(arms)]
        said += [escape(f"{name}: {figure}") for name, figure in result.figures()]
    elif isinstance(result, Counts | Medians | Survival):
        said = [
            f"{escape(trial.arm(key).label)}: {_arm_figure(result, arm)}"
            for key, arm in result.arms.items()
        ]
    else:  # a kind of result that records may gain
        said = [escape(str(result))]
    p_value = p_value_text(result)
    said += [p_value] if p_value else []
    said += [f":aside:`derived: {escape(told)}`" for told in derivations(trial, result)]
    note = f"\n\n:aside:`{escape(result.note)}`" if result.note else ""
    return lines(said) + note


def kind_text(result: Result) -> str:
    """What kind of figure it is, with the grade or the time point."""
    if isinstance(result, HazardRatio):
        return "Hazard ratio"
    if isinstance(result, Survival):
        return f"Free of the event at {result.time_point}"
    if isinstance(result, Medians):
        return "Median"
    grade = getattr(result, "grade", None)
    return f"Patients with the event, {grade_text(grade)}" if grade else "Patients with the event"


def grade_text(grade: str) -> str:
    """Severity of an adverse event."""
    return "any grade" if grade == "any" else f"grade {grade.replace('>=', '≥ ')}"


def p_value_text(result: Result) -> str:
    """The printed p value and its sides, or nothing."""
    p, sides = getattr(result, "p", None), getattr(result, "p_sides", None)
    return "" if p is None else f"p = {p} ({_SIDES[sides or 2]})"


def status_text(result: Result) -> str:
    """Whether a result is confirmed, and which of its fields are not."""
    if result.status == "unconfirmed":
        return AWAITING
    if result.unconfirmed:
        return f"{CONFIRMED}, except {escape(listed(result.unconfirmed))}: {AWAITING}"
    return CONFIRMED


def finding_text(finding: Finding) -> str:
    """What the audit found, with its arithmetic; or why the record lets it stand."""
    shown = f" ({finding.arithmetic})" if finding.arithmetic else ""
    waived = f" Waived: {finding.reason}" if finding.waived else ""
    text = f"{finding.severity}: {finding.message}{shown}.{waived}"
    return f":aside:`audit` :ref:`{finding.code} <audit-{finding.code}>` :aside:`{escape(text)}`"


def status_word(status: str) -> str:
    """A status, marked by word and by class."""
    return CONFIRMED if status == "confirmed" else AWAITING


def _short(reference: Reference) -> str:
    """Name and year as one cites it; the record's own key where there is no author."""
    author = re.match(r"([A-Z][\w'’-]*(?: [A-Z][\w'’-]*)*?) [A-Z]{1,3}[,.]", reference.citation)
    return f"{author[1]} {reference.year}" if author else capital(reference.key.replace("-", " "))


def short_names(trial: Trial) -> dict[str, str]:
    """Key of each reference -> a short name, unlike any other in the record."""
    names = {reference.key: _short(reference) for reference in trial.references}
    used = list(names.values())
    return {key: name if used.count(name) == 1 else key for key, name in names.items()}


def _anchor(trial: Trial, key: str) -> str:
    return f"reference-{trial.key}-{key}"


def source_text(trial: Trial, source: Source) -> str:
    """Link to the reference on the trial's page, and the place in it."""
    name = escape(short_names(trial)[source.reference])
    return f":ref:`{name} <{_anchor(trial, source.reference)}>`: {escape(source.where)}"


def reference_entry(trial: Trial, reference: Reference) -> str:
    """An entry of the list of references, with its anchor and links."""
    name = escape(short_names(trial)[reference.key])
    links = [
        f"`{label} {value} <https://{site}/{value}>`__"
        for label, value, site in (
            ("doi", reference.doi, "doi.org"),
            ("PMID", reference.pmid, "pubmed.ncbi.nlm.nih.gov"),
            ("", reference.pmcid, "pmc.ncbi.nlm.nih.gov/articles"),
        )
        if value
    ]
    said = " · ".join([escape(reference.kind), *(link.replace("` ", "`") for link in links)])
    return (
        f"* .. _{_anchor(trial, reference.key)}:\n\n"
        f"  **{name}**: {escape(reference.citation)}\n"
        f"  :aside:`Kind:` {said} · {status_word(reference.status)}"
    )
