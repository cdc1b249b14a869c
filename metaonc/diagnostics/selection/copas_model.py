"""`copas`: a result under stronger and stronger selection of imprecise studies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy.special import chdtrc, ndtri

from metaonc.diagnostics.selection import copas_words as words
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray
from metaonc.kernels.selection.copas import CopasFits, fit_copas, gammas, unpublished
from metaonc.kernels.selection.selection_models import fit_without_selection, selection_likelihood
from metaonc.pooling import MetaRegression, PooledResult
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd

# Probability that the most precise study is seen, along the path of growing selection.
MOST = 0.999
_PATH = np.linspace(0.98, 0.1, 23)
_LEAST = np.linspace(0.15, 0.95, 17)
_MOST = np.append(np.linspace(0.3, 0.95, 14), MOST)
_COLUMNS = (
    *("p_least", "p_most", "gamma0", "gamma1", "estimate", "se", "ci_low", "ci_high"),
    *("tau2", "rho", "log_likelihood", "residual_p", "unpublished"),
)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class CopasModel(Finding):
    """A sensitivity analysis by the Copas selection model, on the analysis scale.

    Made by :func:`metaonc.copas`.

    Attributes
    ----------
    result : PooledResult
        What was estimated again.
    significance : float
        Level of the test of asymmetry that selection leaves.
    path : pandas.DataFrame
        Estimates as selection grows: a row without selection, then for falling probabilities that
        the least precise study is seen, the most precise one being all but certain to be. Columns
        ``p_least p_most gamma0 gamma1 estimate se ci_low ci_high tau2 rho log_likelihood
        residual_p unpublished``.
    """

    kind: ClassVar[str] = "copas"

    result: PooledResult
    significance: float
    path: pd.DataFrame

    @cached_property
    def grid(self) -> pd.DataFrame:
        """The columns of `path` for all pairs of the two probabilities; made when it is read."""
        least, most = map(np.ravel, np.meshgrid(_LEAST, _MOST))
        below = least < most
        return _fitted(self.result, least[below], most[below])

    @property
    def chosen(self) -> int:
        """Row of `path` with the least selection that leaves no asymmetry; -1 if there is none."""
        enough = np.flatnonzero(self.path["residual_p"].to_numpy() >= self.significance)
        return int(enough[0]) if len(enough) else -1

    @property
    def adjusted(self) -> bool:
        """Whether there was asymmetry to adjust for, and selection that explains it."""
        return self.chosen > 0

    @property
    def estimate(self) -> float:
        """The mean at the `chosen` row; NaN if there is none."""
        return self._at("estimate")

    @property
    def se(self) -> float:
        """Its standard error, as if the selection were known."""
        return self._at("se")

    @property
    def ci_low(self) -> float:
        """Its lower Wald limit, at the result's level."""
        return self._at("ci_low")

    @property
    def ci_high(self) -> float:
        """Its upper Wald limit."""
        return self._at("ci_high")

    @property
    def unpublished(self) -> float:
        """Expected number of studies that were not seen, at the `chosen` row."""
        return self._at("unpublished")

    @property
    def unadjusted(self) -> float:
        """The mean by maximum likelihood without selection."""
        return float(self.path["estimate"].iloc[0])

    @property
    def asymmetry_p(self) -> float:
        """P value of the test of asymmetry without selection."""
        return float(self.path["residual_p"].iloc[0])

    def to_frame(self) -> pd.DataFrame:
        """The path: see `path`."""
        return self.path.copy()

    @property
    def title(self) -> str:
        """What was estimated again."""
        return f"Copas selection model: {self.result.effects.scale.name}, k = {self.result.k}"

    def cells(self) -> list[list[str]]:
        """Some rows of the path on the displayed scale."""
        return words.cells(self)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The test, the choice, how to read it."""
        return tuple(words.sentences(self))

    def numbers(self) -> dict[str, Any]:
        """What was chosen."""
        return {
            "significance": self.significance,
            "asymmetry_p": self.asymmetry_p,
            "chosen": self.chosen,
            "estimate": self.estimate,
            "se": self.se,
            "ci_low": self.ci_low,
            "ci_high": self.ci_high,
            "unpublished": self.unpublished,
        }

    def _at(self, column: str) -> float:
        return float(self.path[column].iloc[self.chosen]) if self.chosen >= 0 else math.nan


def copas(result: PooledResult | MetaRegression, *, significance: float = 0.1) -> CopasModel:
    r"""Ask how a result changes if imprecise studies were seen less often: Copas [1]_ [2]_.

    A study with standard error s is seen if :math:`\gamma_0 + \gamma_1/s + \delta > 0`, where
    :math:`\delta` is standard normal and correlated by :math:`\rho` with the study's error. The
    data do not tell :math:`\gamma_0` and :math:`\gamma_1`: for given values of them, said as the
    probabilities that the least and the most precise study is seen, mean, :math:`\tau^2` and
    :math:`\rho` are estimated by maximum likelihood, and a likelihood-ratio test asks whether
    effects still rise or fall with their standard errors.

    Parameters
    ----------
    result : PooledResult
        What to estimate again: random effects, or a fixed effect with tau² = 0; a tau² that was
        given stays as it is.
    significance : float, default 0.1
        The adjusted estimate is that of the least selection at which the test of asymmetry has at
        least this p value; without asymmetry it is the unadjusted one.

    Returns
    -------
    CopasModel

    Raises
    ------
    DiagnosticsError
        If there are fewer than four studies, all are equally precise, `significance` is not between
        0 and 1, or the result is of correlated studies, a model of counts or a meta-regression.

    References
    ----------
    .. [1] Copas J, Shi JQ. Biostatistics 2000;1:247-262. doi:10.1093/biostatistics/1.3.247
    .. [2] Copas JB, Shi JQ. Stat Methods Med Res 2001;10:251-265. doi:10.1177/096228020101000402

    Examples
    --------
    >>> import metaonc as mo
    >>> effects = mo.Effects(
    ...     [-0.9, -0.7, -0.6, -0.5, -0.45, -0.4, -0.3, -0.2, -0.1, 0.05],
    ...     [0.09, 0.08, 0.06, 0.05, 0.04, 0.03, 0.05, 0.02, 0.03, 0.02],
    ...     measure="HR",
    ... )
    >>> found = mo.copas(mo.pool(effects))
    >>> print(f"{found.unadjusted:.3f} becomes {found.estimate:.3f}")
    -0.339 becomes -0.215
    """
    pooled = _checked(result, significance)
    path = _fitted(pooled, _PATH, np.full(len(_PATH), MOST))
    return CopasModel(
        result=pooled, significance=float(significance), path=_with_start(pooled, path)
    )


def _checked(result: PooledResult | MetaRegression, significance: float) -> PooledResult:
    if isinstance(result, MetaRegression):
        raise DiagnosticsError("the Copas model has no moderators; pool without moderators.")
    if result.effects.covariance is not None or result.choices.count_model is not None:
        raise DiagnosticsError(
            "the Copas model takes independent effects with their variances; pool these with "
            'model="random", one contrast of each trial.'
        )
    if not 0 < significance < 1:
        raise DiagnosticsError(f"significance = {significance!r} must lie between 0 and 1.")
    if result.k < 4:
        raise DiagnosticsError(f"the Copas model needs four studies, and there are {result.k}.")
    if np.ptp(result.effects.sei) <= 1e-9 * result.effects.sei.max():
        raise DiagnosticsError(
            "the Copas model compares precise with imprecise studies, and all standard errors are "
            "the same."
        )
    return result


def _tau2(result: PooledResult) -> float | None:
    choices = result.choices
    if choices.model == "fixed":
        return 0.0
    return None if isinstance(choices.tau2, str) else float(choices.tau2)


def _fitted(result: PooledResult, least: FloatArray, most: FloatArray) -> pd.DataFrame:
    """A row per strength of selection."""
    yi, sei, tau2 = np.asarray(result.effects.yi), result.effects.sei, _tau2(result)
    gamma0, gamma1 = gammas(sei, least, most)
    plain = fit_copas(yi, sei, gamma0, gamma1, tau2=tau2)
    sloped = fit_copas(yi, sei, gamma0, gamma1, with_slope=True, tau2=tau2)
    gain = 2 * np.maximum(sloped.log_likelihood - plain.log_likelihood, 0.0)
    strength = (least, most, gamma0, gamma1)
    return _frame(result, strength, plain, chdtrc(1, gain), unpublished(sei, gamma0, gamma1))


def _frame(
    result: PooledResult,
    strength: tuple[FloatArray, FloatArray, FloatArray, FloatArray],
    fits: CopasFits,
    residual_p: FloatArray,
    missing: FloatArray,
) -> pd.DataFrame:
    import pandas as pd

    half = ndtri(0.5 + result.choices.level / 2) * fits.se
    columns = (
        *strength,
        *(fits.mean, fits.se, fits.mean - half, fits.mean + half),
        *(fits.tau2, fits.rho, fits.log_likelihood, residual_p, missing),
    )
    return pd.DataFrame(dict(zip(_COLUMNS, columns, strict=True)))


def _with_start(result: PooledResult, path: pd.DataFrame) -> pd.DataFrame:
    """The path with a first row without selection: maximum likelihood, and its own test."""
    import pandas as pd

    yi, sei, tau2 = np.asarray(result.effects.yi), result.effects.sei, _tau2(result)

    designs = (np.ones((len(yi), 1)), np.column_stack([np.ones(len(yi)), sei / sei.max()]))
    plain, sloped = (
        fit_without_selection(
            selection_likelihood(yi, sei**2, x, kind="stepfun", cuts=np.empty(0)), tau2=tau2
        )
        for x in designs
    )
    gain = 2 * max(sloped.log_likelihood - plain.log_likelihood, 0.0)
    one = np.ones(1)
    fits = CopasFits(
        plain.point.beta,
        np.sqrt(plain.covariance[:1, 0]),
        0 * one,
        np.nan * one,
        plain.point.tau2 * one,
        plain.log_likelihood * one,
    )
    strength = (one, one, np.inf * one, 0 * one)
    first = _frame(result, strength, fits, chdtrc(1, gain) * one, 0 * one)
    return pd.concat([first, path], ignore_index=True)
