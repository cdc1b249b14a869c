"""A result fitted again to some of its studies, many times at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from metaonc.effects import Effects
from metaonc.errors import DiagnosticsError, PoolingError
from metaonc.kernels import Fit, IntervalMethod, fit
from metaonc.kernels.moderators import Regression, regression
from metaonc.pooling import Choices, MetaRegression, PooledResult
from metaonc.pooling.choices import NEEDS_TWO_STUDIES, SIMULATED_INTERVALS
from metaonc.pooling.data import fit_of


def refit(result: PooledResult, keep: ArrayLike) -> Fit:
    """Fit the result's model, with its choices, to subsets of its studies.

    Independent effects are one batch of the kernels, with the studies left out as NaN; models of
    counts, correlated effects and resampled intervals are fitted one after another. One study alone
    has Wald's interval where the result's needs two.

    Parameters
    ----------
    result : PooledResult
        The result; tau² that was estimated is estimated anew in every subset.
    keep : array_like of bool, shape (n, k)
        Which studies each fit keeps; at least one.

    Returns
    -------
    Fit
        Arrays of shape (n,); weights of shape (n, k), 0 for a study left out. NaN, but for `k`,
        where the counts that are left have no finite mean.

    Raises
    ------
    DiagnosticsError
        If a subset is empty, or `keep` is not of that shape.

    Examples
    --------
    >>> import metaonc as mo
    >>> result = mo.pool(mo.load_registry().effects("pfs"))
    >>> without_first = [[False, True, True, True, True, True]]
    >>> refit(result, without_first).k
    array([5.])
    """
    kept = _checked(keep, result.k)
    if not in_one_batch(result):
        return _one_by_one(result, kept)
    choices = result.choices
    alone = kept.sum(axis=1) == 1
    if alone.any() and choices.ci in NEEDS_TWO_STUDIES:
        return _parted(result, kept, alone)
    return _batch(result.effects, choices, kept)


def _batch(effects: Effects, choices: Choices, kept: np.ndarray) -> Fit:
    return fit(
        np.where(kept, effects.yi, np.nan),
        np.where(kept, effects.vi, np.nan),
        model=choices.model,
        tau2=choices.tau2,
        ci=choices.ci,
        level=choices.level,
    )


def in_one_batch(result: PooledResult) -> bool:
    """Whether subsets of the result's studies are one batch of the kernels."""
    choices = result.choices
    return (
        choices.count_model is None
        and result.effects.covariance is None
        and choices.ci not in SIMULATED_INTERVALS
        and choices.tau2_weights is None
    )


def _checked(keep: ArrayLike, k: int) -> np.ndarray:
    kept = np.asarray(keep, dtype=bool)
    if kept.ndim != 2 or kept.shape[1] != k:
        raise DiagnosticsError(
            f"`keep` has shape {kept.shape}, and must say for each of {k} studies, in every row, "
            "whether a fit keeps it: shape (n, k)."
        )
    if not kept.any(axis=1).all():
        empty = int(np.argmin(kept.any(axis=1)))
        raise DiagnosticsError(f"row {empty} of `keep` keeps no study; a fit needs one at least.")
    return kept


def _parted(result: PooledResult, kept: np.ndarray, alone: np.ndarray) -> Fit:
    """Single studies by Wald's interval, the others by the result's."""
    found: dict[str, np.ndarray] = {}
    ways: list[tuple[np.ndarray, IntervalMethod]] = [(alone, "wald"), (~alone, result.choices.ci)]
    for chosen, ci in ways:
        if chosen.any():
            part = _batch(result.effects, replace(result.choices, ci=ci), kept[chosen])
            for name, values in part.arrays().items():
                whole = np.empty((len(kept), *values.shape[1:]), dtype=values.dtype)
                found.setdefault(name, whole)[chosen] = values
    return Fit.from_arrays(found)


def _one_by_one(result: PooledResult, kept: np.ndarray) -> Fit:
    arrays = [_fit_part(result.effects.take(np.flatnonzero(row)), result.choices) for row in kept]
    names = [name for name in arrays[0] if name != "weights"]
    weights = np.zeros(kept.shape)
    weights[kept] = np.concatenate([found["weights"] for found in arrays])
    stacked = {name: np.stack([found[name] for found in arrays]) for name in names}
    return Fit.from_arrays(stacked | {"weights": weights})


def _fit_part(part: Effects, choices: Choices) -> dict[str, np.ndarray]:
    alone = part.k < 2 and choices.ci in NEEDS_TWO_STUDIES
    how = replace(choices, ci="wald") if alone else choices
    try:
        return fit_of(part, how).arrays()
    except PoolingError:  # counts without a finite mean
        if choices.count_model is None:
            raise
        return _no_fit(part, how)


def _no_fit(part: Effects, choices: Choices) -> dict[str, np.ndarray]:
    """A fit of the part's shape, all NaN but for its number of studies."""
    like = fit(part.yi, part.vi, model="fixed", ci="wald", level=choices.level).arrays()
    nothing = {
        name: values if values.dtype == bool else np.full_like(values, np.nan)
        for name, values in like.items()
    }
    return nothing | {"k": like["k"]}


def refit_regression(result: MetaRegression, keep: ArrayLike) -> Regression:
    """Fit a meta-regression, with its choices and its design, to subsets of its studies.

    Parameters
    ----------
    result : MetaRegression
        The result; tau² that was estimated is estimated anew in every subset.
    keep : array_like of bool, shape (n, k)
        Which studies each fit keeps.

    Returns
    -------
    Regression
        Arrays of shape (n, ...). NaN where the studies kept cannot tell the coefficients apart,
        tau² and its heterogeneity included.

    Raises
    ------
    DiagnosticsError
        If a subset is empty, or `keep` is not of that shape.
    """
    kept = _checked(keep, result.k)
    effects, choices = result.effects, result.choices
    with np.errstate(divide="ignore", invalid="ignore"):  # of coefficients that are not told apart
        found = regression(
            np.where(kept, effects.yi, np.nan),
            np.where(kept, effects.vi, np.nan),
            result.design.matrix,
            model=choices.model,
            tau2=choices.tau2,
            ci=choices.ci,
            level=choices.level,
        )
    solved = np.isfinite(found.coefficients).all(axis=-1)
    if solved.all():
        return found
    spread = found.heterogeneity
    return replace(
        found,
        tau2=np.where(solved, found.tau2, np.nan),
        heterogeneity=replace(
            spread,
            q=np.where(solved, spread.q, np.nan),
            between=np.where(solved, spread.between, np.nan),
        ),
    )


def all_but_each(members: Sequence[object]) -> tuple[tuple[object, ...], np.ndarray]:
    """Groups in the order of their first study, and for each a row that keeps all the others.

    Parameters
    ----------
    members : sequence, length k
        The group of each study.

    Returns
    -------
    groups : tuple
    keep : ndarray of bool, shape (len(groups), k)

    Examples
    --------
    >>> all_but_each(["a", "b", "a"])
    (('a', 'b'), array([[False,  True, False],
           [ True, False,  True]]))
    """
    groups = tuple(dict.fromkeys(members))
    place = {group: i for i, group in enumerate(groups)}
    codes = np.array([place[member] for member in members])
    return groups, codes != np.arange(len(groups))[:, None]
