"""Known covariances: the rotated problem is the original one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from metaonc.kernels import ESTIMATORS, studies
from metaonc.kernels.covariance import decorrelate, trial_correlation
from metaonc.kernels.likelihood import log_likelihood
from metaonc.kernels.weighting import weigh

TRIALS = ["A", "A", "B", "C", "C", "C", "D"]
YI = np.array([-0.5, -0.3, -0.8, 0.1, 0.3, -0.1, -0.6])
WITHIN = trial_correlation(TRIALS)
SD = np.sqrt([0.04, 0.05, 0.02, 0.09, 0.08, 0.1, 0.03])
COVARIANCE = WITHIN * np.outer(SD, SD)


def test_independent_effects_stay_what_they_are() -> None:
    """A diagonal covariance gives the same Q and the same tau² as the variances alone."""
    vi = np.diag(COVARIANCE)
    rotated = studies(*decorrelate(YI, np.diag(vi))[:3])
    plain = studies(YI, vi)
    for name in ("DL", "REML", "ML", "PM"):
        one, other = (ESTIMATORS[name](s) * s.unit**2 for s in (rotated, plain))
        assert one == pytest.approx(other, rel=1e-12)


@given(tau2=st.floats(0, 10))
def test_q_and_likelihood_are_those_of_the_multivariate_normal(tau2: float) -> None:
    """Generalised least squares and scipy's multivariate normal, written out."""
    data = studies(*decorrelate(YI, COVARIANCE, between=WITHIN)[:3])
    marginal = COVARIANCE + tau2 * WITHIN
    inverse, ones = np.linalg.inv(marginal), np.ones(len(YI))
    mean = ones @ inverse @ YI / (ones @ inverse @ ones)
    scaled = np.asarray(tau2) / data.unit**2
    assert float(weigh(data, scaled).q) == pytest.approx(
        (YI - mean) @ inverse @ (YI - mean), rel=1e-9
    )
    # |T| is part of the density of the rotated effects; it does not depend on tau².
    expected = stats.multivariate_normal(mean * ones, marginal).logpdf(YI)
    expected += 0.5 * np.linalg.slogdet(WITHIN)[1]
    found = log_likelihood(data, scaled, restricted=False)
    assert float(found) == pytest.approx(expected, rel=1e-9)


def test_maximum_likelihood_against_a_general_optimiser() -> None:
    """scipy's bounded search over the multivariate normal finds the same tau²."""
    data = studies(*decorrelate(YI, COVARIANCE, between=WITHIN)[:3])
    ours = float(ESTIMATORS["ML"](data) * data.unit**2)

    def deviance(tau2: float) -> float:
        marginal = COVARIANCE + tau2 * WITHIN
        inverse, ones = np.linalg.inv(marginal), np.ones(len(YI))
        mean = ones @ inverse @ YI / (ones @ inverse @ ones)
        return -float(stats.multivariate_normal(mean * ones, marginal).logpdf(YI))

    theirs = optimize.minimize_scalar(deviance, bounds=(0, 2), method="bounded").x
    assert ours == pytest.approx(theirs, rel=1e-3)
    assert deviance(ours) <= deviance(theirs) + 1e-12


def test_a_covariance_that_is_none_is_refused() -> None:
    """Correlations that cannot be."""
    with pytest.raises(np.linalg.LinAlgError):
        decorrelate([0.1, 0.2], [[0.1, 0.2], [0.2, 0.1]])
