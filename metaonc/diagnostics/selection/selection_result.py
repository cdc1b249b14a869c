"""`SelectionModel`: what a selection model found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from metaonc.diagnostics.selection import selection_words as words
from metaonc.diagnostics.selection.selection_estimates import two_sided
from metaonc.diagnostics.selection.selection_tests import SelectionTests
from metaonc.kernels import FloatArray
from metaonc.kernels.selection.selection_weights import SMALLEST_P, PValues
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SelectionModel(SelectionTests, Finding):
    """A selection model. Everything numeric is on the analysis scale.

    Made by :func:`metaonc.selection_model`.

    Attributes
    ----------
    result : PooledResult or MetaRegression
        What was estimated again.
    selection : SelectionChoices
        Type, alternative, steps, and what was given.
    counts : tuple of int
        Studies in each interval of a step function; else those up to the p value at which all are
        seen, and beyond; or all.
    """

    kind: ClassVar[str] = "selection_model"

    def curve(self, p: ArrayLike | None = None) -> pd.DataFrame:
        """The weight function with its pointwise Wald limits.

        Parameters
        ----------
        p : array_like, optional
            P values at which to show it. Default: 400 values between 0 and 1, and the two sides of
            every step.

        Returns
        -------
        pandas.DataFrame
            Columns ``p weight low high``: weights relative to the largest one for the beta type,
            and to that of the smallest p values otherwise. Limits by the delta method on the log
            scale; NaN where there is no standard error.
        """
        import pandas as pd

        at = self._curve_points() if p is None else np.atleast_1d(np.asarray(p, dtype=float))
        logs, slopes = self._log_weights(at)
        top = int(np.argmax(logs)) if self.selection.type == "beta" else int(np.argmin(at))
        logs, slopes = logs - logs[top], slopes - slopes[:, [top]]
        covariance = self._fit.covariance[self._p + 1 :, self._p + 1 :]
        free = np.isnan(self._given)
        part = covariance[np.ix_(free, free)]
        variance = np.einsum("qn,qr,rn->n", slopes[free], part, slopes[free])
        half = self._z * np.sqrt(np.maximum(variance, 0.0))
        columns = {"weight": logs, "low": logs - half, "high": logs + half}
        with np.errstate(over="ignore"):
            return pd.DataFrame({"p": at} | {name: np.exp(log) for name, log in columns.items()})

    # Output ----------------------------------------------------------------------------------

    def to_frame(self) -> pd.DataFrame:
        """One row per parameter.

        Returns
        -------
        pandas.DataFrame
            Columns ``parameter estimate se ci_low ci_high p_value unadjusted state``, on the
            analysis scale. The p value is of "no effect" for coefficients, of "no selection" for
            weight parameters; `unadjusted` is by maximum likelihood without selection.
        """
        import pandas as pd

        estimate = np.concatenate([self.coefficients, [self.tau2], self.delta])
        se = np.concatenate([self._errors[: self._p], [self.tau2_se], self.delta_se])
        null = np.concatenate([np.zeros(self._p), [np.nan], self._testable_null])
        lowest = np.concatenate([np.full(self._p, -np.inf), np.zeros(1 + len(self.delta))])
        with np.errstate(invalid="ignore"):
            half, test = self._z * se, two_sided((estimate - null) / se)
        unadjusted = [*self.unadjusted_coefficients, self._null.point.tau2, *self.selection.null]
        return pd.DataFrame(
            {
                "parameter": [*self._coefficient_names, "tau2", *self.selection.names],
                "estimate": estimate,
                "se": se,
                "ci_low": np.maximum(estimate - half, lowest),
                "ci_high": estimate + half,
                "p_value": test,
                "unadjusted": unadjusted,
                "state": self.states,
            }
        )

    @property
    def title(self) -> str:
        """What was estimated again, and how."""
        return words.title(self)

    def cells(self) -> list[list[str]]:
        """Mean or coefficients on the displayed scale, tau², and the weights."""
        return words.cells(self)

    @property
    def sentences(self) -> tuple[str, ...]:
        """Tests, what the likelihood does not decide, and how to read it."""
        return tuple(words.sentences(self))

    def numbers(self) -> dict[str, Any]:
        """The choices, the tests and the counts."""
        return {
            "type": self.selection.type,
            "alternative": self.selection.alternative,
            "steps": self.selection.steps,
            "prec": self.selection.prec,
            "counts": self.counts,
            "has_maximum": self.has_maximum,
            "log_likelihood": self.log_likelihood,
            "null_log_likelihood": self.null_log_likelihood,
            "lr_statistic": self.lr_statistic,
            "lr_df": self.lr_df,
            "lr_p": self.lr_p,
            "wald_statistic": self.wald_statistic,
            "wald_p": self.wald_p,
        }

    def _curve_points(self) -> FloatArray:
        p = np.linspace(0.0025, 0.9975, 400)
        steps = np.array(self.selection.steps)
        return np.unique(np.concatenate([[1e-6, 1e-4], p, steps, np.minimum(steps + 1e-9, 1.0)]))

    def _log_weights(self, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        with np.errstate(divide="ignore"):
            logs = PValues(np.log(p), np.log1p(-p))
        lowest = np.log(SMALLEST_P) if self.selection.type in ("beta", "power") else -np.inf
        clipped = PValues(np.maximum(logs.log_p, lowest), np.maximum(logs.log_q, lowest))
        found = self._likelihood.weights(self._fit.point.delta, clipped, np.ones(1))
        return np.ravel(found.value), found.slopes.reshape(len(self._given), -1)
