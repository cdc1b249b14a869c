"""A result fitted again to some of its studies, many times at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from metaonc.effects import Effects
from metaonc.errors import DiagnosticsError
from metaonc.kernels import Fit, fit
from metaonc.pooling import Choices, PooledResult
from metaonc.pooling.choices import NEEDS_TWO_STUDIES, SIMULATED_INTERVALS
from metaonc.pooling.data import fit_of


def refit(result: PooledResult, keep: ArrayLike) -> Fit:
    """Fit the result's model, with its choices, to subsets of its studies.

    Independent effects are one batch of the kernels, with the studies left out as NaN; models of
    counts, correlated effects and resampled intervals are fitted one after another.

    Parameters
    ----------
    result : PooledResult
        The result; tau² that was estimated is estimated anew in every subset.
    keep : array_like of bool, shape (n, k)
        Which studies each fit keeps; at least one.

    Returns
    -------
    Fit
        Arrays of shape (n,); weights of shape (n, k), 0 for a study left out.

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
    effects, choices = result.effects, result.choices
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


def _one_by_one(result: PooledResult, kept: np.ndarray) -> Fit:
    fits = [_fit_part(result.effects.take(np.flatnonzero(row)), result.choices) for row in kept]
    arrays = [found.arrays() for found in fits]
    names = [name for name in arrays[0] if name != "weights"]
    weights = np.zeros(kept.shape)
    weights[kept] = np.concatenate([found["weights"] for found in arrays])
    stacked = {name: np.stack([found[name] for found in arrays]) for name in names}
    return Fit.from_arrays(stacked | {"weights": weights})


def _fit_part(part: Effects, choices: Choices) -> Fit:
    alone = part.k < 2 and choices.ci in NEEDS_TWO_STUDIES
    return fit_of(part, replace(choices, ci="wald") if alone else choices)


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
    return groups, np.array([[member != group for member in members] for group in groups])
