"""Effects that carry counts, and a count model -> the fit of a result."""

from __future__ import annotations

import math

import numpy as np

from metaonc.effects import Effects
from metaonc.errors import PoolingError
from metaonc.kernels import Fit, FloatArray, Heterogeneity, studies
from metaonc.kernels.counts.mantel_haenszel import CountMean, mantel_haenszel
from metaonc.kernels.counts.penalised import penalised_odds_ratio
from metaonc.kernels.counts.peto import peto
from metaonc.kernels.intervals import quantile
from metaonc.kernels.weighting import weigh
from metaonc.pooling.choices import Choices
from metaonc.pooling.counts.count_beta import beta_binomial
from metaonc.pooling.counts.count_columns import counts_of
from metaonc.pooling.counts.count_mixed import mixed_fit
from metaonc.pooling.counts.count_models import COUNT_MODELS


def count_fit(effects: Effects, choices: Choices) -> Fit:
    """The fit of the effects' counts by these choices.

    Raises
    ------
    PoolingError
        If the effects do not carry the counts, or these leave no finite mean.
    """
    counts = counts_of(effects, str(choices.count_model))
    if COUNT_MODELS[str(choices.count_model)].random:
        return _mixed(effects, choices)
    if choices.count_model == "beta-binomial":
        mean, found = beta_binomial(effects)
        q = np.asarray(max(0.0, 2 * (found.highest - found.binomial)))
        return wald_fit(
            effects, mean, choices, q=q, q_df=np.asarray(len(counts) / 2 * (effects.k - 1.0))
        )
    if choices.count_model == "firth":
        penalised = penalised_odds_ratio(*counts)
        numbers = np.asarray(penalised.estimate), np.asarray(penalised.se)
        mean = CountMean(*numbers, penalised.weights)
        q, q_df = np.asarray(penalised.deviance), np.asarray(effects.k - 1.0)
    elif choices.count_model == "peto":
        mean, q, q_df = peto(*counts)
    else:
        mean = mantel_haenszel(effects.measure, *counts)
        q, q_df = _q_around(effects, mean.estimate, counts)
    _check_finite(effects, counts, mean, choices)
    return wald_fit(effects, mean, choices, q=q, q_df=q_df)


def _mixed(effects: Effects, choices: Choices) -> Fit:
    """The fit of a generalised linear mixed model."""
    found = mixed_fit(effects, choices)
    ratio = found.ratio
    precision = found.information / (1 + found.information * found.fit.tau**2)
    mean = CountMean(
        np.asarray(found.fit.estimate), np.asarray(found.fit.se), precision / precision.sum()
    )
    q_df = np.asarray(max((found.information > 0).sum() - 1.0, 0.0))
    return wald_fit(effects, mean, choices, q=np.asarray(ratio), q_df=q_df, tau2=found.fit.tau**2)


def _check_finite(
    effects: Effects, counts: list[FloatArray], mean: CountMean, choices: Choices
) -> None:
    if math.isfinite(mean.estimate) and math.isfinite(mean.se) and mean.se > 0:
        return
    scale = effects.scale.analysis_scale
    events = " and ".join(f"{values.sum():g}" for values in counts[::2])
    raise PoolingError(
        f"model = {choices.count_model!r} has no finite {scale} with a standard error for these "
        f"counts ({events} events in all); pool odds ratios with model='firth', or risk "
        "differences."
    )


def _q_around(
    effects: Effects, mean: FloatArray, counts: list[FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """Q of the studies' effects around a mean, and its degrees of freedom.

    A study in which nothing, or everything, was an event says nothing about how the studies
    differ: its own effect is what was added to its cells.
    """
    events = counts[0] + counts[2]
    informative = events > 0
    if effects.measure in ("OR", "RR", "RD"):
        informative &= events < counts[1] + counts[3]
    terms = np.where(informative, (effects.yi - mean) ** 2 / effects.vi, 0.0)
    return np.asarray(terms.sum()), np.asarray(max(informative.sum() - 1.0, 0.0))


def wald_fit(
    effects: Effects,
    mean: CountMean,
    choices: Choices,
    *,
    q: FloatArray,
    q_df: FloatArray,
    tau2: float = 0.0,
) -> Fit:
    """A fit from a mean with its standard error; a t interval has k - 1 degrees of freedom."""
    df = np.asarray(effects.k - 1.0 if choices.ci == "t" else math.inf)
    estimate, se = np.asarray(mean.estimate), np.asarray(mean.se)
    half = quantile(choices.level, df) * se
    data = studies(effects.yi, effects.vi)
    square = float(data.unit) ** 2
    return Fit(
        k=np.asarray(float(effects.k)),
        estimate=estimate,
        tau2=np.asarray(tau2),
        wald_se=se,
        se=se,
        df=df,
        low=estimate - half,
        high=estimate + half,
        hartung_knapp=np.asarray(False),
        heterogeneity=Heterogeneity(q, q_df, weigh(data).trace(), np.asarray(tau2 / square)),
        unit=data.unit,
        _weights=mean.weights,
    )
