"""Two-arm counts: odds ratio, risk ratio, risk difference."""

from __future__ import annotations

import numpy as np

from metaonc.effects.measures import FloatArray


def two_arm_effects(
    measure: str,
    events_1: FloatArray,
    n_1: FloatArray,
    events_2: FloatArray,
    n_2: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    r"""Effects and large-sample variances of two-arm counts; arm 1 is experimental.

    Parameters
    ----------
    measure : {"OR", "RR", "RD"}
        Log odds ratio, log risk ratio or risk difference.
    events_1, n_1, events_2, n_2 : ndarray of float, shape (k,)
        Events and patients per arm after any continuity correction.

    Returns
    -------
    yi, vi : ndarray of float, shape (k,)
        Not finite, or a variance of zero, where the measure has no value.

    Notes
    -----
    Cochrane Handbook, section 10.4 (Statistical algorithms in RevMan, "individual study
    estimates"), with cells :math:`a, b` and :math:`c, d`: log OR :math:`\log(ad/bc)`,
    :math:`1/a+1/b+1/c+1/d`; log RR :math:`\log(a n_2 / c n_1)`, :math:`1/a-1/n_1+1/c-1/n_2`;
    RD :math:`a/n_1 - c/n_2`, :math:`ab/n_1^3 + cd/n_2^3`.
    """
    no_events_1, no_events_2 = n_1 - events_1, n_2 - events_2
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "OR":
            yi = np.log(events_1 / no_events_1) - np.log(events_2 / no_events_2)
            return yi, 1 / events_1 + 1 / no_events_1 + 1 / events_2 + 1 / no_events_2
        if measure == "RR":
            yi = np.log(events_1 / n_1) - np.log(events_2 / n_2)
            return yi, 1 / events_1 - 1 / n_1 + 1 / events_2 - 1 / n_2
    yi = events_1 / n_1 - events_2 / n_2
    return yi, events_1 * no_events_1 / n_1**3 + events_2 * no_events_2 / n_2**3
