"""`waap_wls`: the mean of the studies that are large enough to find it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from metaonc.diagnostics.small_study.guards import pooled
from metaonc.diagnostics.words import effect_cell, p_cell
from metaonc.errors import DiagnosticsError
from metaonc.kernels import Fit, fit
from metaonc.pooling import PooledResult
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd

# A standard error up to 1/2.8 of the effect: 80 % power at a two-sided level of 5 %.
POWERED = 2.8


@dataclass(frozen=True, eq=False, repr=False)
class WaapWls(Finding):
    """Weighted average of the adequately powered studies. Made by :func:`metaonc.waap_wls`.

    Attributes
    ----------
    result : PooledResult
        The result that is adjusted.
    estimate, se, df, p_value, ci_low, ci_high : float
        The mean that counts, on the analysis scale, with a t test.
    powered : ndarray of bool, shape (k,)
        Which studies have a power of 80 % or more.
    method : str
        ``"WAAP"``, or ``"WLS"`` of all studies where fewer than two are powered.
    """

    result: PooledResult
    estimate: float
    se: float
    df: float
    p_value: float
    ci_low: float
    ci_high: float
    powered: NDArray[np.bool_]
    method: str
    kind: ClassVar[str] = "WAAP-WLS"

    def to_frame(self) -> pd.DataFrame:
        """One row per study: ``label yi sei powered``."""
        import pandas as pd

        effects = self.result.effects
        return pd.DataFrame(
            {"label": effects.labels, "yi": effects.yi, "sei": effects.sei, "powered": self.powered}
        )

    def numbers(self) -> dict[str, Any]:
        """The mean."""
        names = ("method", "estimate", "se", "df", "p_value", "ci_low", "ci_high")
        return {name: getattr(self, name) for name in names}

    @property
    def title(self) -> str:
        """The mean."""
        effects = self.result.effects
        shown = effect_cell(effects, self.estimate, self.ci_low, self.ci_high)
        return f"WAAP-WLS: {effects.scale.name} {shown} by {self.method}"

    def cells(self) -> list[list[str]]:
        """The result as it is, and adjusted."""
        effects, fitted = self.result.effects, self.result
        rows = (("observed", fitted, fitted.k), (self.method, self, self.df + 1))
        return [
            ["", "k", f"{effects.scale.name} (interval)", "p"],
            *(
                [name, f"{k:.0f}", effect_cell(effects, at.estimate, at.ci_low, at.ci_high),
                 p_cell(at.p_value)]
                for name, at, k in rows
            ),
        ]  # fmt: skip

    @property
    def sentences(self) -> Sequence[str]:
        """How it was made."""
        enough = int(self.powered.sum())
        return (
            (
                f"{enough} of {self.result.k} studies have at least 80% power for the weighted "
                "mean of all; variances multiplied by a common factor (Stanley, Doucouliagos & "
                "Ioannidis, Stat Med 2017;36:1580-1598)."
            ),
            *(
                ()
                if self.method == "WAAP"
                else ("Fewer than two: the mean of all studies counts.",)
            ),
        )


def waap_wls(result: PooledResult) -> WaapWls:
    r"""Average the adequately powered studies, or all where there are none.

    Parameters
    ----------
    result : PooledResult
        At least 2 independent effects with a null value.

    Returns
    -------
    WaapWls

    Raises
    ------
    DiagnosticsError
        If there are fewer studies, or the measure has no null value.

    Notes
    -----
    Unrestricted weighted least squares has the weights :math:`1/v_i` of a common effect and
    variances multiplied by :math:`Q/(k-1)`. A study is adequately powered where :math:`|\hat\mu| /
    \sqrt{v_i} \ge 2.8` for that mean :math:`\hat\mu` of all studies [1]_.

    .. [1] Stanley TD, Doucouliagos H, Ioannidis JPA. Stat Med 2017;36:1580-1598.
       doi:10.1002/sim.7228

    Examples
    --------
    >>> import metaonc as mo
    >>> mo.waap_wls(mo.pool(mo.load_registry().effects("pfs")))
    <WaapWls: WAAP-WLS: hazard ratio 0.64 (0.24 to 1.72) by WAAP>
    """
    effects = pooled(result, "waap_wls()").effects
    if effects.k < 2 or effects.scale.null is None:
        raise DiagnosticsError(
            "waap_wls() needs at least 2 studies of a measure with a null value, for which a study "
            "has power."
        )
    level = result.choices.level
    whole = _least_squares(effects.yi, effects.vi, level)
    powered = np.asarray(np.abs(float(whole.estimate)) >= POWERED * effects.sei)
    enough = bool(powered.sum() >= 2)
    found = _least_squares(effects.yi[powered], effects.vi[powered], level) if enough else whole
    names = ("estimate", "se", "df", "p_value")
    numbers = {name: float(getattr(found, name)) for name in names}
    return WaapWls(
        result=result,
        **numbers,
        ci_low=float(found.low),
        ci_high=float(found.high),
        powered=powered,
        method="WAAP" if enough else "WLS",
    )


def _least_squares(yi: np.ndarray, vi: np.ndarray, level: float) -> Fit:
    """The common effect with its variance multiplied by Q / (k - 1)."""
    return fit(yi, vi, model="fixed", ci="hksj", level=level)
