"""The between-study variance of a result: its error, intervals, certificate and likelihood."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from metaonc.effects import checked_level
from metaonc.errors import PoolingError
from metaonc.kernels import FloatArray, Studies
from metaonc.kernels.generalised_q import q_weights_of
from metaonc.kernels.likelihood import log_likelihood
from metaonc.kernels.resampling import bootstrap_tau2
from metaonc.kernels.tau2_errors import moment_standard_error, tau2_standard_error
from metaonc.kernels.tau2_intervals import TAU2_INTERVALS
from metaonc.kernels.weighting import weigh
from metaonc.pooling.certificate import Certificate, certificate_of
from metaonc.pooling.choices import Choices
from metaonc.pooling.data import estimator_of, q_weights
from metaonc.pooling.interval import Interval

if TYPE_CHECKING:
    from metaonc.effects import Effects

BOOTSTRAP = "bootstrap"
TAU2_INTERVAL_NAMES = (
    *("QP", "BJ", "J", "PL", "BT", "SJ", "Wald", "Wald-log", "Wald-sqrt", "HT"),
    BOOTSTRAP,
)
DEFAULT_SEED = 0
DEFAULT_DRAWS = 1999


class BetweenStudies:
    """What a pooled result and a meta-regression say about tau², each part found when asked for."""

    effects: Effects
    choices: Choices

    @cached_property
    def _data(self) -> Studies:
        """The studies in the kernels' form, with their moderators if there are any."""
        raise NotImplementedError

    @property
    def tau2(self) -> float:
        """Between-study variance, in squared units of `yi`; 0 for a fixed effect."""
        raise NotImplementedError

    @property
    def tau(self) -> float:
        """Standard deviation between studies, in the units of `yi`."""
        return math.sqrt(self.tau2)

    @cached_property
    def tau2_se(self) -> float:
        """Standard error of `tau2` by its estimator's large-sample variance.

        NaN where tau² was not estimated, where no variance of its estimator is known (DL2), and
        where there are no more studies than coefficients. See
        :func:`metaonc.kernels.tau2_errors.tau2_standard_error`.
        """
        if not self._estimated or not self._free:
            return math.nan
        data = self._data
        if self.choices.tau2 == "GENQ":
            weights = q_weights_of(data, q_weights(self.effects, self.choices))
            found = moment_standard_error(data, self._own_tau2, weights)
        else:
            found = tau2_standard_error(str(self.choices.tau2), data, self._own_tau2)
        return float(found) * float(data.unit) ** 2

    # Intervals -------------------------------------------------------------------------------

    def tau2_interval(
        self,
        method: str | None = None,
        level: float | None = None,
        *,
        seed: int | None = None,
        draws: int | None = None,
    ) -> Interval:
        """Confidence interval of tau².

        Parameters
        ----------
        method : str, optional
            ``"QP"``, the default for effects with normal errors: Q-profile. ``"BJ"``, ``"J"``:
            generalised Q of Biggerstaff and Jackson (weights 1/vi) and of Jackson (weights
            1/sqrt(vi)). ``"PL"``, the default for counts: profile likelihood (ML if tau² is, else
            REML). ``"BT"``: Biggerstaff and Tweedie. ``"SJ"``: Sidik and Jonkman. ``"HT"``: from
            the test-based interval of H of Higgins and Thompson. ``"Wald"``, ``"Wald-log"``,
            ``"Wald-sqrt"``: the REML estimate and its standard error, on the scales of tau², log
            tau² and tau. ``"bootstrap"``: percentiles of the parametric bootstrap.
        level : float, optional
            Confidence level. Default: the result's.
        seed : int, optional
            Seed of the bootstrap; the same seed gives the same limits. Default: 0.
        draws : int, optional
            Samples of the bootstrap. Default: 1999.

        Returns
        -------
        Interval
            ``(low, high)`` in squared units of `yi`; ``(0, 0)`` where the effects agree too well
            for any tau²; not applicable where there are no more studies than coefficients.

        Raises
        ------
        PoolingError
            If there is no such method, it needs another estimator, or it is not simulated and a
            seed or draws are given.

        Notes
        -----
        Each method's paper stands with its kernel: :mod:`metaonc.kernels.tau2_intervals` and
        :func:`metaonc.kernels.resampling.bootstrap_tau2`.

        Examples
        --------
        >>> import metaonc as mo
        >>> fit = mo.pool(mo.load_registry().effects("pfs"))
        >>> low, high = fit.tau2_interval()
        >>> round(low, 4), round(high, 4)
        (0.0126, 0.3292)
        >>> fit.tau2_interval("bootstrap", seed=7).seed
        7
        """
        level = self._checked_level(level)
        method = self._checked_tau2_method(method)
        simulation = simulation_of(method, method == BOOTSTRAP, seed, draws, DEFAULT_DRAWS)
        if not self._free:
            few = "one study cannot show heterogeneity"
            if self._data.p > 1:
                few = "there are no more studies than coefficients"
            return Interval.not_applicable(few, method=method, level=level)
        if method == "SJ" and self.effects.covariance is not None:
            return Interval.not_applicable(
                "it starts from the plain variance of the effects, which are correlated",
                method=method,
                level=level,
            )
        if method == BOOTSTRAP:
            limits = bootstrap_tau2(
                self._data,
                self._own_tau2,
                level,
                self._estimator,
                np.random.default_rng(simulation.seed),
                simulation.draws or DEFAULT_DRAWS,
            )
        else:
            by_ml = method == "PL" and self.choices.tau2 == "ML"
            limits = TAU2_INTERVALS["PL-ML" if by_ml else method](self._data, level)
        square = float(self._data.unit) ** 2
        low, high = (float(limit) * square for limit in limits)
        if math.isnan(low):
            return Interval.not_applicable(
                f"{method} needs more than {self._data.p + 1} studies", method=method, level=level
            )
        return Interval(low, high, method=method, level=level, **simulation._asdict())

    def tau_interval(
        self,
        method: str | None = None,
        level: float | None = None,
        *,
        seed: int | None = None,
        draws: int | None = None,
    ) -> Interval:
        """Confidence interval of tau: square roots of the limits of :meth:`tau2_interval`."""
        found = self.tau2_interval(method, level, seed=seed, draws=draws)
        return found.with_limits(math.sqrt(found.low), math.sqrt(found.high))

    def i2_interval(
        self,
        method: str | None = None,
        level: float | None = None,
        *,
        seed: int | None = None,
        draws: int | None = None,
    ) -> Interval:
        r"""Confidence interval of I², a fraction, from that of tau².

        Parameters
        ----------
        method, level, seed, draws
            As in :meth:`tau2_interval`; ``"HT"`` gives Higgins and Thompson's interval of I².

        Returns
        -------
        Interval
            :math:`\tau^2 / (\tau^2 + s^2)` at both limits, with the typical sampling variance
            :math:`s^2`, whatever `i2` itself comes from.

        Examples
        --------
        >>> import metaonc as mo
        >>> low, high = mo.pool(mo.load_registry().effects("pfs")).i2_interval()
        >>> print(f"{low:.0%} to {high:.0%}")
        40% to 95%
        """
        found = self.tau2_interval(method, level, seed=seed, draws=draws)
        ratios = (limit / self._typical_variance for limit in found)
        low, high = (1.0 if ratio == math.inf else ratio / (1 + ratio) for ratio in ratios)
        return found.with_limits(low, high)

    def h2_interval(
        self,
        method: str | None = None,
        level: float | None = None,
        *,
        seed: int | None = None,
        draws: int | None = None,
    ) -> Interval:
        r"""Confidence interval of H²: :math:`1 + \tau^2 / s^2` at the limits of tau²."""
        found = self.tau2_interval(method, level, seed=seed, draws=draws)
        low, high = (1 + limit / self._typical_variance for limit in found)
        return found.with_limits(low, high)

    # Evidence --------------------------------------------------------------------------------

    def certificate(self) -> Certificate:
        """Evidence that tau² is right, computed apart from the search for it.

        Returns
        -------
        Certificate
            A bracket around the root of the estimating equation, its residual, and every local
            maximum of the likelihood with the one that was taken.

        Examples
        --------
        >>> import metaonc as mo
        >>> found = mo.pool(mo.load_registry().effects("pfs")).certificate()
        >>> found.holds, len(found.maxima), found.taken
        (True, 1, 0)
        """
        method, weights = self.choices.tau2, None
        if self.choices.tau2_weights is not None:
            weights = q_weights(self.effects, self.choices)
        return certificate_of(method, self._data, np.asarray(self._own_tau2), weights)

    @cached_property
    def log_likelihood(self) -> float:
        """Log-likelihood at `tau2`: restricted for REML, else ML."""
        restricted = self.choices.tau2 == "REML"
        found = log_likelihood(self._data, self._own_tau2, restricted=restricted)
        return float(found) + self._rotation_constant(restricted)

    @property
    def aic(self) -> float:
        """Akaike's criterion; tau² counts as a parameter where it was estimated."""
        return -2 * self.log_likelihood + 2 * self._parameters

    @property
    def bic(self) -> float:
        """Bayesian criterion with log k, or log(k - p) for the restricted likelihood.

        NaN for the restricted likelihood of no more studies than coefficients.
        """
        data = self._data
        size = float(data.k) - (data.p if self.choices.tau2 == "REML" else 0)
        return -2 * self.log_likelihood + (
            math.log(size) * self._parameters if size > 0 else math.nan
        )

    @property
    def _estimator(self) -> Callable[[Studies], FloatArray]:
        return estimator_of(self.effects, self.choices)

    def _rotation_constant(self, restricted: bool) -> float:
        """What the log-likelihood of the effects has beyond that of `_data`."""
        return 0.0

    # Parts -----------------------------------------------------------------------------------

    @property
    def _own_tau2(self) -> FloatArray:
        """tau² in the units of `_data`."""
        unit = self._data.unit
        return np.asarray(self.tau2 / unit / unit)

    @property
    def _free(self) -> bool:
        """Whether there are more studies than coefficients."""
        return bool(self._data.k > self._data.p)

    @property
    def _estimated(self) -> bool:
        return self.choices.model == "random" and isinstance(self.choices.tau2, str)

    @property
    def _parameters(self) -> int:
        return self._data.p + self._estimated

    @cached_property
    def _typical_variance(self) -> float:
        """Typical sampling variance of Higgins and Thompson, in squared units of `yi`."""
        if not self._free:
            return math.nan
        data = self._data
        return float((data.k - data.p) / weigh(data).trace() * data.unit * data.unit)

    def _checked_level(self, level: float | None) -> float:
        return checked_level(self.choices.level if level is None else level, PoolingError)

    @property
    def _tau2_method(self) -> str:
        """The interval of tau² where none is named."""
        return "QP"

    def _checked_tau2_method(self, given: str | None) -> str:
        method = self._tau2_method if given is None else given
        if method not in TAU2_INTERVAL_NAMES:
            names = ", ".join(map(repr, TAU2_INTERVAL_NAMES))
            raise PoolingError(f"no interval of tau² called {method!r}; use one of {names}.")
        if method.startswith("Wald") and self.choices.tau2 != "REML":
            raise PoolingError(f"the interval {method!r} of tau² needs tau2='REML'.")
        if method == BOOTSTRAP and not self._estimated:
            raise PoolingError(
                "the bootstrap needs a tau² that is estimated, with random effects; use 'QP'."
            )
        return method


class Simulation(NamedTuple):
    """Seed and draws of a simulated method; None for any other."""

    seed: int | None = None
    draws: int | None = None


def simulation_of(
    method: str, simulated: bool, seed: int | None, draws: int | None, default_draws: int
) -> Simulation:
    """Seed and draws of a simulated method, with its defaults.

    Raises
    ------
    PoolingError
        If they are given to a method that is not simulated, or are not whole numbers.
    """
    if not simulated:
        if seed is not None or draws is not None:
            raise PoolingError(f"method {method!r} is not simulated; leave out seed and draws.")
        return Simulation()
    return Simulation(
        _whole("seed", DEFAULT_SEED if seed is None else seed, 0),
        _whole("draws", default_draws if draws is None else draws, 1),
    )


def _whole(name: str, value: object, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise PoolingError(f"{name} = {value!r} must be a whole number >= {least}.")
    return int(value)
