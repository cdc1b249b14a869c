"""The shape every kernel shares: arrays `(..., k)`, a missing study is a NaN."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


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
        return np.asarray(self.present.sum(axis=-1))

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
    yi, vi = np.broadcast_arrays(np.asarray(yi, dtype=float), np.asarray(vi, dtype=float))
    present = ~(np.isnan(yi) | np.isnan(vi))
    design = None
    if moderators is not None:
        x = np.broadcast_to(
            np.asarray(moderators, dtype=float), (*yi.shape, np.shape(moderators)[-1])
        )
        present &= ~np.isnan(x).any(axis=-1)
        design = np.linalg.qr(np.where(present[..., None], x, 0.0)).Q
    log_vi = np.log2(np.where(present, vi, 1.0))
    k = present.sum(axis=-1)
    half_exponent = np.rint(log_vi.sum(axis=-1) / np.maximum(k, 1) / 2)
    unit = np.exp2(half_exponent)
    scaled_yi = np.where(present, yi, 0.0) / unit[..., None]
    scaled_vi = np.where(present, vi, 1.0)
    # Dividing twice: the square of the unit may leave the range of floats.
    scaled_vi = np.where(present, scaled_vi / unit[..., None] / unit[..., None], 1.0)
    return Studies(scaled_yi, scaled_vi, present.astype(float), unit, design)
