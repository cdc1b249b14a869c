"""The risk of a trial's control arm, as its record has it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from metaonc.effects import Effects, Registry
from metaonc.registry import Question, Trial, select
from metaonc.registry.derived import in_months
from metaonc.registry.records import Medians, Result, Survival
from metaonc.registry.review.baselines import Baseline
from metaonc.registry.selection import Chosen

R = TypeVar("R", bound=Result)


class Recorded(NamedTuple):
    """A control arm's risk: arguments of `absolute_effects`, where it is printed, its status."""

    given: dict[str, Any]
    source: str
    status: str


def recorded(
    registry: Registry, question: Question, effects: Effects, baseline: Baseline
) -> Recorded | str:
    """The risk of the control arm of the trial that a baseline names, or why there is none."""
    key = str(baseline.trial)
    chosen = [one for one in select(registry.trials, question).chosen if one.trial.key == key]
    if not chosen:
        return "does not answer the question, so that its control arm is not one of it"
    if question.measure == "HR":
        return _time_to_event(chosen[0], baseline)
    return _counted(effects, key)


def _counted(effects: Effects, key: str) -> Recorded | str:
    """Events and patients of the control arm, as they enter the analysis."""
    trials = list(effects.columns["trial"])
    if key not in trials:
        return "is not in the analysis"
    i = trials.index(key)
    events, n = (float(str(effects.columns[name][i])) for name in ("events_2", "n_2"))
    if not 0 < events < n:
        return f"has {events:g} events in {n:g} control patients, which a ratio cannot start from"
    source = f"{events:g} of {n:g} patients with {effects.columns['arm_2'][i]}, {effects.labels[i]}"
    return Recorded({"events": events, "n": n}, source, str(effects.columns["status"][i]))


def _time_to_event(chosen: Chosen, baseline: Baseline) -> Recorded | str:
    """Survival at the time if the record has it, else the median with an exponential."""
    trial, months = chosen.trial, baseline.months
    assert months is not None  # the plan's rules
    where = f"{trial.arm(chosen.control).label}, {trial.name}"
    time: dict[str, Any] = {"at": float(months), "unit": "months"}
    for result in _alike(chosen, Survival):
        arm = result.arms.get(chosen.control)
        if arm is not None and _months(result) == months:
            given = {"survival": float(arm.percent) / 100, **_limits(arm, Decimal(100)), **time}
            said = f"{arm.percent}% without the event at {result.time_point} with {where}"
            return Recorded(given, f"{said}: {_printed(trial, result)}", result.status)
    for medians in _alike(chosen, Medians):
        median = medians.arms.get(chosen.control)
        if median is not None:
            value = in_months(median.median, medians.unit)
            given = {"median": float(value), **_limits(median, Decimal(1), medians.unit), **time}
            said = f"median {median.median} {medians.unit} with {where}"
            return Recorded(given, f"{said}: {_printed(trial, medians)}", medians.status)
    return f"has neither survival at {months} months nor a median of its control arm"


def _alike(chosen: Chosen, kind: type[R]) -> list[R]:
    """Results of the same outcome in all patients; those of the same cut and assessment first."""
    own = chosen.result
    found: Iterable[R] = (
        result
        for result in chosen.trial.results
        if isinstance(result, kind)
        and result.outcome == own.outcome
        and result.subgroup is None
        and result.population == own.population
    )
    alike = [one for one in found if one.cut == own.cut]
    return sorted(alike, key=lambda one: one.assessment != own.assessment)


def _months(result: Survival) -> Decimal | None:
    if result.months is not None:
        return result.months
    return None if result.weeks is None else in_months(result.weeks, "weeks")


def _limits(arm: Any, whole: Decimal, unit: Any = "months") -> dict[str, Any]:
    """The printed interval of an arm's figure."""
    if arm.low is None or arm.high is None or arm.level is None:
        return {}
    ends = [in_months(end, unit) / whole for end in (arm.low, arm.high)]
    return {"interval": tuple(map(float, ends)), "interval_level": float(arm.level)}


def _printed(trial: Trial, result: Result) -> str:
    """Where a result is printed."""
    return f"{trial.reference(result.source.reference).citation} ({result.source.where})"
