"""What a next trial would do, in numbers and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from metaonc.effects import level_text
from metaonc.kernels import FloatArray
from metaonc.kernels.information import conditional_power
from metaonc.pooling import PooledResult
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class NextTrial(Finding):
    """Conditional power by the size of the next trial; made by :func:`metaonc.next_trial`.

    Attributes
    ----------
    result : PooledResult
        What was diagnosed.
    unit : str
        What the sizes count: ``"events"``, ``"patients"``, or ``"variance"``.
    size : ndarray, shape (n,)
        Size of each next trial.
    trials : int
        How many such trials.
    effect : float
        Mean true effect in the new trials, on the analysis scale.
    stated : bool
        Whether that was stated, rather than taken from the result.
    alpha : float
        Two-sided type I error of the updated test.
    variance : ndarray, shape (n,)
        Sampling variance of one new trial of each size.
    """

    kind: ClassVar[str] = "metaonc next trial"
    result: PooledResult
    unit: str
    size: FloatArray
    trials: int
    effect: float
    stated: bool
    alpha: float
    control_risk: float | None
    variance: FloatArray

    @property
    def weight(self) -> FloatArray:
        """Share of the new trials in the updated mean, a fraction."""
        new = self._new_weight
        return new / (new + self._weight)

    @property
    def power(self) -> FloatArray:
        """Probability that the updated mean is significant, if `effect` is the mean effect."""
        return self._either(self._new_weight, 0.0)

    @property
    def predictive_power(self) -> FloatArray:
        """The same with the result's own mean for the effect, uncertain as its interval says."""
        below, above = conditional_power(
            self.result.estimate,
            self._weight,
            self._new_weight,
            self.result.estimate,
            1 / self._weight,
            self.alpha,
        )
        return below + above

    @property
    def limit(self) -> float:
        """Power that trials of any size stay below: heterogeneity caps their weight."""
        if self.result.tau2 == 0:
            return float(self._either(np.asarray(1e12 * self._weight), 0.0))
        return float(self._either(np.asarray(self.trials / self.result.tau2), 0.0))

    @property
    def _weight(self) -> float:
        return 1 / self.result.wald_se**2

    @property
    def _new_weight(self) -> FloatArray:
        return self.trials / (self.variance + self.result.tau2)

    def _either(self, new_weight: FloatArray, spread: float) -> FloatArray:
        below, above = conditional_power(
            self.result.estimate, self._weight, new_weight, self.effect, spread, self.alpha
        )
        return below + above

    def to_frame(self) -> pd.DataFrame:
        """A row per size: ``size se weight power predictive_power``; `se` of one new trial."""
        import pandas as pd

        return pd.DataFrame(
            {
                "size": self.size,
                "se": np.sqrt(self.variance),
                "weight": self.weight,
                "power": self.power,
                "predictive_power": self.predictive_power,
            }
        )

    def numbers(self) -> dict[str, Any]:
        """Under which assumptions."""
        names = ("unit", "trials", "effect", "alpha", "control_risk", "limit")
        return {name: getattr(self, name) for name in names}

    @property
    def title(self) -> str:
        """What was asked."""
        effects = self.result.effects
        shown = effects.scale.number(float(effects.display([self.effect])[0]))
        new = "the next trial" if self.trials == 1 else f"{self.trials} next trials"
        return f"Conditional power with {new}, {effects.scale.name} {shown}"

    def cells(self) -> list[list[str]]:
        """A row per size."""
        head = ["", "weight", "conditional power", "predictive power"]
        rows = zip(self.size, self.weight, self.power, self.predictive_power, strict=True)
        return [head] + [
            [f"{size:,.10g} {self.unit}", f"{weight:.0%}", f"{power:.0%}", f"{predicted:.0%}"]
            for size, weight, power, predicted in rows
        ]

    @property
    def sentences(self) -> Sequence[str]:
        """What the numbers are."""
        alpha = level_text(self.alpha)
        mean = "stated" if self.stated else "pooled"
        said = [
            (
                "Power: probability that the mean of old and new trials is significant at "
                f"{alpha} two-sided (z test, tau² = {self.result.tau2:.3g} held); conditional on "
                f"the {mean} effect being the true mean, predictive over the uncertainty of the "
                "pooled one (Roloff et al. 2013)."
            ),
        ]
        if self.result.tau2 > 0:
            said.append(
                f"Heterogeneity caps what trials can add: of any size, conditional power "
                f"approaches {self.limit:.0%}."
            )
        if self.result.ci_method != "wald":
            said.append(
                "The result's own interval is not that of a z test, and may be wider; its test of "
                "the updated mean is then less often significant."
            )
        if self.control_risk is not None:
            said.append(f"Risk in the new control arm: {self.control_risk:.1%}.")
        return tuple(said)
