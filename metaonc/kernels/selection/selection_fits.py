"""Maximum likelihood of selection models, and what can be said of the maximum."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from metaonc.kernels.arrays import FloatArray
from metaonc.kernels.selection.selection_coordinates import Coordinates, Likelihood
from metaonc.kernels.selection.selection_likelihood import Point

INTERIOR, AT_ZERO, RISING = "interior", "at zero", "rising"
_CLIMBS = 4  # starts from which the likelihood is climbed, the best of all that are looked at
_APART = 0.5  # starts that are nearer than this, in coordinates, count as one
_STEPS = 60
_HALVINGS = 15  # by a quarter each
_LONGEST = 2.0  # step, in coordinates
_NEARLY = 1e-3  # of log-likelihood: maxima are compared when a climb has slowed to this
_NEAR = 1e-6  # of a bound, in coordinates
_ENORMOUS = float(np.log(1e5))  # a logarithm of a weight parameter where it has no estimate
_STEP = 1e-4  # of differences of slopes, in coordinates of order one
# A direction in which a change of coordinates by this much costs less than half a unit of
# log-likelihood is flat.
_FLAT = 30.0


class SelectionFit(NamedTuple):
    """A maximum of the likelihood.

    Attributes
    ----------
    point : Point
        Where it is.
    log_likelihood : float
    states : tuple of str, length p + 1 + q
        Of each parameter: "interior"; "at zero"; "rising" where the likelihood still rises at the
        end of the search.
    covariance : ndarray, shape (p + 1 + q, p + 1 + q)
        Inverse of the observed information of the parameters that are interior; NaN elsewhere.
    flat : bool
        Whether it has a direction that the data do not decide.
    slope : float
        Largest slope that is left, in coordinates of order one.
    """

    point: Point
    log_likelihood: float
    states: tuple[str, ...]
    covariance: FloatArray
    flat: bool
    slope: float


def maximise(
    likelihood: Likelihood, free: np.ndarray, delta: FloatArray, tau2: float | None
) -> SelectionFit:
    """Find the highest maximum.

    Parameters
    ----------
    likelihood : Likelihood
    free : ndarray of bool, shape (q,)
        Which of the weight parameters are estimated.
    delta : ndarray, shape (q,)
        The weight parameters that are not; any value for the others.
    tau2 : float or None
        The between-study variance, or None to estimate it.
    """
    p = likelihood.x.shape[1]
    room = Coordinates.of(likelihood, np.concatenate([np.full(p, True), [tau2 is None], free]))
    bounds = room.bounds()
    found = [
        climbed(likelihood, room, start, bounds, enough=_NEARLY)
        for start in _best_starts(likelihood, room, delta, tau2)
    ]
    _, best = max(found, key=lambda pair: pair[0])
    value, at = climbed(likelihood, room, best, bounds)
    return _described(likelihood, room, at, value, bounds)


def _best_starts(
    likelihood: Likelihood, room: Coordinates, delta: FloatArray, tau2: float | None
) -> list[FloatArray]:
    """The most likely of many points, no two of one maximum if it can be helped."""
    bounds = room.bounds()
    looked = []
    for point in _grid(likelihood, room, delta, tau2):
        at = room.of_point(point)
        at = np.where(room.free, np.clip(at, *bounds.T), at)
        value = likelihood(room.point(at)).value
        if np.isfinite(value):
            looked.append((value, at))
    looked.sort(reverse=True, key=lambda item: item[0])
    chosen: list[FloatArray] = []
    for _, at in looked:
        apart = [np.abs(at[room.free] - other[room.free]).max(initial=0.0) for other in chosen]
        if min(apart, default=np.inf) > _APART:
            chosen.append(at)
        if len(chosen) == _CLIMBS:
            break
    return chosen


def _grid(
    likelihood: Likelihood, room: Coordinates, delta: FloatArray, tau2: float | None
) -> Iterator[Point]:
    free = room.free[room.p + 1 :]
    deltas = {tuple(np.where(free, start, delta)) for start in likelihood.weight.starts}
    level = np.linalg.lstsq(likelihood.x, np.ones(len(likelihood.yi)), rcond=None)[0]
    spread2 = room.spread**2
    variances = (0.0, 0.3 * spread2, spread2, 5 * spread2) if tau2 is None else (tau2,)
    for variance in variances:
        beta = _least_squares(likelihood, 1 / (likelihood.vi + variance))
        for shift, given in itertools.product((0.0, -0.7, -3.0, 1.5), sorted(deltas)):
            yield Point(beta + shift * room.spread * level, variance, np.array(given))


def _least_squares(likelihood: Likelihood, weights: FloatArray) -> FloatArray:
    roots = np.sqrt(weights)
    found = np.linalg.lstsq(likelihood.x * roots[:, None], likelihood.yi * roots, rcond=None)
    return np.asarray(found[0])


def climbed(
    likelihood: Likelihood,
    room: Coordinates,
    at: FloatArray,
    bounds: FloatArray,
    *,
    enough: float = 0.0,
) -> tuple[float, FloatArray]:
    """Climb by Newton's steps, damped, within the bounds.

    Parameters
    ----------
    likelihood : Likelihood
    room : Coordinates
    at : ndarray
        Where to start.
    bounds : ndarray, shape (..., 2)
    enough : float, default 0
        Stop when a step gains less log-likelihood than this; else when nothing is gained any more.

    Returns
    -------
    value : float
        Log-likelihood that was reached.
    at : ndarray
        Where.
    """
    value, slopes = room.climb(likelihood, at)
    for _ in range(_STEPS):
        inner = room.free & ~_held(at, slopes, bounds)
        if not inner.any() or np.abs(slopes[inner]).max() < 1e-10:
            break
        curved, vectors = np.linalg.eigh(_information(likelihood, room, at, inner, fine=False))
        curved = np.maximum(np.abs(curved), 1e-9)
        step = np.zeros(len(at))
        step[inner] = vectors @ ((vectors.T @ slopes[inner]) / curved)
        step *= min(1.0, _LONGEST / np.abs(step).max())
        moved = _moved(likelihood, room, (value, at, slopes), step, bounds)
        if moved is None:
            break
        gain, (value, at, slopes) = moved[0] - value, moved
        if gain < enough:
            break
    return value, at


_Place = tuple[float, FloatArray, FloatArray]  # log-likelihood, coordinates, slopes


def _moved(
    likelihood: Likelihood,
    room: Coordinates,
    place: _Place,
    step: FloatArray,
    bounds: FloatArray,
) -> _Place | None:
    """A step, shortened until it gains; at the top one that makes the slopes smaller."""
    value, at, slopes = place
    steep = np.abs(slopes[step != 0]).max(initial=0.0)
    for _ in range(_HALVINGS):
        new = np.where(room.free, np.clip(at + step, *bounds.T), at)
        new_value, new_slopes = room.climb(likelihood, new)
        level = new_value >= value - 1e-12 * (1 + abs(value))
        if new_value > value or (level and np.abs(new_slopes[step != 0]).max() < steep):
            return new_value, new, new_slopes
        step = step / 4
    return None


def _held(at: FloatArray, slopes: FloatArray, bounds: FloatArray) -> np.ndarray:
    """Whether a coordinate is at a bound that the likelihood pushes it against."""
    low, high = bounds.T
    held: np.ndarray = ((at <= low) & (slopes <= 0)) | ((at >= high) & (slopes >= 0))
    return held


def _information(
    likelihood: Likelihood,
    room: Coordinates,
    at: FloatArray,
    inner: np.ndarray,
    *,
    fine: bool = True,
) -> FloatArray:
    """Observed information of some coordinates: differences of slopes, extrapolated if fine."""
    columns = []
    for index in np.flatnonzero(inner):
        shift = np.zeros(len(at))
        shift[index] = _STEP

        def difference(step: FloatArray) -> FloatArray:
            above, below = (
                room.climb(likelihood, at + step)[1],
                room.climb(likelihood, at - step)[1],
            )
            apart: FloatArray = (above - below)[inner]
            return apart

        near = difference(shift)
        if fine:
            near = (8 * near - difference(2 * shift)) / 6
        columns.append(near / (2 * _STEP))
    found: FloatArray = -np.array(columns)
    return (found + found.T) / 2


def _described(
    likelihood: Likelihood,
    room: Coordinates,
    at: FloatArray,
    value: float,
    bounds: FloatArray,
) -> SelectionFit:
    slopes = room.climb(likelihood, at)[1]
    states = _states(room, at, bounds)
    inner = room.free & (np.array(states) == INTERIOR)
    n = len(at)
    covariance, flat = np.full((n, n), np.nan), False
    if inner.any():
        curvature = _information(likelihood, room, at, inner)
        smallest = float(np.linalg.eigvalsh(curvature)[0])
        flat = smallest < 1 / _FLAT**2
        if not flat:
            scale = np.diag(np.concatenate([np.ones(room.p), room.slopes(at)]))
            scale[: room.p, : room.p] = room.basis
            part = np.zeros((n, n))
            part[np.ix_(inner, inner)] = np.linalg.inv(curvature)
            covariance = scale @ part @ scale.T
            outer = np.concatenate([np.zeros(room.p, dtype=bool), ~inner[room.p :]])
            covariance[outer] = covariance[:, outer] = np.nan
    point = room.point(at)
    left = float(np.abs(slopes[inner]).max(initial=0.0))
    return SelectionFit(point, value, states, covariance, flat, left)


def _states(room: Coordinates, at: FloatArray, bounds: FloatArray) -> tuple[str, ...]:
    """Interior, at zero or rising; a parameter that is not estimated counts as interior."""
    low, high = bounds.T + np.array([[_NEAR], [-_NEAR]])
    low[room.p + 1 :] = np.where(room.from_zero, low[room.p + 1 :], -_ENORMOUS)
    high[room.p + 1 :] = _ENORMOUS
    zero = np.concatenate([np.zeros(room.p, dtype=bool), [True], np.array(room.from_zero)])
    return tuple(
        INTERIOR
        if not free or low[i] < at[i] < high[i]
        else AT_ZERO
        if zero[i] and at[i] <= low[i]
        else RISING
        for i, free in enumerate(room.free)
    )
