"""Laws of the kernels that pool 2x2 tables and rates."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from metaonc.kernels.counts.mantel_haenszel import MH_MEASURES, mantel_haenszel
from metaonc.kernels.counts.peto import peto
from metaonc.kernels.counts.table_tests import breslow_day, cochran_mantel_haenszel

_ARM = st.integers(1, 80).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
# One full table first, so that no sum over tables is zero.
TABLES = st.lists(st.tuples(_ARM, _ARM), min_size=1, max_size=8).map(
    lambda rows: np.array([[3, 20, 5, 25], *([*one, *two] for one, two in rows)], dtype=float).T
)
MEASURES = pytest.mark.parametrize("measure", MH_MEASURES)


def same(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)


@MEASURES
@given(tables=TABLES)
def test_swapping_the_arms_changes_the_sign(measure: str, tables: np.ndarray) -> None:
    there, back = mantel_haenszel(measure, *tables), mantel_haenszel(measure, *tables[[2, 3, 0, 1]])
    same(back.estimate, -there.estimate)
    same(back.se, there.se)


@given(tables=TABLES)
def test_swapping_events_and_non_events_inverts_the_odds_ratio(tables: np.ndarray) -> None:
    x1, n1, x2, n2 = tables
    none = (n1 - x1, n1, n2 - x2, n2)
    same(mantel_haenszel("OR", *none).estimate, -mantel_haenszel("OR", *tables).estimate)
    same(mantel_haenszel("OR", *none).se, mantel_haenszel("OR", *tables).se)
    same(peto(*none)[0].estimate, -peto(*tables)[0].estimate)
    same(breslow_day(*none).statistic, breslow_day(*tables).statistic)
    same(cochran_mantel_haenszel(*none).statistic, cochran_mantel_haenszel(*tables).statistic)


@given(tables=TABLES, n=st.integers(1, 50))
def test_a_table_without_events_adds_nothing_to_a_ratio(tables: np.ndarray, n: int) -> None:
    more = np.column_stack([tables, [0, n, 0, 2 * n]])
    for measure in ("OR", "RR", "IRR"):
        same(mantel_haenszel(measure, *more)[:2], mantel_haenszel(measure, *tables)[:2])
    same(peto(*more)[0][:2], peto(*tables)[0][:2])
    same(breslow_day(*more), breslow_day(*tables))
    toward = mantel_haenszel("RD", *more).estimate / mantel_haenszel("RD", *tables).estimate
    assert np.isnan(toward) or 0 <= toward < 1  # the arms agree there


@MEASURES
@given(tables=TABLES)
def test_a_missing_study_is_one_that_is_not_there(measure: str, tables: np.ndarray) -> None:
    gap = np.column_stack([tables, np.full(4, np.nan)])
    found, expected = mantel_haenszel(measure, *gap), mantel_haenszel(measure, *tables)
    same(found[:2], expected[:2])
    same(found.weights, [*expected.weights, 0])


@MEASURES
@given(tables=TABLES)
def test_rows_of_a_batch_are_fits_of_their_own(measure: str, tables: np.ndarray) -> None:
    rows = np.stack([tables, tables[:, ::-1], tables[[2, 3, 0, 1]]], axis=1)
    found = mantel_haenszel(measure, *rows)
    for row in range(3):
        alone = mantel_haenszel(measure, *rows[:, row])
        same(found.estimate[row], alone.estimate)
        same(found.weights[row], alone.weights)


def test_one_table_has_its_own_odds_ratio_and_variance() -> None:
    """Woolf's log odds ratio and variance, which is what all the sums come down to."""
    x1, n1, x2, n2 = 7.0, 31.0, 12.0, 29.0
    mean = mantel_haenszel("OR", [x1], [n1], [x2], [n2])
    same(mean.estimate, np.log(x1 * (n2 - x2) / (x2 * (n1 - x1))))
    same(mean.se**2, 1 / x1 + 1 / (n1 - x1) + 1 / x2 + 1 / (n2 - x2))
    risk = mantel_haenszel("RR", [x1], [n1], [x2], [n2])
    same(risk.se**2, 1 / x1 - 1 / n1 + 1 / x2 - 1 / n2)
    rate = mantel_haenszel("IRR", [x1], [n1], [x2], [n2])
    same(rate.se**2, 1 / x1 + 1 / x2)


def test_the_expected_table_of_breslow_and_day_has_the_pooled_odds_ratio() -> None:
    """The statistic from expected cells that are searched for instead of solved for."""
    x1, n1, x2, n2 = np.array([[4, 40, 9, 38], [2, 55, 1, 60], [11, 30, 25, 41]], dtype=float).T
    ratio = float(np.exp(mantel_haenszel("OR", x1, n1, x2, n2).estimate))
    statistic = 0.0
    for a, n, m, other in zip(x1, n1, x1 + x2, n2, strict=True):
        low, high = max(0.0, m - other), min(n, m)

        def gap(e: float, n: float = n, m: float = m, other: float = other) -> float:
            return e * (other - m + e) - ratio * (n - e) * (m - e)

        e = brentq(gap, low, high, xtol=1e-14)
        variance = 1 / (1 / e + 1 / (n - e) + 1 / (m - e) + 1 / (other - m + e))
        statistic += (a - e) ** 2 / variance
    same(breslow_day(x1, n1, x2, n2, tarone=False).statistic, statistic)
