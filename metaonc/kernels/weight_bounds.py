"""Exact extremes of a weighted mean, its limits and its z where effects and weights have ranges."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from metaonc.kernels.arrays import FloatArray

# The weight between its ends: of effects y, with mass and moment of the other weights.
_Inner = Callable[[FloatArray, FloatArray, FloatArray], FloatArray]
_Value = Callable[[FloatArray, FloatArray], FloatArray]


class Box(NamedTuple):
    """What each study's effect and weight may be, shape (k,) each; weights > 0."""

    y_low: FloatArray
    y_high: FloatArray
    w_low: FloatArray
    w_high: FloatArray


def limit_range(box: Box, multiple: float = 0.0) -> tuple[float, float]:
    r"""Smallest and largest value of a mean plus a multiple of its standard error.

    Parameters
    ----------
    box : Box
        Ranges of effects and weights, each study's apart from the others'.
    multiple : float, default 0
        Of the standard error :math:`1/\sqrt{\sum w_i}`, e.g. -1.96 for a lower limit.

    Notes
    -----
    :math:`f = \sum w_i y_i / \sum w_i + a/\sqrt{\sum w_i}` rises with every :math:`y_i`, which are
    therefore at an end. Its slope in :math:`w_j` has the sign of :math:`y_j - c(w)`, c the same for
    all studies: at an extreme the weights of studies above c are at one end, those below c at
    the other, and at most one study, with :math:`y_j = c`, lies between (where ``y_j W - S = a/2
    sqrt(W)``). Those are all the points that can be an extreme, and all are tried.

    Examples
    --------
    >>> y, w = np.array([-0.5, 0.1]), np.array([20.0, 30.0])
    >>> low, high = limit_range(Box(y - 0.01, y + 0.01, 0.9 * w, 1.1 * w))
    >>> round(low, 4), round(high, 4)
    (-0.1794, -0.1018)
    """

    def inner(y: FloatArray, mass: FloatArray, moment: FloatArray) -> FloatArray:
        if multiple == 0:  # the slope has one sign all the way: no point between the ends
            return np.full_like(y, np.nan)
        root = 2 * (y * mass - moment) / multiple
        return np.where(root > 0, root**2 - mass, np.nan)

    def value(y: FloatArray, w: FloatArray) -> FloatArray:
        total = w.sum(axis=-1)
        return np.asarray((w @ y) / total + multiple / np.sqrt(total))

    return _extremes(box, inner, value)


def statistic_range(box: Box) -> tuple[float, float]:
    r"""Smallest and largest z, :math:`\sum w_i y_i / \sqrt{\sum w_i}`.

    Parameters
    ----------
    box : Box
        Ranges of effects and weights.

    Notes
    -----
    As in :func:`limit_range`, with the slope in :math:`w_j` of the sign of :math:`y_j - \mu/2`.
    """

    def inner(y: FloatArray, mass: FloatArray, moment: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return np.asarray(moment / y - 2 * mass)

    def value(y: FloatArray, w: FloatArray) -> FloatArray:
        return np.asarray((w @ y) / np.sqrt(w.sum(axis=-1)))

    return _extremes(box, inner, value)


def _extremes(box: Box, inner: _Inner, value: _Value) -> tuple[float, float]:
    found = []
    for y, pick in ((box.y_low, np.min), (box.y_high, np.max)):
        weights = _candidates(y, box.w_low, box.w_high, inner)
        found.append(float(pick(value(y, weights))))
    return found[0], found[1]


def _candidates(y: FloatArray, low: FloatArray, high: FloatArray, inner: _Inner) -> FloatArray:
    """Weights that may give an extreme, shape (n, k)."""
    place = np.argsort(np.argsort(y, kind="stable"), kind="stable")
    k = len(y)
    above = place[None, :] >= np.arange(k + 1)[:, None]  # row t: all but the t smallest effects
    found = []
    for first, second in ((low, high), (high, low)):
        ends = np.where(above, second, first)
        found.append(ends)
        # Row j: the study at place j between its ends, those above it and below it at theirs.
        between = np.where(above[:k], second, first)
        own = place[None, :] == np.arange(k)[:, None]
        rest = np.where(own, 0.0, between)
        middle = np.sort(y)
        at = inner(middle, rest.sum(axis=-1), rest @ y)
        rows = np.isfinite(at)
        filled = np.where(own, at[:, None], between)[rows]
        found.append(np.clip(filled, low, high))
    return np.concatenate(found)
