"""Means and standard deviations of one group, and its change from before to after."""

from __future__ import annotations

import numpy as np

from metaonc.effects.means.mean_differences import Correct, bias_factor
from metaonc.effects.scales.transforms import FloatArray

Pair = tuple[FloatArray, FloatArray]


def single_mean_effects(
    measure: str, mean: FloatArray, sd: FloatArray, n: FloatArray, correct: Correct = True
) -> Pair:
    r"""Effects and variances of one group's mean and standard deviation.

    Parameters
    ----------
    measure : {"MN", "MNLN", "SDLN", "CVLN"}
        Mean; logs of the mean, the standard deviation, the coefficient of variation.
    mean, sd, n : ndarray of float, shape (k,)
        Mean, standard deviation and size.
    correct : bool, default True
        Second-order terms of SDLN and CVLN.

    Returns
    -------
    yi, vi : ndarray of float, shape (k,)
        Not finite where the scale has no value, e.g. the log of a negative mean.

    Notes
    -----
    :math:`\bar x`, :math:`s^2/n`; :math:`\log\bar x`, :math:`s^2/(n\bar x^2)`;
    :math:`\log s + 1/\{2(n-1)\}`, :math:`1/\{2(n-1)\}`; log CV with
    :math:`1/\{2(n-1)\} + s^2/(n\bar x^2)` (Nakagawa et al., Methods Ecol Evol 2015;6:143-152).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "MN":
            return mean, sd**2 / n
        cv2 = (sd / mean) ** 2
        if measure == "MNLN":
            return np.log(mean), cv2 / n
        spread = 1 / (2 * (n - 1))
        add = spread if correct else np.zeros_like(spread)
        if measure == "SDLN":
            return np.log(sd) + add, spread
        return np.log(sd / mean) + add, spread + cv2 / n


def change_effects(
    measure: str,
    mean_pre: FloatArray,
    sd_pre: FloatArray,
    mean_post: FloatArray,
    sd_post: FloatArray,
    n: FloatArray,
    r: FloatArray,
    correct: Correct = True,
) -> Pair:
    r"""Effects and variances of the change within one group, from before to after.

    Parameters
    ----------
    measure : {"MC", "SMCC", "SMCR", "ROMC", "VRC", "CVRC"}
        Mean change; the mean change standardised by the standard deviation of the changes, and by
        that of the first measurement; logs of the ratios after to before of the means, of the
        standard deviations and of the coefficients of variation.
    mean_pre, sd_pre, mean_post, sd_post : ndarray of float, shape (k,)
        Means and standard deviations before and after.
    n : ndarray of float, shape (k,)
        Patients measured twice.
    r : ndarray of float, shape (k,)
        Correlation of the two measurements, -1 < r < 1.
    correct : bool or "approximate", default True
        Small-sample correction of the standardised changes.

    Returns
    -------
    yi, vi : ndarray of float, shape (k,)

    Notes
    -----
    With :math:`s_d^2=s_1^2+s_2^2-2rs_1s_2`: MC :math:`s_d^2/n`; SMCC :math:`1/n+y^2/(2n)`; SMCR
    :math:`2(1-r)/n+y^2/(2n)` (Becker, Br J Math Stat Psychol 1988;41:257-278; Morris, Organ Res
    Methods 2008;11:364-386). With :math:`c_j=s_j/\bar x_j`: ROMC
    :math:`(c_1^2+c_2^2-2rc_1c_2)/n` (Lajeunesse, Ecology 2011;92:2049-2055); VRC
    :math:`(1-r^2)/(n-1)`; CVRC the sum of both (Nakagawa et al., Methods Ecol Evol
    2015;6:143-152).
    """
    change = mean_post - mean_pre
    square = sd_pre**2 + sd_post**2 - 2 * r * sd_pre * sd_post
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "MC":
            return change, square / n
        if measure in ("ROMC", "VRC", "CVRC"):
            return _ratio_of_change(measure, mean_pre, sd_pre, mean_post, sd_post, n, r)
        factor = bias_factor(n - 1, correct)
        if measure == "SMCC":
            yi = factor * change / np.sqrt(square)
            return yi, 1 / n + yi**2 / (2 * n)
        yi = factor * change / sd_pre
        return yi, 2 * (1 - r) / n + yi**2 / (2 * n)


def _ratio_of_change(
    measure: str,
    mean_pre: FloatArray,
    sd_pre: FloatArray,
    mean_post: FloatArray,
    sd_post: FloatArray,
    n: FloatArray,
    r: FloatArray,
) -> Pair:
    """Logs of ratios after to before."""
    cv_pre, cv_post = sd_pre / mean_pre, sd_post / mean_post
    of_means = (cv_pre**2 + cv_post**2 - 2 * r * cv_pre * cv_post) / n
    of_spreads = (1 - r**2) / (n - 1)
    if measure == "ROMC":
        return np.log(mean_post / mean_pre), of_means
    if measure == "VRC":
        return np.log(sd_post / sd_pre), of_spreads
    return np.log(cv_post / cv_pre), of_means + of_spreads
