"""`PooledMany`: the pooled effects of many meta-analyses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from metaonc.batch.files import read_many, write_many
from metaonc.effects import checked_level
from metaonc.errors import PoolingError
from metaonc.kernels import FloatArray, Heterogeneity, prediction_hts
from metaonc.kernels.intervals import two_sided_p
from metaonc.pooling.choices import Choices

if TYPE_CHECKING:
    import pandas as pd

IntArray = NDArray[np.int64]
Array = TypeVar("Array", bound=NDArray[Any])

# Rows of one step of finding p values and measures of heterogeneity.
_CHUNK = 1 << 17
# All that a row or a table shows.
_COLUMNS = (
    *("k", "estimate", "se", "ci_low", "ci_high", "p_value", "statistic", "df", "wald_se"),
    *("tau2", "q", "q_df", "q_p", "i2", "i2_from_q", "i2_from_tau2", "h2"),
)
_IF_ASKED = ("tau2_low", "tau2_high", "prediction_low", "prediction_high")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PooledMany:
    """Pooled effects of many meta-analyses: read-only arrays, shape (n,), a row each.

    Made by :func:`metaonc.pool_many`. Names and meanings are those of
    :class:`metaonc.PooledResult`; everything is on the analysis scale. A row
    without studies is NaN.

    Attributes
    ----------
    choices : Choices
        Policy, model, tau² estimator, interval and level of every row.
    k : ndarray of int
        Number of studies.
    estimate, se, wald_se, ci_low, ci_high, df : ndarray
        The mean, its standard error (by the chosen interval, and from the weights alone),
        confidence limits, and degrees of freedom of the test (infinite for z). NaN limits where one
        study is not enough for the chosen interval.
    tau2 : ndarray
        Between-study variance; 0 for a fixed effect.
    q : ndarray
        Cochran's Q.
    typical_variance : ndarray
        Typical sampling variance of the studies, which `i2_from_tau2` compares tau² with.
    hartung_knapp : ndarray of bool
        Whether the interval is a Hartung-Knapp one.
    tau2_low, tau2_high, prediction_low, prediction_high : ndarray or None
        Limits of tau² and of prediction; only where asked for.
    weights : ndarray, shape (n, k), or None
        Share of each study, 0 for a missing one; only where asked for.
    """

    choices: Choices
    k: IntArray
    estimate: FloatArray
    se: FloatArray
    wald_se: FloatArray
    ci_low: FloatArray
    ci_high: FloatArray
    df: FloatArray
    tau2: FloatArray
    q: FloatArray
    typical_variance: FloatArray
    hartung_knapp: NDArray[np.bool_]
    tau2_low: FloatArray | None = field(default=None)
    tau2_high: FloatArray | None = field(default=None)
    prediction_low: FloatArray | None = field(default=None)
    prediction_high: FloatArray | None = field(default=None)
    weights: FloatArray | None = field(default=None)
    _statistic: FloatArray | None = field(default=None)
    _p_value: FloatArray | None = field(default=None)

    def __len__(self) -> int:
        return len(self.estimate)

    # What follows from the arrays above is found when first asked for -----------------------------

    @cached_property
    def statistic(self) -> FloatArray:
        """Test statistics of "the mean is 0 on the analysis scale"."""
        if self._statistic is not None:
            return self._statistic

        def find(rows: slice) -> FloatArray:
            estimate = self.estimate[rows]
            with np.errstate(divide="ignore", invalid="ignore"):  # effects that agree: se = 0
                return np.where(estimate == 0, 0.0, estimate / self.se[rows])

        return _by_chunks(len(self), find)

    @cached_property
    def p_value(self) -> FloatArray:
        """Two-sided p values of "the mean is 0 on the analysis scale"."""
        if self._p_value is not None:
            return self._p_value
        undefined = np.isnan(self.df)

        def find(rows: slice) -> FloatArray:
            found = two_sided_p(self.statistic[rows], self.df[rows])
            return np.where(undefined[rows], np.nan, found)

        return _by_chunks(len(self), find)

    @cached_property
    def q_df(self) -> IntArray:
        """Degrees of freedom of Q: k - 1; 0 also where there is no study."""
        return frozen(np.maximum(self.k - 1, 0))

    @cached_property
    def q_p(self) -> FloatArray:
        """P values of Q; 1 for one study."""
        return self._heterogeneity("q_p")

    @cached_property
    def i2_from_q(self) -> FloatArray:
        """I² from Q, fractions."""
        return self._heterogeneity("i2_from_q")

    @cached_property
    def i2_from_tau2(self) -> FloatArray:
        """I² from tau², fractions."""
        return self._heterogeneity("i2_from_tau2")

    @property
    def i2(self) -> FloatArray:
        """I², fractions: from Q for a fixed effect, else from tau² or Q as the policy says."""
        from_q = self.choices.heterogeneity_from == "q"
        return self.i2_from_q if from_q else self.i2_from_tau2

    @cached_property
    def h2(self) -> FloatArray:
        """H², in the same way as `i2`."""
        from_q = self.choices.heterogeneity_from == "q"
        return self._heterogeneity("h2_from_q" if from_q else "h2_from_tau2")

    def _heterogeneity(self, name: str) -> FloatArray:
        """One measure of heterogeneity of every row; NaN for a row without studies."""

        def find(rows: slice) -> FloatArray:
            df = self.q_df[rows].astype(float)
            trace = df / self.typical_variance[rows]
            found = Heterogeneity(self.q[rows], df, trace, self.tau2[rows])
            return np.where(self.k[rows] > 0, getattr(found, name), np.nan)

        return _by_chunks(len(self), find)

    def prediction_interval(self, level: float | None = None) -> tuple[FloatArray, FloatArray]:
        """Intervals for the effect in a new study, by Higgins, Thompson and Spiegelhalter.

        Parameters
        ----------
        level : float, optional
            Level. Default: the result's.

        Returns
        -------
        low, high : ndarray, shape (n,)
            NaN for a fixed effect and where there are fewer than three studies.
        """
        level = checked_level(self.choices.level if level is None else level, PoolingError)
        enough = self.k > 2 if self.choices.model == "random" else np.zeros(len(self), dtype=bool)
        k = np.where(enough, self.k, 0).astype(float)
        low, high = prediction_hts(self.estimate, self.wald_se, self.tau2, k, level)
        return frozen(low), frozen(high)

    def row(self, i: int) -> dict[str, float | int]:
        """Everything about one meta-analysis as plain numbers, by the names of the arrays."""
        return {name: values[i].item() for name, values in self._columns().items()}

    def to_frame(self) -> pd.DataFrame:
        """One row per meta-analysis, a column per array (without the weights)."""
        import pandas as pd

        return pd.DataFrame(self._columns())

    def save(self, path: str | Path) -> None:
        """Write all arrays and the choices to one file, in NumPy's ``.npz`` format.

        The same result gives the same bytes. See :doc:`/saving`.
        """
        write_many(self, path)

    @classmethod
    def load(cls, path: str | Path) -> PooledMany:
        """The result that `save` wrote, without loss.

        Raises
        ------
        PoolingError
            If the file is something else, or was changed since.
        """
        return cls(**read_many(path))

    def _columns(self) -> dict[str, NDArray[Any]]:
        asked = [name for name in _IF_ASKED if getattr(self, name) is not None]
        return {name: getattr(self, name) for name in (*_COLUMNS, *asked)}

    def __repr__(self) -> str:
        model = "fixed effect" if self.choices.model == "fixed" else "random effects"
        if self.choices.model == "random":
            model += f", tau² {self.choices.tau2}"
        low, high = (self.k.min(), self.k.max()) if len(self) else (0, 0)
        k = f"k = {low}" if low == high else f"k = {low} to {high}"
        fits = "fit" if len(self) == 1 else "fits"
        return f"<PooledMany: {len(self):,} {fits}, {k}, {model}, ci {self.choices.ci}>"


def frozen(values: Array) -> Array:
    """Make an array read-only."""
    values.flags.writeable = False
    return values


def _by_chunks(n: int, find: Callable[[slice], FloatArray]) -> FloatArray:
    """An array of n values, found without working arrays of that length."""
    values = np.empty(n)
    for start in range(0, n, _CHUNK):
        rows = slice(start, min(start + _CHUNK, n))
        values[rows] = find(rows)
    return frozen(values)
