"""Hazard ratios with an interval of any level -> log hazard ratios with variances."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from metaonc.effects.measures import FloatArray


def log_hazard_ratios(
    estimate: ArrayLike, low: ArrayLike, high: ArrayLike, level: ArrayLike = 0.95
) -> tuple[FloatArray, FloatArray]:
    r"""Log hazard ratios and variances from printed ratios and intervals.

    Parameters
    ----------
    estimate, low, high : array_like of float, shape (k,)
        Printed hazard ratios and confidence limits, > 0.
    level : array_like of float, default 0.95
        Confidence level of each printed interval, as a fraction.

    Returns
    -------
    yi, vi : ndarray of float, shape (k,)
        Natural logs, and variances :math:`\{(\log U - \log L) / (2 z_{(1+\text{level})/2})\}^2`.

    Notes
    -----
    Eq. (7) of Parmar, Torri & Stewart, Stat Med 1998;17:2815-2834; route 1 of Tierney et al.,
    Trials 2007;8:16.

    Examples
    --------
    >>> yi, vi = log_hazard_ratios([0.54, 0.52], [0.36, 0.38], [0.81, 0.71], [0.95, 0.90])
    >>> yi.round(4), np.sqrt(vi).round(4)
    (array([-0.6162, -0.6539]), array([0.2069, 0.19  ]))
    """
    from scipy.special import ndtri

    width = np.log(np.asarray(high, dtype=float)) - np.log(np.asarray(low, dtype=float))
    z = ndtri(0.5 + np.asarray(level, dtype=float) / 2)
    return np.log(np.asarray(estimate, dtype=float)), (width / (2 * z)) ** 2
