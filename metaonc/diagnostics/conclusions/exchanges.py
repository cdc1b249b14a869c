"""What permutation tests exchange: signs of effects, moderators of studies, their groups."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np

from metaonc.diagnostics.resampling.statistics import Statistic, batch, chunks, named
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray, fit
from metaonc.kernels.moderators import Regression
from metaonc.pooling import MetaRegression, PooledResult, SubgroupResult

# Statistics of two samples that are mirror images differ by rounding.
_TIE = 1e-8


@dataclass(frozen=True)
class Exchange:
    """Permutations of a result, and the statistics of some of them.

    Attributes
    ----------
    what : str
        What is exchanged.
    statistics : tuple of str
        Names of the m statistics.
    n : int
        Number of permutations; the first is the data as they are.
    exact : bool
        Whether these are all.
    tiles : iterable of slice
        Permutations to take at a time.
    compared : callable
        From a tile, in their order, to the statistics, shape (rows, m).
    """

    what: str
    statistics: tuple[str, ...]
    n: int
    exact: bool
    tiles: Iterable[slice]
    compared: Callable[[slice], FloatArray]

    def as_extreme(self) -> tuple[FloatArray, FloatArray]:
        """Statistics of the data, and the share of permutations with one as large in size.

        A permutation without a statistic (NaN) counts as one as extreme.
        """
        observed = extreme = np.zeros(len(self.statistics))
        for rows in self.tiles:
            found = self.compared(rows)
            if rows.start == 0:
                observed = found[0]
            below = np.abs(found) < np.abs(observed) * (1 - _TIE)
            extreme = extreme + len(found) - below.sum(axis=0)
        return observed, extreme / self.n


def signs_exchanged(
    result: PooledResult, statistic: Statistic | None, draws: int, seed: int
) -> Exchange:
    """Signs of the effects flipped."""
    effects = result.effects
    if effects.scale.null is None or effects.k < 2:
        why = "one arm has no null value" if effects.k > 1 else "one study has one sign"
        raise DiagnosticsError(f"there is nothing to flip: {why}.")
    name, read = named(result, "statistic" if statistic is None else statistic)
    exact = effects.k - 1 < 63 and 2 ** (effects.k - 1) <= draws
    n = 2 ** (effects.k - 1) if exact else draws
    rng = np.random.default_rng(seed)

    def compared(rows: slice) -> FloatArray:
        signs = _signs(effects.k, rows, None if exact else rng)
        yi = effects.yi * signs
        found = read(batch(result, yi, np.broadcast_to(effects.vi, yi.shape), None))
        return np.asarray(found, dtype=float).reshape(len(yi), 1)

    return Exchange("signs of the effects", (name,), n, exact, chunks(n, effects.k), compared)


def _signs(k: int, rows: slice, rng: np.random.Generator | None) -> FloatArray:
    """Patterns of k signs, the first of all being +: all in order, or drawn."""
    count = rows.stop - rows.start
    if rng is None:
        numbers = np.arange(rows.start, rows.stop, dtype=np.uint64)[:, None]
        bits = (numbers >> np.arange(k, dtype=np.uint64)) & np.uint64(1)
    else:
        bits = rng.integers(0, 2, size=(count, k), dtype=np.uint64)
        if rows.start == 0:
            bits[0] = 0
    return np.asarray(1.0 - 2.0 * bits, dtype=float)


def _orders(k: int, draws: int, seed: int) -> tuple[np.ndarray, bool]:
    """Orders of k studies, the observed one first: all, or drawn."""
    if k < 20 and math.factorial(k) <= draws:
        return np.array(list(permutations(range(k)))), True
    drawn = np.random.default_rng(seed).permuted(np.tile(np.arange(k), (draws, 1)), axis=1)
    drawn[0] = np.arange(k)
    return drawn, False


def moderators_exchanged(
    result: MetaRegression, statistic: Statistic | None, draws: int, seed: int
) -> Exchange:
    """Rows of the design given to the studies in other orders."""
    design, effects = result.design, result.effects
    moving = np.flatnonzero(design.moderators)
    if not len(moving):
        raise DiagnosticsError("there is no moderator to exchange; there is only the intercept.")
    if statistic is None:
        names = (*(design.names[i] for i in moving), "all moderators")

        def read(found: Regression) -> FloatArray:
            each = found.inference.statistic[:, moving]
            return np.column_stack([each, found.omnibus.statistic])
    else:
        name, one = named(result, statistic)
        names = (name,)

        def read(found: Regression) -> FloatArray:
            return np.asarray(one(found), dtype=float)[:, None]

    orders, exact = _orders(effects.k, draws, seed)

    def compared(rows: slice) -> FloatArray:
        x = design.matrix[orders[rows]]
        yi, vi = (np.broadcast_to(part, x.shape[:2]) for part in (effects.yi, effects.vi))
        return read(batch(result, yi, vi, x))  # type: ignore[arg-type]

    tiles = chunks(len(orders), effects.k, design.matrix.shape[1])
    return Exchange("moderators of the studies", names, len(orders), exact, tiles, compared)


def groups_exchanged(
    result: SubgroupResult, statistic: Statistic | None, draws: int, seed: int
) -> Exchange:
    """Groups given to the studies in other orders."""
    overall = result.overall
    if statistic is not None:
        raise DiagnosticsError("subgroups are compared by Q between them; leave statistic out.")
    if len(result.groups) < 2:
        raise DiagnosticsError("there is one group, and nothing to exchange.")
    if result.tau2_within is not None and isinstance(overall.choices.tau2, str):
        raise DiagnosticsError(
            "groups with a common tau² are exchanged as moderators; use "
            "permutation_test(regress(effects, ...))."
        )
    effects = overall.effects
    place = {label: i for i, label in enumerate(effects.labels)}
    members = np.zeros((len(result.groups), effects.k), dtype=bool)
    for row, group in enumerate(result.groups.values()):
        members[row, [place[label] for label in group.effects.labels]] = True
    orders, exact = _orders(effects.k, draws, seed)
    tiles = chunks(len(orders), effects.k, len(members))

    def compared(rows: slice) -> FloatArray:
        inside = members[:, orders[rows]]
        return _between_groups(overall, inside)[:, None]

    what = "groups of the studies"
    return Exchange(what, ("Q between",), len(orders), exact, tiles, compared)


def _between_groups(overall: PooledResult, inside: np.ndarray) -> FloatArray:
    """Q between groups, shape (n,), from who is in which, shape (groups, n, k)."""
    groups, n, k = inside.shape
    effects = overall.effects
    keep = inside.reshape(groups * n, k)
    yi, vi = (np.where(keep, part, np.nan) for part in (effects.yi, effects.vi))
    alone = keep.sum(axis=1) == 1
    mean, se = np.empty(len(keep)), np.empty(len(keep))
    for chosen, result in ((alone, _wald(overall)), (~alone, overall)):
        if chosen.any():
            found = batch(result, yi[chosen], vi[chosen], None)
            mean[chosen], se[chosen] = found.estimate, found.se  # type: ignore[union-attr]
    means, errors = (part.reshape(groups, n).T for part in (mean, se))
    return fit(means, errors**2, model="fixed", ci="wald").heterogeneity.q


def _wald(result: PooledResult) -> PooledResult:
    """The result with Wald's interval, which a single study has too."""
    return PooledResult(result.effects, replace(result.choices, ci="wald"), result._fit)
