"""Arithmetic of printed numbers, against second computations."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from metaonc.registry.audit.binomial import METHODS, intervals_of
from metaonc.registry.audit.numbers import (
    Span,
    distance,
    log,
    meet,
    p_of_z,
    shown,
    span,
    whole_numbers,
    z_of_level,
    z_of_p,
)
from metaonc.registry.audit.two_by_two import Table, every_test
from metaonc.registry.printed import counts_printed_as

PRINTED = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("99.99"), places=2)


@given(exact=st.floats(0.01, 99), places=st.integers(0, 3))
def test_what_was_rounded_is_in_its_span(exact, places):
    found = span(Decimal(f"{exact:.{places}f}"))
    assert found.low - 1e-12 <= exact <= found.high + 1e-12


@given(printed=PRINTED)
def test_a_log_keeps_the_order_of_a_span(printed):
    low, middle, high = (log(span(printed))[at] for at in (1, 0, 2))
    assert low < middle < high
    assert math.exp(middle) == pytest.approx(float(printed))


def test_the_log_of_a_span_that_reaches_zero_is_unbounded_below():
    assert log(span(Decimal("0.0005")))[1] > -math.inf
    assert log(Span(0.001, -0.001, 0.002)).low == -math.inf


@given(a=PRINTED, b=PRINTED)
def test_spans_meet_where_they_are_no_distance_apart(a, b):
    first, second = span(a), span(b)
    assert meet(first, second) == (distance(first, second) < 1e-9)
    assert distance(first, second) == distance(second, first)


@given(percent=st.decimals(min_value=0, max_value=100, places=1), n=st.integers(1, 2500))
def test_whole_numbers_are_those_of_exact_decimal_arithmetic(percent, n):
    assert list(whole_numbers(span(percent), n)) == list(counts_printed_as(percent, n))


@given(z=st.floats(0.001, 8), sides=st.sampled_from([1, 2]))
def test_p_and_z_are_each_others_inverse(z, sides):
    assert z_of_p(p_of_z(z, sides), sides) == pytest.approx(z, rel=1e-6, abs=1e-9)
    assert p_of_z(z, 2) == pytest.approx(2 * stats.norm.sf(z), rel=1e-9)


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95, 0.99])
def test_the_quantile_of_a_level(level):
    assert z_of_level(level) == pytest.approx(stats.norm.ppf(0.5 + level / 2), rel=1e-12)


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.20693, "0.207"), (525.4, "525"), (-0.0301, "-0.0301"), (0.0, "0"), (1234.0, "1234")],
)
def test_computed_numbers_are_shown_with_three_digits(value, said):
    assert shown(value) == said


STATSMODELS = {
    "Clopper-Pearson": "beta",
    "Wilson": "wilson",
    "Wald": "normal",
    "Agresti-Coull": "agresti_coull",
    "Jeffreys": "jeffreys",
}


@pytest.mark.parametrize("method", STATSMODELS)
@given(data=st.data(), level=st.sampled_from([0.8, 0.9, 0.95]))
def test_intervals_are_those_of_statsmodels(method, data, level):
    n = data.draw(st.integers(2, 800))
    x = data.draw(st.integers(1, n - 1))
    low, high = proportion_confint(x, n, 1 - level, STATSMODELS[method])
    expected = (100 * max(0.0, low), 100 * min(1.0, high))
    assert intervals_of(method, x, n, level) == pytest.approx(expected, abs=1e-8)


@given(data=st.data())
def test_the_corrected_score_interval_is_that_of_scipy(data):
    n = data.draw(st.integers(2, 500))
    x = data.draw(st.integers(0, n))
    other = stats.binomtest(x, n).proportion_ci(0.95, "wilsoncc")
    found = intervals_of("Wilson with continuity correction", x, n, 0.95)
    assert found == pytest.approx((100 * other.low, 100 * other.high), abs=1e-8)


@given(data=st.data())
def test_the_mid_p_interval_has_half_the_probability_of_the_count_in_its_tails(data):
    n = data.draw(st.integers(2, 300))
    x = data.draw(st.integers(1, n - 1))
    low, high = (limit / 100 for limit in intervals_of("mid-p", x, n, 0.9))
    for p, beyond in ((low, stats.binom.sf(x, n, low)), (high, stats.binom.cdf(x - 1, n, high))):
        assert beyond + stats.binom.pmf(x, n, p) / 2 == pytest.approx(0.05, abs=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_an_interval_holds_the_proportion_and_stays_within_0_and_100(method):
    for x, n in ((1, 20), (10, 20), (19, 20)):
        low, high = intervals_of(method, x, n, 0.95)
        assert 0 <= low <= 100 * x / n <= high <= 100


@given(a=st.integers(0, 60), c=st.integers(0, 60), n1=st.integers(60, 90), n2=st.integers(60, 90))
def test_tests_of_a_table_are_those_of_scipy(a, c, n1, n2):
    table = Table(a, n1, c, n2)
    if not table.informative:
        return
    found = {test.name: test for test in every_test(table)}
    cells = [[a, n1 - a], [c, n2 - c]]
    plain, corrected = (
        stats.chi2_contingency(cells, correction=corrected)[1] for corrected in (False, True)
    )
    assert found["Pearson"].two_sided == pytest.approx(plain, rel=1e-9)
    assert found["Pearson with continuity correction"].two_sided == pytest.approx(
        corrected, rel=1e-9
    )
    exact = found["Fisher's exact"]
    assert exact.two_sided == pytest.approx(stats.fisher_exact(cells)[1], rel=1e-6)
    tails = [stats.fisher_exact(cells, side)[1] for side in ("less", "greater")]
    assert exact.one_sided == pytest.approx(min(tails), rel=1e-6)
