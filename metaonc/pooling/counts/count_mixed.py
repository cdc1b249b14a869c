"""Counts of studies -> the generalised linear mixed model of a result."""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np
from scipy.special import logit

from metaonc.effects import Effects
from metaonc.errors import PoolingError
from metaonc.kernels import FloatArray
from metaonc.kernels.counts.count_likelihoods import Binomial, Counts, Hypergeometric, Poisson
from metaonc.kernels.counts.mixed_counts import (
    LARGEST_TAU,
    MixedFit,
    OneParameter,
    TwoArms,
    fit_mixed,
    mixed_profile,
    tau_limits,
)
from metaonc.kernels.counts.mixed_levels import fit_random_levels, random_levels_profile
from metaonc.pooling.choices import Choices
from metaonc.pooling.counts.count_columns import counts_of


class MixedCounts(NamedTuple):
    """A fitted model of counts.

    Attributes
    ----------
    fit : MixedFit
        The fit of the studies that say something about the effect.
    information : ndarray, shape (k,)
        What each study says about its own effect; 0 for the others.
    ratio : float
        Twice the log-likelihood between an effect of each study's own and a common one.
    """

    fit: MixedFit
    information: FloatArray
    ratio: float


@functools.lru_cache(maxsize=16)
def mixed_fit(effects: Effects, choices: Choices) -> MixedCounts:
    """Fit the model of the choices to the counts of the effects.

    The last fits are kept: a result asks for its own again, and for that with a common effect.

    Raises
    ------
    PoolingError
        If the counts leave no finite maximum.
    """
    counts = counts_of(effects, str(choices.count_model))
    says = _informative(effects, counts)
    kept = [values[says] for values in counts]
    given = None if isinstance(choices.tau2, str) else math.sqrt(choices.tau2)
    if choices.count_model == "UM.RS":
        _check_arms(effects, counts)
        fit = fit_random_levels(*_levels(effects.measure, counts), tau=given)
        information = fit.information
    else:
        _check_maximum(effects, choices, kept)
        fit = fit_mixed(*_model(effects.measure, str(choices.count_model), kept), tau=given)
        information = np.zeros(effects.k)
        information[says] = fit.information
    if given is None and max(fit.tau, fit.level_sd) >= LARGEST_TAU:  # NaN where there is none
        raise PoolingError(
            f"model = {choices.count_model!r}: the likelihood still rises at tau = {fit.tau:g}, "
            "which no data can tell from more; give tau2, or use model='mh'."
        )
    return MixedCounts(fit, information, _ratio(effects.measure, choices, kept))


@functools.lru_cache(maxsize=16)
def tau_interval(effects: Effects, choices: Choices, level: float) -> tuple[float, float]:
    """Limits of the standard deviation between studies, by profile likelihood."""
    counts = counts_of(effects, str(choices.count_model))
    tau = mixed_fit(effects, choices).fit.tau
    if choices.count_model == "UM.RS":
        return tau_limits(random_levels_profile(*_levels(effects.measure, counts)), tau, level)
    says = _informative(effects, counts)
    model = _model(effects.measure, str(choices.count_model), [values[says] for values in counts])
    return tau_limits(mixed_profile(*model), tau, level)


def _ratio(measure: str, choices: Choices, counts: list[FloatArray]) -> float:
    """Twice the log-likelihood between an effect of each study's own and a common one."""
    model = "UM.FS" if choices.count_model == "UM.RS" else str(choices.count_model)
    studies, start, level = _model(measure, model, counts)
    common = fit_mixed(studies, start, level, tau=0.0)
    return max(0.0, 2 * float(studies.highest().sum() - common.log_likelihood))


def _levels(
    measure: str, counts: list[FloatArray]
) -> tuple[Counts, Counts, tuple[float, float], int]:
    """Both arms of all studies, where the search starts, and how many studies there are."""
    x1, s1, x2, s2 = counts
    start = float(np.log((x1 + x2).sum() / (s1 + s2).sum())), 0.0
    if measure == "IRR":
        return Poisson(x1, s1), Poisson(x2, s2), start, len(x1)
    return Binomial(x1, s1), Binomial(x2, s2), start, len(x1)


def _check_arms(effects: Effects, counts: list[FloatArray]) -> None:
    """Refuse an arm without events, or with nothing else: its mean log odds are not finite."""
    for number, (events, size) in enumerate(zip(counts[::2], counts[1::2], strict=True), start=1):
        none = events.sum() == 0
        if none or (effects.measure == "OR" and (events == size).all()):
            raise PoolingError(
                "model = 'UM.RS' has no finite maximum for these counts: in arm "
                f"{number} {'no patient has' if none else 'all patients have'} an event; pool odds "
                "ratios with model='firth', or risk differences."
            )


def _informative(effects: Effects, counts: list[FloatArray]) -> np.ndarray:
    """Studies that say something about a ratio: those in which not nothing, or all, was an event.

    The likelihood of the others rises without end in their own level, to the same value whatever
    the effect is; given the total it is 1. One arm always says something.
    """
    if len(counts) == 2:
        return np.ones(effects.k, dtype=bool)
    events = counts[0] + counts[2]
    says = events > 0
    return says if effects.measure == "IRR" else says & (events < counts[1] + counts[3])


def _check_maximum(effects: Effects, choices: Choices, counts: list[FloatArray]) -> None:
    """Refuse counts whose likelihood rises without end in the mean."""
    if len(counts) == 4:
        x1, n1, x2, n2 = counts
        least, most = np.zeros_like(x1), x1 + x2
        if effects.measure == "OR" and choices.count_model != "CM.AL":  # the margins are bounds too
            least, most = np.maximum(0.0, most - n2), np.minimum(n1, most)
        ends = (x1 == least).all() or (x1 == most).all()
    else:
        x, n = counts
        ends = x.sum() == 0 or (effects.measure == "PLOGIT" and (x == n).all())
    if ends:
        raise PoolingError(
            f"model = {choices.count_model!r} has no finite maximum for these counts: in every "
            "study the events are all in one arm, or none or all there can be; pool odds ratios "
            "with model='firth', risk differences, or one arm with model='random'."
        )


def _model(
    measure: str, model: str, counts: list[FloatArray]
) -> tuple[OneParameter | TwoArms, float, FloatArray]:
    """The studies for the kernels, and where the search starts: mean and levels."""
    zeros = np.zeros_like(counts[0])
    if len(counts) == 2:
        x, size = counts
        if measure == "IRLN":
            return OneParameter(Poisson(x, size)), math.log(x.sum() / size.sum()), zeros
        start = float(logit((x.sum() + 0.5) / (size.sum() + 1)))
        return OneParameter(Binomial(x, size)), start, zeros
    x1, s1, x2, s2 = counts
    total = x1 + x2
    if model == "UM.FS":
        if measure == "IRR":
            return TwoArms(Poisson(x1, s1), Poisson(x2, s2)), 0.0, np.log(total / (s1 + s2))
        return TwoArms(Binomial(x1, s1), Binomial(x2, s2)), 0.0, logit(total / (s1 + s2))
    if measure == "OR" and model == "CM.EL":
        return OneParameter(Hypergeometric(x1, s1, x2, s2)), 0.0, zeros
    return OneParameter(Binomial(x1, total, np.log(s1 / s2))), 0.0, zeros
