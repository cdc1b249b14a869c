"""The columns that a forest plot may have, and their texts for studies and pooled rows."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from metaonc.effects import Effects, level_text
from metaonc.effects.trials.bias import BiasTable, bias_table
from metaonc.effects.trials.patients import Counted, arm_numbers, arm_totals
from metaonc.errors import PlotError
from metaonc.plots.forest_plot.description import Align, Column, RowKind
from metaonc.plots.forest_plot.presets import Preset
from metaonc.plots.judgements import bias_notes
from metaonc.pooling import PooledResult

Side = Literal["left", "right"]
Share = tuple[float, float]  # part of the whole analysis' weight: common effect, random effects


@dataclass(frozen=True)
class ColumnText(ABC):
    """One entry of the list of columns; it may make several columns, or none."""

    result: PooledResult
    preset: Preset

    @property
    def effects(self) -> Effects:
        """The studies of the whole analysis."""
        return self.result.effects

    @abstractmethod
    def columns(self, side: Side) -> list[Column]:
        """The columns."""

    @abstractmethod
    def study(self, i: int) -> dict[str, str]:
        """Texts of study `i`."""

    def pooled(self, kind: RowKind, part: PooledResult, share: Share) -> dict[str, str]:
        """Texts of a pooled row of `part`, whose studies have that share of all weight."""
        return {}

    def notes(self) -> tuple[str, ...]:
        """What a reader must be told to read the columns."""
        return ()


class _Effect(ColumnText):
    """Estimate with its interval."""

    def columns(self, side: Side) -> list[Column]:
        level = level_text(self.result.choices.level)
        heading = f"{self.effects.scale.label}\n({level} CI)"
        return [Column("effect", heading, side, "point")]

    def study(self, i: int) -> dict[str, str]:
        values = (float(column[i]) for column in self.effects.intervals(self.result.choices.level))
        return {"effect": self.preset.numbers.effect(self.effects.scale, *values)}

    def pooled(self, kind: RowKind, part: PooledResult, share: Share) -> dict[str, str]:
        numbers, scale = self.preset.numbers, self.effects.scale
        if kind == "prediction":
            low, high = map(float, part.effects.display(part.prediction_interval()))
            return {"effect": numbers.interval(scale, low, high)}
        shown = part.fixed if kind == "common" else part
        return {"effect": numbers.effect(scale, *shown.display())}


class _LogEffect(ColumnText):
    """Estimate and standard error on the analysis scale, where the studies show no counts."""

    def columns(self, side: Side) -> list[Column]:
        scale = self.effects.scale
        if _content(self.effects, 1) == "events / n":
            return []
        name = f"log[{scale.label}]" if scale.log_axis else scale.label
        return [Column("yi", name, side, "point"), Column("sei", "SE", side, "point")]

    def study(self, i: int) -> dict[str, str]:
        values = {"yi": self.effects.yi[i], "sei": self.effects.sei[i]}
        return {
            key: self.preset.numbers.written(f"{value:.4g}" if value else "0")
            for key, value in values.items()
        }


class _Arms(ColumnText):
    """One column per arm: events and patients, or patients."""

    def columns(self, side: Side) -> list[Column]:
        return [
            Column(f"arm_{i}", f"{_heading(name)}\n{_content(self.effects, i)}", side)
            for i, name in _arms(self.effects)
        ]

    def study(self, i: int) -> dict[str, str]:
        return {
            f"arm_{arm}": _counted(arm_numbers(self.effects, arm)[i])
            for arm, _ in _arms(self.effects)
        }

    def pooled(self, kind: RowKind, part: PooledResult, share: Share) -> dict[str, str]:
        if kind == "prediction" or (kind == "random" and "common" in self.preset.pooled):
            return {}
        return {
            f"arm_{arm}": _counted(arm_totals(part.effects, arm)) for arm, _ in _arms(self.effects)
        }


class _Counts(_Arms):
    """Events and patients in columns of their own, under the name of the arm."""

    def columns(self, side: Side) -> list[Column]:
        return [
            Column(f"{what}_{i}", "Events" if what == "events" else "Total", side, "right", name)
            for i, name in ((i, _heading(name)) for i, name in _arms(self.effects))
            for what in ("events", "n")
            if what == "n" or _content(self.effects, i) == "events / n"
        ]

    def study(self, i: int) -> dict[str, str]:
        return self._split(
            {arm: arm_numbers(self.effects, arm)[i] for arm, _ in _arms(self.effects)}
        )

    def pooled(self, kind: RowKind, part: PooledResult, share: Share) -> dict[str, str]:
        if kind == "prediction":
            return {}
        return self._split({arm: arm_totals(part.effects, arm) for arm, _ in _arms(self.effects)})

    def _split(self, numbers: dict[int, Counted]) -> dict[str, str]:
        texts: dict[str, str] = {}
        for arm, (events, n) in numbers.items():
            texts |= {f"events_{arm}": _counted((events, None)), f"n_{arm}": _counted((None, n))}
        return texts


class _Weights(ColumnText):
    """Shares of the studies in the mean: under both models, or under the result's own."""

    models: tuple[Literal["common", "random"], ...] = ("common", "random")

    def _shown(self) -> tuple[Literal["common", "random"], ...]:
        return self.models if self.result.choices.model == "random" else ("common",)

    def columns(self, side: Side) -> list[Column]:
        shown = self._shown()
        return [
            Column(f"weight_{model}", f"Weight\n{model if len(shown) > 1 else ''}", side)
            for model in shown
        ]

    def study(self, i: int) -> dict[str, str]:
        shares = {"common": self.result.fixed.weights[i], "random": self.result.weights[i]}
        return {f"weight_{model}": self._text(float(shares[model])) for model in self._shown()}

    def pooled(self, kind: RowKind, part: PooledResult, share: Share) -> dict[str, str]:
        shares = dict(zip(("common", "random"), share, strict=True))
        return {
            f"weight_{model}": self._text(shares[model]) for model in self._shown() if model == kind
        }

    def _text(self, share: float) -> str:
        return self.preset.numbers.written(f"{share:.1%}")


class _Weight(_Weights):
    """Share under the result's own model."""

    models = ("random",)


class _RiskOfBias(ColumnText):
    """A circle per domain and one for the overall judgement, under letters."""

    def columns(self, side: Side) -> list[Column]:
        table = self._table
        group = f"Risk of bias{' (provisional)' if table.provisional else ''}"
        return [
            Column(f"bias_{name}", letter, side, "center", group, "judgement")
            for name, letter in table.letters.items()
        ]

    def study(self, i: int) -> dict[str, str]:
        return {f"bias_{name}": word for name, word in self._table.judgements[i].items()}

    def notes(self) -> tuple[str, ...]:
        return bias_notes(self._table)

    @cached_property
    def _table(self) -> BiasTable:
        return bias_table(self.effects)


@dataclass(frozen=True)
class _FieldText(ColumnText):
    """Any column of the effects, as it is."""

    name: str

    def columns(self, side: Side) -> list[Column]:
        numeric = all(isinstance(value, int | float) for value in self._values())
        align: Align = "point" if numeric else "left"
        heading = self.name.replace("_", " ")
        return [Column(self.name, heading[:1].upper() + heading[1:], side, align)]

    def study(self, i: int) -> dict[str, str]:
        value = self._values()[i]
        missing = value is None or (isinstance(value, float) and math.isnan(value))
        text = f"{value:.6g}" if isinstance(value, float) else str(value)
        return {self.name: "" if missing else self.preset.numbers.written(text)}

    def _values(self) -> Sequence[object]:
        return self.effects.column(self.name)


_KNOWN: dict[str, type[ColumnText]] = {
    "arms": _Arms,
    "counts": _Counts,
    "effect": _Effect,
    "log_effect": _LogEffect,
    "risk_of_bias": _RiskOfBias,
    "weights": _Weights,
    "weight": _Weight,
}
PLOT = "plot"


def column_texts(
    result: PooledResult, preset: Preset, names: Iterable[str]
) -> list[tuple[Side, ColumnText]]:
    """The entries of a list of columns, each with its side of the plot.

    Raises
    ------
    PlotError
        If the plot is not among them exactly once, or a name is neither known nor a column of the
        effects.
    """
    listed = list(names)
    if listed.count(PLOT) != 1:
        raise PlotError(
            f"columns = {tuple(listed)} must have {PLOT!r} among them once, where the plot goes."
        )
    place = listed.index(PLOT)
    return [
        ("left" if i < place else "right", _column_text(result, preset, name))
        for i, name in enumerate(listed)
        if name != PLOT
    ]


def _column_text(result: PooledResult, preset: Preset, name: str) -> ColumnText:
    if name in _KNOWN:
        return _KNOWN[name](result, preset)
    if name not in result.effects.columns:
        known = ", ".join(map(repr, [*_KNOWN, *result.effects.columns]))
        raise PlotError(f"no column called {name!r}; use {PLOT!r} and any of {known}.")
    return _FieldText(result, preset, name)


# Arms --------------------------------------------------------------------------------------------


def _arms(effects: Effects) -> list[tuple[int, str]]:
    """Number and name of each arm that something is known about."""
    named = enumerate(effects.arm_labels, start=1)
    return [(i, name) for i, name in named if _content(effects, i)]


def _heading(name: str) -> str:
    """A name at the head of a column: "control" becomes "Control", "mTOR inhibitor" stays."""
    return name.capitalize() if name.islower() else name


def _content(effects: Effects, i: int) -> str:
    """What is known about arm `i`: events and patients, patients, or nothing."""
    if f"events_{i}" in effects.columns or (i == 1 and "events" in effects.columns):
        return "events / n"
    return "n" if f"n_{i}" in effects.columns else ""


def _counted(numbers: Counted) -> str:
    events, n = numbers
    shown = ["" if events is None else f"{events:.10g}", "" if n is None else f"{n:,.10g}"]
    return " / ".join(filter(None, shown))
