"""`labbe`: what happened in the two arms of each study."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from metaonc.diagnostics.deletion.members import pooled
from metaonc.diagnostics.words import number_cell
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray
from metaonc.pooling import PooledResult
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd


def _odds(base: FloatArray, effect: float) -> FloatArray:
    with np.errstate(divide="ignore"):  # the ends of the scale stay where they are
        return np.asarray(expit(logit(base) + effect))


def _ratio(base: FloatArray, effect: float) -> FloatArray:
    return np.asarray(base * np.exp(effect))


def _difference(base: FloatArray, effect: float) -> FloatArray:
    return np.asarray(base + effect)


def _arcsine(base: FloatArray, effect: float) -> FloatArray:
    return np.asarray(np.sin(np.clip(np.arcsin(np.sqrt(base)) + effect, 0, np.pi / 2)) ** 2)


# Measure -> what an effect makes of the risk or rate in arm 2, and what the arms' sizes are called.
_CURVES: dict[str, tuple[Callable[[FloatArray, float], FloatArray], str]] = {
    "OR": (_odds, "n"),
    "PETO": (_odds, "n"),
    "RR": (_ratio, "n"),
    "RD": (_difference, "n"),
    "AS": (_arcsine, "n"),
    "IRR": (_ratio, "time"),
    "IRD": (_difference, "time"),
}


@dataclass(frozen=True, eq=False, repr=False)
class Labbe(Finding):
    """Risk or rate in both arms of each study; made by :func:`metaonc.labbe`.

    Attributes
    ----------
    result : PooledResult
        What was diagnosed.
    arm_1, arm_2 : ndarray, shape (k,)
        Risk, or rate, in the two arms, as counted.
    weights : ndarray, shape (k,)
        Share of each study in the mean.
    """

    result: PooledResult
    arm_1: FloatArray
    arm_2: FloatArray
    weights: FloatArray
    kind: ClassVar[str] = "labbe"

    @property
    def rates(self) -> bool:
        """Whether these are events per person-time, not risks."""
        return _CURVES[self.result.effects.measure][1] == "time"

    def expected(self, base: ArrayLike) -> FloatArray:
        """What the pooled effect makes of a risk or rate in arm 2; NaN where that is none.

        Parameters
        ----------
        base : array_like
            Risks (fractions) or rates in arm 2.
        """
        curve, _ = _CURVES[self.result.effects.measure]
        found = curve(np.asarray(base, dtype=float), self.result.estimate)
        highest = np.inf if self.rates else 1.0
        return np.where((found >= 0) & (found <= highest), found, np.nan)

    def to_frame(self) -> pd.DataFrame:
        """One row per study: ``label arm_1 arm_2 weight``."""
        import pandas as pd

        labels = list(self.result.effects.labels)
        columns = {"arm_1": self.arm_1, "arm_2": self.arm_2, "weight": self.weights}
        return pd.DataFrame({"label": labels, **columns})

    @property
    def title(self) -> str:
        """What the table is."""
        return f"{'Rate' if self.rates else 'Risk'} in both arms of each study (L'Abbé)"

    def cells(self) -> list[list[str]]:
        """The table as a reader wants it: risks in percent."""
        one, two = self.result.effects.arm_labels
        factor, decimals = (1, 4) if self.rates else (100, 1)
        unit = "" if self.rates else " (%)"
        parts = zip(self.result.effects.labels, self.arm_1, self.arm_2, strict=True)
        rows = [
            [label, number_cell(factor * a, decimals), number_cell(factor * b, decimals)]
            for label, a, b in parts
        ]
        return [["", one + unit, two + unit], *rows]

    @property
    def sentences(self) -> Sequence[str]:
        """How many studies lie on which side of the line of equality."""
        higher = int((self.arm_1 > self.arm_2).sum())
        lower = int((self.arm_1 < self.arm_2).sum())
        what = "Rate" if self.rates else "Risk"
        one = self.result.effects.arm_labels[0]
        counts = f"lower in {lower} and higher in {higher} of {self.result.k} studies"
        return [f"{what} with {one}: {counts}."]


def labbe(result: PooledResult) -> Labbe:
    """Coordinates of L'Abbé's plot: risk or rate in both arms of each study.

    Parameters
    ----------
    result : PooledResult
        Pooled odds ratios, risk ratios or differences, rate ratios or differences, or arcsine
        differences that were made from counts (:func:`metaonc.effect_sizes`).

    Returns
    -------
    Labbe
        A table with `to_frame`, `summary`, `to_dict`, `to_json`, and the curve of the pooled
        effect; draw it with :func:`metaonc.labbe_plot`.

    Raises
    ------
    DiagnosticsError
        If the measure is another, or the effects do not carry their counts.

    Notes
    -----
    L'Abbé, Detsky & O'Rourke, Ann Intern Med 1987;107:224-233. Risks are those counted, without a
    continuity correction.

    Examples
    --------
    >>> import pandas as pd
    >>> import metaonc as mo
    >>> table = pd.DataFrame(
    ...     {"events_1": [4, 9], "n_1": [40, 60], "events_2": [8, 15], "n_2": [40, 60]}
    ... )
    >>> mo.labbe(mo.pool(mo.effect_sizes("RR", table))).to_frame().round(2)
         label  arm_1  arm_2  weight
    0  Study 1   0.10   0.20    0.31
    1  Study 2   0.15   0.25    0.69
    """
    measure = pooled(result).effects.measure
    if measure not in _CURVES:
        raise DiagnosticsError(
            f"L'Abbé's plot shows counts of two arms ({', '.join(_CURVES)}), not {measure}."
        )
    size = _CURVES[measure][1]
    names = [f"{part}_{arm}" for arm in (1, 2) for part in ("events", size)]
    missing = [name for name in names if name not in result.effects.columns]
    if missing:
        raise DiagnosticsError(
            f"the effects do not carry their counts ({', '.join(missing)}); make them with "
            "effect_sizes()."
        )
    columns = [np.asarray(result.effects.columns[name], dtype=float) for name in names]
    x1, n1, x2, n2 = columns
    return Labbe(result, x1 / n1, x2 / n2, result.weights)
