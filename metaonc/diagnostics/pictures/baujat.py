"""`baujat`: which study makes the heterogeneity, and which the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from metaonc.diagnostics.deletion.influence import influence
from metaonc.diagnostics.words import number_cell
from metaonc.kernels import FloatArray
from metaonc.pooling import MetaRegression, PooledResult
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Baujat(Finding):
    """Two coordinates per study; made by :func:`metaonc.baujat`.

    Attributes
    ----------
    result : PooledResult or MetaRegression
        What was diagnosed.
    x : ndarray, shape (k,)
        Contribution to the heterogeneity around the fit.
    y : ndarray, shape (k,)
        Influence on the result.
    """

    result: PooledResult | MetaRegression
    x: FloatArray
    y: FloatArray
    kind: ClassVar[str] = "baujat"

    def to_frame(self) -> pd.DataFrame:
        """One row per study: ``label x y``."""
        import pandas as pd

        labels = list(self.result.effects.labels)
        return pd.DataFrame({"label": labels, "x": self.x, "y": self.y})

    @property
    def title(self) -> str:
        """What the table is."""
        return "Heterogeneity and influence of each study (Baujat)"

    def cells(self) -> list[list[str]]:
        """The table as a reader wants it."""
        parts = zip(self.result.effects.labels, self.x, self.y, strict=True)
        rows = [[label, number_cell(x), number_cell(y, 3)] for label, x, y in parts]
        return [["", "heterogeneity (x)", "influence (y)"], *rows]

    @property
    def sentences(self) -> Sequence[str]:
        """Which study comes first on each axis."""
        labels = self.result.effects.labels
        most = labels[int(np.argmax(self.x))]
        moves = labels[int(np.nanargmax(self.y))] if np.isfinite(self.y).any() else "none"
        return [
            f"Most heterogeneity comes from {most}; the result would move most without {moves}."
        ]


def baujat(result: PooledResult | MetaRegression) -> Baujat:
    r"""Coordinates of Baujat's plot: heterogeneity and influence of each study.

    Parameters
    ----------
    result : PooledResult or MetaRegression
        The result, of independent effects.

    Returns
    -------
    Baujat
        A table with `to_frame`, `summary`, `to_dict`, `to_json`; draw it with
        :func:`metaonc.baujat_plot`.

    Raises
    ------
    DiagnosticsError
        As :func:`metaonc.influence`.

    Notes
    -----
    :math:`x_i = (y_i - \hat\mu)^2 / (v_i + \hat\tau^2)`, for a fixed effect the study's part of Q;
    :math:`y_i = (\hat\mu - \hat\mu_{(-i)})^2 / \text{SE}(\hat\mu_{(-i)})^2`. Baujat, Mahé, Pignon &
    Hill, Stat Med 2002;21:2641-2652, for the fixed effect; doi:10.1002/sim.1221. With tau² in the
    weights, and with fitted values in the place of the mean, it applies to any model.

    Examples
    --------
    >>> import metaonc as mo
    >>> found = mo.baujat(mo.pool(mo.load_registry().effects("pfs")))
    >>> print(found.sentences[0])
    Most heterogeneity comes from HORIZON 2013; the result would move most without HORIZON 2013.
    """
    found = influence(result)
    residuals = found.residuals
    return Baujat(result, residuals.pearson**2, residuals.shift**2)
