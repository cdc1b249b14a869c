"""Firth's penalised odds ratio: computed a second way, and its symmetries."""

import numpy as np
import pytest
from scipy import optimize
from scipy.special import expit, xlog1py, xlogy

from metaonc.kernels.counts.penalised import penalised_odds_ratio

TABLES = np.array([[6, 60, 0, 58], [3, 55, 0, 54], [0, 40, 0, 41]], dtype=float).T


def test_it_is_the_maximum_of_the_penalised_likelihood() -> None:
    """A general search over the log-likelihood plus half the log determinant of X'WX."""
    x1, n1, x2, n2 = TABLES
    k = len(x1)
    x, n = np.append(x1, x2), np.append(n1, n2)
    design = np.column_stack([np.tile(np.eye(k), (2, 1)), np.repeat([1.0, 0.0], k)])

    def height(beta: np.ndarray) -> float:
        p = expit(design @ beta)
        information = design.T @ (design * (n * p * (1 - p))[:, None])
        return (
            -float((xlogy(x, p) + xlog1py(n - x, -p)).sum()) - np.linalg.slogdet(information)[1] / 2
        )

    best = optimize.minimize(height, np.array([-4.0, -4.0, -4.0, 1.0]), method="BFGS", tol=1e-9)
    found = penalised_odds_ratio(*TABLES)
    assert found.estimate == pytest.approx(best.x[-1], abs=1e-5)
    p = expit(design @ best.x)
    covariance = np.linalg.inv(design.T @ (design * (n * p * (1 - p))[:, None]))
    assert found.se == pytest.approx(np.sqrt(covariance[-1, -1]), rel=1e-5)
    assert found.weights.sum() == pytest.approx(1)


def test_swapping_arms_or_events_and_non_events_changes_the_sign() -> None:
    x1, n1, x2, n2 = TABLES
    found = penalised_odds_ratio(*TABLES)
    for other in (
        penalised_odds_ratio(x2, n2, x1, n1),
        penalised_odds_ratio(n1 - x1, n1, n2 - x2, n2),
    ):
        assert other.estimate == pytest.approx(-found.estimate, rel=1e-9)
        assert other.se == pytest.approx(found.se, rel=1e-9)
        assert other.deviance == pytest.approx(found.deviance, rel=1e-9)
