"""A trial sequential analysis, in numbers and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy.special import ndtri

from metaonc.diagnostics.conclusions.information_size import RequiredInformation
from metaonc.effects import level_text
from metaonc.kernels import FloatArray
from metaonc.pooling import PooledResult
from metaonc.pooling.finding import Finding
from metaonc.pooling.words import p_text

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SequentialAnalysis(Finding):
    r"""Cumulative z and its boundaries; made by :func:`metaonc.trial_sequential_analysis`.

    Attributes
    ----------
    result : PooledResult
        What was diagnosed.
    size : RequiredInformation
        The required information size, with the effect, the errors and the diversity behind it.
    order : tuple of int
        Positions of the studies in the order in which they came.
    information : ndarray, shape (k,)
        Accrued information at each look.
    estimate : ndarray, shape (k,)
        Cumulative mean, on the analysis scale.
    z : ndarray, shape (k,)
        Cumulative test statistic: the normal deviate with the result's own p value.
    boundary : ndarray, shape (k,)
        Limits of \|z\|; infinite where (next to) nothing may be spent yet.
    final_boundary : float
        The limit at the required information size, if that is looked at next.
    """

    kind: ClassVar[str] = "metaonc trial sequential analysis"
    result: PooledResult
    size: RequiredInformation
    order: tuple[int, ...]
    ordered_by: str
    information: FloatArray
    estimate: FloatArray
    z: FloatArray
    boundary: FloatArray
    final_boundary: float

    @property
    def labels(self) -> tuple[str, ...]:
        """The studies in their order."""
        return tuple(self.result.effects.labels[i] for i in self.order)

    @property
    def fraction(self) -> FloatArray:
        """Accrued over required information at each look."""
        return self.information / self.size.required

    @property
    def crossed(self) -> np.ndarray:
        """Whether z lies beyond the boundary at each look."""
        return np.abs(self.z) >= self.boundary

    @property
    def conclusion(self) -> str:
        """What the last look says.

        ``"crossed"``; ``"crossed, then inside again"``; ``"required size reached"``, without
        crossing; or ``"more needed"``.
        """
        if self.crossed.any():
            return "crossed" if self.crossed[-1] else "crossed, then inside again"
        return "required size reached" if self.fraction[-1] >= 1 else "more needed"

    @property
    def adjusted_interval(self) -> tuple[float, float]:
        """Interval of the mean, analysis scale, with the last boundary for the normal quantile.

        A repeated confidence interval: Jennison & Turnbull, J R Stat Soc B 1989;51:305-361.
        """
        se = self.estimate[-1] / self.z[-1] if self.z[-1] != 0 else self.result.wald_se
        half = float(self.boundary[-1] * abs(se))
        return float(self.estimate[-1] - half), float(self.estimate[-1] + half)

    def to_frame(self) -> pd.DataFrame:
        """A row per look: ``label information fraction estimate z boundary crossed``.

        The estimate is on the displayed scale.
        """
        import pandas as pd

        return pd.DataFrame(
            {
                "label": self.labels,
                "information": self.information,
                "fraction": self.fraction,
                "estimate": self.result.effects.display(self.estimate),
                "z": self.z,
                "boundary": self.boundary,
                "crossed": self.crossed,
            }
        )

    def numbers(self) -> dict[str, Any]:
        """The size, the errors, the last boundary and what follows."""
        low, high = self.adjusted_interval
        return {
            **self.size.numbers(),
            "unit": self.size.information.unit,
            "required": self.size.required,
            "diversity": self.size.diversity,
            "final_boundary": self.final_boundary,
            "adjusted_low": low,
            "adjusted_high": high,
            "conclusion": self.conclusion,
        }

    @property
    def title(self) -> str:
        """What was asked."""
        asked = self.size.title.removeprefix("Required information size for a ")
        return f"Trial sequential analysis, {asked}"

    def cells(self) -> list[list[str]]:
        """The looks."""
        scale = self.result.effects.scale
        rows = [["", self.size.information.unit, "of required", scale.name, "z", "boundary"]]
        shown = self.result.effects.display(self.estimate)
        for i, label in enumerate(self.labels):
            limit = f"±{self.boundary[i]:.2f}" if np.isfinite(self.boundary[i]) else "none yet"
            rows.append(
                [
                    label,
                    f"{self.information[i]:,.0f}",
                    f"{self.fraction[i]:.0%}",
                    scale.number(float(shown[i])),
                    f"{self.z[i]:.2f}" + (" *" if self.crossed[i] else ""),
                    limit,
                ]
            )
        return rows

    @property
    def sentences(self) -> Sequence[str]:
        """What follows, and how it was made."""
        alpha = level_text(self.size.alpha)
        return (
            self._verdict(),
            *self._interval_sentence(),
            (
                f"Boundaries: O'Brien-Fleming type alpha spending (Lan & DeMets 1983) of {alpha} "
                f"two-sided on {self.size.information.unit}, required {self.size.required:,.0f} "
                f"(diversity D² = {self.size.diversity:.0%}); {self.ordered_by}."
            ),
            (
                f"Accrued: {self.size.information.source}; z has the p value of the result's own "
                "test, and tau² is estimated anew at each look."
            ),
        )

    def _interval_sentence(self) -> list[str]:
        low, high = self.adjusted_interval
        if not np.isfinite(low):
            return []
        effects = self.result.effects
        shown = effects.scale.interval_text(*map(float, effects.display([low, high])))
        return [f"Interval adjusted for the looks: {shown}."]

    def _verdict(self) -> str:
        naive = abs(float(self.z[-1])) >= -ndtri(self.size.alpha / 2)
        p = p_text(self.result.p_value)
        if self.conclusion.startswith("crossed"):
            first = int(np.argmax(self.crossed))
            back = "" if self.crossed[-1] else "; at the last look it lies inside again"
            return (
                f"The cumulative test crosses its boundary with {self.labels[first]} "
                f"({self.fraction[first]:.0%} of the required information){back}."
            )
        if self.conclusion == "required size reached":
            return "The required information is there, and the boundary was not crossed."
        if naive:
            return (
                f"The test without adjustment is significant ({p}), but does not cross its "
                f"boundary with {self.fraction[-1]:.0%} of the required information: more is "
                "needed for a firm conclusion."
            )
        return (
            f"The boundary is not crossed, with {self.fraction[-1]:.0%} of the required "
            "information: more is needed for a conclusion either way."
        )
