"""Power of a meta-analysis: how likely its test is to show an effect of a stated size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from metaonc.diagnostics.arguments import fraction, positive, wanted_effect, whole
from metaonc.diagnostics.deletion.members import pooled
from metaonc.diagnostics.refits import in_one_batch
from metaonc.effects import level_text
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray, fit
from metaonc.kernels.information import two_sided_power, wanted_deviate
from metaonc.pooling import PooledResult
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Power(Finding):
    """Power by effect; made by :func:`metaonc.power`.

    Attributes
    ----------
    result : PooledResult
        What was diagnosed.
    effect : ndarray, shape (n,)
        True mean effects, on the analysis scale.
    alpha : float
        Two-sided type I error.
    tau2 : float
        Between-study variance of the random-effects power.
    draws, seed : int or None
        Of the simulation, if there is one.
    simulated : ndarray, shape (n,), or None
        Share of simulated meta-analyses whose own interval excludes the null.
    """

    kind: ClassVar[str] = "metaonc power"
    result: PooledResult
    effect: FloatArray
    alpha: float
    tau2: float
    draws: int | None
    seed: int | None
    simulated: FloatArray | None

    @property
    def fixed(self) -> FloatArray:
        """Power of the common-effect z test, if all studies share the effect."""
        return two_sided_power(self.effect / self._se(0.0), self.alpha)

    @property
    def random(self) -> FloatArray:
        """Power of the random-effects z test with `tau2` known."""
        return two_sided_power(self.effect / self._se(self.tau2), self.alpha)

    def detectable(self, power: float = 0.8) -> tuple[float, float]:
        """Size of effect, analysis scale, that common and random effects show with this power."""
        wanted = wanted_deviate(self.alpha, fraction("power", power))
        return wanted * self._se(0.0), wanted * self._se(self.tau2)

    def _se(self, tau2: float) -> float:
        return float(1 / np.sqrt(np.sum(1 / (self.result.effects.vi + tau2))))

    def to_frame(self) -> pd.DataFrame:
        """A row per effect: ``effect fixed random`` and ``simulated``, if that was asked for.

        The effect is on the displayed scale.
        """
        import pandas as pd

        columns = {
            "effect": self.result.effects.display(self.effect),
            "fixed": self.fixed,
            "random": self.random,
        }
        more = {} if self.simulated is None else {"simulated": self.simulated}
        return pd.DataFrame(columns | more)

    def numbers(self) -> dict[str, Any]:
        """Under which assumptions."""
        names = ("alpha", "tau2", "draws", "seed")
        return {name: getattr(self, name) for name in names}

    @property
    def title(self) -> str:
        """What was asked."""
        return f"Power of a meta-analysis of these {self.result.k} studies"

    def cells(self) -> list[list[str]]:
        """A row per effect."""
        scale = self.result.effects.scale
        frame = self.to_frame()
        names = {"fixed": "common effect", "random": "random effects", "simulated": "simulated"}
        rows = [["", *(names[name] for name in frame.columns[1:])]]
        for effect, *values in frame.itertuples(index=False, name=None):
            shown = f"{scale.name} {scale.number(effect)}"
            rows.append([shown, *(f"{value:.0%}" for value in values)])
        return rows

    @property
    def sentences(self) -> Sequence[str]:
        """What the numbers are."""
        effects, alpha = self.result.effects, level_text(self.alpha)
        ends = [effects.display([-size, size]) for size in self.detectable()]
        shown = [
            f"{effects.scale.number(float(low))} or {effects.scale.number(float(high))}"
            for low, high in ends
        ]
        said = [
            (
                f"Two-sided z tests at {alpha} (Hedges & Pigott 2001); random effects with "
                f"tau² = {self.tau2:.3g}."
            ),
            f"Shown with 80% power: {shown[0]} (common effect), {shown[1]} (random effects).",
        ]
        if self.simulated is not None:
            choices = self.result.choices
            said.append(
                f"Simulated: {self.draws:,} meta-analyses of these variances for each effect "
                f"(seed {self.seed}), pooled as this one (tau² {choices.tau2}, ci {choices.ci}), "
                "tau² estimated anew (Jackson & Turner 2017)."
            )
        return tuple(said)


def power(
    result: PooledResult,
    *,
    effect: float | Iterable[float],
    tau2: float | None = None,
    alpha: float | None = None,
    draws: int | None = None,
    seed: int = 0,
) -> Power:
    r"""Probability that a meta-analysis of these studies shows an effect.

    Parameters
    ----------
    result : PooledResult
        The meta-analysis: its variances, and its model for the simulation.
    effect : float or iterable of float
        True mean effects, on the scale people read, e.g. hazard ratios.
    tau2 : float, optional
        Between-study variance, >= 0. Default: the result's.
    alpha : float, optional
        Two-sided type I error. Default: one minus the result's level.
    draws : int, optional
        Also simulate this many meta-analyses for each effect, and pool them as the result was.
    seed : int, default 0
        Seed of the simulation.

    Returns
    -------
    Power

    Raises
    ------
    DiagnosticsError
        If an argument is out of its range, the effects are correlated, or a simulation is asked
        for a result that is not pooled from effects and variances with a formula for its interval.

    Notes
    -----
    :math:`\Phi(\lambda - z_{1-\alpha/2}) + \Phi(-\lambda - z_{1-\alpha/2})` with :math:`\lambda =
    \theta \sqrt{\sum 1/(v_i + \tau^2)}`, :math:`\tau^2 = 0` for the common effect: Hedges & Pigott,
    Psychol Methods 2001;6:203-217. That takes tau² as known; the simulation does not, which is
    what Jackson & Turner, Res Synth Methods 2017;8:290-302 ask for.

    Examples
    --------
    >>> import metaonc as mo
    >>> found = mo.power(mo.pool(mo.load_registry().effects("pfs")), effect=[0.7, 0.8])
    >>> found.random.round(2)
    array([0.85, 0.47])
    """
    effects = pooled(result).effects
    if effects.covariance is not None:
        raise DiagnosticsError(
            "the power is that of independent studies, and these have a known covariance; combine "
            "the contrasts of a trial first."
        )
    values = list(effect) if isinstance(effect, Iterable) else [effect]
    if not values:
        raise DiagnosticsError("effect holds no value; give at least one.")
    wanted = np.array([wanted_effect(effects, value) for value in values])
    alpha = 1 - result.choices.level if alpha is None else fraction("alpha", alpha)
    between = result.tau2 if tau2 is None else tau2
    if between != 0:
        between = positive("tau2", between)
    simulated = None
    if draws is not None:
        simulated = _simulated(
            result, wanted, float(between), alpha, whole("draws", draws), whole("seed", seed, 0)
        )
    return Power(
        result=result,
        effect=wanted,
        alpha=alpha,
        tau2=float(between),
        draws=draws,
        seed=None if draws is None else seed,
        simulated=simulated,
    )


def _simulated(
    result: PooledResult, effects: FloatArray, tau2: float, alpha: float, draws: int, seed: int
) -> FloatArray:
    """Share of simulated meta-analyses that are significant, by effect."""
    if not in_one_batch(result):
        raise DiagnosticsError(
            "simulated power pools effects with their variances again and again; pool them with "
            "model='random' or 'fixed' and an interval that is not itself resampled."
        )
    choices, vi = result.choices, result.effects.vi
    generator = np.random.default_rng(seed)
    found = np.empty(len(effects))
    for i, effect in enumerate(effects):
        yi = effect + np.sqrt(vi + tau2) * generator.standard_normal((draws, result.k))
        fitted = fit(
            yi,
            np.broadcast_to(vi, yi.shape),
            model=choices.model,
            tau2=choices.tau2,
            ci=choices.ci,
            level=1 - alpha,
        )
        found[i] = np.mean((fitted.low > 0) | (fitted.high < 0))
    return found
