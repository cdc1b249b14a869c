"""The 2x2 tables of rare events: which are empty where, and what that says about a method."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import gammaln, logit

from metaonc.effects import Effects
from metaonc.kernels import FloatArray
from metaonc.kernels.counts.penalised import penalised_odds_ratio
from metaonc.kernels.counts.peto import peto_tables
from metaonc.kernels.counts.table_tests import breslow_day, expected_events
from metaonc.pooling.counts.count_columns import counts_of

# Fewer studies with events than this say little of how much effects or risks differ between
# studies: Bender et al., Res Synth Methods 2018;9:382-392.
FEW_STUDIES = 5
# Peto's log odds ratio may be off by this share of itself before the guard says no.
PETO_BIAS = 0.1
HOMOGENEITY_P = 0.1
# Bias of a mean in standard errors before a test is not believed: a two-sided 5% becomes 5.7%.
BIAS_IN_ERRORS = 0.25


@dataclass(frozen=True, eq=False)
class RareTables:
    """Events and patients of two arms.

    Attributes
    ----------
    effects : Effects
        Odds ratios with their counts.
    """

    effects: Effects

    @cached_property
    def counts(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Events and patients of arm 1, then of arm 2, shape (k,) each."""
        x1, n1, x2, n2 = counts_of(self.effects, "mh")
        return x1, n1, x2, n2

    @cached_property
    def says(self) -> np.ndarray:
        """Studies with both events and patients without one, which say something of a ratio."""
        x1, n1, x2, n2 = self.counts
        return (x1 + x2 > 0) & (x1 + x2 < n1 + n2)

    @property
    def informative(self) -> int:
        """How many those are."""
        return int(self.says.sum())

    @property
    def risk(self) -> float:
        """Events per patient over all studies and arms."""
        x1, n1, x2, n2 = self.counts
        return float((x1 + x2).sum() / (n1 + n2).sum())

    def kinds(self) -> list[str]:
        """What is empty in each study; empty text where nothing is."""
        return [self._kind(*row) for row in zip(*self.counts, strict=True)]

    def _kind(self, x1: float, n1: float, x2: float, n2: float) -> str:
        one, two = self.effects.arm_labels
        if x1 + x2 == 0:
            return "no event in either arm"
        if x1 + x2 == n1 + n2:
            return "nothing but events in both arms"
        if x1 == 0 or x2 == 0:
            return f"no event in arm {one if x1 == 0 else two}"
        if x1 == n1 or x2 == n2:
            return f"nothing but events in arm {one if x1 == n1 else two}"
        return ""

    # Assumptions -----------------------------------------------------------------------------

    @cached_property
    def homogeneity_p(self) -> float:
        """P value of Tarone's test of one odds ratio; NaN where it cannot be tested."""
        x1, _, x2, _ = self.counts
        if self.informative < 2 or x1.sum() == 0 or x2.sum() == 0:
            return math.nan
        return float(breslow_day(*self.counts).p_value)

    @cached_property
    def log_odds_ratio(self) -> float:
        """A log odds ratio that is finite whatever the counts: the penalised one."""
        return penalised_odds_ratio(*self.counts).estimate

    @cached_property
    def peto_of_it(self) -> float:
        """What Peto's method finds on average with these arms and totals for that log odds ratio.

        Asymptotic means of the tables in place of the events observed.
        """
        x1, n1, x2, n2 = self.counts
        total = x1 + x2
        mean = expected_events(n1, n2, total, np.asarray(math.exp(self.log_odds_ratio)))
        apart = np.where(self.says, mean - n1 * total / (n1 + n2), 0.0)
        return float(apart.sum() / peto_tables(x1, n1, x2, n2).variance.sum())

    @cached_property
    def peto_bias(self) -> float:
        """How far off that is, as a share of the log odds ratio."""
        if abs(self.log_odds_ratio) < 1e-8:
            return 0.0
        return abs(self.peto_of_it / self.log_odds_ratio - 1)

    def arcsine_of_none(self, weights: FloatArray) -> float:
        """What the pooled arcsine difference is on average where the arms have the same risks.

        The mean of an arcsine of few events is below the arcsine of the risk, by more in the
        smaller arm. Exact sums over the binomial distributions, at the risk of each study.
        """
        x1, n1, x2, n2 = self.counts
        risks = (x1 + x2 + 0.5) / (n1 + n2 + 1)
        apart = [
            _mean_arcsine(n, p) - _mean_arcsine(m, p) for n, m, p in zip(n1, n2, risks, strict=True)
        ]
        return float(weights @ np.array(apart))

    def beta_binomial_of_none(self, rho: float) -> float:
        """The log odds ratio across studies where the arms of each study have the same risk.

        Arms that are compared across studies differ where studies of a high risk have a larger
        share in one of them; the shares are those of n / (1 + (n - 1) rho).
        """
        x1, n1, x2, n2 = self.counts
        risks = (x1 + x2) / (n1 + n2)
        one, two = (float(np.average(risks, weights=n / (1 + (n - 1) * rho))) for n in (n1, n2))
        return float(logit(one) - logit(two))

    @property
    def allocation(self) -> float:
        """The largest ratio of arm sizes among studies that say something, >= 1."""
        _, n1, _, n2 = self.counts
        ratios = (n1 / n2)[self.says]
        return float(np.maximum(ratios, 1 / ratios).max())


def _mean_arcsine(n: float, risk: float) -> float:
    """Mean of arcsin(sqrt(x / n)), x binomial."""
    x = np.arange(round(n) + 1)
    logs = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
    shares = np.exp(logs + x * math.log(risk) + (n - x) * math.log1p(-risk))
    return float(shares @ np.arcsin(np.sqrt(x / n)))
