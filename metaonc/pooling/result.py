"""`PooledResult`: what pooling found. Tables, figures and reports read only this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from metaonc._version import __version__
from metaonc.effects import Effects, stored
from metaonc.errors import PoolingError
from metaonc.kernels import Fit, FloatArray, Studies, studies
from metaonc.pooling.between import BetweenStudies
from metaonc.pooling.choices import Choices
from metaonc.pooling.counts.proportion_words import back_size_note
from metaonc.pooling.counts.sparse import sparse_note
from metaonc.pooling.data import correlated_of, fit_of
from metaonc.pooling.documents import POOLED, pooled_document, pooled_parts
from metaonc.pooling.drawable import Drawable
from metaonc.pooling.new_studies import SingleStudies
from metaonc.pooling.policies import policy_named
from metaonc.pooling.summary import result_frame, summary_html, summary_text
from metaonc.pooling.words import effect_text, methods_sentence

if TYPE_CHECKING:
    import pandas as pd

    from metaonc.kernels.correlated import Correlated


@dataclass(frozen=True, eq=False, repr=False)
class PooledResult(BetweenStudies, SingleStudies, Drawable):
    """A pooled effect. Everything numeric is on the analysis scale unless it says otherwise.

    Made by :func:`metaonc.pool`.

    Attributes
    ----------
    effects : Effects
        The studies that were pooled.
    choices : Choices
        Policy, model, tau² estimator, interval and level.
    metaonc_version : str
        The metaonc that made it.
    """

    effects: Effects
    choices: Choices
    _fit: Fit
    metaonc_version: str = field(default=__version__, kw_only=True)

    # The mean --------------------------------------------------------------------------------

    @property
    def estimate(self) -> float:
        """Pooled mean, on the analysis scale."""
        return float(self._fit.estimate)

    @property
    def se(self) -> float:
        """Standard error behind the interval and the test."""
        return float(self._fit.se)

    @property
    def wald_se(self) -> float:
        """Standard error from the weights alone."""
        return float(self._fit.wald_se)

    @property
    def ci_low(self) -> float:
        """Lower confidence limit, on the analysis scale."""
        return float(self._fit.low)

    @property
    def ci_high(self) -> float:
        """Upper confidence limit, on the analysis scale."""
        return float(self._fit.high)

    @property
    def statistic(self) -> float:
        """Estimate over standard error: z, or t with `df` degrees of freedom."""
        return float(self._fit.statistic)

    @property
    def df(self) -> float:
        """Degrees of freedom of the test; infinite for a z test."""
        return float(self._fit.df)

    @property
    def p_value(self) -> float:
        """Two-sided p value of "the mean is 0 on the analysis scale"; no meaning for one arm."""
        return float(self._fit.p_value)

    @property
    def ci_method(self) -> str:
        """The interval that was used: ``"wald"``, ``"t"``, ``"hksj"`` and its variants."""
        if self.choices.ci != "auto":
            return self.choices.ci
        return "hksj" if self._fit.hartung_knapp else "wald"

    # The studies -----------------------------------------------------------------------------

    @property
    def k(self) -> int:
        """Number of studies."""
        return int(self._fit.k)

    @property
    def weights(self) -> FloatArray:
        """Share of each study in the mean, shape (k,), sum 1; read-only."""
        shares = self._fit.weights.view()
        shares.flags.writeable = False
        return shares

    # Heterogeneity ---------------------------------------------------------------------------

    @property
    def tau2(self) -> float:
        """Between-study variance, in squared units of `yi`; 0 for a fixed effect."""
        return float(self._fit.tau2)

    @property
    def q(self) -> float:
        """Cochran's Q."""
        return float(self._fit.heterogeneity.q)

    @property
    def q_df(self) -> int:
        """Degrees of freedom of Q: k - 1."""
        return int(self._fit.heterogeneity.q_df)

    @property
    def q_p(self) -> float:
        """P value of Q; 1 for one study."""
        return float(self._fit.heterogeneity.q_p)

    @property
    def i2_from_q(self) -> float:
        """I² from Q, a fraction: max(0, (Q - df) / Q)."""
        return float(self._fit.heterogeneity.i2_from_q)

    @property
    def i2_from_tau2(self) -> float:
        """I² from tau², a fraction: tau² / (tau² + typical sampling variance)."""
        return float(self._fit.heterogeneity.i2_from_tau2)

    @property
    def i2(self) -> float:
        """I², a fraction: from Q for a fixed effect, else from tau² or Q as the policy says."""
        return self.i2_from_q if self.heterogeneity_from == "q" else self.i2_from_tau2

    @property
    def h2(self) -> float:
        """H², in the same way as `i2`; from Q it is Q / df and may be below 1."""
        found = self._fit.heterogeneity
        return float(found.h2_from_q if self.heterogeneity_from == "q" else found.h2_from_tau2)

    @property
    def heterogeneity_from(self) -> str:
        """What `i2` and `h2` come from: ``"tau2"`` or ``"q"``."""
        return self.choices.heterogeneity_from

    @cached_property
    def _correlated(self) -> Correlated | None:
        return correlated_of(self.effects, self.choices)

    @cached_property
    def _data(self) -> Studies:
        if self._correlated is None:
            return studies(self.effects.yi, self.effects.vi)
        return self._correlated.data

    def _rotation_constant(self, restricted: bool) -> float:
        found = self._correlated
        return 0.0 if found is None else float(found.log_constant(restricted=restricted))

    # Beside it -------------------------------------------------------------------------------

    @cached_property
    def fixed(self) -> PooledResult:
        """The common-effect result of the same studies, with its Wald interval."""
        if self.choices.model == "fixed":
            return self
        level = self.choices.level
        beside = Choices(
            policy=self.choices.policy, model="fixed", tau2=0.0, ci="wald", level=level
        )
        return PooledResult(self.effects, beside, fit_of(self.effects, beside))

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know: about the inputs, then about the choices."""
        return (*self.effects.notes, *self._method_notes())

    def _method_notes(self) -> list[str]:
        notes = []
        wald = self._wald_half_width()
        if self.ci_method in ("hksj", "hksj-iqwig") and self.ci_high - self.estimate < wald:
            notes.append(
                "The Hartung-Knapp interval is narrower than the Wald interval "
                f"({self._wald_text(wald)})."
            )
        notes += [note for note in (self._sparse_note(), back_size_note(self)) if note]
        estimated = isinstance(self.choices.tau2, str)
        if self.k == 1 and self.choices.model == "random" and estimated:
            notes.append("One study: heterogeneity cannot be estimated, and tau² is taken as 0.")
        return notes

    def _sparse_note(self) -> str:
        counted = self.choices.count_model is not None
        return sparse_note(self.effects, policy_named(self.choices.policy), counted=counted)

    def _wald_half_width(self) -> float:
        from scipy.special import ndtri

        return float(ndtri(0.5 + self.choices.level / 2)) * self.wald_se

    def _wald_text(self, half_width: float) -> str:
        limits = self.effects.display([self.estimate - half_width, self.estimate + half_width])
        return self.effects.scale.interval_text(*map(float, limits))

    # Output ----------------------------------------------------------------------------------

    def display(self) -> tuple[float, float, float]:
        """Pooled estimate and confidence limits on the displayed scale (ratios, proportions)."""
        estimate, low, high = self.effects.display([self.estimate, self.ci_low, self.ci_high])
        return float(estimate), float(low), float(high)

    def methods(self) -> str:
        """One sentence that names every choice behind the result."""
        return methods_sentence(self)

    def to_frame(self) -> pd.DataFrame:
        """One row per study, then the pooled rows: displayed scale, with weights as fractions.

        Returns
        -------
        pandas.DataFrame
            Columns ``label estimate low high weight_fixed weight_random``; the pooled rows are
            labelled "Common effect" and "Random effects", and "Prediction interval" where it
            applies.
        """
        return result_frame(self)

    def summary(self) -> str:
        """Text a person wants to read: studies, pooled results, heterogeneity, methods, notes.

        Examples
        --------
        >>> import metaonc as mo
        >>> text = mo.pool(mo.load_registry().effects("pfs")).summary()
        >>> print(text.splitlines()[0])
        Progression-free survival or time to progression: hazard ratio, k = 6
        """
        return summary_text(self)

    def __repr__(self) -> str:
        fixed = self.choices.model == "fixed"
        model = "fixed effect" if fixed else f"random effects, tau² = {self.tau2:.3g}"
        return f"<PooledResult: {effect_text(self)}, k = {self.k}, {model}>"

    def _repr_html_(self) -> str:
        """The summary for a notebook."""
        return summary_html(self)

    # There and back ----------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Everything in the result as plain values, ready for JSON and for `from_dict`.

        Returns
        -------
        dict
            What a reader wants under the names of the attributes, None where something is not
            finite or does not apply; then ``effects``, ``choices`` and ``fit``, from which
            `from_dict` makes the same result without loss; a digest of the data and, last, one of
            all of it. :doc:`The format </saving>` is described by ``metaonc schema result``.
        """
        return pooled_document(self)

    def to_json(self) -> str:
        """`to_dict` as JSON text; the same result gives the same bytes."""
        return stored.text_of(self.to_dict())

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> PooledResult:
        """The result that `to_dict` wrote, without loss.

        Raises
        ------
        PoolingError
            If it is something else, or was changed since.

        Examples
        --------
        >>> import metaonc as mo
        >>> fit = mo.pool(mo.load_registry().effects("pfs"))
        >>> again = mo.PooledResult.from_dict(fit.to_dict())
        >>> again.estimate == fit.estimate, again.summary() == fit.summary()
        (True, True)
        """

        def read(content: dict[str, Any]) -> PooledResult:
            effects, choices, found, version = pooled_parts(content)
            made = result_class(choices)
            return made(effects, choices, found, metaonc_version=version)

        return stored.opened(document, POOLED, read, PoolingError)

    @classmethod
    def from_json(cls, text: str | bytes) -> PooledResult:
        """The result that `to_json` wrote; see `from_dict`."""
        return cls.from_dict(stored.document_of(text, POOLED, PoolingError))


def result_class(choices: Choices) -> type[PooledResult]:
    """The class of a result with these choices."""
    if choices.count_model is None:
        return PooledResult
    from metaonc.pooling.counts.count_result import CountResult

    return CountResult
