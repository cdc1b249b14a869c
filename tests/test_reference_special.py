"""Published data on which established programs stop short, or do not come to an answer.

Their iterations for tau² end at an absolute tolerance, or wander. Each expected value is checked
twice: as a number from outside, and by its defining equation or a search on a fine grid.
"""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import metaonc as mo
from tests.reference import studies

FloatArray = NDArray[np.float64]

# Graves et al., Cochrane Database Syst Rev 2010;(8):CD000974, injected cholera vaccines, first
# seven months: cases and persons, vaccine then control (dat.graves2010 of the R package metadat).
GRAVES = np.array([
    (8, 6956, 33, 7103), (44, 29939, 35, 9923), (32, 11491, 13, 3810), (2, 11435, 12, 3810),
    (73, 40326, 27, 10789), (72, 82220, 93, 40620), (38, 44500, 23, 11050), (33, 45750, 22, 11050),
    (36, 44450, 23, 11050), (26, 44700, 22, 11050), (110, 145500, 52, 48934),
    (92, 148100, 52, 48933), (71, 143600, 52, 48933), (13, 101096, 33, 101030),
    (54, 268700, 41, 90900), (18, 156300, 19, 79250), (10, 155600, 18, 79250),
])  # fmt: skip
# Examples 2 and 3 of metafor's page "Convergence Problems with the rma() Function".
EXAMPLE_2 = (
    [1.30, 1.94, 0.70, 0.36, 1.31, 0.46, 1.24, 0.71, 0.35, 0.77],
    [0.640, 0.421, 0.992, 0.058, 0.756, 0.634, 0.79, 0.596, 0.457, 0.935],
)
EXAMPLE_3 = (
    [0.38, 0.58, -0.90, 0.32, -0.15, -0.29, 1.13, 0.39, 0.45, 0.11],
    [0.599, 0.431, 0.793, 0.599, 0.483, 0.478, 0.054, 0.453, 0.772, 0.216],
)


def graves() -> mo.Effects:
    """Risk differences, of the order of one in a thousand."""
    import pandas as pd

    frame = pd.DataFrame(GRAVES, columns=["events_1", "n_1", "events_2", "n_2"])
    return mo.effect_sizes("RD", frame.assign(label=[f"trial {i}" for i in range(len(frame))]))


def given(source: str) -> mo.Effects:
    """Effects of a reference data set."""
    return mo.Effects(*studies(source))


def q(effects: mo.Effects, tau2: float) -> float:
    """Generalised Q by hand."""
    w = 1 / (effects.vi + tau2)
    return float((w * (effects.yi - np.average(effects.yi, weights=w)) ** 2).sum())


def restricted(effects: mo.Effects, tau2: FloatArray) -> FloatArray:
    """Restricted log-likelihood on a grid, up to a constant, by hand."""
    w = 1 / (effects.vi + tau2[:, None])
    mean = (w * effects.yi).sum(axis=1) / w.sum(axis=1)
    squares = (w * (effects.yi - mean[:, None]) ** 2).sum(axis=1)
    return -0.5 * (squares - np.log(w).sum(axis=1) + np.log(w.sum(axis=1)))


def assert_highest(effects: mo.Effects, tau2: float) -> None:
    """No point of a fine grid, 0 to far above all spread, is higher."""
    scale = float(effects.vi.min())
    grid = scale * np.expm1(np.linspace(0, np.log1p(1e4 * np.ptp(effects.yi) ** 2 / scale), 20_000))
    best = float(restricted(effects, np.array([tau2]))[0])
    assert best >= restricted(effects, grid).max() - 1e-12 * abs(best)


def test_paule_mandel_of_graves_risk_differences() -> None:
    """tau² 5.33047017e-07 and p 1.51e-05, where metafor by default has 7.753e-05 and 0.612."""
    effects = graves()
    fit = mo.pool(effects, tau2="PM", ci="wald")
    assert fit.tau2 == pytest.approx(5.330470167940612e-07, rel=1e-9)
    assert fit.p_value == pytest.approx(1.51307e-05, rel=1e-5)
    assert q(effects, fit.tau2) == pytest.approx(16, rel=1e-10)


@pytest.mark.parametrize(
    ("source", "method", "tau2"),
    [
        ("dat.crisafulli2020/PR", "REML", 7.931119964074059e-10),
        ("dat.crisafulli2020/PR", "PM", 5.054679521860187e-10),
        ("dat.li2007/RD", "REML", 5.6429272217924e-04),
        ("dat.li2007/RD", "PM", 9.13736981673926e-04),
        ("dat.steurer2006/logHR", "REML", 0.0),
    ],
)
def test_small_units_do_not_stop_the_search(source: str, method: str, tau2: float) -> None:
    """Proportions of 2 in 10,000, risk differences, and a maximum at exactly 0."""
    effects = given(source)
    found = mo.pool(effects, tau2=method).tau2
    assert found == pytest.approx(tau2, rel=1e-9, abs=0)
    if method == "PM":
        assert q(effects, found) == pytest.approx(effects.k - 1, rel=1e-10)
    else:
        assert_highest(effects, found)


@pytest.mark.parametrize(
    ("data", "tau2", "estimate"),
    [(EXAMPLE_2, 0.0819731, 0.767366), (EXAMPLE_3, 0.1664899, 0.371948)],
)
def test_reml_where_fisher_scoring_does_not_converge(
    data: Any, tau2: float, estimate: float
) -> None:
    """Ten studies; scoring cycles, a bracketed search does not."""
    effects = mo.Effects(*data)
    fit = mo.pool(effects, tau2="REML")
    assert fit.tau2 == pytest.approx(tau2, abs=5e-8)
    assert fit.estimate == pytest.approx(estimate, abs=5e-7)
    assert_highest(effects, fit.tau2)
