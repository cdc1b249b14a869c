"""`radial`: coordinates of Galbraith's plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import ndtri

from metaonc.diagnostics.deletion.members import pooled
from metaonc.diagnostics.words import number_cell
from metaonc.effects import level_text
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray
from metaonc.pooling import PooledResult
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Radial(Finding):
    """Two coordinates per study; made by :func:`metaonc.radial`.

    Attributes
    ----------
    result : PooledResult
        What was diagnosed; its estimate is the slope of the line through the origin.
    x : ndarray, shape (k,)
        Precision: one over the standard deviation of the effect around the mean.
    z : ndarray, shape (k,)
        The effect over that standard deviation.
    half_width : float
        Studies within this distance of the line, along z, are compatible with it at the result's
        level.
    """

    result: PooledResult
    x: FloatArray
    z: FloatArray
    half_width: float
    kind: ClassVar[str] = "radial"

    @property
    def outside(self) -> np.ndarray:
        """Which studies lie outside the band around the line, shape (k,)."""
        return np.asarray(np.abs(self.z - self.result.estimate * self.x) > self.half_width)

    def to_frame(self) -> pd.DataFrame:
        """One row per study: ``label x z outside``."""
        import pandas as pd

        labels = list(self.result.effects.labels)
        return pd.DataFrame({"label": labels, "x": self.x, "z": self.z, "outside": self.outside})

    @property
    def title(self) -> str:
        """What the table is."""
        return "Precision and standardised effect of each study (radial)"

    def cells(self) -> list[list[str]]:
        """The table as a reader wants it; a star marks studies outside the band."""
        parts = zip(self.result.effects.labels, self.x, self.z, self.outside, strict=True)
        rows = [[n, number_cell(x), number_cell(z), "*" if out else ""] for n, x, z, out in parts]
        return [["", "x", "z", ""], *rows]

    @property
    def sentences(self) -> Sequence[str]:
        """Which studies lie outside the band, and what the band is."""
        labels = np.array(self.result.effects.labels)
        level = level_text(self.result.choices.level)
        return [
            f"Outside the {level} band around the line of the pooled effect: "
            + (", ".join(labels[self.outside]) or "none")
            + "."
        ]


def radial(result: PooledResult) -> Radial:
    r"""Coordinates of Galbraith's radial plot.

    Parameters
    ----------
    result : PooledResult
        The result; not of a model of counts.

    Returns
    -------
    Radial
        A table with `to_frame`, `summary`, `to_dict`, `to_json`; draw it with
        :func:`metaonc.radial_plot`.

    Raises
    ------
    DiagnosticsError
        If it is another result.

    Notes
    -----
    :math:`x_i = (v_i + \hat\tau^2)^{-1/2}` and :math:`z_i = x_i y_i`: the slope of a line from the
    origin to a study is its effect, and studies scatter around the line of the mean with variance
    1. Galbraith, Stat Med 1988;7:889-894, for the fixed effect (:math:`\hat\tau^2 = 0`).
    doi:10.1002/sim.4780070807

    Examples
    --------
    >>> import metaonc as mo
    >>> found = mo.radial(mo.pool(mo.load_registry().effects("pfs"), model="fixed"))
    >>> print(found.sentences[0])
    Outside the 95% band around the line of the pooled effect: BOLERO-2 2012, HORIZON 2013.
    """
    if pooled(result).choices.count_model is not None:
        raise DiagnosticsError(
            f"the mean of {result.choices.count_model!r} comes from counts, and is no line through "
            "effects over their standard errors; pool the effects with model='random' or 'fixed'."
        )
    x = 1 / np.sqrt(result.effects.vi + result.tau2)
    half = float(ndtri(0.5 + result.choices.level / 2))
    return Radial(result, x, x * result.effects.yi, half)
