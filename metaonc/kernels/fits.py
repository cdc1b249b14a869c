"""A whole fit as one kernel: `(..., k)` studies in, everything a result reports out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from metaonc.kernels.arrays import FloatArray, Studies, studies
from metaonc.kernels.estimators import estimate_tau2
from metaonc.kernels.heterogeneity import Heterogeneity, heterogeneity
from metaonc.kernels.intervals import hartung_knapp_factor, quantile, two_sided_p
from metaonc.kernels.mean_intervals import MEAN_INTERVALS
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
    "skovgaard",
    "hc",
    "permutation",
    "bootstrap",
]
# Intervals that are not a quantile times a standard error that `fit` has at hand.
_ON_THEIR_OWN = ("hksj-ci", "hksj-iqwig", "kr", "profile", "skovgaard", "hc")


@dataclass(frozen=True)
class Fit:
    """Results of a batch of fits, shape (...) each, on the scale of the data.

    What takes time and is not always read (p values, weights, I²) is found when asked for.

    Attributes
    ----------
    k, estimate, tau2 : ndarray
        Studies, pooled mean, between-study variance (0 for the fixed model).
    wald_se : ndarray
        Standard error of the mean from the weights alone.
    se, df, low, high : ndarray
        Standard error by the chosen method, its degrees of freedom (infinite for a z test), and
        confidence limits.
    hartung_knapp : ndarray of bool
        Whether the interval is a Hartung-Knapp one.
    heterogeneity : Heterogeneity
        Q, I², H², in the units of the kernels.
    unit : ndarray
        The kernels' unit of an effect: a variance of theirs times its square is one of the data's.
    """

    k: FloatArray
    estimate: FloatArray
    tau2: FloatArray
    wald_se: FloatArray
    se: FloatArray
    df: FloatArray
    low: FloatArray
    high: FloatArray
    hartung_knapp: np.ndarray
    heterogeneity: Heterogeneity
    unit: FloatArray
    _weights: Weighted | FloatArray
    _test: tuple[FloatArray, FloatArray] | None = None

    @property
    def weights(self) -> FloatArray:
        """Share of each study in the mean, sum 1, shape (..., k)."""
        at = self._weights
        return at.weights / at.total[..., None] if isinstance(at, Weighted) else at

    @property
    def statistic(self) -> FloatArray:
        """Test statistic of mean = 0."""
        if self._test:
            return self._test[0]
        with np.errstate(divide="ignore", invalid="ignore"):
            # Studies that agree exactly have se = 0.
            return np.where(self.estimate == 0, 0.0, self.estimate / self.se)

    @property
    def p_value(self) -> FloatArray:
        """Two-sided p value of mean = 0."""
        return self._test[1] if self._test else two_sided_p(self.statistic, self.df)

    def arrays(self) -> dict[str, FloatArray]:
        """Everything in the fit by name, what is found when asked for included."""
        found = {name: getattr(self, name) for name in (*_FIELDS, *_FOUND)}
        return found | vars(self.heterogeneity)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, FloatArray]) -> Fit:
        """The fit that `arrays` came from."""
        spread = Heterogeneity(**{f.name: arrays[f.name] for f in fields(Heterogeneity)})
        return cls(
            **{name: arrays[name] for name in _FIELDS},
            heterogeneity=spread,
            _weights=arrays["weights"],
            _test=(arrays["statistic"], arrays["p_value"]),
        )

    def row(self, row: int, k: int) -> Fit:
        """One row of a batch of fits, with the weights of its first k studies."""
        arrays = {name: values[row] for name, values in self.arrays().items()}
        return Fit.from_arrays(arrays | {"weights": arrays["weights"][:k].copy()})


# What `arrays` holds: the fields, and what is found when asked for.
_FIELDS = (
    *("k", "estimate", "tau2", "wald_se", "se", "df", "low", "high", "hartung_knapp", "unit"),
)
_FOUND = ("weights", "statistic", "p_value")


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
        key of `MEAN_INTERVALS`. "profile", "skovgaard" (ML) and "hc" (DL) bring their own tau², and
        "hc" the common-effect mean and weights. Resampled intervals have a fit of their own,
        :func:`metaonc.kernels.resampled_fits.fit_resampled`.
    level : float, default 0.95
        Confidence level.
    """
    return fit_studies(studies(yi, vi), model=model, tau2=tau2, ci=ci, level=level)


def fit_studies(
    data: Studies, *, model: Model, tau2: str | float, ci: IntervalMethod, level: float
) -> Fit:
    """Pool every row of studies that are ready for arithmetic; as :func:`fit`."""
    common = weigh(data)
    if model == "fixed":
        between = np.zeros_like(common.total)
    else:
        between = estimate_tau2(data, tau2, common)
    test = None
    if ci in _ON_THEIR_OWN:
        _, between, found = MEAN_INTERVALS[ci](data, between, level)
        at = common if ci == "hc" else weigh(data, between)
        knapp = np.full(data.unit.shape, ci.startswith("hksj"))
        se, df, low, high = found.se, found.df, found.low, found.high
        test = found.statistic, found.p_value
    else:
        at = weigh(data, between) if between.any() else common
        knapp, se, df = _spread(data.k, at, between, ci)
        half = quantile(level, df) * se
        low, high = at.mean - half, at.mean + half
    unit = data.unit
    return Fit(
        k=data.k,
        estimate=at.mean * unit,
        tau2=between * unit * unit,
        wald_se=unit / np.sqrt(at.total),
        se=se * unit,
        df=df,
        low=low * unit,
        high=high * unit,
        hartung_knapp=knapp,
        heterogeneity=heterogeneity(data, common, between),
        unit=unit,
        _weights=at,
        _test=test,
    )


def _spread(
    k: FloatArray, at: Weighted, between: FloatArray, ci: IntervalMethod
) -> tuple[np.ndarray, FloatArray, FloatArray]:
    """Whether Hartung and Knapp's interval is used, the standard error, its degrees of freedom."""
    variance = 1 / at.total
    if ci == "auto":
        knapp = (between > 0) & (k > 2)
    else:
        knapp = np.full(variance.shape, ci.startswith("hksj"))
    student = knapp | (ci == "t")
    if not student.any():
        return knapp, np.sqrt(variance), np.full_like(variance, np.inf)
    factor = np.where(knapp, hartung_knapp_factor(at.q, k), 1.0)
    if ci == "hksj-adhoc":
        factor = np.maximum(factor, 1.0)  # never narrower than Wald
    df = np.where(student, np.where(k > 1, k - 1, np.nan), np.inf)
    return knapp, np.sqrt(variance * factor), df
