"""GENQ and GENQM: weights by name and of one's own, and laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaonc.kernels import ESTIMATORS, studies
from metaonc.kernels.generalised_q import tau2_generalised_q
from tests.strategies import Arrays
from tests.strategies import studies as some_studies

METHODS = ("GENQ", "GENQM")


def tau2(method: str, data: Arrays, weights: object = "1/sei") -> float:
    """In squared units of the effects."""
    held = studies(*data)
    return float(tau2_generalised_q(method, held, weights) * held.unit**2)  # type: ignore[arg-type]


@given(data=some_studies(min_size=2, max_size=7))
@settings(max_examples=20)
def test_special_weights_are_other_estimators(data: Arrays) -> None:
    """1/vi is DerSimonian and Laird's, equal weights Hedges', 1/sei the default of both."""
    held = studies(*data)
    square = held.unit**2
    assert tau2("GENQ", data, "1/vi") == pytest.approx(float(ESTIMATORS["DL"](held) * square))
    assert tau2("GENQ", data, np.ones(len(data[0]))) == pytest.approx(
        float(ESTIMATORS["HE"](held) * square)
    )
    for method in METHODS:
        assert tau2(method, data) == float(ESTIMATORS[method](held) * square)


@pytest.mark.parametrize("method", METHODS)
@given(
    data=some_studies(min_size=2, max_size=6), power=st.integers(-40, 40), seed=st.integers(0, 9)
)
@settings(max_examples=12)
def test_units_order_sign_and_shift(method: str, data: Arrays, power: int, seed: int) -> None:
    """Of effects and of weights, whose ratios alone matter."""
    yi, vi = data
    rng = np.random.default_rng(seed)
    own, order, c = rng.uniform(0.1, 9, len(yi)), rng.permutation(len(yi)), 2.0**power
    before = tau2(method, data, own)
    after = tau2(method, (-yi[order] * c, vi[order] * c * c), own[order] * 7.3)
    assert after / c / c == pytest.approx(before, rel=1e-9, abs=1e-9 * float(vi.min()))


@pytest.mark.parametrize("method", METHODS)
def test_a_batch_is_its_rows(method: str) -> None:
    """With missing studies and the same weights for every row."""
    rng = np.random.default_rng(4)
    yi, vi, own = rng.normal(size=(3, 5)), rng.uniform(0.05, 0.2, (3, 5)), np.arange(1.0, 6.0)
    yi[1, 2] = np.nan
    held = studies(yi, vi)
    together = tau2_generalised_q(method, held, own) * held.unit**2
    for row in range(3):
        there = ~np.isnan(yi[row])
        alone = tau2(method, (yi[row][there], vi[row][there]), own[there])
        assert float(together[row]) == pytest.approx(alone, rel=1e-9, abs=1e-15)
