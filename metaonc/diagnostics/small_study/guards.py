"""What every method for small-study effects asks of a result before it starts."""

from __future__ import annotations

import math

import numpy as np

from metaonc.effects import Effects
from metaonc.effects.trials.patients import arm_numbers
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray
from metaonc.pooling import MetaRegression, PooledResult

# Fewer studies than this leave a test of asymmetry too little power to tell it from chance.
MINIMUM = 10
STERNE = "Sterne et al., BMJ 2011;343:d4002"
CAUTION = (
    "Asymmetry has other causes than studies that were not published: heterogeneity that goes with "
    f"size, poor methods in small studies, chance ({STERNE})."
)


def independent(result: PooledResult | MetaRegression, what: str) -> Effects:
    """The result's effects, if they are what methods for small-study effects take.

    Raises
    ------
    DiagnosticsError
        If `result` is neither a pooled result nor a meta-regression, or its effects covary.
    """
    if not isinstance(result, PooledResult | MetaRegression):
        raise DiagnosticsError(
            f"{what} takes the result of pool() or regress(), got {type(result).__name__}."
        )
    if result.effects.covariance is not None:
        raise DiagnosticsError(
            f"{what} is for independent effects, and these have a known covariance; keep one "
            "contrast of each trial, or combine its arms."
        )
    return result.effects


def pooled(result: object, what: str) -> PooledResult:
    """The result, if it is a pooled one of independent effects.

    Raises
    ------
    DiagnosticsError
        If it is something else.
    """
    if not isinstance(result, PooledResult):
        raise DiagnosticsError(f"{what} takes the result of pool(), got {type(result).__name__}.")
    independent(result, what)
    return result


def too_few(k: int, minimum: int) -> str:
    """Why a test of asymmetry is not done on k studies; empty where it is."""
    if k >= minimum:
        return ""
    return (
        f"{k} studies: with fewer than {minimum} a test of asymmetry has too little power to tell "
        f"it from chance ({STERNE}); pass minimum={min(k, 3)} to see it all the same"
    )


def checked_alpha(alpha: object) -> float:
    """The level of a test, or an error if it is not a fraction between 0 and 1."""
    if not (isinstance(alpha, int | float | np.number) and 0 < alpha < 1):
        raise DiagnosticsError(f"alpha = {alpha!r} must lie between 0 and 1; write 5% as 0.05.")
    return float(alpha)


def patients_of(effects: Effects, what: str) -> FloatArray:
    """Patients of each study, shape (k,): its column ``n``, or the sum of ``n_1`` and ``n_2``.

    Raises
    ------
    DiagnosticsError
        If a study does not say.
    """
    arms = (1,) if "n" in effects.columns else (1, 2)
    return np.asarray(sum(_known(effects, i, "n", what) for i in arms), dtype=float)


def arms_of(effects: Effects, what: str) -> tuple[FloatArray, FloatArray]:
    """Patients of arm 1 and of arm 2, shape (k,) each."""
    _two_arms(effects, what)
    return _known(effects, 1, "n", what), _known(effects, 2, "n", what)


def tables_of(effects: Effects, what: str) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Events and patients of arm 1 and of arm 2, shape (k,) each."""
    _two_arms(effects, what)
    found = [_known(effects, i, name, what) for i in (1, 2) for name in ("events", "n")]
    return found[0], found[1], found[2], found[3]


def _two_arms(effects: Effects, what: str) -> None:
    if "n" in effects.columns:
        raise DiagnosticsError(f"{what} compares two arms, and these studies have one.")


def _known(effects: Effects, arm: int, name: str, what: str) -> FloatArray:
    values = [numbers[name == "n"] for numbers in arm_numbers(effects, arm)]
    column = name if "n" in effects.columns else f"{name}_{arm}"
    for label, value in zip(effects.labels, values, strict=True):
        if value is None or not math.isfinite(value):
            raise DiagnosticsError(
                f"{label}: {what} needs its {column!r}, which is not known; add the column to the "
                "effects, or choose another method."
            )
    return np.array(values, dtype=float)
