"""One printed result in lines: its figures, what follows from them, and what the audit says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from metaonc.registry import Counts, HazardRatio, Trial
from metaonc.registry.audit import Finding
from metaonc.registry.derivations import derivations
from metaonc.registry.records import ArmCount, ArmMedian, ArmSurvival, Medians, Result, Survival
from metaonc.reports.document import Line, Link, Marked, strong
from metaonc.reports.sections.words import grade_text, in_brackets, level_text

AnyArm = ArmCount | ArmMedian | ArmSurvival
_SIDES = {1: "one-sided", 2: "two-sided"}


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


def printed_lines(trial: Trial, result: Result) -> Iterator[Line]:
    """What the source prints: one line for a comparison, one line per arm otherwise."""
    if isinstance(result, HazardRatio):
        estimate = "not printed" if result.estimate is None else strong(str(result.estimate))
        yield (estimate, in_brackets(_interval(result)))
        yield f"{trial.arm(result.experimental).label} v {trial.arm(result.control).label}"
        yield from (f"{name}: {figure}" for name, figure in result.figures())
    elif isinstance(result, Counts | Medians | Survival):
        for key, arm in result.arms.items():
            yield (f"{trial.arm(key).label}: ", *_arm_figure(result, arm))
    else:  # a kind of result that records may gain
        yield str(result)
    p_value = _p_value(result)
    if p_value:
        yield p_value
    yield from (Marked(f"derived: {told}", "aside") for told in derivations(trial, result))
    if result.note:
        yield Marked(result.note, "aside")


def _interval(figure: HazardRatio | AnyArm, unit: str = "") -> str:
    """The printed interval with its level, or nothing."""
    if figure.low is None or figure.high is None or figure.level is None:
        return ""
    return f"{level_text(figure.level)} CI {figure.low}{unit} to {figure.high}{unit}"


def _arm_figure(result: Result, arm: AnyArm) -> tuple[Marked, str]:
    if isinstance(arm, ArmCount):
        return _count(arm)
    if isinstance(arm, ArmMedian):
        unit = getattr(result, "unit", "")
        return (strong(str(arm.median)), f" {unit}{in_brackets(_interval(arm))}")
    return (strong(f"{arm.percent}%"), in_brackets(_interval(arm, "%")))


def _count(arm: ArmCount) -> tuple[Marked, str]:
    if arm.events is None:
        of = "" if arm.n is None else f" of {arm.n}"
        return (strong(f"{arm.percent}%"), f"{of}{in_brackets(_interval(arm, '%'))}")
    percent = "" if arm.percent is None else f"{arm.percent}%"
    return (strong(f"{arm.events}/{arm.n}"), in_brackets(percent, _interval(arm, "%")))


def _p_value(result: Result) -> str:
    """The printed p value and its sides, or nothing."""
    p, sides = getattr(result, "p", None), getattr(result, "p_sides", None)
    return "" if p is None else f"p = {p} ({_SIDES[sides or 2]})"


def audit_lines(findings: Sequence[Finding]) -> Iterator[Line]:
    """What the audit has to say of one result; that it has nothing to say, where it has not."""
    yield from map(finding_line, findings)
    if not findings:
        yield Marked("audit: nothing against it", "aside")


def finding_line(finding: Finding) -> Line:
    """What the audit found, with its arithmetic; or why the record lets it stand."""
    shown = f" ({finding.arithmetic})" if finding.arithmetic else ""
    waived = f" Waived: {finding.reason}" if finding.waived else ""
    text = f" {finding.severity}: {finding.message}{shown}.{waived}"
    code = Link(finding.code, manual="audit/index", anchor=f"audit-{finding.code}")
    return (Marked("audit ", "aside"), code, Marked(text, "aside"))
