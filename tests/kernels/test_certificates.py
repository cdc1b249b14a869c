"""Certificates and standard errors of tau²."""

import numpy as np
import pytest
from hypothesis import given

from metaonc.kernels import ESTIMATORS, studies
from metaonc.kernels.certificates import certify
from metaonc.kernels.tau2_errors import tau2_standard_error
from tests.strategies import Arrays
from tests.strategies import studies as some_studies

SEARCHED = ("PM", "PMM", "ML", "REML")


@pytest.mark.parametrize("method", ESTIMATORS)
@given(data=some_studies(min_size=2))
def test_every_estimate_is_certified(method: str, data: Arrays) -> None:
    """The estimating function changes sign in a narrow bracket; its residual is rounding."""
    prepared = studies(*data)
    found = certify(method, prepared, ESTIMATORS[method](prepared))
    assert found.holds
    assert found.residual <= 1e-9
    assert found.maxima >= 1


@pytest.mark.parametrize("method", SEARCHED)
@pytest.mark.parametrize("factor", [0.999, 1.001])
def test_a_wrong_value_gets_no_certificate(method: str, factor: float) -> None:
    """A tenth of a percent off is found out."""
    prepared = studies([-0.6, -0.8, -0.1, 0.4], [0.04, 0.01, 0.01, 0.03])
    tau2 = ESTIMATORS[method](prepared)
    assert certify(method, prepared, tau2).holds
    assert not certify(method, prepared, tau2 * factor).holds
    assert certify(method, prepared, tau2 * factor).residual > 1e-6


def test_two_maxima_are_reported() -> None:
    """Two precise studies far apart beside imprecise ones: the likelihood has two maxima."""
    yi = np.array([0.0, 0.05, 10.0, -10.0, 9.0, -9.5])
    vi = np.array([1e-4, 1e-4, 30.0, 30.0, 30.0, 30.0])
    prepared = studies(yi, vi)
    counts = [
        int(certify(m, prepared, ESTIMATORS[m](prepared)).maxima) for m in ("ML", "REML", "PM")
    ]
    assert counts[2] == 1
    assert max(counts[:2]) == 2


@pytest.mark.parametrize("method", ["DL", "HE", "HS", "HSk"])
def test_standard_errors_of_moment_estimators_against_simulation(method: str) -> None:
    """The variance of the untruncated estimator over 200,000 simulated sets of six studies."""
    rng = np.random.default_rng(20)
    vi = np.array([0.04, 0.01, 0.09, 0.02, 0.16, 0.05])
    tau2 = 2.0  # large, so that truncation at 0 does not matter
    yi = rng.normal(0.3, np.sqrt(vi + tau2), size=(200_000, 6))
    prepared = studies(yi, np.broadcast_to(vi, yi.shape))
    estimates = ESTIMATORS[method](prepared) * prepared.unit**2
    one = studies(yi[0], vi)
    claimed = tau2_standard_error(method, one, np.asarray(tau2) / one.unit**2) * one.unit**2
    assert estimates.std() == pytest.approx(float(claimed), rel=0.01)


def test_an_estimator_without_a_known_variance_says_so() -> None:
    """Two-step DerSimonian-Laird."""
    prepared = studies([0.1, 0.5, 0.9], [0.1, 0.2, 0.1])
    assert np.isnan(tau2_standard_error("DL2", prepared, ESTIMATORS["DL2"](prepared)))
