"""Kenward and Roger's standard error and degrees of freedom for a random-effects mean."""

from __future__ import annotations

import numpy as np

from metaonc.kernels.arrays import FloatArray, Studies
from metaonc.kernels.weighting import squared_projection, weigh


def kenward_roger(
    data: Studies, tau2: FloatArray, column: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    r"""Adjusted standard error of the mean and its Satterthwaite degrees of freedom.

    Parameters
    ----------
    data : Studies
        Studies, shape (..., k), without moderators.
    tau2 : ndarray, shape (...)
        Between-study variance by restricted maximum likelihood, in the units of `data`.
    column : ndarray, shape (..., k), optional
        For correlated effects made independent, the rotated column of ones.

    Returns
    -------
    se, df : ndarray, shape (...)
        NaN for one study.

    Notes
    -----
    With :math:`S_r = \sum w_i^r`, :math:`w_i = 1/(v_i + \hat\tau^2)`, and the expected information
    of tau² of the restricted likelihood, :math:`I = \tfrac12 (S_2 - 2 S_3/S_1 + S_2^2/S_1^2)`, the
    variance is :math:`\Phi_A = S_1^{-1} + 2 (S_3 - S_2^2/S_1) / (S_1^2 I)` [1]_ and the degrees of
    freedom :math:`2 I / (\Phi_A S_2)^2`, with the adjusted variance, as in [2]_. With a column c,
    :math:`S_r = \sum w_i^r c_i^2` and :math:`I = \tfrac12 \text{tr}\,PP`.

    .. [1] Kenward MG, Roger JH. Biometrics 1997;53:983-997. doi:10.2307/2533558
    .. [2] Partlett C, Riley RD. Stat Med 2017;36:301-317. doi:10.1002/sim.7140
    """
    weights = weigh(data, tau2).weights
    share = np.ones_like(weights) if column is None else column**2
    total, square = (share * weights).sum(axis=-1), (share * weights**2).sum(axis=-1)
    several = data.k > 1
    information = np.where(several, 0.5 * squared_projection(weights, share), 1.0)
    center = (square / total)[..., None]
    spread = (share * weights * (weights - center) ** 2).sum(axis=-1)
    variance = 1 / total + 2 * spread / total**2 / information
    df = 2 * information / (variance * square) ** 2
    return np.where(several, np.sqrt(variance), np.nan), np.where(several, df, np.nan)


def spread_of_weights(weights: FloatArray, factor: FloatArray | float = 1.0) -> FloatArray:
    r""":math:`\sum f_i w_i (w_i - \bar w)^2` around :math:`\bar w = \sum w_i^2 / \sum w_i`.

    With `factor` :math:`f_i = 1` that is :math:`\sum w_i^3 - (\sum w_i^2)^2 / \sum w_i`.
    """
    center = (weights**2).sum(axis=-1) / weights.sum(axis=-1)
    return np.asarray((factor * weights * (weights - center[..., None]) ** 2).sum(axis=-1))
