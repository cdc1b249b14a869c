"""Effects and choices -> what the kernels take, whether the effects are correlated or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from metaonc.effects import Effects
from metaonc.kernels import Fit, FloatArray, fit
from metaonc.pooling.choices import Choices

if TYPE_CHECKING:
    from metaonc.kernels.correlated import Correlated


def fit_of(effects: Effects, choices: Choices) -> Fit:
    """The fit of the effects by these choices."""
    if effects.covariance is None:
        return fit(
            effects.yi,
            effects.vi,
            model=choices.model,
            tau2=choices.tau2,
            ci=choices.ci,
            level=choices.level,
        )
    from metaonc.kernels.correlated import fit_correlated

    return fit_correlated(
        effects.yi,
        effects.covariance,
        between=_between(effects, choices),
        model=choices.model,
        tau2=choices.tau2,
        ci=choices.ci,
        level=choices.level,
    )


def correlated_of(effects: Effects, choices: Choices) -> Correlated | None:
    """Effects with a known covariance, made independent; None for independent ones."""
    if effects.covariance is None:
        return None
    from metaonc.kernels.correlated import correlated

    return correlated(effects.yi, effects.covariance, _between(effects, choices))


def trials_of(effects: Effects) -> np.ndarray:
    """The trial of each effect: its column ``trial``, else those that covary are of one trial."""
    if "trial" in effects.columns:
        return np.asarray([str(name) for name in effects.columns["trial"]])
    if effects.covariance is None:
        return np.arange(effects.k)
    from metaonc.kernels.covariance import covarying_groups

    return covarying_groups(effects.covariance)


def _between(effects: Effects, choices: Choices) -> FloatArray | None:
    """Correlation of the true effects; None where it makes no difference."""
    if choices.within_trial_correlation is None:
        return None
    from metaonc.kernels.covariance import trial_correlation

    return trial_correlation(trials_of(effects), choices.within_trial_correlation)
