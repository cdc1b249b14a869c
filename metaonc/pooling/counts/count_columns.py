"""The columns of effects as counts, checked, as a model of counts takes them."""

from __future__ import annotations

import numpy as np

from metaonc.effects import Effects
from metaonc.errors import PoolingError
from metaonc.kernels import FloatArray
from metaonc.pooling.counts.count_models import COUNT_MODELS


def counts_of(effects: Effects, model: str) -> list[FloatArray]:
    """Events and sizes of the arms, as the model takes them.

    Raises
    ------
    PoolingError
        If the measure is not one of the model's, a column is missing, or a value cannot be a count.
    """
    about = COUNT_MODELS[model]
    if effects.covariance is not None:
        raise PoolingError(
            f"model = {model!r} is for independent studies, and these effects have a known "
            "covariance; keep one contrast of each trial, or use model='random'."
        )
    if effects.measure not in about.columns:
        raise PoolingError(
            f"model = {model!r} is for {', '.join(about.columns)}, not {effects.measure}; "
            "make effects of such a measure, or use model='random' or 'fixed'."
        )
    names = about.columns[effects.measure]
    missing = [name for name in names if name not in effects.columns]
    if missing:
        raise PoolingError(
            f"model = {model!r} pools counts: the effects need the columns {', '.join(names)}, and "
            f"have no {', '.join(missing)}; make them with effect_sizes()."
        )
    counts = [_numbers(effects, name) for name in names]
    for events, size, name in zip(counts[::2], counts[1::2], names[1::2], strict=True):
        if name.startswith("n"):
            _refuse(effects, events > size, names[names.index(name) - 1], events, f"above {name}")
    return counts


def _numbers(effects: Effects, name: str) -> FloatArray:
    """One column as numbers: counts >= 0, sizes > 0."""
    try:
        values = np.asarray(effects.columns[name], dtype=float)
    except (TypeError, ValueError) as error:
        raise PoolingError(f"column {name!r} must hold numbers: {error}.") from error
    least = values >= 0 if name.startswith("events") else values > 0
    rule = "not a count >= 0" if name.startswith("events") else "not a number > 0"
    _refuse(effects, ~(np.isfinite(values) & least), name, values, rule)
    return values


def _refuse(effects: Effects, bad: np.ndarray, name: str, values: FloatArray, rule: str) -> None:
    if bad.any():
        i = int(np.argmax(bad))
        raise PoolingError(
            f"{effects.labels[i]}: {name} = {values[i]:g} is {rule}; "
            "correct it or leave the study out."
        )
