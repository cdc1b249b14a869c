"""`lfk_index`: asymmetry of a Doi plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy.special import ndtri

from metaonc.diagnostics.small_study.guards import independent
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray
from metaonc.pooling import MetaRegression, PooledResult
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class LfkIndex(Finding):
    """The points of a Doi plot and the index of its asymmetry. Made by :func:`metaonc.lfk_index`.

    Attributes
    ----------
    result : PooledResult or MetaRegression
        Whose studies are plotted.
    index : float
        LFK index; 0 for a symmetrical plot, its sign that of the longer limb.
    z : ndarray, shape (k,)
        Normal quantile of each study's rank among the effects, by precision.
    """

    result: PooledResult | MetaRegression
    index: float
    z: FloatArray
    kind: ClassVar[str] = "LFK index"

    @property
    def asymmetry(self) -> str:
        """``"none"`` up to 1, ``"minor"`` up to 2, ``"major"`` beyond, as its authors say."""
        size = abs(self.index)
        return "none" if size <= 1 else "minor" if size <= 2 else "major"

    def to_frame(self) -> pd.DataFrame:
        """One row per study: ``label yi z abs_z``."""
        import pandas as pd

        effects = self.result.effects
        return pd.DataFrame(
            {"label": effects.labels, "yi": effects.yi, "z": self.z, "abs_z": np.abs(self.z)}
        )

    def numbers(self) -> dict[str, Any]:
        """The index."""
        return {"index": self.index, "asymmetry": self.asymmetry}

    @property
    def title(self) -> str:
        """The index."""
        word = {"none": "no", "minor": "minor", "major": "major"}[self.asymmetry]
        return f"LFK index {self.index:.2f}: {word} asymmetry".replace("-", "−")

    def cells(self) -> list[list[str]]:
        """One number needs no table."""
        return []

    @property
    def sentences(self) -> Sequence[str]:
        """Where it comes from and what limits it."""
        return (
            (
                "Furuya-Kanamori, Barendregt & Doi, Int J Evid Based Healthc 2018;16:195-203. Its "
                "bounds 1 and 2 are a convention."
            ),
            (
                "The index grows with the number of studies, and is no test: with bounds that do "
                "not depend on k it finds asymmetry where there is none (Schwarzer, Rücker & "
                "Semaca, Res Synth Methods 2024;15:603-615)."
            ),
        )


def lfk_index(result: PooledResult | MetaRegression) -> LfkIndex:
    r"""Measure the asymmetry of a Doi plot: normal quantiles of ranks against effects.

    Parameters
    ----------
    result : PooledResult or MetaRegression
        At least 3 independent effects that are not all the same.

    Returns
    -------
    LfkIndex

    Raises
    ------
    DiagnosticsError
        If there are fewer studies, or all effects are the same.

    Notes
    -----
    Studies are ranked by effect, each counting :math:`N_i = 100 \max(v) / v_i` times; with the
    mid-rank :math:`R_i` the quantile is :math:`z_i = \Phi^{-1}\{(R_i - 1/2) / \sum N\}`. The
    study with the smallest :math:`|z|` is the tip t of the plot, and the index :math:`\frac{5}{2k}
    \sum \{z_i + \frac{\max z - \min z}{\max y - \min y} (y_i - y_t)\}` [1]_. The 1/2 makes the
    index of mirrored effects differ a little from its negative.

    .. [1] Furuya-Kanamori L, Barendregt JJ, Doi SAR. Int J Evid Based Healthc 2018;16:195-203.
       doi:10.1097/XEB.0000000000000141

    Examples
    --------
    The trials of the paper's example, standardised mean differences of pain:

    >>> import metaonc as mo
    >>> yi, vi = [-4.27, -1.71, -0.58, -0.19, 0.0], [0.158, 0.076, 0.018, 0.022, 0.04]
    >>> mo.lfk_index(mo.pool(mo.Effects(yi, vi, measure="SMD")))
    <LfkIndex: LFK index −3.31: major asymmetry>
    """
    effects = independent(result, "lfk_index()")
    reach = float(np.ptp(effects.yi))
    if effects.k < 3 or reach == 0:
        raise DiagnosticsError("lfk_index() needs at least 3 studies that are not all the same.")
    order = np.argsort(effects.yi, kind="stable")
    sizes = 100 * (effects.vi.max() / effects.vi[order])
    middle = np.cumsum(sizes) - sizes / 2
    quantiles = ndtri((middle - 0.5) / sizes.sum())
    z = np.empty(effects.k)
    z[order] = quantiles
    away = effects.yi - effects.yi[np.argmin(np.abs(z))]
    index = 2.5 * float(np.mean(z + np.ptp(z) / reach * away))
    return LfkIndex(result, index, z)
