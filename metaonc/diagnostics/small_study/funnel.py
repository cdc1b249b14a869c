"""`funnel`: effects against how precise the studies are, with limits to compare them with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from metaonc.diagnostics.small_study.guards import independent
from metaonc.diagnostics.small_study.precision import PRECISIONS, WEIGHT, chosen
from metaonc.diagnostics.small_study.trim_fill import TrimAndFill
from metaonc.diagnostics.words import number_cell
from metaonc.effects import checked_level, level_text
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray
from metaonc.pooling import MetaRegression, PooledResult
from metaonc.pooling.finding import Finding
from metaonc.pooling.words import tau2_text

if TYPE_CHECKING:
    import pandas as pd

HEIGHTS = (*PRECISIONS, WEIGHT)
CONTOURS = (0.90, 0.95, 0.99)


@dataclass(frozen=True, eq=False, repr=False)
class Funnel(Finding):
    """Points and limits of a funnel plot. Made by :func:`metaonc.funnel`.

    Attributes
    ----------
    result : PooledResult or MetaRegression
        Whose studies are plotted; after trim and fill, the one with the filled studies.
    y : str
        The vertical axis, as in :func:`metaonc.funnel`.
    effects, heights : ndarray, shape (k,)
        The points: effects on the analysis scale, or residuals of a meta-regression; precision.
    filled : ndarray of bool, shape (k,)
        Which points are studies that trim and fill added.
    center : float
        Where the funnel stands: the pooled effect, or 0 for residuals.
    level : float
        Level of the limits.
    tau2 : float
        Between-study variance that the limits allow for; 0 if they do not.
    levels : tuple of float
        Levels of the contours around no effect; empty without contours.
    """

    result: PooledResult | MetaRegression
    y: str
    effects: FloatArray
    heights: FloatArray
    filled: NDArray[np.bool_]
    center: float
    level: float
    tau2: float
    levels: tuple[float, ...]
    kind: ClassVar[str] = "funnel plot"

    @property
    def residual(self) -> bool:
        """Whether the points are residuals."""
        return isinstance(self.result, MetaRegression)

    @property
    def has_limits(self) -> bool:
        """Whether the vertical axis says what the standard error is."""
        return self.y != WEIGHT and PRECISIONS[self.y].se is not None

    def limits(self, heights: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Where `level` of the studies lie at these heights if there is no bias.

        Parameters
        ----------
        heights : array_like
            Values of the vertical axis.

        Returns
        -------
        low, high : ndarray
            ``center ± z sqrt(se² + tau2)``, on the analysis scale.

        Raises
        ------
        DiagnosticsError
            If the axis does not say what the standard error is: sizes and weights.
        """
        half = self._half(self.level, np.hypot(self._se(heights), np.sqrt(self.tau2)))
        return self.center - half, self.center + half

    def contour(self, level: float, heights: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Between which effects a study of these heights has p > 1 - `level`: ``0 ± z se``."""
        half = self._half(level, self._se(heights))
        return -half, half

    def _half(self, level: float, spread: FloatArray) -> FloatArray:
        return np.asarray(float(ndtri(0.5 + level / 2)) * spread)

    def _se(self, heights: ArrayLike) -> FloatArray:
        way = None if self.y == WEIGHT else PRECISIONS[self.y].se
        if way is None:
            raise DiagnosticsError(
                f"y = {self.y!r} does not say what the standard error is, so that there are no "
                "limits; use 'se', 'variance', '1/se' or '1/variance'."
            )
        return np.asarray(way(np.asarray(heights, dtype=float)))

    @property
    def outside(self) -> NDArray[np.bool_]:
        """Which studies lie outside the limits, shape (k,); none where there are no limits."""
        if not self.has_limits:
            return np.zeros(len(self.effects), dtype=bool)
        low, high = self.limits(self.heights)
        return np.asarray((self.effects < low) | (self.effects > high))

    def to_frame(self) -> pd.DataFrame:
        """One row per study: ``label effect height filled outside``."""
        import pandas as pd

        return pd.DataFrame(
            {
                "label": self.result.effects.labels,
                "effect": self.effects,
                "height": self.heights,
                "filled": self.filled,
                "outside": self.outside,
            }
        )

    def numbers(self) -> dict[str, Any]:
        """The axis, and where the limits are."""
        return {name: getattr(self, name) for name in ("y", "center", "level", "tau2", "levels")}

    @property
    def title(self) -> str:
        """What is plotted."""
        what = "Funnel of residuals" if self.residual else "Funnel"
        return f"{what}: {len(self.effects)} studies by {self._axis}"

    @property
    def _axis(self) -> str:
        return WEIGHT if self.y == WEIGHT else PRECISIONS[self.y].label

    def cells(self) -> list[list[str]]:
        """The points."""
        effects = self.result.effects
        shown = self.effects if self.residual else effects.display(self.effects)
        name = "residual" if self.residual else effects.scale.name
        rows = zip(effects.labels, shown, self.heights, self.outside, strict=True)
        return [
            ["", name, self._axis, "outside"],
            *(
                [
                    label,
                    number_cell(x) if self.residual else effects.scale.number(float(x)),
                    f"{height:.3g}",
                    "yes" if out else "",
                ]
                for label, x, height, out in rows
            ),
        ]

    @property
    def sentences(self) -> Sequence[str]:
        """What the limits and the contours say."""
        said = []
        if self.has_limits:
            real = ~self.filled
            about = "neither bias nor heterogeneity"
            if self.tau2 > 0:
                about = f"no bias, and tau² is {tau2_text(self.tau2)}"
            said.append(
                f"Dashed: where {level_text(self.level)} of the studies lie if there is {about}; "
                f"{int((self.outside & real).sum())} of {int(real.sum())} are outside."
            )
        if self.levels:
            bounds = ", ".join(f"{1 - level:.2g}" for level in self.levels)
            said.append(
                "Shaded, the darker the smaller p of a study's own test of no effect: p < "
                f"{bounds}."
            )
        if self.filled.any():
            count = int(self.filled.sum())
            said.append(f"Hollow: {count} filled {'study' if count == 1 else 'studies'}, no data.")
        return said


def funnel(
    result: PooledResult | MetaRegression | TrimAndFill,
    y: str = "se",
    *,
    level: float | None = None,
    tau2: bool = False,
    contours: bool | Sequence[float] = False,
) -> Funnel:
    r"""Points, limits and contours of a funnel plot; :func:`metaonc.funnel_plot` draws them.

    Parameters
    ----------
    result : PooledResult, MetaRegression or TrimAndFill
        Independent effects. A meta-regression gives the funnel of its residuals; trim and fill adds
        its filled studies, flagged.
    y : str, default "se"
        The vertical axis: ``"se"``, ``"variance"``, ``"1/se"``, ``"1/variance"``; of the patients
        ``"n"``, ``"1/n"``, ``"sqrt(n)"``, ``"1/sqrt(n)"``, ``"log(n)"``; or ``"weight"``.
    level : float, optional
        Level of the limits. Default: the result's.
    tau2 : bool, default False
        Whether the limits allow for the between-study variance.
    contours : bool or sequence of float, default False
        Levels of contours around no effect; True for 0.90, 0.95 and 0.99.

    Returns
    -------
    Funnel

    Raises
    ------
    DiagnosticsError
        If an argument is not one of the above, the sizes are not known, or contours are asked for
        where no effect has no place: single groups, residuals, axes of sizes and weights.

    Notes
    -----
    Sterne & Egger, J Clin Epidemiol 2001;54:1046-1055, on the choice of axis; contours as in
    Peters et al., J Clin Epidemiol 2008;61:991-996.

    Examples
    --------
    >>> import metaonc as mo
    >>> found = mo.funnel(mo.pool(mo.load_registry().effects("pfs")))
    >>> found
    <Funnel: Funnel: 6 studies by standard error>
    >>> low, high = found.limits([0.1])
    >>> [round(float(x), 2) for x in (low[0], high[0])]
    [-0.7, -0.31]
    """
    filled = None
    if isinstance(result, TrimAndFill):
        filled, result = result.is_filled, result.filled
    effects = independent(result, "funnel()")
    chosen("y", y, HEIGHTS)
    residual = isinstance(result, MetaRegression)
    at = result.choices.level if level is None else checked_level(level, DiagnosticsError)
    heights = _weights(result) if y == WEIGHT else PRECISIONS[y].values(effects)
    return Funnel(
        result=result,
        y=y,
        effects=_points(result),
        heights=np.asarray(heights, dtype=float),
        filled=np.zeros(effects.k, dtype=bool) if filled is None else filled,
        center=0.0 if isinstance(result, MetaRegression) else result.estimate,
        level=at,
        tau2=result.tau2 if tau2 else 0.0,
        levels=_levels(contours, residual or effects.scale.null is None, y),
    )


def _points(result: PooledResult | MetaRegression) -> FloatArray:
    if isinstance(result, PooledResult):
        return result.effects.yi
    fitted = result.predict()["estimate"].to_numpy(dtype=float)
    return np.asarray(result.effects.yi - fitted)


def _weights(result: PooledResult | MetaRegression) -> FloatArray:
    if isinstance(result, PooledResult):
        return result.weights
    shares = 1 / (result.effects.vi + result.tau2)
    return np.asarray(shares / shares.sum())


def _levels(contours: bool | Sequence[float], nowhere: bool, y: str) -> tuple[float, ...]:
    """Levels of the contours in order, or an error where there can be none."""
    if contours is False:
        return ()
    if nowhere or y == WEIGHT or PRECISIONS[y].se is None:
        raise DiagnosticsError(
            "contours surround the null value of a study's own test: they need effects with one "
            "(no single groups, no residuals) and an axis of 'se', 'variance', '1/se' or "
            "'1/variance'."
        )
    levels = CONTOURS if contours is True else tuple(contours)
    return tuple(sorted(checked_level(level, DiagnosticsError) for level in levels))
