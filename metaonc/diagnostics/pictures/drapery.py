"""`drapery`: p-value functions of the studies, of what was pooled, and of a new study."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from metaonc.diagnostics.arguments import whole
from metaonc.diagnostics.deletion.members import pooled
from metaonc.effects import level_text
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray
from metaonc.kernels.intervals import quantile
from metaonc.kernels.p_values import BY_LIKELIHOOD, p_by_likelihood, p_of_distance
from metaonc.pooling import PooledResult, p_text
from metaonc.pooling.choices import SIMULATED_INTERVALS
from metaonc.pooling.data import fit_of
from metaonc.pooling.finding import Finding
from metaonc.pooling.interval import Interval

if TYPE_CHECKING:
    import pandas as pd

LEVELS = (0.1, 0.05, 0.01, 0.001)
COMMON, RANDOM, PREDICTION = "Common effect", "Random effects", "Prediction"
# How far a study may stretch the range: its 99% interval, if that is not much wider than others'.
_STANDARD_ERRORS, _WIDEST = 2.6, 3.0


@dataclass(frozen=True, eq=False, repr=False)
class Drapery(Finding):
    """P values of every effect, curve by curve; made by :func:`metaonc.drapery`.

    Attributes
    ----------
    result : PooledResult
        What was diagnosed.
    levels : tuple of float
        P values whose limits are tabled.
    effect : ndarray, shape (points,)
        Effects on the analysis scale, rising; every estimate is among them.
    studies : ndarray, shape (k, points)
        Two-sided p values by each study's estimate and variance, in the order of its labels.
    pooled : mapping of str to ndarray, shape (points,)
        Those of the common effect and, under random effects, of the mean, by the result's own test.
    prediction : ndarray, shape (points,), or None
        Those of the effect in a new study; None without a prediction interval.
    """

    result: PooledResult
    levels: tuple[float, ...]
    effect: FloatArray
    studies: FloatArray
    pooled: Mapping[str, FloatArray]
    prediction: FloatArray | None
    kind: ClassVar[str] = "drapery"

    def to_frame(self) -> pd.DataFrame:
        """One row per point: ``effect`` (analysis scale), then the p values of each curve."""
        import pandas as pd

        columns = dict(zip(self.result.effects.labels, self.studies, strict=True))
        columns |= self.pooled
        columns |= {} if self.prediction is None else {PREDICTION: self.prediction}
        return pd.DataFrame({"effect": self.effect, **columns})

    def limits(self, curve: str, p: float) -> tuple[float, float]:
        """Where a curve reaches a p value: the limits of the interval of level 1 - p.

        Parameters
        ----------
        curve : str
            ``"Common effect"``, ``"Random effects"`` or ``"Prediction"``.
        p : float
            The p value, between 0 and 1.

        Returns
        -------
        (float, float)
            On the analysis scale, by the method of the result, not read off the curve.

        Raises
        ------
        DiagnosticsError
            If there is no such curve.
        """
        of = self._curve(curve)
        if curve == PREDICTION:
            low, high = of.prediction_interval(level=1 - p)
            return low, high
        return _limits(of, 1 - p)

    def p_values(self, curve: str, effects: ArrayLike) -> FloatArray:
        """P values of effects that one asks for.

        Parameters
        ----------
        curve : str
            As for `limits`.
        effects : array_like, shape (n,)
            On the analysis scale.

        Returns
        -------
        ndarray, shape (n,)

        Raises
        ------
        DiagnosticsError
            If there is no such curve.

        Examples
        --------
        >>> import metaonc as mo, numpy as np
        >>> found = mo.drapery(mo.pool(mo.load_registry().effects("pfs")))
        >>> found.p_values("Random effects", np.log([0.8, 1.0])).round(3)
        array([0.044, 0.005])
        """
        of, values = self._curve(curve), np.asarray(effects, dtype=float)
        return _predicted(of, values) if curve == PREDICTION else _p_values(of, values)

    def _curve(self, curve: str) -> PooledResult:
        """What a curve is about."""
        if curve not in self._curves:
            known = ", ".join(map(repr, self._curves))
            raise DiagnosticsError(f"no curve called {curve!r}; use one of {known}.")
        return self.result.fixed if curve == COMMON else self.result

    def numbers(self) -> dict[str, Any]:
        """Limits of what was pooled at each level, on the analysis scale."""
        found = {
            curve: {f"{p:g}": list(self.limits(curve, p)) for p in self.levels}
            for curve in self._curves
        }
        return {"limits": found}

    @property
    def _curves(self) -> list[str]:
        return [*self.pooled, *([] if self.prediction is None else [PREDICTION])]

    @property
    def title(self) -> str:
        """What the table is."""
        return f"P value functions (drapery): {self.result.effects.scale.name} where p is as named"

    def cells(self) -> list[list[str]]:
        """The intervals at each level, of what was pooled and of a new study."""
        effects = self.result.effects
        heads = [f"p = {p:g} ({level_text(1 - p)} interval)" for p in self.levels]
        rows = [
            [
                effects.scale.interval_text(*map(float, effects.display(self.limits(curve, p))))
                for p in self.levels
            ]
            for curve in self._curves
        ]
        named = zip(self._curves, rows, strict=True)
        return [["", *heads], *([curve, *row] for curve, row in named)]

    @property
    def sentences(self) -> Sequence[str]:
        """P values of no effect, and how the curves were made."""
        return tuple(self._said())

    def _said(self) -> Iterator[str]:
        result = self.result
        scale = result.effects.scale
        if scale.null is not None:
            name = scale.name[:1].upper() + scale.name[1:]
            found = f"{name} {scale.null:g}, no effect: {p_text(result.p_value)}"
            if COMMON in self.pooled and RANDOM in self.pooled:
                found += f" by random effects, {p_text(result.fixed.p_value)} by a common effect"
            yield f"{found}."
        yield f"Methods: {result.methods()}"
        if self.prediction is None and result.choices.model == "random":
            reason = result.prediction_interval().reason or "its limits are simulated"
            yield f"A new study has no curve: {reason}."


def drapery(
    result: PooledResult, *, levels: Iterable[float] = LEVELS, points: int = 801
) -> Drapery:
    r"""P value functions of the studies, of what was pooled, and of a new study.

    Parameters
    ----------
    result : PooledResult
        The result.
    levels : iterable of float, default (0.1, 0.05, 0.01, 0.001)
        P values whose intervals are tabled, and marked in the figure.
    points : int, default 801
        Points of each curve, evenly spaced; the estimates are added.

    Returns
    -------
    Drapery
        Curves with `to_frame`, intervals at each level with `summary`; draw it with
        :func:`metaonc.drapery_plot`.

    Raises
    ------
    DiagnosticsError
        If it is another result, a level does not lie between 0 and 1, or the interval of the result
        is resampled, which has no p value for every effect.

    Notes
    -----
    For every effect :math:`\theta` the two-sided p value of "the effect is :math:`\theta`", so that
    a curve is 1 at its estimate and the effects with :math:`p \ge \alpha` are its interval of level
    :math:`1 - \alpha` [1]_: :math:`2\,P(T > |\hat\theta - \theta| / \text{se})` with the standard
    error and the degrees of freedom of the result's own test (Hartung-Knapp's too), the
    likelihood ratio of :math:`\theta` for profile and Skovgaard's intervals, Henmi and Copas'
    statistic for theirs. The curve of a new study is that of the predictive distribution.

    .. [1] Rücker G, Schwarzer G. Beyond the forest plot: the drapery plot. Res Synth Methods
       2021;12:13-19. doi:10.1002/jrsm.1410

    Examples
    --------
    >>> import metaonc as mo
    >>> found = mo.drapery(mo.pool(mo.load_registry().effects("pfs")), levels=[0.05, 0.01])
    >>> print(found.sentences[0])
    Hazard ratio 1, no effect: p = 0.005 by random effects, p < 0.001 by a common effect.
    >>> [round(limit, 3) for limit in found.limits("Random effects", 0.05)]
    [-0.783, -0.234]
    """
    points = whole("points", points, 3)
    chosen = tuple(sorted({_checked(p) for p in levels}, reverse=True))
    effects, ci = pooled(result).effects, result.choices.ci
    if ci in SIMULATED_INTERVALS:
        raise DiagnosticsError(
            f"ci = {ci!r} is resampled and has no p value for every effect; pool with another "
            "interval, e.g. ci='hksj'."
        )
    random = {} if result.choices.model == "fixed" else {RANDOM: result}
    grid = _grid(result, chosen, points)
    return Drapery(
        result,
        chosen,
        grid,
        p_of_distance(effects.yi[:, None], effects.sei[:, None], np.inf, grid),
        {name: _p_values(one, grid) for name, one in ({COMMON: result.fixed} | random).items()},
        _predicted(result, grid) if _has_curve(result.prediction_interval()) else None,
    )


def _checked(p: object) -> float:
    if isinstance(p, bool) or not isinstance(p, int | float | np.number) or not 0 < p < 1:
        raise DiagnosticsError(f"levels: {p!r} must be a p value between 0 and 1, e.g. 0.05.")
    return float(p)


def _grid(result: PooledResult, levels: Sequence[float], points: int) -> FloatArray:
    """Effects from end to end, every estimate among them.

    The studies set the range; what was pooled may double it, and run out beyond.
    """
    effects = result.effects
    reach = _STANDARD_ERRORS * np.minimum(effects.sei, _WIDEST * np.median(effects.sei))
    low, high = float((effects.yi - reach).min()), float((effects.yi + reach).max())
    room = (high - low) / 2
    wanted = (*_limits(result, 1 - min(levels, default=0.05)), *result.prediction_interval())
    known = np.clip([x for x in wanted if math.isfinite(x)], low - room, high + room)
    ends = min(low, *known), max(high, *known)
    marks = [*effects.yi, result.estimate, result.fixed.estimate]
    if effects.scale.null is not None:
        marks.append(0.0)
    inside = [x for x in marks if ends[0] <= x <= ends[1]]
    return np.unique(np.concatenate([np.linspace(*ends, points), inside]))


def _p_values(result: PooledResult, values: FloatArray) -> FloatArray:
    """The p value of each mean, by the test behind the result's interval."""
    ci, held = result.choices.ci, result._correlated
    if ci in BY_LIKELIHOOD and result.k > 1:
        data = result._data
        column = None if held is None else held.column
        return p_by_likelihood(ci, data, values / float(data.unit), column)
    return p_of_distance(result.estimate, result.se, result.df, values)


def _limits(result: PooledResult, level: float) -> tuple[float, float]:
    """Interval of the mean at another level, by the same standard error or the same test."""
    if result.choices.ci in BY_LIKELIHOOD:
        found = fit_of(result.effects, replace(result.choices, level=level))
        return float(found.low), float(found.high)
    half = float(quantile(level, np.asarray(result.df))) * result.se
    return result.estimate - half, result.estimate + half


def _has_curve(prediction: Interval) -> bool:
    """Whether it is the interval of a distribution that is known, not simulated."""
    return prediction.applies and prediction.seed is None


def _predicted(result: PooledResult, values: FloatArray) -> FloatArray:
    """The p value of each effect in a new study."""
    interval = result.prediction_interval()
    found = result._predicted(interval.method, interval.level)
    unit = float(result._data.unit)
    return p_of_distance(found.mean * unit, found.se * unit, found.df, values)
