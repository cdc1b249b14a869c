"""Fragility of a pooled result: how few patients' outcomes make or unmake its significance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from metaonc.diagnostics.arguments import tested_against_null, whole
from metaonc.diagnostics.count_refits import CountRefits
from metaonc.diagnostics.deletion.members import pooled
from metaonc.effects import level_text
from metaonc.effects.counts.continuity import Added, Correction
from metaonc.kernels import FloatArray
from metaonc.pooling import PooledResult
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd


class Change(NamedTuple):
    """One patient whose event status is changed, and the pooled interval after it."""

    study: int  # position among the effects
    arm: int  # 1 or 2
    gained: bool  # from no event to an event
    low: float
    high: float


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class FragilityIndex(Finding):
    """How many changes of event status it takes; made by :func:`metaonc.fragility_index`.

    Attributes
    ----------
    result : PooledResult
        What was diagnosed.
    significant : bool
        Whether the result's interval excludes the null.
    index : int or None
        Changes after which it does not, or does; None if no change was found that gets there.
    changes : tuple of Change
        The changes, in the order in which they were made.
    """

    kind: ClassVar[str] = "metaonc fragility index"
    result: PooledResult
    significant: bool
    index: int | None
    changes: tuple[Change, ...]

    @property
    def patients(self) -> int:
        """Patients in all studies."""
        columns = self.result.effects.columns
        return int(sum(columns["n_1"]) + sum(columns["n_2"]))

    @property
    def quotient(self) -> float:
        """Index over patients; NaN without an index."""
        return float("nan") if self.index is None else self.index / self.patients

    def to_frame(self) -> pd.DataFrame:
        """A row per change: ``step study arm change low high``, limits on the displayed scale."""
        import pandas as pd

        effects = self.result.effects
        limits = effects.display([[c.low, c.high] for c in self.changes] or np.empty((0, 2)))
        return pd.DataFrame(
            {
                "step": range(1, len(self.changes) + 1),
                "study": [effects.labels[c.study] for c in self.changes],
                "arm": [c.arm for c in self.changes],
                "change": ["event added" if c.gained else "event removed" for c in self.changes],
                "low": limits[:, 0],
                "high": limits[:, 1],
            }
        )

    def numbers(self) -> dict[str, Any]:
        """The index and what it is of."""
        return {
            "significant": self.significant,
            "index": self.index,
            "quotient": self.quotient,
            "patients": self.patients,
        }

    @property
    def title(self) -> str:
        """The index."""
        shown = "none found" if self.index is None else str(self.index)
        return f"Fragility index of the pooled {self.result.effects.scale.name}: {shown}"

    def cells(self) -> list[list[str]]:
        """Changes by study and arm."""
        tally: dict[tuple[int, int, bool], int] = {}
        for change in self.changes:
            key = (change.study, change.arm, change.gained)
            tally[key] = tally.get(key, 0) + 1
        if not tally:
            return []
        effects = self.result.effects
        rows = [["", "arm", "events", "changed by"]]
        for (study, arm, gained), times in tally.items():
            before = f"{effects.columns[f'events_{arm}'][study]:g}"
            of = f"{effects.columns[f'n_{arm}'][study]:g}"
            name = effects.arm_labels[arm - 1]
            sign = "+" if gained else "−"
            rows.append([effects.labels[study], name, f"{before}/{of}", f"{sign}{times}"])
        return rows

    @property
    def sentences(self) -> Sequence[str]:
        """What follows, and how it was found."""
        level = level_text(self.result.choices.level)
        now = "excludes" if self.significant else "includes"
        then = "includes" if self.significant else "excludes"
        null = f"{self.result.effects.scale.null:g}"
        if self.index is None:
            said = (
                f"The {level} interval {now} {null}, and the search found no changes of event "
                "status after which it would not."
            )
        else:
            patients = f"{self.index} of {self.patients:,} patients"
            said = (
                f"The {level} interval {now} {null}; had {patients} had the other outcome, it "
                f"{then} {null} ({self.quotient:.2%} of all patients)."
            )
        return (
            said,
            (
                "Found by the iterative search of Atal et al. 2019: each step makes the one change "
                "that moves the interval furthest; another combination may need fewer."
            ),
        )


def fragility_index(
    result: PooledResult,
    *,
    add: Added = 0.5,
    to: Correction = "only0",
    max_changes: int = 1000,
) -> FragilityIndex:
    """Fewest changes of event status that make or unmake the significance of a pooled result.

    Parameters
    ----------
    result : PooledResult
        Of tables of two arms (OR, RR, RD, ...): by inverse variances, Mantel-Haenszel, Peto or
        another model of counts.
    add, to
        The continuity correction that :func:`metaonc.effect_sizes` was given.
    max_changes : int, default 1000
        Stop there.

    Returns
    -------
    FragilityIndex

    Raises
    ------
    DiagnosticsError
        If the effects carry no counts of two arms, or do not follow from them.

    Notes
    -----
    Atal, Porcher, Boutron & Ravaud, J Clin Epidemiol 2019;111:32-40. Every possible change of one
    patient in one arm of one trial is tried, that with the limit nearest to (or furthest beyond)
    the null is made, and so on until the interval includes (or excludes) it. A result that is not
    significant is moved both ways, and the shorter way counts. The search is greedy, as published:
    the index is an upper bound of the smallest number of changes.

    Examples
    --------
    >>> import metaonc as mo
    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {"events_1": [4, 8], "n_1": [60, 90], "events_2": [12, 17], "n_2": [60, 90]}
    ... )
    >>> mo.fragility_index(mo.pool(mo.effect_sizes("OR", frame), model="mh")).index
    5
    """
    tested_against_null(pooled(result).effects)
    limit = whole("max_changes", max_changes)
    refits = CountRefits(result, add=add, to=to)
    if result.ci_low > 0:
        paths = [_search(refits, upwards=False, gain=False, limit=limit)]
    elif result.ci_high < 0:
        paths = [_search(refits, upwards=True, gain=False, limit=limit)]
    else:
        paths = [_search(refits, upwards=up, gain=True, limit=limit) for up in (True, False)]
    there = [path for path in paths if path is not None]
    changes = min(there, key=len) if there else ()
    return FragilityIndex(
        result=result,
        significant=result.ci_low > 0 or result.ci_high < 0,
        index=len(changes) if there else None,
        changes=changes,
    )


def _search(
    refits: CountRefits, *, upwards: bool, gain: bool, limit: int
) -> tuple[Change, ...] | None:
    """Changes that move the interval one way until it passes the null; None if none get there."""
    events = np.stack([refits.events_1, refits.events_2])
    sizes = np.stack([refits.n_1, refits.n_2])
    step = np.array([1.0, -1.0]) if upwards else np.array([-1.0, 1.0])  # what arm 1 and 2 do
    made: list[Change] = []
    while len(made) < limit:
        moved = events + step[:, None]
        arm, study = np.nonzero((moved >= 0) & (moved <= sizes))
        if not len(arm):
            return None
        tried = np.repeat(events[None], len(arm), axis=0)
        tried[np.arange(len(arm)), arm, study] += step[arm]
        found = refits(tried[:, 0], tried[:, 1])
        edge = _edge(found.low, found.high, upwards=upwards, gain=gain)
        best = int(np.argmax(edge))
        if edge[best] == -np.inf:
            return None
        events = tried[best]
        ends = float(found.low[best]), float(found.high[best])
        made.append(Change(int(study[best]), int(arm[best]) + 1, bool(step[arm[best]] > 0), *ends))
        if edge[best] > 0 or (edge[best] == 0 and not gain):
            return tuple(made)
    return None


def _edge(low: FloatArray, high: FloatArray, *, upwards: bool, gain: bool) -> FloatArray:
    """The limit that has to pass the null, in the direction of the search."""
    first = low if gain else high
    edge = first if upwards else -(high if gain else low)
    return np.where(np.isfinite(low) & np.isfinite(high), edge, -np.inf)
