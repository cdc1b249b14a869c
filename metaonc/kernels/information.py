"""How much information a test needs: events, patients, and what heterogeneity adds."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from metaonc.kernels.arrays import FloatArray


def wanted_deviate(alpha: float, power: float) -> float:
    """Mean of z at which a two-sided test at `alpha` has this power: the sum of two quantiles."""
    return float(ndtri(1 - alpha / 2) + ndtri(power))


def schoenfeld_events(
    log_ratio: float, alpha: float = 0.05, power: float = 0.8, share: float = 0.5
) -> float:
    r"""Events that a comparison of two arms needs to show a hazard ratio.

    Parameters
    ----------
    log_ratio : float
        Log hazard ratio, not 0.
    alpha, power : float
        Two-sided type I error, and power.
    share : float, default 0.5
        Share of the patients in arm 1.

    Notes
    -----
    :math:`(z_{1-\alpha/2} + z_{1-\beta})^2 / \{p(1-p) \log^2 \text{HR}\}`: Schoenfeld, Biometrika
    1981;68:316-319.

    Examples
    --------
    >>> round(schoenfeld_events(np.log(0.5), power=0.9), 1)
    87.5
    """
    return wanted_deviate(alpha, power) ** 2 / (share * (1 - share) * float(log_ratio) ** 2)


def patients_for_risks(
    risk_1: float, risk_2: float, alpha: float = 0.05, power: float = 0.8, share: float = 0.5
) -> float:
    r"""Patients that a comparison of two arms needs to show a difference of risks.

    Notes
    -----
    :math:`(z_{1-\alpha/2} + z_{1-\beta})^2\, \bar p(1-\bar p) / \{s(1-s) (p_1-p_2)^2\}` with the
    mean risk of the arms: for equal arms the size of Wetterslev et al., J Clin Epidemiol
    2008;61:64-75.

    Examples
    --------
    >>> round(patients_for_risks(0.08, 0.10), 0)
    6428.0
    """
    mean = (risk_1 + risk_2) / 2
    spread = mean * (1 - mean) / (share * (1 - share))
    return wanted_deviate(alpha, power) ** 2 * spread / (risk_1 - risk_2) ** 2


def diversity(fixed_se: float, random_se: float) -> float:
    r"""Share of the random-effects mean's variance that heterogeneity accounts for.

    Notes
    -----
    :math:`D^2 = 1 - v_F / v_R`: Wetterslev, Thorlund, Brok & Gluud, BMC Med Res Methodol
    2009;9:86, where a required size becomes :math:`1 / (1 - D^2)` times as large.
    """
    return max(0.0, 1 - (fixed_se / random_se) ** 2)


def two_sided_power(noncentrality: ArrayLike, alpha: float = 0.05) -> FloatArray:
    r"""Power of a two-sided z test whose statistic has this mean.

    Notes
    -----
    :math:`\Phi(\lambda - z_{1-\alpha/2}) + \Phi(-\lambda - z_{1-\alpha/2})`: Hedges & Pigott,
    Psychol Methods 2001;6:203-217, eq. (4).

    Examples
    --------
    >>> two_sided_power([0.0, 2.8016]).round(3)
    array([0.05, 0.8 ])
    """
    mean, limit = np.asarray(noncentrality, dtype=float), ndtri(1 - alpha / 2)
    return np.asarray(ndtr(mean - limit) + ndtr(-mean - limit))


def conditional_power(
    mean: float,
    weight: float,
    new_weight: ArrayLike,
    expected: ArrayLike,
    spread: ArrayLike = 0.0,
    alpha: float = 0.05,
) -> tuple[FloatArray, FloatArray]:
    r"""Probability that a mean is significant on either side once more trials are in it.

    Parameters
    ----------
    mean, weight : float
        The present mean and the sum of its weights.
    new_weight : array_like
        Sum of the weights of the trials to come.
    expected : array_like
        Their expected effect.
    spread : array_like, default 0
        Variance of that expectation, where it is itself uncertain.
    alpha : float, default 0.05
        Two-sided type I error.

    Returns
    -------
    below, above : ndarray
        Probabilities of a significant mean below and above 0.

    Notes
    -----
    With W the present weight and w the new one, the new trials' mean Y is normal with variance
    :math:`1/w`, and the test of the updated mean is significant where :math:`|W\hat\mu + wY| >
    z_{1-\alpha/2}\sqrt{W + w}`: Roloff, Higgins & Sutton, Stat Med 2013;32:11-24, section 3.
    """
    w = np.asarray(new_weight, dtype=float)
    centre = weight * mean + w * np.asarray(expected, dtype=float)
    sd = np.sqrt(w + w**2 * np.asarray(spread, dtype=float))
    limit = ndtri(1 - alpha / 2) * np.sqrt(weight + w)
    return np.asarray(ndtr((-limit - centre) / sd)), np.asarray(ndtr((centre - limit) / sd))
