"""`regress`: effects and moderators -> a meta-regression."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import permutations
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, ndtri

from metaonc.effects import Effects, checked_level, level_text
from metaonc.errors import PoolingError
from metaonc.kernels import FloatArray, q_profile, studies
from metaonc.kernels import regression as kernel
from metaonc.kernels.intervals import Inference
from metaonc.pooling.choices import REGRESSION_INTERVALS, Choices, choose
from metaonc.pooling.formulas import Design, design_of
from metaonc.pooling.interval import Interval
from metaonc.pooling.plain import plain
from metaonc.pooling.words import p_text, tau2_text

if TYPE_CHECKING:
    import pandas as pd

_INTERVAL_NAMES = {
    "wald": "Wald tests (normal)",
    "t": "Wald tests (t)",
    "hksj": "Hartung-Knapp tests",
    "hksj-adhoc": "Hartung-Knapp tests (never narrower than Wald)",
}


class ModeratorTest(NamedTuple):
    """Test that several coefficients are 0: chi-square, or F where `df_residual` is finite."""

    statistic: float
    df: int
    df_residual: float
    p_value: float


class ModelComparison(NamedTuple):
    """Likelihood-ratio test of a regression against one with fewer moderators, both by ML."""

    statistic: float
    df: int
    p_value: float
    log_likelihood: float
    log_likelihood_reduced: float
    tau2: float
    tau2_reduced: float


@dataclass(frozen=True, eq=False)
class PermutationTest:
    """P values from giving the studies' moderators to each other.

    Attributes
    ----------
    p_values : dict of str to float
        Two-sided p value of each moderator's coefficient.
    omnibus_p : float
        P value of the test of all moderators.
    permutations : int
        Number of orders that were compared, the observed one included.
    exact : bool
        Whether these are all orders.
    generator : str
        The source of random orders, e.g. ``"default_rng(0)"``; empty where exact.
    """

    p_values: dict[str, float]
    omnibus_p: float
    permutations: int
    exact: bool
    generator: str


@dataclass(frozen=True, eq=False, repr=False)
class MetaRegression:
    """A meta-regression. Everything numeric is on the analysis scale unless it says otherwise.

    Made by :func:`regress`.

    Attributes
    ----------
    effects : Effects
        The studies with all moderators; the others are under its `left_out`.
    choices : Choices
        Policy, model, tau² estimator, interval and level.
    design : Design
        The design matrix, the names of its columns, and the formula.
    """

    effects: Effects
    choices: Choices
    design: Design
    _fit: kernel.Regression

    # Coefficients ----------------------------------------------------------------------------

    @property
    def coefficients(self) -> pd.DataFrame:
        """One row per coefficient: ``estimate se statistic p_value ci_low ci_high``."""
        return _inference_frame(
            self._fit.coefficients, self._fit.inference, list(self.design.names)
        )

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

    @property
    def vif(self) -> dict[str, float]:
        """Variance inflation factor of each moderator's coefficient; 1 where nothing overlaps."""
        chosen = self._tested()
        factors = kernel.variance_inflation(self._fit.root[chosen])
        return {self.design.names[j]: float(f) for j, f in zip(chosen, factors, strict=True)}

    # Tests -----------------------------------------------------------------------------------

    @property
    def qm(self) -> float:
        """Test of all moderators: chi-square, or F after t or Hartung-Knapp tests."""
        return float(self._fit.omnibus.statistic)

    @property
    def qm_df(self) -> int:
        """Number of coefficients that `qm` tests; its other df, for F, is `df`."""
        return int(self._fit.omnibus.df)

    @property
    def qm_p(self) -> float:
        """P value of `qm`."""
        return float(self._fit.omnibus.p_value)

    def test(self, names: str | Sequence[str]) -> ModeratorTest:
        """Test that some coefficients are all 0.

        Parameters
        ----------
        names : str or sequence of str
            Coefficients, or terms of the formula (all columns of a categorical moderator).
        """
        rows = np.eye(self.p)[self.design.positions(names)]
        return self._hypothesis(rows)

    def contrast(
        self, weights: Mapping[str, float] | ArrayLike, level: float | None = None
    ) -> pd.DataFrame:
        """Linear combinations of the coefficients, with tests and intervals.

        Parameters
        ----------
        weights : mapping of str to float, or array_like of shape (p,) or (m, p)
            Weight of each coefficient, 0 where not named.
        level : float, optional
            Confidence level. Default: the result's.

        Returns
        -------
        pandas.DataFrame
            One row per combination: ``estimate se statistic p_value ci_low ci_high``.
        """
        if isinstance(weights, Mapping):
            row = np.zeros(self.p)
            for name, weight in weights.items():
                if name not in self.design.names:
                    listed = ", ".join(self.design.names)
                    raise PoolingError(f"no coefficient {name!r}; there are: {listed}.")
                row[self.design.names.index(name)] = weight
            weights = row
        rows = np.atleast_2d(np.asarray(weights, dtype=float))
        if rows.shape[1:] != (self.p,) or not np.isfinite(rows).all():
            raise PoolingError(
                f"a contrast needs {self.p} finite weights, one per coefficient, "
                f"got shape {rows.shape}."
            )
        found = kernel.predict(self._fit, rows, self._level(level))
        return _inference_frame(rows @ self._fit.coefficients, found, list(range(len(rows))))

    def compare(self, other: MetaRegression | None = None) -> ModelComparison:
        """Likelihood-ratio test against a regression with fewer moderators.

        Parameters
        ----------
        other : MetaRegression, optional
            A regression of the same studies whose moderators are among these, or combinations
            of them. Default: none, a mean alone.

        Notes
        -----
        Both are fitted by maximum likelihood, since restricted likelihoods with different
        coefficients cannot be compared; chi-square with as many df as there are coefficients more.
        """
        if other is not None and not _same_studies(self.effects, other.effects):
            raise PoolingError("two regressions of different studies cannot be compared.")
        smaller = np.ones((self.k, 1)) if other is None else other.design.matrix
        df = self.p - smaller.shape[1]
        nested = np.column_stack([self.design.matrix, smaller])
        if df < 1 or kernel.aliased(nested) != list(range(self.p, nested.shape[1])):
            raise PoolingError(
                "the other regression must have fewer coefficients, and its moderators must be "
                "among those of this one."
            )
        full, reduced = (
            studies(self.effects.yi, self.effects.vi, x) for x in (self.design.matrix, smaller)
        )
        high, tau2 = kernel.maximum_likelihood(full, self.choices.model)
        low, tau2_reduced = kernel.maximum_likelihood(reduced, self.choices.model)
        statistic = max(0.0, 2 * float(high - low))
        return ModelComparison(
            statistic,
            df,
            float(chdtrc(df, statistic)),
            float(high),
            float(low),
            float(tau2 * full.unit**2),
            float(tau2_reduced * reduced.unit**2),
        )

    def permutation_test(
        self, n: int = 1000, rng: np.random.Generator | None = None
    ) -> PermutationTest:
        """Test the moderators by giving them to the studies in other orders.

        Parameters
        ----------
        n : int, default 1000
            Number of orders, the observed one included. Where k! is no more, all orders are taken
            and the test is exact.
        rng : numpy.random.Generator, optional
            Source of random orders. Default: ``np.random.default_rng(0)``.

        Notes
        -----
        Higgins & Thompson, Stat Med 2004;23:1663-1682. doi:10.1002/sim.1752. tau² is estimated
        anew for every order; the statistics are those of the result.
        """
        if n < 1:
            raise PoolingError(f"n = {n!r} must be a number of permutations, > 0.")
        moderators = np.flatnonzero(self.design.moderators)
        if not len(moderators):
            raise PoolingError("a permutation test needs a moderator; there is only the intercept.")
        exact = math.factorial(self.k) <= n
        orders = _all_orders(self.k) if exact else _random_orders(self.k, int(n), rng)
        p_values, omnibus = kernel.permuted(
            self.effects.yi,
            self.effects.vi,
            self.design.matrix,
            orders,
            model=self.choices.model,
            tau2=self.choices.tau2,
            ci=self.choices.ci,
        )
        passed = f"{type(rng.bit_generator).__name__} passed by the caller" if rng else ""
        return PermutationTest(
            {self.design.names[j]: float(p_values[j]) for j in moderators},
            float(omnibus),
            len(orders),
            exact,
            "" if exact else passed or "default_rng(0)",
        )

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
    def tau2_se(self) -> float:
        """Standard error of `tau2`; NaN where it was not estimated."""
        return float(self._fit.tau2_se)

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

    def tau2_interval(self, method: str = "QP", level: float | None = None) -> Interval:
        """Confidence interval of the residual tau².

        Parameters
        ----------
        method : {"QP"}, default "QP"
            Q-profile with k - p degrees of freedom (Viechtbauer, Stat Med 2007;26:37-52).
        level : float, optional
            Confidence level. Default: the result's.
        """
        level = self._level(level)
        if method != "QP":
            raise PoolingError(
                f"no interval of a regression's tau² called {method!r}; use 'QP' (Q-profile)."
            )
        data = studies(self.effects.yi, self.effects.vi, self.design.matrix)
        low, high = (float(limit * data.unit**2) for limit in q_profile(data, level))
        return Interval(low, high, method=method, level=level)

    # Likelihood ------------------------------------------------------------------------------

    @property
    def log_likelihood(self) -> float:
        """Log-likelihood at `tau2`: restricted for REML, else ML."""
        return float(self._fit.log_likelihood)

    @property
    def aic(self) -> float:
        """Akaike's criterion; tau² counts as a parameter where it was estimated."""
        return -2 * self.log_likelihood + 2 * self._parameters

    @property
    def bic(self) -> float:
        """Bayesian criterion with log k, or log(k - p) for the restricted likelihood."""
        size = self.k - self.p if self.choices.tau2 == "REML" else self.k
        return -2 * self.log_likelihood + math.log(size) * self._parameters

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

        level = self._level(level)
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
        frame = self.coefficients[["estimate", "ci_low", "ci_high"]]
        return cast("pd.DataFrame", np.exp(frame)) if self.effects.scale.log_axis else frame

    def methods(self) -> str:
        """One sentence that names every choice behind the result."""
        choices = self.choices
        if self._fixed:
            model = "without residual heterogeneity"
        elif isinstance(choices.tau2, str):
            model = f"mixed effects, residual tau² by {choices.tau2}"
        else:
            model = f"mixed effects, residual tau² given as {choices.tau2:g}"
        moderators = self.design.formula or ", ".join(self.design.names)
        return (
            f"Meta-regression of the {self.effects.scale.analysis_scale} on {moderators}, {model}, "
            f"{_INTERVAL_NAMES[self.ci_method]}, {level_text(choices.level)} intervals; "
            f"policy {choices.policy}."
        )

    def to_frame(self) -> pd.DataFrame:
        """Coefficients, with those of ratio measures also as ratios (``ratio_*``)."""
        frame = self.coefficients
        if self.effects.scale.log_axis:
            ratios = self.display()
            names = {"estimate": "ratio", "ci_low": "ratio_low", "ci_high": "ratio_high"}
            frame = frame.join(ratios.rename(columns=names))
        return frame.rename_axis("coefficient").reset_index()

    def to_dict(self) -> dict[str, Any]:
        """Everything in the result as plain values, ready for JSON; NaN and inf become None."""
        numbers = ("qm", "qm_df", "qm_p", "qe", "qe_df", "qe_p", "tau2", "tau2_se", "i2", "h2")
        more = ("r2", "k", "p", "df", "log_likelihood", "aic", "bic")
        found = {
            "title": self.effects.title,
            "measure": self.effects.measure,
            "choices": asdict(self.choices),
            "formula": self.design.formula,
            "ci_method": self.ci_method,
            "coefficients": self.to_frame().to_dict("records"),
            "covariance": self.covariance.tolist(),
            "tau2_interval": list(self.tau2_interval()),
            **{name: getattr(self, name) for name in (*numbers, *more)},
            "vif": self.vif,
            "studies": [
                {"label": label, "yi": yi, "vi": vi, "fitted": fitted}
                for label, yi, vi, fitted in zip(
                    self.effects.labels,
                    self.effects.yi,
                    self.effects.vi,
                    self._fit.fitted,
                    strict=True,
                )
            ],
            "left_out": [asdict(out) for out in self.effects.left_out],
            "notes": list(self.notes),
            "methods": self.methods(),
        }
        return cast(dict[str, Any], plain(found))

    def summary(self) -> str:
        """Text a person wants to read: coefficients, tests, heterogeneity, methods, notes."""
        title = self.effects.title or "Meta-regression"
        scale = self.effects.scale
        table = self.to_frame().set_index("coefficient").rename_axis(None)
        text = table.to_string(float_format=lambda x: f"{x:.4g}")
        statistic = f"QM = {self.qm:.2f}, df = {self.qm_df}"
        if self.df < math.inf:
            statistic = f"F = {self.qm:.2f}, df = {self.qm_df} and {self.df:g}"
        left = f"Q = {self.qe:.2f}, df = {self.qe_df}, {p_text(self.qe_p)}; I² = {self.i2:.0%}"
        if not self._fixed:
            left = f"tau² = {tau2_text(self.tau2)}; {left}"
        parts = [
            f"{title}: {scale.name}, k = {self.k}, p = {self.p}",
            "",
            text,
            "",
            f"Test of moderators: {statistic}, {p_text(self.qm_p)}",
            f"Residual heterogeneity: {left}",
        ]
        if not math.isnan(self.r2):
            parts.append(f"Explained (R²): {self.r2:.0%}")
        parts += ["", f"Methods: {self.methods()}"]
        parts += [f"Note: {note}" for note in self.notes]
        parts += [f"Left out: {out.label}: {out.reason}" for out in self.effects.left_out]
        return "\n".join(parts)

    def __repr__(self) -> str:
        model = "fixed effects" if self._fixed else f"mixed effects, tau² = {self.tau2:.3g}"
        names = ", ".join(self.design.names)
        return (
            f"<MetaRegression: {self.effects.scale.name} on {names}, k = {self.k}, {model}, "
            f"moderators {p_text(self.qm_p)}>"
        )

    # Parts -----------------------------------------------------------------------------------

    @property
    def _fixed(self) -> bool:
        return self.choices.model == "fixed"

    @property
    def _parameters(self) -> int:
        return self.p + (not self._fixed and isinstance(self.choices.tau2, str))

    def _level(self, level: float | None) -> float:
        return checked_level(self.choices.level if level is None else level, PoolingError)

    def _tested(self) -> NDArray[np.int_]:
        """Positions of the moderators, or of all coefficients where none or all are."""
        moving = self.design.moderators
        return np.flatnonzero(moving if moving.any() else np.ones(self.p))

    def _hypothesis(self, rows: FloatArray) -> ModeratorTest:
        fit = self._fit
        found = kernel.hypothesis(fit.coefficients, fit.root, fit.factor, fit.df, rows)
        return ModeratorTest(
            float(found.statistic), int(found.df), float(found.df_residual), float(found.p_value)
        )


def regress(
    effects: Effects,
    moderators: Any,
    *,
    names: Sequence[str] | None = None,
    model: str | None = None,
    tau2: str | float | None = None,
    ci: str | None = None,
    level: float | None = None,
    policy: str | None = None,
) -> MetaRegression:
    """Regress study effects on moderators (a mixed-effects model).

    Parameters
    ----------
    effects : Effects
        The studies.
    moderators : str, DataFrame or array_like of shape (k, p)
        A formula over the effects' columns, e.g. ``"agent + year"``, ``"C(line)"``,
        ``"agent * year"``, ``"0 + agent"`` (also over `vi` and `sei`; an intercept is added unless
        the formula takes it out; formulas are evaluated as Python, so take them from people you
        trust); a table whose columns are all moderators, to which an intercept is added; or the
        whole design matrix. Text is treatment-coded, the first value in sorted order being the
        reference. Studies with a missing moderator are left out and listed.
    names : sequence of str, optional
        Names of the columns of a matrix.
    model : {"fixed", "random"}, optional
        Without or with residual heterogeneity. Default: the policy's.
    tau2 : str or float, optional
        Estimator of the residual between-study variance, or a value >= 0. Default: the policy's.
    ci : {"auto", "wald", "t", "hksj", "hksj-adhoc"}, optional
        Tests and intervals. ``"auto"``: Hartung-Knapp where tau² > 0 and k - p > 1, else Wald.
        Default: the policy's for random effects, Wald for a fixed effect.
    level : float, optional
        Confidence level as a fraction. Default: the policy's, 0.95.
    policy : str, optional
        Name of the set of choices that the other arguments modify.

    Returns
    -------
    MetaRegression

    Raises
    ------
    PoolingError
        If an argument is not one of the above, a column is unknown, columns are combinations of
        others, or there are no more studies than coefficients.

    Examples
    --------
    >>> import metaonc as mo
    >>> from metaonc.pooling.regression import regress
    >>> regress(mo.load_registry().effects("pfs"), "line")
    <MetaRegression: hazard ratio on Intercept, line[T.first line], k = 6, mixed effects, ...>
    """
    choices = choose(
        model=model, tau2=tau2, ci=ci, level=level, policy=policy, intervals=REGRESSION_INTERVALS
    )
    used, design = design_of(effects, moderators, names)
    found = kernel.regression(
        used.yi,
        used.vi,
        design.matrix,
        model=choices.model,
        tau2=choices.tau2,
        ci=choices.ci,
        level=choices.level,
    )
    if not np.isfinite(found.coefficients).all():
        raise PoolingError(
            "the weights of the studies differ so much that the coefficients cannot be told apart; "
            "use fewer moderators."
        )
    return MetaRegression(used, choices, design, found)


def _inference_frame(estimate: FloatArray, found: Inference, index: list[Any]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {
            "estimate": estimate,
            "se": found.se,
            "statistic": found.statistic,
            "p_value": found.p_value,
            "ci_low": found.low,
            "ci_high": found.high,
        },
        index=index,
    )


def _same_studies(one: Effects, other: Effects) -> bool:
    return np.array_equal(one.yi, other.yi) and np.array_equal(one.vi, other.vi)


def _all_orders(k: int) -> NDArray[np.int_]:
    return np.array(list(permutations(range(k))), dtype=int)


def _random_orders(k: int, n: int, rng: np.random.Generator | None) -> NDArray[np.int_]:
    """The observed order and n - 1 random ones."""
    source = np.random.default_rng(0) if rng is None else rng
    return np.array([np.arange(k), *(source.permutation(k) for _ in range(n - 1))])
