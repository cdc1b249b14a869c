"""What tests of funnel plot asymmetry return."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from metaonc.diagnostics.small_study.guards import CAUTION, MINIMUM, STERNE
from metaonc.diagnostics.small_study.precision import PRECISIONS
from metaonc.diagnostics.words import p_cell
from metaonc.effects import level_text
from metaonc.pooling import MetaRegression, PooledResult, p_text
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd

_ODDS_RATIO = (
    "The standard error of a log odds ratio depends on the odds ratio, so that this test finds "
    "asymmetry too often; 'harbord', 'peters' and 'as-thompson-sharp' do not have that fault."
)
_STANDARDISED = (
    "The variance of a standardised mean difference depends on the difference, so that this test "
    "finds asymmetry too often; 'pustejovsky' does not."
)
# Of log odds ratios: Sterne et al. 2011, on the choice of a test.
_LARGE_TAU2 = 0.1
_HETEROGENEOUS = (
    "With a between-study variance above 0.1 only 'as-thompson-sharp' has been seen to keep its "
    f"level for odds ratios ({STERNE})."
)
_UNSUITED = {
    **{("OR", method): _ODDS_RATIO for method in ("egger", "egger-random", "begg")},
    **{("SMD", method): _STANDARDISED for method in ("egger", "egger-random", "begg")},
}


@dataclass(frozen=True, eq=False, repr=False)
class AsymmetryTest(Finding):
    """A test of funnel plot asymmetry, or the reason why there is none.

    Made by :func:`metaonc.asymmetry_test`; a test that was done is a `RegressionTest` or a
    `RankTest`.

    Attributes
    ----------
    result : PooledResult or MetaRegression
        What was tested.
    method : str
        As in :func:`metaonc.asymmetry_test`.
    words : str
        The method in words, with its source.
    reason : str
        Why the test was not done; empty if it was.
    statistic, p_value : float
        The test; NaN if it was not done.
    k : int
        Studies in the test.
    left_out : tuple of str
        Studies that tell this test nothing.
    """

    result: PooledResult | MetaRegression
    method: str
    words: str
    reason: str = ""
    statistic: float = math.nan
    p_value: float = math.nan
    k: int = 0
    left_out: tuple[str, ...] = ()
    kind: ClassVar[str] = "test of funnel plot asymmetry"

    @property
    def done(self) -> bool:
        """Whether the test was done."""
        return not self.reason

    @property
    def title(self) -> str:
        """The test and its p value."""
        what = f"Funnel plot asymmetry, {self.method}"
        return f"{what}: {p_text(self.p_value)}, k = {self.k}" if self.done else f"{what}: not done"

    def numbers(self) -> dict[str, Any]:
        """The method, and the reason why it was not done."""
        return {"method": self.method, "k": self.k, "left_out": list(self.left_out),
                "reason": self.reason}  # fmt: skip

    def to_frame(self) -> pd.DataFrame:
        """One row: ``method k statistic p_value reason``, so that several tests make a table."""
        import pandas as pd

        return pd.DataFrame([self._row()])

    def _row(self) -> dict[str, Any]:
        return {"method": self.method, "k": self.k, "statistic": self.statistic,
                "p_value": self.p_value, "reason": self.reason}  # fmt: skip

    def cells(self) -> list[list[str]]:
        """Nothing to show where nothing was done."""
        return []

    @property
    def sentences(self) -> Sequence[str]:
        """How the test was made and what limits it, or why it was not."""
        if not self.done:
            return (f"Not done: {self.reason}.",)
        said = [f"{self.words}."]
        if self.left_out:
            said.append(f"Tell this test nothing: {', '.join(self.left_out)}.")
        if self.k < MINIMUM:
            said.append(
                f"Only {self.k} studies: the test has little power, and a large p says little "
                f"({STERNE})."
            )
        return (*said, *self._warnings(), CAUTION)

    def _warnings(self) -> list[str]:
        """What the measure has against the method."""
        measure = self.result.effects.measure
        warning = _UNSUITED.get((measure, self.method))
        heterogeneous = self.result.tau2 > _LARGE_TAU2 and measure == "OR"
        if heterogeneous and not self.method.startswith("as-"):
            return [*([warning] if warning else []), _HETEROGENEOUS]
        return [warning] if warning else []


@dataclass(frozen=True, eq=False, repr=False)
class RegressionTest(AsymmetryTest):
    """A regression of effects on how small the studies are.

    Attributes
    ----------
    predictor : str
        What they are regressed on.
    bias, bias_se : float
        The slope, 0 without asymmetry, and its standard error.
    df : float
        Degrees of freedom of the test; infinite for z.
    limit, limit_low, limit_high : float
        The effect that an infinitely large study would have, by the line; NaN for predictors that
        grow with the study and beside moderators.
    tau2, dispersion : float
        Residual between-study variance that is added to the variances, and the factor by which
        they are multiplied; 0 and 1 where the method has none.
    """

    predictor: str = "se"
    bias: float = math.nan
    bias_se: float = math.nan
    df: float = math.nan
    limit: float = math.nan
    limit_low: float = math.nan
    limit_high: float = math.nan
    tau2: float = 0.0
    dispersion: float = 1.0

    def _row(self) -> dict[str, Any]:
        names = ("predictor", "bias", "bias_se", "df", "limit", "limit_low", "limit_high", "tau2",
                 "dispersion")  # fmt: skip
        row = super()._row()
        reason = row.pop("reason")
        return row | {name: getattr(self, name) for name in names} | {"reason": reason}

    def cells(self) -> list[list[str]]:
        """The slope with its test, and the limit."""
        free = "" if math.isinf(self.df) else f"{self.df:g}"
        head = ["", "estimate", "se", "t" if free else "z", *(["df"] if free else []), "p"]
        test = [f"{self.statistic:.2f}", *([free] if free else []), p_cell(self.p_value)]
        name = PRECISIONS[self.predictor].label if self.predictor in PRECISIONS else self.predictor
        return [head, [f"slope: {name}", f"{self.bias:.3g}", f"{self.bias_se:.3g}", *test]]

    @property
    def sentences(self) -> Sequence[str]:
        """How the test was made, where the line ends, and what limits it."""
        said = list(super().sentences)
        if not math.isnan(self.limit):
            effects = self.result.effects
            estimate, low, high = map(
                float, effects.display([self.limit, self.limit_low, self.limit_high])
            )
            said.insert(
                1,
                f"At the effect of an infinitely large study the line has {effects.scale.name} "
                f"{effects.scale.number(estimate)} ({level_text(self.result.choices.level)} CI "
                f"{effects.scale.interval_text(low, high)}).",
            )
        return tuple(said)


@dataclass(frozen=True, eq=False, repr=False)
class RankTest(AsymmetryTest):
    """A rank correlation of standardised effects with variances.

    Attributes
    ----------
    tau : float
        Kendall's tau-b.
    score, score_se : float
        Concordant less discordant pairs, and its standard error.
    exact : bool
        Whether p is exact.
    """

    tau: float = math.nan
    score: float = math.nan
    score_se: float = math.nan
    exact: bool = False

    def _row(self) -> dict[str, Any]:
        names = ("tau", "score", "score_se", "exact")
        row = super()._row()
        reason = row.pop("reason")
        return row | {name: getattr(self, name) for name in names} | {"reason": reason}

    def cells(self) -> list[list[str]]:
        """Kendall's tau with its test."""
        how = "exact" if self.exact else "normal"
        return [
            ["", "tau", "score", "se", "z", f"p ({how})"],
            ["rank correlation", f"{self.tau:.2f}", f"{self.score:g}", f"{self.score_se:.2f}",
             f"{self.statistic:.2f}", p_cell(self.p_value)],
        ]  # fmt: skip
