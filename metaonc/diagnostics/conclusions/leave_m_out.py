"""The smallest number of trials whose removal changes the conclusion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from math import comb
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from metaonc.diagnostics.arguments import tested_against_null, whole
from metaonc.diagnostics.deletion.members import pooled
from metaonc.diagnostics.refits import refit
from metaonc.effects import level_text
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray
from metaonc.pooling import PooledResult
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd

_BATCH = 4096


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LeaveMOut(Finding):
    """Which removals change the conclusion; made by :func:`metaonc.leave_m_out`.

    Attributes
    ----------
    result : PooledResult
        What was diagnosed.
    m : int or None
        Smallest number of studies whose removal changes the conclusion; None if none was found.
    tried : int
        All removals of up to this many studies were tried.
    most : int
        Studies that may be removed at all.
    fits : int
        Subsets that were fitted.
    removed : tuple of tuple of int
        Every removal of `m` studies that changes the conclusion, as positions.
    estimate, low, high : ndarray, shape (len(removed),)
        What is left after each, on the analysis scale.
    """

    kind: ClassVar[str] = "metaonc leave-m-out"
    result: PooledResult
    m: int | None
    tried: int
    most: int
    fits: int
    removed: tuple[tuple[int, ...], ...]
    estimate: FloatArray
    low: FloatArray
    high: FloatArray

    @property
    def complete(self) -> bool:
        """Whether the answer is final: found, or every allowed removal was tried."""
        return self.m is not None or self.tried == self.most

    def to_frame(self) -> pd.DataFrame:
        """A row per removal that changes the conclusion: ``removed estimate low high``."""
        import pandas as pd

        effects = self.result.effects
        names = ("estimate", "low", "high")
        shown = {name: effects.display(getattr(self, name)) for name in names}
        return pd.DataFrame({"removed": [self._named(row) for row in self.removed]} | shown)

    def _named(self, row: tuple[int, ...]) -> str:
        return ", ".join(self.result.effects.labels[i] for i in row)

    def numbers(self) -> dict[str, Any]:
        """How many, and how far the search went."""
        return {
            "m": self.m,
            "tried": self.tried,
            "complete": self.complete,
            "fits": self.fits,
        }

    @property
    def title(self) -> str:
        """The answer."""
        if self.m is None:
            return f"Leave-m-out: no removal of up to {_studies(self.tried)} changes the conclusion"
        return f"Leave-m-out: removing {_studies(self.m)} can change the conclusion"

    def cells(self) -> list[list[str]]:
        """The removals, those with the most extreme estimates first."""
        if not self.removed:
            return []
        scale = self.result.effects.scale
        frame = self.to_frame()
        rows = [["", scale.name, f"{level_text(self.result.choices.level)} CI"]]
        for removed, estimate, low, high in frame.head(_SHOWN).itertuples(index=False, name=None):
            shown = f"without {removed}"
            rows.append([shown, scale.number(estimate), scale.interval_text(low, high)])
        return rows

    @property
    def sentences(self) -> Sequence[str]:
        """What the conclusion is, and how far the search went."""
        level = level_text(self.result.choices.level)
        where = "excludes" if _side(self.result.ci_low, self.result.ci_high) else "includes"
        null = f"{self.result.effects.scale.null:g}"
        said = [
            (
                f"The conclusion: the {level} interval of all {self.result.k} studies {where} "
                f"{null}. It changes where that does, or where the interval excludes it on the "
                "other side."
            )
        ]
        if len(self.removed) > _SHOWN:
            said.append(f"{len(self.removed):,} removals change it; the first {_SHOWN} are shown.")
        if self.complete:
            said.append(f"Every removal was tried in turn ({self.fits:,} fits).")
        else:
            following = comb(self.result.k, self.tried + 1)
            said.append(
                f"Stopped after {self.fits:,} fits: removing {_studies(self.tried + 1)} takes "
                f"{following:,} more than max_fits allows; raise it to go on."
            )
        return tuple(said)


_SHOWN = 10


def _studies(number: int) -> str:
    return f"{number} {'study' if number == 1 else 'studies'}"


def leave_m_out(
    result: PooledResult, *, max_m: int | None = None, max_fits: int = 100_000
) -> LeaveMOut:
    """Smallest number of studies whose removal changes the conclusion, by trying all of them.

    Parameters
    ----------
    result : PooledResult
        Of two studies or more; tau² that was estimated is estimated anew in every subset.
    max_m : int, optional
        Remove no more than this. Default: all but two studies (of two studies, one).
    max_fits : int, default 100,000
        Start on no number of studies whose removals would take the search beyond this.

    Returns
    -------
    LeaveMOut
        With every removal of that number that does it.

    Raises
    ------
    DiagnosticsError
        If there is one study only, or none may be removed.

    Notes
    -----
    The conclusion is whether the interval excludes the null, and on which side. All removals of
    one study are tried, then all of two, and so on, as batches of the kernels.

    Examples
    --------
    >>> import metaonc as mo
    >>> found = mo.leave_m_out(mo.pool(mo.load_registry().effects("pfs")))
    >>> found.m, found.fits
    (2, 21)
    """
    tested_against_null(pooled(result).effects)
    if result.k < 2:
        raise DiagnosticsError("there is one study, and removing it leaves none; pool two or more.")
    allowed = max(result.k - 2, 1)
    most = allowed if max_m is None else min(whole("max_m", max_m), allowed)
    limit = whole("max_fits", max_fits)
    now, fits, tried = _side(result.ci_low, result.ci_high), 0, 0
    nothing = np.empty(0)
    for m in range(1, most + 1):
        if fits + comb(result.k, m) > limit:
            break
        fits += comb(result.k, m)
        tried = m
        removed, estimate, low, high = _changing(result, m, now)
        if removed:
            return LeaveMOut(
                result=result, m=m, tried=m, most=most, fits=fits, removed=removed,
                estimate=estimate, low=low, high=high,
            )  # fmt: skip
    return LeaveMOut(
        result=result, m=None, tried=tried, most=most, fits=fits, removed=(),
        estimate=nothing, low=nothing, high=nothing,
    )  # fmt: skip


def _side(low: float, high: float) -> int:
    """Where the interval lies: 1 above the null, -1 below it, 0 around it."""
    return int(low > 0) - int(high < 0)


_Removals = tuple[tuple[tuple[int, ...], ...], FloatArray, FloatArray, FloatArray]


def _changing(result: PooledResult, m: int, now: int) -> _Removals:
    """The removals of m studies after which the interval lies elsewhere."""
    found: list[tuple[int, ...]] = []
    values: list[FloatArray] = []
    for block in _blocks(result.k, m):
        keep = np.ones((len(block), result.k), dtype=bool)
        keep[np.arange(len(block))[:, None], np.array(block)] = False
        fitted = refit(result, keep)
        side = (fitted.low > 0).astype(int) - (fitted.high < 0)
        rows = np.flatnonzero((side != now) & np.isfinite(fitted.low) & np.isfinite(fitted.high))
        found += [block[row] for row in rows]
        values.append(np.stack([fitted.estimate[rows], fitted.low[rows], fitted.high[rows]]))
    estimate, low, high = np.concatenate(values, axis=1)
    return tuple(found), estimate, low, high


def _blocks(k: int, m: int) -> Iterator[list[tuple[int, ...]]]:
    every = combinations(range(k), m)
    while block := list(islice(every, _BATCH)):
        yield block
