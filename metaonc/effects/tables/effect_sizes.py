"""`effect_sizes`: a raw table, one study per row -> Effects."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from metaonc.effects.counts.continuity import (
    Added,
    BoolArray,
    Columns,
    Correction,
    both_arms_empty,
    corrected_counts,
    correction_note,
    tables_to_correct,
)
from metaonc.effects.effects import RESERVED, Effects
from metaonc.effects.later import Numbered, TableColumns
from metaonc.effects.means.mean_differences import Correct
from metaonc.effects.scales.measures import measure_named
from metaonc.effects.scales.transforms import FloatArray
from metaonc.effects.survival.time_to_event import ROUTES, chosen_hazard_ratios
from metaonc.effects.tables.column_rules import (
    Labels,
    check,
    missing_values,
    numbers,
    study_labels,
)
from metaonc.effects.tables.printed import PRINTED, printed_effects
from metaonc.effects.tables.recipes import RECIPES, Recipe
from metaonc.errors import EffectsError
from metaonc.registry.selection import LeftOut

if TYPE_CHECKING:
    import pandas as pd

Pair = tuple[FloatArray, FloatArray]

_PRINTED_NAMES = ("level", "p", "se")


def effect_sizes(
    measure: str,
    frame: pd.DataFrame,
    *,
    add: Added = 0.5,
    to: Correction = "only0",
    drop00: bool = False,
    vtype: str = "LS",
    correct: Correct = True,
    study_ci: str = "",
    back_size: str | float = "harmonic",
    per: float | None = None,
) -> Effects:
    """Compute effects and variances from a raw table with one study per row.

    Parameters
    ----------
    measure : str
        Code of the measure, as in metafor, whose PR, PLO, OR2D and D2OR mean PRAW, PLOGIT, OR2DL
        and D2ORL; the methods page lists them with their columns.
    frame : pandas.DataFrame
        Columns by measure. HR: ``estimate low high`` with, optionally, the ``level`` of each
        interval (a fraction, default 0.95), ``estimate se``, log-rank totals ``o_minus_e
        variance``, ``p`` (with ``p_sides`` 1 or 2) beside any of these or beside events, and more:
        see :func:`metaonc.effects.hazard_ratio_routes`; each row is computed by the first route
        it has the numbers for. Two arms (1 = experimental): ``events_1 n_1 events_2 n_2``,
        ``events_1 time_1 events_2 time_2`` or ``mean_1 sd_1 n_1 mean_2 sd_2 n_2``.
        One arm: ``events n``, ``events time``, ``mean sd n`` or ``mean_pre sd_pre mean_post
        sd_post n r``. Matched pairs: ``both only_1 only_2 neither``. Correlations: ``r n``,
        partial ones also ``controls``. Any measure, where these are not there: ``yi vi`` on the
        analysis scale, or ``estimate`` with ``low high``, with ``se`` (on the analysis scale) or
        with ``p``. Optional: ``label``. Every other column is kept beside the effects.
    add : float or "TACC", default 0.5
        Continuity correction added to every cell of a table that is corrected; ``"TACC"`` adds in
        proportion to the size of each arm, one event in all.
    to : {"only0", "all", "if0all", "none"}, default "only0"
        Which tables are corrected: those with an empty cell, all of them, all of them if any has an
        empty cell, or none. Scales with a value at an empty cell (AS, PHI, PAS, PFT, IRS, IRSD,
        IRFT) are never corrected.
    drop00 : bool, default False
        Leave out two-arm studies with no event, or nothing but events, in both arms.
    vtype : str, default "LS"
        Kind of sampling variance, where a measure has several (large-sample, unbiased, from
        averages over the studies ...): see the function of its family.
    correct : bool or "approximate", default True
        Correction of the small-sample bias of standardised mean differences (Hedges' g), ratios
        of means and of standard deviations.
    study_ci : {"CP", "WS", "WSCC", "AC", "SA", "SACC", "NAsm"}, optional
        Interval of each study's proportion, from counts of one arm: exact (Clopper-Pearson, the
        default), Wilson's without or with continuity correction, Agresti-Coull, simple without or
        with continuity correction, or Wald's on the analysis scale. The pooled result does not
        depend on it.
    back_size : str or float, default "harmonic"
        PFT and IRFT: which mean of the studies' sizes transforms pooled values back,
        ``"harmonic"``, ``"geometric"`` or ``"arithmetic"``, or a size.
    per : float, optional
        What proportions, rates and risk differences are printed per, in tables and figures: 100
        (percent) for proportions by default, e.g. 1000 for rare events.

    Returns
    -------
    Effects
        In the frame's order. A study with a missing number, or without a finite effect and a
        positive variance, is listed in `left_out` with the reason; a correction in `notes`.

    Raises
    ------
    EffectsError
        If a column is missing, a value breaks a rule (events above n, limits out of order), the
        measure does not offer this variance, or no study is left.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {"label": ["TAMRAD"], "events_1": [33], "n_1": [54], "events_2": [24], "n_2": [57]}
    ... )
    >>> effects = effect_sizes("RR", frame)
    >>> float(effects.yi[0].round(4)), float(effects.vi[0].round(4))
    (0.3725, 0.0359)
    """
    measure = measure_named(measure).code
    labels = study_labels(frame)
    names = _route(measure, frame)
    if measure == "HR":
        effects, reasons, beside, notes = chosen_hazard_ratios(frame, labels)
        none = np.zeros(len(labels), dtype=bool)
        found = _assemble(measure, frame, labels, effects, reasons, none, add)
        found = _with_routes(found, labels, beside, notes)
        return found.read_as(study_ci=study_ci, back_size=back_size, per=per)
    columns = {name: numbers(frame, name) for name in names}
    if "low" in columns and "level" in frame:
        columns["level"] = numbers(frame, "level")
    reasons = missing_values(columns)
    corrected = np.zeros(len(labels), dtype=bool)
    if measure in RECIPES and names == RECIPES[measure].columns:
        check(columns, labels)
        recipe = RECIPES[measure]
        if recipe.counts:
            corrected = tables_to_correct(columns, add, to) & recipe.corrected
            for i in np.flatnonzero(both_arms_empty(columns) & drop00):
                reasons.setdefault(int(i), "no events, or only events, in both arms")
        yi, vi = _computed(measure, recipe, columns, corrected, add, vtype, correct)
    else:
        yi, vi = printed_effects(measure, columns, labels)
    for i in np.flatnonzero(~(np.isfinite(yi) & np.isfinite(vi) & (vi > 0))):
        reasons.setdefault(int(i), _no_effect(measure, names))
    found = _assemble(measure, frame, labels, (yi, vi), reasons, corrected, add)
    return found.read_as(study_ci=study_ci, back_size=back_size, per=per)


def _computed(
    measure: str,
    recipe: Recipe,
    columns: Columns,
    corrected: BoolArray,
    add: Added,
    vtype: str,
    correct: Correct,
) -> Pair:
    """The family's function on the (corrected) columns, with the options that it takes."""
    if vtype not in recipe.vtypes:
        raise EffectsError(
            f"vtype = {vtype!r} is not offered for {measure}; use {' or '.join(recipe.vtypes)}."
        )
    options: dict[str, Any] = {"correct": correct} if recipe.unbiased else {}
    if len(recipe.vtypes) > 1:
        options["vtype"] = vtype
    arrays = list(columns.values())
    if corrected.any():
        arrays = corrected_counts(columns, corrected, add)
    return recipe.compute(measure, *arrays, **options)


def _routes(measure: str) -> tuple[tuple[str, ...], ...]:
    """Sets of columns a measure can be computed from, in order of preference."""
    if measure == "HR":
        return tuple(route.columns for route in ROUTES)
    return (RECIPES[measure].columns, *PRINTED) if measure in RECIPES else PRINTED


def _route(measure: str, frame: pd.DataFrame) -> tuple[str, ...]:
    """Columns to compute from: the first route of the measure that the table offers."""
    for route in _routes(measure):
        if set(route) <= set(frame.columns):
            return route
    wanted = " or ".join(", ".join(route) for route in _routes(measure))
    raise EffectsError(
        f"{measure} needs the columns {wanted}; the table has {', '.join(map(str, frame.columns))}."
    )


def _no_effect(measure: str, names: tuple[str, ...]) -> str:
    if measure in RECIPES and names == RECIPES[measure].columns and RECIPES[measure].counts:
        return "an empty cell leaves no effect or no variance (no continuity correction)"
    return f"the numbers leave no effect or no variance for the {measure_named(measure).name}"


def _with_routes(
    found: Effects, labels: Labels, beside: dict[str, list[object]], notes: list[str]
) -> Effects:
    """The same effects with what was derived and which other routes there are."""
    at = {label: i for i, label in enumerate(labels)}
    kept = [at[label] for label in found.labels]
    more = {
        name: tuple(values[i] for i in kept)
        for name, values in beside.items()
        if name not in found.columns
    }
    return replace(found, columns={**found.columns, **more}, notes=(*found.notes, *notes))


def _assemble(
    measure: str,
    frame: pd.DataFrame,
    labels: Labels,
    effects: Pair,
    reasons: dict[int, str],
    corrected: BoolArray,
    add: Added,
) -> Effects:
    """Keep the studies that have an effect; list the others with the reason."""
    keep = np.ones(len(labels), dtype=bool)
    keep[list(reasons)] = False
    left_out = [LeftOut(labels[i], reasons[i]) for i in sorted(reasons)]
    if not keep.any():
        first = f" ({left_out[0].label}: {left_out[0].reason})" if left_out else ""
        raise EffectsError(f"no study of the table has a {measure}{first}; give at least one.")
    kept = frame if keep.all() else frame.loc[keep]
    named = [labels[i] for i in np.flatnonzero(corrected & keep).tolist()]
    return Effects(
        effects[0][keep],
        effects[1][keep],
        measure,
        _taken(labels, keep),
        columns=TableColumns(
            {_kept_as(str(name), measure): kept[name] for name in kept.columns if name != "label"}
        ),
        left_out=left_out,
        notes=[correction_note(named, add)] if named else [],
    )


def _taken(labels: Labels, keep: BoolArray) -> Labels:
    if isinstance(labels, Numbered):
        return labels.take(keep)
    return [labels[i] for i in np.flatnonzero(keep).tolist()]


def _kept_as(name: str, measure: str) -> str:
    """Column name beside the effects: printed figures keep clear of the computed ones."""
    printed = name in RESERVED or (measure == "HR" and name in _PRINTED_NAMES)
    return f"printed_{name}" if printed else name
