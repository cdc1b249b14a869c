"""The defensible ways to analyse a question: data sets and methods, and their fits in batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any, NamedTuple

import numpy as np

from metaonc.effects import Effects, Registry
from metaonc.errors import DiagnosticsError, EffectsError, PoolingError
from metaonc.kernels import FloatArray, fit
from metaonc.pooling import Choices
from metaonc.pooling.choices import (
    POOLED_MODELS,
    SIMULATED_INTERVALS,
    WITHIN_TRIAL_CORRELATION,
    choose,
    choose_for_correlated,
)
from metaonc.pooling.data import fit_of

Said = dict[str, str]
LeaveOut = int | Mapping[str, Sequence[str]] | None
_ROWS = 8192  # of one call of the kernels


@dataclass(frozen=True)
class Impossible:
    """A specification that could not be analysed, and why."""

    choices: Mapping[str, str]
    reason: str


class DataSet(NamedTuple):
    """Effects of some studies, and the choices that lead to them."""

    said: Said
    effects: Effects
    kept: tuple[int, ...]

    @property
    def key(self) -> tuple[Any, ...]:
        """What two data sets share if they are the same data."""
        at = list(self.kept)
        effects = self.effects
        covariance = None
        if effects.covariance is not None:
            covariance = effects.covariance[np.ix_(at, at)].tobytes()
        labels = tuple(effects.labels[i] for i in at)
        return (
            effects.measure, labels, effects.yi[at].tobytes(), effects.vi[at].tobytes(), covariance,
        )  # fmt: skip


class Method(NamedTuple):
    """Choices of pooling, and what they are called."""

    said: Said
    choices: Choices


class Fitted(NamedTuple):
    """Means, limits and p values, shape (n,), on the analysis scale."""

    estimate: FloatArray
    low: FloatArray
    high: FloatArray
    p_value: FloatArray


# Data ---------------------------------------------------------------------------------------------


def registry_effects(
    registry: Registry, name: str, alternatives: Mapping[str, Sequence[Any]]
) -> tuple[list[tuple[Said, Effects]], list[Impossible]]:
    """Effects for every combination of the words' alternatives.

    Raises
    ------
    PlanError
        If a word or one of its values does not exist.
    """
    found, impossible = [], []
    for values in product(*alternatives.values()):
        words = dict(zip(alternatives, values, strict=True))
        said = {word: told(value) for word, value in words.items()}
        measure = words.pop("measure", None)
        try:
            effects = registry.effects(name, measure=measure, where=words)
        except EffectsError as error:
            impossible.append(Impossible(said, str(error)))
        else:
            found.append((said, effects))
    return found, impossible


def told(value: Any) -> str:
    """A choice as text: lists with ``or``, no word at all as ``any``, ``"!p"`` as ``not p``.

    Examples
    --------
    >>> told(None), told("!p"), told(["II", "III"])
    ('any', 'not p', 'II or III')
    """
    if value is None:
        return "any"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return " or ".join(map(told, value))
    text = str(value)
    return f"not {text[1:]}" if text.startswith("!") else text


def data_sets(
    pairs: Iterable[tuple[Said, Effects]], leave_out: LeaveOut
) -> tuple[list[DataSet], list[Impossible]]:
    """Each data set with the studies left out in every declared way."""
    pairs = list(pairs)
    if isinstance(leave_out, Mapping):
        _check_known(pairs, leave_out)
    found, impossible = [], []
    for said, effects in pairs:
        for name, kept in _subsets(effects, leave_out):
            kind = "studies" if isinstance(leave_out, Mapping) else "left out"
            more = said if leave_out is None else said | {kind: name}
            if len(kept) < 2:
                impossible.append(Impossible(more, "fewer than two studies are left"))
            else:
                found.append(DataSet(more, effects, kept))
    return found, impossible


def _subsets(effects: Effects, leave_out: LeaveOut) -> list[tuple[str, tuple[int, ...]]]:
    whole = tuple(range(effects.k))
    if leave_out is None:
        return [("none", whole)]
    if isinstance(leave_out, Mapping):
        return [
            (name, tuple(i for i in whole if effects.labels[i] not in out))
            for name, out in leave_out.items()
        ]
    return [
        (
            ", ".join(effects.labels[i] for i in out) or "none",
            tuple(i for i in whole if i not in out),
        )
        for m in range(leave_out + 1)
        for out in combinations(whole, m)
    ]


def _check_known(pairs: list[tuple[Said, Effects]], leave_out: Mapping[str, Sequence[str]]) -> None:
    known = dict.fromkeys(label for _, effects in pairs for label in effects.labels)
    for name, labels in leave_out.items():
        if isinstance(labels, str):
            raise DiagnosticsError(
                f"leave_out: {name!r} must list labels of studies, got the text {labels!r}; "
                f"write [{labels!r}]."
            )
        for label in labels:
            if label not in known:
                raise DiagnosticsError(
                    f"leave_out: {name!r} names {label!r}, which is no study of these data; there "
                    f"are {', '.join(known)}."
                )


# Methods ------------------------------------------------------------------------------------------


def methods(
    models: Sequence[str],
    tau2: Sequence[str | float],
    ci: Sequence[str],
    *,
    level: float | None,
    policy: str | None,
) -> tuple[list[Method], list[Impossible]]:
    """Every combination of model, estimator and interval that is defined.

    Only random effects have an estimator and several intervals; other models stand once, with their
    own interval.

    Raises
    ------
    PoolingError
        If a value is none that `pool` takes.
    """
    found, impossible = [], []
    for model in models:
        crossed = [(t, c) for t in tau2 for c in ci] if model == "random" else [(None, None)]
        for estimator, interval in crossed:
            said = {"model": model, "tau²": _or_dash(estimator), "interval": _or_dash(interval)}
            try:
                choices = choose(
                    model=model,
                    tau2=estimator,
                    ci=interval,
                    level=level,
                    policy=policy,
                    models=POOLED_MODELS,
                )
            except PoolingError as error:
                if "goes with random effects and tau2" not in str(error):
                    raise
                impossible.append(Impossible(said, str(error)))
                continue
            if choices.ci in SIMULATED_INTERVALS:
                raise DiagnosticsError(
                    f"ci = {choices.ci!r} resamples every fit thousands of times, which no curve "
                    "has time for; choose intervals with a formula."
                )
            found.append(Method(said | {"interval": choices.ci}, choices))
    return found, impossible


def _or_dash(value: object) -> str:
    return "–" if value is None else str(value)


# Fits ---------------------------------------------------------------------------------------------


def fits(sets: Sequence[DataSet], method: Method) -> tuple[Fitted, dict[int, str]]:
    """The fit of every data set by one method, and why some have none.

    Independent effects are batches of the kernels, with NaN for the studies a set does not have;
    counts and correlated effects are fitted one after another.
    """
    arrays = Fitted(*(np.full(len(sets), np.nan) for _ in Fitted._fields))
    reasons: dict[int, str] = {}
    counts = method.choices.count_model is not None
    together = [i for i, data in enumerate(sets) if not counts and data.effects.covariance is None]
    for start in range(0, len(together), _ROWS):
        rows = together[start : start + _ROWS]
        _fit_together([sets[i] for i in rows], method.choices, arrays, rows)
    for i in sorted(set(range(len(sets))) - set(together)):
        try:
            _fit_alone(sets[i], method.choices, arrays, i)
        except PoolingError as error:
            reasons[i] = str(error)
    return arrays, reasons


def _fit_together(
    sets: Sequence[DataSet], choices: Choices, arrays: Fitted, rows: list[int]
) -> None:
    widest = max(len(data.kept) for data in sets)
    yi, vi = (np.full((len(sets), widest), np.nan) for _ in range(2))
    for row, data in enumerate(sets):
        at = list(data.kept)
        yi[row, : len(at)], vi[row, : len(at)] = data.effects.yi[at], data.effects.vi[at]
    found = fit(yi, vi, model=choices.model, tau2=choices.tau2, ci=choices.ci, level=choices.level)
    for name in Fitted._fields:
        getattr(arrays, name)[rows] = getattr(found, name)


def _fit_alone(data: DataSet, choices: Choices, arrays: Fitted, row: int) -> None:
    effects = data.effects.take(list(data.kept))
    correlated = effects.covariance is not None
    within = WITHIN_TRIAL_CORRELATION if correlated and choices.model == "random" else None
    found = fit_of(effects, choose_for_correlated(choices, correlated, within))
    for name in Fitted._fields:
        getattr(arrays, name)[row] = float(getattr(found, name))
