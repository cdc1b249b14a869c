"""Permutation tests of moderators."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from metaonc.kernels.arrays import FloatArray
from metaonc.kernels.fits import IntervalMethod, Model
from metaonc.kernels.moderators.regression import regression

# A permutation's statistic counts as equal to the observed one within this relative distance:
# permutations that exchange like with like differ by rounding only.
_TIE = 1e-8
_CHUNK = 2_000_000  # numbers in the widest array of a batch of permutations


def permuted(
    yi: FloatArray,
    vi: FloatArray,
    x: FloatArray,
    orders: NDArray[np.int_],
    *,
    model: Model,
    tau2: str | float,
    ci: IntervalMethod,
) -> tuple[FloatArray, FloatArray]:
    """Share of permutations whose statistics are at least as extreme as those observed.

    Parameters
    ----------
    yi, vi : ndarray, shape (k,)
        Effects and variances; a study keeps both.
    x : ndarray, shape (k, p)
        Design, whose rows are given to the studies in every order of `orders`.
    orders : ndarray of int, shape (n, k)
        Permutations; the observed order should be one of them.

    Returns
    -------
    coefficients, omnibus : ndarray, shape (p,) and ()
        Two-sided p values of the coefficients and the p value of the test of all moderators.

    Notes
    -----
    Higgins & Thompson, Stat Med 2004;23:1663-1682, section 4. doi:10.1002/sim.1752
    """
    observed = regression(yi, vi, x, model=model, tau2=tau2, ci=ci)
    least = np.abs(observed.inference.statistic) * (1 - _TIE)
    least_omnibus = observed.omnibus.statistic * (1 - _TIE)
    step = max(1, _CHUNK // (32 * x.size))
    extreme, extreme_omnibus = np.zeros(x.shape[-1]), np.zeros(())
    for start in range(0, len(orders), step):
        at = regression(yi, vi, x[orders[start : start + step]], model=model, tau2=tau2, ci=ci)
        extreme += (np.abs(at.inference.statistic) >= least).sum(axis=0)
        extreme_omnibus += (at.omnibus.statistic >= least_omnibus).sum(axis=0)
    return extreme / len(orders), extreme_omnibus / len(orders)
