"""The shape every kernel shares: arrays `(..., k)`, a missing study is a NaN."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int_]
BoolArray = NDArray[np.bool_]

# Up to here the studies of a row lie far apart in memory and the rows side by side, so that a sum
# over studies adds long vectors; beyond, a row is long enough to be summed on its own.
SHORT_ROW = 256


class Studies(NamedTuple):
    """Studies ready for arithmetic.

    Attributes
    ----------
    yi, vi : ndarray, shape (..., k)
        Effects and variances in units of `unit` and its square; 0 and 1 where missing.
    present : ndarray of float, shape (..., k)
        1 for a study, 0 for a missing one.
    unit : ndarray, shape (...)
        A power of two near the typical standard error.
    design : ndarray, shape (..., k, p), or None
        Orthonormal columns that span the moderators, 0 where missing; None for a mean alone.
    """

    yi: FloatArray
    vi: FloatArray
    present: FloatArray
    unit: FloatArray
    design: FloatArray | None = None

    @property
    def k(self) -> FloatArray:
        """Number of studies, shape (...)."""
        return total(self.present)

    @property
    def p(self) -> int:
        """Number of coefficients."""
        return 1 if self.design is None else self.design.shape[-1]

    def along(self, axis: int) -> Studies:
        """The same studies with a new axis before the last, for arrays of tau² values."""
        design = None if self.design is None else np.expand_dims(self.design, axis - 1)
        return Studies(
            np.expand_dims(self.yi, axis),
            np.expand_dims(self.vi, axis),
            np.expand_dims(self.present, axis),
            self.unit,
            design,
        )

    def flat(self) -> Studies:
        """The same studies with one axis of rows before the last, shape (n, k)."""
        shape = np.broadcast_shapes(self.yi.shape, self.vi.shape)
        n, k = self.unit.size, shape[-1]
        yi, vi, present = (np.broadcast_to(part, shape).reshape(n, k) for part in self[:3])
        design = None
        if self.design is not None:
            whole = np.broadcast_to(self.design, (*shape, self.p))
            design = whole.reshape(n, k, self.p)
        return Studies(yi, vi, present, np.reshape(self.unit, n), design)

    def rows(self, chosen: BoolArray | IntArray) -> Studies:
        """Some rows of studies of shape (n, k), by mask or by number."""
        numbers = np.arange(len(self.unit))[chosen]
        design = self.design
        if design is not None and len(design) > 1:  # one design may serve all rows
            design = design[numbers]
        yi, vi, present = (_rows(part, numbers) for part in self[:3])
        return Studies(yi, vi, present, self.unit[numbers], design)


def _rows(values: FloatArray, numbers: IntArray) -> FloatArray:
    """Some rows, in the same order in memory: short rows are summed study by study."""
    if values.flags.c_contiguous:
        return values.take(numbers, axis=0)
    return values.T.take(numbers, axis=1).T


def total(values: FloatArray) -> FloatArray:
    """Sum over the studies, shape (...).

    Short rows are summed study by study, in one row as in many (`studies` lays them out for that),
    so that a row's last digit does not depend on the rows beside it.
    """
    summed: FloatArray
    if 0 < values.size == values.shape[-1] <= SHORT_ROW:
        sums = np.add.accumulate(values, axis=-1)
        # One meta-analysis gives a scalar, whose arithmetic is quick.
        summed = sums[-1] if sums.ndim == 1 else sums[..., -1]
    else:
        summed = np.add.reduce(values, axis=-1)
    return summed


def studies(yi: ArrayLike, vi: ArrayLike, moderators: ArrayLike | None = None) -> Studies:
    """Bring effects and variances into the kernels' form.

    Dividing by a power of two is exact, so every kernel sees numbers near 1 whatever the units of
    the data, and nothing overflows or underflows on the way. The columns of `moderators` are
    replaced by an orthonormal basis of what they span: between-study variances and residuals depend
    on that span only, and no precision is lost to the columns' units.

    Parameters
    ----------
    yi, vi : array_like, shape (..., k)
        Effects and variances > 0; a study is missing where either is NaN.
    moderators : array_like, shape (..., k, p) or (k, p), optional
        Design matrix with full column rank, its intercept included; a study with a NaN moderator
        is missing.
    """
    yi, vi = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    if yi.shape != vi.shape:
        yi, vi = np.broadcast_arrays(yi, vi)
    if yi.ndim == 2 and yi.shape[-1] <= SHORT_ROW:
        yi, vi = np.asfortranarray(yi), np.asfortranarray(vi)
    missing = np.isnan(yi + vi)  # validated effects and variances are never infinite
    design = None
    if moderators is not None:
        x = np.broadcast_to(
            np.asarray(moderators, dtype=float), (*yi.shape, np.shape(moderators)[-1])
        )
        missing |= np.isnan(x).any(axis=-1)
        design = np.linalg.qr(np.where(missing[..., None], 0.0, x)).Q
    divisor = (unit := _unit(vi, missing))[..., None]
    # Dividing twice: the square of the unit may leave the range of floats.
    yi, vi = yi / divisor, vi / divisor / divisor
    if not missing.any():
        return Studies(yi, vi, np.ones_like(yi), unit, design)
    yi, vi = np.where(missing, 0.0, yi), np.where(missing, 1.0, vi)
    return Studies(yi, vi, 1.0 - missing, unit, design)


def _unit(vi: FloatArray, missing: BoolArray) -> FloatArray:
    """A power of two near the fourth root of the smallest variance times the largest."""
    if missing.any():
        smallest = np.where(missing, np.inf, vi).min(axis=-1, initial=np.inf)
        largest = np.where(missing, 0.0, vi).max(axis=-1, initial=0.0)
        smallest, largest = (np.where(largest > 0, v, 1.0) for v in (smallest, largest))
    else:
        smallest = np.minimum.reduce(vi, axis=-1, initial=np.inf)
        largest = np.maximum.reduce(vi, axis=-1, initial=0.0)
    exponents = np.frexp(smallest)[1] + np.frexp(largest)[1]
    unit: FloatArray = np.ldexp(1.0, exponents // 4)
    return unit
