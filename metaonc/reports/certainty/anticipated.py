"""Absolute effects that patients may expect: from a question's baselines and its pooled ratio."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from metaonc.effects import Registry
from metaonc.effects.trials.patients import arm_totals
from metaonc.errors import EffectsError, PoolingError, Problem, ReportError
from metaonc.kernels.absolute import Estimated
from metaonc.pooling import AbsoluteEffects, PooledResult, absolute_effects, pool
from metaonc.registry import Question
from metaonc.registry.review.baselines import Baseline
from metaonc.reports.certainty.recorded import recorded

_UNKNOWN = (math.nan, math.nan)
_EXPONENTIAL = "survival at the time by an exponential curve through the median"
NO_BASELINE = (
    "no baseline risk in the review plan: name a trial and a time, e.g. "
    'baselines = [{ trial = "...", months = 12 }]'
)


@dataclass(frozen=True, kw_only=True)
class Anticipated:
    """Probabilities of the event without and with the treatment, for patients of one baseline.

    Attributes
    ----------
    label : str
        Which patients; "" where there is one kind only.
    at : str
        The time, e.g. ``"6 months"``; "" where the outcome has none.
    source : str
        Where the baseline comes from.
    without, with_treatment, difference : Estimated
        ``(estimate, low, high)`` as fractions; limits of `without` are NaN where its uncertainty
        is not known.
    status : {"confirmed", "unconfirmed", ""}
        Whether the baseline was seen in its source; "" for a typed one.
    assumed : str
        What the baseline assumes, as a clause; "" for nothing.
    how : tuple of str
        How the figures follow, in sentences.
    """

    label: str
    at: str
    source: str
    without: Estimated
    with_treatment: Estimated
    difference: Estimated
    status: str = ""
    assumed: str = ""
    how: tuple[str, ...] = ()


def anticipated(
    registry: Registry, question: Question, result: PooledResult, *, confirmed_only: bool = False
) -> tuple[tuple[Anticipated, ...], str]:
    """The absolute effects of a question for each of its baselines, or why there are none.

    Counts start from the control arms of their own trials where the plan names no baseline. Where
    no control patient had the event, a ratio has nothing to start from, and the pooled risk
    difference of the same trials takes its place.

    Raises
    ------
    ReportError
        If a baseline names a trial whose record does not have the figure.

    Examples
    --------
    >>> import metaonc as mo
    >>> registry = mo.load_registry()
    >>> question = registry.question("os")
    >>> found, _ = anticipated(registry, question, mo.pool(registry.effects("os")))
    >>> [round(1000 * x) for x in (found[0].without.estimate, found[0].with_treatment.estimate)]
    [465, 417]
    """
    if question.one_arm:
        return (), "a single proportion is a risk already"
    baselines = question.baselines
    if not baselines and question.measure == "HR":
        return (), NO_BASELINE
    found = [
        _from(registry, question, result, each, number, confirmed_only)
        for number, each in enumerate(baselines or (Baseline(control_arms="all"),), start=1)
    ]
    rows = tuple(each for each in found if isinstance(each, Anticipated))
    reasons = [each for each in found if isinstance(each, str)]
    return rows, "; ".join(reasons)


def _from(
    registry: Registry,
    question: Question,
    result: PooledResult,
    baseline: Baseline,
    number: int,
    confirmed_only: bool,
) -> Anticipated | str:
    """The effects of one baseline, or why there are none."""
    if baseline.control_arms is not None:
        return _control_arms(registry, question, result, baseline, confirmed_only)
    given: dict[str, Any]
    if baseline.trial is not None:
        found = recorded(registry, question, result.effects, baseline)
        if isinstance(found, str):
            raise ReportError(str(_not_recorded(registry, question, number, baseline, found)))
        given, source, status = found.given, found.source, found.status
    else:
        given, source, status = _typed(baseline), str(baseline.source), ""
    try:
        made = absolute_effects(result, **given)
    except PoolingError as error:
        return str(error).removesuffix(".")
    return _row(made, baseline, source, status)


def _not_recorded(
    registry: Registry, question: Question, number: int, baseline: Baseline, why: str
) -> Problem:
    return Problem(
        file=str(registry.folder / "review.toml"),
        record=f"question {question.key}",
        field=f"baseline {number}.trial",
        value=repr(baseline.trial),
        rule=why,
        remedy="name another trial, or type the figure with its source",
    )


def _typed(baseline: Baseline) -> dict[str, Any]:
    """A typed figure as the arguments of `absolute_effects`."""
    names = ("survival", "event_probability", "median", "events", "n")
    given: dict[str, Any] = {name: _float(getattr(baseline, name)) for name in names}
    given = {name: value for name, value in given.items() if value is not None}
    if baseline.low is not None and baseline.high is not None and baseline.level is not None:
        given["interval"] = (float(baseline.low), float(baseline.high))
        given["interval_level"] = float(baseline.level)
    return given | timed(baseline.months)


def timed(months: Decimal | None) -> dict[str, Any]:
    """The time of a baseline as arguments of `absolute_effects`."""
    return {} if months is None else {"at": float(months), "unit": "months"}


def _float(value: Decimal | int | None) -> float | None:
    return None if value is None else float(value)


def _control_arms(
    registry: Registry,
    question: Question,
    result: PooledResult,
    baseline: Baseline,
    confirmed_only: bool,
) -> Anticipated | str:
    """From the control arms of the question's own trials together."""
    events, n = arm_totals(result.effects, 2)
    if events is None or n is None:
        return "the control arms of its trials are not all counted"
    trials = len(set(result.effects.columns.get("trial", result.effects.labels)))
    arms = "arm of its trial" if trials == 1 else f"arms of its {trials} trials"
    source = f"{events:g} of {n:g} patients in the control {arms}"
    statuses = result.effects.columns.get("status", ())
    status = "unconfirmed" if "unconfirmed" in statuses else "confirmed"
    if 0 < events < n:
        try:
            made = absolute_effects(result, events=events, n=n, **timed(baseline.months))
        except PoolingError as error:
            return str(error).removesuffix(".")
        return _row(made, baseline, source, status)
    if events == n:
        return f"every control patient had the event ({source})"
    return _by_difference(registry, question, baseline, source, status, confirmed_only)


def _by_difference(
    registry: Registry,
    question: Question,
    baseline: Baseline,
    source: str,
    status: str,
    confirmed_only: bool,
) -> Anticipated | str:
    """From the pooled risk difference, where no control patient had the event."""
    try:
        effects = registry.effects(question.key, measure="RD", confirmed_only=confirmed_only)
        difference = pool(effects, **registry.pooling(question.key))
    except (EffectsError, PoolingError) as error:
        return str(error).removesuffix(".")
    found = Estimated(*difference.display())
    return Anticipated(
        label=baseline.label or "",
        at="",
        source=source,
        without=Estimated(0.0, *_UNKNOWN),
        with_treatment=found,
        difference=found,
        status=status,
        assumed="no control patient had the event, so that the difference is the pooled risk "
        "difference of the same trials instead of a ratio's",
        how=(difference.methods(),),
    )


def _row(made: AbsoluteEffects, baseline: Baseline, source: str, status: str) -> Anticipated:
    """The first row of absolute effects, as probabilities of the event."""
    each = made.rows[0]
    known = each.baseline.risk
    limits = _UNKNOWN if each.baseline.known else known.limits(made.result.choices.level)
    return Anticipated(
        label=baseline.label or "",
        at=each.baseline.at,
        source=source,
        without=Estimated(known.value, *limits),
        with_treatment=each.risk,
        difference=each.difference,
        status=status,
        assumed=_EXPONENTIAL if "exponential survival" in each.baseline.said else "",
        how=tuple(_how(made)),
    )


def _how(made: AbsoluteEffects) -> Iterator[str]:
    """The sentences of the absolute effects, without the one about the plan's own statement."""
    for sentence in made.sentences:
        if "say event=" not in sentence:
            yield sentence
