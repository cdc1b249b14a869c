"""`normal_qq`: whether the standardised residuals look normal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy.special import ndtri

from metaonc.diagnostics.arguments import fraction, whole
from metaonc.diagnostics.deletion.influence import checked, design_of
from metaonc.diagnostics.words import number_cell
from metaonc.effects import level_text
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray
from metaonc.kernels.influence import standardised
from metaonc.pooling import MetaRegression, PooledResult
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class NormalQQ(Finding):
    """Sorted residuals beside normal quantiles; made by :func:`metaonc.normal_qq`.

    Attributes
    ----------
    result : PooledResult or MetaRegression
        What was diagnosed.
    labels : tuple of str
        The studies, in the order of their residuals.
    theoretical, residuals : ndarray, shape (k,)
        Normal quantiles, and internally studentised residuals in rising order.
    low, high : ndarray, shape (k,)
        Envelope: quantiles of the sorted residuals of data simulated from the fit.
    level : float
        Level of the envelope, at each point.
    draws, seed : int
        Simulated data sets, and the seed of the generator.
    """

    result: PooledResult | MetaRegression
    labels: tuple[str, ...]
    theoretical: FloatArray
    residuals: FloatArray
    low: FloatArray
    high: FloatArray
    level: float
    draws: int
    seed: int
    kind: ClassVar[str] = "normal qq"

    @property
    def outside(self) -> np.ndarray:
        """Which residuals lie outside the envelope, shape (k,)."""
        return (self.residuals < self.low) | (self.residuals > self.high)

    def to_frame(self) -> pd.DataFrame:
        """One row per study: ``label theoretical residual low high outside``, sorted."""
        import pandas as pd

        columns = {
            "label": list(self.labels),
            "theoretical": self.theoretical,
            "residual": self.residuals,
            "low": self.low,
            "high": self.high,
            "outside": self.outside,
        }
        return pd.DataFrame(columns)

    def numbers(self) -> dict[str, Any]:
        """How the envelope was made."""
        return {"envelope_level": self.level, "draws": self.draws, "seed": self.seed}

    @property
    def title(self) -> str:
        """What the table is."""
        return "Standardised residuals beside normal quantiles"

    def cells(self) -> list[list[str]]:
        """The table as a reader wants it; a star marks residuals outside the envelope."""
        rows = [
            [label, *(number_cell(x) for x in numbers), "*" if out else ""]
            for label, *numbers, out in self.to_frame().itertuples(index=False)
        ]
        return [["", "normal", "residual", "envelope", "", ""], *rows]

    @property
    def sentences(self) -> Sequence[str]:
        """Which residuals lie outside, and how the envelope was made."""
        out = [label for label, far in zip(self.labels, self.outside, strict=True) if far]
        made = f"{self.draws} simulated data sets, default_rng({self.seed})"
        return [
            f"Outside the envelope: {', '.join(out) or 'none'}.",
            f"Envelope: {level_text(self.level)} at each point, {made}.",
        ]


def normal_qq(
    result: PooledResult | MetaRegression,
    *,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> NormalQQ:
    """Compare standardised residuals with a normal distribution.

    Parameters
    ----------
    result : PooledResult or MetaRegression
        The result, of independent effects.
    level : float, default 0.95
        Level of the envelope, at each point.
    draws : int, default 1000
        Data sets simulated from the fit for the envelope.
    seed : int, default 0
        Seed of the generator.

    Returns
    -------
    NormalQQ
        A table with `to_frame`, `summary`, `to_dict`, `to_json`; draw it with
        :func:`metaonc.qq_plot`.

    Raises
    ------
    DiagnosticsError
        If there are fewer than three studies with a residual, or as :func:`metaonc.influence`.

    Notes
    -----
    Wang & Bushman, Psychol Methods 1998;3:46-54, for meta-analysis; internally studentised
    residuals as in :func:`metaonc.influence`. The envelope is Atkinson's, Biometrika 1981;68:13-20:
    effects are simulated as normal with variances vi + tau², tau² as estimated, and their residuals
    sorted. Plotting positions are (i - a) / (k + 1 - 2a), a = 3/8 up to k = 10 and 1/2 beyond.

    Examples
    --------
    >>> import metaonc as mo
    >>> print(mo.normal_qq(mo.pool(mo.load_registry().effects("pfs"))).sentences[0])
    Outside the envelope: none.
    """
    checked(result)
    level, draws = fraction("level", level), whole("draws", draws)
    if result.effects.covariance is not None:
        raise DiagnosticsError("these effects covary, and their residuals with them.")
    x, vi = design_of(result), result.effects.vi + result.tau2
    residuals = standardised(result.effects.yi[None, :], vi, x)[0]
    there = np.flatnonzero(np.isfinite(residuals))
    if len(there) < 3:
        raise DiagnosticsError("a normal quantile plot needs three studies with a residual.")
    noise = np.random.default_rng(seed).standard_normal((draws, result.k)) * np.sqrt(vi)
    simulated = np.sort(standardised(noise, vi, x)[:, there], axis=1)
    tails = [0.5 - level / 2, 0.5 + level / 2]
    low, high = np.quantile(simulated, tails, axis=0)
    order = there[np.argsort(residuals[there], kind="stable")]
    k = len(order)
    a = 3 / 8 if k <= 10 else 1 / 2
    quantiles = ndtri((np.arange(1, k + 1) - a) / (k + 1 - 2 * a))
    labels = tuple(result.effects.labels[i] for i in order)
    return NormalQQ(result, labels, quantiles, residuals[order], low, high, level, draws, seed)
