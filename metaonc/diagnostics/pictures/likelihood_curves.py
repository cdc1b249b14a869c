"""`tau2_profile` and `study_likelihoods`: likelihoods as curves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy.special import chdtri

from metaonc.diagnostics.arguments import whole
from metaonc.diagnostics.deletion.members import pooled, pooled_or_regression
from metaonc.diagnostics.words import effect_cell, variance_cell
from metaonc.effects import level_text
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray
from metaonc.kernels.likelihood import likelihood
from metaonc.kernels.weighting import weigh
from metaonc.pooling import MetaRegression, PooledResult
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd

_BEYOND = 1.25  # the curve goes on beyond the upper limit by this factor
_STANDARD_ERRORS = 4.0  # how far the likelihood of a study is drawn


@dataclass(frozen=True, eq=False, repr=False)
class Tau2Profile(Finding):
    """The log-likelihood as a function of tau²; made by :func:`metaonc.tau2_profile`.

    Attributes
    ----------
    result : PooledResult or MetaRegression
        What was diagnosed.
    tau2, log_likelihood : ndarray, shape (points,)
        Points of the curve, and how far it lies below its highest point there.
    low, high : float
        Profile-likelihood interval of tau² at the result's level.
    drop : float
        How far below its highest point the curve is cut by the interval.
    restricted : bool
        Whether it is the restricted likelihood, the coefficients taken out, or the full one.
    """

    result: PooledResult | MetaRegression
    tau2: FloatArray
    log_likelihood: FloatArray
    low: float
    high: float
    drop: float
    restricted: bool
    kind: ClassVar[str] = "tau2 profile"

    @property
    def highest(self) -> float:
        """tau² where the curve is highest."""
        return float(self.tau2[int(np.argmax(self.log_likelihood))])

    def to_frame(self) -> pd.DataFrame:
        """One row per point: ``tau2 log_likelihood``."""
        import pandas as pd

        return pd.DataFrame({"tau2": self.tau2, "log_likelihood": self.log_likelihood})

    def numbers(self) -> dict[str, Any]:
        """Highest point and interval."""
        found = {"low": self.low, "high": self.high, "drop": self.drop}
        return {"tau2": self.highest, **found, "restricted": self.restricted}

    @property
    def title(self) -> str:
        """What the table is."""
        return f"{'Restricted' if self.restricted else 'Profile'} likelihood of tau²"

    def cells(self) -> list[list[str]]:
        """No table: the curve is for the eye."""
        return []

    @property
    def sentences(self) -> Sequence[str]:
        """Where it is highest, and the interval."""
        level = level_text(self.result.choices.level)
        ends = f"{variance_cell(self.low)} to {variance_cell(self.high)}"
        return [f"Highest at tau² = {variance_cell(self.highest)}; {level} interval {ends}."]


def tau2_profile(result: PooledResult | MetaRegression, *, points: int = 200) -> Tau2Profile:
    """Follow the log-likelihood along tau².

    Parameters
    ----------
    result : PooledResult or MetaRegression
        A result with random effects; not of a model of counts.
    points : int, default 200
        Points of the curve, from 0 to beyond the upper limit of the interval; the highest point is
        added.

    Returns
    -------
    Tau2Profile
        The full likelihood after ML, the restricted one otherwise; draw it with
        :func:`metaonc.profile_plot`.

    Raises
    ------
    DiagnosticsError
        If the result has no tau², or comes from counts.

    Notes
    -----
    Hardy & Thompson, Stat Med 1996;15:619-629; interval as in
    :meth:`metaonc.PooledResult.tau2_interval` by ``"PL"``. Every maximum of the curve is listed by
    :meth:`metaonc.PooledResult.certificate`.

    Examples
    --------
    >>> import metaonc as mo
    >>> print(mo.tau2_profile(mo.pool(mo.load_registry().effects("pfs"))).sentences[0])
    Highest at tau² = 0.0593; 95% interval 0.0146 to 0.3261.
    """
    choices = pooled_or_regression(result).choices
    if choices.count_model is not None or choices.model == "fixed":
        why = "has no tau²" if choices.model == "fixed" else "is a model of counts"
        raise DiagnosticsError(f"the result {why}; use pool(effects, model='random').")
    if result.k < 2:
        raise DiagnosticsError("one study has no likelihood of tau².")
    points = whole("points", points, 3)
    restricted = choices.tau2 != "ML"
    interval = result.tau2_interval("PL")
    data = result._data
    square = float(data.unit) ** 2
    peak = _peak(result, restricted)
    end = _BEYOND * max(
        interval.high if math.isfinite(interval.high) else 0.0,
        2 * peak,
        2 * result.tau2,
        float(np.min(result.effects.vi)),
    )
    tau2 = np.unique(np.append(np.linspace(0.0, end, points), peak))
    along = data.along(-2)
    at = weigh(along, tau2 / square)
    values = likelihood(along, at, tau2 / square, restricted=restricted)
    drop = float(chdtri(1, 1 - choices.level)) / 2
    low, high = float(interval.low), float(interval.high)
    return Tau2Profile(result, tau2, values - values.max(), low, high, drop, restricted)


def _peak(result: PooledResult | MetaRegression, restricted: bool) -> float:
    """tau² at the highest point."""
    from metaonc.kernels.maxima import highest_tau2

    data = result._data
    found = highest_tau2(data.flat(), restricted=restricted)[0]
    return float(found * data.unit * data.unit)


@dataclass(frozen=True, eq=False, repr=False)
class StudyLikelihoods(Finding):
    """The likelihood of each study's effect as a curve; made by :func:`metaonc.study_likelihoods`.

    Attributes
    ----------
    result : PooledResult
        What was diagnosed.
    effect : ndarray, shape (points,)
        Effects, on the analysis scale.
    density : ndarray, shape (k, points)
        Likelihood of each study, scaled to an area of 1.
    exact : bool
        Whether it is that of the counts, given the margins of their tables, or the normal one.
    """

    result: PooledResult
    effect: FloatArray
    density: FloatArray
    exact: bool
    kind: ClassVar[str] = "study likelihoods"

    def to_frame(self) -> pd.DataFrame:
        """One row per point: ``effect``, then the likelihood of each study under its label."""
        import pandas as pd

        columns = dict(zip(self.result.effects.labels, self.density, strict=True))
        return pd.DataFrame({"effect": self.effect, **columns})

    @property
    def title(self) -> str:
        """What the table is."""
        return "Likelihood of each study's effect"

    def cells(self) -> list[list[str]]:
        """Where each curve is highest, and the study's interval."""
        effects = self.result.effects
        half = effects.sei * math.sqrt(float(chdtri(1, 1 - self.result.choices.level)))
        rows = [["", f"{effects.scale.label} ({level_text(self.result.choices.level)} CI)"]]
        parts = zip(effects.labels, effects.yi, half, strict=True)
        return rows + [[label, effect_cell(effects, y, y - h, y + h)] for label, y, h in parts]

    @property
    def sentences(self) -> Sequence[str]:
        """Which likelihood it is."""
        if self.exact:
            return ["Exact likelihood of the counts, given the margins of their tables."]
        return ["Normal likelihood with the study's sampling variance."]


def study_likelihoods(
    result: PooledResult, *, exact: bool = False, points: int = 401
) -> StudyLikelihoods:
    """Follow the likelihood of each study along its effect.

    Parameters
    ----------
    result : PooledResult
        The result.
    exact : bool, default False
        Whether to take the likelihood of the counts behind odds ratios, given the margins of each
        table (noncentral hypergeometric), instead of the normal one.
    points : int, default 401
        Points of each curve.

    Returns
    -------
    StudyLikelihoods
        Curves of area 1; draw them with :func:`metaonc.likelihood_plot`.

    Raises
    ------
    DiagnosticsError
        If it is another result, or `exact` and these are not odds ratios with their counts.

    Notes
    -----
    van Houwelingen, Zwinderman & Stijnen, Stat Med 1993;12:2273-2284. doi:10.1002/sim.4780122405.
    A table without events in one arm has an exact likelihood that is highest at an infinite effect;
    its area is that within the figure.

    Examples
    --------
    >>> import metaonc as mo
    >>> curves = mo.study_likelihoods(mo.pool(mo.load_registry().effects("pfs")))
    >>> curves.density.shape
    (6, 401)
    """
    points = whole("points", points, 3)
    effects = pooled(result).effects
    reach = _STANDARD_ERRORS * effects.sei
    grid = np.linspace((effects.yi - reach).min(), (effects.yi + reach).max(), points)
    if exact:
        density = _exact(result, grid)
    else:
        away = (grid - effects.yi[:, None]) / effects.sei[:, None]
        density = np.exp(-0.5 * away**2)
    area = np.asarray(np.trapezoid(density, grid, axis=1))
    return StudyLikelihoods(result, grid, density / area[:, None], exact)


def _exact(result: PooledResult, grid: FloatArray) -> FloatArray:
    """Likelihoods of the counts, each divided by its highest value on the grid."""
    from metaonc.kernels.counts.count_likelihoods import Hypergeometric

    effects = result.effects
    names = ("events_1", "n_1", "events_2", "n_2")
    missing = [name for name in names if name not in effects.columns]
    if effects.measure not in ("OR", "PETO") or missing:
        raise DiagnosticsError(
            "exact likelihoods are those of odds ratios that carry their counts; make them with "
            "effect_sizes('OR', ...), or leave exact out."
        )
    counts = Hypergeometric(*(np.asarray(effects.columns[name], dtype=float) for name in names))
    values = counts.terms(np.broadcast_to(grid[:, None], (len(grid), effects.k))).value.T
    return np.asarray(np.exp(values - values.max(axis=1, keepdims=True)))
