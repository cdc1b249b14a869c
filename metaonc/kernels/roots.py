"""One-dimensional roots that are always found: Newton steps kept inside a bracket."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from metaonc.kernels.arrays import FloatArray

# Halving a bracket reaches the spacing of floats long before this.
_MOST_STEPS = 200


def falling_root(
    step: Callable[[FloatArray], tuple[FloatArray, FloatArray]],
    low: FloatArray,
    high: FloatArray,
    start: FloatArray,
    floor: FloatArray,
) -> FloatArray:
    """Root of a function that is positive at `low` and not positive at `high`, for a whole batch.

    Parameters
    ----------
    step : callable
        Maps x, shape (...), to (value, Newton step), each of shape (...). The value decides on
        which side the root lies; the step only has to be good near it.
    low, high : ndarray, shape (...)
        Bracket, low <= high.
    start : ndarray, shape (...)
        First guess inside the bracket.
    floor : ndarray, shape (...)
        Scale on which x is known: a step below a few units of rounding of ``x + floor`` ends the
        search.

    Returns
    -------
    ndarray, shape (...)
        The root; inside the bracket whatever `step` returns, after at most 200 steps.
    """
    x, low, high = start.copy(), low.copy(), high.copy()
    active, last_move = high > low, high - low
    for _ in range(_MOST_STEPS):
        value, newton = step(x)
        low = np.where(value > 0, x, low)
        high = np.where(value > 0, high, x)
        # Newton's step counts if it stays inside (NaN does not) and halves the one before;
        # otherwise the bracket is halved, so that no sequence of bad steps goes on for long.
        inside = (x + newton > low) & (x + newton < high) & (np.abs(newton) <= 0.5 * last_move)
        proposed = np.where(inside, x + newton, low + 0.5 * (high - low))
        proposed = np.where(active & (value != 0), proposed, x)
        last_move = np.abs(proposed - x)
        resolution = 4 * np.finfo(float).eps * (proposed + floor)
        active &= (last_move > resolution) & (value != 0)
        x = proposed
        if not active.any():
            break
    return x
