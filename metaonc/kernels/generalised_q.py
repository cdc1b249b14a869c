"""tau² from a generalised Q statistic with weights of one's own: GENQ and GENQM."""

from __future__ import annotations

import numpy as np

from metaonc.kernels.arrays import FloatArray, Studies
from metaonc.kernels.tau2 import tau2_moment
from metaonc.kernels.tau2_intervals import (
    inverse_standard_errors,
    inverse_variances,
    tau2_where_q_is_median,
)

WEIGHTS = {"1/sei": inverse_standard_errors, "1/vi": inverse_variances}


def tau2_generalised_q(
    method: str, data: Studies, weights: FloatArray | str = "1/sei"
) -> FloatArray:
    """Between-study variance from a generalised Q statistic.

    Parameters
    ----------
    method : {"GENQ", "GENQM"}
        By the moment of the statistic, or by its median.
    data : Studies
        Studies, shape (..., k).
    weights : ndarray, shape (..., k) or (k,), or {"1/sei", "1/vi"}, default "1/sei"
        Weights > 0 that do not depend on tau²; only their ratios matter.

    Notes
    -----
    GENQ is eq. (6) of DerSimonian & Kacker, Contemp Clin Trials 2007;28:105-114; with 1/vi it is
    DL, with equal weights HE. Weights 1/sei are a compromise between these where nothing is known
    of tau²: Jackson, Res Synth Methods 2013;4:220-229. GENQM: see
    :func:`metaonc.kernels.tau2_intervals.tau2_where_q_is_median`.
    """
    at = q_weights_of(data, weights)
    return tau2_moment(data, at) if method == "GENQ" else tau2_where_q_is_median(data, at)


def q_weights_of(data: Studies, weights: FloatArray | str) -> FloatArray:
    """The weights of a generalised Q, shape (..., k), the largest 1 for one's own; 0 if missing."""
    if isinstance(weights, str):
        return WEIGHTS[weights](data)
    own = np.broadcast_to(np.asarray(weights, dtype=float), data.yi.shape) * data.present
    return np.asarray(own / own.max(axis=-1, keepdims=True))


def tau2_genq(data: Studies) -> FloatArray:
    """Between-study variance from the moment of a generalised Q with weights 1/sei.

    Notes
    -----
    See :func:`metaonc.kernels.generalised_q.tau2_generalised_q`, also for other weights.
    """
    return tau2_generalised_q("GENQ", data)


def tau2_genqm(data: Studies) -> FloatArray:
    """Between-study variance from the median of a generalised Q with weights 1/sei.

    Notes
    -----
    See :func:`metaonc.kernels.generalised_q.tau2_generalised_q`, also for other weights.
    """
    return tau2_generalised_q("GENQM", data)
