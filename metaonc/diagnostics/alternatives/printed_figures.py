"""The printed figures behind an effect, the values that round to them, and the way to the effect.

A figure is printed where its digits are known: in the registry's records, and in raw tables whose
columns hold text (``"0.70"``), decimals or whole numbers. A float has lost its digits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from metaonc.effects import Effects, Measure
from metaonc.effects.survival.time_to_event import ROUTES
from metaonc.effects.tables.printed import PRINTED
from metaonc.effects.tables.recipes import RECIPES
from metaonc.kernels import FloatArray
from metaonc.registry.printed import rounding_half_width

Columns = dict[str, FloatArray]
Pair = tuple[FloatArray, FloatArray]
Way = Callable[[Columns], Pair]

# Counted or chosen, not measured and rounded.
_EXACT = (
    *("events", "events_1", "events_2", "n", "n_1", "n_2", "controls", "items"),
    *("both", "only_1", "only_2", "neither", "p_sides", "favours"),
)
_OPTIONAL = ("level", "p_sides")
# An effect follows from figures that give it back to this, relative to its standard error.
_SAME = 1e-6


class Figure(NamedTuple):
    """A printed figure and the ends of the values that round to it."""

    name: str
    value: float
    low: float
    high: float
    text: str

    @property
    def free(self) -> bool:
        """Whether more than one value rounds to it."""
        return self.high > self.low


@dataclass(frozen=True, eq=False)
class StudyBox:
    """Where one study's effect and variance may lie.

    Attributes
    ----------
    label : str
        The study.
    printed : str
        The figures, as printed.
    low, high, at : ndarray, shape (d,)
        Ends of the coordinates, and their printed values: effect and variance where these rest on
        different figures, else the figures themselves; d = 0 for a study without rounded figures.
    separate : bool
        Whether the coordinates are effect and variance.
    reason : str
        Why nothing of it is rounded; "" where something is.
    """

    label: str
    printed: str
    low: FloatArray
    high: FloatArray
    at: FloatArray
    separate: bool
    reason: str
    effect: tuple[float, float]
    _names: tuple[str, ...] = ()
    _fixed: Mapping[str, float] | None = None
    _way: Way | None = None

    def effects(self, points: FloatArray) -> Pair:
        """Effects and variances, shape (n,), at points of shape (n, d)."""
        n = len(points)
        if not len(self.at):
            return np.full(n, self.effect[0]), np.full(n, self.effect[1])
        if self.separate:
            return points[:, 0], points[:, 1]
        assert self._way is not None
        assert self._fixed is not None
        columns = {name: np.full(n, value) for name, value in self._fixed.items()}
        columns |= {name: points[:, i] for i, name in enumerate(self._names)}
        return self._way(columns)


def study_boxes(
    effects: Effects, *, digits: int | None = None, level_rounded: bool = False
) -> tuple[StudyBox, ...]:
    """The box of every study, in their order.

    Parameters
    ----------
    effects : Effects
        Independent effects.
    digits : int, optional
        Decimals of figures whose printing is not known (floats).
    level_rounded : bool, default False
        Whether a confidence level counts as rounded, too.
    """
    return tuple(_box(effects, i, digits, level_rounded) for i in range(effects.k))


def _box(effects: Effects, i: int, digits: int | None, level_rounded: bool) -> StudyBox:
    raw = _raw_figures(effects, i)
    figures = {
        name: figure
        for name, value in raw.items()
        if (figure := _figure(name, value, digits, level_rounded)) is not None
    }
    own = float(effects.yi[i]), float(effects.vi[i])
    way, used = _way_of(effects.scale, figures, own)
    none = np.empty(0)
    if way is None and _counted(effects, figures):
        why = "its figures are counts, or carry no printed digits"
        return StudyBox(effects.labels[i], "", none, none, none, True, why, own)
    if way is None:
        why = "its effect does not follow from printed figures"
        return StudyBox(effects.labels[i], "", none, none, none, True, why, own)
    printed = ", ".join(f"{f.name} {f.text}" for f in used)
    free = [figure for figure in used if figure.free]
    if not free:
        why = "its figures are counts, or carry no printed digits"
        return StudyBox(effects.labels[i], printed, none, none, none, True, why, own)
    fixed = {figure.name: figure.value for figure in used if not figure.free}
    separate = _separate(way, free, fixed)
    low, high, at = (np.array([getattr(f, end) for f in free]) for end in ("low", "high", "value"))
    if separate is not None:
        low, high = separate
        at = np.array(own)
    names = tuple(figure.name for figure in free)
    return StudyBox(
        effects.labels[i], printed, low, high, at, separate is not None, "", own, names, fixed, way
    )


def _counted(effects: Effects, figures: Mapping[str, Figure]) -> bool:
    """Whether the study is a table of exact counts, whatever was added to an empty cell."""
    recipe = RECIPES.get(effects.measure)
    if recipe is None or not (recipe.counts and figures.keys() >= set(recipe.columns)):
        return False
    return not any(figures[name].free for name in recipe.columns)


def _raw_figures(effects: Effects, i: int) -> dict[str, Any]:
    """Figures by the names that the routes have for them."""
    said = effects.columns.get("printed_figures", [None] * effects.k)[i]
    if said is not None and effects.measure == "HR":
        return _from_record(said, effects, i)
    table = {name.removeprefix("printed_"): values[i] for name, values in effects.columns.items()}
    return table | _counts(said, table)


def _counts(said: str | None, table: Mapping[str, Any]) -> dict[str, Any]:
    """Counts that a record takes from a percentage, with the others that print the same."""
    found = dict(part.split("=", 1) for part in said.split()) if said else {}
    return {
        name: _Count(float(table[name]), *map(float, ends.split("..")))
        for name, ends in found.items()
    }


class _Count(NamedTuple):
    """A count, and the smallest and largest that print as the same percentage."""

    value: float
    low: float
    high: float


def _from_record(said: str, effects: Effects, i: int) -> dict[str, Any]:
    """A record's printed figures; what is worked out from counts is exact."""
    found: dict[str, Any] = dict(part.split("=", 1) for part in said.split())
    if "reduction" in found:
        # Decimals keep the digits: 48% is 0.52, 48.0% is 0.520.
        found["estimate"] = 1 - Decimal(found.pop("reduction")) / 100
    if "p" in found and not found.keys() & {"estimate", "o_minus_e"}:
        found["variance"] = 1 / float(effects.vi[i])
        found["favours"] = 1 if effects.yi[i] < 0 else 2
    return found


def _figure(name: str, value: object, digits: int | None, level_rounded: bool) -> Figure | None:
    """The figure, or None for what is no number."""
    if isinstance(value, _Count):
        return Figure(name, *value, f"{value.value:g} ({value.low:g} to {value.high:g})")
    if value is None or isinstance(value, bool):
        return None
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    if not np.isfinite(number):
        return None
    exact = name in _EXACT or (name == "level" and not level_rounded)
    half = 0.0 if exact else _half_width(value, digits)
    return Figure(name, number, number - half, number + half, str(value).strip())


def _half_width(value: object, digits: int | None) -> float:
    if isinstance(value, str | Decimal | int | np.integer):
        try:
            return float(rounding_half_width(Decimal(str(value).strip())))
        except InvalidOperation:
            return 0.0
    return 0.0 if digits is None else 0.5 * 10.0**-digits


def _way_of(
    scale: Measure, figures: Mapping[str, Figure], own: tuple[float, float]
) -> tuple[Way | None, list[Figure]]:
    """The first way from the figures that gives the effect back, and the figures it takes."""
    for needed, way in _ways(scale):
        if not figures.keys() >= set(needed):
            continue
        names = [*needed, *(name for name in _OPTIONAL if name in figures)]
        used = [figures[name] for name in names]
        yi, vi = _at(way, {f.name: np.array([f.value]) for f in used})
        near = abs(yi[0] - own[0]) <= _SAME * own[1] ** 0.5 and abs(vi[0] / own[1] - 1) <= _SAME
        if near:
            return way, used
    return None, []


def _at(way: Way, columns: Columns) -> Pair:
    with np.errstate(all="ignore"):
        return way(columns)


def _ways(scale: Measure) -> list[tuple[tuple[str, ...], Way]]:
    if scale.code == "HR":
        return [(route.columns, route.compute) for route in ROUTES]
    found: list[tuple[tuple[str, ...], Way]] = []
    recipe = RECIPES.get(scale.code)
    if recipe is not None:

        def computed(columns: Columns) -> Pair:
            return recipe.compute(scale.code, *(columns[name] for name in recipe.columns))

        found.append((recipe.columns, computed))
    return found + [(needed, _printed_way(scale, needed)) for needed in PRINTED]


def _printed_way(scale: Measure, needed: tuple[str, ...]) -> Way:
    """What :func:`metaonc.effects.tables.printed.printed_effects` computes, without its checks."""
    from scipy.special import ndtri

    def way(c: Columns) -> Pair:
        if "yi" in needed:
            return c["yi"], c["vi"]
        yi = np.asarray(scale.forward(c["estimate"]), dtype=float)
        if "se" in needed:
            return yi, c["se"] ** 2
        if "p" in needed:
            return yi, (yi / ndtri(c["p"] / 2)) ** 2
        width = scale.forward(c["high"]) - scale.forward(c["low"])
        level = c.get("level", np.full_like(yi, 0.95))
        return yi, np.asarray((width / (2 * ndtri(0.5 + level / 2))) ** 2)

    return way


def _separate(
    way: Way, free: list[Figure], fixed: Mapping[str, float]
) -> tuple[FloatArray, FloatArray] | None:
    """Ends of effect and variance, where no figure moves both; else None."""
    corners = np.array(list(product(*((f.low, f.high) for f in free))))
    centre = np.array([f.value for f in free])
    alone = np.repeat(centre[None], 2 * len(free), axis=0)
    for i, figure in enumerate(free):
        alone[2 * i, i], alone[2 * i + 1, i] = figure.low, figure.high

    def effects(points: FloatArray) -> Pair:
        columns = {name: np.full(len(points), value) for name, value in fixed.items()}
        return _at(way, columns | {f.name: points[:, i] for i, f in enumerate(free)})

    moves = [np.ptp(values.reshape(len(free), 2), axis=1) > 0 for values in effects(alone)]
    if (moves[0] & moves[1]).any():
        return None
    yi, vi = effects(corners)
    return np.array([yi.min(), vi.min()]), np.array([yi.max(), vi.max()])
