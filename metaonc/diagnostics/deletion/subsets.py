"""A pooled result or a meta-regression fitted to subsets of its studies, as a table."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from metaonc.diagnostics.words import effect_cell, p_cell, variance_cell
from metaonc.effects import level_text
from metaonc.kernels import Fit, FloatArray
from metaonc.kernels.moderators import Regression
from metaonc.pooling import MetaRegression, PooledResult
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class PooledSubsets(Finding):
    """A pooled result fitted to one subset of its studies after another.

    Attributes
    ----------
    result : PooledResult
        The result of all studies.
    labels : tuple of str
        What each subset is called.
    keep : ndarray of bool, shape (n, k)
        The studies of each subset.
    """

    result: PooledResult
    labels: tuple[str, ...]
    keep: np.ndarray
    _fit: Fit
    column: ClassVar[str]

    @property
    @abstractmethod
    def whole(self) -> str:
        """What all studies together are called in the table."""

    @property
    def fitted(self) -> np.ndarray:
        """Which subsets have a finite mean, shape (n,): counts without events have none."""
        return np.isfinite(self._fit.estimate)

    @property
    def i2(self) -> FloatArray:
        """I² of each subset, a fraction, from Q or tau² as in the result; shape (n,)."""
        found = self._fit.heterogeneity
        return found.i2_from_q if self.result.heterogeneity_from == "q" else found.i2_from_tau2

    @property
    def crosses_null(self) -> np.ndarray:
        """Whether the interval of each subset holds the null value, shape (n,)."""
        null = self.result.effects.scale.null
        if null is None:
            return np.zeros(len(self.labels), dtype=bool)
        at = float(self.result.effects.analysis(null))
        return (self._fit.low <= at) & (at <= self._fit.high)

    def to_frame(self, *, display: bool = False) -> pd.DataFrame:
        """One row per subset.

        Parameters
        ----------
        display : bool, default False
            Whether to transform the estimate and its interval to the displayed scale (ratios,
            proportions); then there is no ``se``.

        Returns
        -------
        pandas.DataFrame
            What the subset is called, then ``k estimate se ci_low ci_high statistic p_value tau2
            i2 q q_df q_p``; NaN for counts without a finite mean.
        """
        import pandas as pd

        found, spread = self._fit, self._fit.heterogeneity
        show = self.result.effects.display if display else np.asarray
        columns = {
            self.column: list(self.labels),
            "k": found.k.astype(int),
            "estimate": show(found.estimate),
            "se": found.se,
            "ci_low": show(found.low),
            "ci_high": show(found.high),
            "statistic": found.statistic,
            "p_value": found.p_value,
            "tau2": found.tau2,
            "i2": self.i2,
            "q": spread.q,
            "q_df": spread.q_df,
            "q_p": spread.q_p,
        }
        if display:
            del columns["se"]
        return pd.DataFrame(columns)

    def cells(self) -> list[list[str]]:
        """The table as a reader wants it."""
        result, found = self.result, self._fit
        effects, scale = result.effects, result.effects.scale
        level = level_text(result.choices.level)
        rows = [["", "k", f"{scale.label} ({level} CI)", "p", "tau²", "I²"]]
        for i, label in enumerate(self.labels):
            row = ["no finite mean", "", "", ""]
            if self.fitted[i]:
                limits = (float(x[i]) for x in (found.estimate, found.low, found.high))
                effect = effect_cell(effects, *limits)
                row = [effect, p_cell(found.p_value[i]), variance_cell(found.tau2[i])]
                row.append(f"{self.i2[i]:.0%}")
            rows.append([label, f"{found.k[i]:.0f}", *row])
        effect = effect_cell(effects, result.estimate, result.ci_low, result.ci_high)
        last = [effect, p_cell(result.p_value), variance_cell(result.tau2), f"{result.i2:.0%}"]
        rows.append([self.whole, f"{result.k}", *last])
        if scale.null is None:  # one arm: no p value has a meaning
            rows = [row[:3] + row[4:] for row in rows]
        return rows

    def _missing(self) -> list[str]:
        """A sentence about the subsets that cannot be fitted."""
        gone = [label for label, ok in zip(self.labels, self.fitted, strict=True) if not ok]
        if not gone:
            return []
        return [f"The counts that are left have no finite mean: {', '.join(gone)}."]


@dataclass(frozen=True, eq=False, repr=False)
class RegressionSubsets(Finding):
    """A meta-regression fitted to one subset of its studies after another.

    Attributes
    ----------
    result : MetaRegression
        The result of all studies.
    labels : tuple of str
        What each subset is called.
    keep : ndarray of bool, shape (n, k)
        The studies of each subset.
    """

    result: MetaRegression
    labels: tuple[str, ...]
    keep: np.ndarray
    _fit: Regression
    column: ClassVar[str]

    @property
    @abstractmethod
    def whole(self) -> str:
        """What all studies together are called in the table."""

    @property
    def fitted(self) -> np.ndarray:
        """Which subsets can tell the coefficients apart, shape (n,)."""
        return np.asarray(np.isfinite(self._fit.coefficients).all(axis=-1))

    def to_frame(self) -> pd.DataFrame:
        """One row per subset and coefficient.

        Returns
        -------
        pandas.DataFrame
            What the subset is called, ``coefficient``, then ``k estimate se statistic p_value
            ci_low ci_high`` of the coefficient and ``tau2 i2 qe qe_p qm qm_p`` of the fit; NaN
            where the studies cannot tell the coefficients apart.
        """
        import pandas as pd

        found, names = self._fit, self.result.design.names
        spread, test = found.heterogeneity, found.inference
        fixed = self.result.choices.model == "fixed"
        each = {
            "estimate": found.coefficients,
            "se": test.se,
            "statistic": test.statistic,
            "p_value": test.p_value,
            "ci_low": test.low,
            "ci_high": test.high,
        }
        once = {
            "tau2": found.tau2,
            "i2": spread.i2_from_q if fixed else spread.i2_from_tau2,
            "qe": spread.q,
            "qe_p": np.where(self.fitted, spread.q_p, np.nan),
            "qm": found.omnibus.statistic,
            "qm_p": found.omnibus.p_value,
        }
        p, n = len(names), len(self.labels)
        columns = {
            self.column: np.repeat(self.labels, p),
            "coefficient": list(names) * n,
            "k": np.repeat(found.k.astype(int), p),
            **{name: np.ravel(values) for name, values in each.items()},
            **{name: np.repeat(values, p) for name, values in once.items()},
        }
        return pd.DataFrame(columns)

    def cells(self) -> list[list[str]]:
        """The coefficients with their intervals, one row per subset."""
        level = level_text(self.result.choices.level)
        rows = [["", "k", *(f"{name} ({level} CI)" for name in self.result.design.names), "tau²"]]
        test = self._fit.inference
        for i, label in enumerate(self.labels):
            parts = (self._fit.coefficients[i], test.low[i], test.high[i])
            cells = [_coefficient(*map(float, part)) for part in zip(*parts, strict=True)]
            rows.append([label, f"{self._fit.k[i]:.0f}", *cells, variance_cell(self._fit.tau2[i])])
        table = self.result.coefficients
        parts = (table["estimate"], table["ci_low"], table["ci_high"])
        cells = [_coefficient(*map(float, part)) for part in zip(*parts, strict=True)]
        return [*rows, [self.whole, f"{self.result.k}", *cells, variance_cell(self.result.tau2)]]

    def _missing(self) -> list[str]:
        """A sentence about the subsets that cannot be fitted."""
        gone = [label for label, ok in zip(self.labels, self.fitted, strict=True) if not ok]
        if not gone:
            return []
        return [f"The studies that are left cannot tell the coefficients apart: {', '.join(gone)}."]


def _coefficient(estimate: float, low: float, high: float) -> str:
    if not np.isfinite(estimate):
        return "–"
    return f"{estimate:.3f} ({low:.3f} to {high:.3f})"
