"""`MetaRegression`: what a regression of effects on moderators found."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri

from metaonc._version import __version__
from metaonc.effects import Effects, stored
from metaonc.errors import PoolingError
from metaonc.kernels import FloatArray, Studies, studies
from metaonc.kernels import moderators as kernel
from metaonc.pooling.between import BetweenStudies
from metaonc.pooling.choices import Choices
from metaonc.pooling.moderators import regression_words as words
from metaonc.pooling.moderators.design import Design
from metaonc.pooling.moderators.moderator_tests import ModeratorTests, inference_frame
from metaonc.pooling.moderators.regression_documents import (
    REGRESSION,
    regression_document,
    regression_parts,
)

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class MetaRegression(BetweenStudies, ModeratorTests):
    """A meta-regression. Everything numeric is on the analysis scale unless it says otherwise.

    Made by :func:`metaonc.regress`.

    Attributes
    ----------
    effects : Effects
        The studies with all moderators; the others are under its `left_out`.
    choices : Choices
        Policy, model, tau² estimator, interval and level.
    design : Design
        The design matrix, the names of its columns, and the formula.
    metaonc_version : str
        The metaonc that made it.
    """

    effects: Effects
    choices: Choices
    design: Design
    _fit: kernel.Regression
    metaonc_version: str = field(default=__version__, kw_only=True)

    # Coefficients ----------------------------------------------------------------------------

    @property
    def coefficients(self) -> pd.DataFrame:
        """One row per coefficient: ``estimate se statistic p_value ci_low ci_high``."""
        return inference_frame(self._fit.coefficients, self._fit.inference, list(self.design.names))

    @property
    def covariance(self) -> FloatArray:
        """Covariance matrix of the coefficients, shape (p, p)."""
        return self._fit.covariance

    @property
    def df(self) -> float:
        """Degrees of freedom of the coefficients' tests; infinite for z tests."""
        return float(self._fit.df)

    @property
    def ci_method(self) -> str:
        """The tests and intervals used: ``"wald"``, ``"t"``, ``"hksj"`` or ``"hksj-adhoc"``."""
        if self.choices.ci != "auto":
            return self.choices.ci
        return "hksj" if self._fit.hartung_knapp else "wald"

    # Heterogeneity ---------------------------------------------------------------------------

    @property
    def k(self) -> int:
        """Number of studies."""
        return int(self._fit.k)

    @property
    def p(self) -> int:
        """Number of coefficients."""
        return len(self.design.names)

    @property
    def tau2(self) -> float:
        """Residual between-study variance, in squared units of `yi`; 0 for the fixed model."""
        return float(self._fit.tau2)

    @property
    def qe(self) -> float:
        """Residual Q: heterogeneity that the moderators leave."""
        return float(self._fit.heterogeneity.q)

    @property
    def qe_df(self) -> int:
        """Degrees of freedom of `qe`: k - p."""
        return int(self._fit.heterogeneity.q_df)

    @property
    def qe_p(self) -> float:
        """P value of `qe`."""
        return float(self._fit.heterogeneity.q_p)

    @property
    def i2(self) -> float:
        """Residual I², a fraction: from tau², for the fixed model from `qe`."""
        found = self._fit.heterogeneity
        return float(found.i2_from_q if self._fixed else found.i2_from_tau2)

    @property
    def h2(self) -> float:
        """Residual H², in the same way as `i2`."""
        found = self._fit.heterogeneity
        return float(found.h2_from_q if self._fixed else found.h2_from_tau2)

    @cached_property
    def r2(self) -> float:
        """Fraction of tau² that the moderators explain, for the fixed model of ``qe / df``.

        NaN where tau² was given, and where a mean alone is not a special case of the model.
        """
        return float(self._fit.r2) if self.design.spans_constant() else math.nan

    @cached_property
    def _data(self) -> Studies:
        return studies(self.effects.yi, self.effects.vi, self.design.matrix)

    @property
    def _fixed(self) -> bool:
        return self.choices.model == "fixed"

    # Predictions -----------------------------------------------------------------------------

    def predict(
        self, table: Any = None, level: float | None = None, *, display: bool = False
    ) -> pd.DataFrame:
        """Mean effects at given moderators, and where the effect of a new study is expected.

        Parameters
        ----------
        table : DataFrame, mapping or array_like of shape (rows, p), optional
            Values of the variables in the formula; or rows of the design. Default: the studies'.
        level : float, optional
            Level of both intervals. Default: the result's.
        display : bool, default False
            Whether to transform to the displayed scale (ratios, proportions).

        Returns
        -------
        pandas.DataFrame
            Columns ``estimate se ci_low ci_high pi_low pi_high`` (without `se` if displayed). The
            prediction interval has k - p - 1 degrees of freedom and the Wald standard error
            (Higgins, Thompson & Spiegelhalter, J R Stat Soc A 2009;172:137-159, for one
            coefficient); NaN for the fixed model and where k - p < 2.
        """
        import pandas as pd

        level = self._checked_level(level)
        if table is None:
            rows, labels = self.design.matrix, list(self.effects.labels)
        else:
            rows, labels = self.design.rows(table)
        found = kernel.predict(self._fit, rows, level)
        low, high = kernel.predict_new(self._fit, rows, level)
        gone = np.full(len(rows), np.nan)
        columns = {
            "estimate": rows @ self._fit.coefficients,
            "se": found.se,
            "ci_low": found.low,
            "ci_high": found.high,
            "pi_low": gone if self._fixed else low,
            "pi_high": gone if self._fixed else high,
        }
        if display:
            del columns["se"]
            columns = {name: self.effects.display(values) for name, values in columns.items()}
        return pd.DataFrame(columns, index=labels)

    # Output ----------------------------------------------------------------------------------

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know: about the inputs, then about the choices."""
        notes = list(self.effects.notes)
        if self.ci_method == "hksj" and self.df < math.inf:
            half = np.asarray(self._fit.inference.high - self._fit.coefficients)
            wald = np.sqrt((self._fit.root**2).sum(axis=-1)) * ndtri(0.5 + self.choices.level / 2)
            if (half < wald).any():
                notes.append("The Hartung-Knapp intervals are narrower than the Wald intervals.")
        if self.k < 10 * int(self.design.moderators.sum()):
            notes.append(
                "Fewer than 10 studies per coefficient of a moderator: too few by the rule of "
                "thumb in the Cochrane Handbook, chapter 10."
            )
        return tuple(notes)

    def display(self) -> pd.DataFrame:
        """Coefficients of ratio measures as ratios: ``estimate ci_low ci_high``.

        The exponential of a moderator's coefficient is the factor by which the ratio changes per
        unit, that of the intercept the ratio where every moderator is 0. Other measures stay on
        the analysis scale.
        """
        return words.displayed(self)

    def methods(self) -> str:
        """One sentence that names every choice behind the result."""
        return words.methods_sentence(self)

    def to_frame(self) -> pd.DataFrame:
        """Coefficients, with those of ratio measures also as ratios (``ratio_*``)."""
        return words.coefficient_frame(self)

    def summary(self) -> str:
        """Text a person wants to read: coefficients, tests, heterogeneity, methods, notes."""
        return words.summary_text(self)

    def __repr__(self) -> str:
        return words.short_text(self)

    def _repr_html_(self) -> str:
        """The summary for a notebook."""
        return words.summary_html(self)

    # There and back ----------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Everything in the result as plain values, ready for JSON and for `from_dict`.

        Returns
        -------
        dict
            As for :meth:`metaonc.PooledResult.to_dict`, with the design beside the effects.
        """
        return regression_document(self)

    def to_json(self) -> str:
        """`to_dict` as JSON text; the same result gives the same bytes."""
        return stored.text_of(self.to_dict())

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> MetaRegression:
        """The result that `to_dict` wrote, without loss.

        Raises
        ------
        PoolingError
            If it is something else, or was changed since.

        Examples
        --------
        >>> import metaonc as mo
        >>> fit = mo.regress(mo.load_registry().effects("pfs"), "line")
        >>> mo.MetaRegression.from_dict(fit.to_dict()).summary() == fit.summary()
        True
        """

        def read(content: dict[str, Any]) -> MetaRegression:
            effects, choices, design, found, version = regression_parts(content)
            return cls(effects, choices, design, found, metaonc_version=version)

        return stored.opened(document, REGRESSION, read, PoolingError)

    @classmethod
    def from_json(cls, text: str | bytes) -> MetaRegression:
        """The result that `to_json` wrote; see `from_dict`."""
        return cls.from_dict(stored.document_of(text, REGRESSION, PoolingError))
