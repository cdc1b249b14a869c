"""Resampled intervals of the mean by name, and whole fits with them, row by row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from metaonc.kernels.arrays import FloatArray, Studies, studies
from metaonc.kernels.estimators import estimate_tau2
from metaonc.kernels.fits import Fit, Model, fit
from metaonc.kernels.intervals import Inference
from metaonc.kernels.resampling import Estimator, parametric_bootstrap, permutation_interval

# Interval -> default number of draws: flips at most, and samples.
DEFAULT_DRAWS = {"permutation": 2**12, "bootstrap": 1999}


def resampled_inference(
    ci: str,
    data: Studies,
    tau2: FloatArray,
    level: float,
    estimator: Estimator,
    *,
    seed: int | None = 0,
    draws: int | None = None,
    column: FloatArray | None = None,
) -> Inference:
    """Test and interval of one mean by resampling, in the units of `data`.

    Parameters
    ----------
    ci : {"permutation", "bootstrap"}
        The interval.
    data : Studies
        Studies of one meta-analysis, shape (k,), none missing.
    tau2 : ndarray, shape ()
        Their between-study variance, in the units of `data`.
    level : float
        Confidence level.
    estimator : callable
        Estimator of tau², computed anew for every sample.
    seed : int, default 0
        Seed of the generator; of no consequence where all permutations are taken.
    draws : int, optional
        Largest number of flips, or number of samples. Default: `DEFAULT_DRAWS`.
    column : ndarray, shape (k,), optional
        For correlated effects made independent, the rotated column of ones. Bootstrap only.
    """
    rng = np.random.default_rng(seed)
    count = DEFAULT_DRAWS[ci] if draws is None else draws
    if ci == "permutation":
        if column is not None:
            raise ValueError("the permutation test is for independent effects only")
        return permutation_interval(data, tau2, level, estimator, rng, count)
    return parametric_bootstrap(data, tau2, level, estimator, rng, count, column)


def fit_resampled(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    model: Model,
    tau2: str | float = "REML",
    ci: str,
    level: float = 0.95,
    seed: int | None = 0,
    draws: int | None = None,
    estimator: Callable[[Studies], FloatArray] | None = None,
) -> Fit:
    """Pool every row of studies, with a resampled interval of the mean.

    Parameters
    ----------
    yi, vi, model, tau2, level
        As for :func:`metaonc.kernels.fits.fit`.
    ci, seed, draws
        As for `resampled_inference`. Every row starts from the same seed, so that it gives
        what it gives alone.
    estimator : callable, optional
        Estimator of tau² for the samples. Default: the one that `tau2` names, or its value.

    Returns
    -------
    Fit
        A row with fewer than two studies has no interval: NaN.
    """
    yi, vi = np.broadcast_arrays(np.asarray(yi, dtype=float), np.asarray(vi, dtype=float))
    found = fit(yi, vi, model=model, tau2=tau2, ci="wald", level=level)
    parts = np.full((len(Inference._fields), *found.k.shape), np.nan)
    for row in np.ndindex(found.k.shape):
        there = ~(np.isnan(yi[row]) | np.isnan(vi[row]))
        if there.sum() < 2:
            continue
        data = studies(yi[row][there], vi[row][there])
        own = found.tau2[row] / data.unit / data.unit
        inference = resampled_inference(
            ci,
            data,
            own,
            level,
            estimator or _estimator(model, tau2),
            seed=seed,
            draws=draws,
        )
        lengths = {name: getattr(inference, name) * data.unit for name in ("se", "low", "high")}
        parts[(slice(None), *row)] = inference._replace(**lengths)
    return with_inference(found, Inference(*parts))


def with_inference(found: Fit, inference: Inference) -> Fit:
    """The fit with another test and interval of the mean, in the units of the effects."""
    se, df, statistic, p_value, low, high = inference
    return replace(found, se=se, df=df, low=low, high=high, _test=(statistic, p_value))


def _estimator(model: Model, tau2: str | float) -> Estimator:
    if model == "fixed":
        return lambda data: np.zeros_like(data.k)
    return lambda data: estimate_tau2(data, tau2)
