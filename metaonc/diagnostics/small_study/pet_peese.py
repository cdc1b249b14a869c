"""`pet_peese`: the effect of an infinitely large study, by a line or a parabola in the error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from metaonc.diagnostics.small_study.guards import checked_alpha, pooled
from metaonc.diagnostics.words import effect_cell, p_cell
from metaonc.effects import Effects
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray
from metaonc.kernels.moderators import aliased, regression
from metaonc.pooling import PooledResult
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd


class Adjusted(NamedTuple):
    """An effect with its error, t test, interval, and the slope of the line it is the end of."""

    estimate: float
    se: float
    p_value: float
    ci_low: float
    ci_high: float
    slope: float
    slope_se: float
    slope_p: float


@dataclass(frozen=True, eq=False, repr=False)
class PetPeese(Finding):
    """PET, PEESE and which of the two counts. Made by :func:`metaonc.pet_peese`.

    Attributes
    ----------
    result : PooledResult
        The result that is adjusted.
    pet, peese : Adjusted
        Effects at a standard error of 0, and at a variance of 0.
    alpha : float
        Two-sided level at which PET has to find an effect for PEESE to count.
    """

    result: PooledResult
    pet: Adjusted
    peese: Adjusted
    alpha: float
    kind: ClassVar[str] = "PET-PEESE"

    @property
    def chosen(self) -> str:
        """``"PEESE"`` where PET finds an effect, else ``"PET"``."""
        return "PEESE" if self.pet.p_value < self.alpha else "PET"

    @property
    def adjusted(self) -> Adjusted:
        """The estimate that counts."""
        return self.peese if self.chosen == "PEESE" else self.pet

    def to_frame(self) -> pd.DataFrame:
        """A row for each: ``method`` and the fields of `Adjusted`."""
        import pandas as pd

        rows = [("PET", self.pet), ("PEESE", self.peese)]
        return pd.DataFrame([{"method": name, **found._asdict()} for name, found in rows])

    def numbers(self) -> dict[str, Any]:
        """Which one counts."""
        return {"chosen": self.chosen, "alpha": self.alpha}

    @property
    def title(self) -> str:
        """The adjusted effect."""
        effects, found = self.result.effects, self.adjusted
        shown = effect_cell(effects, found.estimate, found.ci_low, found.ci_high)
        return f"PET-PEESE: {effects.scale.name} {shown} by {self.chosen}"

    def cells(self) -> list[list[str]]:
        """The result as it is, and both adjusted effects."""
        effects, fit = self.result.effects, self.result
        rows: list[tuple[str, PooledResult | Adjusted, float, str]] = [
            ("observed", fit, fit.p_value, "")
        ]
        rows += [
            (name, found, found.p_value, p_cell(found.slope_p))
            for name, found in (("PET", self.pet), ("PEESE", self.peese))
        ]
        return [
            ["", f"{effects.scale.name} (interval)", "p", "p of the slope"],
            *(
                [name, effect_cell(effects, at.estimate, at.ci_low, at.ci_high), p_cell(p), slope]
                for name, at, p, slope in rows
            ),
        ]

    @property
    def sentences(self) -> Sequence[str]:
        """How it was made and what limits it."""
        return (
            (
                "Weighted least squares of the effects on their standard errors (PET) and "
                "variances (PEESE), weights 1 / variance, t tests (Stanley & Doucouliagos, Res "
                "Synth Methods 2014;5:60-78)."
            ),
            f"PEESE counts where PET finds an effect at p < {self.alpha:g}.",
            (
                "Few studies, large heterogeneity or little spread of the standard errors make "
                "both unreliable (Stanley, Soc Psychol Personal Sci 2017;8:581-591)."
            ),
        )


def pet_peese(result: PooledResult, *, alpha: float = 0.1) -> PetPeese:
    """Adjust a result for small-study effects by PET-PEESE.

    Parameters
    ----------
    result : PooledResult
        At least 3 independent effects whose standard errors differ.
    alpha : float, default 0.1
        Two-sided level of PET's test of an effect, 5 % one-sided, that decides between the two.

    Returns
    -------
    PetPeese

    Raises
    ------
    DiagnosticsError
        If there are fewer studies, or their standard errors are all the same.

    Notes
    -----
    Precision-effect test and precision-effect estimate with standard error: intercepts of weighted
    regressions on the standard error and on the variance, the variances multiplied by a common
    factor [1]_. PET is Egger's regression; see :func:`metaonc.asymmetry_test`.

    .. [1] Stanley TD, Doucouliagos H. Res Synth Methods 2014;5:60-78. doi:10.1002/jrsm.1095

    Examples
    --------
    >>> import metaonc as mo
    >>> mo.pet_peese(mo.pool(mo.load_registry().effects("pfs"))).chosen
    'PET'
    """
    effects = pooled(result, "pet_peese()").effects
    alpha = checked_alpha(alpha)
    level = result.choices.level
    return PetPeese(
        result, _end(effects, effects.sei, level), _end(effects, effects.vi, level), alpha
    )


def _end(effects: Effects, x: FloatArray, level: float) -> Adjusted:
    design = np.column_stack([np.ones(effects.k), x])
    if effects.k < 3 or aliased(design):
        raise DiagnosticsError(
            "pet_peese() needs at least 3 studies whose standard errors are not all the same."
        )
    found = regression(effects.yi, effects.vi, design, model="fixed", ci="hksj", level=level)
    about = found.inference
    at, on = 0, 1
    return Adjusted(
        *map(
            float,
            (
                found.coefficients[at], about.se[at], about.p_value[at], about.low[at],
                about.high[at], found.coefficients[on], about.se[on], about.p_value[on],
            ),
        )
    )  # fmt: skip
