"""What was selected from the registry -> `Effects`, shared arms and all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from metaonc.effects.counts.continuity import (
    Columns,
    Correction,
    corrected_counts,
    tables_to_correct,
)
from metaonc.effects.effects import Effects
from metaonc.effects.tables.effect_sizes import effect_sizes
from metaonc.effects.trials.bias import with_bias
from metaonc.effects.trials.multi_arm import (
    Contrast,
    SharedControl,
    combined,
    count_parts,
    covariance_matrix,
    hazard_ratio_parts,
    refuse_shared,
    shared_groups,
    split,
)
from metaonc.effects.trials.rows import log_ratio, notes_on, study_row
from metaonc.errors import EffectsError
from metaonc.registry import Chosen, HazardRatio
from metaonc.registry.candidates import arm_events

Row = dict[str, Any]


class _Side(NamedTuple):
    """Columns about one of the two arms."""

    arm: str
    events: str
    n: str


_SIDES = (_Side("arm_1", "events_1", "n_1"), _Side("arm_2", "events_2", "n_2"))


def effects_of(
    chosen: Sequence[Chosen], measure: str, way: SharedControl, *, add: float, to: Correction
) -> Effects:
    """Effects of the chosen results, one study per contrast.

    Parameters
    ----------
    chosen : sequence of Chosen
        At least one.
    measure : str
        Effect measure, of two arms or of one.
    way : {"covariance", "combine", "split", "error"}
        What becomes of contrasts that share an arm.
    add, to
        Continuity correction, as in :func:`effect_sizes`.

    Raises
    ------
    EffectsError
        If shared arms cannot be treated that way.
    """
    rows = _labelled(chosen)
    contrasts = [_bare(choice) for choice in chosen]
    if way == "error":
        refuse_shared(contrasts)
    groups = shared_groups(contrasts)
    told = [_told([rows[i] for i in group], way) for group in groups]
    if measure == "HR":
        return _ratio_effects(chosen, rows, way, told)
    if groups and way == "combine":
        rows = _combined_rows(rows, groups)
    if groups and way == "split":
        rows = _split_arms(rows, groups)
    return _count_effects(measure, rows, told, way == "covariance" and bool(groups), add, to)


def _labelled(chosen: Sequence[Chosen]) -> list[Row]:
    """A row per contrast; the labels of a trial with several say which."""
    rows = with_bias([study_row(choice) for choice in chosen], chosen)
    times = Counter(row["label"] for row in rows)
    for row in rows:
        if times[row["label"]] > 1:
            same = [r for r in rows if r["trial"] == row["trial"]]
            parts = [
                row[name]
                for name in ("arm_1", "arm_2")
                if name in row and len({r[name] for r in same}) > 1
            ]
            row["contrast"] = " v ".join(parts)
    for row in rows:
        row["label"] += f", {row['contrast']}" if row.setdefault("contrast", "") else ""
    return rows


def _bare(choice: Chosen) -> Contrast:
    """The contrast without its numbers: enough to see which ones share an arm."""
    arms = tuple(filter(None, (choice.experimental, choice.control)))
    return Contrast(choice.trial.key, choice.trial.name, arms, 0.0, 1.0, None)


def _told(rows: list[Row], way: SharedControl) -> str:
    contrasts = "; ".join(row["contrast"] for row in rows)
    share = f"{_study(rows[0])}: contrasts that share an arm ({contrasts})"
    return {
        "covariance": f"{share} enter with their covariance",
        "combine": f"{share} are combined into one",
        "split": f"{share} each take an equal part of it",
        "error": "",
    }[way]


def _study(row: Row) -> str:
    """The label of a row without its contrast."""
    return str(row["label"]).removesuffix(f", {row['contrast']}")


# Hazard ratios ----------------------------------------------------------------------------------


def _ratio_effects(
    chosen: Sequence[Chosen], rows: list[Row], way: SharedControl, told: list[str]
) -> Effects:
    contrasts = [_ratio_contrast(choice) for choice in chosen]
    groups = shared_groups(contrasts)
    for i, group in enumerate(groups):
        bases = sorted({contrasts[j].basis for j in group})
        if all(bases):
            told[i] += f"; the shared arm's variance follows from the {' and '.join(bases)} per arm"
    notes = [*(f"{text}." for text in told), *notes_on(rows)]
    covariance = None
    if groups and way == "covariance":
        covariance = covariance_matrix(contrasts)
    if groups and way == "split":
        contrasts = split(contrasts)
        rows = _split_arms(rows, groups)
        for i in (i for group in groups for i in group):
            rows[i] = _not_as_printed(rows[i])
    if groups and way == "combine":
        gone = {j for group in groups for j in group[1:]}
        for group in groups:
            contrasts[group[0]] = combined([contrasts[j] for j in group])
            rows[group[0]] = _one_row([rows[j] for j in group])
        contrasts = [c for j, c in enumerate(contrasts) if j not in gone]
        rows = [row for j, row in enumerate(rows) if j not in gone]
    return Effects(
        np.array([contrast.yi for contrast in contrasts]),
        np.array([contrast.vi for contrast in contrasts]),
        "HR",
        [row["label"] for row in rows],
        columns=_columns(rows),
        covariance=covariance,
        notes=notes,
    )


def _ratio_contrast(choice: Chosen) -> Contrast:
    assert isinstance(choice.result, HazardRatio)
    estimate, se = log_ratio(choice)
    arms = (choice.experimental, choice.control)
    events = tuple(arm_events(choice.trial, choice.result, key) for key in arms)
    sizes = tuple(choice.trial.arm(key).n for key in arms)
    vi = se**2
    parts, basis = hazard_ratio_parts(vi, (events[0], events[1]), (sizes[0], sizes[1]))
    yi = float(np.log(estimate))
    return Contrast(choice.trial.key, choice.trial.name, arms, yi, vi, parts, basis)


def _one_row(rows: list[Row]) -> Row:
    """Several contrasts of a trial as one row."""
    first = dict(rows[0])
    first |= {"label": _study(first), "contrast": ""}
    for arm, _, n in _SIDES:
        sizes = {row[arm]: row[n] for row in rows}
        first[arm] = " + ".join(sizes)
        first[n] = None if None in sizes.values() else sum(sizes.values())
    first = _not_as_printed(first)
    for name in ("printed", "result", "source", "derivation"):
        first[name] = "; ".join(dict.fromkeys(row[name] for row in rows if row[name]))
    statuses = {row["status"] for row in rows}
    first["status"] = "unconfirmed" if "unconfirmed" in statuses else "confirmed"
    return first


def _not_as_printed(row: Row) -> Row:
    """The row without the printed interval, which is not that of its effect any more."""
    blank = {name: None for name in row if name.startswith("printed_")}
    return row | blank | {"derived": True}


def _split_arms(rows: list[Row], groups: list[list[int]]) -> list[Row]:
    """Rows in which a shared arm's events and patients are divided by its contrasts."""
    found = [dict(row) for row in rows]
    for group in groups:
        for i in group:
            for side in _SIDES:
                sharing = [j for j in group if rows[j][side.arm] == rows[i][side.arm]]
                if len(sharing) == 1:
                    continue
                for name in (side.events, side.n):
                    if rows[i].get(name) is not None:
                        found[i][name] = rows[i][name] / len(sharing)
                found[i][side.arm] += f", part {sharing.index(i) + 1} of {len(sharing)}"
    return found


# Counts -----------------------------------------------------------------------------------------


def _combined_rows(rows: list[Row], groups: list[list[int]]) -> list[Row]:
    """Rows that share an arm as one: all experimental arms against all control arms."""
    found = list(rows)
    for group in groups:
        members = [rows[i] for i in group]
        merged = _one_row(members)
        for arm, events, n in _SIDES:
            counts = {(row[arm], row[events], row[n]) for row in members}
            if len(counts) > len({label for label, *_ in counts}):
                raise EffectsError(
                    f"{merged['label']}: the contrasts count the same arm differently "
                    f"({', '.join(f'{label} {x}/{m}' for label, x, m in sorted(counts))}); use "
                    "another shared_control."
                )
            merged[events] = sum(x for _, x, _ in counts)
            merged[n] = sum(m for _, _, m in counts)
        found[group[0]] = merged
    gone = {i for group in groups for i in group[1:]}
    return [row for i, row in enumerate(found) if i not in gone]


def _count_effects(
    measure: str, rows: list[Row], told: list[str], correlated: bool, add: float, to: Correction
) -> Effects:
    import pandas as pd

    frame = pd.DataFrame(rows)
    effects = effect_sizes(measure, frame, add=add, to=to)
    notes = [*effects.notes, *(f"{text}." for text in told)]
    labels = [row["label"] for row in rows]
    kept = [labels.index(label) for label in effects.labels]
    notes += notes_on([rows[i] for i in kept])
    columns = _columns([rows[i] for i in kept])
    covariance = None
    if correlated:
        contrasts = _count_contrasts(measure, effects, rows, kept, add, to)
        covariance = covariance_matrix(contrasts)
    return replace(effects, columns=columns, notes=notes, covariance=covariance)


def _count_contrasts(
    measure: str, effects: Effects, rows: list[Row], kept: list[int], add: float, to: Correction
) -> list[Contrast]:
    """The contrasts with what each arm contributes, after any continuity correction."""
    names = ("events_1", "n_1", "events_2", "n_2")
    table: Columns = {name: np.array([float(row[name]) for row in rows]) for name in names}
    cells = corrected_counts(table, tables_to_correct(table, add, to), add)
    found = []
    for position, i in enumerate(kept):
        x1, n1, x2, n2 = (float(cell[i]) for cell in cells)
        row = rows[i]
        found.append(
            Contrast(
                row["trial"],
                row["label"],
                (row["arm_1"], row["arm_2"]),
                float(effects.yi[position]),
                float(effects.vi[position]),
                count_parts(measure, [(x1, n1), (x2, n2)]),
                "counts",
            )
        )
    return found


def _columns(rows: list[Row]) -> dict[str, tuple[Any, ...]]:
    names = dict.fromkeys(name for row in rows for name in row if name != "label")
    return {name: tuple(row.get(name) for row in rows) for name in names}
