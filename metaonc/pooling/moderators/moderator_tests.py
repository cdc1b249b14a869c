"""Tests of moderators: Wald, contrasts, likelihood ratio, permutation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from metaonc.effects import Effects
from metaonc.errors import PoolingError
from metaonc.kernels import FloatArray, studies
from metaonc.kernels import moderators as kernel
from metaonc.kernels.intervals import Inference
from metaonc.pooling.choices import Choices
from metaonc.pooling.moderators.design import Design

if TYPE_CHECKING:
    import pandas as pd


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


class ModeratorTests:
    """The part of a meta-regression that tests its moderators."""

    effects: Effects
    choices: Choices
    design: Design
    _fit: kernel.Regression

    def _checked_level(self, level: float | None) -> float:
        raise NotImplementedError

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
        rows = np.eye(len(self.design.names))[self.design.positions(names)]
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
            row = np.zeros(len(self.design.names))
            for name, weight in weights.items():
                if name not in self.design.names:
                    listed = ", ".join(self.design.names)
                    raise PoolingError(f"no coefficient {name!r}; there are: {listed}.")
                row[self.design.names.index(name)] = weight
            weights = row
        rows = np.atleast_2d(np.asarray(weights, dtype=float))
        if rows.shape[1:] != (len(self.design.names),) or not np.isfinite(rows).all():
            raise PoolingError(
                f"a contrast needs {len(self.design.names)} finite weights, one per coefficient, "
                f"got shape {rows.shape}."
            )
        found = kernel.predict(self._fit, rows, self._checked_level(level))
        return inference_frame(rows @ self._fit.coefficients, found, list(range(len(rows))))

    def compare(self, other: ModeratorTests | None = None) -> ModelComparison:
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
        smaller = np.ones((self.effects.k, 1)) if other is None else other.design.matrix
        df = len(self.design.names) - smaller.shape[1]
        nested = np.column_stack([self.design.matrix, smaller])
        if df < 1 or kernel.aliased(nested) != list(range(len(self.design.names), nested.shape[1])):
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
        exact = math.factorial(self.effects.k) <= n
        orders = (
            _all_orders(self.effects.k) if exact else _random_orders(self.effects.k, int(n), rng)
        )
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

    @property
    def vif(self) -> dict[str, float]:
        """Variance inflation factor of each moderator's coefficient; 1 where nothing overlaps."""
        chosen = self._tested()
        factors = kernel.variance_inflation(self._fit.root[chosen])
        return {self.design.names[j]: float(f) for j, f in zip(chosen, factors, strict=True)}

    def _tested(self) -> NDArray[np.int_]:
        """Positions of the moderators, or of all coefficients where none or all are."""
        moving = self.design.moderators
        return np.flatnonzero(moving if moving.any() else np.ones(len(self.design.names)))

    def _hypothesis(self, rows: FloatArray) -> ModeratorTest:
        fit = self._fit
        found = kernel.hypothesis(fit.coefficients, fit.root, fit.factor, fit.df, rows)
        return ModeratorTest(
            float(found.statistic), int(found.df), float(found.df_residual), float(found.p_value)
        )


def inference_frame(estimate: FloatArray, found: Inference, index: list[Any]) -> pd.DataFrame:
    """Estimates with their tests and intervals, one row each."""
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
