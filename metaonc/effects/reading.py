"""How effects are read: intervals of single proportions, and sizes for the way back."""

from __future__ import annotations

import math

import numpy as np

from metaonc.effects.counts.proportion_intervals import PROPORTION_INTERVALS
from metaonc.effects.scales.measure import Measure
from metaonc.effects.scales.transforms import FloatArray
from metaonc.errors import EffectsError

BACK_SIZES = ("harmonic", "geometric", "arithmetic")


def check_study_ci(measure: Measure, study_ci: str, counted: bool) -> None:
    """Refuse an interval of single proportions where there is none to make.

    Parameters
    ----------
    measure : Measure
        What the effects are.
    study_ci : str
        What was asked for; empty for the default.
    counted : bool
        Whether these are proportions that carry their events and patients.

    Raises
    ------
    EffectsError
        If it is not such an interval, or there are no counts to make it from.
    """
    if not study_ci:
        return
    if study_ci not in PROPORTION_INTERVALS:
        raise EffectsError(
            f"study_ci = {study_ci!r} is not an interval of a proportion; use one of "
            f"{', '.join(PROPORTION_INTERVALS)}."
        )
    if not counted:
        raise EffectsError(
            f"study_ci = {study_ci!r} is for single proportions with the columns events and n, and "
            f"these are {measure.code} effects without them; leave it out."
        )


def check_back_size(measure: Measure, back_size: str | float) -> None:
    """Refuse a size for the way back that is none, or that the measure does not need.

    Raises
    ------
    EffectsError
        If it is not one of `BACK_SIZES` or a number > 0, or the measure needs none.
    """
    known = back_size in BACK_SIZES if isinstance(back_size, str) else 0 < back_size < math.inf
    if not known:
        raise EffectsError(
            f"back_size = {back_size!r} is not one of {', '.join(BACK_SIZES)}, or a number > 0."
        )
    if back_size != BACK_SIZES[0] and not measure.per_patient_size:
        raise EffectsError(
            f"back_size = {back_size!r}: the way back from {measure.code} depends on no sample "
            "size; leave it out, or use PFT or IRFT."
        )


def mean_size(sizes: FloatArray, kind: str | float) -> float:
    """Mean of sample sizes or person-times, or the number given.

    Parameters
    ----------
    sizes : ndarray of float, shape (k,)
        Sizes, > 0.
    kind : {"harmonic", "geometric", "arithmetic"} or float
        Which mean.

    Examples
    --------
    >>> [round(mean_size(np.array([10.0, 1000.0]), kind), 1) for kind in BACK_SIZES]
    [19.8, 100.0, 505.0]
    """
    if not isinstance(kind, str):
        return float(kind)
    if kind == "harmonic":
        return len(sizes) / float(np.sum(1 / sizes))
    return float(np.exp(np.mean(np.log(sizes)))) if kind == "geometric" else float(np.mean(sizes))
