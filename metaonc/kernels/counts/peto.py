"""Peto's one-step odds ratio: observed minus expected events."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from metaonc.kernels.arrays import FloatArray
from metaonc.kernels.counts.mantel_haenszel import CountMean, per, present_tables


class PetoTables(NamedTuple):
    """Observed minus expected events of arm 1 and their variance, shape (..., k)."""

    o_minus_e: FloatArray
    variance: FloatArray


def peto_tables(
    events_1: ArrayLike, n_1: ArrayLike, events_2: ArrayLike, n_2: ArrayLike
) -> PetoTables:
    """Observed minus expected events and the hypergeometric variance of each table.

    Parameters
    ----------
    events_1, n_1, events_2, n_2 : array_like, shape (..., k)
        Events and patients of the two arms; NaN for a missing study.

    Returns
    -------
    PetoTables
        Both 0 for a table without events, with nothing but events, or missing.

    Examples
    --------
    >>> found = peto_tables([1], [10], [3], [10])
    >>> float(found.o_minus_e[0]), round(float(found.variance[0]), 4)
    (-1.0, 0.8421)
    """
    x1, n1, x2, n2 = present_tables(events_1, n_1, events_2, n_2)
    total, events = n1 + n2, x1 + x2
    variance = events * per(n1, total) * per(n2, total) * per(total - events, total - 1)
    return PetoTables(x1 - per(n1 * events, total), variance)


def peto(
    events_1: ArrayLike, n_1: ArrayLike, events_2: ArrayLike, n_2: ArrayLike
) -> tuple[CountMean, FloatArray, FloatArray]:
    r"""Pool tables by Peto's one-step method.

    Parameters
    ----------
    events_1, n_1, events_2, n_2 : array_like, shape (..., k)
        Events and patients of the two arms; NaN for a missing study.

    Returns
    -------
    mean : CountMean
        Log odds ratio; NaN where no table has both events and non-events.
    q, q_df : ndarray, shape (...)
        Cochran's Q of the tables' own one-step estimates, and its degrees of freedom: the tables
        with both events and non-events, less one.

    Notes
    -----
    Yusuf, Peto, Lewis, Collins & Sleight, Prog Cardiovasc Dis 1985;27:335-371, appendix:
    :math:`\sum (O - E) / \sum V` with variance :math:`1 / \sum V`, and :math:`Q = \sum (O - E)^2/V
    - (\sum (O - E))^2 / \sum V`. The odds ratio is biased where the effect is large or the arms
    are of very different size: Greenland & Salvan, Stat Med 1990;9:247-252.

    Examples
    --------
    >>> mean, q, df = peto([1, 3], [50, 60], [4, 9], [50, 60])
    >>> round(float(mean.estimate), 4), round(float(mean.se), 4), int(df)
    (-1.1473, 0.5049, 1)
    """
    found = peto_tables(events_1, n_1, events_2, n_2)
    whole = found.variance.sum(axis=-1)
    informative = found.variance > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = found.o_minus_e.sum(axis=-1) / whole
        own = np.where(informative, found.o_minus_e / found.variance, 0.0)
        mean = CountMean(estimate, 1 / np.sqrt(whole), found.variance / whole[..., None])
    q = (found.variance * (own - estimate[..., None]) ** 2 * informative).sum(axis=-1)
    return mean, q, np.maximum(informative.sum(axis=-1) - 1.0, 0.0)
