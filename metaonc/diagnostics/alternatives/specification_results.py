"""Specification curve: the pooled result under every defensible set of choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from metaonc.diagnostics.alternatives.specifications import Impossible
from metaonc.effects import level_text
from metaonc.kernels import FloatArray
from metaonc.pooling import PooledResult
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 5  # specifications at either end, in the summary


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SpecificationCurve(Finding):
    """Results of many specifications, sorted; made by :func:`metaonc.specification_curve`.

    Attributes
    ----------
    result : PooledResult
        The analysis the others are compared with: the question's own data, pooled by the policy.
    dimensions : mapping of str to tuple of str
        Each kind of choice -> the alternatives.
    codes : ndarray of int, shape (n, len(dimensions))
        Alternative of each specification, by its place.
    k : ndarray of int, shape (n,)
        Studies.
    estimate, low, high, p_value : ndarray, shape (n,)
        Mean, limits and p value, on the analysis scale, in the order of the mean.
    duplicate_of : ndarray of int, shape (n,)
        Place of an earlier specification with the same data and method; -1 for the first.
    threshold : float or None
        Stated threshold, on the analysis scale.
    impossible : tuple of Impossible
        Declared specifications that could not be analysed, each with the reason.
    fits : int
        Fits that were made: one for each set of data and method that differs.
    """

    kind: ClassVar[str] = "metaonc specification curve"
    result: PooledResult
    dimensions: Mapping[str, tuple[str, ...]]
    codes: np.ndarray
    k: np.ndarray
    estimate: FloatArray
    low: FloatArray
    high: FloatArray
    p_value: FloatArray
    duplicate_of: np.ndarray
    threshold: float | None
    impossible: tuple[Impossible, ...]
    fits: int

    def __len__(self) -> int:
        return len(self.estimate)

    @property
    def unique(self) -> np.ndarray:
        """Mask of the specifications that count: all but duplicates, shape (n,)."""
        return np.asarray(self.duplicate_of < 0)

    # Shares -----------------------------------------------------------------------------------

    def share_including(self, value: float) -> float:
        """Share of specifications whose interval includes a value of the analysis scale."""
        low, high = self.low[self.unique], self.high[self.unique]
        return float(np.mean((low <= value) & (value <= high)))

    @property
    def share_crossing_null(self) -> float:
        """Share of intervals that include the null; NaN for effects of one arm."""
        return float("nan") if self._one_arm else self.share_including(0.0)

    @property
    def share_crossing_threshold(self) -> float:
        """Share of intervals that include the threshold; NaN without one."""
        return float("nan") if self.threshold is None else self.share_including(self.threshold)

    @property
    def share_beyond_threshold(self) -> float:
        """Share of estimates at or beyond the threshold, seen from the null; NaN without one."""
        if self.threshold is None:
            return float("nan")
        sign = 1.0 if self._one_arm or self.threshold > 0 else -1.0
        return float(np.mean(sign * self.estimate[self.unique] >= sign * self.threshold))

    @property
    def share_same_side(self) -> float:
        """Share of estimates on the same side of the null as the result's; NaN for one arm."""
        if self._one_arm:
            return float("nan")
        same = np.sign(self.estimate[self.unique]) == np.sign(self.result.estimate)
        return float(np.mean(same))

    @property
    def median(self) -> float:
        """Median estimate, on the analysis scale."""
        return float(np.median(self.estimate[self.unique]))

    @property
    def estimate_range(self) -> tuple[float, float]:
        """Smallest and largest estimate, on the analysis scale."""
        return float(self.estimate.min()), float(self.estimate.max())

    @property
    def _one_arm(self) -> bool:
        return self.result.effects.scale.null is None

    # Output -----------------------------------------------------------------------------------

    def to_frame(self) -> pd.DataFrame:
        """A row per specification, sorted by estimate.

        Returns
        -------
        pandas.DataFrame
            A column per kind of choice, then ``k estimate low high p_value duplicate``; estimate
            and limits on the displayed scale. Duplicates are kept and marked.
        """
        import pandas as pd

        effects = self.result.effects
        choices = {
            name: [alternatives[code] for code in self.codes[:, i]]
            for i, (name, alternatives) in enumerate(self.dimensions.items())
        }
        values = {
            name: effects.display(getattr(self, name)) for name in ("estimate", "low", "high")
        }
        rest = {"p_value": self.p_value, "duplicate": ~self.unique}
        return pd.DataFrame({**choices, "k": self.k, **values, **rest})

    def numbers(self) -> dict[str, Any]:
        """Shares, median and range, and what could not be analysed."""
        names = (
            *("share_crossing_null", "share_crossing_threshold", "share_beyond_threshold"),
            *("share_same_side", "median", "estimate_range", "threshold", "fits"),
        )
        listed = [{"choices": dict(i.choices), "reason": i.reason} for i in self.impossible]
        return {
            "specifications": len(self),
            "unique": int(self.unique.sum()),
            **{name: getattr(self, name) for name in names},
            "dimensions": {name: list(values) for name, values in self.dimensions.items()},
            "impossible": listed,
        }

    @property
    def title(self) -> str:
        """How many, of what."""
        said = self.result.effects.title or self.result.effects.scale.name
        return f"Specification curve, {said}: {int(self.unique.sum()):,} specifications"

    def cells(self) -> list[list[str]]:
        """The specifications at the ends and in the middle."""
        scale = self.result.effects.scale
        frame = self.to_frame()[self.unique].reset_index(drop=True)
        n = len(frame)
        places = [*range(min(_SHOWN, n)), n // 2, *range(max(n - _SHOWN, 0), n)]
        varied = [name for name, values in self.dimensions.items() if len(values) > 1]
        level = level_text(self.result.choices.level)
        rows = [["", *varied, "k", scale.name, f"{level} CI", "p"]]
        for place in sorted(set(places)):
            row = frame.iloc[place]
            interval = scale.interval_text(row["low"], row["high"])
            numbers = [str(row["k"]), scale.number(row["estimate"]), interval]
            rows.append(
                [f"{place + 1}", *(row[name] for name in varied), *numbers, f"{row['p_value']:.2g}"]
            )
        return rows

    @property
    def sentences(self) -> Sequence[str]:
        """Median, range and shares; duplicates; what could not be analysed."""
        effects = self.result.effects
        shown = [
            effects.scale.number(float(x))
            for x in effects.display([self.median, *self.estimate_range])
        ]
        said = [f"Median {shown[0]}, range {shown[1]} to {shown[2]}."]
        if not self._one_arm:
            null = f"{effects.scale.null:g}"
            said.append(
                f"{self.share_crossing_null:.0%} of the intervals include {null}; "
                f"{self.share_same_side:.0%} of the estimates lie on the side of the main analysis."
            )
        if self.threshold is not None:
            limit = effects.scale.number(float(effects.display([self.threshold])[0]))
            said.append(
                f"{self.share_beyond_threshold:.0%} of the estimates lie at or beyond {limit}; "
                f"{self.share_crossing_threshold:.0%} of the intervals include it."
            )
        doubles = int((~self.unique).sum())
        if doubles:
            said.append(
                f"{doubles:,} more lead to the same data with the same method as another; they are "
                "marked and not counted."
            )
        if self.impossible:
            first = self.impossible[0]
            told = ", ".join(f"{name} {value}" for name, value in first.choices.items())
            said.append(
                f"{len(self.impossible):,} declared combinations could not be analysed, e.g. "
                f"{told}: {first.reason.split(' (')[0].rstrip('.')}."
            )
        return tuple(said)
