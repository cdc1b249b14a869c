r"""How many studies are missing from one side of a funnel: Duval and Tweedie's estimators.

All count studies missing on the left, of small effects, from the ranks of effects around a centre.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from metaonc.kernels.arrays import FloatArray


def signed_ranks(away: FloatArray) -> FloatArray:
    """Ranks of the distances from a centre, with the sign of the side, shape (k,).

    Equal distances are ranked in the order given.
    """
    order = np.argsort(np.abs(away), kind="stable")
    ranks = np.empty(len(away))
    ranks[order] = np.arange(1.0, len(away) + 1)
    return np.sign(away) * ranks


def missing_r0(ranks: FloatArray) -> tuple[float, float]:
    r"""Estimator :math:`R_0` from the length of the rightmost run of ranks, and its error.

    Duval & Tweedie, J Am Stat Assoc 2000;95:89-98: :math:`\gamma - 1`,
    :math:`\sqrt{2 \max(0, R_0) + 2}`.
    """
    left = -ranks[ranks < 0]
    found = len(ranks) - (left.max() if len(left) else 0.0) - 1
    return float(found), float(np.sqrt(2 * max(0.0, found) + 2))


def missing_l0(ranks: FloatArray) -> tuple[float, float]:
    r"""Estimator :math:`L_0` from Wilcoxon's statistic :math:`T`, and its error.

    Duval & Tweedie 2000: :math:`(4T - k(k+1)) / (2k - 1)`.
    """
    k = len(ranks)
    found = (4 * _wilcoxon(ranks) - k * (k + 1)) / (2 * k - 1)
    return found, 4 * _root(_variance(k, found)) / (2 * k - 1)


def missing_q0(ranks: FloatArray) -> tuple[float, float]:
    r"""Estimator :math:`Q_0` from Wilcoxon's statistic :math:`T`, and its error.

    Duval & Tweedie 2000: :math:`k - 1/2 - \sqrt{2k^2 - 4T + 1/4}`; NaN where
    there is no such number.
    """
    k = len(ranks)
    under = 2 * k**2 - 4 * _wilcoxon(ranks) + 0.25
    if under < 0:
        return np.nan, np.nan
    found = k - 0.5 - float(np.sqrt(under))
    slope = (k - 0.5) ** 2 - found * (2 * k - found - 1)
    return found, 2 * _root(_variance(k, found) / slope) if slope > 0 else np.nan


def _wilcoxon(ranks: FloatArray) -> float:
    return float(ranks[ranks > 0].sum())


def _root(variance: float) -> float:
    """Standard error; NaN where so many studies are missing that the formula turns negative."""
    return float(np.sqrt(variance)) if variance >= 0 else np.nan


def _variance(k: int, n: float) -> float:
    """Variance of Wilcoxon's statistic with n of k + n studies missing."""
    whole = k * (k + 1) * (2 * k + 1) + 10 * n**3 + 27 * n**2 + 17 * n
    return (whole - 18 * k * n**2 - 18 * k * n + 6 * k**2 * n) / 24


ESTIMATORS: dict[str, Callable[[FloatArray], tuple[float, float]]] = {
    "L0": missing_l0,
    "R0": missing_r0,
    "Q0": missing_q0,
}
