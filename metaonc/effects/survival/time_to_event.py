"""Which columns of a table lead to a hazard ratio, in which order they are preferred."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from metaonc.effects.counts.continuity import Columns
from metaonc.effects.scales.measures import checked_level
from metaonc.effects.scales.transforms import FloatArray
from metaonc.effects.survival.hazard_ratios import (
    log_hazard_ratios,
    log_hazard_ratios_from_logrank,
    log_hazard_ratios_from_p,
)
from metaonc.effects.survival.hazard_routes import (
    from_events_and_patients,
    from_medians,
    from_p_and_variance,
    from_survival,
    logrank_variance,
    z_of,
)
from metaonc.effects.tables.column_rules import Labels, check, numbers, refuse, study_labels

if TYPE_CHECKING:
    import pandas as pd

Pair = tuple[FloatArray, FloatArray]
_USUAL, _TWO_SIDED = np.array(0.95), np.array(2.0)


@dataclass(frozen=True)
class Route:
    """One way to a hazard ratio: its name, the columns it needs, the arithmetic."""

    name: str
    columns: tuple[str, ...]
    compute: Callable[[Columns], Pair]
    derived: bool = (
        True  # whether the variance is worked out from something other than its interval
    )


def _share_of_patients(c: Columns) -> FloatArray:
    return c["n_1"] / (c["n_1"] + c["n_2"])


def _allocated(c: Columns) -> FloatArray:
    return c["allocation"] / (1 + c["allocation"])


def _per_arm(c: Columns) -> FloatArray:
    total = c["events_1"] + c["events_2"]
    return logrank_variance(total, c["events_1"] / total)


def _total_by_patients(c: Columns) -> FloatArray:
    return logrank_variance(c["events"], _share_of_patients(c))


def _total_by_ratio(c: Columns) -> FloatArray:
    return logrank_variance(c["events"], _allocated(c))


def _z(c: Columns) -> FloatArray:
    return z_of(c["p"], c.get("p_sides", _TWO_SIDED))


def _favours_1(c: Columns) -> FloatArray:
    return np.where(np.isnan(c["favours"]), np.nan, c["favours"] == 1)


def _estimate_and(variance: Callable[[Columns], FloatArray]) -> Callable[[Columns], Pair]:
    return lambda c: (np.log(c["estimate"]), 1 / variance(c))


def _p_and(variance: Callable[[Columns], FloatArray]) -> Callable[[Columns], Pair]:
    return lambda c: from_p_and_variance(_z(c), variance(c), _favours_1(c))


def _from_interval(c: Columns) -> Pair:
    return log_hazard_ratios(c["estimate"], c["low"], c["high"], c.get("level", _USUAL))


def _from_p(c: Columns) -> Pair:
    return log_hazard_ratios_from_p(c["estimate"], 2 * c["p"] / c.get("p_sides", _TWO_SIDED))


def _from_difference_and_p(c: Columns) -> Pair:
    return log_hazard_ratios_from_logrank(c["o_minus_e"], (c["o_minus_e"] / _z(c)) ** 2)


_PATIENTS = ("events", "n_1", "n_2")
_RATIO = ("events", "allocation")
ROUTES: tuple[Route, ...] = (
    Route("interval", ("estimate", "low", "high"), _from_interval, derived=False),
    Route("standard error", ("estimate", "se"), lambda c: (np.log(c["estimate"]), c["se"] ** 2)),
    Route(
        "O-E and V",
        ("o_minus_e", "variance"),
        lambda c: log_hazard_ratios_from_logrank(c["o_minus_e"], c["variance"]),
        derived=False,
    ),
    Route("HR and V", ("estimate", "variance"), _estimate_and(lambda c: c["variance"])),
    Route("HR and p", ("estimate", "p"), _from_p),
    Route("O-E and p", ("o_minus_e", "p"), _from_difference_and_p),
    Route("V and p", ("variance", "p", "favours"), _p_and(lambda c: c["variance"])),
    Route("HR and events per arm", ("estimate", "events_1", "events_2"), _estimate_and(_per_arm)),
    Route("HR, events, patients", ("estimate", *_PATIENTS), _estimate_and(_total_by_patients)),
    Route("HR, events, allocation", ("estimate", *_RATIO), _estimate_and(_total_by_ratio)),
    Route("p and events per arm", ("p", "events_1", "events_2", "favours"), _p_and(_per_arm)),
    Route("p, events, patients", ("p", *_PATIENTS, "favours"), _p_and(_total_by_patients)),
    Route("p, events, allocation", ("p", *_RATIO, "favours"), _p_and(_total_by_ratio)),
    Route(
        "events and patients per arm",
        ("events_1", "n_1", "events_2", "n_2"),
        lambda c: from_events_and_patients(*(c[x] for x in ("events_1", "n_1", "events_2", "n_2"))),
    ),
    Route(
        "survival at a time",
        ("survival_1", "n_1", "survival_2", "n_2"),
        lambda c: from_survival(*(c[x] for x in ("survival_1", "n_1", "survival_2", "n_2"))),
    ),
    Route(
        "medians",
        ("median_1", "events_1", "median_2", "events_2"),
        lambda c: from_medians(*(c[x] for x in ("median_1", "events_1", "median_2", "events_2"))),
    ),
)
_OPTIONAL = ("level", "p_sides")
# Routes that disagree: by more than this many standard errors, or with another standard error.
FURTHEST, WIDEST = 0.5, 1.25


def offered(frame: pd.DataFrame) -> tuple[Route, ...]:
    """The routes a table has all columns for, the preferred one first."""
    return tuple(route for route in ROUTES if set(route.columns) <= set(frame.columns))


def columns_of(routes: tuple[Route, ...], frame: pd.DataFrame) -> Columns:
    """The columns those routes read, as numbers."""
    wanted = dict.fromkeys(name for route in routes for name in (*route.columns, *_OPTIONAL))
    return {name: numbers(frame, name) for name in wanted if name in frame}


def check_columns(columns: Columns, labels: Labels) -> None:
    """Refuse what cannot be: ratios and variances not above 0, limits out of order, p beyond 1."""
    check({name: x for name, x in columns.items() if name not in ("r", "sd")}, labels)
    rules = {
        **dict.fromkeys(("estimate", "low"), "must be > 0 for a hazard ratio"),
        **dict.fromkeys(("se", "allocation", "median_1", "median_2"), "must be > 0"),
        "variance": "must be > 0 events²",
    }
    for name, rule in rules.items():
        if name in columns:
            refuse(labels, columns[name] <= 0, name, columns[name], rule)
    for name, values, said in (
        ("p", (0, 1), "must lie between 0 and 1"),
        ("level", (0, 1), "must be a fraction such as 0.95"),
        ("survival_1", (0, 1), "must be the fraction without an event, between 0 and 1"),
        ("survival_2", (0, 1), "must be the fraction without an event, between 0 and 1"),
    ):
        if name in columns:
            x = columns[name]
            refuse(labels, (x <= values[0]) | (x >= values[1]), name, x, said)
    for name in ("p_sides", "favours"):
        if name in columns:
            x = columns[name]
            refuse(labels, ~np.isnan(x) & (x != 1) & (x != 2), name, x, "must be 1 or 2")
    if {"estimate", "low", "high"} <= columns.keys():
        estimate, low, high = columns["estimate"], columns["low"], columns["high"]
        refuse(labels, low > estimate, "low", low, "must not exceed the estimate")
        refuse(labels, high < estimate, "high", high, "must not be below the estimate")


def every_route(frame: pd.DataFrame) -> tuple[tuple[Route, ...], FloatArray, FloatArray, Columns]:
    """All offered routes with their effects: yi and vi of shape (routes, k), NaN where none."""
    routes = offered(frame)
    columns = columns_of(routes, frame)
    check_columns(columns, study_labels(frame))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = [route.compute(columns) for route in routes]
    shape = (len(routes), len(frame))
    yi, vi = (np.array([pair[i] for pair in found]).reshape(shape) for i in (0, 1))
    good = np.isfinite(yi) & np.isfinite(vi) & (vi > 0)
    return routes, np.where(good, yi, np.nan), np.where(good, vi, np.nan), columns


def hazard_ratio_routes(frame: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Every hazard ratio that a table of printed results leads to, side by side.

    Parameters
    ----------
    frame : pandas.DataFrame
        As for ``effect_sizes("HR", frame)``, one trial per row.
    level : float, default 0.95
        Confidence level of the intervals.

    Returns
    -------
    pandas.DataFrame
        Columns ``label route estimate se low high chosen agrees``: a row per trial and route, in
        order of preference; ``se`` is that of the log; `agrees` says whether the log ratio lies
        within half a standard error of the chosen one, and neither standard error exceeds the
        other by more than a quarter.

    Raises
    ------
    EffectsError
        If a value breaks a rule.

    Examples
    --------
    >>> import pandas as pd
    >>> trial = pd.DataFrame(
    ...     {
    ...         "estimate": [0.85],
    ...         "low": [0.71],
    ...         "high": [1.02],
    ...         "p": [0.075],
    ...         "events_1": [229],
    ...         "events_2": [256],
    ...         "favours": [1],
    ...     }
    ... )
    >>> hazard_ratio_routes(trial)[["route", "estimate", "se"]].round(3)
                       route  estimate     se
    0               interval      0.85  0.092
    1               HR and p      0.85  0.091
    2  HR and events per arm      0.85  0.091
    3   p and events per arm      0.85  0.091
    """
    import pandas as pd
    from scipy.special import ndtri

    z = ndtri(0.5 + checked_level(level) / 2)
    routes, yi, vi, _ = every_route(frame)
    rows = []
    for i, label in enumerate(study_labels(frame)):
        possible = np.flatnonzero(np.isfinite(yi[:, i]))
        for j in possible:
            y, se = float(yi[j, i]), float(np.sqrt(vi[j, i]))
            rows.append(
                {
                    "label": label,
                    "route": routes[j].name,
                    "estimate": np.exp(y),
                    "se": se,
                    "low": np.exp(y - z * se),
                    "high": np.exp(y + z * se),
                    "chosen": bool(j == possible[0]),
                    "agrees": agree(y, se, float(yi[possible[0], i]), float(vi[possible[0], i])),
                }
            )
    names = ("label", "route", "estimate", "se", "low", "high", "chosen", "agrees")
    return pd.DataFrame(rows, columns=list(names))


def agree(y: float, se: float, chosen: float, variance: float) -> bool:
    """Whether a route says what the chosen one says, but for rounding."""
    own = float(np.sqrt(variance))
    return abs(y - chosen) <= FURTHEST * own and max(se / own, own / se) <= WIDEST


def chosen_hazard_ratios(
    frame: pd.DataFrame, labels: Labels
) -> tuple[Pair, dict[int, str], dict[str, list[object]], list[str]]:
    """The preferred hazard ratio of each trial, with what else a reader should see.

    Returns
    -------
    effects : tuple of ndarray, shape (k,)
    reasons : dict of int to str
        Why a row has none.
    columns : dict of str to list
        ``derived`` and ``derivation`` if any variance is worked out from other figures;
        ``routes``, each with its ratio, if a trial has several.
    notes : list of str
        Trials whose routes disagree.
    """
    routes, yi, vi, columns = every_route(frame)
    possible = np.isfinite(yi)
    first = np.where(possible.any(axis=0), possible.argmax(axis=0), 0)
    rows = np.arange(len(labels))
    reasons = {int(i): _why(routes[0], columns, int(i)) for i in rows if not possible[:, i].any()}
    beside: dict[str, list[object]] = {}
    derived = [bool(routes[j].derived and possible[j, i]) for i, j in enumerate(first)]
    if any(derived):
        beside["derived"] = list(derived)
        beside["derivation"] = [
            f"variance from {routes[j].name}" if by else ""
            for j, by in zip(first, derived, strict=True)
        ]
    if (possible.sum(axis=0) > 1).any():
        beside["routes"] = [_said(routes, yi[:, i]) for i in rows]
    at = yi[first, rows], vi[first, rows]
    return at, reasons, beside, _disagreements(labels, routes, (yi, vi), at)


def _why(route: Route, columns: Columns, i: int) -> str:
    optional = ["level"] if route.name == "interval" and "level" in columns else []
    missing = [name for name in (*route.columns, *optional) if np.isnan(columns[name][i])]
    if missing:
        return f"{' and '.join(missing)} missing"
    return "the numbers leave no variance for the hazard ratio"


def _said(routes: tuple[Route, ...], yi: FloatArray) -> str:
    found = zip(routes, yi, strict=True)
    return "; ".join(f"{route.name} {np.exp(y):.3f}" for route, y in found if np.isfinite(y))


def _disagreements(labels: Labels, routes: tuple[Route, ...], every: Pair, at: Pair) -> list[str]:
    """One note for the trials with a route that does not say what the chosen one says."""
    yi, vi = every
    told = []
    for i, label in enumerate(labels):
        there = np.isfinite(yi[:, i])
        if not all(
            agree(y, np.sqrt(v), at[0][i], at[1][i])
            for y, v in zip(yi[there, i], vi[there, i], strict=True)
        ):
            told.append(f"{label} ({_said(routes, yi[:, i])})")
    if not told:
        return []
    return [f"Routes to the hazard ratio disagree, and the first was taken: {', '.join(told)}."]
