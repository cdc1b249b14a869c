"""One-dimensional roots that are always found: Newton steps kept inside a bracket."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

import numpy as np

from metaonc.kernels.arrays import FloatArray, Studies

# Halving a bracket reaches the spacing of floats long before this.
_MOST_STEPS = 200
# Rows that are done are dropped when no more than this share is left.
_FEW_LEFT = 0.6
# After a Newton step this small the error is its square: rounding.
_LAST_STEP = 1e-8


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


def falling_root_by_rows(
    data: Studies,
    step: Callable[..., tuple[FloatArray, FloatArray]],
    low: FloatArray,
    high: FloatArray,
    start: FloatArray,
    *others: FloatArray,
) -> FloatArray:
    """Root in tau² of a function of studies, for many rows of them; rows that are done drop out.

    Parameters
    ----------
    data : Studies
        Studies, shape (n, k).
    step : callable
        Maps studies, tau² and `others` of the rows that are left to (value, Newton step). The value
        decides on which side the root lies. Steps must converge quadratically near it.
    low, high, start : ndarray, shape (n,)
        Bracket, and first guess in it: the function is positive at `low`, negative at `high`.
    *others : ndarray, shape (n,)
        Passed to `step`.

    Returns
    -------
    ndarray, shape (n,)
        The root, inside the bracket whatever `step` returns.
    """
    found, more = start.copy(), list(others)
    rows, floor = np.arange(len(start)), smallest_variance(data)
    x, last_move, left = start, np.full(len(start), np.inf), np.ones(len(start), dtype=bool)
    for _ in range(_MOST_STEPS):
        value, newton = step(data, x, *more)
        rising = value > 0
        low, high = np.where(rising, x, low), np.where(rising, high, x)
        proposed, move = x + newton, np.abs(newton)
        done = move <= _LAST_STEP * (x + floor)
        # As in `falling_root`; halved on the logarithmic scale on which likelihoods are smooth.
        bad = ~((proposed > low) & (proposed < high) & (move <= 0.5 * last_move) | done)
        if bad.any():
            middle = np.sqrt((low + floor) * (high + floor)) - floor
            proposed = np.where(bad, np.clip(middle, low, high), proposed)
            move = np.abs(proposed - x)
            done |= bad & (move <= 4 * np.finfo(float).eps * (x + floor))
        x, last_move = proposed, move
        if not done.any():
            continue
        # A row that is done keeps what it has found, however long the others take.
        ends = done & left
        found[rows[ends]] = np.clip(x, low, high)[ends]
        left &= ~done
        if not left.any():
            break
        if left.sum() <= _FEW_LEFT * len(rows):
            data, rows = data.rows(left), rows[left]
            low, high, x, floor, last_move, *more = (
                part[left] for part in (low, high, x, floor, last_move, *more)
            )
            left = left[left]
    else:
        found[rows[left]] = x[left]
    return found


def falling_root_of_one(
    step: Callable[[float], tuple[float, float]],
    low: float,
    high: float,
    start: float,
    floor: float,
) -> float:
    """`falling_root_by_rows` for one row, on floats: most fits are of one meta-analysis."""
    x, last_move = start, high - low
    for _ in range(_MOST_STEPS):
        value, newton = step(x)
        low, high = (x, high) if value > 0 else (low, x)
        proposed, move = x + newton, abs(newton)
        done = move <= _LAST_STEP * (x + floor)
        if not (done or (low < proposed < high and move <= 0.5 * last_move)):
            middle = math.sqrt((low + floor) * (high + floor)) - floor
            proposed = min(max(middle, low), high)
            move = abs(proposed - x)
            done = move <= 4 * sys.float_info.epsilon * (x + floor)
        x, last_move = proposed, move
        if done:
            break
    return min(max(x, low), high)


def smallest_variance(data: Studies) -> FloatArray:
    """Smallest sampling variance of each row, shape (...)."""
    present = np.where(data.present > 0, data.vi, np.inf)
    smallest: FloatArray = np.minimum.reduce(present, axis=-1, initial=np.inf)
    return smallest


def secant(
    function: Callable[[FloatArray], FloatArray], x: FloatArray, value: FloatArray
) -> Callable[[FloatArray], tuple[FloatArray, FloatArray]]:
    """Secant steps for :func:`falling_root`, the first one from a known point.

    Parameters
    ----------
    function : callable
        Maps x, shape (...), to values.
    x, value : ndarray, shape (...)
        A point and the value there.
    """
    last_x, last_value = x, value

    def step(x: FloatArray) -> tuple[FloatArray, FloatArray]:
        nonlocal last_x, last_value
        value = function(x)
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = -value * (x - last_x) / (value - last_value)
        last_x, last_value = x, value
        return value, newton

    return step
