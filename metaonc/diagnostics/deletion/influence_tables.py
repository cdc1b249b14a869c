"""What `influence` finds, as tables: by study, and by group of studies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeAlias

import numpy as np
from scipy.special import chdtr, chdtrc, chdtri

from metaonc.diagnostics.words import number_cell, p_cell, variance_cell
from metaonc.kernels import FloatArray
from metaonc.kernels.influence import Moved, Residuals
from metaonc.pooling import MetaRegression, PooledResult
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd

Fitted: TypeAlias = PooledResult | MetaRegression


def coefficient_names(result: Fitted) -> tuple[str, ...]:
    """Names of the coefficients; empty for a mean alone."""
    return result.design.names if isinstance(result, MetaRegression) else ()


def far_away(p: int, change: Moved) -> np.ndarray:
    """Where more than half of the chi-square distribution lies below Cook's distance."""
    return np.asarray(chdtr(p, change.cooks_distance) > 0.5)


def _dfbetas(result: Fitted, change: Moved) -> dict[str, FloatArray]:
    """DFBETAS by the name of their column."""
    names = coefficient_names(result)
    columns = [f"dfbetas[{name}]" for name in names] or ["dfbetas"]
    return dict(zip(columns, change.dfbetas.T, strict=True))


@dataclass(frozen=True, eq=False, repr=False)
class Influence(Finding):
    """How much each study moves a result; made by :func:`metaonc.influence`.

    Attributes
    ----------
    result : PooledResult or MetaRegression
        What was diagnosed.
    residuals : Residuals
        ``hat pearson rstandard rstudent dffits shift``, shape (k,) each.
    moved : Moved
        ``cooks_distance covariance_ratio`` of shape (k,), ``dfbetas`` of shape (k, p).
    tau2_deleted, q_deleted : ndarray, shape (k,)
        tau² and Q without the study.
    weights : ndarray, shape (k,)
        Share of the study in the weights, a fraction.
    """

    result: Fitted
    residuals: Residuals
    moved: Moved
    tau2_deleted: FloatArray
    q_deleted: FloatArray
    weights: FloatArray
    kind: ClassVar[str] = "influence"

    @property
    def _size(self) -> tuple[int, int]:
        """Studies and coefficients."""
        k, p = self.moved.dfbetas.shape
        return k, p

    @property
    def rules(self) -> dict[str, np.ndarray]:
        r"""Which studies stand out, by the name of the measure; shape (k,) each.

        Notes
        -----
        Viechtbauer & Cheung, Res Synth Methods 2010;1:112-125, section 3: worth a look where
        :math:`|\text{DFFITS}| > 3\sqrt{p/(k-p)}`, the chi-square distribution with p df has more
        than half of its area below Cook's distance, the hat value is above 3p/k, or any DFBETAS
        is above 1 in size.
        """
        k, p = self._size
        return {
            "DFFITS": np.abs(self.residuals.dffits) > self.dffits_bound,
            "Cook's distance": far_away(p, self.moved),
            "hat": self.residuals.hat > 3 * p / k,
            "DFBETAS": np.any(np.abs(self.moved.dfbetas) > 1, axis=-1),
        }

    @property
    def dffits_bound(self) -> float:
        """What the size of DFFITS must be above to stand out."""
        k, p = self._size
        return 3 * math.sqrt(p / (k - p)) if k > p else math.inf

    @property
    def cook_bound(self) -> float:
        """What a Cook's distance must be above to stand out: the median of chi-square (p df)."""
        return float(chdtri(self._size[1], 0.5))

    @property
    def influential(self) -> np.ndarray:
        """Which studies break one of the `rules`, shape (k,)."""
        return np.asarray(np.any(list(self.rules.values()), axis=0))

    def to_frame(self) -> pd.DataFrame:
        """One row per study.

        Returns
        -------
        pandas.DataFrame
            Columns ``label pearson rstandard rstudent dffits cooks_distance covariance_ratio
            tau2_deleted q_deleted hat weight``, ``dfbetas`` (one per coefficient, as in
            ``dfbetas[line]``) and ``influential``. NaN where the other studies cannot tell the
            coefficients apart.
        """
        import pandas as pd

        found, change = self.residuals, self.moved
        columns = {
            "label": list(self.result.effects.labels),
            "pearson": found.pearson,
            "rstandard": found.rstandard,
            "rstudent": found.rstudent,
            "dffits": found.dffits,
            "cooks_distance": change.cooks_distance,
            "covariance_ratio": change.covariance_ratio,
            "tau2_deleted": self.tau2_deleted,
            "q_deleted": self.q_deleted,
            "hat": found.hat,
            "weight": self.weights,
            **_dfbetas(self.result, change),
            "influential": self.influential,
        }
        return pd.DataFrame(columns)

    @property
    def title(self) -> str:
        """What the table is."""
        return "Influence of each study"

    def cells(self) -> list[list[str]]:
        """The table as a reader wants it; a star marks influential studies."""
        k, _ = self._size
        found, change = self.residuals, self.moved
        numbers = {
            "rstudent": found.rstudent,
            "DFFITS": found.dffits,
            "Cook": change.cooks_distance,
            "cov. ratio": change.covariance_ratio,
            "tau² del.": self.tau2_deleted,
            "Q del.": self.q_deleted,
            "hat": found.hat,
            **{
                name.replace("dfbetas", "DFBETAS"): values
                for name, values in _dfbetas(self.result, change).items()
            },
        }
        rows = [["", *numbers, ""]]
        marks = np.where(self.influential, "*", "")
        for i in range(k):
            cells = [
                variance_cell(values[i]) if name.startswith("tau²") else number_cell(values[i])
                for name, values in numbers.items()
            ]
            rows.append([self.result.effects.labels[i], *cells, str(marks[i])])
        return rows

    @property
    def sentences(self) -> Sequence[str]:
        """Which studies are influential, by which rule, and whose rule it is."""
        k, p = self._size
        named = [
            f"{label} ({', '.join(rule for rule, bad in self.rules.items() if bad[i])})"
            for i, label in enumerate(self.result.effects.labels)
            if self.influential[i]
        ]
        rule = (
            f"|DFFITS| > 3√(p/(k − p)) = {self.dffits_bound:.2f}; half of chi-square ({p} df) "
            f"below Cook's distance; hat > 3p/k = {3 * p / k:.2f}; |DFBETAS| > 1"
        )
        return [
            f"Influential by the rule below: {'; '.join(named) or 'none'}.",
            f"Rule (Viechtbauer & Cheung 2010): {rule}.",
        ]


@dataclass(frozen=True, eq=False, repr=False)
class GroupInfluence(Finding):
    """How much each group of studies moves a result; made by :func:`metaonc.influence`.

    Attributes
    ----------
    result : PooledResult or MetaRegression
        What was diagnosed.
    by : str
        The column that groups the studies.
    labels : tuple of str
        The groups.
    sizes : ndarray of int, shape (n,)
        Studies of each group.
    distance : ndarray, shape (n,)
        Squared distance of the group from what the fit without it predicts: chi-square with `sizes`
        degrees of freedom, and for a group of one study its squared rstudent.
    moved : Moved
        ``cooks_distance covariance_ratio`` of shape (n,), ``dfbetas`` of shape (n, p).
    tau2_deleted, q_deleted : ndarray, shape (n,)
        tau² and Q without the group.
    weights : ndarray, shape (n,)
        Share of the group in the weights, a fraction.
    """

    result: Fitted
    by: str
    labels: tuple[str, ...]
    sizes: np.ndarray
    distance: FloatArray
    moved: Moved
    tau2_deleted: FloatArray
    q_deleted: FloatArray
    weights: FloatArray
    kind: ClassVar[str] = "influence of groups"

    @property
    def p_values(self) -> FloatArray:
        """P value of each `distance`, shape (n,)."""
        return np.asarray(chdtrc(self.sizes, self.distance))

    @property
    def influential(self) -> np.ndarray:
        """Where Cook's distance or a DFBETAS is large, shape (n,); the rule is in `sentences`."""
        p = self.moved.dfbetas.shape[-1]
        large = np.any(np.abs(self.moved.dfbetas) > 1, axis=-1)
        return np.asarray(far_away(p, self.moved) | large)

    def to_frame(self) -> pd.DataFrame:
        """One row per group.

        Returns
        -------
        pandas.DataFrame
            The group under the name of its column, then ``k rstudent_chi2 df p_value
            cooks_distance covariance_ratio tau2_deleted q_deleted weight``, ``dfbetas`` and
            ``influential``.
        """
        import pandas as pd

        columns = {
            self.by: list(self.labels),
            "k": self.sizes,
            "rstudent_chi2": self.distance,
            "df": self.sizes,
            "p_value": self.p_values,
            "cooks_distance": self.moved.cooks_distance,
            "covariance_ratio": self.moved.covariance_ratio,
            "tau2_deleted": self.tau2_deleted,
            "q_deleted": self.q_deleted,
            "weight": self.weights,
            **_dfbetas(self.result, self.moved),
            "influential": self.influential,
        }
        return pd.DataFrame(columns)

    @property
    def title(self) -> str:
        """What the table is."""
        return f"Influence of each group by {self.by}"

    def cells(self) -> list[list[str]]:
        """The table as a reader wants it; a star marks influential groups."""
        dfbetas = _dfbetas(self.result, self.moved)
        names = [name.replace("dfbetas", "DFBETAS") for name in dfbetas]
        rows = [["", "k", "chi²", "p", "Cook", "cov. ratio", "tau² del.", "Q del.", *names, ""]]
        for i, label in enumerate(self.labels):
            rows.append([
                label,
                f"{self.sizes[i]}",
                number_cell(self.distance[i]),
                p_cell(self.p_values[i]),
                number_cell(self.moved.cooks_distance[i]),
                number_cell(self.moved.covariance_ratio[i]),
                variance_cell(self.tau2_deleted[i]),
                number_cell(self.q_deleted[i]),
                *(number_cell(values[i]) for values in dfbetas.values()),
                "*" if self.influential[i] else "",
            ])  # fmt: skip
        return rows

    @property
    def sentences(self) -> Sequence[str]:
        """Which groups are influential, and by which rule."""
        p = self.moved.dfbetas.shape[-1]
        named = ", ".join(np.array(self.labels)[self.influential]) or "none"
        rule = f"half of chi-square ({p} df) below Cook's distance; |DFBETAS| > 1"
        return [
            f"Influential by the rule below: {named}.",
            f"Rule (after Viechtbauer & Cheung 2010): {rule}.",
        ]
