"""Absolute effects at several times -> the survival curves of both arms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from metaonc.effects.survival.curves import ArmCurve, SurvivalCurves
from metaonc.errors import PoolingError
from metaonc.pooling.absolute.baseline_rules import SURVIVAL

if TYPE_CHECKING:
    from metaonc.pooling.absolute.absolute_result import AbsoluteEffects


def curves_of(found: AbsoluteEffects) -> SurvivalCurves:
    """Survival with and without the treatment, from 1 at time 0 on.

    Raises
    ------
    PoolingError
        If the baselines are not survival, or have no times of their own.
    """
    rows = sorted(found.rows, key=lambda row: row.baseline.time)
    times = [row.baseline.time for row in rows]
    if found.named != SURVIVAL or len(set(times)) < len(times) or not all(map(_is_later, times)):
        raise PoolingError(
            "curves need survival at one or more times > 0, each given as a number: "
            "absolute_effects(fit, survival=[0.6, 0.3], at=[3, 6], unit='months')."
        )
    level = found.result.choices.level
    labels = found.result.effects.arm_labels
    names = (labels[0], labels[1]) if len(labels) == 2 else ("experimental", "control")
    control = []
    for row in rows:
        low, high = row.baseline.risk.limits(level)
        control.append((1 - row.baseline.risk.value, 1 - high, 1 - low))
    treated = [(1 - row.risk.estimate, 1 - row.risk.high, 1 - row.risk.low) for row in rows]
    words = {row.baseline.at for row in rows}
    unit = next(iter(words)).partition(" ")[2]
    return SurvivalCurves(
        title=found.result.effects.title,
        unit=unit,
        level=level,
        arms=(_arm(names[0], times, treated), _arm(names[1], times, control)),
        notes=tuple(found.sentences),
    )


def _is_later(time: float) -> bool:
    return math.isfinite(time) and time > 0


def _arm(
    label: str, times: Sequence[float], values: Sequence[tuple[float, float, float]]
) -> ArmCurve:
    survival, low, high = np.array([(1.0, 1.0, 1.0), *values]).T
    return ArmCurve(
        label=label,
        time=np.array([0.0, *times]),
        survival=survival,
        low=low,
        high=high,
        steps=False,
    )
