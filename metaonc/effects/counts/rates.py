"""Events over person-time: rates of one group, ratios and differences of two."""

from __future__ import annotations

import numpy as np

from metaonc.effects.scales.transforms import FloatArray


def rate_effects(
    measure: str, events: FloatArray, time: FloatArray
) -> tuple[FloatArray, FloatArray]:
    r"""Effects and variances of single incidence rates.

    Parameters
    ----------
    measure : {"IR", "IRLN", "IRS", "IRFT"}
        Raw rate, its logarithm, its square root, its Freeman-Tukey double square root.
    events, time : ndarray of float, shape (k,)
        Events, after any continuity correction, and person-time.

    Returns
    -------
    yi, vi : ndarray of float, shape (k,)
        Not finite, or a variance of zero, where the scale has no value.

    Notes
    -----
    Poisson counts :math:`x` over :math:`t`: :math:`x/t`, :math:`x/t^2`; :math:`\log(x/t)`,
    :math:`1/x`; :math:`\sqrt{x/t}`, :math:`1/(4t)`; :math:`\tfrac12(\sqrt{x/t}+\sqrt{(x+1)/t})`,
    :math:`1/(4t)` (Freeman & Tukey, Ann Math Stat 1950;21:607-611).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "IR":
            return events / time, events / time**2
        if measure == "IRLN":
            return np.log(events / time), 1 / events
        if measure == "IRS":
            return np.sqrt(events / time), 1 / (4 * time)
        return (np.sqrt(events / time) + np.sqrt((events + 1) / time)) / 2, 1 / (4 * time)


def two_rate_effects(
    measure: str,
    events_1: FloatArray,
    time_1: FloatArray,
    events_2: FloatArray,
    time_2: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    r"""Effects and variances of two incidence rates; arm 1 is experimental.

    Parameters
    ----------
    measure : {"IRR", "IRD", "IRSD"}
        Log rate ratio, rate difference, difference of square-root rates.
    events_1, time_1, events_2, time_2 : ndarray of float, shape (k,)
        Events, after any continuity correction, and person-time per arm.

    Returns
    -------
    yi, vi : ndarray of float, shape (k,)
        Not finite, or a variance of zero, where the measure has no value.

    Notes
    -----
    Differences of what `rate_effects` gives for each arm; Rothman, Greenland & Lash, Modern
    Epidemiology, 3rd ed. 2008, chapter 14.
    """
    single = {"IRR": "IRLN", "IRD": "IR", "IRSD": "IRS"}[measure]
    first, second = rate_effects(single, events_1, time_1), rate_effects(single, events_2, time_2)
    with np.errstate(invalid="ignore"):
        return first[0] - second[0], first[1] + second[1]
