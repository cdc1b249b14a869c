"""Ways to say how large or precise a study is: vertical axes of funnels, predictors of tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from metaonc.diagnostics.small_study.guards import patients_of
from metaonc.effects import Effects
from metaonc.errors import DiagnosticsError
from metaonc.kernels import FloatArray


class Precision(NamedTuple):
    """One way.

    Attributes
    ----------
    label : str
        Name on an axis and in a sentence.
    values : callable
        Effects -> one value per study, shape (k,).
    se : callable or None
        From a value back to the standard error; None where it does not say (sizes, weights).
    small : bool
        Whether small values are precise, so that the precise end of an axis is 0.
    """

    label: str
    values: Callable[[Effects], FloatArray]
    se: Callable[[FloatArray], FloatArray] | None = None
    small: bool = False


def _of_n(way: Callable[[FloatArray], FloatArray]) -> Callable[[Effects], FloatArray]:
    return lambda effects: way(patients_of(effects, "the number of patients"))


PRECISIONS = {
    "se": Precision("standard error", lambda e: e.sei, lambda y: y, small=True),
    "variance": Precision("variance", lambda e: e.vi, np.sqrt, small=True),
    "1/se": Precision("1 / standard error", lambda e: 1 / e.sei, lambda y: 1 / y),
    "1/variance": Precision("1 / variance", lambda e: 1 / e.vi, lambda y: 1 / np.sqrt(y)),
    "n": Precision("patients", _of_n(np.asarray)),
    "1/n": Precision("1 / patients", _of_n(lambda n: 1 / n), small=True),
    "sqrt(n)": Precision("square root of patients", _of_n(np.sqrt)),
    "1/sqrt(n)": Precision("1 / square root of patients", _of_n(lambda n: n**-0.5), small=True),
    "log(n)": Precision("log of patients", _of_n(np.log)),
}
WEIGHT = "weight"
# A test of asymmetry regresses on one of these; the first of them have a limit at 0, the effect of
# an infinitely large study.
PREDICTORS = ("se", "variance", "1/n", "1/sqrt(n)", "n", "sqrt(n)")
WITH_LIMIT = PREDICTORS[:4]


def chosen(argument: str, name: object, allowed: tuple[str, ...]) -> str:
    """The name of a way, or an error that lists what is allowed."""
    if name not in allowed:
        raise DiagnosticsError(
            f"{argument} = {name!r} is not one of {', '.join(map(repr, allowed))}."
        )
    return str(name)
