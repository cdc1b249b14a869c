"""A whole fit as one kernel: `(..., k)` studies in, everything a result reports out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from metaonc.kernels.arrays import FloatArray, Studies, studies
from metaonc.kernels.heterogeneity import Heterogeneity, heterogeneity
from metaonc.kernels.intervals import Inference, hartung_knapp_factor, infer
from metaonc.kernels.mean_intervals import MEAN_INTERVALS
from metaonc.kernels.tau2 import estimate_tau2
from metaonc.kernels.weighting import Weighted, weigh

Model = Literal["fixed", "random"]
IntervalMethod = Literal[
    "auto",
    "wald",
    "t",
    "hksj",
    "hksj-adhoc",
    "hksj-ci",
    "hksj-iqwig",
    "kr",
    "profile",
    "hc",
]
# Intervals that are not a quantile times a standard error that `fit` has at hand.
_ON_THEIR_OWN = ("hksj-ci", "hksj-iqwig", "kr", "profile", "hc")


@dataclass(frozen=True)
class Fit:
    """Results of a batch of fits, shape (...) each, on the scale of the data.

    Attributes
    ----------
    k, estimate, tau2 : ndarray
        Studies, pooled mean, between-study variance (0 for the fixed model).
    wald_se : ndarray
        Standard error of the mean from the weights alone.
    weights : ndarray, shape (..., k)
        Share of each study, sum 1.
    inference : Inference
        Standard error, test and interval by the chosen method.
    heterogeneity : Heterogeneity
        Q, I², H².
    hartung_knapp : ndarray of bool
        Whether the interval is a Hartung-Knapp one.
    """

    k: FloatArray
    estimate: FloatArray
    tau2: FloatArray
    wald_se: FloatArray
    weights: FloatArray
    inference: Inference
    heterogeneity: Heterogeneity
    hartung_knapp: np.ndarray


def fit(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    model: Model,
    tau2: str | float = "REML",
    ci: IntervalMethod = "auto",
    level: float = 0.95,
) -> Fit:
    """Pool every row of studies.

    Parameters
    ----------
    yi, vi : array_like, shape (..., k)
        Effects and variances > 0; NaN for a missing study.
    model : {"fixed", "random"}
        Common effect, or random effects.
    tau2 : str or float, default "REML"
        Estimator (a key of `ESTIMATORS`) or a given value >= 0.
    ci : str, default "auto"
        Interval of the mean: "auto" (Hartung-Knapp where tau² > 0 and k > 2, Wald otherwise) or a
        key of `MEAN_INTERVALS`. "profile" and "hc" bring their own tau² (ML, DL), and "hc" the
        common-effect mean and weights.
    level : float, default 0.95
        Confidence level.
    """
    data = studies(yi, vi)
    common = weigh(data)
    between = np.zeros_like(data.k) if model == "fixed" else estimate_tau2(data, tau2)
    if ci in _ON_THEIR_OWN:
        _, between, inference = MEAN_INTERVALS[ci](data, between, level)
        at = common if ci == "hc" else weigh(data, between)
        knapp = np.full(data.k.shape, ci.startswith("hksj"))
    else:
        at = common if model == "fixed" else weigh(data, between)
        inference, knapp = _inference(data, at, between, ci, level)
    unit = data.unit
    return Fit(
        k=data.k,
        estimate=at.mean * unit,
        tau2=between * unit * unit,
        wald_se=unit / np.sqrt(at.total),
        weights=at.weights / at.total[..., None],
        inference=_in_units(inference, unit),
        heterogeneity=heterogeneity(data, common, between),
        hartung_knapp=knapp,
    )


def _inference(
    data: Studies, at: Weighted, between: FloatArray, ci: IntervalMethod, level: float
) -> tuple[Inference, np.ndarray]:
    k, wald_variance = data.k, 1 / at.total
    if ci == "auto":
        knapp = (between > 0) & (k > 2)
    else:
        knapp = np.full(k.shape, ci.startswith("hksj"))
    factor = hartung_knapp_factor(at.q, k)
    if ci == "hksj-adhoc":
        factor = np.maximum(factor, 1.0)  # never narrower than Wald
    student = knapp | (ci == "t")
    df = np.where(student, np.where(k > 1, k - 1, np.nan), np.inf)
    se = np.sqrt(np.where(knapp, wald_variance * factor, wald_variance))
    return infer(at.mean, se, df, level), knapp


def _in_units(inference: Inference, unit: FloatArray) -> Inference:
    return inference._replace(
        se=inference.se * unit, low=inference.low * unit, high=inference.high * unit
    )
