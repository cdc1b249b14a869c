"""Standard errors of tau², from the estimators' large-sample variances."""

from __future__ import annotations

import numpy as np

from metaonc.kernels.arrays import FloatArray, Studies
from metaonc.kernels.tau2 import crude_variance
from metaonc.kernels.weighting import Weighted, weigh, weigh_by


def tau2_standard_error(method: str, data: Studies, tau2: FloatArray) -> FloatArray:
    r"""Standard error of an estimate of tau².

    Parameters
    ----------
    method : str
        Name of the estimator, as in `ESTIMATORS`.
    data : Studies
        Studies, shape (..., k).
    tau2 : ndarray, shape (...)
        The estimate, in the units of `data`.

    Returns
    -------
    ndarray, shape (...)
        In the units of `tau2`; NaN for an estimator without a known variance (DL2,
        GENQM).

    Notes
    -----
    ML :math:`\sqrt{2 / \text{tr}\,V^{-2}}` and REML :math:`\sqrt{2 / \text{tr}\,PP}`: inverse
    expected information, eq. (13) and (15) of [1]_. The moment estimators are quadratic forms
    :math:`y'Ay` up to a constant, with variance :math:`2\,\text{tr}(AVAV)`: section 2 of [1]_; for
    SJ with its crude variance taken as fixed. The estimators that solve :math:`Q(\tau^2) = c` (PM,
    EB, PMM and the iterated ones): :math:`\sqrt{\text{var}(Q)} / |dQ/d\tau^2|` with
    :math:`\text{var}(Q) = 2(k-p)` and :math:`dQ/d\tau^2` at its mean,
    :math:`-\tfrac{k-p}{k}\sum w_i` for equal variances.

    .. [1] Viechtbauer W. J Educ Behav Stat 2005;30:261-293. doi:10.3102/10769986030003261
    """
    free = np.maximum(data.k - data.p, 1)
    fixed = weigh(data)
    at = weigh(data, tau2)
    if method in ("PM", "EB", "PMM", "DLIT", "SJIT"):
        return np.asarray(data.k * np.sqrt(2 / free) / at.total)
    if method == "ML":
        return np.asarray(np.sqrt(2 / (at.weights**2).sum(axis=-1)))
    if method == "REML":
        return np.asarray(np.sqrt(2 / at.trace_of_square()))
    if method == "GENQ":
        return moment_standard_error(data, tau2, data.present / np.sqrt(data.vi))
    if method == "HE":
        return _of_form(weigh_by(data, data.present), data, tau2) / free
    if method == "SJ":
        crude = crude_variance(data)[..., None]
        shrunken = weigh_by(data, data.present * crude / (data.vi + crude))
        return _of_form(shrunken, data, tau2) / free
    of_q = _of_form(fixed, data, tau2)
    divisors = {"DL": fixed.trace(), "HS": fixed.total, "HSk": fixed.total * free / data.k}
    return np.asarray(of_q / divisors.get(method, np.nan))


def moment_standard_error(data: Studies, tau2: FloatArray, weights: FloatArray) -> FloatArray:
    r"""Standard error of the moment estimator of tau² with any weights, shape (..., k).

    Notes
    -----
    :math:`\sqrt{2\,\text{tr}(PVPV)} / \text{tr}\,P`, as for the others.
    """
    at = weigh_by(data, weights)
    return _of_form(at, data, tau2) / at.trace()


def _of_form(at: Weighted, data: Studies, tau2: FloatArray) -> FloatArray:
    """Standard deviation of y'Py, P made from the weights of `at`, when var(yi) = vi + tau²."""
    variance = (data.vi + tau2[..., None]) * data.present
    if at.basis is None:
        basis = np.sqrt(at.weights / at.total[..., None])[..., None]
    else:
        basis = at.basis
    # P = W - W^(1/2) U U' W^(1/2): the squared elements of V^(1/2) P V^(1/2), summed.
    scaled = np.sqrt(at.weights * variance)[..., None] * basis
    hat = (np.einsum("...ki,...kj->...ij", scaled, scaled) ** 2).sum((-2, -1))
    rest = ((variance * at.weights) ** 2 * (1 - 2 * at.leverages)).sum(axis=-1)
    return np.asarray(np.sqrt(2 * (rest + hat)))
