"""The questions of a sensitivity analysis, each answered by one diagnostic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Literal, NamedTuple

from metaonc.diagnostics.alternatives.rounding import rounding
from metaonc.diagnostics.conclusions.fragility import fragility_index
from metaonc.diagnostics.conclusions.leave_m_out import leave_m_out
from metaonc.diagnostics.deletion.influence import influence
from metaonc.diagnostics.deletion.leave_one_out import leave_one_out
from metaonc.diagnostics.small_study.asymmetry import asymmetry_test
from metaonc.diagnostics.small_study.guards import MINIMUM
from metaonc.diagnostics.small_study.trim_fill import trim_and_fill
from metaonc.diagnostics.words import effect_cell, null_text
from metaonc.errors import MetaoncError
from metaonc.pooling import PooledResult, compare_policies, pool
from metaonc.pooling.finding import Finding

Verdict = Literal["holds", "depends", "for information", "not done"]
FEW = 3  # with fewer studies there is nothing to leave out


class Answer(NamedTuple):
    """What one diagnostic says of a question."""

    verdict: Verdict
    text: str
    finding: Finding | None = None


@dataclass(frozen=True)
class Question:
    """A question a reviewer asks of every result, and what answers it.

    Attributes
    ----------
    key : str
        Name of the question.
    text : str
        The question.
    answer : callable
        From a result to its answer; errors of metaonc are answers too: it was not done.
    """

    key: str
    text: str
    answer: Callable[[PooledResult], Answer]


@dataclass(frozen=True)
class Check:
    """A question with its answer.

    Attributes
    ----------
    key, question : str
        Name and text of the question.
    verdict : {"holds", "depends", "for information", "not done"}
        Whether the conclusion holds whatever the answer, or depends on it.
    answer : str
        The answer in a sentence, or the reason why there is none.
    finding : Finding or None
        The diagnostic behind it, with all its numbers.
    """

    key: str
    question: str
    verdict: Verdict
    answer: str
    finding: Finding | None = None


def asked(question: Question, result: PooledResult) -> Check:
    """The question with its answer for this result."""
    try:
        found = question.answer(result)
    except MetaoncError as reason:
        found = Answer("not done", str(reason))
    first = found.text.split(maxsplit=1)[0]
    name = "(" in first  # a function's name keeps its letters
    text = found.text if name else found.text[:1].upper() + found.text[1:]
    return Check(question.key, question.text, found.verdict, text, found.finding)


# The conclusion ----------------------------------------------------------------------------------


def conclusion(result: PooledResult, low: float, high: float) -> int | None:
    """On which side of the null an interval lies: -1, 1, or 0 around it; None without a null."""
    null = result.effects.scale.null
    if null is None:
        return None
    at = float(result.effects.analysis(null))
    return -1 if high < at else 1 if low > at else 0


def _side(result: PooledResult) -> int | None:
    return conclusion(result, result.ci_low, result.ci_high)


def _shown(result: PooledResult) -> str:
    return effect_cell(result.effects, result.estimate, result.ci_low, result.ci_high)


def _verdict(changed: object) -> Verdict:
    return "depends" if changed else "holds"


# One trial, or a few -----------------------------------------------------------------------------


def _one_trial(result: PooledResult) -> Answer:
    if result.k < FEW:
        return Answer("not done", _too_few(result))
    by = "trial" if result.effects.covariance is not None else None
    found = leave_one_out(result, by if by in result.effects.columns else None)
    own = _side(result)
    changed = (found.crosses_null[found.fitted] != (own == 0)).any()
    return Answer(
        "for information" if own is None else _verdict(changed),
        " ".join(found.sentences),
        found,
    )


def _influential(result: PooledResult) -> Answer:
    if result.k < FEW:
        return Answer("not done", _too_few(result))
    effects = result.effects
    if effects.covariance is not None and "trial" in effects.columns:
        groups = influence(result, by="trial")
        names = list(compress(groups.labels, groups.influential))
        text = f"Influential: {', '.join(names)}." if names else "No trial is influential."
        return Answer("for information", text, groups)
    found = influence(result)
    names = list(compress(effects.labels, found.influential))
    text = f"Influential: {', '.join(names)}." if names else "No study is influential."
    return Answer("for information", text, found)


def _how_many(result: PooledResult) -> Answer:
    if result.k < FEW:
        return Answer("not done", _too_few(result))
    found = leave_m_out(result)
    return Answer(_verdict(found.m is not None and found.m == 1), f"{found.title}.", found)


def _too_few(result: PooledResult) -> str:
    return f"{result.k} {'study' if result.k == 1 else 'studies'}: too few to leave one out."


# One choice --------------------------------------------------------------------------------------


def _model(result: PooledResult) -> Answer:
    if result.choices.count_model is not None:
        other = pool(result.effects, level=result.choices.level)
        text = f"Pooled by inverse variance instead: {_shown(other)}."
        return Answer(_verdict(_side(other) != _side(result)), text)
    fixed = result.fixed
    if result.choices.model == "fixed":
        fixed = pool(result.effects, level=result.choices.level)
    name = "Random effects" if result.choices.model == "fixed" else "Common effect"
    changed = _side(fixed) != _side(result)
    return Answer(_verdict(changed), f"{name} instead: {_shown(fixed)}.")


def _policies(result: PooledResult) -> Answer:
    found = compare_policies(result.effects)
    own = _side(result)
    other = [name for name, fit in found.results.items() if _side(fit) != own]
    ranges = [fit.display()[0] for fit in found.results.values()]
    scale = result.effects.scale
    span = f"{scale.number(min(ranges))} to {scale.number(max(ranges))}"
    text = f"Under the conventions of {len(found.results)} programs the {scale.name} is {span}"
    if own is None:
        return Answer("for information", f"{text}.")
    null = null_text(result.effects)
    said = (
        f"; whether the interval holds {null} is another matter under {', '.join(other)}."
        if other
        else "; all agree on which side the interval lies."
    )
    return Answer(_verdict(other), text + said)


def _prediction(result: PooledResult) -> Answer:
    found = result.prediction_interval()
    if not found.applies:
        return Answer("not done", f"{found.reason}.")
    low, high = map(float, result.effects.display(found))
    text = f"The effect in a new study lies within {result.effects.scale.interval_text(low, high)}"
    own, new = _side(result), conclusion(result, *found)
    if own is None:
        return Answer("for information", f"{text}.")
    null = null_text(result.effects)
    said = f"which holds {null}" if new == 0 else f"which excludes {null}"
    return Answer(_verdict(new != own), f"{text}, {said}.")


# The figures -------------------------------------------------------------------------------------


def _rounding(result: PooledResult) -> Answer:
    found = rounding(result)
    return Answer(
        "holds" if found.conclusion_stable else "depends", " ".join(found.sentences[:2]), found
    )


def _unconfirmed(result: PooledResult) -> Answer:
    status: Sequence[object] = result.effects.columns.get("status", ())
    awaiting = [label for label, s in zip(result.effects.labels, status, strict=False)
                if s == "unconfirmed"]  # fmt: skip
    if not status:
        return Answer("not done", "the effects do not say which figures were confirmed.")
    if not awaiting:
        return Answer("holds", "Every figure was confirmed in its source.")
    kept = [i for i, s in enumerate(status) if s != "unconfirmed"]
    who = ", ".join(awaiting)
    if not kept:
        return Answer("depends", f"All figures await confirmation: {who}.")
    choices = result.choices
    without = pool(
        result.effects.take(kept),
        model=choices.count_model or choices.model,
        level=choices.level,
        policy=choices.policy,
    )
    text = f"Without {who}, whose figures await confirmation: {_shown(without)}, k = {without.k}."
    return Answer(_verdict(_side(without) != _side(result)), text)


def _patients(result: PooledResult) -> Answer:
    found = fragility_index(result)
    return Answer("for information", f"{found.title}.", found)


# Missing trials ----------------------------------------------------------------------------------


def _asymmetry(result: PooledResult) -> Answer:
    found = asymmetry_test(result)
    if not found.done:
        return Answer("not done", f"{found.reason}.", found)
    text = f"{found.title}."
    return Answer("depends" if found.p_value < 0.1 else "for information", text, found)


def _missing_trials(result: PooledResult) -> Answer:
    if result.k < MINIMUM:
        return Answer("not done", f"{result.k} studies: too few to see which ones are missing.")
    found = trim_and_fill(result)
    if found.reason:
        return Answer("not done", f"{found.reason}.", found)
    if not found.missing:
        return Answer("holds", f"{found.title}.", found)
    text = f"{found.title}; with them: {_shown(found.filled)}."
    return Answer(_verdict(_side(found.filled) != _side(result)), text, found)


QUESTIONS = (
    Question("one-trial", "Does it hang on one trial?", _one_trial),
    Question("influential", "Which trials move it most?", _influential),
    Question("trials", "How many trials would have to go?", _how_many),
    Question("model", "Does it hang on the model?", _model),
    Question("policy", "Does it hang on the estimator and the interval?", _policies),
    Question("new-trial", "Would a new trial find it too?", _prediction),
    Question("rounding", "Does it hang on how figures were rounded?", _rounding),
    Question("confirmed", "Does it hang on figures awaiting confirmation?", _unconfirmed),
    Question("patients", "How many patients would have to fare otherwise?", _patients),
    Question("small-study", "Do small trials find something else?", _asymmetry),
    Question("missing", "Would trials that seem to be missing change it?", _missing_trials),
)
