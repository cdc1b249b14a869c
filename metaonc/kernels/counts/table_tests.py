"""Tests over a set of 2x2 tables: Cochran-Mantel-Haenszel, Breslow-Day and Tarone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from metaonc.kernels.arrays import FloatArray
from metaonc.kernels.counts.mantel_haenszel import mantel_haenszel, per, present_tables


class ChiSquareTest(NamedTuple):
    """A chi-square statistic with its degrees of freedom and p value, shape (...) each."""

    statistic: FloatArray
    df: FloatArray
    p_value: FloatArray


def _test(statistic: FloatArray, df: FloatArray) -> ChiSquareTest:
    several = df > 0
    p = np.where(several, chdtrc(np.where(several, df, 1.0), statistic), 1.0)
    return ChiSquareTest(statistic, df, p)


def cochran_mantel_haenszel(
    events_1: ArrayLike,
    size_1: ArrayLike,
    events_2: ArrayLike,
    size_2: ArrayLike,
    *,
    correct: bool = True,
    rates: bool = False,
) -> ChiSquareTest:
    r"""Test that the arms agree in every table (odds ratio or rate ratio 1).

    Parameters
    ----------
    events_1, size_1, events_2, size_2 : array_like, shape (..., k)
        As in :func:`metaonc.kernels.counts.mantel_haenszel.mantel_haenszel`.
    correct : bool, default True
        Whether half an event is taken off the difference (continuity correction).
    rates : bool, default False
        Whether the sizes are person-time, and the counts Poisson.

    Returns
    -------
    ChiSquareTest
        With one degree of freedom.

    Notes
    -----
    :math:`(|\sum (x_1 - E)| - 1/2)^2 / \sum V` with the hypergeometric mean and variance of each
    table: Mantel & Haenszel, J Natl Cancer Inst 1959;22:719-748. For rates the binomial ones given
    the total: Rothman, Greenland & Lash, Modern Epidemiology (3rd ed. 2008), ch. 15. The corrected
    statistic is 0 where the difference is less than half an event.

    Examples
    --------
    >>> found = cochran_mantel_haenszel([1, 3], [50, 60], [4, 9], [50, 60])
    >>> round(float(found.statistic), 4)
    4.0794
    """
    x1, s1, x2, s2 = present_tables(events_1, size_1, events_2, size_2)
    total, events = s1 + s2, x1 + x2
    expected = per(s1 * events, total)
    variance = events * per(s1, total) * per(s2, total)
    if not rates:
        variance = variance * per(total - events, total - 1)
    apart = np.abs((x1 - expected).sum(axis=-1))
    if correct:
        apart = np.maximum(apart - 0.5, 0.0)
    spread = variance.sum(axis=-1)
    statistic = np.where(spread > 0, apart**2 / np.where(spread > 0, spread, 1.0), 0.0)
    return _test(statistic, np.ones_like(statistic))


def breslow_day(
    events_1: ArrayLike, n_1: ArrayLike, events_2: ArrayLike, n_2: ArrayLike, *, tarone: bool = True
) -> ChiSquareTest:
    r"""Test that the odds ratio is the same in every table.

    Parameters
    ----------
    events_1, n_1, events_2, n_2 : array_like, shape (..., k)
        Events and patients of the two arms; NaN for a missing study.
    tarone : bool, default True
        Whether to take off Tarone's correction, which makes the statistic a proper chi-square.

    Returns
    -------
    ChiSquareTest
        With one degree of freedom less than there are tables with both events and non-events.

    Notes
    -----
    Breslow & Day, Statistical Methods in Cancer Research I (1980), section 4.4, at the
    Mantel-Haenszel odds ratio; Tarone, Biometrika 1985;72:91-95. The expected number of events in
    arm 1 is the root of the quadratic :math:`A (n_2 - m + A) = \psi (n_1 - A)(m - A)` that leaves
    every cell >= 0.

    Examples
    --------
    >>> found = breslow_day([1, 3], [50, 60], [4, 9], [50, 60])
    >>> round(float(found.statistic), 5), int(found.df)
    (0.03248, 1)
    """
    x1, n1, x2, n2 = present_tables(events_1, n_1, events_2, n_2)
    pooled = np.asarray(np.exp(mantel_haenszel("OR", x1, n1, x2, n2).estimate))[..., None]
    m = x1 + x2
    mixed = (m > 0) & (m < n1 + n2)
    expected = expected_events(n1, n2, m, pooled)
    cells = (expected, n1 - expected, m - expected, n2 - m + expected)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(mixed, 1 / sum(1 / cell for cell in cells), 0.0)
        difference = np.where(mixed, x1 - expected, 0.0)
        statistic = np.where(mixed, difference**2 / variance, 0.0).sum(axis=-1)
        if tarone:
            statistic = statistic - difference.sum(axis=-1) ** 2 / variance.sum(axis=-1)
    return _test(statistic, np.maximum(mixed.sum(axis=-1) - 1.0, 0.0))


def expected_events(
    n1: FloatArray, n2: FloatArray, m: FloatArray, odds_ratio: FloatArray
) -> FloatArray:
    """Events in arm 1 at which a table with these margins has this odds ratio."""
    # a A² + b A + c = 0; the root in the form that does not cancel, which also holds at a = 0.
    a, b, c = 1 - odds_ratio, n2 - m + odds_ratio * (n1 + m), -odds_ratio * n1 * m
    root = np.sqrt(np.maximum(b**2 - 4 * a * c, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(b + root > 0, -2 * c / (b + root), 0.0)
