"""Effects and choices -> what the kernels take, whether the effects are correlated or not."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from metaonc.effects import Effects
from metaonc.errors import PoolingError
from metaonc.kernels import Fit, FloatArray, Studies, fit, studies
from metaonc.kernels.estimators import estimate_tau2
from metaonc.pooling.choices import SIMULATED_INTERVALS, TAU2_WEIGHTS, Choices

if TYPE_CHECKING:
    from metaonc.kernels.correlated import Correlated


def fit_of(effects: Effects, choices: Choices) -> Fit:
    """The fit of the effects by these choices."""
    if choices.count_model is not None:
        from metaonc.pooling.counts.count_fits import count_fit

        return count_fit(effects, choices)
    if choices.ci in SIMULATED_INTERVALS:
        return _simulated(effects, choices)
    tau2 = choices.tau2
    if choices.tau2_weights not in (None, TAU2_WEIGHTS):
        data = kernel_studies(effects, choices)
        tau2 = float(estimator_of(effects, choices)(data) * data.unit * data.unit)
    if effects.covariance is None:
        return fit(
            effects.yi,
            effects.vi,
            model=choices.model,
            tau2=tau2,
            ci=choices.ci,
            level=choices.level,
        )
    from metaonc.kernels.correlated import fit_correlated

    return fit_correlated(
        effects.yi,
        effects.covariance,
        between=between_correlation(effects, choices),
        model=choices.model,
        tau2=tau2,
        ci=choices.ci,
        level=choices.level,
    )


def _simulated(effects: Effects, choices: Choices) -> Fit:
    """A fit whose interval of the mean is resampled."""
    from metaonc.kernels.resampled_fits import resampled_inference, with_inference

    found = fit_of(effects, replace(choices, ci="wald"))
    held = correlated_of(effects, choices)
    data = kernel_studies(effects, choices)
    inference = resampled_inference(
        choices.ci,
        data,
        np.asarray(found.tau2 / data.unit / data.unit),
        choices.level,
        estimator_of(effects, choices),
        seed=choices.seed,
        draws=choices.draws,
        column=None if held is None else held.column,
    )
    lengths = {name: getattr(inference, name) * data.unit for name in ("se", "low", "high")}
    return with_inference(found, inference._replace(**lengths))


def estimator_of(effects: Effects, choices: Choices) -> Callable[[Studies], FloatArray]:
    """The estimator of tau² for these effects, or for others in their place."""
    if choices.model == "fixed":
        return lambda data: np.zeros_like(data.k)
    if choices.tau2_weights is None:
        return lambda data: estimate_tau2(data, choices.tau2)
    weights, method = q_weights(effects, choices), str(choices.tau2)
    from metaonc.kernels.generalised_q import tau2_generalised_q

    return lambda data: tau2_generalised_q(method, data, weights)


def q_weights(effects: Effects, choices: Choices) -> FloatArray | str:
    """Weights of a generalised Q: by name, or those of a column.

    Raises
    ------
    PoolingError
        If the column holds something that is not a number > 0, or the effects are correlated.
    EffectsError
        If there is no such column.
    """
    from metaonc.kernels.generalised_q import WEIGHTS

    name = choices.tau2_weights or TAU2_WEIGHTS
    if name in WEIGHTS:
        return name
    if effects.covariance is not None:
        raise PoolingError(
            f"tau2_weights = {name!r}: weights of your own are for independent effects, and these "
            f"have a known covariance; use one of {', '.join(map(repr, WEIGHTS))}."
        )
    values = effects.column(name)
    for label, value in zip(effects.labels, values, strict=True):
        number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not (number and math.isfinite(value) and value > 0):
            raise PoolingError(
                f"{label}: {name} = {value!r} must be a number > 0 to weigh a generalised Q; "
                "correct it or leave the study out."
            )
    return np.asarray(values, dtype=float)


def kernel_studies(effects: Effects, choices: Choices) -> Studies:
    """The studies in the kernels' form, made independent where they are not."""
    held = correlated_of(effects, choices)
    return studies(effects.yi, effects.vi) if held is None else held.data


def correlated_of(effects: Effects, choices: Choices) -> Correlated | None:
    """Effects with a known covariance, made independent; None for independent ones."""
    if effects.covariance is None:
        return None
    from metaonc.kernels.correlated import correlated

    return correlated(effects.yi, effects.covariance, between_correlation(effects, choices))


def trials_of(effects: Effects) -> np.ndarray:
    """The trial of each effect: its column ``trial``, else those that covary are of one trial."""
    if "trial" in effects.columns:
        return np.asarray([str(name) for name in effects.columns["trial"]])
    if effects.covariance is None:
        return np.arange(effects.k)
    from metaonc.kernels.covariance import covarying_groups

    return covarying_groups(effects.covariance)


def between_correlation(effects: Effects, choices: Choices) -> FloatArray | None:
    """Correlation of the true effects; None where it makes no difference."""
    if choices.within_trial_correlation is None:
        return None
    from metaonc.kernels.covariance import trial_correlation

    return trial_correlation(trials_of(effects), choices.within_trial_correlation)
