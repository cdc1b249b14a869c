"""Tests and intervals of a random-effects mean by name; each a kernel over `(..., k)`.

Every function takes `Studies` without moderators, tau² in their units and the level, and returns a
`MeanInterval`; of correlated effects it takes the rotated `Studies` and the rotated column of ones
(see :func:`metaonc.kernels.covariance.decorrelate`), but for those in `INDEPENDENT_ONLY`. To add
one, write a function and list it in `MEAN_INTERVALS`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from metaonc.kernels.arrays import FloatArray, Studies
from metaonc.kernels.henmi_copas import henmi_copas
from metaonc.kernels.intervals import Inference, hartung_knapp_factor, infer
from metaonc.kernels.kenward_roger import kenward_roger
from metaonc.kernels.likelihood_intervals import profile_likelihood
from metaonc.kernels.means import mean_at
from metaonc.kernels.skovgaard import skovgaard
from metaonc.kernels.tau2 import tau2_dl

Column = FloatArray | None


class MeanInterval(NamedTuple):
    """A mean with its test and interval, and the tau² they belong to; shape (...) each."""

    mean: FloatArray
    tau2: FloatArray
    inference: Inference


def mean_wald(data: Studies, tau2: FloatArray, level: float, column: Column = None) -> MeanInterval:
    """Normal quantile and the standard error of the weights."""
    at = mean_at(data, tau2, column)
    se = 1 / np.sqrt(at.precision)
    return MeanInterval(at.mean, tau2, infer(at.mean, se, np.full_like(se, np.inf), level))


def mean_t(data: Studies, tau2: FloatArray, level: float, column: Column = None) -> MeanInterval:
    """Quantile of t with k - 1 degrees of freedom, standard error of the weights.

    Notes
    -----
    Follmann & Proschan, Biometrics 1999;55:732-737. doi:10.1111/j.0006-341X.1999.00732.x
    """
    return _scaled(data, tau2, level, np.where(data.k > 1, 1.0, np.nan), column)


def mean_hartung_knapp(
    data: Studies, tau2: FloatArray, level: float, column: Column = None
) -> MeanInterval:
    """Hartung, Knapp, Sidik and Jonkman: see `hartung_knapp_factor`; NaN for one study."""
    return _scaled(data, tau2, level, _factor(data, tau2, column), column)


def mean_hartung_knapp_se(
    data: Studies, tau2: FloatArray, level: float, column: Column = None
) -> MeanInterval:
    """Hartung-Knapp with a standard error never below Wald's: factor max(1, q).

    Notes
    -----
    Knapp & Hartung, Stat Med 2003;22:2693-2710; Röver, Knapp & Friede, BMC Med Res Methodol
    2015;15:99. doi:10.1186/s12874-015-0091-1
    """
    return _scaled(data, tau2, level, np.maximum(_factor(data, tau2, column), 1.0), column)


def mean_hartung_knapp_ci(
    data: Studies, tau2: FloatArray, level: float, column: Column = None
) -> MeanInterval:
    """Hartung-Knapp, or Wald where the Wald interval is wider.

    Notes
    -----
    The wider of the two intervals, one of the hybrid methods of Jackson, Law, Rücker & Schwarzer,
    Stat Med 2017;36:3923-3934. doi:10.1002/sim.7411
    """
    wald, knapp = (method(data, tau2, level, column) for method in (mean_wald, mean_hartung_knapp))
    narrower = _width(knapp) < _width(wald)
    pairs = zip(wald.inference, knapp.inference, strict=True)
    chosen = Inference(*(np.where(narrower, first, second) for first, second in pairs))
    return MeanInterval(knapp.mean, tau2, chosen)


def mean_hartung_knapp_iqwig(
    data: Studies, tau2: FloatArray, level: float, column: Column = None
) -> MeanInterval:
    """Hartung-Knapp; without its factor where it is narrower than DerSimonian and Laird's Wald.

    Notes
    -----
    The ad hoc correction of the Institute for Quality and Efficiency in Health Care (General
    Methods, version 6) as R's meta applies it: the factor becomes 1, also where it was above 1.
    """
    wald = mean_wald(data, tau2_dl(data), level, column)
    narrower = _width(mean_hartung_knapp(data, tau2, level, column)) < _width(wald)
    return _scaled(data, tau2, level, np.where(narrower, 1.0, _factor(data, tau2, column)), column)


def mean_kenward_roger(
    data: Studies, tau2: FloatArray, level: float, column: Column = None
) -> MeanInterval:
    """Kenward and Roger's standard error and degrees of freedom; tau² by REML."""
    at = mean_at(data, tau2, column)
    se, df = kenward_roger(data, tau2, column)
    return MeanInterval(at.mean, tau2, infer(at.mean, se, df, level))


def mean_profile(
    data: Studies, tau2: FloatArray, level: float, column: Column = None
) -> MeanInterval:
    """Hardy and Thompson's profile likelihood, around the ML mean whatever `tau2` is."""
    return MeanInterval(*profile_likelihood(data, level, column))


def mean_skovgaard(
    data: Studies, tau2: FloatArray, level: float, column: Column = None
) -> MeanInterval:
    """Skovgaard's corrected likelihood ratio, around the ML mean whatever `tau2` is."""
    return MeanInterval(*skovgaard(data, level, column))


def mean_henmi_copas(
    data: Studies, tau2: FloatArray, level: float, column: Column = None
) -> MeanInterval:
    """Henmi and Copas, around the common-effect mean whatever `tau2` is."""
    return MeanInterval(*henmi_copas(data, level))


def _factor(data: Studies, tau2: FloatArray, column: Column) -> FloatArray:
    return hartung_knapp_factor(mean_at(data, tau2, column).q, data.k)


def _scaled(
    data: Studies, tau2: FloatArray, level: float, factor: FloatArray, column: Column
) -> MeanInterval:
    """Interval from t with k - 1 degrees of freedom, Wald's variance times a factor."""
    at = mean_at(data, tau2, column)
    df = np.where(data.k > 1, data.k - 1, np.nan)
    return MeanInterval(at.mean, tau2, infer(at.mean, np.sqrt(factor / at.precision), df, level))


def _width(found: MeanInterval) -> FloatArray:
    return np.asarray(found.inference.high - found.inference.low)


_Method = Callable[..., MeanInterval]

MEAN_INTERVALS: dict[str, _Method] = {
    "wald": mean_wald,
    "t": mean_t,
    "hksj": mean_hartung_knapp,
    "hksj-adhoc": mean_hartung_knapp_se,
    "hksj-ci": mean_hartung_knapp_ci,
    "hksj-iqwig": mean_hartung_knapp_iqwig,
    "kr": mean_kenward_roger,
    "profile": mean_profile,
    "skovgaard": mean_skovgaard,
    "hc": mean_henmi_copas,
}

# What does not exist for correlated effects: the derivation takes the studies to be independent.
INDEPENDENT_ONLY = ("hc",)
