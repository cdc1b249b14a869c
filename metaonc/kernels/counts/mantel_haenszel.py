"""Mantel-Haenszel pooling of counts: odds, risk and rate ratios and differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from metaonc.kernels.arrays import FloatArray

_Terms = tuple[FloatArray, FloatArray, FloatArray]  # estimate, variance, shares


class CountMean(NamedTuple):
    """A mean from counts, on the analysis scale (natural logs for ratios).

    Attributes
    ----------
    estimate, se : ndarray, shape (...)
        The mean and its standard error; NaN or infinite where the counts leave no finite one.
    weights : ndarray, shape (..., k)
        Share of each study in the mean, sum 1; 0 for a missing study.
    """

    estimate: FloatArray
    se: FloatArray
    weights: FloatArray


def mantel_haenszel(
    measure: str, events_1: ArrayLike, size_1: ArrayLike, events_2: ArrayLike, size_2: ArrayLike
) -> CountMean:
    r"""Pool two-arm counts by Mantel and Haenszel, without a continuity correction.

    Parameters
    ----------
    measure : {"OR", "RR", "RD", "IRR", "IRD"}
        Log odds ratio, log risk ratio, risk difference, log rate ratio, rate difference.
    events_1, events_2 : array_like, shape (..., k)
        Events of the two arms; NaN for a missing study.
    size_1, size_2 : array_like, shape (..., k)
        Patients (OR, RR, RD) or person-time (IRR, IRD) of the arms.

    Returns
    -------
    CountMean

    Notes
    -----
    Mantel & Haenszel, J Natl Cancer Inst 1959;22:719-748. Standard errors: OR, Robins, Breslow &
    Greenland, Biometrics 1986;42:311-323; RR, Greenland & Robins, Biometrics
    1985;41:55-68; RD, Sato, Greenland & Robins, Biometrics 1989;45:1323-1324; IRR and
    IRD, Greenland & Robins 1985, as in Rothman, Greenland & Lash, Modern Epidemiology (3rd ed.
    2008), ch. 15. A table without events in both arms adds nothing to a ratio, and counts as
    agreement of the arms in a difference; an empty cell needs no correction, as the sums over
    tables are what is divided.

    Examples
    --------
    >>> found = mantel_haenszel("OR", [1, 3], [50, 60], [4, 9], [50, 60])
    >>> round(float(found.estimate), 4), round(float(found.se), 4)
    (-1.2792, 0.5916)
    """
    x1, s1, x2, s2 = present_tables(events_1, size_1, events_2, size_2)
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate, variance, shares = _SUMS[measure](x1, s1, x2, s2)
        return CountMean(
            estimate, np.sqrt(variance), shares / np.sum(shares, axis=-1, keepdims=True)
        )


def present_tables(*columns: ArrayLike) -> list[FloatArray]:
    """The columns with a missing study as a table of zeros, which enters no sum."""
    arrays = np.broadcast_arrays(*(np.asarray(column, dtype=float) for column in columns))
    missing = np.isnan(arrays).any(axis=0)
    return [np.where(missing, 0.0, array) for array in arrays]


def per(values: FloatArray, total: FloatArray) -> FloatArray:
    """Values per patient or unit of time of the whole study; 0 for a missing study."""
    return values / np.where(total > 0, total, 1.0)


def _odds_ratio(x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray) -> _Terms:
    total, none_1, none_2 = n1 + n2, n1 - x1, n2 - x2
    r, s = per(x1 * none_2, total), per(none_1 * x2, total)
    p, q = per(x1 + none_2, total), per(none_1 + x2, total)
    r_sum, s_sum = r.sum(axis=-1), s.sum(axis=-1)
    variance = (
        (p * r).sum(axis=-1) / r_sum**2
        + (p * s + q * r).sum(axis=-1) / (r_sum * s_sum)
        + (q * s).sum(axis=-1) / s_sum**2
    ) / 2
    return np.log(r_sum / s_sum), variance, s


def _risk_ratio(x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray) -> _Terms:
    total = n1 + n2
    r, s = per(x1 * n2, total), per(x2 * n1, total)
    r_sum, s_sum = r.sum(axis=-1), s.sum(axis=-1)
    spread = per(per(n1 * n2 * (x1 + x2) - x1 * x2 * total, total), total)
    return np.log(r_sum / s_sum), spread.sum(axis=-1) / (r_sum * s_sum), s


def _risk_difference(x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray) -> _Terms:
    total = n1 + n2
    shares = per(n1 * n2, total)
    whole = shares.sum(axis=-1)
    estimate = per(x1 * n2 - x2 * n1, total).sum(axis=-1) / whole
    p = per(per(n1**2 * x2 - n2**2 * x1 + n1 * n2 * (n2 - n1) / 2, total), total)
    q = per(x1 * (n2 - x2) + x2 * (n1 - x1), total) / 2
    return estimate, (estimate * p.sum(axis=-1) + q.sum(axis=-1)) / whole**2, shares


def _rate_ratio(x1: FloatArray, t1: FloatArray, x2: FloatArray, t2: FloatArray) -> _Terms:
    total = t1 + t2
    r, s = per(x1 * t2, total), per(x2 * t1, total)
    r_sum, s_sum = r.sum(axis=-1), s.sum(axis=-1)
    spread = (x1 + x2) * per(t1, total) * per(t2, total)
    return np.log(r_sum / s_sum), spread.sum(axis=-1) / (r_sum * s_sum), s


def _rate_difference(x1: FloatArray, t1: FloatArray, x2: FloatArray, t2: FloatArray) -> _Terms:
    total = t1 + t2
    shares = per(t1 * t2, total)
    whole = shares.sum(axis=-1)
    estimate = per(x1 * t2 - x2 * t1, total).sum(axis=-1) / whole
    spread = x1 * per(t2, total) ** 2 + x2 * per(t1, total) ** 2
    return estimate, spread.sum(axis=-1) / whole**2, shares


_SUMS: dict[str, Callable[..., _Terms]] = {
    "OR": _odds_ratio,
    "RR": _risk_ratio,
    "RD": _risk_difference,
    "IRR": _rate_ratio,
    "IRD": _rate_difference,
}
MH_MEASURES = tuple(_SUMS)
