"""The choices behind a result, and how they follow from a policy and what the caller says."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import cast

import numpy as np

from metaonc.effects import checked_level
from metaonc.errors import PoolingError
from metaonc.kernels import ESTIMATORS, IntervalMethod, Model
from metaonc.pooling.counts.count_models import COUNT_MODELS, CountModel
from metaonc.pooling.policies import Policy, policy_named

MODELS = ("fixed", "random")
POOLED_MODELS = (*MODELS, *COUNT_MODELS)
REGRESSION_INTERVALS = ("auto", "wald", "t", "hksj", "hksj-adhoc")
# Intervals by resampling, each fit with a seed of its own.
SIMULATED_INTERVALS = ("permutation", "bootstrap")
INTERVALS = (
    *REGRESSION_INTERVALS,
    *("hksj-ci", "hksj-iqwig", "kr", "profile", "skovgaard", "hc"),
    *SIMULATED_INTERVALS,
)
NEEDS_TWO_STUDIES = tuple(name for name in INTERVALS if name not in ("auto", "wald"))
# What takes the studies to be independent, and why it has no meaning for effects that are not.
_INDEPENDENT_ONLY = {
    "SJ": "it starts from the plain variance of the effects around their mean",
    "hc": "the distribution of its statistic is derived for independent studies",
    "permutation": "effects that covary cannot change sign one by one",
}
# Correlation of the true effects of contrasts of one trial, if the between-study variance is the
# same for every pair of treatments: Higgins & Whitehead, Stat Med 1996;15:2733-2749.
WITHIN_TRIAL_CORRELATION = 0.5
# Intervals that belong to one estimator of tau².
THEIR_TAU2 = {"kr": "REML", "profile": "ML", "skovgaard": "ML", "hc": "DL"}
# Estimators from a generalised Q statistic, and the weights they have unless told: Jackson, Res
# Synth Methods 2013;4:220-229.
GENERALISED_Q = ("GENQ", "GENQM")
TAU2_WEIGHTS = "1/sei"


@dataclass(frozen=True, kw_only=True)
class Choices:
    """The choices behind a result, so that it can be made again.

    Attributes
    ----------
    policy, model, tau2, ci, level
        As in :func:`metaonc.pool`, each filled in.
    within_trial_correlation : float or None
        Correlation of the true effects of contrasts of one trial; None for independent effects and
        for a fixed effect.
    tau2_weights : str or None
        Weights of a generalised Q statistic (GENQ, GENQM); None for other estimators.
    seed, draws : int or None
        Seed of a resampled interval, and its number of sign flips or samples; None for other
        intervals, and no seed where all flips are taken.
    count_model : str or None
        The model of counts (``"mh"``, ``"UM.FS"``, ...); None for effects with their variances.
        `model` then says whether it is one with a common effect.
    """

    policy: str
    model: Model
    tau2: str | float
    ci: IntervalMethod
    level: float
    within_trial_correlation: float | None = None
    tau2_weights: str | None = None
    seed: int | None = None
    draws: int | None = None
    count_model: str | None = None

    def __repr__(self) -> str:
        """The choices that apply, as the call that makes them."""
        said = {f.name: getattr(self, f.name) for f in fields(self)}
        listed = ", ".join(f"{name}={value!r}" for name, value in said.items() if value is not None)
        return f"Choices({listed})"

    @property
    def heterogeneity_from(self) -> str:
        """What I² and H² come from: Q for a fixed effect, else ``"tau2"`` or ``"q"`` by policy."""
        return "q" if self.model == "fixed" else policy_named(self.policy).i2


def choose(
    *,
    model: str | None = None,
    tau2: str | float | None = None,
    ci: str | None = None,
    level: float | None = None,
    policy: str | None = None,
    tau2_weights: str | None = None,
    intervals: tuple[str, ...] = INTERVALS,
    models: tuple[str, ...] = MODELS,
) -> Choices:
    """Fill what the caller leaves open from the policy, and check all of it.

    Parameters
    ----------
    model, tau2, ci, level, policy, tau2_weights
        As in :func:`metaonc.pool`.
    intervals : tuple of str
        Intervals of the mean that the caller offers.
    models : tuple of str
        Models that the caller offers.

    Raises
    ------
    PoolingError
        If an argument is not one of the values it may have, or two do not go together.
    """
    base = policy_named(policy)
    named = one_of("model", base.model if model is None else model, models)
    if named in COUNT_MODELS:
        return _choose_for_counts(COUNT_MODELS[named], base, tau2, ci, level, tau2_weights)
    chosen_model = cast(Model, named)
    fixed = chosen_model == "fixed"
    if fixed and tau2 is not None:
        raise PoolingError(
            f"tau2 = {tau2!r} does not apply to a fixed effect; use model='random' or leave it out."
        )
    default_ci = "wald" if fixed else base.ci
    chosen_ci = one_of("ci", default_ci if ci is None else ci, intervals)
    theirs = THEIR_TAU2.get(chosen_ci)
    if theirs and (fixed or tau2 not in (None, theirs)):
        raise PoolingError(
            f"ci = {chosen_ci!r} goes with random effects and tau2 = {theirs!r}; leave tau2 out."
        )
    chosen_tau2 = theirs or (base.tau2 if tau2 is None else tau2)
    return Choices(
        policy=base.name,
        model=chosen_model,
        tau2=0.0 if fixed else _tau2_choice(chosen_tau2),
        tau2_weights=_weights_choice(chosen_tau2, tau2_weights),
        ci=cast(IntervalMethod, chosen_ci),
        level=checked_level(base.level if level is None else level, PoolingError),
    )


def _choose_for_counts(
    model: CountModel,
    base: Policy,
    tau2: object,
    ci: str | None,
    level: float | None,
    tau2_weights: str | None,
) -> Choices:
    """Choices for a model of counts, which has fewer of them."""
    if tau2 is not None and not model.random:
        raise PoolingError(
            f"tau2 = {tau2!r} does not apply to model = {model.name!r}, which has a common effect; "
            "leave it out."
        )
    if isinstance(tau2, str) and tau2 != "ML":
        raise PoolingError(
            f"tau2 = {tau2!r} is not for model = {model.name!r}, which estimates it by maximum "
            "likelihood; leave it out, or give a number."
        )
    if ci is not None and ci not in model.intervals:
        raise PoolingError(
            f"ci = {ci!r} is not defined for model = {model.name!r}, which has "
            f"{' and '.join(map(repr, model.intervals))}; leave it out."
        )
    return Choices(
        policy=base.name,
        model="random" if model.random else "fixed",
        tau2=_tau2_choice("ML" if tau2 is None else tau2) if model.random else 0.0,
        tau2_weights=_weights_choice(0.0, tau2_weights),
        ci=cast(IntervalMethod, ci or model.intervals[0]),
        level=checked_level(base.level if level is None else level, PoolingError),
        count_model=model.name,
    )


def choose_for_correlated(choices: Choices, correlated: bool, within: float | None) -> Choices:
    """Complete the choices with the correlation of true effects; check them against the effects.

    Parameters
    ----------
    choices : Choices
        What was chosen so far.
    correlated : bool
        Whether the effects have a known covariance.
    within : float or None
        The correlation the caller asks for.

    Raises
    ------
    PoolingError
        If a method is for independent effects, or the correlation does not apply or cannot be one.
    """
    if not correlated:
        if within is not None:
            raise PoolingError(
                f"within_trial_correlation = {within!r} applies to effects with a known covariance "
                "only; give Effects(covariance=...) or leave it out."
            )
        return choices
    for name, value in (("tau2", choices.tau2), ("ci", choices.ci)):
        if isinstance(value, str) and value in _INDEPENDENT_ONLY:
            raise PoolingError(
                f"{name} = {value!r} is not defined for effects with a known covariance: "
                f"{_INDEPENDENT_ONLY[value]}; choose another."
            )
    if choices.model == "fixed":
        if within is not None:
            raise PoolingError(
                f"within_trial_correlation = {within!r} does not apply to a fixed effect; "
                "use model='random' or leave it out."
            )
        return choices
    within = WITHIN_TRIAL_CORRELATION if within is None else within
    if not (isinstance(cast(object, within), int | float | np.number) and 0 <= within < 1):
        raise PoolingError(
            f"within_trial_correlation = {within!r} must be a number from 0 to below 1."
        )
    return replace(choices, within_trial_correlation=float(within))


def one_of(name: str, value: str, allowed: Iterable[str]) -> str:
    """Return `value`, or raise a PoolingError that lists what is allowed."""
    if value not in allowed:
        raise PoolingError(f"{name} = {value!r} is not one of {', '.join(map(repr, allowed))}.")
    return value


def _weights_choice(tau2: object, weights: object) -> str | None:
    if tau2 in GENERALISED_Q:
        if weights is not None and not isinstance(weights, str):
            raise PoolingError(
                f"tau2_weights = {weights!r} must be '1/sei', '1/vi' or the name of a column of "
                "the effects; put weights of your own in a column."
            )
        return weights or TAU2_WEIGHTS
    if weights is not None:
        raise PoolingError(
            f"tau2_weights = {weights!r} goes with tau2 = 'GENQ' or 'GENQM', not {tau2!r}; "
            "leave it out."
        )
    return None


def _tau2_choice(tau2: object) -> str | float:
    if isinstance(tau2, str):
        return one_of("tau2", tau2, tuple(ESTIMATORS))
    if not (isinstance(tau2, int | float | np.number) and math.isfinite(tau2) and tau2 >= 0):
        raise PoolingError(
            f"tau2 = {tau2!r} must be a number >= 0 or one of {', '.join(ESTIMATORS)}."
        )
    return float(tau2)
