"""The known sampling covariance of effects that are not independent: checked and frozen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from metaonc.effects.scales.measures import FloatArray
from metaonc.errors import EffectsError

# Printed variances and those inside a matrix come from the same numbers, but for rounding.
_ROUNDING = 1e-8


def checked_covariance(
    covariance: ArrayLike | None, vi: FloatArray, labels: Sequence[str]
) -> FloatArray | None:
    """Return a sampling covariance that can be one, read-only; None where it has no covariances.

    Parameters
    ----------
    covariance : array_like of float, shape (k, k), or None
        Symmetric and positive definite, with `vi` on its diagonal.
    vi : ndarray of float, shape (k,)
        Sampling variances.
    labels : sequence of str
        Names of the studies, for messages.

    Returns
    -------
    ndarray of float, shape (k, k), or None
        Exactly symmetric, its diagonal exactly `vi`.

    Raises
    ------
    EffectsError
        If it is not such a matrix.
    """
    if covariance is None:
        return None
    k = len(vi)
    try:
        given = np.array(covariance, dtype=float)
    except (TypeError, ValueError) as error:
        raise EffectsError(f"covariance must be numbers, got {covariance!r}.") from error
    if given.shape != (k, k):
        raise EffectsError(
            f"covariance must have shape ({k}, {k}), a row and a column per study, got shape "
            f"{given.shape}."
        )
    sei = np.sqrt(vi)
    correlation = given / sei[:, None] / sei[None, :]
    _check_elements(given, correlation, vi, labels)
    if not np.any(given[~np.eye(k, dtype=bool)]):
        return None
    if np.linalg.eigvalsh(correlation)[0] <= 10 * k * np.finfo(float).eps:
        raise EffectsError(
            "covariance must be positive definite, but some combination of the effects would have "
            f"no variance or a negative one{_most_correlated(correlation, labels)}; give smaller "
            "covariances, or leave out effects that follow from the others."
        )
    matrix: FloatArray = (given + given.T) / 2
    np.fill_diagonal(matrix, vi)
    matrix.flags.writeable = False
    return matrix


def _check_elements(
    given: FloatArray, correlation: FloatArray, vi: FloatArray, labels: Sequence[str]
) -> None:
    """Finite, symmetric, and with the variances on the diagonal."""
    for bad, rule in (
        (~np.isfinite(given), "must be finite"),
        (np.abs(correlation - correlation.T) > _ROUNDING, "must be the same both ways round"),
    ):
        if bad.any():
            i, j = (int(index) for index in np.argwhere(bad)[0])
            raise EffectsError(
                f"{labels[i]} and {labels[j]}: covariance = {given[i, j]:g} and {given[j, i]:g} "
                f"{rule}; correct the matrix."
            )
    off = np.abs(np.diagonal(correlation) - 1) > _ROUNDING
    if off.any():
        i = int(np.argmax(off))
        raise EffectsError(
            f"{labels[i]}: the diagonal of covariance is {given[i, i]:g}, but vi = {vi[i]:g}; give "
            "the same variances in both."
        )


def _most_correlated(correlation: FloatArray, labels: Sequence[str]) -> str:
    """The pair to look at first, where one is correlated beyond what can be."""
    beside = np.abs(np.triu(correlation, 1))
    i, j = (int(index) for index in np.unravel_index(np.argmax(beside), beside.shape))
    if beside[i, j] < 1 - _ROUNDING:
        return ""
    return f" ({labels[i]} and {labels[j]}: correlation {correlation[i, j]:.3g})"
