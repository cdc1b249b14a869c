"""What a pooled result says about single studies: a new one, and those that are there."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from metaonc.errors import PoolingError
from metaonc.kernels import FloatArray, Studies
from metaonc.kernels.prediction import (
    PREDICTION_INTERVALS,
    Prediction,
    draw_new_effects,
    predict_nnf,
    predictive_density,
    probability_above,
    shrink,
)
from metaonc.pooling.between import Simulation, simulation_of
from metaonc.pooling.choices import Choices
from metaonc.pooling.interval import Interval, Probability
from metaonc.pooling.policies import Policy, policy_named

if TYPE_CHECKING:
    import pandas as pd

    from metaonc.effects import Effects
    from metaonc.kernels.correlated import Correlated

SIMULATED = "NNF"
PREDICTION_NAMES = (*PREDICTION_INTERVALS, SIMULATED)
DEFAULT_DRAWS = 25_000
# Fewest studies that leave a prediction interval its degrees of freedom; two for the others.
_THREE_STUDIES = ("HTS", "HK-PR", "KR-PR")


class SingleStudies:
    """The part of a pooled result that is about single studies."""

    effects: Effects
    choices: Choices

    @cached_property
    def _correlated(self) -> Correlated | None:
        """Effects with a known covariance, made independent; None for independent ones."""
        raise NotImplementedError

    @cached_property
    def _data(self) -> Studies:
        raise NotImplementedError

    @property
    def _own_tau2(self) -> FloatArray:
        raise NotImplementedError

    def _checked_level(self, level: float | None) -> float:
        raise NotImplementedError

    @property
    def _policy(self) -> Policy:
        return policy_named(self.choices.policy)

    # A new study -----------------------------------------------------------------------------

    def prediction_interval(
        self,
        method: str | None = None,
        level: float | None = None,
        *,
        seed: int | None = None,
        draws: int | None = None,
    ) -> Interval:
        """Interval for the effect in a new study, on the analysis scale.

        Parameters
        ----------
        method : {"HTS", "V", "S", "HK", "HK-se", "HK-PR", "KR", "KR-PR", "NNF"}, optional
            Standard error of the mean and distribution. ``"HTS"``: Wald's, t with k - 2 degrees of
            freedom (Higgins, Thompson and Spiegelhalter, J R Stat Soc A 2009;172:137-159).
            ``"V"``: Wald's, k - 1. ``"S"``: Wald's, normal. ``"HK"``: Hartung-Knapp's, k - 1;
            ``"HK-se"``: the same, never below Wald's; ``"HK-PR"``: k - 2. ``"KR"``: Kenward and
            Roger's; ``"KR-PR"``: one degree of freedom less (both for REML only). ``"NNF"``: the
            confidence distribution of Nagashima, Noma and Furukawa (Stat Methods Med Res
            2019;28:1689-1702), by simulation and whatever the estimator of tau². Default: the
            policy's.
        level : float, optional
            Level. Default: the result's.
        seed : int, optional
            Seed of the simulation; the same seed gives the same limits. Default: 0.
        draws : int, optional
            Draws of the simulation. Default: 25,000, as in the paper.

        Returns
        -------
        Interval
            ``(low, high)``; not applicable to a fixed effect, to fewer studies than the policy or
            the method asks for, and if the policy has none.

        Raises
        ------
        PoolingError
            If there is no such method, it is one for REML only and tau² is another's, or it is not
            simulated and a seed or draws are given.

        Examples
        --------
        >>> import metaonc as mo
        >>> fit = mo.pool(mo.load_registry().effects("pfs"))
        >>> found = fit.prediction_interval("NNF", seed=7)
        >>> found.seed, found.draws, fit.prediction_interval("NNF", seed=7) == found
        (7, 25000, True)
        """
        level = self._checked_level(level)
        chosen = self._prediction_method(method)
        simulation = simulation_of(chosen, chosen == SIMULATED, seed, draws, DEFAULT_DRAWS)
        missing = self._why_no_prediction(chosen, by_policy=method is None)
        if missing:
            return Interval.not_applicable(missing, method=chosen, level=level)
        low, high = self._predicted_limits(chosen, level, simulation)
        if math.isnan(low):
            return Interval.not_applicable(
                f"{chosen} has no degrees of freedom left", method=chosen, level=level
            )
        return Interval(low, high, method=chosen, level=level, **simulation._asdict())

    def _predicted_limits(
        self, method: str, level: float, simulation: Simulation
    ) -> tuple[float, float]:
        data = self._data
        if method == SIMULATED:
            rng = np.random.default_rng(simulation.seed)
            low, high = predict_nnf(data, level, rng, simulation.draws or DEFAULT_DRAWS)
        else:
            found = self._predicted(method, level)
            low, high = found.low, found.high
        return float(low * data.unit), float(high * data.unit)

    def _predicted(self, method: str, level: float) -> Prediction:
        """A prediction that is not simulated, in the units of `_data`."""
        column = None if self._correlated is None else self._correlated.column
        return PREDICTION_INTERVALS[method](self._data, self._own_tau2, level, column)

    def probability_above(
        self,
        threshold: float,
        method: str | None = None,
        *,
        display: bool = True,
        seed: int | None = None,
        draws: int | None = None,
    ) -> Probability:
        """Predictive probability that the effect in a new study lies above a threshold.

        Parameters
        ----------
        threshold : float
            On the displayed scale: ``1.0`` is a hazard ratio of 1, ``0.2`` a proportion of 20%.
        method : str, optional
            The predictive distribution, named as its interval: see :meth:`prediction_interval`.
            Default: the policy's.
        display : bool, default True
            Whether the threshold is on the displayed scale. False: on the analysis scale (``0.0``
            is a hazard ratio of 1).
        seed, draws : int, optional
            Of the simulation behind ``"NNF"``, whose probability is a share of the draws.

        Returns
        -------
        Probability
            A float that names its method; NaN with a reason where there is no prediction interval.

        Raises
        ------
        EffectsError
            If the threshold lies outside the displayed scale.
        PoolingError
            As :meth:`prediction_interval`.

        Notes
        -----
        The tail of the distribution behind the interval: the probability is 2.5% where the
        threshold is a limit of the 95% interval. Higgins, Thompson & Spiegelhalter, J R Stat Soc A
        2009;172:137-159, section 4.

        Examples
        --------
        >>> import metaonc as mo
        >>> fit = mo.pool(mo.load_registry().effects("pfs"))
        >>> found = fit.probability_above(1.0)
        >>> f"{found:.3f}", found.event, found.method
        ('0.067', 'hazard ratio > 1', 'HTS')
        """
        return self._probability(threshold, method, display, seed, draws, above=True)

    def probability_below(
        self,
        threshold: float,
        method: str | None = None,
        *,
        display: bool = True,
        seed: int | None = None,
        draws: int | None = None,
    ) -> Probability:
        """Predictive probability that the effect in a new study lies below a threshold.

        Parameters and errors are those of :meth:`probability_above`.

        Examples
        --------
        >>> import metaonc as mo
        >>> f"{mo.pool(mo.load_registry().effects('pfs')).probability_below(0.8):.3f}"
        '0.824'
        """
        return self._probability(threshold, method, display, seed, draws, above=False)

    def prediction_density(self, values: ArrayLike, method: str | None = None) -> FloatArray:
        """Density of the predictive distribution of the effect in a new study.

        Parameters
        ----------
        values : array_like, shape (n,)
            Effects on the analysis scale.
        method : str, optional
            The predictive distribution, named as its interval: see :meth:`prediction_interval`.
            Default: the policy's.

        Returns
        -------
        ndarray, shape (n,)
            Per unit of the analysis scale; NaN where there is no prediction interval.

        Raises
        ------
        PoolingError
            As :meth:`prediction_interval`, and for ``"NNF"``, which is a set of draws.

        Examples
        --------
        >>> import metaonc as mo
        >>> fit = mo.pool(mo.load_registry().effects("pfs"))
        >>> fit.prediction_density([fit.estimate, 0.0]).round(2)
        array([1.38, 0.29])
        """
        points = np.asarray(values, dtype=float)
        interval = self.prediction_interval(method)
        if interval.method == SIMULATED:
            raise PoolingError("the predictive distribution NNF is a set of draws; name another.")
        if not interval.applies:
            return np.full(points.shape, np.nan)
        found = self._predicted(interval.method, interval.level)
        unit = float(self._data.unit)
        return predictive_density(found, points / unit) / unit

    def _probability(
        self,
        threshold: float,
        method: str | None,
        display: bool,
        seed: int | None,
        draws: int | None,
        *,
        above: bool,
    ) -> Probability:
        place = float(self.effects.analysis(threshold)) if display else float(threshold)
        if math.isnan(place):
            raise PoolingError(f"threshold = {threshold!r} must be a number.")
        scale, sign = self.effects.scale, ">" if above else "<"
        event = f"{scale.name if display else scale.analysis_scale} {sign} {threshold:g}"
        interval = self.prediction_interval(method, seed=seed, draws=draws)
        chosen = interval.method
        if not interval.applies:
            return Probability(math.nan, event=event, method=chosen, reason=interval.reason)
        data, side = self._data, 1.0 if above else -1.0
        at = np.asarray(side * place / float(data.unit))
        if interval.seed is not None:
            rng = np.random.default_rng(interval.seed)
            new = draw_new_effects(data, rng, interval.draws or DEFAULT_DRAWS)
            value = float((side * new > at).mean())
        else:
            found = self._predicted(chosen, interval.level)
            value = float(probability_above(found._replace(mean=side * found.mean), at))
        return Probability(
            value, event=event, method=chosen, seed=interval.seed, draws=interval.draws
        )

    def _prediction_method(self, method: str | None) -> str:
        """The method that is asked for, else the policy's; "none" where that has none."""
        if method is None:
            return self._policy.prediction or "none"
        if method not in PREDICTION_NAMES:
            names = ", ".join(map(repr, PREDICTION_NAMES))
            raise PoolingError(f"no prediction interval called {method!r}; use one of {names}.")
        if method.startswith("KR") and self.choices.tau2 != "REML":
            raise PoolingError(f"the prediction interval {method!r} needs tau2='REML'.")
        return method

    def _why_no_prediction(self, method: str, by_policy: bool) -> str:
        if self.choices.model == "fixed":
            return "a fixed effect is the same in every study"
        if method == "none":
            return f"policy {self._policy.name} has no prediction interval; name a method"
        if method == SIMULATED and self.effects.covariance is not None:
            return "the confidence distribution of tau² behind NNF is for independent effects"
        own = 3 if method in _THREE_STUDIES else 2
        needed = self._policy.min_k_prediction if by_policy else own
        if self.effects.k < needed:
            return f"a prediction interval needs at least {needed} studies, got {self.effects.k}"
        return ""

    # The studies that are there --------------------------------------------------------------

    def study_effects(self, level: float | None = None, *, display: bool = False) -> pd.DataFrame:
        r"""Best linear unbiased predictions (BLUPs) of the studies' true effects.

        Parameters
        ----------
        level : float, optional
            Level of the intervals. Default: the result's.
        display : bool, default False
            Whether to transform estimates and limits to the displayed scale (ratios, proportions);
            the frame then has no `se` and no deviations.

        Returns
        -------
        pandas.DataFrame
            One row per study: ``label estimate se low high deviation deviation_se shrinkage``.
            `deviation` is the predicted true effect minus the mean. `shrinkage` is the share of
            the way from the study's own effect to the mean, :math:`v_i / (v_i + \tau^2)`: 1 for a
            fixed effect, and NaN for effects with a known covariance, which borrow from each other.

        Notes
        -----
        Normal quantiles, around the mean at the weights :math:`1/(v_i + \hat\tau^2)`; the
        uncertainty of tau² is not in them. Raudenbush & Bryk, J Educ Stat 1985;10:75-98; see
        :func:`metaonc.kernels.prediction.shrink`.

        Examples
        --------
        >>> import metaonc as mo
        >>> fit = mo.pool(mo.load_registry().effects("pfs"))
        >>> fit.study_effects(display=True).round(2).head(2)
                   label  estimate   low  high  shrinkage
        0  BOLERO-2 2012      0.47  0.39  0.55       0.12
        1    TAMRAD 2012      0.56  0.41  0.78       0.42
        """
        import pandas as pd

        data = self._data
        level = self._checked_level(level)
        if self._correlated is None:
            found = shrink(data, self._own_tau2, level)
            shrinkage = data.vi / (data.vi + self._own_tau2)
        else:
            found = self._correlated.shrink(self._own_tau2, level)
            shrinkage = np.full(self.effects.k, np.nan)
        unit = float(data.unit)
        sizes = {
            "estimate": found.mean,
            "se": found.se,
            "low": found.low,
            "high": found.high,
            "deviation": found.deviation,
            "deviation_se": found.deviation_se,
        }
        columns = {name: values * unit for name, values in sizes.items()}
        if display:
            shown = ("estimate", "low", "high")
            columns = {name: self.effects.display(columns[name]) for name in shown}
        return pd.DataFrame({"label": self.effects.labels, **columns, "shrinkage": shrinkage})
