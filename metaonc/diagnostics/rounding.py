"""What the rounding of printed figures does to a pooled result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from metaonc.diagnostics.arguments import whole
from metaonc.diagnostics.finding import Finding
from metaonc.diagnostics.printed_figures import StudyBox, study_boxes
from metaonc.diagnostics.refits import in_one_batch
from metaonc.diagnostics.rounding_ranges import QUANTITIES, PrintedSpace, Range, ranges
from metaonc.effects.recipes import RECIPES
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray
from metaonc.pooling import PooledResult

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


def rounding(
    result: PooledResult,
    *,
    digits: int | None = None,
    level_rounded: bool = False,
    seed: int = 0,
) -> Rounding:
    r"""What a pooled result may be, given that its figures were printed rounded.

    Parameters
    ----------
    result : PooledResult
        Of effects from the registry, or from a raw table whose columns hold figures as printed:
        text (``"0.70"``; read a file with ``dtype=str``), decimals or whole numbers.
    digits : int, optional
        Decimals of figures that are floats, which have lost theirs. Default: such figures are
        exact.
    level_rounded : bool, default False
        Whether the level of a printed interval also counts as rounded (95% as 94.5% to 95.5%). By
        default it is exact: it was chosen, not measured.
    seed : int, default 0
        Seed of the search.

    Returns
    -------
    Rounding
        `stable` where the displayed digits of estimate and limits, and the interval's place
        relative to the null, are the same for all values that round to the printed figures.

    Raises
    ------
    DiagnosticsError
        If no effect carries printed figures; the effects are correlated; or the interval is
        resampled or the model one of counts with a fit of its own.

    Notes
    -----
    A printed 0.43 stands for 0.425 to 0.435, both ends included; counts are exact. With tau²
    known (a common effect, or a given tau²) and effect and variance of each study on different
    figures, bounds of the estimate, its Wald or t limits and p are exact: see
    :func:`metaonc.kernels.weight_bounds.limit_range`. Otherwise, and for tau² and I², they are
    searched for: see :func:`metaonc.diagnostics.extremes.find_extremes`.

    Examples
    --------
    >>> import metaonc as mo
    >>> found = mo.rounding(mo.pool(mo.load_registry().effects("os"), model="fixed"))
    >>> found.conclusion_stable, found.matters_most
    (False, 'BOLERO-2 2012')
    """
    effects = result.effects
    if effects.covariance is not None:
        raise DiagnosticsError(
            "rounding is followed through independent effects, and these have a known covariance; "
            "combine the contrasts of a trial (shared_control='combine')."
        )
    if digits is not None:
        whole("digits", digits, 0)
    boxes = study_boxes(effects, digits=digits, level_rounded=level_rounded)
    counted = all(not box.reason or box.printed for box in boxes)
    if all(box.reason for box in boxes) and not (counted and _from_counts(result)):
        raise DiagnosticsError(
            "no effect carries printed figures: take effects from the registry, or from a raw "
            "table whose columns hold text such as '0.70', or say how many digits floats had."
        )
    if not in_one_batch(result) and not _from_counts(result):
        raise DiagnosticsError(
            "rounding fits effects and variances thousands of times; pool them with "
            "model='random' or 'fixed' and an interval that is not itself resampled."
        )
    return _rounded(result, boxes, whole("seed", seed, 0))


def _rounded(result: PooledResult, boxes: tuple[StudyBox, ...], seed: int) -> Rounding:
    free = sum(len(box.at) for box in boxes)
    if not free:  # counts: nothing is rounded, whatever the model
        own = {name: float(getattr(result, name)) for name in QUANTITIES}
        still = {name: Range(value, value, True) for name, value in own.items()}
        each = np.repeat(np.array(list(own.values()))[None, :, None], len(boxes), axis=0)
        study, fits = np.repeat(each, 2, axis=2), 0
    else:
        space = PrintedSpace(result, boxes)
        still, fits = ranges(space, seed)
        study = space.study_ranges()
    study.flags.writeable = False
    return Rounding(
        result=result,
        ranges=MappingProxyType(still),
        boxes=boxes,
        study_ranges=study,
        seed=seed,
        fits=fits,
    )


def _from_counts(result: PooledResult) -> bool:
    """Whether the effects come from counts that they carry."""
    recipe = RECIPES.get(result.effects.measure)
    return bool(
        recipe and recipe.counts and set(recipe.columns) <= set(result.effects.columns.keys())
    )
