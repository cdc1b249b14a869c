"""`cumulative`: how the result came about, one study after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from metaonc.diagnostics.deletion.grouped_subsets import GroupedSubsets, refit_subgroups
from metaonc.diagnostics.deletion.members import effects_of
from metaonc.diagnostics.deletion.subsets import PooledSubsets, RegressionSubsets
from metaonc.diagnostics.refits import refit, refit_regression
from metaonc.diagnostics.words import null_text
from metaonc.effects import Effects
from metaonc.errors import DiagnosticsError
from metaonc.pooling import MetaRegression, PooledResult, SubgroupResult


class _Added:
    """What the tables of all three kinds of results have in common."""

    kind: ClassVar[str] = "cumulative"
    column: ClassVar[str] = "added"

    @property
    def whole(self) -> str:
        """What all studies together are called in the table."""
        return "All studies"

    @property
    def title(self) -> str:
        """What the table is."""
        return "Cumulative: the result as each is added"


@dataclass(frozen=True, eq=False, repr=False)
class Cumulative(_Added, PooledSubsets):
    """A pooled result as its studies are added one after another.

    Made by :func:`metaonc.cumulative`.

    Attributes
    ----------
    result : PooledResult
        The result of all studies.
    labels : tuple of str
        What was added: a study, or the studies that share a value.
    keep : ndarray of bool, shape (n, k)
        The studies of each fit.
    """

    @property
    def sentences(self) -> Sequence[str]:
        """Since when the conclusion is what it is."""
        return [*self._since(), *self._missing()]

    def _since(self) -> list[str]:
        scale = self.result.effects.scale
        if scale.null is None or not self.fitted.any():
            return []
        crosses = np.where(self.fitted, self.crosses_null, True)
        changes = np.flatnonzero(crosses != crosses[-1])
        since = self.labels[changes[-1] + 1 if len(changes) else 0]
        does = "holds" if crosses[-1] else "excludes"
        return [f"The interval {does} {null_text(self.result.effects)} from {since} on."]


@dataclass(frozen=True, eq=False, repr=False)
class RegressionCumulative(_Added, RegressionSubsets):
    """A meta-regression as its studies are added one after another.

    Made by :func:`metaonc.cumulative`; attributes as :class:`Cumulative`.
    """

    @property
    def sentences(self) -> Sequence[str]:
        """What cannot be fitted yet."""
        return self._missing()


@dataclass(frozen=True, eq=False, repr=False)
class GroupedCumulative(_Added, GroupedSubsets):
    """Subgroups as their studies are added one after another.

    Made by :func:`metaonc.cumulative`; attributes as :class:`Cumulative`.
    """


def cumulative(
    result: PooledResult | SubgroupResult | MetaRegression,
    order: str | Sequence[Any] | None = None,
    *,
    descending: bool = False,
    together: bool = False,
) -> Cumulative | RegressionCumulative | GroupedCumulative:
    """Fit a result to the first study, the first two, and so on.

    Parameters
    ----------
    result : PooledResult, SubgroupResult or MetaRegression
        The result, of any model and with any choices; these are kept, and tau² that was estimated
        is estimated anew.
    order : str or sequence of length k, optional
        A column of the effects, e.g. ``"year"``; ``"precision"``, the most precise study first; or
        a value for each study. Default: the studies as they are. Studies with the same value keep
        their order.
    descending : bool, default False
        Whether to start with the largest value (with ``"precision"``: with the least precise).
    together : bool, default False
        Whether studies with the same value are added at once.

    Returns
    -------
    Cumulative, RegressionCumulative or GroupedCumulative
        A table with `to_frame`, `summary`, `to_dict`, `to_json`; draw it with
        :func:`metaonc.forest`.

    Raises
    ------
    DiagnosticsError
        If a study has no value, or the values cannot be put in order.
    EffectsError
        If there is no such column.

    Notes
    -----
    Lau, Antman, Jimenez-Silva, Kupelnick, Mosteller & Chalmers, N Engl J Med 1992;327:248-254.
    Repeated looks are not corrected for.

    Examples
    --------
    >>> import metaonc as mo
    >>> fit = mo.pool(mo.load_registry().effects("pfs"))
    >>> mo.cumulative(fit, order="year").to_frame(display=True)[["added", "k", "estimate"]].round(2)
               added  k  estimate
    0  BOLERO-2 2012  1      0.45
    ...
    """
    effects = effects_of(result)
    values = _values(effects, order)
    places = _sorted(effects, values, descending)
    ends = list(range(effects.k))
    if together:
        ends = [
            i
            for i in range(effects.k)
            if i + 1 == effects.k or values[places[i]] != values[places[i + 1]]
        ]
    rank = np.empty(effects.k, dtype=int)
    rank[places] = np.arange(effects.k)
    keep = rank[None, :] <= np.array(ends)[:, None]
    starts = [0, *(end + 1 for end in ends[:-1])]
    labels = tuple(
        ", ".join(effects.labels[i] for i in places[start : end + 1])
        for start, end in zip(starts, ends, strict=True)
    )
    if isinstance(result, SubgroupResult):
        return GroupedCumulative(*refit_subgroups(result, labels, keep))
    if isinstance(result, MetaRegression):
        return RegressionCumulative(result, labels, keep, refit_regression(result, keep))
    return Cumulative(result, labels, keep, refit(result, keep))


def _values(effects: Effects, order: str | Sequence[Any] | None) -> list[Any]:
    """What the studies are ordered by."""
    if order is None:
        return list(range(effects.k))
    if isinstance(order, str):
        if order == "precision" and order not in effects.columns:
            return list(effects.vi)
        return list(effects.column(order))
    values = list(order)
    if len(values) != effects.k:
        raise DiagnosticsError(
            f"order has {len(values)} values for {effects.k} studies; give one per study."
        )
    return values


def _sorted(effects: Effects, values: list[Any], descending: bool) -> list[int]:
    """Positions of the studies in their order."""
    for label, value in zip(effects.labels, values, strict=True):
        if value is None or value != value:
            raise DiagnosticsError(
                f"{label}: no value to order by; fill it in or leave the study out of the result."
            )
    try:
        return sorted(range(len(values)), key=lambda i: values[i], reverse=descending)
    except TypeError as error:
        raise DiagnosticsError(
            f"the values cannot be put in order ({error}); use numbers, dates or text alone."
        ) from error
