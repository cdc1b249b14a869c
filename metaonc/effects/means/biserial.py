"""Two groups' means as correlations and as the chance that one patient beats another."""

from __future__ import annotations

import numpy as np

from metaonc.effects.scales.transforms import FloatArray

Pair = tuple[FloatArray, FloatArray]


def group_correlation_effects(
    measure: str,
    mean_1: FloatArray,
    sd_1: FloatArray,
    n_1: FloatArray,
    mean_2: FloatArray,
    sd_2: FloatArray,
    n_2: FloatArray,
    vtype: str = "LS",
) -> Pair:
    r"""Point-biserial and biserial correlations of a measurement with the group.

    Parameters
    ----------
    measure : {"RPB", "ZPB", "RBIS", "ZBIS"}
        Point-biserial correlation, its Fisher's z; biserial correlation, which takes the groups to
        be the halves of a normal variable, and its Fisher's z.
    mean_1, sd_1, n_1, mean_2, sd_2, n_2 : ndarray of float, shape (k,)
        Means, standard deviations and sizes of the groups; group 1 is the upper one.
    vtype : {"LS", "ST", "CS"}, default "LS"
        RPB and ZPB: sizes of the groups set by the design (LS and ST), or one sample that fell into
        two groups (CS).

    Returns
    -------
    yi, vi : ndarray of float, shape (k,)
        A biserial correlation may lie beyond 1: its variance is then that at 1, and it has no
        Fisher's z.

    Notes
    -----
    With :math:`d` by the pooled standard deviation, :math:`m=n_1+n_2-2`, :math:`h=m/n_1+m/n_2`,
    :math:`p=n_1/N`, :math:`q=1-p`: RPB :math:`r=d/\sqrt{d^2+h}`; ST by the delta method from
    :math:`\mathrm{var}\,d = 1/n_1+1/n_2+d^2/(2N)`, so :math:`h^2/(h+d^2)^3` times it; CS
    :math:`(1-r^2)^2\{1-\frac{3}{2}r^2+r^2/(4pq)\}/N` (Tate, Ann Math Stat 1954;25:603-607). RBIS
    :math:`r\sqrt{pq}/f` with the normal density :math:`f` at its quantile :math:`z` of :math:`q`,
    :math:`\{\frac{pq}{f^2}-(\frac{3}{2}+(1-\frac{pz}{f})(1+\frac{qz}{f}))r^2+r^4\}/(N-1)` (Soper,
    Biometrika 1914;10:384-390). Both: Jacobs & Viechtbauer, Res Synth Methods 2017;8:161-180.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        total, m = n_1 + n_2, n_1 + n_2 - 2
        pooled = ((n_1 - 1) * sd_1**2 + (n_2 - 1) * sd_2**2) / m
        d, h = (mean_1 - mean_2) / np.sqrt(pooled), m / n_1 + m / n_2
        p = n_1 / total
        r = d / np.sqrt(d**2 + h)
        if measure in ("RBIS", "ZBIS"):
            yi, vi = _biserial(r, p, total)
        else:
            yi, vi = r, h**2 / (h + d**2) ** 3 * (1 / n_1 + 1 / n_2 + d**2 / (2 * total))
            if vtype == "CS":
                vi = (1 - r**2) ** 2 * (1 - 1.5 * r**2 + r**2 / (4 * p * (1 - p))) / total
        if measure.startswith("Z"):
            return np.arctanh(yi), vi / (1 - yi**2) ** 2
        return yi, vi


def _biserial(r: FloatArray, p: FloatArray, total: FloatArray) -> Pair:
    from scipy.special import ndtri

    z, q = ndtri(1 - p), 1 - p  # the cut above which a share of p lies
    f = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    yi = r * np.sqrt(p * q) / f
    square = np.minimum(yi**2, 1.0)  # the variance is that of a correlation
    bracket = p * q / f**2 - (1.5 + (1 - p * z / f) * (1 + q * z / f)) * square + square**2
    return yi, bracket / (total - 1)


def common_language_effects(
    measure: str,
    mean_1: FloatArray,
    sd_1: FloatArray,
    n_1: FloatArray,
    mean_2: FloatArray,
    sd_2: FloatArray,
    n_2: FloatArray,
) -> Pair:
    r"""Chance that a patient of group 1 has a higher value than one of group 2, for normal values.

    Parameters
    ----------
    measure : {"CLESN"}
        The common-language effect size.
    mean_1, sd_1, n_1, mean_2, sd_2, n_2 : ndarray of float, shape (k,)
        Means, standard deviations and sizes of the groups.

    Returns
    -------
    yi, vi : ndarray of float, shape (k,)

    Notes
    -----
    :math:`\Phi(d)` with :math:`d=(\bar x_1-\bar x_2)/\sqrt{s_1^2+s_2^2}` (McGraw & Wong, Psychol
    Bull 1992;111:361-365), the area under the ROC curve of two normal groups (Goddard & Hinberg,
    Stat Med 1990;9:325-337); variance by the delta method, the two standard deviations being
    estimated: with :math:`f_j=n_j-1`,
    :math:`\phi(d)^2\{\frac{s_1^2/f_1+s_2^2/f_2}{s_1^2+s_2^2} +
    d^2\frac{s_1^4/f_1+s_2^4/f_2}{2(s_1^2+s_2^2)^2}\}` (Bonett, Psychol Methods 2008;13:99-109).
    """
    from scipy.special import ndtr

    with np.errstate(divide="ignore", invalid="ignore"):
        square, f_1, f_2 = sd_1**2 + sd_2**2, n_1 - 1, n_2 - 1
        d = (mean_1 - mean_2) / np.sqrt(square)
        spread = (sd_1**4 / f_1 + sd_2**4 / f_2) / (2 * square**2)
        density = np.exp(-(d**2)) / (2 * np.pi)
        return ndtr(d), density * ((sd_1**2 / f_1 + sd_2**2 / f_2) / square + d**2 * spread)


def area_effects(_: str, area: FloatArray, n_1: FloatArray, n_2: FloatArray) -> Pair:
    r"""Areas under ROC curves, e.g. of a biomarker.

    Parameters
    ----------
    area : ndarray of float, shape (k,)
        Areas, 0 <= area <= 1.
    n_1, n_2 : ndarray of float, shape (k,)
        Patients with and without the condition.

    Returns
    -------
    yi, vi : ndarray of float, shape (k,)

    Notes
    -----
    :math:`\{A(1-A)+(n_1-1)(Q_1-A^2)+(n_2-1)(Q_2-A^2)\}/(n_1n_2)` with :math:`Q_1=A/(2-A)`,
    :math:`Q_2=2A^2/(1+A)` (Hanley & McNeil, Radiology 1982;143:29-36).

    Examples
    --------
    >>> _, vi = area_effects("AUC", np.array([0.893]), np.array([51.0]), np.array([58.0]))
    >>> round(float(np.sqrt(vi[0])), 4)
    0.0325
    """
    square = area**2
    first, second = area / (2 - area) - square, 2 * square / (1 + area) - square
    return area, (area * (1 - area) + (n_1 - 1) * first + (n_2 - 1) * second) / (n_1 * n_2)
