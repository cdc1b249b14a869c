"""Many likelihoods of a few parameters each, climbed together within bounds."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from metaonc.kernels.arrays import FloatArray

_STEPS = 80
_SHORTER = 8  # tries, each a quarter of the last
_STEP = 1e-5  # of differences of slopes, in coordinates of order one
_LEVEL = 1e-9  # slopes that count as none
_LONGEST = 1.0


class Objective(Protocol):
    """Log-likelihoods and their slopes."""

    def __call__(self, at: FloatArray, rows: np.ndarray) -> tuple[FloatArray, FloatArray]:
        """Values, shape (n,), and slopes, shape (n, p), at points of the rows, shape (n, p)."""


def climb_many(
    objective: Objective, start: FloatArray, bounds: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Climb from a start in every row by Newton's steps, damped, within bounds.

    Parameters
    ----------
    objective : Objective
    start : ndarray, shape (g, p)
    bounds : ndarray, shape (p, 2)
        A parameter whose bounds are equal stays there.

    Returns
    -------
    value : ndarray, shape (g,)
    at : ndarray, shape (g, p)
    """
    at = start.copy()
    active = np.arange(len(at))
    value, slopes = objective(at, active)
    for _ in range(_STEPS):
        held = _held(at[active], slopes[active], bounds)
        steep = np.abs(np.where(held, 0.0, slopes[active])).max(axis=1)
        active, held = active[steep > _LEVEL], held[steep > _LEVEL]
        if not len(active):
            break
        step = _newton(objective, at, slopes, active, held)
        moved = np.zeros(len(active), dtype=bool)
        for _ in range(_SHORTER):
            todo = np.flatnonzero(~moved)
            if not len(todo):
                break
            rows = active[todo]
            new = np.clip(at[rows] + step[todo], *bounds.T)
            new_value, new_slopes = objective(new, rows)
            better = new_value > value[rows]
            at[rows[better]], value[rows[better]] = new[better], new_value[better]
            slopes[rows[better]] = new_slopes[better]
            moved[todo[better]] = True
            step[todo[~better]] /= 4
        active = active[moved]
    return value, at


def _held(at: FloatArray, slopes: FloatArray, bounds: FloatArray) -> np.ndarray:
    """Whether a parameter is at a bound that the likelihood pushes it against."""
    low, high = bounds.T
    held: np.ndarray = (
        ((at <= low) & (slopes <= 0)) | ((at >= high) & (slopes >= 0)) | (low == high)
    )
    return held


def _newton(
    objective: Objective, at: FloatArray, slopes: FloatArray, active: np.ndarray, held: np.ndarray
) -> FloatArray:
    information = _masked(_information(objective, at[active], active), held)
    curved, vectors = np.linalg.eigh(information)
    curved = np.maximum(np.abs(curved), 1e-8)
    free = np.where(held, 0.0, slopes[active])
    along = np.einsum("gij,gi->gj", vectors, free) / curved
    step = np.einsum("gij,gj->gi", vectors, along)
    length = np.abs(step).max(axis=1, keepdims=True)
    shortened: FloatArray = step * np.minimum(1.0, _LONGEST / np.maximum(length, 1e-300))
    return np.where(held, 0.0, shortened)


def _information(objective: Objective, at: FloatArray, rows: np.ndarray) -> FloatArray:
    """Minus the second derivatives, from differences of slopes; shape (n, p, p)."""
    p = at.shape[1]
    columns = []
    for i in range(p):
        step = np.zeros(p)
        step[i] = _STEP
        columns.append(
            (objective(at - step, rows)[1] - objective(at + step, rows)[1]) / (2 * _STEP)
        )
    found = np.stack(columns, axis=1)
    return (found + found.swapaxes(1, 2)) / 2


def _masked(information: FloatArray, held: np.ndarray) -> FloatArray:
    """The information with parameters that are held taken out: ones on the diagonal."""
    p = held.shape[1]
    either = held[:, :, None] | held[:, None, :]
    return np.where(either, np.eye(p), information)


def information_of(objective: Objective, at: FloatArray, bounds: FloatArray) -> FloatArray:
    """Observed information at maxima, parameters at a bound taken out; shape (g, p, p)."""
    rows = np.arange(len(at))
    _, slopes = objective(at, rows)
    low, high = bounds.T
    held = _held(at, slopes, bounds) | (at <= low) | (at >= high)
    return _masked(_information(objective, at, rows), held)
