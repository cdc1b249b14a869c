"""Scores of tables against the likelihood they come from, in numbers."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import nchypergeom_fisher

from metaonc.effects.counts.two_arms import two_arm_effects
from metaonc.kernels.score_tests import (
    counts_given_margins,
    effective_size,
    odds_scores,
    risk_scores,
    standardised,
)

TABLES = (np.array([4.0, 9.0, 1.0, 30.0]), np.array([50.0, 60.0, 20.0, 90.0]),
          np.array([9.0, 3.0, 2.0, 25.0]), np.array([48.0, 61.0, 22.0, 77.0]))  # fmt: skip


def profile(log_ratio: float, a: float, n1: float, c: float, n2: float) -> float:
    """Log-likelihood of two binomial counts at a risk ratio, the risk of arm 2 at its best."""

    def minus(p: float) -> float:
        q = p * np.exp(log_ratio)
        return -(a * np.log(q) + (n1 - a) * np.log1p(-q) + c * np.log(p) + (n2 - c) * np.log1p(-p))

    top = min(1.0, np.exp(-log_ratio))
    found = minimize_scalar(minus, bounds=(1e-9, top - 1e-9), method="bounded",
                            options={"xatol": 1e-12})  # fmt: skip
    return -float(found.fun)


@pytest.mark.parametrize("i", range(4))
def test_risk_scores_are_slopes_of_the_profile_likelihood(i: int) -> None:
    """By central differences at a risk ratio of 1; the information is the expected one there."""
    table = tuple(float(column[i]) for column in TABLES)
    step = 1e-3
    low, high = profile(-step, *table), profile(step, *table)
    score, information = (float(values[i]) for values in risk_scores(*TABLES))
    assert score == pytest.approx((high - low) / (2 * step), rel=1e-4, abs=1e-3)
    expected = expected_information(*table)
    assert information == pytest.approx(expected, rel=1e-9)


def expected_information(a: float, n1: float, c: float, n2: float) -> float:
    """Of the log risk ratio at 1, the log risk of arm 2 removed: a Schur complement."""
    p = (a + c) / (n1 + n2)
    odds = p / (1 - p)
    both, first = (n1 + n2) * odds, n1 * odds
    return first - first**2 / both


def test_odds_scores_are_petos() -> None:
    """(O - E) / V with variance 1 / V."""
    score, information = odds_scores(*TABLES)
    yi, vi = two_arm_effects("PETO", *TABLES)
    assert score / information == pytest.approx(yi, rel=1e-12)
    assert 1 / information == pytest.approx(vi, rel=1e-12)


def test_counts_given_margins_are_fishers() -> None:
    """Mean and variance of scipy's non-central hypergeometric distribution."""
    a, n1, c, n2 = TABLES
    away, variance = counts_given_margins(*TABLES, log_odds_ratio=0.4)
    for i in range(4):
        law = nchypergeom_fisher(n1[i] + n2[i], n1[i], a[i] + c[i], np.exp(0.4))
        assert a[i] - away[i] == pytest.approx(law.mean(), rel=1e-8)
        assert variance[i] == pytest.approx(law.var(), rel=1e-7)


def test_tables_without_a_finite_odds_ratio_do_not_vary() -> None:
    a, n1, _, n2 = TABLES
    _, variance = counts_given_margins(a, n1, np.zeros(4), n2)
    assert not variance.any()


def test_effective_size_is_the_harmonic_mean_doubled() -> None:
    assert effective_size(np.array([50.0]), np.array([50.0])) == pytest.approx(100)
    assert effective_size(np.array([20.0]), np.array([30.0])) == pytest.approx(48)


def test_standardised_effects_of_a_study_that_is_nearly_all_keep_their_digits() -> None:
    """One study with a variance of 1e-12: 1 less its share would have 4 digits."""
    yi, vi = np.array([0.0, 1.0, 2.0]), np.array([1e-12, 1.0, 1.0])
    found = standardised(yi, vi)
    # Its residual is -3e-12 and its variance 1e-12 less 1e-12 * (1 - 2e-12): 2e-24.
    assert found[0] == pytest.approx(-3e-12 / np.sqrt(2e-24), rel=1e-9)
