"""`excess_significance`: whether more studies are significant than their power allows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy.special import bdtrc, chdtrc, ndtr, ndtri

from metaonc.diagnostics.small_study.guards import checked_alpha, pooled
from metaonc.diagnostics.small_study.precision import chosen
from metaonc.diagnostics.small_study.repooled import mean_fit
from metaonc.diagnostics.words import p_cell
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray
from metaonc.pooling import PooledResult
from metaonc.pooling.finding import Finding

if TYPE_CHECKING:
    import pandas as pd

_WORDS = {
    "chi2": "chi-square with 1 df",
    "binomial": "binomial, with the mean of the powers",
    "exact": "exact, with the power of every study",
}
TESTS = tuple(_WORDS)


@dataclass(frozen=True, eq=False, repr=False)
class ExcessSignificance(Finding):
    """Significant studies, observed and expected. Made by `excess_significance`.

    Attributes
    ----------
    result : PooledResult
        Its mean and between-study variance give the powers.
    test : str
        As in :func:`metaonc.excess_significance`.
    alpha : float
        Two-sided level at which a study is significant.
    theta : float
        The effect the powers are for, on the analysis scale.
    power : ndarray, shape (k,)
        Probability of a significant effect in each study.
    significant : ndarray of bool, shape (k,)
        Which studies are significant.
    statistic : float
        Chi-square, NaN for the other tests.
    p_value : float
        One-sided, of as many significant studies or more.
    """

    result: PooledResult
    test: str
    alpha: float
    theta: float
    power: FloatArray
    significant: np.ndarray
    statistic: float
    p_value: float
    kind: ClassVar[str] = "test of excess significance"

    @property
    def observed(self) -> int:
        """Number of significant studies."""
        return int(self.significant.sum())

    @property
    def expected(self) -> float:
        """Sum of the powers."""
        return float(self.power.sum())

    @property
    def ratio(self) -> float:
        """Observed over expected."""
        return self.observed / self.expected

    def to_frame(self) -> pd.DataFrame:
        """One row per study: ``label yi sei power significant``."""
        import pandas as pd

        effects = self.result.effects
        return pd.DataFrame(
            {"label": effects.labels, "yi": effects.yi, "sei": effects.sei, "power": self.power,
             "significant": self.significant}
        )  # fmt: skip

    def numbers(self) -> dict[str, Any]:
        """The counts and the test."""
        names = ("test", "alpha", "theta", "observed", "expected", "ratio", "statistic", "p_value")
        return {name: getattr(self, name) for name in names}

    @property
    def title(self) -> str:
        """Observed, expected, p."""
        return (
            f"Excess significance: {self.observed} of {self.result.k} studies significant, "
            f"{self.expected:.1f} expected, p = {p_cell(self.p_value)}"
        )

    def cells(self) -> list[list[str]]:
        """The power of every study."""
        effects = self.result.effects
        return [
            ["", "power", "significant"],
            *(
                [label, f"{power:.0%}", "yes" if found else "no"]
                for label, power, found in zip(
                    effects.labels, self.power, self.significant, strict=True
                )
            ),
        ]

    @property
    def sentences(self) -> Sequence[str]:
        """How it was made and what limits it."""
        effects = self.result.effects
        shown = effects.scale.number(float(effects.display(self.theta)))
        return (
            (
                f"Powers at {effects.scale.name} {shown}, two-sided level {self.alpha:g}, with the "
                f"result's between-study variance; {_WORDS[self.test]} (Ioannidis & Trikalinos, "
                "Clin Trials 2007;4:245-253)."
            ),
            (
                "The test has little power with few studies or few significant ones, and "
                "heterogeneity that the model does not describe looks like an excess."
            ),
        )


def excess_significance(
    result: PooledResult,
    test: str = "chi2",
    *,
    alpha: float = 0.05,
    theta: float | None = None,
) -> ExcessSignificance:
    r"""Test whether more studies are significant than their power leads one to expect.

    Parameters
    ----------
    result : PooledResult
        Independent effects with a null value.
    test : {"chi2", "binomial", "exact"}, default "chi2"
        Chi-square test; binomial test with the mean power; exact test with the power of each study.
    alpha : float, default 0.05
        Two-sided level at which a study counts as significant.
    theta : float, optional
        The true mean, on the displayed scale, for which powers are computed. Default: the result's.

    Returns
    -------
    ExcessSignificance

    Raises
    ------
    DiagnosticsError
        If an argument is not one of the above, or the measure has no null value.

    Notes
    -----
    With true effects that vary by :math:`\tau^2` the effect of a study is normal with variance
    :math:`v_i + \tau^2`, so that its power is :math:`\Phi\{(\theta - z\sqrt{v_i}) / \sqrt{v_i +
    \tau^2}\} + \Phi\{(-\theta - z\sqrt{v_i}) / \sqrt{v_i + \tau^2}\}`, :math:`z` the normal
    quantile. With O observed and E expected, :math:`A = (O-E)^2/E + (O-E)^2/(k-E)` [1]_; the p
    value is one-sided, half of that of A where O > E.

    .. [1] Ioannidis JPA, Trikalinos TA. Clin Trials 2007;4:245-253.
       doi:10.1177/1740774507079441

    Examples
    --------
    >>> import metaonc as mo
    >>> found = mo.excess_significance(mo.pool(mo.load_registry().effects("pfs")), "exact")
    >>> found.observed, round(found.expected, 1)
    (5, 4.5)
    """
    effects = pooled(result, "excess_significance()").effects
    chosen("test", test, TESTS)
    alpha = checked_alpha(alpha)
    if effects.scale.null is None:
        raise DiagnosticsError(
            f"a {effects.scale.name} of one group has no null value that a study could differ "
            "from significantly."
        )
    if theta is None:
        found = mean_fit(effects, result.choices)
        mean, tau2 = float(found.estimate), float(found.tau2)
    else:
        mean, tau2 = float(effects.analysis(theta)), result.tau2
    z, sei = float(ndtri(1 - alpha / 2)), effects.sei
    whole = np.sqrt(effects.vi + tau2)
    power = np.asarray(ndtr((mean - z * sei) / whole) + ndtr((-mean - z * sei) / whole))
    significant = np.abs(effects.yi) >= z * sei
    observed = int(significant.sum())
    statistic, p = _tested(test, observed, power)
    return ExcessSignificance(result, test, alpha, mean, power, significant, statistic, p)


def _tested(test: str, observed: int, power: FloatArray) -> tuple[float, float]:
    k, expected = len(power), float(power.sum())
    if test == "exact":
        return math.nan, _at_least(observed, power)
    if test == "binomial":
        return math.nan, 1.0 if observed == 0 else float(bdtrc(observed - 1, k, expected / k))
    away = observed - expected
    # k - E as a sum, which keeps its digits where every study has full power.
    left = float((1 - power).sum())
    statistic = away**2 / expected + (away**2 / left if left > 0 else 0.0)
    half = float(chdtrc(1, statistic)) / 2
    return statistic, half if away > 0 else 1 - half


def _at_least(observed: int, power: FloatArray) -> float:
    """Probability of as many significant studies or more, each with its own power."""
    counts = np.ones(1)
    for p in power:
        counts = np.append(counts * (1 - p), 0.0) + np.append(0.0, counts * p)
    return float(counts[observed:].sum())
