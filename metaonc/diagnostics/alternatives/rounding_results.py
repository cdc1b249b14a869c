"""What the rounding of printed figures does to a pooled result, in numbers and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from metaonc.diagnostics.alternatives.printed_figures import StudyBox
from metaonc.diagnostics.alternatives.rounding_ranges import QUANTITIES, Range
from metaonc.kernels import FloatArray
from metaonc.pooling import PooledResult
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd

_DISPLAYED = QUANTITIES[:3]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Rounding(Finding):
    """Ranges of a result over what its printed figures may stand for; made by `mo.rounding`.

    Attributes
    ----------
    result : PooledResult
        What was diagnosed.
    ranges : mapping of str to Range
        ``estimate ci_low ci_high p_value tau2 i2`` -> ``(low, high, exact)``, on the analysis
        scale.
    boxes : tuple of StudyBox
        Each study's printed figures, and where its effect may lie.
    study_ranges : ndarray, shape (k, 6, 2)
        The same ranges with one study's figures free at a time.
    seed, fits : int
        Seed of the search, and how many fits it took.
    """

    kind: ClassVar[str] = "metaonc rounding"
    result: PooledResult
    ranges: Mapping[str, Range]
    boxes: tuple[StudyBox, ...]
    study_ranges: FloatArray
    seed: int
    fits: int

    # What follows ------------------------------------------------------------------------------

    @property
    def digits_stable(self) -> bool:
        """Whether estimate and limits print the same digits over the whole range."""
        return not self._moving()

    def _moving(self) -> list[str]:
        scale = self.result.effects.scale
        moving = []
        for name in _DISPLAYED:
            low, high = self._shown(name)
            if scale.number(low) != scale.number(high):
                moving.append(_WORDS[name])
        return moving

    @property
    def conclusion_stable(self) -> bool:
        """Whether the interval lies on the same side of the null, or around it, throughout."""
        if self.result.effects.scale.null is None:
            return True
        low, high = self.ranges["ci_low"], self.ranges["ci_high"]
        excludes = low.low > 0 or high.high < 0
        includes = low.high <= 0 <= high.low
        return excludes or includes

    @property
    def stable(self) -> bool:
        """Stable to reporting precision: displayed digits and conclusion do not change."""
        return self.digits_stable and self.conclusion_stable

    @property
    def shares(self) -> FloatArray:
        """Each study's share of the widths of the estimate's one-at-a-time ranges, shape (k,)."""
        width = np.ptp(self.study_ranges[:, 0], axis=1)
        return np.asarray(width / width.sum() if width.sum() > 0 else width)

    @property
    def matters_most(self) -> str:
        """The study whose rounding moves the estimate most; "" where none does."""
        shares = self.shares
        return self.boxes[int(np.argmax(shares))].label if shares.any() else ""

    def _shown(self, name: str) -> tuple[float, float]:
        """The range of a displayed quantity on the displayed scale."""
        effects = self.result.effects
        low, high = effects.display([self.ranges[name].low, self.ranges[name].high])
        return float(low), float(high)

    # Output ------------------------------------------------------------------------------------

    def to_frame(self) -> pd.DataFrame:
        """A row per quantity: ``quantity value low high exact``; `value` is the result's own.

        Estimate and limits are on the displayed scale.
        """
        import pandas as pd

        effects, rows = self.result.effects, []
        for name in QUANTITIES:
            own = np.array([getattr(self.result, name), *self.ranges[name][:2]])
            shown = effects.display(own) if name in _DISPLAYED else own
            rows.append((name, *map(float, shown), self.ranges[name].exact))
        return pd.DataFrame(rows, columns=["quantity", "value", "low", "high", "exact"])

    def studies_frame(self) -> pd.DataFrame:
        """A row per study: ``label printed low high share p_low p_high``.

        Its printed figures, the pooled estimate (displayed scale) and p value while they alone are
        free, and its share of the widths.
        """
        import pandas as pd

        shown = self.result.effects.display(self.study_ranges[:, 0])
        return pd.DataFrame(
            {
                "label": [box.label for box in self.boxes],
                "printed": [box.printed for box in self.boxes],
                "low": shown[:, 0],
                "high": shown[:, 1],
                "share": self.shares,
                "p_low": self.study_ranges[:, 3, 0],
                "p_high": self.study_ranges[:, 3, 1],
            }
        )

    def numbers(self) -> dict[str, Any]:
        """What follows, and the studies."""
        frame = self.studies_frame()
        return {
            "stable": self.stable,
            "digits_stable": self.digits_stable,
            "conclusion_stable": self.conclusion_stable,
            "matters_most": self.matters_most,
            "seed": self.seed,
            "fits": self.fits,
            "studies": frame.to_dict(orient="records"),
        }

    @property
    def title(self) -> str:
        """The verdict."""
        return f"Stable to reporting precision: {'yes' if self.stable else 'no'}"

    def cells(self) -> list[list[str]]:
        """A row per quantity, with two digits more than are usually shown."""
        rows = [["", "as printed", "lowest", "highest", "bounds"]]
        for name, value, low, high, exact in self.to_frame().itertuples(index=False, name=None):
            if name == "p_value" and self.result.effects.scale.null is None:
                continue
            shown = [self._number(name, x) for x in (value, low, high)]
            rows.append([_WORDS[name], *shown, "exact" if exact else "by search"])
        return rows

    def _number(self, name: str, value: float) -> str:
        scale = self.result.effects.scale
        if name == "i2":
            return f"{value:.1%}"
        if name not in _DISPLAYED:
            return f"{value:.4g}"
        return f"{scale.per * value:.{scale.decimals + 2}f}"

    @property
    def sentences(self) -> Sequence[str]:
        """What follows, which trial matters most, and what was done."""
        said = [self._verdict()]
        if self.matters_most:
            said.append(
                f"{self.matters_most} matters most: its rounding alone makes "
                f"{self.shares.max():.0%} of the widths of the estimate, one study at a time."
            )
        said += [
            f"{box.label} is taken as exact: {box.reason}." for box in self.boxes if box.reason
        ]
        if not all(found.exact for found in self.ranges.values()):
            said.append(
                f"Bounds by search are the most extreme of {self.fits:,} fits (seed {self.seed}); "
                "the true ones lie at or just beyond them."
            )
        return tuple(said)

    def _verdict(self) -> str:
        moving = self._moving()
        said = (
            f"The displayed digits of {_listed(moving)} change with values that round to the "
            "printed figures"
            if moving
            else "Estimate and limits print the same digits for all values that round to the "
            "printed figures"
        )
        if self.result.effects.scale.null is None:
            return f"{said}."
        side = "stays on its side of the null" if self._excludes() else "includes the null"
        if not self.conclusion_stable:
            return f"{said}, and whether the interval includes the null depends on them."
        return f"{said}{'; ' if moving else ', and '}the interval {side} throughout."

    def _excludes(self) -> bool:
        return self.result.ci_low > 0 or self.result.ci_high < 0


_WORDS = {
    "estimate": "estimate",
    "ci_low": "lower limit",
    "ci_high": "upper limit",
    "p_value": "p value",
    "tau2": "tau²",
    "i2": "I²",
}


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
